"""Compares a finished run with the second computation, cell by cell."""

import csv
import pathlib
from decimal import Decimal
from fractions import Fraction

TOLERANCE = Fraction(1, 10**18)
KEYS = {
    "aco": ("aco_id", "performance_half"),
    "aco_year": ("aco_id", "performance_half", "year", "enrollment_type"),
    "aco_region": ("aco_id", "performance_half", "year", "enrollment_type"),
    "national": ("calendar_year", "population", "enrollment_type"),
    "county": ("calendar_year", "window", "county", "enrollment_type", "scores"),
    "aco_county": ("aco_id", "performance_half", "year", "county", "enrollment_type"),
}
AMOUNTS = ("people", "months", "inpatient", "skilled_nursing", "outpatient", "home_health", "hospice", "carrier", "dme",
           "non_claims", "total", "capped12")


def number(text):
    """A cell as a fraction; empty is None; flags are 1 and 0."""
    text = text.strip()
    if text == "":
        return None
    if text.lower() in ("true", "yes"):
        return Fraction(1)
    if text.lower() in ("false", "no"):
        return Fraction(0)
    return Fraction(Decimal(text))


def same(theirs, ours):
    """Whether two cells agree: integers exactly, other numbers to eighteen digits."""
    if theirs is None or ours is None:
        return theirs is None and ours is None
    if ours.denominator == 1 and theirs.denominator == 1:
        return theirs == ours
    return abs(theirs - ours) <= TOLERANCE * abs(ours)


def shown(value):
    """A fraction for people."""
    if value is None:
        return "(empty)"
    if value.denominator == 1:
        return str(value.numerator)
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


class Comparison:
    """Counts cells and keeps the differences."""

    def __init__(self, limit=8, excused=()):
        self.known = set(excused)
        self.excused = 0
        self.cells = {}
        self.differences = {}
        self.absent = set()
        self.limit = limit
        self.lines = []

    def cell(self, table, key, column, theirs, ours):
        self.cells[table] = self.cells.get(table, 0) + 1
        if same(theirs, ours):
            return True
        if f"{table}.{column}" in self.known:
            self.excused += 1
            return True
        self.differ(table, f"{' '.join(map(str, key))} {column}: the program has {shown(theirs)}, the second computation {shown(ours)}")
        return False

    def differ(self, table, what):
        found = self.differences.setdefault(table, 0)
        self.differences[table] = found + 1
        if found < self.limit:
            self.lines.append(f"  {table}: {what}")

    @property
    def failed(self):
        return sum(self.differences.values())

    @property
    def compared(self):
        return sum(self.cells.values())


def read(path):
    """The rows of a CSV file, or None when there is no such file."""
    if not path.exists():
        return None
    with open(path, newline="") as source:
        return list(csv.DictReader(source))


def tables_of(comparison, folder, tables):
    """The factor tables in `folder` against ours."""
    for name, keys in KEYS.items():
        rows = read(pathlib.Path(folder) / f"{name}.csv")
        if rows is None:
            comparison.absent.add(f"{name}.csv")
            continue
        ours = {}
        for key, values in tables[name].items():
            texts = tuple("" if part is None else str(part) for part in key)
            ours[texts] = values if isinstance(values, list) else [values]
        seen = set()
        for row in rows:
            key = tuple(row.get(column) or "" for column in keys)
            candidates = ours.get(key)
            if candidates is None:
                if any(number(row[c] or "") for c in ("person_years", "regional_expenditure") if c in row):
                    comparison.differ(name, f"{' '.join(key)}: a row the second computation lacks")
                continue
            seen.add(key)
            index = min(range(len(candidates)), key=lambda i: sum(
                not same(number(row[c] or ""), as_fraction(v)) for c, v in candidates[i].items() if c in row))
            for column, value in candidates[index].items():
                if column not in row:
                    comparison.absent.add(f"{name}.{column}")
                    continue
                comparison.cell(name, key, column, number(row[column] or ""), as_fraction(value))
        for key in sorted(set(ours) - seen):
            comparison.differ(name, f"{' '.join(key)}: a row the program lacks")


def as_fraction(value):
    return None if value is None else Fraction(value)


def audit(comparison, folder, oracle):
    """Assignment and spending by person, sums and thresholds. Returns the row of the person with the fewest claims who differs,
    and the year, if any does."""
    folder = pathlib.Path(folder)
    years = {r["year"] for r in oracle.rows("SELECT DISTINCT year FROM need")}
    differing = set()

    rows = read(folder / "people.csv")
    if rows is None:
        comparison.absent.add("people.csv")
    else:
        theirs = {(int(r["row"]), int(r["year"]), r["enrollment_type"]): [int(r[c]) for c in ("months", "total", "assignable")]
                  for r in rows if int(r["year"]) in years and int(r["months"])}
        ours = {(r["row"], r["year"], r["etype"]): [r["months"], int(r["total"]), int(r["assignable"])] for r in oracle.rows(
            "SELECT s.*, a.row IS NOT NULL AS assignable FROM spending s LEFT JOIN calendar_assignable a USING (year, row)")}
        comparison.cells["people"] = 3 * len(set(theirs) | set(ours))
        for key in sorted(set(theirs) | set(ours)):
            if theirs.get(key) != ours.get(key):
                differing.add(key[:2])
                comparison.differ("people", f"row {key[0]} in {key[1]} {key[2]} (months, cents, assignable): the program has "
                                  f"{theirs.get(key, 'nothing')}, the second computation {ours.get(key, 'nothing')}")

    second = "2"
    rows = read(folder / "assignment.csv")
    if rows is None:
        comparison.absent.add("assignment.csv")
    else:
        theirs = {(int(r["row"]), int(r["year"]), 2 if r["performance_half"] == second else 1): r["aco_id"]
                  for r in rows if int(r["year"]) in years}
        ours = {(r["row"], r["year"], r["round"]): r["aco_id"] for r in oracle.rows("SELECT row, year, aco_id FROM settled")}
        comparison.cells["assignment"] = len(set(theirs) | set(ours))
        for key in sorted(set(theirs) | set(ours)):
            if theirs.get(key) != ours.get(key):
                differing.add(key[:2])
                comparison.differ("assignment", f"row {key[0]} in {key[1]}: the program has {theirs.get(key, 'nobody')}, "
                                  f"the second computation {ours.get(key, 'nobody')}")

    rows = read(folder / "thresholds.csv")
    if rows is None:
        comparison.absent.add("thresholds.csv")
    else:
        ours = {(r["year"], r["etype"]): Fraction(int(r["threshold"])) for r in oracle.rows("FROM threshold")}
        theirs = {}
        for r in rows:
            value = number(r["threshold"])
            year = int(r.get("year") or r["calendar_year"])
            theirs[year, r["enrollment_type"]] = value * 100 if value is not None and "." in r["threshold"] else value
        for key in sorted(set(ours) | {k for k in theirs if theirs[k] and k[0] in years}):
            comparison.cell("thresholds", key, "cents", theirs.get(key), ours.get(key))

    rows = read(folder / "aggregates.csv")
    if rows is None:
        comparison.absent.add("aggregates.csv")
    else:
        theirs = {(r["aco_id"], 2 if r["performance_half"] == second else 1, int(r["year"]), r["enrollment_type"]): r
                  for r in rows if int(r["year"]) in years}
        ours = {}
        for r in oracle.rows("FROM aggregate WHERE aco_id <> 'R' AND (aco_id IN ('NONE', '*') OR aco_id IN (SELECT aco_id FROM deal WHERE has_people))"):
            # Those of nobody and of everybody belong to no round; the later one knows who is assigned in either.
            ours[r["aco_id"], 1 if r["aco_id"] in ("NONE", "*") else r["round"], r["year"], r["etype"]] = r
        for key in sorted(set(theirs) | set(ours)):
            for column in AMOUNTS:
                their = theirs.get(key, {}).get(column)
                if key in theirs and column not in theirs[key]:
                    comparison.absent.add(f"aggregates.{column}")
                    continue
                our = Fraction(int(ours[key][column])) if key in ours else Fraction(0)
                comparison.cell("aggregates", key, column, number(their) if their is not None else Fraction(0), our)
    return smallest(oracle, differing)


def smallest(oracle, differing):
    """Of the rows and years that differ, the person with the fewest rows of claims, and his first such year."""
    if not differing:
        return None
    rows = ", ".join(str(row) for row in sorted({row for row, _ in differing}))
    found = oracle.rows(f"""SELECT p.row, (SELECT count(*) FROM in_claim_header h WHERE h.bene_id = p.bene_id)
        + (SELECT count(*) FROM in_claim_line l WHERE l.bene_id = p.bene_id) AS claims
        FROM person p WHERE p.row IN ({rows}) ORDER BY claims, p.row LIMIT 1""")
    row = found[0]["row"]
    return row, min(year for other, year in differing if other == row)
