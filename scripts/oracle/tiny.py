"""Extracts of a few hand-made rows, for testing the second computation itself."""

import datetime
import pathlib

import duckdb

MONEY, NUMBER = "DECIMAL(12,2)", "DECIMAL(18,6)"
SCHEMAS = {
    "claim_header": {
        "bene_id": "VARCHAR", "claim_id": "VARCHAR", "claim_type": "UTINYINT", "from_date": "DATE", "thru_date": "DATE",
        "admission_date": "DATE", "discharge_date": "DATE", "ccn": "VARCHAR", "tin": "VARCHAR", "facility_type": "VARCHAR",
        "service_classification": "VARCHAR", "non_payment_reason": "VARCHAR", "attending_npi": "UBIGINT", "other_npi": "UBIGINT",
        "rendering_npi": "UBIGINT", "processed_date": "DATE", "payment_amt": MONEY, "ime_operating_amt": MONEY,
        "dsh_operating_amt": MONEY, "ime_capital_amt": MONEY, "dsh_capital_amt": MONEY, "uncompensated_care_amt": MONEY,
        "ihs_pr_supplement_amt": MONEY, "sequestration_amt": MONEY, "pbp_reduction_amt": MONEY, "covid_b9729": "BOOLEAN",
        "covid_u071": "BOOLEAN", "covid_no_positive_test": "BOOLEAN",
    },
    "claim_line": {
        "bene_id": "VARCHAR", "claim_id": "VARCHAR", "line_num": "USMALLINT", "claim_type": "UTINYINT", "first_date": "DATE",
        "last_date": "DATE", "hcpcs": "VARCHAR", "revenue_center": "VARCHAR", "pos": "VARCHAR", "specialty": "VARCHAR",
        "tin": "VARCHAR", "ccn": "VARCHAR", "facility_type": "VARCHAR", "service_classification": "VARCHAR", "npi": "UBIGINT",
        "other_npi": "UBIGINT", "attending_npi": "UBIGINT", "payment_amt": MONEY, "allowed_amt": MONEY,
        "non_payment_reason": "VARCHAR", "claim_denial": "VARCHAR", "processing_indicator": "VARCHAR", "processed_date": "DATE",
        "sequestration_amt": MONEY, "pbp_reduction_amt": MONEY,
    },
    "beneficiary_year": {
        "bene_id": "VARCHAR", "year": "USMALLINT", "status": "VARCHAR", "county": "VARCHAR", "county_september": "VARCHAR",
        "birth_date": "DATE", "death_date": "DATE", "dual_status": "VARCHAR", "lis_status": "VARCHAR", "medicare_status": "VARCHAR", "other_initiative": "BOOLEAN",
    },
    "risk_score": {
        "bene_id": "VARCHAR", "year": "USMALLINT", "hcc_version": "VARCHAR", "score_esrd": NUMBER, "score_dis": NUMBER,
        "score_agdu": NUMBER, "score_agnd": NUMBER, "demographic_esrd": NUMBER, "demographic_dis": NUMBER,
        "demographic_agdu": NUMBER, "demographic_agnd": NUMBER,
    },
    "participant": {
        "aco_id": "VARCHAR", "performance_year": "USMALLINT", "tin": "VARCHAR", "ccn": "VARCHAR", "npi": "UBIGINT",
    },
    "agreement": {
        "aco_id": "VARCHAR", "performance_year": "USMALLINT", "performance_half": "UTINYINT", "agreement_start": "DATE",
        "agreement_period": "UTINYINT", "times_regionally_adjusted": "UTINYINT", "track": "VARCHAR", "level": "VARCHAR",
        "assignment_method": "VARCHAR",
    },
    "voluntary_alignment": {
        "bene_id": "VARCHAR", "npi": "UBIGINT", "tin": "VARCHAR", "designated_date": "DATE", "ended_date": "DATE",
    },
    "non_claims_payment": {
        "bene_id": "VARCHAR", "payment_date": "DATE", "payment_amt": MONEY, "final_payment": "BOOLEAN",
    },
    "eta_ccn": {"ccn": "VARCHAR", "year": "USMALLINT"},
    "npi_specialty": {"npi": "UBIGINT", "specialty": "VARCHAR"},
}


def day(text):
    """`2022-3-5` as a date."""
    return datetime.date(*map(int, text.split("-")))


class Tiny:
    """Rows by table; every adder takes what matters and leaves the rest null or ordinary."""

    def __init__(self, year=2022):
        self.year = year
        self.tables = {name: [] for name in SCHEMAS}
        self.count = 0

    def put(self, table, **values):
        unknown = set(values) - set(SCHEMAS[table])
        assert not unknown, unknown
        self.tables[table].append(values)

    def person(self, bene, status="444444444444", county="39035", year=None, **more):
        self.put("beneficiary_year", bene_id=bene, year=year or self.year, status=status, county=county, **more)

    def claim(self, bene, claim_type, thru, paid, **more):
        self.count += 1
        more.setdefault("from_date", day(thru))
        more.setdefault("sequestration_amt", 0)
        self.put("claim_header", bene_id=bene, claim_id=f"H{self.count}", claim_type=claim_type, thru_date=day(thru),
                 payment_amt=paid, **more)

    def line(self, bene, last, paid=0, claim_type=71, **more):
        self.count += 1
        more.setdefault("claim_id", f"L{self.count}")
        more.setdefault("sequestration_amt", 0)
        self.put("claim_line", bene_id=bene, line_num=1, claim_type=claim_type, last_date=day(last), payment_amt=paid, **more)

    def visit(self, bene, last, tin, allowed, specialty="11", hcpcs="99213", **more):
        """A service of primary care that Medicare paid nothing for, so that money stays out of the way."""
        self.line(bene, last, 0, hcpcs=hcpcs, specialty=specialty, tin=tin, allowed_amt=allowed, **more)

    def clinic(self, bene, last, ccn, allowed, bill="77", **more):
        """A revenue line of an outpatient facility."""
        self.line(bene, last, 0, claim_type=40, ccn=ccn, facility_type=bill[0], service_classification=bill[1],
                  allowed_amt=allowed, **more)

    def aco(self, aco, *tins, ccns=(), start=None, method="retrospective", year=None, half=None):
        year = year or self.year
        self.put("agreement", aco_id=aco, performance_year=year, performance_half=half, agreement_start=start or day(f"{year}-1-1"),
                 agreement_period=1, times_regionally_adjusted=1, track="BASIC", level="E", assignment_method=method)
        for tin in tins:
            self.put("participant", aco_id=aco, performance_year=year, tin=tin)
        for ccn in ccns:
            self.put("participant", aco_id=aco, performance_year=year, ccn=ccn)

    def score(self, bene, agnd, demographic=1, year=None, version="V24"):
        self.put("risk_score", bene_id=bene, year=year or self.year, hcc_version=version, score_agnd=agnd,
                 demographic_agnd=demographic)

    def write(self, folder):
        """The Parquet files."""
        db = duckdb.connect()
        folder = pathlib.Path(folder)
        for name, columns in SCHEMAS.items():
            db.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
            rows = [[row.get(column) for column in columns] for row in self.tables[name]]
            if rows:
                db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
            db.execute(f"COPY {name} TO '{folder / name}.parquet' (FORMAT parquet)")
        return folder
