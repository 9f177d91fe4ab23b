#!/usr/bin/env python3
"""Scans the work trees of well-known repositories and compares every finding with the verdict of a person.

  ordinary.py --stopleak PROGRAM --trees FOLDER [--clone] [--write] [--add]

`repositories.tsv` names the repositories and their commits; each is a clone in FOLDER with its name. --clone clones the
missing ones; nothing else uses the network. `verdicts.tsv` contains the verdicts:

  secret     a credential that may give access
  test data  a key or token of a real format, made for a test or an example: a true positive, and harmless
  false      no credential: a false positive

A verdict belongs to a path, a line, a rule, and the first digits of the SHA-256 of the line, so it also applies to a
line that moved; a verdict about another rule on the same line applies too. A finding without verdict is listed and
makes exit code 1; --add appends it with the verdict `?`, which a person replaces. Verdicts without a finding are
counted. --write rewrites the generated parts of docs/accuracy.md. Needs Python 3.11 or later and git.
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
VERDICT_FILE = os.path.join(HERE, "verdicts.tsv")
FIELDS = ["repository", "path", "line", "rule", "hash", "verdict", "reason"]
VERDICTS = ["secret", "test data", "false"]
NO_VERDICT = "?"


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
    """Returns the missing tracked files; exits if any other file differs from the commit."""
    if not os.path.isdir(folder):
        sys.exit(f"{folder} does not exist; --clone clones it")
    head = git(folder, "rev-parse", "HEAD").strip()
    if head != repository["commit"]:
        sys.exit(f"{folder} is at {head} and not at {repository['commit']}")
    changed = [line for line in git(folder, "status", "--porcelain").splitlines()]
    foreign = [line for line in changed if not line.startswith(" D ")]
    if foreign:
        sys.exit(f"{folder} has uncommitted changes: {foreign[:3]}")
    return [line[3:] for line in changed]


def line_hash(path, number):
    """Returns the first twelve hexadecimal digits of the SHA-256 of a line, without its line ending."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    return hashlib.sha256(lines[number - 1].rstrip(b"\r")).hexdigest()[:12]


class Verdicts:
    """The rows of verdicts.tsv, and which of them apply to a finding."""

    def __init__(self, rows):
        self.rows = rows
        self.used = set()

    def find(self, finding):
        """Returns the row of a finding: with its line and rule, else with its rule on an equal line, else on an equal line."""
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
    """Returns a table with a row for each repository and one for the sums, and the sums."""
    rows = []
    sums = collections.Counter()
    for repository in repositories:
        result = results[repository["name"]]
        counts = collections.Counter(row["verdict"] for row in result["rows"])
        counts.update(bytes=result["bytes"], files=result["files"], low=result["low"])
        sums.update(counts)
        rows.append(figures(f"{repository['name']} {repository['commit'][:10]}", counts))
    return page.table(HEAD, [*rows, figures("all", sums)]), sums


HEAD = ["repository", "files", "MB", "findings", "secrets", "test data", "false", "false per 25 MB", "further in low tier"]


def figures(name, counts):
    total = sum(counts[verdict] for verdict in [*VERDICTS, NO_VERDICT])
    rate = 25e6 * counts["false"] / counts["bytes"]
    return [
        name, counts["files"], f"{counts['bytes'] / 1e6:.1f}", total, *(counts[verdict] for verdict in VERDICTS),
        f"{rate:.2f}", counts["low"] - total,
    ]


def finding_table(results):
    """Returns a table of all findings. Those with equal file, rule, verdict and reason are one row."""
    groups = collections.defaultdict(list)
    for name, result in results.items():
        for row in result["rows"]:
            groups[name, row["path"], row["rule"], row["verdict"], row["reason"]].append(row)
    rows = []
    for (name, path, rule, verdict, reason), same in groups.items():
        lines = ", ".join(dict.fromkeys(row["line"] for row in same))
        rows.append([f"{name}: {cell(path)}:{lines}", f"`{rule}`", verdict, cell(reason)])
    return page.table(["finding", "rule", "verdict", "why"], rows, left=4)


def measure(program, trees, repositories, verdicts):
    results = {}
    for repository in repositories:
        name = repository["name"]
        folder = os.path.join(trees, name)
        absent = absent_files(folder, repository)
        found, summary = scanner.scan(program, trees, name, scanner.TIERS["default"])
        low, _ = scanner.scan(program, trees, name, scanner.TIERS["low"])
        rows = findings_of(found, trees, name)
        for row in rows:
            verdict = verdicts.find(row)
            row["verdict"] = verdict["verdict"] if verdict else NO_VERDICT
            row["reason"] = verdict["reason"] if verdict else "no verdict yet"
        results[name] = {
            "rows": rows, "low": len(low), "absent": absent,
            "bytes": summary["counts"]["bytes"], "files": summary["counts"]["files"],
        }
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stopleak", required=True, help="the program to measure")
    parser.add_argument("--trees", required=True, help="folder of the clones")
    parser.add_argument("--clone", action="store_true", help="clone missing repositories")
    parser.add_argument("--add", action="store_true", help="append findings without verdict to verdicts.tsv")
    parser.add_argument("--write", action="store_true", help="rewrite the generated parts of docs/accuracy.md")
    chosen = parser.parse_args()
    program, trees = os.path.abspath(chosen.stopleak), os.path.abspath(chosen.trees)
    repositories, verdicts = read_table(REPOSITORIES), Verdicts(read_table(VERDICT_FILE))
    for repository in repositories:
        folder = os.path.join(trees, repository["name"])
        if chosen.clone and not os.path.isdir(folder):
            clone(folder, repository)
    results = measure(program, trees, repositories, verdicts)

    table, sums = repository_table(repositories, results)
    print(table)
    without_verdict = [row for result in results.values() for row in result["rows"] if row["verdict"] == NO_VERDICT]
    for row in without_verdict:
        print(f"no verdict: {row['repository']}/{row['path']}:{row['line']} {row['rule']} {row['secret']}")
    if verdicts.unused():
        print(f"{verdicts.unused()} verdicts have no finding")
    if chosen.add and without_verdict:
        with open(VERDICT_FILE, "a", encoding="utf-8") as file:
            for row in without_verdict:
                file.write("\t".join(row[field] for field in FIELDS) + "\n")
    if chosen.write:
        absent = sum(len(result["absent"]) for result in results.values())
        rate = 25e6 * sums["false"] / sums["bytes"]
        text = f"{table}\n{rate:.2f} false findings per 25 MB; {len(without_verdict)} findings have no verdict."
        if absent:
            text += f" {absent} tracked files were missing."
        parts = {"repositories": text, "findings": finding_table(results)}
        page.write(os.path.join(page.DOCS, "accuracy.md"), parts)
    return 1 if without_verdict else 0


if __name__ == "__main__":
    sys.exit(main())
