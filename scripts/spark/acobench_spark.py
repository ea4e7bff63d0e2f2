"""acobench on Spark: an extract anywhere Spark can read, to the run that one machine would have made, byte for byte.

    spark-submit --files acobench acobench_spark.py --extract s3a://bucket/extract --performance-year 2023 --out s3a://bucket/run

Spark reads, brings the rows of a beneficiary together, schedules and retries; every rule stays in the acobench program, which
each task runs as a worker and feeds through a pipe. The driver receives partial sums only. See docs/beyond-one-machine.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

SMALL = ["agreement", "participant", "eta_ccn", "npi_specialty"]
OPTIONAL = ["eta_ccn", "npi_specialty", "risk_score", "non_claims_payment", "voluntary_alignment"]
PARTIAL = "partial binary"
# Rows of an Arrow batch on its way to a worker.
BATCH_ROWS = 32_768
# Partials that one task merges.
MERGED_AT_ONCE = 16


def find_program(name):
    """The acobench program on this machine: where Spark put what `--files` shipped, a path that holds everywhere, or PATH."""
    places = [name]
    try:
        from pyspark import SparkFiles

        places.insert(0, SparkFiles.get(os.path.basename(name)))
    except Exception:  # a Spark Connect client ships no files
        pass
    places.append(os.path.join(".", os.path.basename(name)))
    found = next((path for path in places if os.path.isfile(path)), None) or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"the program {name} is on no path of this machine: ship it with --files, or give --bin")
    return os.path.abspath(found)


def piped(arguments, feed):
    """Runs a worker, feeds it and returns what it wrote. Its own words and exit code come before anything it left half done."""
    with tempfile.TemporaryFile() as words:
        worker = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words)
        written = []
        reader = threading.Thread(target=lambda: written.append(worker.stdout.read()))
        reader.start()
        try:
            try:
                feed(worker.stdin)
                worker.stdin.close()
            except BrokenPipeError:
                pass  # the worker has ended, and says why below
            code = worker.wait()
        except BaseException:
            worker.kill()  # else it would take the end of its input for the end of the partition
            worker.wait()
            raise
        finally:
            reader.join()
        words.seek(0)
        told = words.read().decode(errors="replace").strip()
    if code != 0:
        raise RuntimeError(f"acobench {' '.join(arguments[1:3])} ended with code {code}\n{told}")
    return written[0]


def working(name, work, plan, which, feed):
    """Runs a worker under a plan, which lies beside it while it works; its partial as a row."""
    with tempfile.NamedTemporaryFile("w", prefix="acobench-plan-", suffix=".json") as file:
        file.write(plan)
        file.flush()
        common = ["--quiet", "--threads", "1", "--pass", which, "--plan", file.name]
        partial = piped([find_program(name), "worker", *work, *common], feed)
    return pa.RecordBatch.from_arrays([pa.array([partial], pa.binary())], names=["partial"])


def folding(name, plan, which, order):
    """A task that folds its partition; an empty partition leaves nothing."""

    def run(batches):
        first = next((batch for batch in batches if batch.num_rows), None)
        if first is None:
            return

        def feed(stdin):
            with pa.ipc.new_stream(stdin, first.schema) as stream:
                stream.write_batch(first)
                for batch in batches:
                    stream.write_batch(batch)

        yield working(name, ["fold", "--grouped"] if order == "sorted" else ["fold"], plan, which, feed)

    return run


def merging(name, plan, which):
    """A task that merges the partials of its partition."""

    def run(batches):
        first = next((batch for batch in batches if batch.num_rows), None)
        if first is None:
            return

        def feed(stdin):
            for batch in [first, *batches]:
                for partial in batch.column(0):
                    stdin.write(partial.as_buffer())

        yield working(name, ["merge"], plan, which, feed)

    return run


def read(spark, extract, table):
    """A table of the extract: `<table>.parquet`, or the folder `<table>`."""
    faults = []
    for path in [f"{extract}/{table}.parquet", f"{extract}/{table}"]:
        try:
            frame = spark.read.parquet(path)
            if frame.columns:  # some engines take a path that is not there for a table without columns
                return frame
        except Exception as fault:
            faults.append(str(fault).splitlines()[0])
    if table in OPTIONAL:
        return None
    raise SystemExit(f"error: the extract has no table {table}\n  " + "\n  ".join(faults))


def plain(frame):
    """The frame with whole numbers as bigint: what Parquet stores unsigned, Spark reads as decimals that Parquet cannot hold so."""
    whole = ("tinyint", "smallint", "int", "bigint", "decimal(20,0)")
    return frame.select([F.col(n).cast("bigint").alias(n) if t in whole else F.col(n) for n, t in frame.dtypes])


def cell(name, kind, wanted):
    """A column in the type of its place in the stream: text as bytes, days since 1970-01-01, money as cents, flags as 0 and 1."""
    column = F.col(name)
    if kind == "date":
        column = F.unix_date(column)
    elif kind.startswith("decimal") and not kind.endswith(",0)"):
        scale = int(kind.rstrip(")").split(",")[1])
        column = column * F.lit(10**scale)
    return column.cast(wanted)


def stream(spark, extract, layout, partitions, order):
    """The rows of every table as the plan lays them out, together by beneficiary and, if so ordered, one after another."""
    tagged = None
    for table, placing in layout["tables"].items():
        frame = read(spark, extract, table)
        if frame is None:
            continue
        kinds = dict(frame.dtypes)
        names = {place: name for name, place in placing["columns"].items() if name in kinds}
        cells = []
        for slot in layout["slots"]:
            place, wanted = slot["name"], slot["type"]
            if place == "table":
                found = F.lit(placing["number"]).cast(wanted)
            elif place in names:
                found = cell(names[place], kinds[names[place]], wanted)
            else:
                found = F.lit(None).cast(wanted)
            cells.append(found.alias(place))
        rows = frame.select(cells)
        tagged = rows if tagged is None else tagged.unionByName(rows)
    together = tagged.repartition(partitions, "bene_id")
    return together.sortWithinPartitions("bene_id", "table") if order == "sorted" else together


def small_tables(spark, extract, folder):
    """The tables that the plan holds, on the driver's disk."""
    for table in SMALL:
        frame = read(spark, extract, table)
        if frame is not None:
            pq.write_table(plain(frame).toArrow(), os.path.join(folder, f"{table}.parquet"))


def acobench(name, *arguments):
    """Runs a command of acobench on the driver; its words are the job's."""
    code = subprocess.run([find_program(name), *arguments], check=False).returncode
    if code != 0:
        raise SystemExit(code)


def sum_up(rows, name, path, which, order, partitions, folder):
    """Folds every partition, merges level by level, and leaves the last partials in a folder."""
    with open(path) as file:
        plan = file.read()
    partials = rows.mapInArrow(folding(name, plan, which, order), PARTIAL)
    while partitions > MERGED_AT_ONCE:
        partitions = -(-partitions // MERGED_AT_ONCE)
        partials = partials.repartition(partitions).mapInArrow(merging(name, plan, which), PARTIAL)
    os.makedirs(folder)
    for at, row in enumerate(partials.collect()):
        with open(os.path.join(folder, f"{at:05}.arrows"), "wb") as file:
            file.write(row.partial)


def is_here(uri):
    return "://" not in uri and not uri.startswith("file:")


def deliver(spark, run, out):
    """Copies a run to where Spark can write, its manifest last."""
    hadoop = spark.sparkContext._jvm.org.apache.hadoop.fs
    target = hadoop.Path(out)
    files = target.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    files.delete(hadoop.Path(target, "manifest.json"), False)
    files.delete(target, True)
    found = sorted(os.path.relpath(os.path.join(at, name), run) for at, _, names in os.walk(run) for name in names)
    for name in sorted(found, key=lambda name: name == "manifest.json"):
        files.copyFromLocalFile(False, True, hadoop.Path("file://" + os.path.join(run, name)), hadoop.Path(target, name))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extract", required=True, metavar="URI", help="folder of the extract, anywhere Spark can read")
    parser.add_argument("--performance-year", required=True, metavar="YEAR")
    parser.add_argument("--out", required=True, metavar="URI", help="folder in which the finished run appears")
    parser.add_argument("--bin", default="acobench", help="the program: a name shipped with --files, or a path of every machine")
    parser.add_argument("--partitions", type=int, help="partitions of the people (default: spark.sql.shuffle.partitions)")
    parser.add_argument(
        "--order",
        default="sorted",
        choices=["sorted", "any"],
        help="sorted: the engine sorts each partition and tasks hold few rows; any: a task holds its whole partition",
    )
    parser.add_argument("--batch-rows", type=int, default=BATCH_ROWS, help="rows of a batch on its way to a worker")
    parser.add_argument("--risk", default="scores", choices=["scores", "none"])
    parser.add_argument("--seed", default="0")
    parser.add_argument("--rules", metavar="DIR", help="folder of rule tables on the driver, laid over the embedded ones")
    parser.add_argument("--choose", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--quarter", help="as of acobench plan")
    parser.add_argument("--thresholds", metavar="FILE", help="thresholds given instead of computed; saves the first pass")
    for given in ["max-quarantined", "national", "county", "renormalise", "acpt"]:
        parser.add_argument(f"--{given}", help="as of acobench finish")
    parser.add_argument("--allow-findings", action="store_true", help="as of acobench finish")
    return parser.parse_args()


def main():
    asked = arguments()
    here = is_here(asked.out)
    if not here and os.environ.get("SPARK_REMOTE"):
        raise SystemExit("error: a Spark Connect client delivers to its own disk only\n  hint: give --out a path without a scheme")
    spark = SparkSession.builder.appName("acobench").getOrCreate()
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(asked.batch_rows))
    partitions = asked.partitions or int(spark.conf.get("spark.sql.shuffle.partitions", "200"))
    name = os.path.abspath(asked.bin) if os.path.isfile(asked.bin) else asked.bin
    with tempfile.TemporaryDirectory(prefix="acobench-") as work:
        first, second, run = (os.path.join(work, name) for name in ["plan-1.json", "plan-2.json", "run"])
        held = os.path.join(work, "extract")
        os.makedirs(held)
        small_tables(spark, asked.extract, held)
        planned = ["--risk", asked.risk, "--seed", asked.seed, "--performance-year", asked.performance_year]
        planned += [word for choice in asked.choose for word in ("--choose", choice)]
        planned += [word for given in ["rules", "thresholds", "quarter"] if getattr(asked, given) for word in (f"--{given}", getattr(asked, given))]
        acobench(name, "plan", "--extract", held, "--out", first, *planned)
        with open(first) as file:
            plan = json.load(file)
        rows = stream(spark, asked.extract, plan["stream"], partitions, asked.order)
        if plan["thresholds"] is None:
            sum_up(rows, name, first, "thresholds", asked.order, partitions, os.path.join(work, "first"))
            acobench(name, "finish", "--pass", "thresholds", "--plan", first, "--partials", os.path.join(work, "first"), "--out", second)
        else:
            second = first
        sum_up(rows, name, second, "sums", asked.order, partitions, os.path.join(work, "second"))
        finished = ["--allow-findings"] if asked.allow_findings else []
        for given in ["max_quarantined", "national", "county", "renormalise", "acpt"]:
            if getattr(asked, given):
                finished += [f"--{given.replace('_', '-')}", getattr(asked, given)]
        run = asked.out if here else run
        acobench(name, "finish", "--plan", second, "--partials", os.path.join(work, "second"), "--out", run, *finished)
        if not here:
            deliver(spark, run, asked.out)
    spark.stop()


if __name__ == "__main__":
    main()
