-- Primary care services of each window, with the entity that billed them and the part each clinician plays.
CREATE TABLE listed_provider AS
SELECT DISTINCT aco_id, kind, id FROM (
    SELECT aco_id, performance_half, 'tin' AS kind, word(tin) AS id FROM in_participant WHERE performance_year = $performance_year
    UNION ALL
    SELECT aco_id, performance_half, 'ccn', word(ccn) FROM in_participant WHERE performance_year = $performance_year) l
-- A list is the year's unless it says a half.
WHERE id IS NOT NULL AND EXISTS (FROM deal d WHERE d.aco_id = l.aco_id AND coalesce(l.performance_half = d.half, l.performance_half IS NULL));

CREATE TABLE provider AS
SELECT kind, id, min(aco_id) AS aco_id, count(*) > 1 AS shared FROM listed_provider GROUP BY ALL;

CREATE TABLE attested AS
SELECT DISTINCT word(ccn) AS ccn, npi FROM in_participant
WHERE performance_year = $performance_year AND npi IS NOT NULL AND word(ccn) IS NOT NULL;

CREATE TABLE stay AS
SELECT row, CASE WHEN claim_type = 60 THEN 'hospital' ELSE 'nursing' END AS kind, from_date, day AS thru_date
FROM header WHERE claim_type IN (20, 30, 60);

-- Lines that could be a service of primary care, by who may bill one.
CREATE TABLE candidate AS
WITH shaped AS (
    SELECT l.key, l.row, l.claim_id, l.day, l.processed_date, l.hcpcs, l.revenue_center, l.pos,
           CASE WHEN claim_type = 40 AND {{chosen:facility_charge=payment}} THEN l.paid ELSE l.allowed END AS allowed,
           CASE WHEN claim_type IN (71, 72) THEN 'professional'
                -- Health centers had a bill type of their own from April 2010.
                WHEN claim_type = 40 AND bill = CASE WHEN l.day < DATE '2010-04-01' THEN '73' ELSE '77' END THEN 'health center'
                WHEN claim_type = 40 AND bill = '71' THEN 'rural clinic'
                WHEN claim_type = 40 AND bill = '85' AND left(revenue_center, 3) IN ('096', '097', '098') THEN 'critical access'
                WHEN claim_type = 40 AND bill = '13'
                     AND (l.ccn, year(l.day)) IN (SELECT (word(ccn), year) FROM in_eta_ccn) THEN 'teaching election'
           END AS setting,
           CASE WHEN claim_type = 40 THEN unpaid IS NOT NULL ELSE line_denied(denial, processing) END AS denied,
           CASE WHEN claim_type = 40 THEN 'ccn' ELSE 'tin' END AS entity_kind,
           CASE WHEN claim_type = 40 THEN l.ccn ELSE l.tin END AS entity,
           l.specialty, l.npi, l.other_npi, l.attending_npi
    FROM line l
    WHERE claim_type IN (40, 71, 72)
), who AS (
    SELECT s.*,
           CASE setting WHEN 'professional' THEN s.specialty
                        WHEN 'critical access' THEN n.specialty
                        WHEN 'teaching election' THEN n.specialty END AS clinician
    FROM shaped s
    LEFT JOIN (SELECT npi, any_value(word(specialty)) AS specialty FROM in_npi_specialty GROUP BY npi) n
      ON n.npi = CASE setting WHEN 'critical access' THEN coalesce(s.npi, s.other_npi, s.attending_npi)
                              WHEN 'teaching election' THEN coalesce(s.other_npi, s.attending_npi) END
    WHERE setting IS NOT NULL
)
SELECT w.*,
       setting IN ('health center', 'rural clinic') AS clinic,
       coalesce(shared, false) AS shared, aco_id,
       coalesce(CASE WHEN setting NOT IN ('health center', 'rural clinic') THEN p.kind = 'primary' AND p.first_rules <= $performance_year
            WHEN $performance_year >= 2019 THEN true
            WHEN v.aco_id IS NULL THEN true
            ELSE (w.entity, w.attending_npi) IN (SELECT (ccn, npi) FROM attested) END, false) AS is_primary,
       coalesce(p.kind = 'listed' AND setting NOT IN ('health center', 'rural clinic'), false) AS is_listed,
       coalesce(CASE WHEN setting NOT IN ('health center', 'rural clinic') THEN p.kind = 'advanced'
            WHEN $performance_year >= 2019 OR v.aco_id IS NULL THEN false
            ELSE (w.entity, coalesce(w.attending_npi, 0)) NOT IN (SELECT (ccn, npi) FROM attested) END, false) AS is_advanced,
       coalesce(p.kind IN ('primary', 'listed', 'physician') AND setting NOT IN ('health center', 'rural clinic'), false) AS is_physician
FROM who w
LEFT JOIN specialty p ON p.specialty = w.clinician
LEFT JOIN provider v ON v.kind = w.entity_kind AND v.id = w.entity;

CREATE TABLE during_stay AS
SELECT DISTINCT c.key, s.kind FROM candidate c
JOIN codes ON codes.hcpcs = c.hcpcs AND test IN ('nursing', 'advance')
JOIN stay s ON s.row = c.row AND c.day BETWEEN s.from_date AND s.thru_date
  AND s.kind = CASE test WHEN 'nursing' THEN 'nursing' ELSE 'hospital' END;

-- Claims with an add-on code that also hold a listed code which can carry it.
CREATE TABLE carrying_claim AS
WITH candidates AS (
    SELECT DISTINCT row, claim_id FROM line JOIN codes USING (hcpcs) WHERE test = 'addon'
), beside AS (
    SELECT DISTINCT row, claim_id, hcpcs FROM line JOIN candidates USING (row, claim_id)
)
SELECT DISTINCT win, span, row, claim_id FROM listing JOIN beside USING (hcpcs) WHERE test <> 'addon'
UNION
SELECT win, span, row, claim_id FROM time_window, (VALUES ('window'), ('reach')) AS spans(span), beside JOIN pandemic_codes USING (hcpcs)
WHERE NOT {{rule:addon_base_by_window}};

CREATE TABLE judged AS
SELECT w.win, spans.span, c.*,
       CASE
         WHEN denied AND {{rule:service_denial}} THEN 'denied'
         WHEN coalesce(c.processed_date > w.run_out, {{chosen:undated_claim=late}}) AND NOT {{chosen:late_services=count}}
              AND {{rule:service_run_out}} THEN 'processed late'
         WHEN entity IS NULL THEN 'no biller'
         WHEN NOT (is_primary OR is_listed OR is_advanced OR is_physician) THEN 'not a clinician who counts'
         WHEN clinic AND $performance_year < 2019 AND l.test IS NULL
              AND (coalesce(revenue_center NOT IN (FROM clinic_revenue), true)
                   -- Health centers reported visits by revenue center until 2010.
                   OR setting = 'health center' AND c.day > DATE '2010-12-31') THEN 'not listed'
         WHEN NOT clinic AND l.test IS NULL THEN 'not listed'
         WHEN NOT clinic AND c.hcpcs IN ('99441', '99442', '99443') AND $performance_year >= 2022 AND c.day > DATE '2024-12-31'
              AND {{rule:deleted_codes}} THEN 'code deleted'
         WHEN setting = 'teaching election' AND c.hcpcs IN ('G0438', 'G0439') AND year(c.day) IN (2009, 2010)
              AND {{rule:wellness_elsewhere}} THEN 'wellness visit of 2009 or 2010'
         WHEN l.test = 'teaching' AND NOT clinic AND setting <> 'teaching election' AND {{rule:teaching_clinic_visit}} THEN 'clinic visit elsewhere'
         WHEN l.test = 'nursing' AND $performance_year BETWEEN 2017 AND 2020 AND coalesce(pos = '31', false)
              AND NOT (clinic AND $performance_year >= 2019)
              AND {{rule:nursing_by_place}} AND NOT ($performance_year >= 2019 AND {{chosen:nursing_facility_test=stay}}) THEN 'place is a nursing facility'
         WHEN l.test = 'nursing' AND $performance_year >= 2021 AND clinic AND {{chosen:nursing_visits_on_clinic_claims=leave_out}} THEN 'nursing code of a clinic'
         -- Until 2020 every service on a clinic's claim counted.
         WHEN l.test = 'nursing' AND $performance_year >= CASE WHEN clinic THEN 2021 ELSE 2019 END AND d.kind = 'nursing' AND {{rule:nursing_by_stay}}
              AND NOT ($performance_year <= 2020 AND {{chosen:nursing_facility_test=place}}) THEN 'during a nursing stay'
         WHEN l.test = 'advance' AND NOT clinic AND $performance_year >= 2021 AND d.kind = 'hospital' AND {{rule:planning_by_stay}} THEN 'during a hospital stay'
         WHEN l.test = 'home' AND NOT clinic AND $performance_year BETWEEN 2019 AND 2022 AND coalesce(pos, '') <> '12'
              AND {{rule:home_by_place}} AND (setting = 'professional' OR {{rule:home_by_place_at_facilities}}) THEN 'place is not a home'
         WHEN l.test = 'addon' AND NOT clinic AND b.claim_id IS NULL AND {{rule:addon_needs_base}} THEN 'add-on without its base'
       END AS reason
FROM time_window w
JOIN candidate c ON c.day BETWEEN w.reach AND w.closes
LEFT JOIN (SELECT key, any_value(kind) AS kind FROM during_stay GROUP BY key) d USING (key)
CROSS JOIN (VALUES ('window'), ('reach')) AS spans(span)
LEFT JOIN listing l ON l.win = w.win AND l.span = spans.span AND l.hcpcs = c.hcpcs
LEFT JOIN carrying_claim b ON b.win = w.win AND b.span = spans.span AND b.row = c.row AND b.claim_id = c.claim_id
WHERE spans.span = 'reach' AND $performance_year >= 2025 OR spans.span = 'window' AND c.day >= w.opens;
