"""Changes to an extract that must change nothing, or everything in proportion; on the second computation or on the program.

An extract of ours is changed in one way at a time and computed again. No expectation has to be worked out: the figures before
the change are the expectation.
"""

import argparse
import csv
import pathlib
import shutil
import subprocess
import sys
import tempfile

import duckdb

from adversary import make
from engine import Oracle

# Ties would be decided by a draw that knows the ids; a few cents of the line's own make charges unequal.
UNTIE = "UPDATE claim_line SET allowed_amt = coalesce(allowed_amt, 0) + (hash(claim_id, line_num) % 4000)::INTEGER / 100.0::DECIMAL(6,2)"
# A gross-up rounds each payment; a given amount of sequestration does not.
GIVE = ["UPDATE claim_line SET sequestration_amt = coalesce(sequestration_amt, 0)",
        "UPDATE claim_header SET sequestration_amt = coalesce(sequestration_amt, 0)"]

# A threshold is rounded to the cent; multiples of 2 * 3 * 5 * 7 * 11 cents leave nothing to round, whatever the months.
MONEY = ("payment_amt", "ime_operating_amt", "dsh_operating_amt", "ime_capital_amt", "dsh_capital_amt", "uncompensated_care_amt",
         "ihs_pr_supplement_amt", "sequestration_amt", "pbp_reduction_amt")
LINE_MONEY = ("payment_amt", "sequestration_amt", "pbp_reduction_amt")


def money(table, columns, form):
    """An update of every money column."""
    return f"UPDATE {table} SET " + ", ".join(f"{column} = {form.format(column)}" for column in columns)


EVEN = [money(table, columns, "(round({} / 100) * 23.10)::DECIMAL(12,2)")
        for table, columns in (("claim_header", MONEY), ("claim_line", LINE_MONEY), ("non_claims_payment", ("payment_amt",)))]

CHANGES = {
    "splitting a line in two": [
        "CREATE TABLE half AS SELECT * FROM claim_line WHERE hash(claim_id, line_num) % 3 = 0",
        """UPDATE claim_line SET payment_amt = payment_amt - 1.23, allowed_amt = allowed_amt - 4.56,
           sequestration_amt = sequestration_amt - 0.07, pbp_reduction_amt = coalesce(pbp_reduction_amt, 0) - 0.11
           WHERE hash(claim_id, line_num) % 3 = 0""",
        """INSERT INTO claim_line SELECT * REPLACE (1.23 AS payment_amt, 4.56 AS allowed_amt, 0.07 AS sequestration_amt,
           0.11 AS pbp_reduction_amt, line_num + 500 AS line_num) FROM half""",
    ],
    "adding denied claims": [
        """INSERT INTO claim_header SELECT * REPLACE (claim_id || 'D' AS claim_id, 'N' AS non_payment_reason,
           false AS covid_u071, false AS covid_b9729) FROM claim_header WHERE claim_type IN (10, 40, 50)""",
        "INSERT INTO claim_line SELECT * REPLACE (claim_id || 'D' AS claim_id, '0' AS claim_denial) FROM claim_line WHERE claim_type <> 40",
        "INSERT INTO claim_line SELECT * REPLACE (claim_id || 'D' AS claim_id, 'N' AS non_payment_reason) FROM claim_line WHERE claim_type = 40",
    ],
    "adding claims of other years": [
        """INSERT INTO claim_line SELECT * REPLACE (claim_id || 'Y' AS claim_id, last_date + 365 * 20 AS last_date, first_date + 365 * 20 AS first_date)
           FROM claim_line WHERE hash(claim_id) % 2 = 0""",
        """INSERT INTO claim_header SELECT * REPLACE (claim_id || 'Y' AS claim_id, thru_date - 365 * 30 AS thru_date, from_date - 365 * 30 AS from_date,
           false AS covid_u071, false AS covid_b9729) FROM claim_header WHERE hash(claim_id) % 2 = 0""",
    ],
    "other claim ids": [
        "UPDATE claim_line SET claim_id = md5(claim_id)",
        "UPDATE claim_header SET claim_id = md5(claim_id)",
    ],
    "other beneficiary ids": [
        f"UPDATE {table} SET bene_id = upper(left(md5(bene_id), 11))"
        for table in ("claim_header", "claim_line", "beneficiary_year", "risk_score", "voluntary_alignment", "non_claims_payment")
    ],
    "swapping the billers of an ACO": [
        """CREATE TABLE swap AS SELECT tin AS before, first_value(tin) OVER w AS after FROM (
               SELECT tin, any_value(aco_id) AS aco_id FROM participant WHERE tin IS NOT NULL GROUP BY tin HAVING count(*) = 1)
           WINDOW w AS (PARTITION BY aco_id ORDER BY tin ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING)""",
        "DELETE FROM swap WHERE after IS NULL",
        "UPDATE claim_line SET tin = after FROM swap WHERE tin = before",
        "UPDATE claim_header SET tin = after FROM swap WHERE tin = before",
        "UPDATE voluntary_alignment SET tin = after FROM swap WHERE tin = before",
    ],
    "rows in another order": [
        f"CREATE OR REPLACE TABLE {table} AS FROM {table} ORDER BY hash({table}, 7)"
        for table in ("claim_header", "claim_line", "beneficiary_year", "risk_score", "participant", "agreement")
    ],
    "doubling every dollar": [
        money("claim_line", (*LINE_MONEY, "allowed_amt"), "2 * {}"),
        money("claim_header", MONEY, "2 * {}"),
        money("non_claims_payment", ("payment_amt",), "2 * {}"),
    ],
}
TABLES = ("claim_header", "claim_line", "beneficiary_year", "risk_score", "participant", "agreement", "voluntary_alignment",
          "non_claims_payment", "eta_ccn", "npi_specialty")
DOLLARS = {"per_capita_expenditure", "regional_expenditure", "participant_revenue"}


def changed(source, target, statements):
    """The extract in `source` with the statements run over it, in `target`."""
    target.mkdir()
    db = duckdb.connect()
    for table in TABLES:
        db.execute(f"CREATE TABLE {table} AS FROM '{source}/{table}.parquet'")
    for statement in statements:
        db.execute(statement)
    for table in TABLES:
        db.execute(f"COPY {table} TO '{target}/{table}.parquet' (FORMAT parquet, KV_METADATA {{schema_version: '1.0'}})")
    return target


def by_oracle(extract, year, _):
    return Oracle(extract, year).factors()


def by_program(binary):
    """The factor tables as the program writes them, as text."""
    def compute(extract, year, folder):
        subprocess.run([binary, "run", "--extract", extract, "--performance-year", str(year), "--out", folder, "--quiet",
                        "--max-quarantined", "1"], check=True, capture_output=True)
        tables = {}
        for path in sorted((pathlib.Path(folder) / "factors").glob("*.csv")):
            with open(path, newline="") as source:
                tables[path.stem] = {i: row for i, row in enumerate(csv.DictReader(source))}
        return tables
    return compute


def doubled(tables):
    """The tables with twice the dollars."""
    def twice(column, value):
        return 2 * value if column in DOLLARS and value is not None else value

    def of(values):
        return [of(v) for v in values] if isinstance(values, list) else {c: twice(c, v) for c, v in values.items()}
    return {name: {key: of(values) for key, values in table.items()} for name, table in tables.items()}


def main():
    parser = argparse.ArgumentParser(prog="scripts/oracle/metamorphic", description=__doc__)
    parser.add_argument("--beneficiaries", type=int, default=600)
    parser.add_argument("--performance-year", type=int, default=2023)
    parser.add_argument("--acos", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bin", help="test this program instead of the second computation (doubling is left out)")
    parser.add_argument("--starts", help="the agreement starts, such as 2019-07-01,2022-01-01")
    parser.add_argument("--only", default="", help="what is left in of: prospective, alignment, non_claims; all by default")
    options = parser.parse_args()
    parts = {name: not options.only or name in options.only.split(",") for name in ("prospective", "alignment", "non_claims")}
    compute = by_program(options.bin) if options.bin else by_oracle
    folder = pathlib.Path(tempfile.mkdtemp(prefix="acobench-metamorphic-"))
    failed = 0
    try:
        made = make(folder / "made", options.seed, options.beneficiaries, options.performance_year, options.acos,
                    options.starts and options.starts.split(","), **parts)
        base = changed(made, folder / "base", [UNTIE, *GIVE, *EVEN])
        expected = compute(base, options.performance_year, folder / "run")
        for number, (name, statements) in enumerate(CHANGES.items()):
            want = expected
            if name == "doubling every dollar":
                if options.bin:
                    continue
                want = doubled(expected)
            got = compute(changed(base, folder / f"change{number}", statements), options.performance_year, folder / f"run{number}")
            failed += got != want
            print(f"{'ok     ' if got == want else 'FAILED '} {name}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{failed} of the changes had an effect they must not have")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
