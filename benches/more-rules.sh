#!/usr/bin/env bash
# Measures what 10,000 additional lines of rules cost a hook: builds the program with and without them, and runs
# `stopleak staged` in a repository of twenty files with both.
#
#   benches/more-rules.sh [LINES]
#
# The rules are generated: two thirds keyword rules and one third prefix rules, like the built-in ones. Works on a
# copy of the checked-out commit. Needs bash, cargo, git, python3 and perf.
set -euo pipefail
cd "$(dirname "$0")/.."
lines=${1:-10000}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

git clone --quiet --no-hardlinks . "$scratch/plain"
cp -r "$scratch/plain" "$scratch/more"
python3 benches/inputs.py rules "$scratch/more/rules/saas" "$lines"
python3 benches/inputs.py staged "$scratch/staged" 20

for tree in plain more; do
    (cd "$scratch/$tree" && CARGO_TARGET_DIR="$scratch/target-$tree" cargo build --release --locked --quiet)
    printf '%-6s %6s lines of rules, ' "$tree" "$(cat "$scratch/$tree"/rules/*/*.yaml | wc -l)"
    (cd "$scratch/staged" && perf stat -r 200 -x ' ' -e instructions:u,task-clock \
        "$scratch/target-$tree/release/stopleak" staged --no-config --threads 1 2>&1 >"$scratch/output") |
        awk '/instructions/ { printf "%d instructions, ", $1 } /task-clock/ { printf "%.2f ms of CPU\n", $1 }'
done
