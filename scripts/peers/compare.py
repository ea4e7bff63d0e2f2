"""Runs the reference job (README.md) with acobench, DuckDB, Polars and DataFusion over one extract, in turn, and prints what each took.

No time is printed unless every run of every engine gave the same bytes."""

import argparse
import os
import pathlib
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import pyarrow
import pyarrow.parquet as parquet

import job

HERE = pathlib.Path(__file__).resolve().parent
PEERS = ("duckdb", "polars", "datafusion")


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/peers/compare", description=__doc__)
    parser.add_argument("--beneficiaries", type=int, default=20000)
    parser.add_argument("--acos", type=int, default=500)
    parser.add_argument("--unsorted", action="store_true", help="scatter the rows at random instead of by beneficiary")
    parser.add_argument("--both", action="store_true", help="both orders, one after the other")
    parser.add_argument("--limit", type=int, default=300,
                        help="CPU seconds an engine may take, and four times as many by the clock; one that takes more is told as such and not run again")
    parser.add_argument("--full-rules", type=int, default=20000, metavar="N",
                        help="beneficiaries of the full rules, computed by acobench and by the oracle in DuckDB; 0 for none")
    parser.add_argument("--quick", action="store_true", help="compare the results of a small extract, in both orders, and time nothing")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each engine")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--memory", default="512MiB", help="what acobench-small may take")
    parser.add_argument("--only", default="", help="engines, separated by commas: acobench, acobench-hashed, acobench-bare, acobench-settling, acobench-small, "
                        "floor, " + ", ".join(PEERS))
    parser.add_argument("--extract", help="an extract that an earlier call kept")
    parser.add_argument("--keep", help="leave the extract in this folder")
    parser.add_argument("--bin", help="folder of the programs; by default they are built")
    return parser.parse_args()


def programs(given):
    """The folder of release builds."""
    if given:
        return pathlib.Path(given).resolve()
    subprocess.run(["cargo", "build", "--release", "--quiet", "--bin", "acobench", "--example", "floor"], cwd=job.ROOT, check=True)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", job.ROOT / "target")) / "release"


def make(folder, options, acobench, beneficiaries, unsorted):
    """An extract fit for the job: claims and people as the generator makes them, and participants of one ACO each."""
    years = f"{job.YEARS[0]}..{job.YEARS[-1]}"
    subprocess.run([acobench, "synth", "--beneficiaries", str(beneficiaries), "--years", years, "--acos", str(options.acos), "--seed", "1",
                    "--tracks", "current", "--starts", f"{job.PERFORMANCE_YEAR}-01-01", "--assignment", "retrospective", "--files", "16",
                    "--out", folder, "--quiet", *(["--unsorted"] if unsorted else [])], check=True, stdout=subprocess.DEVNULL)
    fit(pathlib.Path(folder))


def fit(folder):
    """Takes out of an extract what the job does not look at, and participants that several ACOs list."""
    for table in ("voluntary_alignment", "non_claims_payment", "npi_specialty", "eta_ccn"):
        (folder / f"{table}.parquet").unlink(missing_ok=True)
    path = folder / "participant.parquet"
    table = parquet.read_table(path)
    acos = {}
    for row in table.to_pylist():
        if row["tin"]:
            acos.setdefault(row["tin"], set()).add(row["aco_id"])
    kept = [bool(row["tin"]) and len(acos[row["tin"]]) == 1 for row in table.to_pylist()]
    table = table.filter(pyarrow.array(kept))
    parquet.write_table(table, path)
    agreements = parquet.read_table(folder / "agreement.parquet")
    listed = set(table["aco_id"].to_pylist())
    with_participants = pyarrow.array([aco in listed for aco in agreements["aco_id"].to_pylist()])
    parquet.write_table(agreements.filter(with_participants), folder / "agreement.parquet")


def participants(extract, path):
    """The participants as the peers join them: each taxpayer number with its ACO."""
    table = parquet.read_table(extract / "participant.parquet", columns=["tin", "aco_id"])
    pairs = sorted({(row["tin"], row["aco_id"]) for row in table.to_pylist()})
    parquet.write_table(pyarrow.table({"tin": [tin for tin, _ in pairs], "aco_id": [aco for _, aco in pairs]}), path)


class Refused(Exception):
    """A program failed."""


class Endless(Exception):
    """A program took longer than it may."""


def run(command, folder, cache, limit):
    """CPU seconds, wall seconds and peak bytes of one process."""
    with open(folder / "log", "w+") as log:
        began = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, cwd=HERE, env={**os.environ, "XDG_CACHE_HOME": str(cache)},
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5)))
        clock = threading.Timer(4 * limit, lambda: os.kill(process.pid, signal.SIGKILL))
        clock.start()
        _, status, used = os.wait4(process.pid, 0)
        clock.cancel()
        wall = time.monotonic() - began
        if os.WIFSIGNALED(status) and (used.ru_utime + used.ru_stime >= limit or wall >= 4 * limit):
            raise Endless
        if status:
            log.seek(0)
            raise Refused(f"{command[0]} ended with status {os.waitstatus_to_exitcode(status)}:\n{log.read()[-3000:]}")
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024


def commands(options, binaries, extract, shared, folder, engine):
    """The command of an engine, and the file its result will be in."""
    if engine == "floor":
        return [binaries / "examples" / "floor", extract, options.threads], None
    if engine in PEERS:
        script = HERE / f"run_{engine}.py"
        return [sys.executable, script, extract, shared / "participants.parquet", folder / "result.csv", folder, options.threads], folder / "result.csv"
    command = [binaries / "acobench", "run", "--extract", extract, "--performance-year", job.PERFORMANCE_YEAR, "--out", folder / "run",
               "--threads", options.threads, "--risk", "none", "--thresholds", shared / "thresholds.csv", "--rules", HERE / "rules", "--quiet"]
    remembered = ["--until", "aggregates", "--hashes", shared / "hashes.json"]
    # Bare is what the peers do: inputs are not read for their hash, and nothing is looked at that the sums do not need.
    command += {"acobench": ["--until", "aggregates"], "acobench-hashed": remembered, "acobench-bare": [*remembered, "--check", "nothing"],
                "acobench-settling": [], "acobench-small": ["--until", "aggregates", "--memory", options.memory]}[engine]
    return command, folder / "run" / "aggregates.csv" if engine != "acobench-settling" else None


def compare(options, binaries, extract, rounds):
    """{engine: [(cpu, wall, peak)]}, once all results are the same bytes."""
    engines = [name for name in options.only.split(",") if name] or ["acobench", *PEERS, *([] if options.quick else
               ["acobench-hashed", "acobench-bare", "acobench-settling", "acobench-small", "floor"])]
    taken, first, differing, endless = {engine: [] for engine in engines}, None, [], set()
    with tempfile.TemporaryDirectory(prefix="acobench-peers-") as shared:
        shared = pathlib.Path(shared)
        participants(extract, shared / "participants.parquet")
        job.write_thresholds(shared / "thresholds.csv")
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
        for turn in range(rounds + 1 if rounds > 1 else rounds):
            # Who ran before bears on what a run takes: every turn another engine is first, and the order turns round every other time.
            order = engines[turn % len(engines):] + engines[:turn % len(engines)]
            for engine in [name for name in (order if turn % 2 else order[::-1]) if name not in endless]:
                folder = pathlib.Path(tempfile.mkdtemp(dir=shared))
                command, result = commands(options, binaries, extract, shared, folder, engine)
                try:
                    measured = run(command, folder, shared / "cache" if engine.startswith("acobench") else cache, options.limit)
                except Endless:
                    endless.add(engine)
                    shutil.rmtree(folder)
                    continue
                # The first turn fills the page cache and is not counted.
                if turn > 0 or rounds == 1:
                    taken[engine].append((*measured, turn))
                text = result.read_text() if result else None
                if text is not None:
                    first = first or (engine, text)
                    if text != first[1]:
                        differing.append(engine)
                        show(first, (engine, text))
                shutil.rmtree(folder)
            print(f"turn {turn}: done" + ("" if turn or rounds == 1 else ", not counted"), file=sys.stderr, flush=True)
    if differing:
        raise Refused("results differ, so no time is told: " + ", ".join(sorted(set(differing))))
    if first:
        same = [name for name in engines if name not in ("floor", "acobench-settling") and name not in endless]
        print(f"{first[1].count(chr(10)) - 1} groups, the same bytes from {', '.join(same)}")
    return {engine: None if engine in endless else runs for engine, runs in taken.items()}


def show(first, other):
    """The first lines in which two results differ."""
    (one, left), (two, right) = first, other
    left, right = left.splitlines(), right.splitlines()
    print(f"{two} has {len(right)} lines, {one} {len(left)}", file=sys.stderr)
    for mine, theirs in [pair for pair in zip(left, right) if pair[0] != pair[1]][:5]:
        print(f"  {one}: {mine}\n  {two}: {theirs}", file=sys.stderr)


def full_rules(options, acobench, folder):
    """The full rules over one smaller extract, by acobench and by the second computation, which also holds every cell against acobench's."""
    year, extract, done = 2023, folder / "extract", folder / "run"
    subprocess.run([acobench, "synth", "--beneficiaries", str(options.full_rules), "--years", f"{year - 3}..{year}", "--acos", "20", "--seed", "1",
                    "--tracks", "current", "--starts", f"{year}-01-01", "--assignment", "retrospective", "--files", "4", "--out", extract, "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    rows = rows_of(extract)
    print(f"full rules: {rows:,} claim rows, clustered by beneficiary, {options.threads} threads", flush=True)
    taken = {"acobench": [], "oracle": []}
    subprocess.run([job.ROOT / "scripts/oracle/python", "-c", ""], check=True)
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    for turn in range(min(options.rounds, 3)):
        shutil.rmtree(done, ignore_errors=True)
        commands = {"acobench": [acobench, "run", "--extract", extract, "--performance-year", year, "--out", done, "--threads", options.threads, "--quiet"],
                    "oracle": [job.ROOT / "scripts/oracle/check", "--extract", extract, "--run", done, "--performance-year", year, "--seed", 1, "--strict"]}
        for engine, command in commands.items():
            if taken[engine] is None:
                continue
            try:
                taken[engine].append((*run(command, folder, folder / "cache" if engine == "acobench" else cache, options.limit), turn))
            except Endless:
                taken[engine] = None
    report(taken, rows, options.limit)


def report(taken, rows, limit):
    """Medians, and each engine's CPU against acobench's and against that of acobench without hashing and checks, turn by turn."""
    print(f"{'engine':<20}{'CPU s':>8}{'least':>8}{'most':>8}{'wall s':>8}{'peak MB':>9}{'M rows/CPU s':>14}{'CPU / acobench':>16}{'/ bare':>8}")
    for engine, runs in taken.items():
        if runs is None:
            print(f"{engine:<20}stopped: more than {limit} CPU s, or {4 * limit} s by the clock")
            continue
        cpu = [run[0] for run in runs]
        ratios = ""
        for name, wide in (("acobench", 16), ("acobench-bare", 8)):
            ours = {run[3]: run[0] for run in taken.get(name) or []}
            ratios += f"{statistics.median(run[0] / ours[run[3]] for run in runs):>{wide}.2f}" if ours else " " * wide
        print(f"{engine:<20}{statistics.median(cpu):>8.2f}{min(cpu):>8.2f}{max(cpu):>8.2f}{statistics.median(run[1] for run in runs):>8.2f}"
              f"{statistics.median(run[2] for run in runs) / 1e6:>9.0f}{rows / statistics.median(cpu) / 1e6:>14.2f}{ratios}")


def rows_of(extract):
    return sum(parquet.read_metadata(path).num_rows for table in ("claim_line", "claim_header") for path in (extract / table).glob("*.parquet"))


def main():
    options = arguments()
    binaries = programs(options.bin)
    kept = options.extract or options.keep
    folder = pathlib.Path(kept or tempfile.mkdtemp(prefix="acobench-peers-")).resolve()
    try:
        for unsorted in (False, True) if options.quick or (options.both and not options.extract) else (options.unsorted,):
            extract = folder if options.extract else folder / ("unsorted" if unsorted else "sorted")
            if not options.extract:
                make(extract, options, binaries / "acobench", 3000 if options.quick else options.beneficiaries, unsorted)
            rows = rows_of(extract)
            print(f"{rows:,} claim rows, {'in random order' if unsorted else 'clustered by beneficiary'}, {options.threads} threads", flush=True)
            taken = compare(options, binaries, extract, 1 if options.quick else options.rounds)
            if not options.quick:
                report(taken, rows, options.limit)
            if not kept:
                shutil.rmtree(extract)
        if options.full_rules and not options.quick and not options.only:
            with tempfile.TemporaryDirectory(prefix="acobench-peers-") as scratch:
                full_rules(options, binaries / "acobench", pathlib.Path(scratch))
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
