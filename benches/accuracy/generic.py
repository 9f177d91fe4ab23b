#!/usr/bin/env python3
"""Obtains and checks the weights of the detector for generic secrets (docs/generic.md).

  generic.py letters TREE...                     trains src/engine/heuristics/generic/letters.txt on source trees, to stdout
  generic.py features FINDINGS LABELS            counts every feature among right and wrong findings
  generic.py curve FINDINGS LABELS ORDINARY...   what each least evidence for medium finds and disturbs
  generic.py labels META DATA                    writes LABELS for CredData, to stdout

FINDINGS is what `stopleak scan --confidence low --format jsonl` wrote. LABELS is a JSON Lines file of the same
tree with {"path", "start_line", "end_line", "true"}: what is known to be a secret, and what is known to be none.
Findings on lines without a label count for neither. ORDINARY is the same as FINDINGS for code without labels:
every finding there is wrong.
"""
import argparse
import csv
import json
import math
import os
import re
import sys
from collections import Counter, defaultdict

SOURCES = re.compile(
    r"\.(c|h|cc|cpp|cs|css|erb|go|html|java|js|json|kt|md|adoc|php|py|rb|rs|rst|sh|toml|ts|txt|xml|ya?ml)$")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_READ = 200_000
MOST_BITS = 25  # tenths
SHORTEST = 4  # shorter words are abbreviations, and parts of random text


def words_of(trees):
    """In how many files each word stands: parts of identifiers, of texts and of names alike."""
    files = Counter()
    for tree in trees:
        for folder, folders, names in sorted(os.walk(tree)):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in sorted(names):
                if SOURCES.search(name):
                    with open(os.path.join(folder, name), "rb") as handle:
                        text = handle.read(MOST_READ).decode("latin-1")
                    files.update({word.lower() for word in WORD.findall(text) if len(word) >= SHORTEST})
    return files


def train(files):
    """Tenths of bits by which a letter is likelier behind another one than in random text.

    A word counts with the square root of its files, so that no licence text decides; words of a single file
    do not count, because that is where random values stand. No pair has so many bits that it makes a word
    unlikely alone (`hawaii`).
    """
    pairs, firsts = Counter(), Counter()
    for word, count in files.items():
        if count >= 2:
            for first, second in zip(word, word[1:]):
                pairs[first, second] += math.sqrt(count)
                firsts[first] += math.sqrt(count)

    def tenths(first, second):
        likelihood = (pairs[first, second] + 0.5) / (firsts[first] + 13)
        return max(-MOST_BITS, min(MOST_BITS, round(10 * math.log2(likelihood * len(LETTERS)))))

    return [[tenths(first, second) for second in LETTERS] for first in LETTERS]


def print_letters(args):
    files = words_of(args.trees)
    print("# How much likelier than in random text a letter (column) stands behind another one (line) in the words")
    print("# of source code, in tenths of bits. Made by benches/accuracy/generic.py letters; see docs/generic.md.")
    print("#  " + "".join(f"{letter:>4}" for letter in LETTERS))
    for first, row in zip(LETTERS, train(files)):
        print(f"{first}  " + "".join(f"{number:>4}" for number in row))
    print(f"{len(files)} words", file=sys.stderr)


def findings_of(path):
    with open(path) as handle:
        for line in filter(str.strip, handle):
            finding = json.loads(line)
            if finding.get("type") == "finding":
                yield finding


def labels_of(path):
    """{(path, line): whether a true label stands there}."""
    labels = {}
    with open(path) as handle:
        for line in filter(str.strip, handle):
            label = json.loads(line)
            for number in range(label["start_line"], label["end_line"] + 1):
                key = label["path"], number
                labels[key] = labels.get(key, False) or label["true"]
    return labels


def verdict(finding, labels):
    """True, False, or None where nothing is known."""
    lines = range(finding["start_line"], (finding.get("end_line") or finding["start_line"]) + 1)
    known = [labels[finding["path"], line] for line in lines if (finding["path"], line) in labels]
    return any(known) if known else None


def is_generic(finding):
    return finding["rule"].startswith("generic-")


def print_features(args):
    labels = labels_of(args.labels)
    counts = defaultdict(lambda: [0, 0])
    totals = [0, 0]
    for finding in filter(is_generic, findings_of(args.findings)):
        right = verdict(finding, labels)
        if right is not None:
            totals[not right] += 1
            for feature in finding["why"]:
                counts[feature][not right] += 1
    print(f"{'feature':<40}{'right':>7}{'wrong':>7}{'bits':>7}")
    for feature, (right, wrong) in sorted(counts.items(), key=lambda item: -sum(item[1])):
        # How far the feature moves the odds; with half a finding more on either side.
        bits = math.log2((right + .5) / (totals[0] + 1)) - math.log2((wrong + .5) / (totals[1] + 1))
        print(f"{feature:<40}{right:>7}{wrong:>7}{bits:>7.1f}")
    print(f"{'all':<40}{totals[0]:>7}{totals[1]:>7}")


def weights_of(path):
    """{reason in a finding: weight}."""
    with open(path) as handle:
        text = handle.read()
    features = re.findall(r"^  [a-z-]+: \{weight: (-?\d+), why: ([^}]*)\}", text, re.MULTILINE)
    return {why: int(weight) for weight, why in features}


def print_curve(args):
    """By evidence before the role of the file is weighed, which the findings do not tell."""
    weights = weights_of(args.weights)
    labels = labels_of(args.labels)

    def evidence(finding):
        return sum(weights.get(why, 0) for why in finding["why"])

    labelled = [(evidence(finding), verdict(finding, labels)) for finding in findings_of(args.findings)
                if is_generic(finding)]
    ordinary = [evidence(finding) for path in args.ordinary for finding in findings_of(path) if is_generic(finding)]
    print(f"{'least':>6}{'right':>7}{'wrong':>7}{'ordinary':>10}")
    for least in range(1, 15):
        right = sum(known is True and found >= least for found, known in labelled)
        wrong = sum(known is False and found >= least for found, known in labelled)
        print(f"{least:>6}{right:>7}{wrong:>7}{sum(found >= least for found in ordinary):>10}")


def print_labels(args):
    """CredData's tables: a line of each for a value, GroundTruth is T, F or X (a placeholder)."""
    for name in sorted(os.listdir(args.meta)):
        with open(os.path.join(args.meta, name), newline="") as handle:
            for row in csv.DictReader(handle):
                path = row["FilePath"]
                if os.path.isfile(os.path.join(args.data, path.split("/", 1)[1])):
                    print(json.dumps({"path": path, "start_line": int(row["LineStart"]),
                                      "end_line": int(row["LineEnd"]), "true": row["GroundTruth"] == "T"}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    letters = commands.add_parser("letters")
    letters.add_argument("trees", nargs="+")
    letters.set_defaults(run=print_letters)
    features = commands.add_parser("features")
    features.add_argument("findings")
    features.add_argument("labels")
    features.set_defaults(run=print_features)
    curve = commands.add_parser("curve")
    curve.add_argument("--weights", default="src/engine/heuristics/generic/weights.yaml")
    curve.add_argument("findings")
    curve.add_argument("labels")
    curve.add_argument("ordinary", nargs="+")
    curve.set_defaults(run=print_curve)
    labels = commands.add_parser("labels")
    labels.add_argument("meta")
    labels.add_argument("data")
    labels.set_defaults(run=print_labels)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
