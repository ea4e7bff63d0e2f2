"""Alters or removes each rule row that the heavy half reads, one at a time by an overlay; some cell must then differ.

The program runs with the row altered, and its figures are held against the second computation, which does not know of it. The
rows are listed from the rule tables themselves, so that none is forgotten; a subject that this file does not sort into those
read by the heavy half and those that are not is a failure. A row without a difference is a failure, unless `mutate.csv` explains
it. Of the choices, those that bear on claims are tried.
"""

import argparse
import csv
import datetime
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

from adversary import make
from check import REPOSITORY, program, quarterly, trend
from compare import Comparison, audit, tables_of
from engine import HERE, Rounds

# What the heavy half reads: whole subjects, or the named rules of one.
HEAVY = {
    "assignment": None,
    "primary_care": None,
    "expenditure": None,
    "enrollment": {"full_dual"},
    "regimes": {"national_population"},
    "choices": None,
}
# Subjects that only the exact half, the imports or the replay read.
OTHERS = {"acpt", "agreement_starts", "arrangements", "claim_codes", "results_files", "settlement"}

# Extracts on which rows are tried: performance year, agreement starts where not the usual ones.
EXTRACTS = (2023, 2020, 2025, 2018, 2015, 2019, 2021, 2017, 2013, 2026)

# Rules of quarterly reports, and the years, quarters and methods of assignment on which they are tried.
QUARTERLY = "quarterly_"
QUARTERS = tuple((year, quarter) for year in (2023, 2020, 2025) for quarter in ((2, "prospective"), (2, "retrospective"), (4, "prospective")))

# Rows that meet their case in few people: the performance year on which each is tried, in an extract of LARGER people.
RARE = {
    "assignment.health_centers_told_by_revenue_center[1991-10-01..2010-12-31]": 2015,
    "choices.third_step_tie[2025..]": 2025,
    "choices.low_revenue_expenditures[2012..]": 2019,
    "primary_care.emergency[2012..].last": 2021,
}
LARGER = 2500


def rows():
    """(subject, rule, position, row) of every row that the heavy half reads."""
    for path in sorted((REPOSITORY / "src" / "rules").glob("*.toml")):
        subject = path.stem
        if subject in OTHERS:
            continue
        if subject not in HEAVY:
            raise SystemExit(f"{path.name}: say in scripts/oracle/mutate.py whether the heavy half reads it")
        table = tomllib.loads(path.read_text())
        table.pop("about", None)
        for rule, listed in flat(table):
            if HEAVY[subject] is None or rule in HEAVY[subject]:
                for position, row in enumerate(listed):
                    # Of the choices, those that bear on what is made of claims.
                    if subject != "choices" or row.get("of_claims"):
                        yield subject, rule, position, row


def flat(table, path=""):
    """Rules by dotted name."""
    for name, value in table.items():
        if isinstance(value, list):
            yield path + name, value
        elif isinstance(value, dict):
            yield from flat(value, f"{path}{name}.")


def written(value):
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return '"' + value + '"'
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "{ " + ", ".join(f"{name} = {written(part)}" for name, part in value.items()) + " }"


def altered(value):
    """Other values, the emptiest first, each with a word on what was done."""
    if isinstance(value, bool):
        yield "switched", not value
    elif isinstance(value, int):
        yield "one more", value + 1
        yield "five more", value + 5
        yield "eight more", value + 8
        yield "fourteen more", value + 14
        yield "one less", value - 1
        for less, word in ((3, "three"), (5, "five"), (14, "fourteen"), (28, "twenty-eight")):
            if value > less:
                yield f"{word} less", value - less
        yield "two hundred more", value + 200
    elif isinstance(value, list):
        if value and all(isinstance(part, str) and "." in part and part.replace(".", "").isdigit() for part in value):
            yield "other numbers", [f"{float(part) + 0.01:.4f}" for part in value]
        yield "emptied", []
        if len(value) > 1:
            yield "without its first", value[1:]
            yield "without its last", value[:-1]
            yield "only its first", value[:1]
        if value and isinstance(value[0], int):
            yield "another", [250]
    elif isinstance(value, dict):
        for name, part in value.items():
            for what, other in altered(part):
                yield f"{name} {what}", {**value, name: other}
    elif isinstance(value, str):
        yield from altered_text(value)


def altered_text(value):
    try:
        day = datetime.date.fromisoformat(value)
        yield "years later", f"{min(day.year + 3, 9999)}-{value[5:]}"
        yield "years earlier", f"{day.year - 3}-{value[5:]}"
        return
    except ValueError:
        pass
    try:
        share = float(value)
        yield "another number", f"{share / 2:.4f}" if share else "0.05"
        yield "a greater number", f"{min(share + 0.01, 0.9999) if share < 1 else share + 0.01:.4f}"
        return
    except ValueError:
        pass
    other = {"assignable": "all_ffs", "all_ffs": "assignable", "V22": "V24", "V24": "V22", "V24+V28": "V24", "V28": "V24"}
    if value in other:
        yield f"as {other[value]}", other[value]


def leaves(subject, rule, row):
    """What to try on a row, as (what, overlay): of a table of values each part is tried by itself."""
    span = "".join(f"{end} = {written(row[end])}\n" for end in ("from", "until") if end in row)
    citation = 'citation = "altered"\nreason = "altered to see that it matters"\n'
    value = row["value"]

    def whole(value):
        return f"[[{rule}]]\n{span}value = {written(value)}\n{citation}"

    if subject == "choices":
        return {"": [(f"switched to {other}", whole(other)) for other in row.get("alternatives", [])]}
    if (subject, rule) == ("primary_care", "listed"):
        # Rows of a list add up, so that none can be taken away; to demand an election that no line has comes to the same.
        demand = f"[[elected_teaching_only]]\n{span}value = {written(value)}\n{citation}"
        return {"": [("voided", demand)]}
    if (subject, rule) == ("expenditure", "anomalous_billing"):
        # The same: a second row can only add. Adding shows that rows of this kind are read.
        return {"": [("more procedures", whole({**value, "procedures": ["99213", "99214"], "claim_types": [71]}))]}
    if (subject, rule) == ("primary_care", "payable_until"):
        # The same.
        return {"procedures": [("more procedures", whole({"procedures": ["99213", "99214"], "last": "2021-12-31"}))],
                "last": [(what, whole({**value, "last": other})) for what, other in altered(value["last"])]}
    if (subject, rule) == ("assignment", "clinics_count"):
        # Before every service of a clinic counted, its visits were told by their revenue centers.
        centers = f'[[clinic_visit_revenue_centers]]\n{span}value = ["0521", "0522", "0524", "0525"]\n{citation}'
        return {"": [("switched", whole(not value) + centers)]}
    if isinstance(value, dict):
        parts = {}
        for name, part in value.items():
            # Not every month has the day of another.
            rest = {**value, "day": min(value["day"], 28)} if name == "month" and "day" in value else value
            parts[name] = [(what, whole({**rest, name: other})) for what, other in altered(part)]
        return parts
    return {"": [(what, whole(other)) for what, other in altered(value)]}


class Ground:
    """An extract with the figures of the second computation."""

    def __init__(self, folder, binary, year, people, seed, quarter=None):
        self.folder, self.binary, self.year = folder, binary, year
        self.quarter, self.of = quarter or (None, None)
        folder.mkdir()
        make(folder / "extract", seed, people, year, 4)
        self.oracle = Rounds(folder / "extract", year, quarter=self.quarter, quarter_of=self.of)
        self.factors = self.oracle.factors()
        self.first = self.oracle.rows("SELECT min(year) AS year FROM in_beneficiary_year")[0]["year"]
        refusal = self.run("whole", None)
        if refusal:
            raise SystemExit(f"the unaltered rules are refused for {year}: {refusal}")
        comparison = self.compare("whole")
        if comparison.failed:
            raise SystemExit(f"the unaltered rules of {year} differ already: {comparison.differences}")
        self.whole = self.files("whole")

    def run(self, name, rules):
        command = [self.binary, "run", "--extract", str(self.folder / "extract"), "--performance-year", str(self.year),
                   "--out", str(self.folder / name), "--audit", str(self.folder / f"{name}-audit"), "--quiet", "--max-quarantined", "1", "--allow-findings",
                   *quarterly(self.quarter, self.of),
                   *trend(self.folder, self.year), *(("--rules", str(rules)) if rules else ())]
        result = subprocess.run(command, capture_output=True, text=True)
        return result.stderr.strip() if result.returncode else None

    def files(self, name):
        found = {}
        for folder in (self.folder / name / "factors", self.folder / f"{name}-audit"):
            for path in sorted(folder.glob("*.csv")) if folder.exists() else ():
                found[path.name] = path.read_bytes()
        return found

    def compare(self, name):
        comparison = Comparison(0)
        if (self.folder / name).exists():
            tables_of(comparison, self.folder / name / "factors", self.factors)
        audit(comparison, self.folder / f"{name}-audit", self.oracle)
        return comparison

    def holds(self, row):
        first, last = (int(str(row.get(end, other))[:4]) for end, other in (("from", "1900"), ("until", "9999")))
        return first <= self.year and last >= self.first

    def tried(self, overlay, subject):
        """Cells that differ by table when the overlay is laid, or why the program refused it."""
        for name in ("altered", "altered-audit", "rules"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / f"{subject}.toml").write_text(overlay)
        refusal = self.run("altered", self.folder / "rules")
        if refusal and not (self.folder / "altered-audit").exists():
            return None, refusal
        if self.files("altered") == self.whole:
            return {}, None
        differences = self.compare("altered").differences
        return differences, refusal if not differences else None


def explained():
    with open(HERE / "mutate.csv", newline="") as source:
        return {row["row"]: row["why"] for row in csv.DictReader(source)}


def main():
    parser = argparse.ArgumentParser(prog="scripts/oracle/mutate", description=__doc__)
    parser.add_argument("--bin", help="the program; by default it is built")
    parser.add_argument("--beneficiaries", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--share", help="K/N: of N shares of the rows the K-th alone")
    options = parser.parse_args()
    binary, began, why = program(options.bin), time.monotonic(), explained()
    share, shares = map(int, (options.share or "1/1").split("/"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="acobench-mutate-"))
    grounds, failed, count, runs = {}, [], 0, 0

    def ground(year, quarter, people, seed):
        if (year, quarter, people) not in grounds:
            at = folder / "-".join(map(str, (year, *(quarter or ("year",)), people)))
            grounds[year, quarter, people] = Ground(at, binary, year, people, seed, quarter)
        return grounds[year, quarter, people]

    try:
        for number, (subject, rule, position, row) in enumerate(rows()):
            if number % shares != share - 1:
                continue
            for part, tries in leaves(subject, rule, row).items():
                name = f"{subject}.{rule}[{row.get('from')}..{row.get('until', '')}]{'.' + part if part else ''}"
                if options.only not in name:
                    continue
                count += 1
                found, refusals = None, []
                tried_on = QUARTERS if rule.startswith(QUARTERLY) else [(year, None) for year in EXTRACTS]
                people, seed = options.beneficiaries, options.seed
                if name in RARE:
                    tried_on, people, seed = [(RARE[name], None)], max(people, LARGER), seed + 1
                for year, quarter in [at for at in tried_on if int(str(row["from"])[:4]) <= at[0]]:
                    if found:
                        break
                    if rule.startswith(QUARTERLY) and int(row.get("until", year)) < year:
                        continue
                    at = ground(year, quarter, people, seed)
                    if not at.holds(row):
                        continue
                    for what, overlay in tries:
                        runs += 1
                        differences, refusal = at.tried(overlay, "primary_care" if rule == "listed" else subject)
                        if refusal:
                            refusals.append(f"{what}: {next((line for line in refusal.splitlines() if line.startswith('error')), refusal.splitlines()[0])}")
                        elif differences:
                            found = year, what, differences
                            break
                if found:
                    year, what, differences = found
                    cells = ", ".join(f"{table} {cells}" for table, cells in sorted(differences.items()))
                    print(f"  {name}: {what}, {year}: {cells}", flush=True)
                elif name in why:
                    print(f"  {name}: no cell differs, for {why[name]}", flush=True)
                else:
                    failed.append(name)
                    print(f"  {name}: NO CELL DIFFERS ({'; '.join(dict.fromkeys(refusals)) or 'all runs agree'})", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{count} rows and parts of rows altered in {runs} runs over {len(grounds)} extracts of {options.beneficiaries} beneficiaries and more, "
          f"{len(failed)} without a difference; {time.monotonic() - began:.0f} s")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
