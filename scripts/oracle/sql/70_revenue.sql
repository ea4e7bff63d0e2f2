-- What participants were paid in the performance year for anyone in fee-for-service, which 425.20 takes as both parts and no
-- plan: nothing taken out, nothing but other programs' reductions added back, no truncation. A biller in two ACOs earns for both.
-- Payments outside claims are among them, where it is known who was paid.
CREATE TABLE revenue AS
WITH earned AS (
    SELECT 'claims' AS origin, key, row, month, tin, ccn, paid + pbp AS amount FROM payment
    WHERE CASE WHEN $latest THEN latest_reason ELSE reason END IS NULL
    UNION ALL
    SELECT 'outside', key, row, month, tin, NULL, amount FROM outside_payment WHERE reason IS NULL AND {{rule:outside_payments_earn}}
)
SELECT aco_id, sum(amount)::HUGEINT AS amount
FROM (SELECT DISTINCT l.aco_id, p.origin, p.key, p.amount
      FROM earned p
      JOIN counted_month m USING (row, month)
      JOIN listed_provider l ON l.id = CASE l.kind WHEN 'tin' THEN p.tin ELSE p.ccn END
      JOIN provider v ON v.kind = l.kind AND v.id = l.id AND (NOT v.shared OR {{rule:shared_biller_earns}})
      WHERE m.year = $performance_year)
GROUP BY aco_id;

-- Heads and shares of the assigned population.
CREATE TABLE population AS
SELECT aco_id, year, count(DISTINCT row) AS people,
       coalesce(sum(months), 0) AS months, coalesce(sum(dual_months), 0) AS dual_months,
       coalesce(sum(low_income_months), 0) AS low_income_months
FROM assigned LEFT JOIN spending USING (year, row)
GROUP BY aco_id, year;
