"""Runs all jobs with all scanners and writes the page. `compare.sh` calls it, installs the scanners and builds."""

import argparse
import json
import os
import shutil
import sys
import tempfile

import growth
import jobs
import measure
import page
import scanners

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments():
    parser = argparse.ArgumentParser(
        prog="benches/compare.sh",
        description="Compares stopleak with other scanners and measures how its cost grows.",
    )
    parser.add_argument("repositories", nargs="*", metavar="REPO", help="[NAME=]PATH of a repository, preferably a bare clone")
    parser.add_argument("--tree", action="append", default=[], metavar="REPO", help="[NAME=]PATH of a repository for the directory job only")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command; four times as many for short ones [5]")
    parser.add_argument("--threads", type=int, default=2, help="threads of each scanner, and processors for all of them [2]")
    parser.add_argument("--only", default="start,hook,directory,history,growth", help=f"groups of jobs to run, of {','.join(jobs.GROUPS)} [all but large]")
    parser.add_argument("--large", action="store_true", help="also measure files of 1 GB")
    parser.add_argument("--limit", type=float, default=3600, help="time limit of a run in seconds; a run that exceeds it has failed [3600]")
    parser.add_argument("--scratch", help="keep inputs and results in this directory, and reuse existing inputs")
    parser.add_argument("--resume", action="store_true", help="keep the results in --scratch of jobs that are not measured again")
    parser.add_argument("--page", default=os.path.join(ROOT, "docs/performance.md"), help="[docs/performance.md]")
    parser.add_argument("--venv", help=argparse.SUPPRESS)
    parser.add_argument("--stopleak", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    chosen.only = set(chosen.only.split(",")) | ({"large"} if chosen.large else set())
    if unknown := chosen.only - set(jobs.GROUPS):
        parser.error(f"no such jobs: {', '.join(sorted(unknown))}")
    if not chosen.venv:
        parser.error("run benches/compare.sh instead")
    return chosen


def rounds(inputs, job, callers, chosen):
    """Runs all scanners in turn, repeatedly, so that other load affects all of them. Returns the runs by scanner."""
    runs = {}
    times = chosen.runs * (4 if job.many and chosen.runs > 1 else 1)
    for number in range(times):
        for scanner in callers:
            command = scanner.command(job.kind, job.path, chosen.threads)
            if command is None:
                continue
            environment = {**inputs.environment, **scanner.environment(chosen.threads)}
            run = measure.run(command[0], job.folder or "/", environment, chosen.limit)
            runs.setdefault(scanner.name, []).append(run)
            print(f"  {number + 1}/{times} {scanner.name}: {run.wall:.3f} s, code {run.code}", file=sys.stderr)
    return runs


def main():
    chosen = arguments()
    scratch = chosen.scratch or tempfile.mkdtemp(prefix="stopleak-compare-")
    os.makedirs(scratch, exist_ok=True)
    try:
        compare(chosen, scratch)
    finally:
        if not chosen.scratch:
            shutil.rmtree(scratch)


def compare(chosen, scratch):
    inputs = jobs.Inputs(scratch)
    callers, absent = scanners.scanners(chosen.venv, chosen.stopleak)
    kept = inputs.path("results.json")
    results = {"jobs": [], "growth": None}
    if chosen.resume and os.path.exists(kept):
        with open(kept) as file:
            results = json.load(file)

    def save():
        with open(kept + ".new", "w") as file:
            json.dump(results, file, indent=1)
        os.rename(kept + ".new", kept)

    processors = sorted(os.sched_getaffinity(0))
    facts = page.facts(ROOT, chosen, callers, absent)
    named = [jobs.repository(text) for text in chosen.repositories]
    trees = [jobs.repository(text) for text in chosen.tree]
    todo = jobs.prepare(inputs, chosen.only, named, trees)
    # Inherited by all measured processes. The inputs above were generated with all processors.
    os.sched_setaffinity(0, processors[: chosen.threads])
    facts["floor"] = measure.floor(inputs.environment)
    facts["commands"] = {
        scanner.name: {kind: scanner.command(kind, "", chosen.threads)[1] for kind in scanner.commands}
        for scanner in callers
    }
    if todo:
        # One run of each scanner before the measurement, so that its caches exist.
        small = inputs.path("staged-20")
        for scanner in callers:
            for kind in ["staged", "directory"]:
                if command := scanner.command(kind, small, chosen.threads):
                    environment = {**inputs.environment, **scanner.environment(chosen.threads)}
                    measure.run(command[0], small, environment, chosen.limit)
    for job in todo:
        print(job.name, file=sys.stderr)
        if job.path and not job.many:
            jobs.extent(job.path)
        runs = rounds(inputs, job, callers, chosen)
        good = {scanner.name: sorted(scanner.good) for scanner in callers}
        references = [scanner.name for scanner in callers if scanner.reference]
        done = {**job._asdict(), "runs": runs, "good": good, "references": references}
        # The results file contains no paths of this machine.
        del done["folder"], done["path"]
        names = [other["name"] for other in results["jobs"]]
        if job.name in names:
            results["jobs"][names.index(job.name)] = done
        else:
            results["jobs"].append(done)
        save()
    if "growth" in chosen.only:
        what, rows = growth.measure_all(inputs, os.path.abspath(chosen.stopleak))
        results["growth"] = {"what": what, "rows": [row._asdict() for row in rows]}
        save()
    results["jobs"].sort(key=lambda job: jobs.GROUPS.index(job["group"]))
    with open(chosen.page, "w") as file:
        file.write(page.render(facts, results))
    print(chosen.page, file=sys.stderr)


main()
