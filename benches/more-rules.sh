#!/usr/bin/env bash
# What 10,000 more lines of rules cost a hook: builds the program with and without them, and runs `stopleak
# staged` on twenty changed files with both.
#
#   benches/more-rules.sh [LINES]
#
# The rules are made up, two thirds keyword rules and one third prefixes, like the real ones. Works on a copy
# of the commit that is checked out. Needs bash, cargo, git, python3 and perf.
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
