"""Runs stopleak and parses its output."""

import json
import subprocess
import sys

TIERS = {"default": [], "low": ["--confidence", "low"]}


def scan(program, folder, target, options):
    """Scans `target`, a path relative to `folder`, and returns the findings and the summary."""
    command = [program, "scan", "--no-config", "--exit-zero", "--quiet", "--format", "jsonl", *options, target]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    if run.returncode != 0 or not lines or lines[-1].get("type") != "summary":
        sys.exit(f"{' '.join(command)} ended with {run.returncode}:\n{run.stderr}")
    return [line for line in lines if line["type"] == "finding"], lines[-1]


def rules(program):
    """Returns the active rules, as `rules list` describes them, by id."""
    run = subprocess.run(
        [program, "rules", "list", "--no-config", "--format", "json"], check=True, capture_output=True, text=True
    )
    return {rule["id"]: rule for rule in json.loads(run.stdout)}


def version(program):
    """Returns the name and version of the program, with the digest of its rules."""
    name = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    run = subprocess.run(
        [program, "scan", "--no-config", "--quiet", "--format", "jsonl", "-"],
        check=True, capture_output=True, text=True, input="\n",
    )
    return f"{name}, rules {json.loads(run.stdout.splitlines()[0])['ruleset']}"
