#!/bin/sh
# Scans whole histories twice, by deltas and with --full-scan, and compares the reports byte by byte.
#
#   benches/delta-equals-full.sh REPO...
#
# The binary is target/release/stopleak, or the one that the variable STOPLEAK names.
set -eu

stopleak=${STOPLEAK:-$(dirname "$0")/../target/release/stopleak}
[ $# -gt 0 ] || { echo "usage: $0 REPO..." >&2; exit 2; }
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

# Exit code 3 means that objects of the repository are missing; both reports then list them.
scan() {
    code=0
    "$stopleak" history --no-config --exit-zero --format jsonl --confidence low "$@" || code=$?
    case $code in 0 | 3) ;; *) exit "$code" ;; esac
}

different=0
for repository in "$@"; do
    scan "$repository" > "$reports/delta"
    scan --full-scan "$repository" > "$reports/full"
    if cmp "$reports/delta" "$reports/full"; then
        echo "equal: $repository, $(wc -l < "$reports/full") lines"
    else
        echo "DIFFERENT: $repository"
        different=1
    fi
done
exit "$different"
