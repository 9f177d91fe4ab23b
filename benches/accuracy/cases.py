"""Labelled snippets: one JSON object in each line, written to a separate file for the scan.

An object has `path` (below src/), `text`, `provider`, `expect` (whether it contains a secret) and may have `weak` (it
contains at most an identifier) or `dubious` (the label is uncertain); neither of these counts. A snippet counts as
found if its file has any finding.
"""

import collections
import json
import os
import subprocess


def load(path):
    """Returns the cases of a .jsonl file, or of a .jsonl.zst file if the program zstd is installed."""
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout.decode()
    else:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def write_tree(cases, folder):
    """Writes each case to its path, with a newline after the last line."""
    for case in cases:
        path = os.path.join(folder, case["path"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = case["text"] if case["text"].endswith("\n") else case["text"] + "\n"
        with open(path, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            file.write(text)


def secrets(cases):
    return [case for case in cases if case["expect"] and not case.get("weak")]


def harmless(cases):
    return [case for case in cases if not case["expect"] and not case.get("dubious")]


def rules_by_path(findings):
    """Returns the ids of the rules with a finding, by path of the case."""
    rules = collections.defaultdict(set)
    for finding in findings:
        rules[finding["path"]].add(finding["rule"])
    return rules


def of_providers(cases, hit):
    """Returns (number of secrets, number of found ones) by provider."""
    counts = collections.defaultdict(lambda: [0, 0])
    for case in secrets(cases):
        counts[case["provider"]][0] += 1
        counts[case["provider"]][1] += case["path"] in hit
    return {provider: tuple(count) for provider, count in sorted(counts.items())}


def totals(cases, findings):
    """Returns the figures of one run over all cases."""
    hit = rules_by_path(findings)
    positives, negatives, providers = secrets(cases), harmless(cases), of_providers(cases, hit)
    shares = [found / count for count, found in providers.values()]
    return {
        "secrets": len(positives),
        "found": sum(case["path"] in hit for case in positives),
        "providers": len(providers),
        "provider_mean": sum(shares) / len(shares) if shares else 0.0,
        "harmless": len(negatives),
        "false_positives": sum(case["path"] in hit for case in negatives),
    }


def of_rules(cases, findings):
    """Returns ids by rule: the secrets that it finds, those that no other rule finds, and its false positives."""
    hit = rules_by_path(findings)
    rules = collections.defaultdict(lambda: {"found": [], "only": [], "false_positives": []})
    for case in secrets(cases):
        for rule in hit.get(case["path"], ()):
            rules[rule]["found"].append(case["id"])
            if len(hit[case["path"]]) == 1:
                rules[rule]["only"].append(case["id"])
    for case in harmless(cases):
        for rule in hit.get(case["path"], ()):
            rules[rule]["false_positives"].append(case["id"])
    return {rule: {key: sorted(ids) for key, ids in kinds.items()} for rule, kinds in rules.items()}
