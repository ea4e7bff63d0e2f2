-- An extract of nothing but awkward cases: ties, missing values, odd codes, months of every kind. Not realistic on purpose.
-- $seed, $people, $first_year, $last_year, $performance_year and $acos are filled in.
CREATE MACRO dice(salt, a, b, sides) AS (hash($seed, salt, a, b) % sides)::BIGINT;
CREATE MACRO chance(salt, a, b, percent) AS hash($seed, salt, a, b) % 1000 < percent * 10;
CREATE MACRO pick(salt, a, b, list) AS list[1 + (hash($seed, salt, a, b) % len(list))::BIGINT];

CREATE TABLE soul AS
SELECT i, 'M' || lpad(((i * 7919 + $seed) % 1000003)::VARCHAR, 7, '0') || lpad(i::VARCHAR, 3, '0')[1:3] AS bene_id,
       pick('usual', i, 0, ['4', '4', '4', '4', '4', '4', '3', '3', '2', '1']) AS usual,
       CASE WHEN chance('dies', i, 0, 8) THEN make_date($first_year + dice('year', i, 0, $last_year - $first_year + 1), 1 + dice('month', i, 0, 12), 1)
            END + dice('day', i, 0, 28)::INTEGER AS died,
       dice('county', i, 0, 12) AS place, dice('favourite', i, 0, 40) AS favourite
FROM range($people) AS r(i);

CREATE TABLE soul_year AS
SELECT i, bene_id, y AS year, usual, died, favourite, place,
       dice('mess', i, y, 10) AS mess
FROM soul, range($first_year, $last_year + 1) AS years(y)
WHERE died IS NULL OR year(died) >= y OR chance('ghost', i, y, 10);

CREATE TABLE beneficiary_year AS
WITH months AS (
    SELECT i, year, m,
           CASE WHEN died < make_date(year, m, 1) THEN '0'
                WHEN mess = 0 THEN pick('code', i * 13 + m, year, ['1', '2', '3', '4', '9', 'A', 'B', '0', '4', '4'])
                WHEN mess = 1 THEN pick('code', i * 13 + m, year, ['1', '2', '3', '4'])
                WHEN mess = 2 AND m > 1 + dice('joins', i, year, 11) THEN pick('joined', i, year, ['9', '3', '2'])
                WHEN mess = 3 AND m <= 1 + dice('starts', i, year, 11) THEN '0'
                ELSE usual END AS code,
           pick('dual', i * 13 + m, year, ['0', '0', '0', '0', '2', '8', '3', '1']) AS dual,
           pick('lis', i * 13 + m, year, ['0', '0', '1']) AS lis
    FROM soul_year, range(1, 13) AS r(m)
), joined AS (
    SELECT i, year, string_agg(code, '' ORDER BY m) AS status, string_agg(dual, '' ORDER BY m) AS dual, string_agg(lis, '' ORDER BY m) AS lis
    FROM months GROUP BY i, year
)
SELECT s.bene_id, s.year::USMALLINT AS year, status,
       CASE WHEN chance('lost', s.i, s.year, 1) THEN NULL WHEN chance('abroad', s.i, s.year, 1) THEN '99001'
            WHEN chance('moved', s.i, s.year, 8) THEN pick('to', s.i, s.year, ['39035', '72001', '60010', '11001'])
            ELSE '39' || lpad((1 + 2 * place)::VARCHAR, 3, '0') END AS county,
       CASE WHEN chance('autumn', s.i, s.year, 6) THEN pick('autumn to', s.i, s.year, ['39035', '99001', '78010', '39049']) END AS county_september,
       make_date(1930 + dice('born', s.i, 0, 40)::INTEGER, 5, 5) AS birth_date, died AS death_date,
       dual AS dual_status, lis AS lis_status, NULL::VARCHAR AS medicare_status,
       CASE WHEN chance('initiative?', s.i, s.year, 50) THEN chance('initiative', s.i, s.year, 4) END AS other_initiative
FROM soul_year s JOIN joined USING (i, year);

CREATE TABLE claim_header AS
WITH drawn AS (
    SELECT s.*, k, s.i * 100 + k AS id,
           pick('type', s.i * 100 + k, year, [10, 20, 30, 40, 40, 50, 60, 60, 60, 61]) AS claim_type,
           -- More stays than usual end after the emergency's last day.
           CASE WHEN year = 2023 AND chance('emergency ends', s.i * 100 + k, year, 4) THEN DATE '2023-05-12' + dice('after', s.i * 100 + k, year, 6)::INTEGER
                ELSE make_date(year, 1, 1) + dice('thru', s.i * 100 + k, year, 365)::INTEGER END AS thru
    FROM soul_year s, range(8) AS r(k)
)
SELECT bene_id, 'H' || id || '-' || year AS claim_id, claim_type::UTINYINT AS claim_type,
       thru - dice('stay', id, year, 12)::INTEGER AS from_date, thru AS thru_date,
       CASE WHEN claim_type IN (20, 30, 60) AND NOT chance('no admission', id, year, 5) THEN thru - dice('stay', id, year, 12)::INTEGER END AS admission_date,
       CASE WHEN claim_type IN (20, 30, 60) AND NOT chance('no discharge', id, year, 5) THEN thru END AS discharge_date,
       CASE WHEN chance('no ccn', id, year, 3) THEN NULL
            ELSE pick('ccn', id, year, ['360001', '360879', '210009', '800001', '361300', '362000', '363026', '363300', '36T001', '36R002', '364001', '360900']) END AS ccn,
       CASE WHEN chance('tin', id, year, 40) THEN 'T' || lpad(dice('tin', id, year, 40)::VARCHAR, 8, '0') END AS tin,
       pick('facility', id, year, ['1', '1', '1', '8', '4', '5', ' 4']) AS facility_type, '1' AS service_classification,
       pick('unpaid', id, year, [NULL, NULL, NULL, NULL, '', ' ', 'N', ' B', 'P']) AS non_payment_reason,
       NULL::UBIGINT AS attending_npi, NULL::UBIGINT AS other_npi, NULL::UBIGINT AS rendering_npi,
       CASE WHEN chance('processed', id, year, 60) THEN
            CASE WHEN chance('late', id, year, 5) THEN make_date(year::INTEGER + 1, 4, 1) ELSE make_date(year::INTEGER + 1, 3, 31) END END AS processed_date,
       (CASE WHEN chance('huge', id, year, 2) THEN 100 WHEN chance('owed', id, year, 0.3) THEN -200 ELSE 1 END * (dice('paid', id, year, 2000000) - 100000) / 100)::DECIMAL(12, 2) AS payment_amt,
       CASE WHEN claim_type = 60 AND chance('ime', id, year, 50) THEN (dice('ime', id, year, 90000) / 100)::DECIMAL(12, 2) END AS ime_operating_amt,
       CASE WHEN chance('dsh', id, year, 40) THEN (dice('dsh', id, year, 90000) / 100)::DECIMAL(12, 2) END AS dsh_operating_amt,
       CASE WHEN chance('cime', id, year, 30) THEN (dice('cime', id, year, 9000) / 100)::DECIMAL(12, 2) END AS ime_capital_amt,
       CASE WHEN chance('cdsh', id, year, 30) THEN (dice('cdsh', id, year, 9000) / 100)::DECIMAL(12, 2) END AS dsh_capital_amt,
       CASE WHEN chance('ucc', id, year, 30) THEN (dice('ucc', id, year, 90000) / 100)::DECIMAL(12, 2) END AS uncompensated_care_amt,
       CASE WHEN chance('ihs', id, year, 10) THEN (dice('ihs', id, year, 90000) / 100)::DECIMAL(12, 2) END AS ihs_pr_supplement_amt,
       CASE WHEN chance('seq', id, year, 30) THEN (dice('seq', id, year, 9000) / 100)::DECIMAL(12, 2) END AS sequestration_amt,
       CASE WHEN chance('pbp', id, year, 10) THEN (dice('pbp', id, year, 9000) / 100)::DECIMAL(12, 2) END AS pbp_reduction_amt,
       chance('b9729', id, year, 10) AS covid_b9729,
       CASE WHEN chance('u071?', id, year, 80) THEN chance('u071', id, year, 15) END AS covid_u071,
       CASE WHEN chance('test?', id, year, 30) THEN chance('test', id, year, 50) END AS covid_no_positive_test
FROM drawn;

CREATE TABLE claim_line AS
WITH drawn AS (
    SELECT s.*, k, s.i * 100 + k AS id, (s.i * 100 + k) // 2 AS claim,
           pick('line type', (s.i * 100 + k) // 2, year, [71, 71, 71, 71, 71, 72, 81, 82, 40, 40, 40]) AS claim_type,
           make_date(year, 1, 1) + 15 * dice('line day', s.i * 100 + k, year, 25)::INTEGER AS last
    FROM soul_year s, range(36) AS r(k)
    WHERE k < 6 + dice('lines', s.i, year, 30)
), coded AS (
    SELECT d.*, claim_type = 40 AS facility,
           pick('bill', claim, year, ['77', '71', '85', '85', '13', '13', '11', '73']) AS bill,
           CASE WHEN chance('usual code', id, year, 55) THEN pick('visit', id, year, ['99213', '99214', '99205', 'G0439'])
                ELSE pick('code', id, year, (SELECT list(hcpcs ORDER BY hcpcs) FROM codes)
                     || ['99291', 'A4352', 'A4353', 'A4351', '99354', '99355', '99497', '99308', '99348', '99442', 'G0463', NULL]) END AS hcpcs
    FROM drawn d
)
SELECT bene_id, 'L' || claim || '-' || year AS claim_id, (1 + k)::USMALLINT AS line_num, claim_type::UTINYINT AS claim_type,
       last - 3 AS first_date, last AS last_date, hcpcs,
       CASE WHEN facility THEN pick('rev', id, year, ['0960', '0971', '0989', '0510', '0521', '0525', NULL]) END AS revenue_center,
       CASE WHEN NOT facility THEN pick('pos', id, year, ['11', '12', '31', '32', NULL]) END AS pos,
       CASE WHEN NOT facility THEN CASE WHEN chance('role', i, year, 75)
                 THEN pick('specialty', id, year, ['01', '08', '11', '38', '37', '50', '89', '97', '06', '83', '02'])
                 ELSE pick('specialty', id, year, ['06', '12', '26', '98', '02', '99', '41', NULL]) END END AS specialty,
       CASE WHEN NOT facility AND NOT chance('no tin', id, year, 2) THEN
            'T' || lpad(CASE WHEN chance('elsewhere', id, year, 45) THEN dice('tin', id, year, 40) ELSE favourite END::VARCHAR, 8, '0') END AS tin,
       CASE WHEN facility THEN pick('bill ccn', CASE WHEN chance('other ccn', id, year, 30) THEN id ELSE i END, 0,
            ['C00001', 'C00002', 'C00003', 'C00004', 'C00005', 'C00006', 'C00007']) END AS ccn,
       CASE WHEN facility THEN bill[1] END AS facility_type, CASE WHEN facility THEN bill[2] END AS service_classification,
       CASE WHEN chance('npi', id, year, 70) THEN dice('npi', id, year, 60)::UBIGINT + 1 END AS npi,
       CASE WHEN facility AND chance('other npi', id, year, 30) THEN dice('other', id, year, 60)::UBIGINT + 1 END AS other_npi,
       CASE WHEN facility AND chance('attending', id, year, 90) THEN dice('attending', id, year, 60)::UBIGINT + 1 END AS attending_npi,
       ((dice('paid', id, year, 30000) - 1000) / 100)::DECIMAL(12, 2) AS payment_amt,
       pick('allowed', id, year, [0, 50, 50, 50, 100, 100, 150, NULL, -50])::DECIMAL(12, 2) AS allowed_amt,
       CASE WHEN facility THEN pick('unpaid', claim, year, [NULL, NULL, NULL, NULL, NULL, NULL, '', ' ', 'N']) END AS non_payment_reason,
       CASE WHEN NOT facility THEN pick('denial', claim, year, [NULL, '1', '1', '1', '1', '1', '1', '1', '2', 'A', 'C', 'Z', '1', '1', '1', '1', 'D', 'Y', 'Q', '0', ' 0']) END AS claim_denial,
       CASE WHEN NOT facility THEN pick('processing', id, year, [NULL, 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'R', 'S', 'A ', '', ' ', 'B', 'C']) END AS processing_indicator,
       -- At the ends of run-outs, a year's and a prospective list's, and before them.
       CASE WHEN chance('processed', id, year, 60) THEN
            CASE WHEN chance('late', id, year, 5) THEN make_date(year::INTEGER + 1, 4, 1)
                 WHEN chance('slow', id, year, 15) THEN pick('slow', id, year, [make_date(year::INTEGER + 1, 3, 31), make_date(year::INTEGER + 1, 1, 1), make_date(year::INTEGER, 12, 31)])
                 ELSE last + dice('wait', id, year, 80)::INTEGER END END AS processed_date,
       CASE WHEN chance('seq', id, year, 30) THEN (dice('seq', id, year, 500) / 100)::DECIMAL(12, 2) END AS sequestration_amt,
       CASE WHEN chance('pbp', id, year, 5) THEN (dice('pbp', id, year, 500) / 100)::DECIMAL(12, 2) END AS pbp_reduction_amt
FROM coded;

CREATE TABLE risk_score AS
SELECT bene_id, year::USMALLINT AS year, v AS hcc_version,
       ((500000 + dice('esrd' || v, i, year, 900000)) / 1000000)::DECIMAL(18, 6) AS score_esrd,
       CASE WHEN NOT chance('none' || v, i, year, 4) OR chance('moved', i, year, 8) OR chance('autumn', i, year, 6) THEN ((500000 + dice('dis' || v, i, year, 900000)) / 1000000)::DECIMAL(18, 6) END AS score_dis,
       ((500000 + dice('agdu' || v, i, year, 900000)) / 1000000)::DECIMAL(18, 6) AS score_agdu,
       CASE WHEN NOT chance('none' || v, i, year, 4) OR chance('moved', i, year, 8) OR chance('autumn', i, year, 6) THEN ((500000 + dice('agnd' || v, i, year, 900000)) / 1000000)::DECIMAL(18, 6) END AS score_agnd,
       1::DECIMAL(18, 6) AS demographic_esrd, ((800000 + dice('ddis' || v, i, year, 400000)) / 1000000)::DECIMAL(18, 6) AS demographic_dis,
       1::DECIMAL(18, 6) AS demographic_agdu, ((800000 + dice('dagnd' || v, i, year, 400000)) / 1000000)::DECIMAL(18, 6) AS demographic_agnd
FROM soul_year, (SELECT DISTINCT version FROM risk_version
                 UNION SELECT 'V00' WHERE NOT EXISTS (FROM risk_version)) AS versions(v)
WHERE NOT chance('unscored', i, year, 3) OR chance('moved', i, year, 8);

CREATE TABLE participant AS
SELECT 'A' || lpad((1 + a)::VARCHAR, 4, '0') AS aco_id, $performance_year::USMALLINT AS performance_year,
       'T' || lpad(t::VARCHAR, 8, '0') AS tin, NULL::VARCHAR AS ccn, NULL::UBIGINT AS npi,
       -- In 2019 some are on the list of one half alone.
       CASE WHEN $performance_year = 2019 AND t % 7 = 3 THEN 1 + t % 2 END::UTINYINT AS performance_half
FROM range($acos) AS acos(a), range(40) AS tins(t)
WHERE t % ($acos + 2) = a OR t = 39 AND a < 2
UNION ALL
SELECT 'A' || lpad((1 + a)::VARCHAR, 4, '0'), $performance_year::USMALLINT, NULL, 'C0000' || c, n::UBIGINT, NULL
FROM range($acos) AS acos(a), range(1, 8) AS ccns(c), (VALUES (3), (4), (5), (17), (18)) AS npis(n)
WHERE c % 4 = a;

-- Agreements begun in July have the second half of the year; their ACOs had an older one, assigned the other way, in the first.
CREATE TABLE agreement AS
WITH dealt AS (
    SELECT a, a AS way, starts[1 + a % len(starts)] AS begun,
           CASE WHEN starts[1 + a % len(starts)] > make_date($performance_year, 1, 1) THEN 2 END::UTINYINT AS half
    FROM range($acos) AS r(a), (SELECT $starts AS starts)
)
SELECT 'A' || lpad((1 + a)::VARCHAR, 4, '0') AS aco_id, $performance_year::USMALLINT AS performance_year, half AS performance_half,
       begun AS agreement_start, 1::UTINYINT AS agreement_period, 1::UTINYINT AS times_regionally_adjusted,
       CASE WHEN begun <= DATE '2019-01-01' THEN CASE WHEN $prospective AND way % 2 = 1 AND begun >= DATE '2016-01-01' THEN '3' ELSE '1' END ELSE 'ENHANCED' END AS track,
       NULL::VARCHAR AS level, CASE WHEN $prospective AND way % 2 = 1 AND begun >= DATE '2016-01-01' THEN 'prospective' ELSE 'retrospective' END AS assignment_method,
       'variable' AS msr_choice, 'met' AS quality_standard, 1::DECIMAL(18, 6) AS quality_score, NULL::BOOLEAN AS revenue_loss_limit,
       NULL::DECIMAL(18, 6) AS euc_share_beneficiaries, NULL::DECIMAL(18, 6) AS euc_share_year,
       NULL::DECIMAL(18, 6) AS prior_savings_1, NULL::DECIMAL(18, 6) AS prior_savings_2, NULL::DECIMAL(18, 6) AS prior_savings_3,
       NULL::DECIMAL(18, 6) AS prior_person_years_1, NULL::DECIMAL(18, 6) AS prior_person_years_2, NULL::DECIMAL(18, 6) AS prior_person_years_3,
       NULL::DECIMAL(18, 6) AS prior_sharing_rate_1, NULL::DECIMAL(18, 6) AS prior_sharing_rate_2, NULL::DECIMAL(18, 6) AS prior_sharing_rate_3,
       'none' AS termination, NULL::DATE AS termination_date, NULL::BOOLEAN AS closeout_complete,
       NULL::DECIMAL(18, 6) AS aip_outstanding, NULL::DECIMAL(18, 6) AS prepaid_outstanding, NULL::UBIGINT AS assigned_beneficiaries,
       NULL::DECIMAL(18, 6) AS participant_revenue, NULL::BOOLEAN AS low_revenue, NULL::DECIMAL(18, 6) AS lis_dual_share,
       NULL::DECIMAL(18, 6) AS dual_share_by3
FROM (FROM dealt UNION ALL SELECT a, a + 1, DATE '2016-01-01', 1 FROM dealt WHERE half = 2);

CREATE TABLE voluntary_alignment AS
SELECT bene_id, (1 + dice('npi', i, k, 60))::UBIGINT AS npi,
       CASE WHEN NOT chance('no tin', i, k, 5) THEN 'T' || lpad(dice('tin', i, k, 44)::VARCHAR, 8, '0') END AS tin,
       -- In 2019 designations of April count for the agreements begun in July.
       CASE WHEN $performance_year = 2019 AND chance('april', i, k, 30)
            THEN make_date(2019, 4, 30) - pick('april day', i, k, [0, 0, 0, 7, 14, -1])::INTEGER
            ELSE make_date($performance_year - 5 + dice('year', i, k, 6)::INTEGER, 9 + dice('month', i, k, 3)::INTEGER, 1 + 29 * (dice('day', i, k, 2))::INTEGER) END AS designated_date,
       CASE WHEN chance('ended', i, k, 30) THEN make_date($performance_year - 2 + dice('end', i, k, 2)::INTEGER, 9, 30) + dice('endday', i, k, 3)::INTEGER - 1 END AS ended_date
FROM soul, range(2) AS r(k)
WHERE $alignment AND chance('aligned', i, k, 6);

CREATE TABLE non_claims_payment AS
SELECT bene_id, make_date(year, 1 + dice('month', i, year, 12)::INTEGER, 7) AS payment_date,
       ((dice('extra', i, year, 50000) - 5000) / 100)::DECIMAL(12, 2) AS payment_amt, chance('final', i, year, 60) AS final_payment,
       CASE WHEN chance('paid whom', i, year, 60) THEN 'T' || lpad(dice('paid whom', i, year, 40)::VARCHAR, 8, '0') END AS tin
FROM soul_year WHERE $non_claims AND chance('paid outside', i, year, 10);

CREATE TABLE eta_ccn AS
SELECT 'C0000' || c AS ccn, y::USMALLINT AS year FROM range(1, 6) AS r(c), range($first_year, $last_year + 1) AS years(y)
WHERE (c + y) % 3 > 0;

CREATE TABLE npi_specialty AS
SELECT (1 + n)::UBIGINT AS npi, pick('npi specialty', n, 0, ['01', '11', '37', '50', '97', '06', '26', '02', '41']) AS specialty
FROM range(55) AS r(n);
