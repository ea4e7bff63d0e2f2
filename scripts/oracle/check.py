"""Makes extracts with `acobench synth`, runs `acobench run` on them, and compares every cell with the second computation."""

import argparse
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import duckdb

from adversary import make
from compare import Comparison, audit, tables_of
from coverage import counts, show
from engine import HERE, TYPES, Rounds, choice_names, rule_names

REPOSITORY = HERE.parent.parent
# The first rules, the years of two halves, step 3 with its longer window.
ERAS = (2015, 2019, 2025)
# Performance years for which extracts can be made. The first performance year carries the name 2013.
ADVERSARY_YEARS = range(2013, 2027)
SYNTH_YEARS = range(2018, 2026)
# Growth of the prospective trend is published after the year has begun; any will do, since no cell compared depends on it.
UNPUBLISHED_TREND = 2026


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/oracle/check", description=__doc__)
    parser.add_argument("--beneficiaries", type=int, default=5000)
    parser.add_argument("--acos", type=int, default=4)
    parser.add_argument("--maker", choices=("synth", "adversary", "mix"), default="synth",
                        help="acobench synth, our own extracts in which every rule has something to do, or in turn both over all performance years")
    parser.add_argument("--eras", action="store_true", help="one adversary seed for each era of the rules: " + ", ".join(map(str, ERAS)))
    parser.add_argument("--starts", help="the adversary's agreement starts, such as 2019-07-01,2022-01-01")
    parser.add_argument("--first-start", help="leave out agreements begun before this day")
    parser.add_argument("--only", default="", help="what is left in of: prospective, alignment, non_claims; all by default, none for none")
    parser.add_argument("--performance-year", type=int, default=2023)
    parser.add_argument("--quarter", type=int, choices=(1, 2, 3, 4), help="the performance year to the end of a quarter")
    parser.add_argument("--quarter-of", choices=("prospective", "retrospective"), default="prospective",
                        help="whose figures before the fourth quarter: the year to date of prospective ACOs, or the latest twelve months of retrospective ones")
    parser.add_argument("--years", help="calendar years of the extract, such as 2015..2023; by default nine, ending with the performance year")
    parser.add_argument("--seed", type=int, help="one seed")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--bin", help="the program; by default it is built")
    parser.add_argument("--extract", help="compare on this extract instead of making one")
    parser.add_argument("--run", help="compare this finished run of --extract instead of running")
    parser.add_argument("--audit", help="the audit folder of --run")
    parser.add_argument("--without", default="", help="rules the second computation leaves out, separated by commas: " + ", ".join(rule_names()))
    parser.add_argument("--choose", action="append", default=[], metavar="NAME=VALUE",
                        help="a choice switched on both sides: " + ", ".join(map("=".join, choice_names())))
    parser.add_argument("--keep", help="leave the extract, the run and the audit in this folder")
    parser.add_argument("--strict", action="store_true", help="excuse none of the differences explained in known.csv")
    parser.add_argument("--show", type=int, default=8, help="how many differences of each table to print")
    parser.add_argument("--coverage", action="store_true", help="print how often each rule fired; one that never did is a failure")
    return parser.parse_args()


def program(given):
    """The binary to test: the one given, or a release build."""
    if given:
        return str(pathlib.Path(given).resolve())
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=REPOSITORY, check=True)
    return str(pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "release" / "acobench")


class Refused(Exception):
    """The program ended with an error."""


def call(command):
    """Runs the program; its own words tell what went wrong."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise Refused(f"{command[1]} ended with {result.returncode}:\n{result.stderr.strip()[-4000:]}")
    return result.stdout


def known():
    """{kind: names} of known differences, each explained in known.csv."""
    names = {"rule": set(), "part": set(), "column": set()}
    with open(HERE / "known.csv", newline="") as source:
        for row in csv.DictReader(source):
            names[row["kind"]].add(row["name"])
    return names


def restrict(extract, parts, first_start):
    """Takes out of an extract what the comparison leaves out."""
    extract = pathlib.Path(extract)
    for name, kept in (("voluntary_alignment", parts["alignment"]), ("non_claims_payment", parts["non_claims"])):
        if not kept:
            (extract / f"{name}.parquet").unlink(missing_ok=True)
            shutil.rmtree(extract / name, ignore_errors=True)
    kept = [] if parts["prospective"] else ["assignment_method = 'retrospective'"]
    if first_start:
        kept.append(f"agreement_start >= DATE '{first_start}'")
    if kept:
        old, new = extract / "agreement.parquet", extract / "agreement.new"
        duckdb.execute(f"COPY (FROM '{old}' WHERE {' AND '.join(kept)}) TO '{new}' (FORMAT parquet, KV_METADATA {{schema_version: '1.0'}})")
        new.replace(old)


def quarterly(quarter, of):
    """Options of the program for a quarter, and whose it is."""
    return ("--quarter", str(quarter), "--quarter-of", of) if quarter else ()


def trend(folder, year):
    """A made-up trend for a year whose trend nobody has published yet."""
    if year < UNPUBLISHED_TREND:
        return ()
    path = folder / "acpt.csv"
    with open(path, "w") as out:
        out.write("agreement_start,performance_year,enrollment_type,growth\n")
        for start in (2024, 2025, 2026):
            out.writelines(f"{start}-01-01,{year},{etype},1.05\n" for etype in TYPES)
    return "--acpt", str(path)


def explain(binary, extract, performance_year, row, year, trail):
    """Prints how the program treats the smallest beneficiary who differs."""
    thresholds = pathlib.Path(trail) / "given_thresholds.csv"
    with open(pathlib.Path(trail) / "thresholds.csv", newline="") as source, open(thresholds, "w") as out:
        out.write("calendar_year,enrollment_type,threshold\n")
        out.writelines(f"{r['year']},{r['enrollment_type']},{r['threshold']}\n" for r in csv.DictReader(source)
                       if Decimal(r["threshold"] or 0) > 0)
    command = [binary or "acobench", "trace", "--extract", str(extract), "--performance-year", str(performance_year), "--row", str(row)]
    print(f"  the smallest beneficiary that differs, first in {year}: {' '.join(command)}")
    if binary:
        print("    " + call([*command, "--thresholds", str(thresholds), "--quiet"]).replace("\n", "\n    ").rstrip())


def jobs(options):
    """Seeds, each with the maker of its extract and its performance year."""
    seeds = [options.seed] if options.seed is not None else range(options.first_seed, options.first_seed + options.seeds)
    if options.eras:
        return [(options.first_seed + turn, "adversary", year) for turn, year in enumerate(ERAS)]
    if options.maker == "mix":
        return [(seed, "synth", SYNTH_YEARS[seed // 2 % len(SYNTH_YEARS)]) if seed % 2 == 0 else
                (seed, "adversary", ADVERSARY_YEARS[seed // 2 % len(ADVERSARY_YEARS)]) for seed in seeds]
    return [(seed, options.maker, options.performance_year) for seed in seeds]


def one(options, binary, seed, maker, year, folder, fired):
    """One seed: 0 when nothing differs."""
    extract, run, trail = options.extract, options.run, options.audit
    excused = {"rule": set(), "part": set(), "column": set()} if options.strict else known()
    parts = {name: (not options.only or name in options.only.split(",")) and name not in excused["part"]
             for name in ("prospective", "alignment", "non_claims")}
    if not extract:
        extract = str(folder / "extract")
        years = options.years or f"{max(2009, year - 8)}..{year}"
        if maker == "adversary":
            make(extract, seed, options.beneficiaries, year, options.acos, options.starts and options.starts.split(","), **parts)
        else:
            call([binary, "synth", "--beneficiaries", str(options.beneficiaries), "--years", years, "--acos", str(options.acos),
                  "--seed", str(seed), "--out", extract, "--quiet"])
        restrict(extract, parts, options.first_start)
    if not run:
        run, trail = str(folder / "run"), str(folder / "audit")
        call([binary, "run", "--extract", extract, "--performance-year", str(year), "--out", run, "--audit", trail, "--quiet",
              *(("--max-quarantined", "1", "--allow-findings") if maker == "adversary" else ()), *trend(folder, year),
              *quarterly(options.quarter, options.quarter_of),
              *(word for choice in options.choose for word in ("--choose", choice))])
    left_out = {name for name in options.without.split(",") if name}
    began = time.monotonic()
    oracle = Rounds(extract, year, quarter=options.quarter, quarter_of=options.quarter and options.quarter_of, without=excused["rule"] | left_out, chosen=options.choose)
    comparison = Comparison(options.show, excused["column"])
    tables_of(comparison, pathlib.Path(run) / "factors", oracle.factors())
    smallest = audit(comparison, trail, oracle) if trail else None
    took = time.monotonic() - began
    summary = ", ".join(f"{name} {count}" for name, count in comparison.cells.items())
    print(f"seed {seed}, {maker}, performance year {year}: {comparison.compared} cells compared, {comparison.failed} differ, "
          f"{comparison.excused} in a known way ({summary}; {took:.1f} s)")
    for line in comparison.lines:
        print(line)
    if comparison.absent:
        print(f"  not written by the program: {', '.join(sorted(comparison.absent))}")
    if smallest:
        explain(binary, extract, year, *smallest, trail)
    if options.coverage:
        for rule, times in counts(oracle).items():
            fired[rule] = fired.get(rule, 0) + times
    return comparison


def main():
    options = arguments()
    binary = None if options.run else program(options.bin)
    seeds = jobs(options)
    bad, fired, never, cells = [], {}, 0, 0
    for seed, maker, year in seeds:
        folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="acobench-oracle-")) / str(seed)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            comparison = one(options, binary, seed, maker, year, folder, fired)
            cells += comparison.compared
            if comparison.failed:
                bad.append(seed)
        except Refused as refusal:
            bad.append(seed)
            print(f"seed {seed}: {refusal}")
        finally:
            if not options.keep:
                shutil.rmtree(folder.parent, ignore_errors=True)
    if not options.strict:
        print("known differences, left out (scripts/oracle/known.csv): " + ", ".join(sorted(set().union(*known().values()))))
    if options.coverage:
        print("how often each rule fired:")
        never = show(fired)
    print(f"{len(seeds)} seeds, {cells} cells compared, {len(bad)} seeds with a difference or refused{': ' + ', '.join(map(str, bad)) if bad else ''}")
    return 1 if bad or never else 0


if __name__ == "__main__":
    sys.exit(main())
