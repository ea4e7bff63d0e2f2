-- Who is assignable, and who is assigned to which agreement holder, per window.
CREATE TABLE service AS
SELECT j.win, span, row, clinic, day, allowed, entity_kind || ':' || entity AS biller, entity, aco_id, shared,
       is_primary, is_listed, is_advanced,
       CASE WHEN $performance_year >= 2016 THEN is_primary OR is_advanced ELSE is_primary END AS first_step,
       CASE WHEN $performance_year >= 2016 THEN is_listed ELSE is_physician OR is_advanced END AS second_step,
       CASE WHEN $performance_year >= 2016 THEN is_primary OR is_listed ELSE is_physician OR is_primary END AS opens_door
FROM judged j
WHERE reason IS NULL;

-- Shared billers count here: the test asks for a physician anywhere. Clinics stand for one under the rules of 2019 and later.
CREATE TABLE assignable AS
SELECT win, row
FROM service
WHERE NOT clinic OR $performance_year >= 2019
GROUP BY win, row
HAVING bool_or(span = 'window' AND (is_primary OR is_listed))
    OR $performance_year >= 2025 AND {{rule:assignable_by_reach}}
       AND bool_or(span = 'reach' AND (is_primary OR is_listed)) AND bool_or(span = 'window' AND is_advanced);

-- One rival per ACO, else per biller.
CREATE TABLE charge AS
SELECT win, row,
       CASE WHEN aco_id IS NULL THEN biller ELSE 'aco:' || aco_id END AS rival,
       any_value(coalesce(aco_id, entity)) AS name, any_value(aco_id) AS aco_id,
       sum(allowed) FILTER (span = 'window' AND first_step) AS first_sum,
       sum(allowed) FILTER (span = 'window' AND second_step) AS second_sum,
       max(day) FILTER (span = 'window' AND first_step) AS first_day,
       max(day) FILTER (span = 'window' AND second_step) AS second_day,
       coalesce(bool_or(span = 'window' AND opens_door), false) AS door,
       sum(allowed) FILTER (span = 'reach' AND (is_primary OR is_listed OR is_advanced)) AS reach_sum,
       max(day) FILTER (span = 'reach' AND (is_primary OR is_advanced)) AS reach_first_day,
       max(day) FILTER (span = 'reach' AND is_listed) AS reach_second_day,
       coalesce(bool_or(span = 'window' AND is_advanced), false)
         AND coalesce(bool_or(span = 'reach' AND (is_primary OR is_listed)), false) AS third_door
FROM service
WHERE NOT (shared AND {{rule:shared_biller}})
GROUP BY win, row, rival;

CREATE TABLE contest AS
WITH person_level AS (
    SELECT win, row,
           CASE WHEN bool_or(first_sum IS NOT NULL) THEN 1 WHEN bool_or(second_sum IS NOT NULL) THEN 2 END AS step,
           $performance_year >= 2025 AND {{rule:third_step}} AND NOT bool_or(door AND aco_id IS NOT NULL)
             AND bool_or(third_door AND aco_id IS NOT NULL) AS third
    FROM charge GROUP BY win, row
), entered AS (
    SELECT c.win, c.row, rival, name, aco_id, door, third_door,
           CASE WHEN third THEN 3 ELSE step END AS step,
           CASE WHEN third THEN reach_sum WHEN step = 1 THEN first_sum ELSE second_sum END AS charges,
           CASE WHEN third THEN CASE WHEN NOT {{chosen:third_step_tie=draw}} THEN reach_first_day END ELSE first_day END AS first_day,
           CASE WHEN third THEN CASE WHEN NOT {{chosen:third_step_tie=draw}} THEN reach_second_day END ELSE second_day END AS second_day
    FROM charge c JOIN person_level USING (win, row)
)
SELECT e.*, CASE WHEN {{chosen:last_tie=lowest_name}} THEN name
       ELSE sha256('$seed' || '|' || w.year || '|' || p.bene_id || '|' || name) END AS draw
FROM entered e JOIN time_window w USING (win) JOIN person p USING (row)
WHERE charges IS NOT NULL;

CREATE TABLE winner AS
SELECT *, row_number() OVER (PARTITION BY win, row ORDER BY charges DESC, first_day DESC NULLS LAST,
                             second_day DESC NULLS LAST, draw) AS place,
       count(*) OVER (PARTITION BY win, row, charges) > 1 AS tied,
       count(*) OVER (PARTITION BY win, row, charges, first_day) > 1 AS tied_twice,
       count(*) OVER (PARTITION BY win, row, charges, first_day, second_day) > 1 AS tied_thrice
FROM contest
QUALIFY place = 1;

-- The last designation of a clinician that stood on the deadline of the year.
CREATE TABLE designation AS
SELECT w.year, v.row, v.npi, v.aco_id, n.specialty, v.designated_date
FROM (SELECT DISTINCT year FROM time_window) w
JOIN designation_deadline d
  ON d.year = w.year AND d.half = CASE WHEN $half = 2 AND w.year = $performance_year AND {{rule:july_deadline}} THEN 2 ELSE 1 END
JOIN (SELECT p.row, i.*, CASE WHEN tin_of.shared THEN NULL ELSE tin_of.aco_id END AS aco_id
      FROM in_voluntary_alignment i JOIN person p USING (bene_id)
      LEFT JOIN provider tin_of ON tin_of.kind = 'tin' AND tin_of.id = word(i.tin)) v
  ON v.designated_date <= d.designated_by
LEFT JOIN (SELECT npi, any_value(word(specialty)) AS specialty FROM in_npi_specialty GROUP BY npi) n ON n.npi = v.npi
WHERE {{rule:voluntary_alignment}}
QUALIFY row_number() OVER (PARTITION BY w.year, v.row ORDER BY designated_date DESC, v.npi DESC) = 1
    AND (ended_date IS NULL OR ended_date > d.designated_by);

CREATE TABLE chosen AS
SELECT d.year, d.row, d.aco_id,
       CASE WHEN $performance_year = 2018 THEN coalesce(s.kind IN ('primary', 'listed', 'advanced') AND s.first_rules <= 2018, false) ELSE true END AS clinician_counts
FROM designation d LEFT JOIN specialty s ON s.specialty = d.specialty;

-- Each person of a year goes to one ACO at most: by his own choice, else by a prospective list, else at the year's end.
CREATE TABLE assigned AS
WITH by_choice AS (
    SELECT c.year, c.row, c.aco_id, 'choice' AS path, 1 AS turn
    FROM chosen c
    JOIN holder h USING (aco_id, year)
    JOIN time_window w ON w.year = c.year AND w.method = h.method
    JOIN eligible e ON e.win = w.win AND e.row = c.row AND e.passes
    WHERE clinician_counts
      AND ($performance_year <> 2018 OR EXISTS (FROM charge x WHERE x.win = w.win AND x.row = c.row AND x.aco_id = c.aco_id AND x.door))
), by_claims AS (
    SELECT w.year, v.row, v.aco_id, 'step ' || step AS path, CASE w.method WHEN 'prospective' THEN 2 ELSE 3 END AS turn
    FROM winner v
    JOIN time_window w USING (win)
    JOIN holder h ON h.aco_id = v.aco_id AND h.year = w.year AND h.method = w.method
    JOIN eligible e ON e.win = v.win AND e.row = v.row AND e.passes
    WHERE CASE step WHEN 3 THEN third_door ELSE door OR NOT {{rule:pre_step}} END
      AND NOT EXISTS (FROM chosen c WHERE c.year = w.year AND c.row = v.row AND c.aco_id IS DISTINCT FROM v.aco_id AND c.clinician_counts)
)
SELECT year, row, aco_id, path, turn FROM (
    SELECT year, row, aco_id, 'whole year' AS path, 0 AS turn FROM kept WHERE NOT {{chosen:whole_year_assignment=rounds_apart}}
    UNION ALL SELECT * FROM by_choice UNION ALL SELECT * FROM by_claims)
QUALIFY row_number() OVER (PARTITION BY year, row ORDER BY turn) = 1;
