-- Every payment with the month it belongs to, its adjusted amount, and why it does not count (null: it counts).
CREATE TABLE header AS
SELECT row, claim_id, claim_type, from_date, thru_date AS day, month_of(thru_date) AS month, processed_date,
       word(ccn) AS ccn, word(tin) AS tin, word(facility_type) AS facility, word(non_payment_reason) AS unpaid,
       cents(payment_amt) AS paid, CASE WHEN NOT {{chosen:sequestration_amount=by_day}} THEN cents(sequestration_amt) END AS sequestered, coalesce(cents(pbp_reduction_amt), 0) AS pbp,
       coalesce(cents(ime_operating_amt), 0) + coalesce(cents(dsh_operating_amt), 0)
         + CASE WHEN {{chosen:capital_supplements=keep}} THEN 0 ELSE coalesce(cents(ime_capital_amt), 0) + coalesce(cents(dsh_capital_amt), 0) END
         + coalesce(cents(uncompensated_care_amt), 0) AS teaching,
       coalesce(cents(ihs_pr_supplement_amt), 0) AS supplement
FROM in_claim_header JOIN person USING (bene_id);

CREATE TABLE line AS
SELECT row, row_number() OVER () AS key, claim_id, line_num, claim_type, last_date AS day, month_of(last_date) AS month,
       processed_date, word(hcpcs) AS hcpcs, word(revenue_center) AS revenue_center, word(pos) AS pos, word(specialty) AS specialty,
       word(tin) AS tin, word(ccn) AS ccn, word(facility_type) || word(service_classification) AS bill,
       npi, other_npi, attending_npi,
       word(non_payment_reason) AS unpaid, word(claim_denial) AS denial, word(processing_indicator) AS processing,
       cents(payment_amt) AS paid, coalesce(cents(allowed_amt), 0) AS allowed,
       CASE WHEN NOT {{chosen:sequestration_amount=by_day}} THEN cents(sequestration_amt) END AS sequestered, coalesce(cents(pbp_reduction_amt), 0) AS pbp
FROM in_claim_line JOIN person USING (bene_id);

-- A line of a carrier or equipment claim is denied by its claim or by itself.
CREATE MACRO line_denied(denial, processing) AS
    coalesce(denial = '0' OR left(denial, 1) BETWEEN 'D' AND 'Y', false)
    OR coalesce(processing NOT IN ('A', 'R', 'S'), false);

CREATE MACRO paid_late(processed, day) AS
    {{rule:run_out}} AND coalesce(processed > CASE WHEN $run_out_days > 0 AND year(day) = $performance_year
        THEN (make_date($performance_year, 1, 1) + INTERVAL ($months) MONTH)::DATE - 1 + $run_out_days
        ELSE make_date(year(day) + 1, 3, 31) END, {{chosen:undated_claim=late}});

-- The same in the latest twelve months, whichever year a day is of.
CREATE MACRO latest_late(processed) AS
    {{rule:run_out}} AND coalesce(processed > (make_date($performance_year, 1, 1) + INTERVAL ($months) MONTH)::DATE - 1 + $run_out_days,
                                  {{chosen:undated_claim=late}});

CREATE TABLE payment AS
WITH amounts AS (
    SELECT row, month, day, 'header' AS origin, claim_type, ccn, tin, paid, sequestered, pbp,
           CASE claim_type WHEN 10 THEN 'home_health' WHEN 20 THEN 'skilled_nursing' WHEN 30 THEN 'skilled_nursing'
                WHEN 40 THEN 'outpatient' WHEN 50 THEN 'hospice' WHEN 60 THEN 'inpatient' END AS category,
           CASE WHEN claim_type NOT IN (10, 20, 30, 40, 50, 60) THEN 'other type'
                WHEN claim_type IN (10, 40) AND {{chosen:facility_type_denial=with_reason}}
                  THEN CASE WHEN facility IN ('4', '5') AND unpaid IS NOT NULL THEN 'denied' END
                WHEN unpaid IS NOT NULL AND {{rule:claim_denial}} THEN 'denied'
                WHEN claim_type IN (10, 40) AND facility IN ('4', '5') AND {{rule:religious_institution}} THEN 'religious institution'
                END AS fault, processed_date,
           CASE WHEN claim_type = 60 AND {{rule:teaching_removed}}
                     AND NOT (coalesce(left(ccn, 2) IN ('21', '80'), false) AND {{rule:maryland_exception}})
                THEN teaching + CASE WHEN $performance_year >= 2023 AND {{rule:supplement_removed}} THEN supplement ELSE 0 END
                ELSE 0 END AS removed
    FROM header
    UNION ALL
    SELECT row, month, day, 'line', claim_type, NULL, tin, paid, sequestered, pbp,
           CASE WHEN claim_type IN (71, 72) THEN 'carrier' ELSE 'dme' END,
           CASE WHEN line_denied(denial, processing) AND {{rule:line_denial}} THEN 'denied'
                WHEN {{rule:suspect_billing}} AND (year(day), claim_type, coalesce(hcpcs, '')) IN (SELECT (year, claim_type, hcpcs) FROM suspect_billing)
                  THEN 'suspect billing' END,
           processed_date, 0
    FROM line
    WHERE claim_type IN (71, 72, 81, 82)
)
SELECT a.*, coalesce(fault, CASE WHEN paid_late(processed_date, day) THEN 'paid late' END) AS reason,
       coalesce(fault, CASE WHEN $latest AND latest_late(processed_date) THEN 'paid late' END) AS latest_reason,
       row_number() OVER () AS key, sequestered IS NULL AND percent > 0 AS grossed_up,
       (CASE WHEN NOT {{rule:sequestration}} THEN paid
             WHEN sequestered IS NOT NULL THEN paid + sequestered
             WHEN percent = 0 THEN paid
             ELSE half_even_small(paid * 100, 100 - percent) END)::BIGINT
         - removed + CASE WHEN {{rule:population_payment}} THEN pbp ELSE 0 END AS amount
FROM amounts a JOIN sequestration s ON a.day BETWEEN s."from" AND s."until";

-- Payments outside claims: rules of 2018 and later take the final ones alone.
CREATE TABLE outside_payment AS
SELECT row, row_number() OVER () AS key, month_of(payment_date) AS month, cents(payment_amt) AS amount, word(tin) AS tin,
       CASE WHEN NOT final_payment AND $performance_year >= 2018 THEN 'interim' END AS reason
FROM in_non_claims_payment JOIN person USING (bene_id)
WHERE {{rule:non_claims}};

-- One row per person, year and enrollment type: months and money, whoever the person is assigned to.
CREATE TABLE spending AS
WITH months AS (
    SELECT row, year, etype, count(*) AS months,
           count(*) FILTER (dual) AS dual_months, count(*) FILTER (dual OR low_income) AS low_income_months
    FROM counted_month WHERE year IN (SELECT year FROM need) GROUP BY ALL
), money AS (
    SELECT row, year, etype, category, sum(amount) AS amount
    FROM (SELECT row, month, category, amount, reason, latest_reason FROM payment
          UNION ALL SELECT row, month, 'non_claims', amount, reason, reason FROM outside_payment) p
    JOIN counted_month m USING (row, month)
    WHERE CASE WHEN $latest AND m.year = $performance_year THEN latest_reason ELSE reason END IS NULL
    GROUP BY ALL
), wide AS (
    SELECT row, year, etype, sum(amount) AS total,
           sum(amount) FILTER (category = 'inpatient') AS inpatient,
           sum(amount) FILTER (category = 'skilled_nursing') AS skilled_nursing,
           sum(amount) FILTER (category = 'outpatient') AS outpatient,
           sum(amount) FILTER (category = 'home_health') AS home_health,
           sum(amount) FILTER (category = 'hospice') AS hospice,
           sum(amount) FILTER (category = 'carrier') AS carrier,
           sum(amount) FILTER (category = 'dme') AS dme,
           sum(amount) FILTER (category = 'non_claims') AS non_claims
    FROM money GROUP BY ALL
)
SELECT m.*, coalesce(inpatient, 0) AS inpatient, coalesce(skilled_nursing, 0) AS skilled_nursing,
       coalesce(outpatient, 0) AS outpatient, coalesce(home_health, 0) AS home_health, coalesce(hospice, 0) AS hospice,
       coalesce(carrier, 0) AS carrier, coalesce(dme, 0) AS dme, coalesce(non_claims, 0) AS non_claims,
       coalesce(total, 0)::HUGEINT AS total
FROM months m LEFT JOIN wide USING (row, year, etype);
