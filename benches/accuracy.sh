#!/usr/bin/env bash
# Measures recall and false positives, and rewrites the generated parts of docs/accuracy.md and
# docs/accuracy-per-rule.md.
#
#   benches/accuracy.sh CASES CREDDATA TREES
#
# CASES is a .jsonl or .jsonl.zst file of labelled snippets, CREDDATA a folder with the data/ and meta/ of
# Samsung/CredData, TREES a folder with clones of the repositories that benches/accuracy/repositories.tsv names. An
# argument `-` leaves that part out. The scripts in benches/accuracy can be run alone; see their --help.
#
# Needs bash, cargo, git and python3 (3.11 or later), zstd for a packed file, and no network.
# Exit code 1: a finding in TREES has no verdict in benches/accuracy/verdicts.tsv yet.
set -euo pipefail
exec </dev/null
[ $# = 3 ] || { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }
cases=$1 creddata=$2 trees=$3
for path in "$@"; do [ "$path" = - ] || [ -e "$path" ] || { printf 'no such file: %s\n' "$path" >&2; exit 2; }; done
absolute() { if [ "$1" = - ]; then echo -; else realpath "$1"; fi; }
cases=$(absolute "$cases") creddata=$(absolute "$creddata") trees=$(absolute "$trees")
cd "$(dirname "$0")/.."

# Neither the user's git settings nor the variables of a git hook that runs this script may have an effect.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars)
for variable in $(compgen -e STOPLEAK_ || true); do unset "$variable"; done

stopleak=${CARGO_TARGET_DIR:-target}/release/stopleak
cargo build --release --locked --quiet
status=0
if [ "$cases" != - ] && [ "$creddata" != - ]; then
    python3 -B benches/accuracy/per_rule.py --stopleak "$stopleak" --cases "$cases" --creddata "$creddata" --write
fi
if [ "$trees" != - ]; then
    python3 -B benches/accuracy/ordinary.py --stopleak "$stopleak" --trees "$trees" --write || status=$?
fi
exit $status
