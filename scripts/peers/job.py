"""The reference job in words that every engine shares: which rows, which codes, which columns of the result."""

import csv
import pathlib
import tomllib

YEARS = range(2019, 2023)
PERFORMANCE_YEAR = 2022
COMPONENTS = {
    "inpatient": (60,), "skilled_nursing": (20, 30), "outpatient": (40,), "home_health": (10,), "hospice": (50,),
    "carrier": (71, 72), "dme": (81, 82),
}
TYPES = {"1": "ESRD", "2": "DIS", "3": "AGDU", "4": "AGND"}
# Dollars a person-year at which a type's expenditure is cut.
THRESHOLDS = {"1": (410000, 415000, 421000, 428000), "2": (78000, 79000, 80500, 82000),
              "3": (104000, 105200, 106500, 108100), "4": (63000, 63900, 65000, 66400)}
COLUMNS = ["aco_id", "year", "enrollment_type", "people", "months", *COMPONENTS, "non_claims", "total", "capped12", "capped_people"]

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def rows(table, rule):
    """The rows of a rule of the program that hold in the performance year, the reference job's own first."""
    found = []
    for folder in (ROOT / "scripts/peers/rules", ROOT / "src/rules"):
        path = folder / f"{table}.toml"
        if path.exists():
            found += tomllib.loads(path.read_text()).get(rule, [])
    return [row["value"] for row in found if row["from"] <= PERFORMANCE_YEAR <= row.get("until", 9999)]


def procedures():
    return sorted({code for codes in rows("primary_care", "listed") for code in codes})


def specialties():
    return rows("assignment", "primary_care_physicians")[0]


def states():
    return rows("assignment", "residence_states")[0]


def quoted(codes):
    return ", ".join(f"'{code}'" for code in codes)


def write_thresholds(path):
    """The thresholds as the program takes them."""
    with open(path, "w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["calendar_year", "enrollment_type", "threshold"])
        for kind, dollars in THRESHOLDS.items():
            table.writerows((year, TYPES[kind], amount) for year, amount in zip(YEARS, dollars))


def threshold_values():
    """The thresholds as rows of SQL."""
    return ", ".join(f"({year}, '{kind}', {amount})" for kind, dollars in THRESHOLDS.items() for year, amount in zip(YEARS, dollars))


def write_result(path, records):
    """The result as the program writes it; `records` are in any order, with the code of the type and integer cents."""
    with open(path, "w") as out:
        out.write(",".join(COLUMNS) + "\n")
        for record in sorted(records, key=lambda record: (record[0], record[1], record[2])):
            cells = [record[0], int(record[1]), TYPES[record[2]], *(int(cell) for cell in record[3:])]
            out.write(",".join(map(str, cells)) + "\n")
