"""Tests of the second computation: small extracts, expectations worked out by hand. `--rules` leaves out one rule after the other."""

import csv
import decimal
import hashlib
import sys
import tempfile
from fractions import Fraction

from adversary import make
from compare import KEYS, Comparison, tables_of
from engine import Oracle, Rounds, per_capita, rule_names
from tiny import Tiny, day

TESTS = []


def test(function):
    """Registers a test."""
    TESTS.append(function)
    return function


def compute(tiny, kind=Oracle, **more):
    with tempfile.TemporaryDirectory() as folder:
        return kind(tiny.write(folder), tiny.year, threads=1, **more)


def spent(oracle, year=None):
    """{(row, type): (months, total)} of the year."""
    year = year or oracle.performance_year
    rows = oracle.rows(f"SELECT row, etype, months, total FROM spending WHERE year = {year}")
    return {(r["row"], r["etype"]): (r["months"], r["total"]) for r in rows}


def homes(oracle, year=None):
    """{row: aco} of the year."""
    year = year or oracle.performance_year
    return {r["row"]: r["aco_id"] for r in oracle.rows(f"SELECT row, aco_id FROM assigned WHERE year = {year}")}


def paths(oracle):
    return {r["row"]: r["path"] for r in oracle.rows(f"SELECT row, path FROM assigned WHERE year = {oracle.performance_year}")}


def is_equal(got, want):
    assert got == want, f"got {got}, expected {want}"


def two_rivals(year=2022, **more):
    tiny = Tiny(year)
    tiny.aco("A1", "T1", "T2", **more)
    return tiny


@test
def payments_go_to_the_type_of_the_month_of_one_date():
    tiny = two_rivals()
    tiny.person("P1", "444433322290")
    tiny.claim("P1", 60, "2022-4-30", 100, from_date=day("2022-3-1"))
    tiny.claim("P1", 40, "2022-5-1", 10)
    tiny.line("P1", "2022-8-15", 7, first_date=day("2022-1-1"))
    tiny.line("P1", "2022-11-15", 1000)  # a month in a plan
    tiny.line("P1", "2022-12-15", 1000)  # a month of nothing
    tiny.line("P1", "2023-1-1", 1000)
    is_equal(spent(compute(tiny)), {(1, "AGND"): (4, 10000), (1, "AGDU"): (3, 1000), (1, "DIS"): (3, 700)})


@test
def sequestration_is_added_back_as_given_or_by_the_date():
    tiny = two_rivals()
    tiny.person("P1")
    tiny.line("P1", "2022-3-31", 98, sequestration_amt=None)  # suspended
    tiny.line("P1", "2022-4-1", 99, sequestration_amt=None)  # one percent: 100
    tiny.line("P1", "2022-6-30", "0.50", sequestration_amt=None)  # 50 / 0.99 = 50.505...: 51 cents
    tiny.line("P1", "2022-7-1", 98, sequestration_amt=None)  # two percent: 100
    tiny.line("P1", "2022-7-2", -98, sequestration_amt=None)
    tiny.line("P1", "2022-7-3", 98, sequestration_amt=3)
    is_equal(spent(compute(tiny))[1, "AGND"], (12, 9800 + 10000 + 51 + 10000 - 10000 + 10100))


@test
def denied_payments_do_not_count():
    tiny = two_rivals()
    tiny.person("P1")
    for more in ({}, {"non_payment_reason": " "}, {"non_payment_reason": "N"}, {"facility_type": "4"}, {"facility_type": "8"}):
        tiny.claim("P1", 40, "2022-2-1", 1, **more)
        tiny.claim("P1", 10, "2022-2-1", 10, **more)
        tiny.claim("P1", 50, "2022-2-1", 100, **more)
    # outpatient 3, home health 3, hospice 4 of the five
    for denial, processing in ((None, None), ("1", "A"), ("0", "A"), ("D", "A"), ("Y ", "A"), ("Z", "S"), ("1", "R "), ("1", "B")):
        tiny.line("P1", "2022-3-1", 1000, claim_denial=denial, processing_indicator=processing)
    # carrier: 1st, 2nd, 6th, 7th
    tiny.claim("P1", 61, "2022-3-1", 9999)
    is_equal(spent(compute(tiny))[1, "AGND"], (12, 300 + 3000 + 40000 + 400000))


@test
def teaching_amounts_leave_inpatient_claims_but_not_marylands():
    tiny = two_rivals(2023)
    tiny.person("P1")
    extra = {"ime_operating_amt": 1, "dsh_operating_amt": 2, "ime_capital_amt": 3, "dsh_capital_amt": 4,
             "uncompensated_care_amt": 5, "ihs_pr_supplement_amt": 50}
    tiny.claim("P1", 60, "2023-5-1", 1000, ccn="360001", **extra)  # 935
    tiny.claim("P1", 60, "2023-5-2", 1000, ccn="210001", **extra)  # 1000
    tiny.claim("P1", 60, "2023-5-3", 1000, **extra)  # 935
    tiny.claim("P1", 40, "2023-5-4", 1000, ccn="360001", **extra)  # 1000
    tiny.claim("P1", 60, "2023-5-5", 1000, ccn="360001", pbp_reduction_amt=20, **extra)  # 955
    is_equal(spent(compute(tiny))[1, "AGND"], (12, 482500))
    tiny.year = 2022
    for row in tiny.tables["claim_header"]:
        row["thru_date"] = row["thru_date"].replace(year=2022)
    tiny.tables["beneficiary_year"][0]["year"] = 2022
    tiny.aco("A1", "T1", year=2022)
    is_equal(spent(compute(tiny))[1, "AGND"], (12, 482500 + 3 * 5000))


@test
def payments_made_after_march_do_not_count():
    tiny = two_rivals()
    tiny.person("P1")
    tiny.line("P1", "2022-1-1", 1, processed_date=day("2023-3-31"))
    tiny.line("P1", "2022-1-1", 10, processed_date=day("2023-4-1"))
    tiny.claim("P1", 40, "2022-12-31", 100, processed_date=day("2023-4-1"))
    is_equal(spent(compute(tiny))[1, "AGND"], (12, 100))


@test
def suspect_catheters_of_2023_do_not_count():
    tiny = two_rivals(2024)
    for year in (2023, 2024):
        tiny.person("P1", year=year)
        for amount, kind, code in ((1, 82, "A4352"), (10, 72, "A4353"), (100, 81, "A4352"), (1000, 82, "A4351")):
            tiny.line("P1", f"{year}-6-1", amount, claim_type=kind, hcpcs=code)
    oracle = compute(tiny)
    is_equal(spent(oracle, 2023)[1, "AGND"], (12, 110000))
    is_equal(spent(oracle, 2024)[1, "AGND"], (12, 111100))


@test
def thresholds_are_nearest_rank_and_truncate_both_ways():
    tiny = two_rivals()
    for i in range(101):
        tiny.person(f"P{i:03}", "444444444444" if i else "444444000000")
        tiny.visit(f"P{i:03}", "2022-1-5", "T1", 50)
        tiny.claim(f"P{i:03}", 60, "2022-2-1", i)
    tiny.claim("P100", 60, "2022-3-1", 10_000)
    tiny.claim("P001", 60, "2022-3-1", -20_000)
    tiny.claim("P000", 60, "2022-3-1", 90)  # six months: 180 a year, the second of 101
    oracle = compute(tiny)
    # rank ceil(99.99) = 100 of 101: 10,100 is last, 180 last but one
    is_equal(oracle.rows("SELECT threshold FROM threshold WHERE year = 2022")[0]["threshold"], 18000)
    got = {r["row"]: r["capped12"] for r in oracle.rows("FROM capped") if r["row"] in (1, 2, 3, 101)}
    is_equal(got, {1: 9000 * 12, 2: -18000 * 12, 3: 200 * 12, 101: 18000 * 12})


@test
def plurality_is_by_allowed_charges_of_pooled_billers():
    tiny = two_rivals()
    for bene in ("P1", "P2", "P3"):
        tiny.person(bene)
    tiny.visit("P1", "2022-1-5", "T1", 30)
    tiny.visit("P1", "2022-1-5", "T2", 30)  # pooled with T1: 60
    tiny.visit("P1", "2022-6-5", "X1", 50)
    tiny.visit("P1", "2022-6-5", "X2", 50)  # not pooled
    tiny.visit("P2", "2022-1-5", "T1", 30)
    tiny.visit("P2", "2022-1-6", "X1", 31)
    tiny.visit("P3", "2022-1-5", "T1", 30)
    tiny.visit("P3", "2022-1-6", "X1", 999, specialty="06")  # a specialist: step 1 does not see him
    tiny.visit("P3", "2022-1-6", "X1", 999, hcpcs="99291")  # not primary care
    tiny.visit("P3", "2021-12-31", "X1", 999)
    is_equal(homes(compute(tiny)), {1: "A1", 3: "A1"})


@test
def step_two_is_for_people_without_any_primary_clinician():
    tiny = two_rivals()
    for bene in ("P1", "P2", "P3"):
        tiny.person(bene)
    tiny.visit("P1", "2022-1-5", "T1", 30, specialty="06")
    tiny.visit("P1", "2022-1-5", "X1", 20, specialty="06")
    tiny.visit("P2", "2022-1-5", "T1", 30, specialty="06")
    tiny.visit("P2", "2022-1-5", "X1", 1, specialty="50")  # a nurse practitioner anywhere closes step 2
    tiny.visit("P3", "2022-1-5", "T1", 30, specialty="02")  # a surgeon is in neither step
    is_equal(paths(compute(tiny)), {1: "step 2"})


@test
def pre_step_asks_for_a_physician_of_the_aco():
    tiny = two_rivals()
    for bene in ("P1", "P2", "P3"):
        tiny.person(bene)
    tiny.visit("P1", "2022-1-5", "T1", 30, specialty="50")
    tiny.visit("P2", "2022-1-5", "T1", 30, specialty="50")
    tiny.visit("P2", "2022-1-5", "T2", 0, specialty="06")  # opens the door, adds nothing
    tiny.visit("P3", "2022-1-5", "T1", 30, specialty="97")
    tiny.visit("P3", "2022-1-5", "X1", 10)
    is_equal(homes(compute(tiny)), {2: "A1"})


@test
def ties_go_to_the_latest_clinician_then_specialist_then_the_draw():
    tiny = two_rivals()
    tiny.aco("B2", "U1")
    for i in range(1, 5):
        tiny.person(f"P{i}")
        for tin in ("T1", "U1"):
            tiny.visit(f"P{i}", "2022-1-5", tin, 30)
    tiny.visit("P1", "2022-3-1", "U1", 0)
    tiny.visit("P2", "2022-3-1", "T1", 0, specialty="06")
    tiny.visit("P3", "2022-3-1", "U1", 0, specialty="06")
    tiny.visit("P3", "2022-2-1", "T1", 0)

    def draw(aco):
        return hashlib.sha256(f"0|2022|P4|{aco}".encode()).digest()

    is_equal(homes(compute(tiny)), {1: "B2", 2: "A1", 3: "A1", 4: min(("A1", "B2"), key=draw)})


@test
def services_of_a_biller_in_two_acos_are_set_aside():
    tiny = two_rivals()
    tiny.aco("B2", "U1", "T2")
    for bene in ("P1", "P2"):
        tiny.person(bene)
    tiny.visit("P1", "2022-1-5", "T2", 500)
    tiny.visit("P1", "2022-1-5", "U1", 1)
    tiny.visit("P2", "2022-1-5", "T2", 500)
    oracle = compute(tiny)
    is_equal(homes(oracle), {1: "B2"})
    is_equal(sorted(r["row"] for r in oracle.rows("FROM calendar_assignable WHERE year = 2022")), [1, 2])


@test
def eligibility_wants_both_parts_no_plan_a_home_and_a_life():
    tiny = two_rivals()
    cases = [("444444444444", "39035", None), ("A44444444444", "39035", None), ("44444444444B", "39035", None),
             ("944444444444", "39035", None), ("000000000000", "39035", None), ("000000000004", "39035", None),
             ("444444444444", None, None), ("444444444444", "99001", None), ("444444444444", "72001", None),
             ("444444444444", "39035", "2021-12-31"), ("440000000000", "39035", "2022-2-15"), ("444444444444", "03001", None)]
    for i, (status, county, died) in enumerate(cases, 1):
        tiny.person(f"P{i:02}", status, county, death_date=day(died) if died else None)
        tiny.visit(f"P{i:02}", "2022-1-5", "T1", 30)
    oracle = compute(tiny)
    is_equal(sorted(homes(oracle)), [1, 6, 9, 11])
    is_equal(len(oracle.rows("FROM calendar_assignable WHERE year = 2022")), 12)


@test
def conditions_of_the_codes():
    tiny = two_rivals(2022)
    cases = [  # code, more, counts
        ("99341", {"pos": "12"}, True), ("99341", {"pos": "11"}, False), ("99354", {}, False),
        ("99354", {"claim_id": "C4"}, True), ("99355", {"claim_id": "C5"}, False), ("G0463", {}, False),
        ("99306", {}, True), ("99306", {}, False), ("99497", {}, True), ("99497", {}, False), ("G0317", {}, False),
        ("99441", {}, True), ("99213", {"claim_denial": "0"}, False),
    ]
    for i, (code, more, _) in enumerate(cases, 1):
        tiny.person(f"P{i:02}")
        tiny.visit(f"P{i:02}", "2022-5-5", "T1", 30, hcpcs=code, **more)
    tiny.visit("P04", "2022-5-5", "X9", 1, claim_id="C4")
    tiny.visit("P05", "2022-5-5", "X9", 1, claim_id="C5", hcpcs="99354")
    tiny.claim("P08", 20, "2022-5-5", 1, from_date=day("2022-5-1"))
    tiny.claim("P07", 20, "2022-5-4", 1, from_date=day("2022-5-1"))
    tiny.claim("P10", 60, "2022-5-9", 1, from_date=day("2022-5-5"))
    tiny.claim("P09", 20, "2022-5-9", 1, from_date=day("2022-5-5"))
    is_equal(sorted(homes(compute(tiny))), [i for i, case in enumerate(cases, 1) if case[2]])


@test
def facilities_bill_by_their_ccn():
    tiny = Tiny(2022)
    tiny.aco("A1", "T1", ccns=("111800", "113400", "361300", "330001"))
    tiny.put("npi_specialty", npi=1, specialty="11")
    tiny.put("npi_specialty", npi=2, specialty="02")
    tiny.put("eta_ccn", ccn="330001", year=2022)
    cases = [
        (dict(ccn="111800", bill="77", hcpcs="G0467"), True),
        (dict(ccn="113400", bill="71"), True),
        (dict(ccn="113400", bill="71", hcpcs="99308"), True),
        (dict(ccn="113400", bill="73"), False),
        (dict(ccn="361300", bill="85", revenue_center="0983", hcpcs="99213", npi=1), True),
        (dict(ccn="361300", bill="85", revenue_center="0983", hcpcs="99213", npi=2, attending_npi=1), False),
        (dict(ccn="361300", bill="85", revenue_center="0510", hcpcs="99213", npi=1), False),
        (dict(ccn="361300", bill="85", revenue_center="0960", hcpcs="99213", attending_npi=1), True),
        (dict(ccn="330001", bill="13", hcpcs="G0463", attending_npi=1), True),
        (dict(ccn="330001", bill="13", hcpcs="G0463", other_npi=2, attending_npi=1), False),
        (dict(ccn="330002", bill="13", hcpcs="G0463", attending_npi=1), False),
        (dict(ccn="111800", bill="77", non_payment_reason="N"), False),
        (dict(ccn="113400", bill="71", hcpcs="99308"), False),  # during a stay
        (dict(ccn="113400", bill="71", hcpcs="99497"), True),  # in hospital, which is not asked of clinics
    ]
    tiny.claim("P13", 20, "2022-5-9", 0, from_date=day("2022-5-1"))
    tiny.claim("P14", 60, "2022-5-9", 0, from_date=day("2022-5-1"))
    for i, (more, _) in enumerate(cases, 1):
        tiny.person(f"P{i:02}")
        tiny.clinic(f"P{i:02}", "2022-5-5", allowed=30, **more)
    oracle = compute(tiny)
    is_equal(sorted(homes(oracle)), [i for i, case in enumerate(cases, 1) if case[1]])
    is_equal(sum(r["amount"] for r in oracle.rows("FROM payment")), 0)


@test
def health_centers_of_2010():
    tiny = Tiny(2013)
    tiny.aco("A1", "T1", start=day("2012-4-1"))
    tiny.put("participant", aco_id="A1", performance_year=2013, ccn="111800", npi=5)
    cases = [("2010-3-31", "73", "0521", True), ("2010-3-31", "77", "0521", False), ("2010-4-1", "77", "0521", True),
             ("2010-12-31", "77", "0525", True), ("2010-6-1", "73", "0525", False)]
    for i, (last, bill, center, _) in enumerate(cases, 1):
        tiny.person(f"P{i}", year=2010)
        tiny.clinic(f"P{i}", last, "111800", 30, bill=bill, revenue_center=center, attending_npi=5)
    tiny.person("P6", year=2011)
    tiny.clinic("P6", "2011-1-1", "111800", 30, revenue_center="0525", attending_npi=5)
    oracle = compute(tiny)
    is_equal((sorted(homes(oracle, 2010)), sorted(homes(oracle, 2011))), ([1, 3, 4], []))


@test
def late_services_and_deleted_codes_assign_nobody():
    tiny = two_rivals(2025)
    cases = [("2025-5-5", "99213", "2026-3-31", True), ("2025-5-5", "99213", "2026-4-1", False), ("2025-5-5", "99441", None, False)]
    for i, (last, hcpcs, processed, _) in enumerate(cases, 1):
        tiny.person(f"P{i}")
        tiny.visit(f"P{i}", last, "T1", 30, hcpcs=hcpcs, processed_date=processed and day(processed))
    is_equal(sorted(homes(compute(tiny))), [1])


@test
def episodes_end_with_the_emergency_by_the_hospital():
    tiny = two_rivals(2023)
    hospitals = [("360001", False), ("210001", True), ("361300", True), ("362000", True)]
    for i, (ccn, _) in enumerate(hospitals, 1):
        tiny.person(f"P{i}")
        tiny.claim(f"P{i}", 60, "2023-5-12", 100, ccn=ccn, admission_date=day("2023-5-11"), discharge_date=day("2023-5-12"), covid_u071=True)
    is_equal({row: months for (row, _), (months, _) in spent(compute(tiny)).items()}, {i: 10 if gone else 12 for i, (_, gone) in enumerate(hospitals, 1)})


@test
def covid_episodes_take_their_months_away():
    tiny = two_rivals()
    for i in range(1, 6):
        tiny.person(f"P{i}")
        for month in (2, 3, 5):
            tiny.line(f"P{i}", f"2022-{month}-10", 1)
    stay = {"ccn": "360001", "admission_date": day("2022-2-25"), "discharge_date": day("2022-3-2"), "covid_u071": True}
    tiny.claim("P1", 60, "2022-3-2", 100, **stay)  # February, March, April
    tiny.claim("P2", 60, "2022-3-2", 100, **{**stay, "ccn": "364000"})  # a psychiatric hospital
    tiny.claim("P3", 60, "2022-3-2", 100, **stay, covid_no_positive_test=True)
    tiny.claim("P4", 60, "2022-3-2", 100, **{**stay, "covid_u071": False, "covid_b9729": True})
    tiny.claim("P5", 60, "2022-3-2", 100, **{**stay, "ccn": "36T001"})
    want = {(i, "AGND"): (12, 10300) for i in (2, 3, 4)} | {(i, "AGND"): (9, 100) for i in (1, 5)}
    is_equal(spent(compute(tiny)), want)


@test
def prospective_windows_lie_back_and_lists_are_pruned():
    tiny = two_rivals(2022, method="prospective")
    tiny.aco("B2", "U1")
    plans = {"P5": "444444444449", "P6": "444444444440"}
    for i in range(1, 8):
        for year in (2020, 2021, 2022):
            status = plans.get(f"P{i}", "444444444444") if year == 2022 else "444444444444"
            tiny.person(f"P{i}", status, year=year,
                        county_september="99001" if i == 7 and year == 2021 else None)
    tiny.visit("P1", "2020-10-1", "T1", 30)
    tiny.visit("P2", "2020-9-30", "T1", 30)
    tiny.visit("P3", "2021-10-1", "T1", 30)
    tiny.visit("P4", "2021-9-30", "T1", 30)
    tiny.visit("P4", "2022-5-5", "U1", 99)  # too late: the prospective claim came first
    for i in (5, 6, 7):
        tiny.visit(f"P{i}", "2021-5-5", "T1", 30)
    is_equal(homes(compute(tiny)), {1: "A1", 4: "A1", 6: "A1"})


@test
def designations_stand_above_claims():
    tiny = two_rivals()
    tiny.aco("B2", "U1")
    for i in range(1, 6):
        tiny.person(f"P{i}", "444444444449" if i == 5 else "444444444444")
        tiny.visit(f"P{i}", "2022-5-5", "T1", 30)
    for bene, tin, when in (("P1", "U1", "2021-9-30"), ("P2", "U1", "2021-10-1"), ("P3", "X9", "2020-1-1"), ("P5", "U1", "2021-1-1")):
        tiny.put("voluntary_alignment", bene_id=bene, npi=7, tin=tin, designated_date=day(when))
    tiny.put("voluntary_alignment", bene_id="P4", npi=7, tin="U1", designated_date=day("2020-1-1"), ended_date=day("2021-2-1"))
    is_equal(homes(compute(tiny)), {1: "B2", 2: "A1", 4: "A1"})


@test
def step_three_reaches_back_twelve_months_more():
    tiny = two_rivals(2025)
    for i in range(1, 5):
        tiny.person(f"P{i}", year=2025)
    for i in (1, 2, 3):
        tiny.visit(f"P{i}", "2025-5-5", "T1", 30, specialty="50")
    tiny.visit("P1", "2024-1-1", "T2", 10)
    tiny.visit("P2", "2023-12-31", "T2", 10)
    tiny.visit("P3", "2024-1-1", "T2", 10)
    tiny.visit("P3", "2024-1-1", "X1", 41)
    tiny.visit("P4", "2024-6-1", "T2", 10)
    oracle = compute(tiny)
    is_equal(paths(oracle), {1: "step 3"})
    is_equal(sorted(r["row"] for r in oracle.rows("FROM calendar_assignable WHERE year = 2025")), [1, 3])


@test
def rules_before_2016_know_other_steps():
    tiny = two_rivals(2015)
    for i in range(1, 5):
        tiny.person(f"P{i}")
    tiny.visit("P1", "2015-5-5", "T1", 30)
    tiny.visit("P1", "2015-5-5", "X1", 90, specialty="50")  # not in step 1
    tiny.visit("P2", "2015-5-5", "T1", 30, specialty="50")
    tiny.visit("P2", "2015-5-5", "T1", 5, specialty="02")  # any physician opens the door
    tiny.visit("P2", "2015-5-5", "X1", 34, specialty="02")
    tiny.visit("P3", "2015-5-5", "T1", 30, specialty="37")
    tiny.visit("P3", "2015-5-5", "X1", 1)
    tiny.visit("P4", "2015-5-5", "T1", 30, specialty="50")
    is_equal(paths(compute(tiny)), {1: "step 1", 2: "step 2"})


@test
def non_claims_payments_are_final_ones_since_2018():
    for year, want in ((2017, 300), (2018, 100)):
        tiny = two_rivals(year)
        tiny.person("P1")
        tiny.put("non_claims_payment", bene_id="P1", payment_date=day(f"{year}-5-1"), payment_amt=1, final_payment=True)
        tiny.put("non_claims_payment", bene_id="P1", payment_date=day(f"{year}-5-1"), payment_amt=2, final_payment=False)
        is_equal(spent(compute(tiny))[1, "AGND"], (12, want))


def halves():
    """A1 has both halves, by other methods; B2 the whole year; C3 the second half."""
    tiny = Tiny(2019)
    tiny.aco("A1", "T1", start=day("2016-1-1"), method="prospective", half=1)
    tiny.aco("A1", start=day("2019-7-1"), half=2)
    tiny.aco("B2", "U1", start=day("2018-1-1"))
    tiny.aco("C3", "V1", start=day("2019-7-1"), half=2)
    return tiny


@test
def halves_of_2019_are_assigned_apart():
    tiny = halves()
    for i in range(1, 5):
        for year in (2017, 2018, 2019):
            tiny.person(f"P{i}", year=year)
    tiny.visit("P1", "2018-5-5", "T1", 30)  # on the list of the first half
    tiny.visit("P1", "2019-5-5", "V1", 30)  # in the second, of services of 2019
    tiny.visit("P2", "2019-5-5", "T1", 30)  # no list has him in the first
    tiny.visit("P3", "2019-5-5", "U1", 30)  # the whole year
    tiny.visit("P4", "2019-5-5", "U1", 30)
    tiny.visit("P4", "2019-5-6", "T1", 20)  # alike until July, for C3 and A1 are not one
    tiny.visit("P4", "2019-5-6", "V1", 20)
    rounds = compute(tiny, kind=Rounds)
    got = {(r["round"], r["row"]): r["aco_id"] for r in rounds.rows("SELECT row, aco_id FROM settled WHERE year = 2019")}
    is_equal(got, {(1, 1): "A1", (1, 3): "B2", (1, 4): "B2", (2, 1): "C3", (2, 2): "A1"})
    years = {key[:3]: row["person_years"] for key, row in rounds.factors()["aco_year"].items() if key[2] == "PY"}
    is_equal(years, {("A1", 1, "PY"): 1, ("A1", 2, "PY"): 1, ("B2", None, "PY"): 2, ("C3", 2, "PY"): 1})


@test
def designations_of_july_starters_count_until_30_april():
    tiny = halves()
    for i, when in enumerate(("2018-10-31", "2018-11-1", "2019-4-30", "2019-5-1"), 1):
        tiny.person(f"P{i}")
        tiny.put("voluntary_alignment", bene_id=f"P{i}", npi=7, tin="V1", designated_date=day(when))
    rounds = compute(tiny, kind=Rounds)
    is_equal(sorted((r["round"], r["row"]) for r in rounds.rows("FROM settled WHERE year = 2019")), [(2, 1), (2, 2), (2, 3)])


def two_counties():
    tiny = two_rivals()
    # county 39035: P1 (A1, 12 months, 1,000, score 2) and P2 (outside, 6 months, 500, score 1); 39049: P3 (A1, 12 months, 400, 0.5)
    for bene, status, county, tin, paid, score in (("P1", "4" * 12, "39035", "T1", 1000, 2), ("P2", "4" * 6 + "0" * 6, "39035", "X1", 500, 1),
                                                   ("P3", "4" * 12, "39049", "T1", 400, "0.5")):
        tiny.person(bene, status, county)
        tiny.visit(bene, "2022-1-5", tin, 30)
        tiny.claim(bene, 60, "2022-2-2", paid)
        tiny.score(bene, score)
    return tiny


@test
def factor_tables_of_two_counties():
    tables = compute(two_counties()).factors()
    completion = Fraction(1013, 1000)
    national = Fraction(2 * 12 + 1 * 6 + 6, 30)  # 24, 6 and half of 12 over 30 months
    is_equal(tables["national"][2022, "assignable", "AGND"]["per_capita_expenditure"], Fraction(1900 * 12, 30) * completion)
    year = tables["aco_year"]["A1", None, "PY", "AGND"]
    is_equal((year["person_years"], year["per_capita_expenditure"]), (2, 700 * completion))
    is_equal(year["hcc_risk_score"], Fraction(5, 4) / national)
    region = tables["aco_region"]["A1", None, "PY", "AGND"]
    first = 1000 * completion / (Fraction(30, 18) / national)
    second = 400 * completion / (Fraction(1, 2) / national)
    is_equal(region["regional_expenditure"], (first + second) / 2)
    is_equal(region["national_weight"], (Fraction(12, 18) + 1) / 2)
    is_equal(tables["aco"]["A1", None]["assigned_beneficiaries"], 2)


@test
def the_worked_money_chain_of_the_specification():
    # six months, 10,000 paid: 20,000 a year, 20,260 completed, 10,130 for half a year; 300,000 a year stops at 208,929.14
    is_equal(per_capita(1_000_000 * 12, 6), 20_260)
    is_equal(per_capita(1_000_000 * 12, 6) * Fraction(6, 12), 10_130)
    is_equal(per_capita(min(15_000_000 * 12, 20_892_914 * 6), 6), Fraction("211645.21882"))


@test
def a_cell_that_differs_is_found():
    tables = compute(two_counties()).factors()
    with tempfile.TemporaryDirectory() as folder:
        for name, keys in KEYS.items():
            with open(f"{folder}/{name}.csv", "w", newline="") as out:
                columns = {}
                body = []
                for key, value in tables[name].items():
                    value = value[0] if isinstance(value, list) else value
                    body.append(dict(zip(keys, ("" if part is None else part for part in key)))
                                | {c: printed(v) for c, v in value.items()})
                    columns |= dict.fromkeys(body[-1])
                writer = csv.DictWriter(out, columns)
                writer.writeheader()
                writer.writerows(body)
        agreed = Comparison()
        tables_of(agreed, folder, tables)
        is_equal((agreed.failed, agreed.compared > 20, agreed.absent), (0, True, set()))
        tables["aco_year"]["A1", None, "PY", "AGND"]["hcc_risk_score"] += Fraction(1, 10**15)
        tables["aco"]["A1", None]["assigned_beneficiaries"] += 1
        differing = Comparison()
        tables_of(differing, folder, tables)
        is_equal(sorted(differing.differences.items()), [("aco", 1), ("aco_year", 1)])


def printed(value):
    """A cell as the program writes it: twenty-eight digits."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    with decimal.localcontext(prec=28):
        return format(decimal.Decimal(Fraction(value).numerator) / Fraction(value).denominator, "f")


def every_rule_matters():
    """Leaving any one rule out changes a figure, of some performance year, in extracts made to be awkward."""
    silent = set(rule_names())
    for year in (2023, 2020, 2019, 2018, 2025, 2013):
        with tempfile.TemporaryDirectory() as folder:
            make(folder, 1, 700, year, 4)
            whole = everything(Rounds(folder, year))
            for rule in sorted(silent):
                if everything(Rounds(folder, year, without=[rule])) != whole:
                    silent.discard(rule)
        print(f"        rules of {year}: {len(silent)} of {len(rule_names())} not shown to matter yet")
    is_equal(silent, set())


def everything(oracle):
    """All figures that a run is compared on."""
    return oracle.factors(), oracle.rows("FROM aggregate ORDER BY ALL"), oracle.rows("SELECT year, row, aco_id FROM settled ORDER BY ALL")


def main():
    if "--rules" in sys.argv[1:]:
        every_rule_matters()
        return 0
    chosen = [t for t in TESTS if not sys.argv[1:] or any(word in t.__name__ for word in sys.argv[1:])]
    failed = 0
    for function in chosen:
        try:
            function()
            print(f"ok      {function.__name__}")
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {function.__name__}: {error}")
    print(f"{len(chosen)} tests of the second computation, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
