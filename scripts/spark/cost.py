"""CPU of a worker for each row, beside that of one machine on one thread: the same rows, scattered, from Parquet and from a pipe.

With --jobs, CPU and bytes shuffled of the whole Spark job too, beside the same job around a worker that does nothing.
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


def seconds(words, **streams):
    """CPU seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, **streams)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
    """The whole Spark job over batch sizes and partitions, with workers that work and with such as do nothing."""
    environment = check.environment()
    programs = [("works", asked.bin), ("idles", idle(asked.bin, work))]
    for batch in asked.batch_rows.split(","):
        for partitions in asked.partitions.split(","):
            spent = {}
            for what, program in programs:
                events, out = os.path.join(work, f"events-{what}"), os.path.join(work, f"job-{what}")
                shutil.rmtree(events, ignore_errors=True)
                os.makedirs(events)
                logged = ["spark.eventLog.enabled=true", "spark.eventLog.compress=false", f"spark.eventLog.dir=file://{events}"]
                words = check.submit("local[2]", logged)
                words += [check.JOB, "--extract", extract, "--performance-year", asked.performance_year, "--out", out]
                words += ["--bin", os.path.abspath(program), "--batch-rows", batch, "--partitions", partitions]
                spent[what] = with_orphans(words, environment)
            written = shuffled(os.path.join(work, "events-works"))
            times = spent["works"] / spent["idles"]
            print(
                f"job, batches of {int(batch):,}, {partitions} partitions: {spent['works']:.1f} CPU s, {spent['idles']:.1f} with workers"
                f" that do nothing, {times:.2f} times; {written:,} bytes shuffled in both passes, {written / 2 / people:,.0f} a person"
                f" and pass, {written / 2 / rows:.1f} a row",
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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="target/release/acobench")
    parser.add_argument("--beneficiaries", default="20000")
    parser.add_argument("--seed", default="9")
    parser.add_argument("--performance-year", default="2022")
    parser.add_argument("--batch-rows", default="10000,32768,131072", help="rows of a batch, separated by commas")
    parser.add_argument("--partitions", default="4,16,64", help="partitions of the jobs, separated by commas")
    parser.add_argument("--jobs", action="store_true", help="measure Spark jobs, not workers alone; needs Java 17")
    asked = parser.parse_args()
    year = int(asked.performance_year)
    with tempfile.TemporaryDirectory(prefix="acobench-cost-") as work:
        extract, plan, second, stream, partial = (os.path.join(work, n) for n in ["extract", "1.json", "2.json", "rows", "partial"])
        made = ["--beneficiaries", asked.beneficiaries, "--acos", "5", "--seed", asked.seed, "--years", f"{year - 4}..{year}"]
        subprocess.run([asked.bin, "synth", "--quiet", "--unsorted", *made, "--out", extract], check=True)
        subprocess.run([asked.bin, "plan", "--extract", extract, "--performance-year", str(year), "--out", plan], check=True)
        with open(plan) as file:
            layout = json.load(file)["stream"]
        rows = tagged(extract, layout)
        claims = sum(pa.compute.sum(pa.compute.equal(rows["table"], layout["tables"][name]["number"])).as_py() for name in CLAIMS)
        print(f"{rows.num_rows:,} rows, {rows.nbytes / rows.num_rows:.0f} bytes each in Arrow")
        if asked.jobs:
            return jobs(asked, extract, rows.num_rows, int(asked.beneficiaries), work)
        quiet = ["--quiet", "--threads", "1"]
        run = [asked.bin, "run", *quiet, "--extract", extract, "--performance-year", str(year), "--out", os.path.join(work, "run")]
        one = min(seconds(run, stdout=subprocess.DEVNULL) for _ in range(3))
        print(f"one machine: {claims:,} claim rows, {one:.2f} CPU s, {one / claims * 1e9:.0f} ns a row, every table read once")
        scattered = rows.take(pa.array(numpy.random.default_rng(1).permutation(rows.num_rows)))
        for order, rows in [("any order", scattered), ("by beneficiary", rows.sort_by([("bene_id", "ascending"), ("table", "ascending")]))]:
            for batch in map(int, asked.batch_rows.split(",")):
                write(rows, stream, batch)
                for which, under in [("thresholds", plan), ("sums", second)]:
                    fold = [asked.bin, "worker", "fold", *quiet, "--pass", which, "--plan", under]
                    fold += ["--grouped"] if order == "by beneficiary" else []
                    spent = []
                    for _ in range(3):
                        with open(stream, "rb") as rows_in, open(partial, "wb") as out:
                            spent.append(seconds(fold, stdin=rows_in, stdout=out))
                    least = min(spent)
                    times = least / one
                    print(f"fold {which}, {order}, batches of {batch:,}: {least:.2f} CPU s, {least / claims * 1e9:.0f} ns a row, {times:.2f} times")
                    if which == "thresholds":
                        finish = ["finish", *quiet, "--pass", "thresholds", "--plan", plan, "--partials", partial, "--out", second]
                        subprocess.run([asked.bin, *finish], check=True)


if __name__ == "__main__":
    main()
