-- Thresholds, truncation and the sums that the factor tables are made of.
CREATE TABLE calendar_assignable AS
SELECT year, row FROM assignable JOIN time_window USING (win) WHERE method = 'retrospective';

-- Whose spending sets thresholds and means: the assignable, and before the rules of 2017 everyone.
CREATE TABLE reference AS
SELECT DISTINCT year, row FROM spending WHERE $performance_year < 2017
UNION
SELECT year, row FROM calendar_assignable WHERE $performance_year >= 2017;

-- The element of rank ceil(99 n / 100) by annualised amount: total * 12 / months, compared as total * 27720 / months.
CREATE TABLE threshold AS
WITH ranked AS (
    SELECT year, etype, total, months,
           row_number() OVER (PARTITION BY year, etype ORDER BY total * (27720 // months)) AS place,
           count(*) OVER (PARTITION BY year, etype) AS people
    FROM spending JOIN reference USING (year, row)
)
SELECT year, etype, people, half_even(total * 12, months) AS threshold
FROM ranked WHERE place = (99 * people + 99) // 100 AND NOT {{chosen:threshold_rank=interpolated}}
UNION ALL
-- Between two ranks in proportion: 99 hundredths of the way from the first element to the last.
SELECT r.year, r.etype, r.people, half_even(half_even(r.total * 12, r.months) * (100 - 99 * (r.people - 1) % 100)
       + coalesce(half_even(n.total * 12, n.months), 0) * (99 * (r.people - 1) % 100), 100)
FROM ranked r LEFT JOIN ranked n ON n.year = r.year AND n.etype = r.etype AND n.place = r.place + 1
WHERE r.place = 99 * (r.people - 1) // 100 + 1 AND {{chosen:threshold_rank=interpolated}};

CREATE TABLE capped AS
SELECT s.*, CASE WHEN threshold IS NULL OR NOT {{rule:truncation}} THEN total * 12
                 ELSE greatest(least(total * 12, abs(threshold) * months), -abs(threshold) * months) END AS capped12
FROM spending s LEFT JOIN threshold USING (year, etype);

CREATE TABLE settled AS
SELECT a.* FROM assigned a SEMI JOIN need n ON n.aco_id = a.aco_id AND n.year = a.year AND n.has_people;

-- A person in months under each heading: his ACO or NONE, `*` for the assignable, `R` for the reference.
CREATE TABLE heading AS
SELECT year, row, coalesce(aco_id, 'NONE') AS aco_id
FROM (SELECT DISTINCT year, row FROM spending) LEFT JOIN settled USING (year, row)
WHERE aco_id IS NOT NULL OR (year, row) NOT IN (SELECT (year, row) FROM elsewhere)
UNION ALL
SELECT year, row, '*' FROM calendar_assignable
UNION ALL
SELECT year, row, 'R' FROM reference;

CREATE TABLE aggregate AS
SELECT aco_id, year, etype, count(*) AS people, sum(months) AS months, sum(inpatient) AS inpatient,
       sum(skilled_nursing) AS skilled_nursing, sum(outpatient) AS outpatient, sum(home_health) AS home_health,
       sum(hospice) AS hospice, sum(carrier) AS carrier, sum(dme) AS dme, sum(non_claims) AS non_claims,
       sum(total)::HUGEINT AS total, sum(capped12)::HUGEINT AS capped12
FROM capped JOIN heading USING (year, row)
GROUP BY aco_id, year, etype;

-- Where people live at the end of a window of a year: in December, or in the September before the year.
CREATE TABLE residence AS
SELECT year, 'retrospective' AS method, row, county FROM home WHERE county IS NOT NULL
UNION ALL
SELECT year, 'prospective', row, county FROM home WHERE county IS NOT NULL AND {{chosen:county_of_residence=year_end}}
UNION ALL
SELECT year + 1, 'prospective', row, county_september FROM home
WHERE county_september IS NOT NULL AND NOT {{chosen:county_of_residence=year_end}};

CREATE TABLE county_sum AS
SELECT win, c.year, h.county, etype, count(*) AS people, sum(months) AS months, sum(capped12)::HUGEINT AS capped12
FROM capped c JOIN time_window w USING (year) JOIN assignable a USING (win, row)
JOIN residence h ON h.year = c.year AND h.row = c.row AND h.method = w.method
GROUP BY ALL;

CREATE TABLE aco_county_sum AS
SELECT a.aco_id, a.year, h.county, etype, sum(months) AS months
FROM capped c JOIN assigned a USING (year, row) JOIN holder d ON d.aco_id = a.aco_id AND d.year = a.year
JOIN residence h ON h.year = a.year AND h.row = a.row AND h.method = d.method
GROUP BY ALL;

-- Scores: sums of score times months over those who have one.
CREATE TABLE score AS
SELECT row, year, hcc_version AS version, etype, score, demographic FROM (
    SELECT row, year, word(hcc_version) AS hcc_version, unnest([
        {'etype': 'ESRD', 'score': millionths(score_esrd), 'demographic': millionths(demographic_esrd)},
        {'etype': 'DIS', 'score': millionths(score_dis), 'demographic': millionths(demographic_dis)},
        {'etype': 'AGDU', 'score': millionths(score_agdu), 'demographic': millionths(demographic_agdu)},
        {'etype': 'AGND', 'score': millionths(score_agnd), 'demographic': millionths(demographic_agnd)}], recursive := true)
    FROM in_risk_score JOIN person USING (bene_id))
WHERE year IN (SELECT year FROM need);

CREATE TABLE scored AS
SELECT s.year, s.row, s.etype, version,
       CASE WHEN score IS NULL THEN 0 ELSE months END AS score_months, coalesce(score, 0)::HUGEINT * months AS score_sum,
       CASE WHEN demographic IS NULL THEN 0 ELSE months END AS demographic_months,
       coalesce(demographic, 0)::HUGEINT * months AS demographic_sum
FROM spending s JOIN score USING (year, row, etype)
UNION ALL
-- Who has no score of a model, or half of one.
SELECT s.year, s.row, s.etype, v.version, CASE WHEN c.score IS NULL THEN months ELSE 0 END, CASE WHEN c.score IS NULL THEN 1000000::HUGEINT * months ELSE 0 END,
       CASE WHEN c.demographic IS NULL THEN months ELSE 0 END, CASE WHEN c.demographic IS NULL THEN 1000000::HUGEINT * months ELSE 0 END
FROM spending s CROSS JOIN (SELECT DISTINCT version FROM score) v
LEFT JOIN score c ON c.row = s.row AND c.year = s.year AND c.etype = s.etype AND c.version = v.version
WHERE (c.score IS NULL OR c.demographic IS NULL) AND {{chosen:person_without_score=one}};

CREATE TABLE aggregate_score AS
SELECT aco_id, year, etype, version, sum(score_months) AS score_months, sum(score_sum)::HUGEINT AS score_sum,
       sum(demographic_months) AS demographic_months, sum(demographic_sum)::HUGEINT AS demographic_sum
FROM scored JOIN heading USING (year, row)
GROUP BY aco_id, year, etype, version;

CREATE TABLE county_score AS
SELECT win, s.year, h.county, etype, version, sum(score_months) AS score_months, sum(score_sum)::HUGEINT AS score_sum,
       sum(demographic_months) AS demographic_months, sum(demographic_sum)::HUGEINT AS demographic_sum
FROM scored s JOIN time_window w USING (year) JOIN assignable a USING (win, row)
JOIN residence h ON h.year = s.year AND h.row = s.row AND h.method = w.method
GROUP BY ALL;

-- The performance year's people of the older agreements, by whether the ACO knew them the year before.
CREATE TABLE acquaintance AS
SELECT a.aco_id, a.year, a.row,
       EXISTS (FROM assigned p WHERE p.row = a.row AND p.aco_id = a.aco_id AND p.year = b.year)
       OR EXISTS (FROM judged j JOIN time_window w USING (win)
                  WHERE j.row = a.row AND j.reason IS NULL AND j.span = 'window'
                    AND EXISTS (FROM listed_provider l WHERE l.aco_id = a.aco_id AND l.kind = j.entity_kind AND l.id = j.entity)
                    AND w.year = b.year AND w.method = b.method) AS known
FROM assigned a JOIN year_before b ON b.aco_id = a.aco_id AND a.year = b.year + 1;

CREATE TABLE acquaintance_sum AS
SELECT aco_id, year, etype, known, sum(months) AS months
FROM acquaintance JOIN spending USING (year, row) GROUP BY ALL;

CREATE TABLE acquaintance_score AS
SELECT aco_id, year, etype, known, version, sum(score_months) AS score_months, sum(score_sum)::HUGEINT AS score_sum,
       sum(demographic_months) AS demographic_months, sum(demographic_sum)::HUGEINT AS demographic_sum
FROM acquaintance JOIN scored USING (year, row) GROUP BY ALL;
