"""Measures how the cost of a job grows with its input: the same job on 1, 2, 4 and 8 times the size.

The cost of an empty run is subtracted, and a line is fitted through the logarithms of size and cost (least squares).
Its slope is the exponent: 1 is linear, 2 is quadratic. Costs that any input has and an empty one has not (a pattern is
compiled at its first use) make that slope too small. The exponent of the last doubling, from the differences of
costs, does not contain them. Instructions in user space are counted if the machine allows it, because times on a
shared machine vary too much for a slope.
"""

import math
import os
import re
import shutil
import subprocess
import tempfile
from collections import namedtuple

import measure

SIZES = [1, 2, 4, 8]
MAX_EXPONENT = 1.05
Growth = namedtuple("Growth", "job unit sizes costs empty exponent last")


def counter(stopleak, environment):
    """Returns what is counted, and a function that counts it for a command in a folder."""

    def perf(command, folder):
        with tempfile.NamedTemporaryFile("r") as out:
            words = ["perf", "stat", "-x", ",", "-o", out.name, "-e", "instructions:u", *command]
            status(measure.run(words, folder, environment, 3600), command)
            counted = re.search(r"^(\d+),", out.read(), re.MULTILINE)
            return int(counted.group(1)) if counted else None

    def callgrind(command, folder):
        with tempfile.NamedTemporaryFile("r") as log:
            words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log.name}"]
            status(measure.run([*words, *command], folder, environment, 3600), command)
            return int(re.search(r"Collected : (\d+)", log.read()).group(1))

    def seconds(command, folder):
        runs = [measure.run(command, folder, environment, 3600) for _ in range(5)]
        status(runs[0], command)
        return sorted(run.cpu for run in runs)[2]

    def status(run, command):
        if run.code not in {0, 1}:
            raise RuntimeError(f"{' '.join(command)}: ended with {run.code}")

    version = [stopleak, "--version"]
    try:
        if shutil.which("perf") and perf(version, "/"):
            return "instructions in user space (`perf stat -e instructions:u`)", perf
    except RuntimeError:
        pass
    if shutil.which("valgrind"):
        return "instructions (`valgrind --tool=callgrind`)", callgrind
    return "CPU seconds (median of 5)", seconds


def measure_all(inputs, stopleak):
    """Returns what was counted, and the growth of every job."""
    what, count = counter(stopleak, inputs.environment)
    one = ["--threads", "1", "--no-config"]

    def grow(job, unit, scale, maker, command, weigh=None):
        """Measures one job. `maker` generates an input of a size and returns its folder and path, which is inserted
        into `command`. `weigh`, if given, returns the actual size of an input."""

        def cost(size):
            folder, path = maker(size)
            return count([stopleak, *(word.format(path) for word in command), *one], folder)

        empty = cost(0)
        sizes = [scale * size for size in SIZES]
        costs = [cost(size) for size in sizes]
        if weigh:
            sizes = [weigh(maker(size)[1]) - weigh(maker(0)[1]) for size in sizes]
        slope = exponent(sizes, [cost - empty for cost in costs])
        return Growth(job, unit, sizes, costs, empty, slope, last_doubling(sizes, costs))

    def tree(files):
        name = f"growth/tree-{files}"
        if files == 0:
            path = inputs.path(name)
            os.makedirs(path, exist_ok=True)
        else:
            path = inputs.generated("tree", name, files, 16384)
        return path, path

    def file(megabytes):
        path = inputs.generated("file", f"growth/file-{megabytes}", "source", megabytes << 20)
        return os.path.dirname(path), path

    def history(commits):
        # The smallest history has one commit, with all the files that the others change.
        path = inputs.generated("history", f"growth/history-{commits}", commits + 1)
        return path, path

    def packed(path):
        # In a longer history git finds fewer and worse delta bases, so that a commit takes more bytes of the pack.
        return sum(entry.stat().st_size for entry in os.scandir(f"{path}/objects/pack")) >> 10

    def index(files):
        path = inputs.generated("staged", f"growth/staged-{files}", max(files, 1))
        return path, path

    os.makedirs(inputs.path("growth"), exist_ok=True)
    rows = [
        grow("directory", "files", 500, tree, ["scan", "{}"]),
        grow("one file", "MiB", 16, file, ["scan", "{}", "--max-blob-size", "4GB"]),
        grow("history of 500 to 4,000 commits", "KiB of pack", 500, history, ["history", "{}"], packed),
        grow("hook, one line", "files in the index", 5000, index, ["staged"]),
    ]
    return what, rows


def last_doubling(sizes, costs):
    """Returns the exponent from the differences of the last three costs, in which fixed costs cancel out."""

    def ratio(values):
        more, less = values[-1] - values[-2], values[-2] - values[-3]
        return math.log(more / less) if more > 0 and less > 0 else None

    cost, size = ratio(costs), ratio(sizes)
    return cost / size if cost is not None and size else None


def exponent(sizes, costs):
    """Returns the slope of the line through (log size, log cost), or `None` if a cost is not above that of the empty run."""
    if min(costs) <= 0:
        return None
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)
