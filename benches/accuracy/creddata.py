"""The labelled lines of Samsung/CredData, in the layout of its own pipeline: data/ and meta/.

A row of meta/*.csv labels some lines of a file as true (T) or not (F, X). Findings are counted by line
spans: a span that overlaps true labels finds all of them; one that overlaps other labels only is a false positive; one
that overlaps none does not count, because not every line is labelled.
"""

import collections
import csv
import os

KEYS = {
    "PEM Private Key", "BASE64 Private Key", "BASE64 encoded PEM Private Key", "JWK", "NKEY Seed",
}
HEADERS_AND_URLS = {
    "URL Credentials", "Basic Authorization", "Bearer Authorization", "NTLM Token", "JSON Web Token",
}
SERVICES = {
    "AWS Client ID", "AWS MWS Key", "AWS Multi", "Akamai Credentials", "Anthropic API Key", "Azure Access Token",
    "Docker Swarm Token", "Github Classic Token", "Google API Key", "Google Multi", "Google OAuth Access Token",
    "Grafana Access Policy Token", "Grafana Provisioned API Key", "Grafana Service Account Token",
    "Jira / Confluence PAT token", "MailGun API Key", "Postman Credentials", "Slack Token", "Stripe Credentials",
}
# Categories whose values have a distinctive format.
TOKENS = KEYS | HEADERS_AND_URLS | SERVICES
# Categories whose values give no access by themselves.
IDENTIFIERS = {
    "UUID", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID", "Twilio Credentials",
    "Salesforce Credentials",
}

# Which categories count, by the name of the figures.
PARTS = {
    "all labels": lambda categories: True,
    "without identifiers": lambda categories: not categories <= IDENTIFIERS,
    "token-like": lambda categories: bool(categories & TOKENS),
}

Label = collections.namedtuple("Label", "number path first last true categories")


def load(folder):
    """Returns the labels whose file exists."""
    labels = []
    meta = os.path.join(folder, "meta")
    for name in sorted(name for name in os.listdir(meta) if name.endswith(".csv")):
        with open(os.path.join(meta, name), newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if not os.path.isfile(os.path.join(folder, row["FilePath"])):
                    continue
                labels.append(Label(
                    len(labels), row["FilePath"], int(row["LineStart"]), int(row["LineEnd"]),
                    row["GroundTruth"] == "T", frozenset(row["Category"].split(":")),
                ))
    return labels


def overlapping(labels, findings):
    """Returns for each line span with findings: the labels that it overlaps, and the rules of its findings."""
    by_path = collections.defaultdict(list)
    for label in labels:
        by_path[label.path].append(label)
    spans = collections.defaultdict(set)
    for finding in findings:
        last = finding.get("end_line") or finding["start_line"]
        spans[finding["path"], finding["start_line"], last].add(finding["rule"])
    return [
        ([label for label in by_path[path] if label.first <= last and first <= label.last], rules)
        for (path, first, last), rules in spans.items()
    ]


def found_and_false(hits, counts):
    """Returns the numbers of the true labels that are found, and how many spans are false positives."""
    found, false = set(), 0
    for on_span, _ in hits:
        found |= {label.number for label in on_span if label.true and counts(label.categories)}
        false += not any(label.true for label in on_span) and any(counts(label.categories) for label in on_span)
    return found, false


def totals(labels, findings):
    """Returns the figures of one run, by part."""
    hits = overlapping(labels, findings)
    parts = {}
    for part, counts in PARTS.items():
        true = sum(label.true and counts(label.categories) for label in labels)
        found, false = found_and_false(hits, counts)
        precision = len(found) / (len(found) + false) if found or false else 0.0
        recall = len(found) / true if true else 0.0
        both = precision + recall
        parts[part] = {
            "true": true, "found": len(found), "false": false, "precision": precision, "recall": recall,
            "f1": 2 * precision * recall / both if both else 0.0,
        }
    return parts


def of_rules(labels, findings):
    """Returns for each rule alone: how many true labels it finds, and how many spans are false positives."""
    by_rule = collections.defaultdict(list)
    for finding in findings:
        by_rule[finding["rule"]].append(finding)
    rules = {}
    for rule, own in by_rule.items():
        hits = overlapping(labels, own)
        found, false = found_and_false(hits, PARTS["all labels"])
        rules[rule] = {"labels": len(found), "false": false, "unlabelled": sum(not on for on, _ in hits)}
    return rules


def of_categories(labels, findings):
    """Returns [number of true labels, number of found ones] by category. A label counts in each of its categories."""
    found, _ = found_and_false(overlapping(labels, findings), PARTS["all labels"])
    categories = collections.defaultdict(lambda: [0, 0])
    for label in labels:
        for category in label.categories if label.true else ():
            categories[category][0] += 1
            categories[category][1] += label.number in found
    return dict(sorted(categories.items(), key=lambda row: (-row[1][0], row[0])))
