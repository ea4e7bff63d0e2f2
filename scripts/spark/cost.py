"""CPU and memory of a worker, beside those of one machine on one thread: the same rows, scattered, from Parquet and from a stream.

All are run by turns, and the least of each is told, so that what else the machine is doing bears on all alike. With --jobs, CPU and
bytes shuffled of the whole Spark job instead, beside the same job around a worker that does nothing.
"""

import argparse
import ctypes
import glob
import json
import os
import resource
import shutil
import subprocess
import tempfile
import time

import numpy
import pyarrow as pa
import pyarrow.dataset
import pyarrow.ipc

import check

CLAIMS = ["claim_header", "claim_line"]


def plain(cells, wanted):
    """A column in the type of its place in the stream, as the job casts it."""
    if pa.types.is_decimal(cells.type):
        scale = pa.scalar(10**cells.type.scale, pa.int64())
        return pa.compute.multiply(cells, scale).cast(pa.decimal128(38, cells.type.scale)).cast(pa.int64())
    if pa.types.is_date(cells.type):
        cells = cells.cast(pa.int32())
    return cells.cast(wanted)


def tagged(extract, layout):
    """Every row that a worker reads, as the plan lays it out."""
    types = {"binary": pa.binary(), "tinyint": pa.int8(), "int": pa.int32(), "bigint": pa.int64()}
    slots = {slot["name"]: types[slot["type"]] for slot in layout["slots"]}
    tables = []
    for table, placing in layout["tables"].items():
        path = next((p for p in [f"{extract}/{table}.parquet", f"{extract}/{table}"] if os.path.exists(p)), None)
        if path is not None:
            names = {place: name for name, place in placing["columns"].items()}
            rows = pyarrow.dataset.dataset(path, format="parquet").to_table(columns=list(names.values()))
            cells = {place: pa.nulls(rows.num_rows, kind) for place, kind in slots.items()}
            cells |= {place: plain(rows[name], slots[place]) for place, name in names.items()}
            cells["table"] = pa.array([placing["number"]] * rows.num_rows, pa.int8())
            tables.append(pa.table(cells))
    return pa.concat_tables(tables)


def most_memory(process):
    """MiB of memory that a running program has had at most."""
    with open(f"/proc/{process}/status") as status:
        return max((int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")), default=0)


class Spent:
    """The least CPU seconds of some turns of a command, and its most memory."""

    def __init__(self, words, rows_in=os.devnull, out=os.devnull):
        self.words, self.rows_in, self.out = words, rows_in, out
        self.seconds, self.mebibytes = float("inf"), 0

    def turn(self):
        with open(self.rows_in, "rb") as rows_in, open(self.out, "wb") as out:
            child = subprocess.Popen(self.words, stdin=rows_in, stdout=out)
            # What wait4 tells of memory counts this process too, whose copy the child was until it became another program.
            while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
                self.mebibytes = max(self.mebibytes, most_memory(child.pid))
                time.sleep(0.01)
            _, status, used = ended
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"{' '.join(self.words)} ended with code {child.returncode}")
        self.seconds = min(self.seconds, used.ru_utime + used.ru_stime)

    def told(self, what, claims, one=None):
        times = f", {self.seconds / one.seconds:.2f} times" if one else ""
        each = self.seconds / claims * 1e9
        print(f"{what}: {self.seconds:.2f} CPU s, {each:.0f} ns a claim row{times}, {self.mebibytes} MiB at most", flush=True)


def with_orphans(words, environment):
    """CPU seconds of a command and of everything that it leaves behind, such as the Python daemons of a JVM that ends first."""
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def idle(program, folder):
    """A program that plans, and whose workers read their partition and do nothing with it; nothing is finished."""
    path = os.path.join(folder, "idle", "acobench")
    os.makedirs(os.path.dirname(path))
    with open(path, "w") as file:
        file.write(f"""#!/bin/sh
case "$1" in
worker) exec cat > /dev/null ;;
finish) while [ $# -gt 0 ]; do case "$1" in --plan) plan=$2 ;; --out) out=$2 ;; esac; shift; done; exec cp "$plan" "$out" ;;
*) exec {os.path.abspath(program)} "$@" ;;
esac
""")
    os.chmod(path, 0o755)
    return path


def jobs(asked, extract, rows, people, work):
    """The whole Spark job over batch sizes and partitions, with workers that work and with such as do nothing, by turns."""
    environment = check.environment()
    programs = {"works": asked.bin, "idles": idle(asked.bin, work)}
    measured = [(int(batch), int(parts)) for batch in asked.batch_rows.split(",") for parts in asked.partitions.split(",")]
    spent = {(what, *sizes): float("inf") for what in programs for sizes in measured}
    written = {}
    for _ in range(asked.turns):
        for what, batch, partitions in spent:
            events, out = os.path.join(work, f"events-{what}"), os.path.join(work, f"job-{what}")
            shutil.rmtree(events, ignore_errors=True)
            os.makedirs(events)
            logged = ["spark.eventLog.enabled=true", "spark.eventLog.compress=false", f"spark.eventLog.dir=file://{events}"]
            words = check.submit("local[2]", logged)
            words += [check.JOB, "--extract", extract, "--performance-year", asked.performance_year, "--out", out]
            words += ["--bin", os.path.abspath(programs[what]), "--batch-rows", str(batch), "--partitions", str(partitions)]
            seconds = with_orphans(words, environment)
            spent[what, batch, partitions] = min(seconds, spent[what, batch, partitions])
            if what == "works":
                written[batch, partitions] = shuffled(events)
    for batch, partitions in measured:
        works, idles, bytes_written = spent["works", batch, partitions], spent["idles", batch, partitions], written[batch, partitions]
        print(
            f"job, batches of {batch:,}, {partitions} partitions: {works:.1f} CPU s, {idles:.1f} with workers that do nothing,"
            f" {works / idles:.2f} times; {bytes_written:,} bytes shuffled in both passes, {bytes_written / 2 / people:,.0f} a person and"
            f" pass, {bytes_written / 2 / rows:.1f} a row",
            flush=True,
        )


def shuffled(events):
    """Bytes that the tasks of a job wrote for others to read."""
    written = 0
    for path in glob.glob(os.path.join(events, "**", "*"), recursive=True):
        if os.path.isfile(path):
            with open(path) as file:
                for event in map(json.loads, file):
                    if event["Event"] == "SparkListenerTaskEnd" and "Task Metrics" in event:
                        written += event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Bytes Written"]
    return written


def write(rows, path, batch):
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, rows.schema) as stream:
        for some in rows.combine_chunks().to_batches(max_chunksize=batch):
            stream.write_batch(some)


def workers(asked, extract, layout, rows, plan, work):
    """One machine and workers, by turns."""
    claims = sum(pa.compute.sum(pa.compute.equal(rows["table"], layout["tables"][name]["number"])).as_py() for name in CLAIMS)
    second, partial = os.path.join(work, "2.json"), os.path.join(work, "partial")
    quiet = ["--quiet", "--threads", "1"]
    same = ["--extract", extract, "--performance-year", asked.performance_year, "--out", os.path.join(work, "run")]
    one = Spent([asked.bin, "run", *quiet, *same])
    scattered = rows.take(pa.array(numpy.random.default_rng(1).permutation(rows.num_rows)))
    folds = []
    for order, rows in [("any order", scattered), ("by beneficiary", rows.sort_by([("bene_id", "ascending"), ("table", "ascending")]))]:
        for batch in map(int, asked.batch_rows.split(",")):
            stream = os.path.join(work, f"{order}-{batch}")
            write(rows, stream, batch)
            for which, under in [("thresholds", plan), ("sums", second)]:
                fold = [asked.bin, "worker", "fold", *quiet, "--pass", which, "--plan", under]
                fold += ["--grouped"] if order == "by beneficiary" else []
                folds.append((f"fold {which}, {order}, batches of {batch:,}", Spent(fold, stream, partial)))
    del rows, scattered
    for what, fold in folds:
        if not os.path.exists(second):
            fold.turn()
            finish = ["finish", *quiet, "--pass", "thresholds", "--plan", plan, "--partials", partial, "--out", second]
            subprocess.run([asked.bin, *finish], check=True)
    for _ in range(asked.turns):
        for spent in [one, *[fold for _, fold in folds]]:
            spent.turn()
    one.told(f"one machine, {claims:,} claim rows", claims)
    for what, fold in folds:
        fold.told(what, claims, one)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="target/release/acobench")
    parser.add_argument("--beneficiaries", default="20000", help="people of the invented extract; several numbers, one extract each")
    parser.add_argument("--seed", default="9")
    parser.add_argument("--performance-year", default="2022")
    parser.add_argument("--batch-rows", default="32768", help="rows of a batch, separated by commas")
    parser.add_argument("--partitions", default="4", help="partitions of the jobs, separated by commas")
    parser.add_argument("--turns", type=int, default=5, help="turns, of which the least is told")
    parser.add_argument("--jobs", action="store_true", help="measure Spark jobs, not workers alone; needs Java 17")
    asked = parser.parse_args()
    year = int(asked.performance_year)
    for beneficiaries in map(int, asked.beneficiaries.split(",")):
        with tempfile.TemporaryDirectory(prefix="acobench-cost-") as work:
            extract, plan = os.path.join(work, "extract"), os.path.join(work, "1.json")
            made = ["--beneficiaries", str(beneficiaries), "--acos", "5", "--seed", asked.seed, "--years", f"{year - 4}..{year}"]
            subprocess.run([asked.bin, "synth", "--quiet", "--unsorted", *made, "--out", extract], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([asked.bin, "plan", "--quiet", "--extract", extract, "--performance-year", str(year), "--out", plan], check=True)
            with open(plan) as file:
                layout = json.load(file)["stream"]
            rows = tagged(extract, layout)
            print(f"{beneficiaries:,} people, {rows.num_rows:,} rows, {rows.nbytes / rows.num_rows:.0f} bytes each in Arrow", flush=True)
            if asked.jobs:
                jobs(asked, extract, rows.num_rows, beneficiaries, work)
            else:
                workers(asked, extract, layout, rows, plan, work)


if __name__ == "__main__":
    main()
