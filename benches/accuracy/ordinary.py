#!/usr/bin/env python3
"""Scans the work trees of well-known repositories and holds every finding against what a person said about it.

  ordinary.py --stopleak PROGRAM --trees FOLDER [--clone] [--write] [--add]

`repositories.tsv` names the repositories and their commits; each is a clone in FOLDER by its name. --clone makes the
ones that are not there, which is the only use of the network. `judgements.tsv` has the verdicts:

  secret     a credential that may open something
  test data  a real key or token by form, made for a test or an example: reported truly, and harmless
  false      no credential

A verdict belongs to a path, a line, a rule, and the first digits of the SHA-256 of the line, so it follows a line that
moves; one that was given to another rule on the same line counts as well. A finding without verdict is listed and
makes exit code 1; --add appends it with the verdict `?`, to be read and replaced. A verdict without finding is
counted. --write rewrites the generated parts of docs/accuracy.md. Python 3.11 or later, nothing else, and git.
"""

import argparse
import collections
import csv
import hashlib
import os
import subprocess
import sys

import page
import scanner

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORIES = os.path.join(HERE, "repositories.tsv")
JUDGEMENTS = os.path.join(HERE, "judgements.tsv")
FIELDS = ["repository", "path", "line", "rule", "hash", "verdict", "reason"]
VERDICTS = ["secret", "test data", "false"]
UNJUDGED = "?"


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def git(folder, *arguments):
    run = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True)
    return run.stdout


def clone(folder, repository):
    subprocess.run(["git", "clone", "--no-checkout", repository["url"], folder], check=True)
    subprocess.run(["git", "-C", folder, "checkout", "--quiet", "--detach", repository["commit"]], check=True)


def absent_files(folder, repository):
    """The tracked files that are not there; anything else that is not as committed ends the run."""
    if not os.path.isdir(folder):
        sys.exit(f"{folder} is not there; --clone makes it")
    head = git(folder, "rev-parse", "HEAD").strip()
    if head != repository["commit"]:
        sys.exit(f"{folder} is at {head} and not at {repository['commit']}")
    changed = [line for line in git(folder, "status", "--porcelain").splitlines()]
    foreign = [line for line in changed if not line.startswith(" D ")]
    if foreign:
        sys.exit(f"{folder} is not as committed: {foreign[:3]}")
    return [line[3:] for line in changed]


def line_hash(path, number):
    """What tells a line from others: twelve digits of the SHA-256 of its bytes."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    return hashlib.sha256(lines[number - 1].rstrip(b"\r")).hexdigest()[:12]


class Judgements:
    """The verdicts, and which of them were asked for."""

    def __init__(self, rows):
        self.rows = rows
        self.used = set()

    def of(self, finding):
        """The row about a finding: of its place, else of its rule on the same text, else of the same text."""
        keys = [
            ["repository", "path", "line", "rule", "hash"],
            ["repository", "path", "rule", "hash"],
            ["repository", "path", "hash"],
        ]
        for key in keys:
            for number, row in enumerate(self.rows):
                if all(row[field] == finding[field] for field in key):
                    self.used.add(number)
                    return row
        return None

    def unused(self):
        return len(self.rows) - len(self.used)


def findings_of(found, trees, repository):
    rows = []
    for finding in found:
        path = finding["path"].removeprefix(f"{repository}/")
        number = finding["start_line"]
        rows.append({
            "repository": repository, "path": path, "line": str(number), "rule": finding["rule"],
            "hash": line_hash(os.path.join(trees, repository, path), number),
            "secret": finding["secret"], "confidence": finding["confidence"],
        })
    return rows


def cell(text):
    return text.replace("|", "\\|")


def repository_table(repositories, results):
    """One line for each repository, and the sum of them."""
    rows = []
    sums = collections.Counter()
    for repository in repositories:
        result = results[repository["name"]]
        counts = collections.Counter(row["verdict"] for row in result["rows"])
        counts.update(bytes=result["bytes"], files=result["files"], low=result["low"])
        sums.update(counts)
        rows.append(figures(f"{repository['name']} {repository['commit'][:10]}", counts))
    return page.table(HEAD, [*rows, figures("all", sums)]), sums


HEAD = ["repository", "files", "MB", "findings", "secrets", "test data", "false", "false per 25 MB", "low tier besides"]


def figures(name, counts):
    total = sum(counts[verdict] for verdict in [*VERDICTS, UNJUDGED])
    rate = 25e6 * counts["false"] / counts["bytes"]
    return [
        name, counts["files"], f"{counts['bytes'] / 1e6:.1f}", total, *(counts[verdict] for verdict in VERDICTS),
        f"{rate:.2f}", counts["low"] - total,
    ]


def finding_table(results):
    """Every finding; those of one file, rule, verdict and reason on one line."""
    groups = collections.defaultdict(list)
    for name, result in results.items():
        for row in result["rows"]:
            groups[name, row["path"], row["rule"], row["verdict"], row["reason"]].append(row)
    rows = []
    for (name, path, rule, verdict, reason), same in groups.items():
        lines = ", ".join(dict.fromkeys(row["line"] for row in same))
        rows.append([f"{name}: {cell(path)}:{lines}", f"`{rule}`", verdict, cell(reason)])
    return page.table(["finding", "rule", "verdict", "why"], rows, left=4)


def measure(program, trees, repositories, judgements):
    results = {}
    for repository in repositories:
        name = repository["name"]
        folder = os.path.join(trees, name)
        absent = absent_files(folder, repository)
        found, summary = scanner.scan(program, trees, name, scanner.TIERS["default"])
        low, _ = scanner.scan(program, trees, name, scanner.TIERS["low"])
        rows = findings_of(found, trees, name)
        for row in rows:
            judged = judgements.of(row)
            row["verdict"] = judged["verdict"] if judged else UNJUDGED
            row["reason"] = judged["reason"] if judged else "not judged yet"
        results[name] = {
            "rows": rows, "low": len(low), "absent": absent,
            "bytes": summary["counts"]["bytes"], "files": summary["counts"]["files"],
        }
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stopleak", required=True, help="the program to measure")
    parser.add_argument("--trees", required=True, help="folder of the clones")
    parser.add_argument("--clone", action="store_true", help="clone what is not there")
    parser.add_argument("--add", action="store_true", help="append findings without verdict to judgements.tsv")
    parser.add_argument("--write", action="store_true", help="rewrite the generated parts of docs/accuracy.md")
    chosen = parser.parse_args()
    program, trees = os.path.abspath(chosen.stopleak), os.path.abspath(chosen.trees)
    repositories, judgements = read_table(REPOSITORIES), Judgements(read_table(JUDGEMENTS))
    for repository in repositories:
        folder = os.path.join(trees, repository["name"])
        if chosen.clone and not os.path.isdir(folder):
            clone(folder, repository)
    results = measure(program, trees, repositories, judgements)

    table, sums = repository_table(repositories, results)
    print(table)
    unjudged = [row for result in results.values() for row in result["rows"] if row["verdict"] == UNJUDGED]
    for row in unjudged:
        print(f"not judged: {row['repository']}/{row['path']}:{row['line']} {row['rule']} {row['secret']}")
    if judgements.unused():
        print(f"{judgements.unused()} verdicts are about nothing that is found")
    if chosen.add and unjudged:
        with open(JUDGEMENTS, "a", encoding="utf-8") as file:
            for row in unjudged:
                file.write("\t".join(row[field] for field in FIELDS) + "\n")
    if chosen.write:
        absent = sum(len(result["absent"]) for result in results.values())
        rate = 25e6 * sums["false"] / sums["bytes"]
        text = f"{table}\n{rate:.2f} false findings per 25 MB; all but {len(unjudged)} findings are judged."
        if absent:
            text += f" {absent} tracked files were not there."
        parts = {"repositories": text, "findings": finding_table(results)}
        page.write(os.path.join(page.DOCS, "accuracy.md"), parts)
    return 1 if unjudged else 0


if __name__ == "__main__":
    sys.exit(main())
