"""Extracts in which every rule of assignment and expenditure has something to do. `check --maker adversary` uses them."""

import pathlib
import re

import duckdb

from engine import HERE

# Agreement starts that a performance year can hold at once.
STARTS = {
    2013: ("2012-04-01", "2012-07-01", "2013-01-01"),
    2014: ("2012-04-01", "2013-01-01", "2014-01-01"),
    2015: ("2013-01-01", "2014-01-01", "2015-01-01"),
    2016: ("2014-01-01", "2015-01-01", "2016-01-01"),
    2017: ("2015-01-01", "2016-01-01", "2017-01-01"),
    2018: ("2016-01-01", "2017-01-01", "2018-01-01"),
    2019: ("2017-01-01", "2018-01-01", "2019-07-01"),
    2020: ("2018-01-01", "2019-07-01", "2020-01-01"),
}
LATEST = ("2019-07-01", "2020-01-01", "2022-01-01", "2023-01-01", "2024-01-01", "2025-01-01")
# Prospective assignment came with track 3.
FIRST_PROSPECTIVE = 2016


def starts_of(year):
    """The starts to deal out to the ACOs of a performance year."""
    return STARTS.get(year) or [d for d in LATEST if year - 5 < int(d[:4]) <= year]


def make(folder, seed, people, performance_year, acos, starts=None, prospective=True, alignment=True, non_claims=True):
    """Writes the Parquet files. Three benchmark years and the windows before them decide the years."""
    starts = starts or starts_of(performance_year)
    # ACOs whose agreement begins in July had one of 2016 until then.
    first = min([int(d[:4]) for d in starts] + [2016] * any(d > f"{performance_year}-01-01" for d in starts)) - 5
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    for name, columns in (("primary_care", "hcpcs"), ("risk_version", "version")):
        table = {"primary_care": "codes"}.get(name, name)
        db.execute(f"CREATE TABLE {table} AS FROM read_csv('{HERE}/tables/{name}.csv', header = true, types = {{'{columns}': 'VARCHAR'}})")
    values = {
        "seed": seed, "people": people, "first_year": first, "last_year": performance_year, "performance_year": performance_year,
        "acos": acos, "starts": "[" + ", ".join(f"DATE '{d}'" for d in starts) + "]",
        "prospective": str(prospective and performance_year >= FIRST_PROSPECTIVE).lower(), "alignment": str(alignment).lower(), "non_claims": str(non_claims).lower(),
    }
    sql = (HERE / "adversary" / "extract.sql").read_text()
    db.execute(re.sub(r"\$(\w+)", lambda m: str(values[m[1]]), sql))
    for table in ("claim_header", "claim_line", "beneficiary_year", "risk_score", "participant", "agreement", "voluntary_alignment",
                  "non_claims_payment", "eta_ccn", "npi_specialty"):
        db.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT parquet, KV_METADATA {{schema_version: '1.0'}})")
    return folder
