-- People by the rank of their id, their months, and the months that an episode of COVID-19 takes away.
CREATE TABLE person AS
SELECT bene_id, row_number() OVER (ORDER BY bene_id)::INTEGER AS row
FROM (SELECT DISTINCT bene_id FROM in_beneficiary_year);

CREATE TABLE person_year AS
SELECT row, b.year, b.status, b.dual_status, b.lis_status, word(b.county) AS county,
       coalesce(word(b.county_september), word(b.county)) AS county_september, b.death_date,
       coalesce(b.other_initiative, false) AND {{rule:other_initiative}} AS elsewhere
FROM in_beneficiary_year b JOIN person USING (bene_id);

CREATE TABLE person_month AS
SELECT row, y.year, y.year * 12 + m - 1 AS month, status[m] AS code,
       CASE status[m] WHEN '1' THEN 'ESRD' WHEN '2' THEN 'DIS' WHEN '3' THEN 'AGDU' WHEN '4' THEN 'AGND' END AS etype,
       coalesce(dual_status[m] IN ('1', '2', '4', '8'), false) AS dual,
       coalesce(lis_status[m] = '1', false) AS low_income
FROM person_year y, range(1, 13) AS months(m);

CREATE TABLE covid_stay AS
WITH stays AS (
    SELECT row, admission_date AS admitted, discharge_date AS discharged, covid_b9729, covid_u071,
           -- Short-term hospitals outside Maryland are paid prospectively: the add-on is for discharges in the emergency.
           CASE WHEN upper(trim(ccn))[3] IN ('T', 'R') THEN 'other'
                WHEN right(trim(ccn), 4) BETWEEN '0001' AND '0899'
                  THEN CASE WHEN left(trim(ccn), 2) IN ('21', '80') THEN 'other' ELSE 'prospective payment' END
                WHEN right(trim(ccn), 4) BETWEEN '1300' AND '1399' OR right(trim(ccn), 4) BETWEEN '2000' AND '2299'
                  OR right(trim(ccn), 4) BETWEEN '3025' AND '3099' OR right(trim(ccn), 4) BETWEEN '3300' AND '3399' THEN 'other' END AS hospital
    FROM in_claim_header h JOIN person USING (bene_id)
    WHERE claim_type = 60 AND admission_date IS NOT NULL AND discharge_date IS NOT NULL AND NOT coalesce(covid_no_positive_test, false)
)
SELECT row, admitted, discharged
FROM stays
WHERE {{rule:covid_episodes}} AND hospital IS NOT NULL
  AND (coalesce(covid_b9729, false) AND discharged BETWEEN DATE '2020-01-27' AND DATE '2020-03-31'
       OR coalesce(covid_u071, false) AND discharged >= DATE '2020-04-01')
  AND CASE WHEN {{chosen:last_episode=admitted}} THEN admitted WHEN {{chosen:last_episode=discharged}} THEN discharged
           WHEN hospital = 'other' THEN admitted ELSE discharged END BETWEEN DATE '2020-01-27' AND DATE '2023-05-11';

CREATE TABLE covid_month AS
SELECT DISTINCT row, unnest(range(month_of(admitted), month_of(discharged) + 2)) AS month
FROM covid_stay WHERE discharged >= admitted;

-- The months that carry money and time, each in its own year; to the end of a quarter, and where a report is of the latest
-- twelve months, the last ones of the year before in the performance year too.
CREATE TABLE counted_month AS
SELECT * FROM (
    FROM person_month WHERE month < $performance_year * 12 + $months
    UNION ALL
    SELECT * REPLACE ($performance_year AS year) FROM person_month
    WHERE $latest AND month >= ($performance_year - 1) * 12 + $months AND month < $performance_year * 12) m
WHERE etype IS NOT NULL AND NOT EXISTS (FROM covid_month c WHERE c.row = m.row AND c.month = m.month);

-- The county of each year. In a year that ends with a quarter the one known last stands in for one that is not known.
CREATE TABLE home AS
SELECT year, row, county, county_september FROM person_year WHERE year <> $performance_year OR $months = 12
UNION ALL
SELECT $performance_year, coalesce(n.row, b.row), coalesce(n.county, b.county), n.county_september
FROM (FROM person_year WHERE year = $performance_year) n
FULL JOIN (FROM person_year WHERE year = $performance_year - 1) b ON n.row = b.row
WHERE $months < 12;

-- Who may be assigned at all, per window; `pruned` is the second look at a prospective list over the year itself.
CREATE TABLE eligible AS
WITH over_window AS (
    SELECT win, row,
           bool_or(etype IS NOT NULL) AS covered,
           bool_or(code IN ('A', 'B')) AS one_part,
           bool_or(code = '9') AS in_plan
    FROM time_window w JOIN person_month p ON p.month BETWEEN month_of(w.opens) AND month_of(w.closes)
    GROUP BY win, row
), lives AS (
    SELECT win, y.row, CASE method WHEN 'retrospective' THEN county ELSE county_september END AS county
    FROM time_window w
    -- A window that ends with a quarter ends in the year, or in the last month known before.
    JOIN home y ON y.year = CASE method WHEN 'retrospective' THEN w.year ELSE year(w.closes) END
), in_year AS (
    SELECT win, y.row, bool_or(p.etype IS NOT NULL) AS covered, bool_or(p.code IN ('A', 'B')) AS one_part,
           bool_or(p.code = '9') AS in_plan, any_value(v.county) AS county, any_value(y.elsewhere) AS elsewhere
    FROM time_window w
    JOIN person_year y ON y.year = w.year
    JOIN home v ON v.year = w.year AND v.row = y.row
    JOIN person_month p ON p.row = y.row AND p.year = y.year
      AND (p.year < $performance_year OR p.month < $performance_year * 12 + $months)
    GROUP BY win, y.row
), dead AS (
    SELECT row, min(death_date) AS died FROM person_year GROUP BY row
)
SELECT w.win, o.row,
       coalesce(o.covered, false) AS covered, o.one_part, o.in_plan,
       coalesce(in_united_states(h.county), false) AS resident,
       coalesce(d.died < make_date(w.year, 1, 1), false) AS dead_before, coalesce(i.elsewhere, false) AS elsewhere,
       w.method = 'prospective' AND {{rule:year_end_pruning}}
         AND NOT coalesce((i.covered AND NOT i.one_part OR {{chosen:pruning_by_parts=both}} AND (i.covered OR NOT i.one_part))
                          AND NOT i.in_plan AND (in_united_states(i.county) OR {{chosen:pruning_by_residence=window_end}}), false) AS pruned,
       coalesce(o.covered, false) AND NOT o.one_part AND NOT o.in_plan
         AND coalesce(in_united_states(h.county), false) AND NOT dead_before AND NOT i.elsewhere IS TRUE AND NOT pruned AS passes
FROM over_window o
JOIN time_window w USING (win)
JOIN dead d USING (row)
LEFT JOIN lives h ON h.win = o.win AND h.row = o.row
LEFT JOIN in_year i ON i.win = o.win AND i.row = o.row;
