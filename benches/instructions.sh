#!/usr/bin/env bash
# Counts the instructions of fixed jobs under valgrind and holds them against benches/instructions.txt.
#
#   benches/instructions.sh            more than 10 % above the recorded value fails
#   benches/instructions.sh --record   writes what was counted into benches/instructions.txt
#   benches/instructions.sh --show     counts each job three times and judges nothing
#
# A count depends on the code, but on its compiler and on the processor's vector instructions too. With
# another rustc or processor than the recorded ones the comparison is printed and nothing fails: record
# again, in a commit of its own. Needs bash, cargo, git, python3 and valgrind (installed where apt-get may).
set -euo pipefail
exec </dev/null
cd "$(dirname "$0")/.."
recorded=benches/instructions.txt
# In percent of the recorded value.
bound=10

mode=${1:---check}
case $mode in --check | --record | --show) ;; *) sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac

if ! command -v valgrind >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo 'valgrind is missing; install it (apt-get install valgrind) and run this again' >&2
        exit 2
    fi
    { apt-get update && apt-get install -y --no-install-recommends valgrind; } >/dev/null
fi

# This build ends up where .ci/run left its own.
cargo build --release --locked --quiet
stopleak=$(realpath "${CARGO_TARGET_DIR:-target}/release/stopleak")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 benches/inputs.py staged "$scratch/staged" 20
python3 benches/inputs.py tree "$scratch/tree" 500 16384
python3 benches/inputs.py history "$scratch/history" 300

# A job and its command, run in $scratch/JOB.
jobs=(version staged tree history)
command_of() {
    case $1 in
    version) echo --version ;;
    staged) echo staged --no-config --threads 1 ;;
    tree) echo scan --no-config --threads 1 ;;
    history) echo history --no-config --threads 1 ;;
    esac
}
mkdir "$scratch/version"

# count JOB: runs it, which must find nothing, and prints the number of its instructions. Nothing of the
# environment comes along: its size alone moves the stack.
count() {
    local log=$scratch/log code=0
    # shellcheck disable=SC2046
    (cd "$scratch/$1" && env -i PATH=/usr/bin:/bin HOME=/nonexistent LC_ALL=C GIT_CONFIG_NOSYSTEM=1 \
        "$(command -v valgrind)" --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" \
        "$stopleak" $(command_of "$1") >"$scratch/output" 2>&1) || code=$?
    if [ $code != 0 ]; then
        printf '%s ended with %s instead of 0\n' "$1" $code >&2
        cat "$scratch/output" "$log" >&2
        return 1
    fi
    sed -n 's/^==[0-9]*== Collected : \([0-9]*\)$/\1/p' "$log" | grep .
}

# What a count depends on besides the code.
compiler=$(rustc --version)
processor=$(uname -m)
if grep -qw avx2 /proc/cpuinfo 2>/dev/null; then processor+=' avx2'; fi

if [ "$mode" = --show ]; then
    for job in "${jobs[@]}"; do
        for _ in 1 2 3; do
            now=$(count "$job")
            printf '%-8s %12s\n' "$job" "$now"
        done
    done
    exit
fi

if [ "$mode" = --record ]; then
    {
        echo '# Written by benches/instructions.sh --record. Instructions of the release build, by job.'
        echo "compiler  $compiler"
        echo "processor $processor"
        for job in "${jobs[@]}"; do
            now=$(count "$job")
            printf '%-9s %s\n' "$job" "$now"
        done
    } >"$scratch/recorded"
    # Only a complete record takes the place of the last one.
    cat "$scratch/recorded" >"$recorded"
    cat "$recorded"
    exit
fi

value_of() { sed -n "s/^$1  *//p" "$recorded"; }
comparable=true
for name in compiler processor; do
    if [ "$(value_of $name)" != "${!name}" ]; then
        comparable=false
        printf 'recorded with the %s %s, this is %s: nothing fails, record again\n' \
            "$name" "$(value_of $name)" "${!name}"
    fi
done
worse=0
for job in "${jobs[@]}"; do
    now=$(count "$job")
    before=$(value_of "$job")
    if [ -z "$before" ]; then
        printf '%-8s %12s  was never recorded\n' "$job" "$now"
        worse=1
        continue
    fi
    tenths=$(((now - before) * 1000 / before))
    note=
    if [ $tenths -gt $((bound * 10)) ]; then
        note="  MORE than $bound % above the record"
        worse=1
    elif [ $tenths -lt $((-bound * 10)) ]; then
        note='  better: record it (benches/instructions.sh --record)'
    fi
    sign=+
    if [ $tenths -lt 0 ]; then sign=-; fi
    printf '%-8s %12s  recorded %12s  %s%d.%d %%%s\n' "$job" "$now" "$before" $sign \
        $((${tenths#-} / 10)) $((${tenths#-} % 10)) "$note"
done
if [ $worse = 1 ] && $comparable; then exit 1; fi
