#!/usr/bin/env python3
"""Measures what stopleak finds in labelled sets, with all rules together and for each rule.

  per_rule.py --stopleak PROGRAM --cases CASES.jsonl[.zst] --creddata FOLDER [--write] [--json NEW.json]
  per_rule.py … --compare OLD.json       prints the differences to NEW.json of an earlier run, by rule

FOLDER contains data/ and meta/ as created by the pipeline of Samsung/CredData. Either set may be left out. --write
rewrites the generated parts of docs/accuracy.md and docs/accuracy-per-rule.md. Needs Python 3.11 or later,
and the program zstd for a compressed file of cases.
"""

import argparse
import json
import os
import re
import sys
import tempfile

import cases
import creddata
import page
import scanner


def measure(program, cases_path, creddata_folder):
    """Returns all figures of both sets, as they are written to a JSON file."""
    result = {"version": scanner.version(program), "rules": scanner.rules(program), "tiers": {}}
    loaded = cases.load(cases_path) if cases_path else None
    labels = creddata.load(creddata_folder) if creddata_folder else None
    with tempfile.TemporaryDirectory() as folder:
        if loaded:
            cases.write_tree(loaded, folder)
        for tier, options in scanner.TIERS.items():
            figures = result["tiers"][tier] = {}
            if loaded:
                found, _ = scanner.scan(program, folder, "src", ["--no-ignore", *options])
                figures["cases"] = cases.totals(loaded, found)
                figures["cases_by_rule"] = cases.of_rules(loaded, found)
                figures["providers"] = cases.of_providers(loaded, cases.rules_by_path(found))
            if labels:
                found, _ = scanner.scan(program, creddata_folder, "data", ["--no-ignore", *options])
                figures["creddata"] = creddata.totals(labels, found)
                figures["creddata_by_rule"] = creddata.of_rules(labels, found)
                figures["categories"] = creddata.of_categories(labels, found)
    if loaded:
        result["case_providers"] = {case["id"]: case["provider"] for case in cases.secrets(loaded)}
    # The same types as after reading the file.
    return json.loads(json.dumps(result))


def plain(name):
    return re.sub("[^a-z0-9]", "", name.lower())


def homes(rules, providers):
    """Returns by rule: the provider of cases with the same name as the rule's provider, or None."""
    by_name = {plain(provider): provider for provider in providers}
    return {rule: by_name.get(plain(about["provider"])) for rule, about in rules.items()}


def rule_table(result):
    """Returns a table of the rules with findings or missed cases of their provider, and the ids of the others."""
    default, low = (result["tiers"][tier] for tier in ("default", "low"))
    home = homes(result["rules"], low["providers"])
    rows, others = [], []
    for rule in sorted(result["rules"]):
        (cases_low, lines), (cases_default, _) = one_rule(low, rule), one_rule(default, rule)
        count, found_by_any = low["providers"].get(home[rule], (0, 0))
        found, false, missed = len(cases_low["found"]), len(cases_low["false_positives"]), count - found_by_any
        if not any([found, false, missed, lines["labels"], lines["false"]]):
            others.append(f"`{rule}`")
            continue
        numbers = [
            len(cases_default["found"]), len(cases_default["false_positives"]), found, len(cases_low["only"]), false,
            page.percent(found, found + false), page.percent(found, found + missed) if count else "",
            lines["labels"], lines["false"], page.percent(lines["labels"], lines["labels"] + lines["false"]),
        ]
        rows.append([rule, *(number or "" for number in numbers)])
    head = [
        "rule", "default: found", "false positives", "low: found", "by no other rule", "false positives", "precision, %",
        "recall, %", "CredData: found", "false positives", "precision, %",
    ]
    return page.table(head, rows), others


def provider_table(result):
    default, low = (result["tiers"][tier]["providers"] for tier in ("default", "low"))
    rows = [
        [provider, count, found, low[provider][1], page.percent(low[provider][1], count)]
        for provider, (count, found) in default.items()
    ]
    return page.table(["provider", "cases", "found", "found with low", "%"], rows)


def totals_table(result):
    """Returns the tables with the totals of both sets, in both tiers."""
    text = ""
    tiers = result["tiers"]
    if "cases" in tiers["default"]:
        rows = []
        for tier, figures in tiers.items():
            count = figures["cases"]
            rows.append([
                tier, f"{count['found']} of {count['secrets']}", page.percent(count["found"], count["secrets"]),
                f"{100 * count['provider_mean']:.1f}", f"{count['false_positives']} of {count['harmless']}",
                page.percent(count["false_positives"], count["harmless"]),
            ])
        providers = tiers["default"]["cases"]["providers"]
        head = ["cases", "found", "%", f"mean over {providers} providers, %", "false positives", "%"]
        text += page.table(head, rows) + "\n"
    if "creddata" in tiers["default"]:
        rows = []
        for tier, figures in tiers.items():
            for part, count in figures["creddata"].items():
                rows.append([
                    tier, part, count["true"], count["found"], count["false"],
                    *(f"{count[key]:.3f}" for key in ("precision", "recall", "f1")),
                ])
        head = ["CredData", "labels", "true", "found", "false positives", "precision", "recall", "F1"]
        text += page.table(head, rows, left=2)
    return text


def category_table(result, min_labels=20):
    default, low = (result["tiers"][tier]["categories"] for tier in ("default", "low"))
    rows = [
        [category, count, found, low[category][1], page.percent(low[category][1], count)]
        for category, (count, found) in default.items()
        if count >= min_labels
    ]
    return page.table(["CredData category", "true labels", "found", "found with low", "%"], rows)


def write(result):
    """Rewrites the generated parts of both pages."""
    parts = {"totals": f"{result['version']} ({len(result['rules'])} of them).\n\n{totals_table(result)}"}
    if "categories" in result["tiers"]["default"]:
        parts["categories"] = category_table(result)
    page.write(os.path.join(page.DOCS, "accuracy.md"), parts)
    rules, others = rule_table(result)
    text = f"{len(others)} rules have no finding and no missed case in either set: {', '.join(others)}."
    page.write(
        os.path.join(page.DOCS, "accuracy-per-rule.md"),
        {"rules": rules, "silent": text, "providers": provider_table(result)},
    )


def changes(old, new):
    """Returns the differences of two results, one line for each."""
    lines = []
    for tier in scanner.TIERS:
        before, after = old["tiers"][tier], new["tiers"][tier]
        for name in ("cases", "creddata"):
            if name in before and name in after and before[name] != after[name]:
                lines.append(f"{tier}: {name}: {summary(before[name])} -> {summary(after[name])}")
        rules = set()
        for figures in (before, after):
            rules |= set(figures.get("cases_by_rule", ())) | set(figures.get("creddata_by_rule", ()))
        for rule in sorted(rules):
            lines += rule_changes(f"{tier}: {rule}", *(one_rule(figures, rule) for figures in (before, after)))
    for rule in sorted(set(old["rules"]) ^ set(new["rules"])):
        lines.append(f"{rule}: {'new' if rule in new['rules'] else 'gone'}")
    return lines


def summary(figures):
    if "secrets" in figures:
        return f"{figures['found']} found, {figures['false_positives']} false positives, mean {figures['provider_mean']:.3f}"
    return ", ".join(f"{part} {count['precision']:.3f}/{count['recall']:.3f}" for part, count in figures.items())


def one_rule(figures, rule):
    return (
        figures.get("cases_by_rule", {}).get(rule, {"found": [], "only": [], "false_positives": []}),
        figures.get("creddata_by_rule", {}).get(rule, {"labels": 0, "false": 0}),
    )


def rule_changes(title, before, after):
    """Returns one line with the gained and lost cases and labels of a rule, or none if nothing changed."""
    parts = []
    for key, word in (("found", "found"), ("false_positives", "false positives")):
        was, now = set(before[0][key]), set(after[0][key])
        for sign, ids in (("+", now - was), ("-", was - now)):
            if ids:
                parts.append(f"{sign}{len(ids)} {word} ({', '.join(sorted(ids)[:5])}{' …' if len(ids) > 5 else ''})")
    for key, word in (("labels", "CredData labels"), ("false", "CredData false positives")):
        if before[1][key] != after[1][key]:
            parts.append(f"{after[1][key] - before[1][key]:+} {word}")
    return [f"{title}: {', '.join(parts)}"] if parts else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stopleak", required=True, help="the program to measure")
    parser.add_argument("--cases", help="labelled snippets")
    parser.add_argument("--creddata", help="folder with data/ and meta/")
    parser.add_argument("--write", action="store_true", help="rewrite the generated parts of the documentation")
    parser.add_argument("--json", metavar="NEW", help="write all figures to this file")
    parser.add_argument("--compare", metavar="OLD", help="print what changed since this file was written")
    chosen = parser.parse_args()
    if chosen.write and not (chosen.cases and chosen.creddata):
        parser.error("--write needs both sets")
    result = measure(os.path.abspath(chosen.stopleak), chosen.cases, chosen.creddata)
    print(totals_table(result))
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
    if chosen.compare:
        with open(chosen.compare, encoding="utf-8") as file:
            print("\n".join(changes(json.load(file), result)) or "nothing changed")
    if chosen.write:
        write(result)


if __name__ == "__main__":
    sys.exit(main())
