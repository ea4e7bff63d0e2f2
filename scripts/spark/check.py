"""One machine, Sail and Spark make the same run of the same extract, byte for byte; also when an executor dies in the middle."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
JOB = os.path.join(HERE, "acobench_spark.py")
# Two executors of their own processes, one core and 1 GiB each.
CLUSTER = "local-cluster[2,1,1024]"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default="target/release/acobench", help="the acobench program")
    parser.add_argument("--beneficiaries", type=int, default=100_000)
    parser.add_argument("--seed", default="9")
    parser.add_argument("--performance-year", default="2022")
    parser.add_argument("--partitions", default="1,3,16", help="partition counts, separated by commas")
    parser.add_argument("--legs", default="sail,spark", help="engines, separated by commas; spark needs Java 17")
    parser.add_argument("--extract", help="an extract that exists, instead of an invented one")
    return parser.parse_args()


def ended(words, log, **more):
    """Runs a command; its output goes to a file, its exit code comes back."""
    with open(log, "w") as out:
        return subprocess.run(words, stdout=out, stderr=subprocess.STDOUT, check=False, **more).returncode


def demand(words, log):
    if ended(words, log) != 0:
        fail(f"{' '.join(words)}\n{tail(log)}")


def tail(log):
    """The last words of a log; where Java was when it said them tells nothing."""
    with open(log, errors="replace") as file:
        return "".join([line for line in file if not line.lstrip().startswith("at ")][-40:])


def fail(why):
    print(f"FAILED: {why}")
    sys.exit(1)


def files(run):
    """Every file of a run but its manifest, which holds times and paths."""
    found = {}
    for at, _, names in os.walk(run):
        for name in names:
            path = os.path.join(at, name)
            if name != "manifest.json":
                with open(path, "rb") as file:
                    found[os.path.relpath(path, run)] = file.read()
    return found


def compare(what, expected, run, seconds):
    found = files(run)
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if differing:
        fail(f"{what}: these files differ: {', '.join(differing)}")
    total = sum(map(len, found.values()))
    print(f"{what}: the same {len(found)} files, {total:,} bytes, {seconds:.1f} s", flush=True)


def descendants(pid):
    """Processes below one, with their command lines."""
    children, lines = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
            with open(f"/proc/{name}/cmdline", "rb") as file:
                lines[int(name)] = file.read().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(name))
    below, todo = {}, [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            below[child] = lines[child]
            todo.append(child)
    return below


def submit(master, configuration):
    """How a job is handed to Spark."""
    find = "import os, pyspark; print(os.path.join(os.path.dirname(pyspark.__file__), 'bin', 'spark-submit'))"
    program = subprocess.check_output([os.path.join(HERE, "python"), "spark", "-c", find], text=True).strip()
    # A machine that does much else answers late; that is not what is looked at here.
    patient = ["spark.network.timeout=900s", "spark.rpc.askTimeout=900s", "spark.rpc.lookupTimeout=900s"]
    settings = ["spark.ui.enabled=false", "spark.log.level=ERROR", *patient, *configuration]
    return [program, "--master", master, *[word for setting in settings for word in ("--conf", setting)]]


def environment():
    """The environment of a job."""
    find = [os.path.join(HERE, "python"), "spark", "-c", "import sys; print(sys.executable)"]
    python = subprocess.check_output(find, text=True).strip()
    return {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": python, "PYTHONDONTWRITEBYTECODE": "1"}


class Check:
    def __init__(self, asked, folder):
        self.asked, self.folder = asked, folder
        self.program = os.path.abspath(asked.bin)
        self.extract = asked.extract and os.path.abspath(asked.extract)

    def at(self, name):
        return os.path.join(self.folder, name)

    def one_machine(self):
        if self.extract is None:
            self.extract = self.at("extract")
            year = int(self.asked.performance_year)
            people = ["--beneficiaries", str(self.asked.beneficiaries), "--acos", "5", "--unsorted", "--seed", self.asked.seed]
            demand([self.program, "synth", "--quiet", *people, "--years", f"{year - 4}..{year}", "--out", self.extract], self.at("log"))
        begun = time.monotonic()
        same = ["--quiet", "--performance-year", self.asked.performance_year, "--extract", self.extract]
        demand([self.program, "run", *same, "--out", self.at("one")], self.at("log"))
        self.expected = files(self.at("one"))
        print(f"one machine: {len(self.expected)} files, {time.monotonic() - begun:.1f} s", flush=True)

    def job(self, run, partitions):
        to = ["--out", self.at(run), "--partitions", str(partitions)]
        return [JOB, "--extract", self.extract, "--performance-year", self.asked.performance_year, *to]

    def sail(self, run, partitions, program=None):
        # Sail does not keep the order of a partition, so that a task holds all of it.
        on_sail = [os.path.join(HERE, "python"), "sail", os.path.join(HERE, "on_sail.py")]
        return [*on_sail, *self.job(run, partitions), "--bin", program or self.program, "--order", "any"]

    def spark(self, run, partitions):
        return [*submit(CLUSTER, []), "--files", self.program, *self.job(run, partitions)]

    def engine(self, leg):
        around = environment() if leg == "spark" else None
        for partitions in map(int, self.asked.partitions.split(",")):
            run = f"{leg}-{partitions}"
            words = self.spark(run, partitions) if leg == "spark" else self.sail(run, partitions)
            begun = time.monotonic()
            if ended(words, self.at("log"), env=around) != 0:
                fail(f"{run}\n{tail(self.at('log'))}")
            compare(f"{leg}, {partitions} partitions", self.expected, self.at(run), time.monotonic() - begun)
            shutil.rmtree(self.at(run))

    def dying_worker(self):
        """A worker that dies is told with its own words and its own code, and nothing is published."""
        dying = self.at("acobench")
        with open(dying, "w") as file:
            file.write(f'#!/bin/sh\n[ "$1" = worker ] && {{ echo "the disk is full of sand" >&2; exit 7; }}\nexec {self.program} "$@"\n')
        os.chmod(dying, 0o755)
        code = ended(self.sail("dying", 3, dying), self.at("log"))
        told = tail(self.at("log"))
        if code == 0 or "ended with code 7" not in told or "the disk is full of sand" not in told or os.path.exists(self.at("dying")):
            fail(f"a dying worker was not told\n{told}")
        print("sail, a worker that dies: told with its words and its code, nothing published", flush=True)

    def lost_executor(self):
        """An executor that is killed while its worker folds changes nothing."""
        begun = time.monotonic()
        with open(self.at("log"), "w") as log:
            job = subprocess.Popen(self.spark("lost", 16), stdout=log, stderr=subprocess.STDOUT, env=environment())
        killed = None
        while job.poll() is None and killed is None:
            below = descendants(job.pid)
            folding = [pid for pid, line in below.items() if "CoarseGrainedExecutorBackend" in line]
            killed = next((pid for pid in folding if any(" worker fold " in line for line in descendants(pid).values())), None)
            if killed is not None:
                os.kill(killed, signal.SIGKILL)
            time.sleep(0.02)
        if job.wait() != 0 or killed is None:
            fail(f"lost executor (killed: {killed})\n{tail(self.at('log'))}")
        compare("spark, an executor killed while it folds", self.expected, self.at("lost"), time.monotonic() - begun)


def main():
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="acobench-spark-") as folder:
        check = Check(asked, folder)
        check.one_machine()
        legs = asked.legs.split(",")
        if "sail" in legs:
            check.engine("sail")
            check.dying_worker()
        if "spark" in legs and shutil.which("java") is None:
            print("no Java on this machine: Spark was not run")
        elif "spark" in legs:
            check.engine("spark")
            check.lost_executor()


if __name__ == "__main__":
    main()
