"""Workbooks of a run, changed and computed anew by LibreOffice, against the program: python3 xlsx.py PROGRAM WORK.

WORK has run/, books/ (internal workbooks) and shared/; run-YEAR/ and books-YEAR/ of other rules. Cached values are struck out of every formula first, so that none can
stand for a computed one.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

CENT = Decimal("0.01")
# Cells changed in one workbook: an ACO and values by their defined names. Those of whatif's keys are asked of `whatif`, the
# others of `benchmark`, with the cell of the factor table changed.
WHATIF = [
    ("A1001", {}),
    ("A1002", {}),
    ("A1003", {}),
    ("A1002", {"quality_score": "0.95"}),
    ("A1002", {"quality_score": "0.30", "euc_share_year": "0.25"}),
    ("A1001", {"assigned_beneficiaries": "2500"}),
    ("A1002", {"assigned_beneficiaries": "1100"}),
    ("A1002", {"assigned_beneficiaries": "4321"}),
    ("A1001", {"assigned_beneficiaries": "750"}),
    ("A1003", {"participant_revenue": "1000"}),
]
FACTORS = [
    ("A1003", "per_capita_py_AGND", "aco_year", {"year": "PY", "enrollment_type": "AGND"}, "per_capita_expenditure", "9000"),
    ("A1003", "per_capita_py_AGND", "aco_year", {"year": "PY", "enrollment_type": "AGND"}, "per_capita_expenditure", "15500"),
    ("A1001", "hcc_score_by1_DIS", "aco_year", {"year": "BY1", "enrollment_type": "DIS"}, "hcc_risk_score", "1.31"),
    ("A1002", "per_capita_by3_AGND", "aco_year", {"year": "BY3", "enrollment_type": "AGND"}, "per_capita_expenditure", "16000"),
    ("A1002", "regional_expenditure_py_AGND", "aco_region", {"year": "PY", "enrollment_type": "AGND"}, "regional_expenditure", "14000"),
]
# Changed in the workbooks of other rules, where they have it.
OTHERS = {"quality_score": "0.61", "participant_revenue": "4321000", "euc_share_year": "0.5"}


def sheets(book):
    """Path of each sheet in the archive by its name, and each defined name's sheet and cell."""
    text = book.read("xl/workbook.xml").decode()
    names = re.findall(r'<sheet name="([^"]+)"', text)
    paths = {name: f"xl/worksheets/sheet{at}.xml" for at, name in enumerate(names, 1)}
    found = re.findall(r'<definedName name="([^"]+)"[^>]*>([^<]+)</definedName>', text)
    cells = {}
    for name, target in found:
        sheet, cell = target.replace("&apos;", "'").rsplit("!", 1)
        cells[name] = (sheet.strip("'"), cell.replace("$", ""))
    return paths, cells


def changed(source, target, cells):
    """Copies a workbook with other inputs and without any cached value of a formula; returns the defined names' cells."""
    with zipfile.ZipFile(source) as book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        paths, names = sheets(book)
        texts = {path: book.read(path).decode() for path in paths.values()}
        struck = 0
        for path, text in texts.items():
            text, count = re.subn(r"(</f>)<v>[^<]*</v>", r"\1", text)
            struck += count
            texts[path] = text
        assert struck > 100, f"{source} has {struck} formulas"
        for name, value in cells.items():
            sheet, cell = names[name]
            pattern = rf'(<c r="{cell}"[^>]*>)<v>[^<]*</v>'
            texts[paths[sheet]], count = re.subn(pattern, rf"\g<1><v>{value}</v>", texts[paths[sheet]])
            assert count == 1, f"{name} at {sheet} {cell} is no input of {source}"
        for item in book.infolist():
            out.writestr(item, texts.get(item.filename, book.read(item)))
    return names


def is_input(path, name):
    """Whether a workbook has the value, as a number and not as a formula."""
    with zipfile.ZipFile(path) as book:
        paths, names = sheets(book)
        if name not in names:
            return False
        sheet, cell = names[name]
        return re.search(rf'<c r="{cell}"[^>]*><v>', book.read(paths[sheet]).decode()) is not None


def computed(folder, books):
    """The workbooks as LibreOffice computes them."""
    done = folder / "computed"
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir", str(done)]
    subprocess.run([*command, *map(str, books)], check=True, capture_output=True, timeout=300)
    return [done / book.name for book in books]


def number(path, place):
    with zipfile.ZipFile(path) as book:
        paths, _ = sheets(book)
        text = book.read(paths[place[0]]).decode()
    cell = re.search(rf'<c r="{place[1]}"[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?<v>([^<]*)</v>', text)
    assert cell, f"{place} of {path} has no value"
    return Decimal(cell[1])


def asked(program, run, aco, cells):
    sets = [part for key, value in cells.items() for part in ("--set", f"{key}={value}")]
    out = subprocess.run([program, "--quiet", "whatif", run, "--aco", aco, *sets, "--format", "json"], check=True, capture_output=True)
    rows = {row["name"]: row["alternative"] for row in json.loads(out.stdout)[0]["rows"]}
    return Decimal(rows["payment"])


def settled(program, work, run, aco, table, key, column, value):
    factors, out = work / "factors", work / "settled"
    for folder in (factors, out):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run / "factors", factors)
    # Regions stand as the run computed them; the tables they came from would be computed again.
    for name in ("county.csv", "aco_county.csv", "aco_component.csv", "year_basis.csv", "aco_basis.csv"):
        (factors / name).unlink(missing_ok=True)
    path = factors / f"{table}.csv"
    rows = list(csv.DictReader(path.open()))
    mine = [row for row in rows if row["aco_id"] == aco and all(row[name] == word for name, word in key.items())]
    assert len(mine) == 1, mine
    mine[0][column] = value
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    subprocess.run([program, "--quiet", "benchmark", "--factors", factors, "--out", out], check=True, capture_output=True)
    rows = {row["aco_id"]: row for row in csv.DictReader((out / "settlement.csv").open())}
    return Decimal(rows[aco]["payment"])


def main():
    program, work = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    trials = []
    for aco, cells in WHATIF:
        trials.append((aco, cells, asked(program, work / "run", aco, cells)))
    for aco, name, table, key, column, value in FACTORS:
        trials.append((aco, {name: value}, settled(program, work, work / "run", aco, table, key, column, value)))
    books = []
    for at, (aco, cells, _) in enumerate(trials):
        book = work / f"trial-{at}.xlsx"
        names = changed(work / f"books/{aco}.xlsx", book, cells)
        books.append((book, names["payment"]))
    # A workbook for others is whole too: its payment comes out without a formula that reaches for a hidden cell.
    for path in sorted((work / "shared").glob("*.xlsx")):
        book = work / f"shared-{path.name}"
        names = changed(path, book, {})
        books.append((book, names["payment"]))
        aco = path.stem
        trials.append((aco, {"shared": ""}, asked(program, work / "run", aco, {})))
    # Under other rules: as it was, and with every number changed that the ACO's arrangement has of these.
    for run in sorted(work.glob("run-*")):
        for path in sorted((work / run.name.replace("run", "books")).glob("*.xlsx")):
            for cells in ({}, OTHERS):
                cells = {name: value for name, value in cells.items() if is_input(path, name)}
                aco = path.stem.split("-")[0]
                book = work / f"{run.name}-{path.stem}-{len(cells)}.xlsx"
                books.append((book, changed(path, book, cells)["payment"]))
                trials.append((f"{run.name} {aco}", cells, asked(program, run, aco, cells)))
            # Far enough to turn losses into savings: the recalculated benchmark and the reduced rate must let go.
            key, cells = {"year": "PY", "enrollment_type": "AGND"}, {"per_capita_py_AGND": "8000"}
            book = work / f"{run.name}-{path.stem}-spent.xlsx"
            books.append((book, changed(path, book, cells)["payment"]))
            payment = settled(program, work, run, aco, "aco_year", key, "per_capita_expenditure", *cells.values())
            trials.append((f"{run.name} {aco}", cells, payment))
    done = computed(work, [book for book, _ in books])
    moved = set()
    for (aco, cells, expected), path, (_, place) in zip(trials, done, books):
        cent = lambda amount: amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
        payment = number(path, place)
        assert cent(payment) == cent(expected), f"{aco} {cells}: LibreOffice {payment}, acobench {expected}"
        moved.add(cent(payment))
        print(f"{aco} {cells or 'as it was'}: {cent(payment)}")
    assert len(moved) > 12, "the changes move the payment"
    print(f"{len(trials)} workbooks computed by LibreOffice pay what acobench pays, to the cent")


main()
