"""The labelled snippets: one JSON object a line, each a file of its own.

An object has `path` (below src/), `text`, `provider`, `expect` (whether it holds a secret) and may have `weak` (it
holds an identifier at most) or `dubious` (nobody can tell); neither of these counts. A snippet counts as found
when anything is found in its file.
"""

import collections
import json
import os
import subprocess


def load(path):
    """The cases of a .jsonl file, or of a .jsonl.zst one where the program zstd is installed."""
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout.decode()
    else:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def write_tree(cases, folder):
    """Writes each case as the file it would be, with a line ending behind its last line."""
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
    """Path of a case -> ids of the rules that found something in it."""
    rules = collections.defaultdict(set)
    for finding in findings:
        rules[finding["path"]].add(finding["rule"])
    return rules


def of_providers(cases, hit):
    """Provider -> (its secrets, those found)."""
    counts = collections.defaultdict(lambda: [0, 0])
    for case in secrets(cases):
        counts[case["provider"]][0] += 1
        counts[case["provider"]][1] += case["path"] in hit
    return {provider: tuple(count) for provider, count in sorted(counts.items())}


def totals(cases, findings):
    """The figures of one run over all cases."""
    hit = rules_by_path(findings)
    wanted, unwanted, providers = secrets(cases), harmless(cases), of_providers(cases, hit)
    shares = [found / count for count, found in providers.values()]
    return {
        "secrets": len(wanted),
        "found": sum(case["path"] in hit for case in wanted),
        "providers": len(providers),
        "provider_mean": sum(shares) / len(shares) if shares else 0.0,
        "harmless": len(unwanted),
        "alarms": sum(case["path"] in hit for case in unwanted),
    }


def of_rules(cases, findings):
    """Rule -> ids of the secrets it finds, of those that only it finds, of its false alarms."""
    hit = rules_by_path(findings)
    rules = collections.defaultdict(lambda: {"found": [], "only": [], "alarms": []})
    for case in secrets(cases):
        for rule in hit.get(case["path"], ()):
            rules[rule]["found"].append(case["id"])
            if len(hit[case["path"]]) == 1:
                rules[rule]["only"].append(case["id"])
    for case in harmless(cases):
        for rule in hit.get(case["path"], ()):
            rules[rule]["alarms"].append(case["id"])
    return {rule: {key: sorted(ids) for key, ids in kinds.items()} for rule, kinds in rules.items()}
