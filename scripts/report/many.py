"""Factor tables of many ACOs, made of those of few: python3 many.py FACTORS OUT HOW_MANY.

Each is one of the given ACOs under another name, its expenditures of the performance year moved a little.
"""

import csv
import random
import shutil
import sys
from pathlib import Path


def main():
    source, target, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    target.mkdir()
    read = lambda name: list(csv.DictReader((source / f"{name}.csv").open()))
    given = [row["aco_id"] for row in read("aco")]
    names = {f"A{1001 + at}": given[at % len(given)] for at in range(count)}
    draw = random.Random(7)
    moved = {name: draw.uniform(0.86, 1.1) for name in names}
    for table in ("aco", "aco_year", "aco_region", "aco_county"):
        rows = read(table)
        with (target / f"{table}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            for name, source_aco in names.items():
                for row in rows:
                    if row["aco_id"] != source_aco:
                        continue
                    row = dict(row, aco_id=name)
                    if table == "aco_year" and row["year"] == "PY":
                        row["per_capita_expenditure"] = f"{float(row['per_capita_expenditure']) * moved[name]:.2f}"
                    writer.writerow(row)
    for table in ("county", "national"):
        shutil.copy(source / f"{table}.csv", target)


main()
