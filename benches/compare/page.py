"""Makes the page from what was measured: no name of a machine or of a person, no path."""

import datetime
import os
import platform
import re
import statistics
import subprocess

import growth
import jobs
import measure

NAMES = {"start": "Start", "hook": "Hook", "directory": "Directory", "history": "History", "large": "Large files"}


def facts(root, chosen, callers, absent):
    """What is said about the machine and the programs."""

    def said(*command):
        answer = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return answer.stdout.strip()

    def of(path, pattern):
        try:
            with open(path) as file:
                found = re.search(pattern, file.read(), re.MULTILINE)
        except OSError:
            found = None
        return found.group(1) if found else "unknown"

    memory = of("/proc/meminfo", r"^MemTotal: *(\d+)")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "load": f"{os.getloadavg()[0]:.1f}",
        "processor": of("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "processors": os.cpu_count(),
        "memory": f"{int(memory) / (1 << 20):.0f} GiB" if memory.isdigit() else memory,
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "commit": said("git", "rev-parse", "--short=10", "HEAD"),
        "changed": bool(said("git", "status", "--porcelain", "--untracked-files=no")),
        "rustc": said("rustc", "--version"),
        "versions": {scanner.name: scanner.version for scanner in callers},
        "absent": absent,
        "command": command_line(chosen),
        "threads": chosen.threads,
    }


def command_line(chosen):
    """The command that made the page, with names instead of paths."""
    words = ["benches/compare.sh", f"--runs {chosen.runs}", f"--threads {chosen.threads}"]
    words += ["--large"] if "large" in chosen.only else []
    words += [f"--resume --only {','.join(sorted(chosen.only))}"] if chosen.resume else []
    words += [f"--tree {jobs.repository(text)[0]}" for text in chosen.tree]
    return " ".join([*words, *(jobs.repository(text)[0] for text in chosen.repositories)])


def render(facts, results):
    """The page as text."""
    parts = [head(facts)]
    compared = [(job, summary(job)) for job in results["jobs"]]
    parts.append(ratios(compared))
    shown = None
    for job, rows in compared:
        if job["group"] != shown:
            shown = job["group"]
            parts.append(f"## {NAMES[shown]}\n")
        parts.append(table(job, rows, facts["floor"].memory))
    if results["growth"]:
        parts.append(grown(results["growth"]))
    parts.append(how(facts))
    return "\n".join(part for part in parts if part)


def head(facts):
    missing = ""
    if facts["absent"]:
        missing = f"- Not measured, since no package of it could be installed: {', '.join(facts['absent'])}.\n"
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items() if name != "stopleak")
    changed = " with changes that are not committed" if facts["changed"] else ""
    return f"""# How fast is it?

Written by `benches/compare.sh`; run it again rather than change it. Times depend on the machine and on what else it
does, so read the ratios: all were measured in turn on the same inputs.

- {facts["date"]}: {facts["processor"]}, {facts["processors"]} processors, {facts["memory"]}, {facts["system"]}. Load when it began: {facts["load"]}.
- stopleak {facts["versions"]["stopleak"]} at commit {facts["commit"]}{changed}, built by {facts["rustc"]}.
- {versions.replace("git alone", "git")}.
- ripsecrets and scanner-rs come as no Python package and are not among them.
{missing}"""


def summary(job):
    """By scanner: median wall, CPU and memory, or why there are none."""
    rows = {}
    for name, runs in job["runs"].items():
        runs = [measure.Run(*run) for run in runs]
        bad = sorted({run.code for run in runs} - set(job["good"][name]))
        failed = None
        if bad:
            failed = "ended after its time" if bad[0] == measure.TIMED_OUT else f"failed, code {bad[0]}"
        medians = [statistics.median(column) for column in zip(*(run[:3] for run in runs))]
        rows[name] = (*medians, "/".join(str(code) for code in sorted({run.code for run in runs})), failed)
    return rows


def others(job, rows):
    """The scanners that a ratio can be taken to."""
    return {
        name: row for name, row in rows.items() if name != "stopleak" and name not in job["references"] and not row[4]
    }


def ratios(compared):
    lines = []
    for job, rows in compared:
        rivals, ours = others(job, rows), rows.get("stopleak")
        if not rivals or ours is None:
            continue
        if ours[4]:
            lines.append(f"| {job['name']} | stopleak {ours[4]} | | |")
            continue
        cells = [job["name"]]
        for column, aim in enumerate([*job["target"], None]):
            best = min(rivals, key=lambda name: rivals[name][column])
            ratio = rivals[best][column] / max(ours[column], 1e-6)
            met = "" if aim is None else f"; aim {aim}: {'met' if ratio >= aim else 'not met'}"
            cells.append(f"{ratio:.1f} ({best}{met})")
        lines.append("| " + " | ".join(cells) + " |")
    if not lines:
        return ""
    title = (
        "## Beside the best of the others\n\n"
        "How many times as much the best of the others takes, which may be another one in each column.\n\n"
    )
    return title + "| job | wall | CPU | memory |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"


def table(job, rows, least):
    lines = [f"### {job['name']}\n", "| | wall | CPU | memory | exit code | runs |", "|---|---|---|---|---|---|"]
    for name, (wall, cpu, memory, codes, failed) in rows.items():
        label = f"*{name}*" if name in job["references"] else name
        times = len(job["runs"][name])
        if failed:
            lines.append(f"| {label} | {failed} | | | {codes} | {times} |")
        else:
            sign = "≤ " if memory <= least * 1.05 else ""
            held = f"{sign}{memory / (1 << 20):.0f} MiB"
            lines.append(f"| {label} | {seconds(wall)} | {seconds(cpu)} | {held} | {codes} | {times} |")
    return "\n".join(lines) + "\n"


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 0.5 else f"{value:.2f} s"


def grown(measured):
    rows = []
    for row in measured["rows"]:
        row = growth.Growth(**row)
        extra = [f"{(cost - row.empty) / (row.costs[0] - row.empty):.2f}" for cost in row.costs]
        slope = "not above an empty run" if row.exponent is None else f"{row.exponent:.3f}"
        last = "" if row.last is None else f"{row.last:.3f}"
        met = row.exponent is None or row.exponent <= growth.MOST
        sizes = ", ".join(f"{size:,}" for size in row.sizes)
        cost = f"{row.costs[-1]:,}" if isinstance(row.costs[-1], int) else f"{row.costs[-1]:.3f}"
        empty = f"{row.empty:,}" if isinstance(row.empty, int) else f"{row.empty:.3f}"
        rows.append(
            f"| {row.job} | {sizes} {row.unit} | {empty} | {cost} | {' : '.join(extra)} "
            f"| {slope} ({'met' if met else 'not met'}) | {last} |"
        )
    return f"""## Growth

stopleak on one thread, the same job on inputs of about 1, 2, 4 and 8 times the size. Counted are {measured["what"]}.
What an empty run takes is taken off first; the exponent is the slope of the line through the logarithms of size and
cost (least squares). The aim is at most {growth.MOST}. The last column is the exponent between the last three sizes by
the differences of their costs, which no fixed cost can hide; small differences make it uncertain.

| job | sizes | empty run | largest | costs, as multiples of the first | exponent | last doubling |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def how(facts):
    floor = facts["floor"]
    commands = []
    for name, kinds in facts["commands"].items():
        for kind, words in kinds.items():
            commands.append(f"{kind:10} {words}")
        commands.append("")
    return f"""## How it was measured

- `{facts["command"]}`
- Every command runs as often as its row says, all scanners in turn; the median counts. Inputs are in the page cache, and every scanner has run before, so that what it keeps is there.
- Every scanner may use {facts["threads"]} threads, and is bound to {facts["threads"]} processors with all that it starts.
  Validation is off, all else as it comes. Output is thrown away.
- CPU is user and system time of the process and of its children (`git log`, where a scanner reads that). Memory is
  the maximum resident size of the largest process, mapped packs and files included.
- A process that does nothing takes {floor.wall * 1000:.1f} ms and {floor.cpu * 1000:.1f} ms of CPU here, which are in every number. Less
  memory than {floor.memory / (1 << 20):.0f} MiB cannot be seen.
- An exit code that is not that of a complete run is a failure, and has no time.
- A directory is the files of HEAD, without a repository around them. *Repacked* is after `git repack -adf`, *as
  cloned* the pack that a server sent. What is in italics is git alone, for comparison.

```text
{chr(10).join(commands).strip()}
```
"""
