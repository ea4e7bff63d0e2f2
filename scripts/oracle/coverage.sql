-- How often each rule decided something.
WITH fired AS (
    SELECT 'money: ' || CASE reason WHEN 'denied' THEN origin || ' denied' ELSE reason END AS rule, count(*) AS times
    FROM payment WHERE reason IS NOT NULL GROUP BY ALL
    UNION ALL SELECT 'money: in a month without a type', count(*)
    FROM payment p WHERE reason IS NULL AND NOT EXISTS (FROM person_month m WHERE m.row = p.row AND m.month = p.month AND etype IS NOT NULL)
    UNION ALL SELECT 'money: in a COVID-19 episode', count(*)
    FROM payment p JOIN covid_month USING (row, month) WHERE reason IS NULL
    UNION ALL SELECT 'money: IME, DSH and uncompensated care removed', count(*) FROM payment WHERE reason IS NULL AND removed <> 0
    UNION ALL SELECT 'money: IHS and Puerto Rico supplement removed', count(*) FROM header
    WHERE claim_type = 60 AND supplement <> 0 AND unpaid IS NULL AND $performance_year >= 2023
    UNION ALL SELECT 'money: Maryland keeps them', count(*) FROM header
    WHERE claim_type = 60 AND teaching <> 0 AND unpaid IS NULL AND left(ccn, 2) IN ('21', '80')
    UNION ALL SELECT 'money: sequestration as given', count(*) FROM payment WHERE reason IS NULL AND sequestered <> 0
    UNION ALL SELECT 'money: sequestration by the date', count(*) FROM payment WHERE reason IS NULL AND grossed_up
    UNION ALL SELECT 'money: population-based reduction added back', count(*) FROM payment WHERE reason IS NULL AND pbp <> 0
    UNION ALL SELECT 'money: outside claims, final', count(*) FROM outside_payment WHERE reason IS NULL
    UNION ALL SELECT 'money: outside claims, interim left out', count(*) FROM outside_payment WHERE reason = 'interim'
    UNION ALL SELECT 'money: truncated above', count(*) FROM capped WHERE capped12 < total * 12
    UNION ALL SELECT 'money: truncated below', count(*) FROM capped WHERE capped12 > total * 12
    UNION ALL SELECT 'money: negative payments kept', count(*) FROM payment WHERE reason IS NULL AND paid < 0
    UNION ALL SELECT 'months: several types in a year', count(*) FROM (SELECT row, year FROM spending GROUP BY ALL HAVING count(*) > 1)
    UNION ALL SELECT 'months: taken by COVID-19', count(*) FROM covid_month JOIN person_month USING (row, month) WHERE etype IS NOT NULL
    UNION ALL SELECT 'service: ' || reason, count(*) FROM judged WHERE reason IS NOT NULL GROUP BY ALL
    UNION ALL SELECT 'service: of a ' || setting, count(*) FROM judged WHERE reason IS NULL GROUP BY ALL
    UNION ALL SELECT 'service: pandemic code', count(*) FROM judged j JOIN pandemic_codes USING (hcpcs) WHERE reason IS NULL AND NOT clinic
        AND hcpcs NOT IN (SELECT hcpcs FROM codes WHERE $performance_year BETWEEN first_rules AND last_rules)
    UNION ALL SELECT 'eligibility: no month in both parts', count(*) FROM eligible WHERE NOT covered
    UNION ALL SELECT 'eligibility: a month in one part', count(*) FROM eligible WHERE one_part
    UNION ALL SELECT 'eligibility: a month in a plan', count(*) FROM eligible WHERE in_plan
    UNION ALL SELECT 'eligibility: of another initiative', count(*) FROM eligible WHERE elsewhere AND covered AND NOT one_part AND NOT in_plan AND resident
    UNION ALL SELECT 'eligibility: not a resident', count(*) FROM eligible WHERE NOT resident
    UNION ALL SELECT 'eligibility: dead before the year', count(*) FROM eligible WHERE dead_before
    UNION ALL SELECT 'eligibility: pruned from a prospective list', count(*) FROM eligible
        WHERE pruned AND covered AND NOT one_part AND NOT in_plan AND resident AND NOT dead_before
    UNION ALL SELECT 'assignable: by the longer window', count(*) FROM assignable a
        WHERE NOT EXISTS (FROM service s WHERE s.win = a.win AND s.row = a.row AND span = 'window' AND (is_primary OR is_listed))
    UNION ALL SELECT 'assignable: but not eligible', count(*) FROM assignable JOIN eligible USING (win, row) WHERE NOT passes
    UNION ALL SELECT 'plurality: biller in two ACOs set aside', count(*) FROM service WHERE shared
    UNION ALL SELECT 'plurality: won by a biller outside', count(*) FROM winner WHERE aco_id IS NULL
    UNION ALL SELECT 'plurality: won without passing the pre-step', count(*) FROM winner WHERE aco_id IS NOT NULL AND step < 3 AND NOT door
    UNION ALL SELECT 'plurality: tie of charges', count(*) FROM winner WHERE tied
    UNION ALL SELECT 'plurality: tie of the latest clinician too', count(*) FROM winner WHERE tied_twice
    UNION ALL SELECT 'plurality: drawn', count(*) FROM winner WHERE tied_thrice
    UNION ALL SELECT 'plurality: ' || 'step ' || step, count(*) FROM winner GROUP BY ALL
    UNION ALL SELECT 'choice: assigned by it', count(*) FROM assigned WHERE path = 'choice'
    UNION ALL SELECT 'choice: of July starters, after the ordinary day', count(*)
    FROM designation WHERE designated_date > DATE '2018-10-31' AND year = 2019 AND $performance_year = 2019
    UNION ALL SELECT 'halves: kept by a whole-year ACO', count(*) FROM assigned WHERE path = 'whole year'
    UNION ALL SELECT 'choice: of a clinician outside keeps from claims', count(*)
    FROM chosen c JOIN time_window w ON w.year = c.year JOIN winner v ON v.win = w.win AND v.row = c.row
    WHERE v.aco_id IS NOT NULL AND c.aco_id IS NULL
    UNION ALL SELECT 'prospective: first claim on a person', count(*)
    FROM assigned a JOIN time_window w ON w.year = a.year AND w.method = 'retrospective' JOIN winner v ON v.win = w.win AND v.row = a.row
    WHERE a.turn = 2 AND v.aco_id IS DISTINCT FROM a.aco_id AND v.aco_id IN (SELECT aco_id FROM holder h WHERE h.year = a.year AND h.method = 'retrospective')
    UNION ALL SELECT 'older agreements: new to the ACO', count(*) FROM acquaintance WHERE NOT known
)
SELECT rule, sum(times)::BIGINT AS times FROM fired GROUP BY rule ORDER BY rule
