-- Which calendar years and which windows the agreements of the performance year need.
-- One half of 2019 at a time: its agreements and those of the whole year are rivals. The latter have their people of the first.
CREATE TABLE deal AS
SELECT aco_id, performance_half AS half, agreement_start, agreement_period AS period, assignment_method AS method, track, level,
       year(agreement_start) - 1 AS third_year, $quarter_of IN ('', assignment_method) AS wanted, $half = 1 OR performance_half IS NOT DISTINCT FROM 2 AS has_people
FROM in_agreement
WHERE performance_year = $performance_year AND coalesce(performance_half, $half) = $half
  AND NOT list_contains($refused, aco_id);

CREATE TABLE need AS
SELECT aco_id, half, method, agreement_start, has_people, label,
       CASE label WHEN 'PY' THEN $performance_year ELSE third_year - 3 + right(label, 1)::INTEGER END AS year
FROM deal, (VALUES ('BY1'), ('BY2'), ('BY3'), ('PY')) AS labels(label);

-- Agreements begun by 2019 tell people new to the ACO from those it had the year before.
CREATE TABLE year_before AS
SELECT DISTINCT aco_id, $performance_year - 1 AS year, method FROM deal WHERE agreement_start <= DATE '2019-01-01';

-- Who is given people in which year, and by which window: an ACO in the years that it needs.
CREATE TABLE holder AS
SELECT aco_id, year, method FROM need UNION SELECT aco_id, year, method FROM year_before;

-- Every needed year has its calendar window: it defines who is assignable. Prospective agreements add the twelve months
-- that end three months before the year begins. `reach` is the start of the twice as long window.
CREATE TABLE time_window AS
WITH kinds AS (
    SELECT DISTINCT year, 'retrospective' AS method FROM need
    UNION
    SELECT DISTINCT year, method FROM holder
    UNION
    -- Counties have figures by every window in use, whether or not an ACO of that window needs the year.
    SELECT DISTINCT n.year, d.method FROM need n, deal d
), dated AS (
    -- To the end of a quarter the calendar window is of the latest twelve months.
    SELECT year, method,
           CASE method WHEN 'retrospective' THEN make_date(year, 1, 1) - INTERVAL (short) MONTH ELSE make_date(year - 2, 10, 1) END::DATE AS opens,
           CASE method WHEN 'retrospective' THEN make_date(year + 1, 1, 1) - INTERVAL (short) MONTH - INTERVAL 1 DAY
                ELSE make_date(year - 1, 9, 30) END::DATE AS closes
    FROM (SELECT *, CASE WHEN year = $performance_year THEN 12 - $months ELSE 0 END AS short FROM kinds)
)
SELECT row_number() OVER (ORDER BY year, method DESC)::INTEGER AS win, *,
       (opens - INTERVAL 12 MONTH)::DATE AS reach,
       -- Claims for its services are processed within three months, or the few days of a quarterly report.
       CASE WHEN $run_out_days > 0 AND year = $performance_year AND method = 'retrospective' THEN closes + $run_out_days
            ELSE (closes + 1 + INTERVAL 3 MONTH - INTERVAL 1 DAY)::DATE END AS run_out
FROM dated;

-- Months of the public health emergency: January 2020 to May 2023. A window that touches one takes the extra codes.
CREATE TABLE listing AS
WITH spans AS (
    SELECT win, 'window' AS span, opens, closes, CASE WHEN {{chosen:benchmark_year_procedures=own_year}} THEN year ELSE $performance_year END AS rules FROM time_window
    UNION ALL
    SELECT win, 'reach', reach, closes, CASE WHEN {{chosen:benchmark_year_procedures=own_year}} THEN year ELSE $performance_year END FROM time_window
)
SELECT win, span, hcpcs, test FROM spans, codes
WHERE rules BETWEEN first_rules AND last_rules
UNION
SELECT win, span, hcpcs, '' FROM spans, pandemic_codes
WHERE opens <= DATE '2023-05-31' AND closes >= DATE '2020-01-01' AND {{rule:pandemic_codes}}
  AND hcpcs NOT IN (SELECT hcpcs FROM codes WHERE rules BETWEEN first_rules AND last_rules);
