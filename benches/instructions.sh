#!/usr/bin/env bash
# Counts the instructions of fixed jobs under valgrind and compares them with benches/instructions.txt.
#
#   benches/instructions.sh            fails if a count is more than 10 % above the recorded value
#   benches/instructions.sh --record   writes the counts to benches/instructions.txt
#   benches/instructions.sh --show     prints three counts of each job, without a comparison
#
# A count depends not only on the code, but also on the compiler and on the processor's vector instructions. With
# another rustc or processor than the recorded ones the comparison is printed and does not fail: record again, in a
# separate commit. Needs bash, cargo, git, python3 and valgrind (installed by apt-get if root runs this).
set -euo pipefail
exec </dev/null
cd "$(dirname "$0")/.."
recorded=benches/instructions.txt
# Allowed increase, in percent of the recorded value.
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

# The same target directory as .ci/run, so that its build is reused.
cargo build --release --locked --quiet
stopleak=$(realpath "${CARGO_TARGET_DIR:-target}/release/stopleak")

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 benches/inputs.py staged "$scratch/staged" 20
python3 benches/inputs.py tree "$scratch/tree" 500 16384
python3 benches/inputs.py history "$scratch/history" 300

# The jobs and their commands; each runs in $scratch/JOB.
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

# count JOB: runs the job, which must have no findings, and prints the number of its instructions. The environment
# is cleared, because its size changes the addresses of the stack.
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

# Besides the code, a count depends on these.
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
    # The last record is only replaced by a complete one.
    cat "$scratch/recorded" >"$recorded"
    cat "$recorded"
    exit
fi

value_of() { sed -n "s/^$1  *//p" "$recorded"; }
comparable=true
for name in compiler processor; do
    if [ "$(value_of $name)" != "${!name}" ]; then
        comparable=false
        printf 'recorded with the %s %s, this is %s: the comparison cannot fail, record again\n' \
            "$name" "$(value_of $name)" "${!name}"
    fi
done
worse=0
for job in "${jobs[@]}"; do
    now=$(count "$job")
    before=$(value_of "$job")
    if [ -z "$before" ]; then
        printf '%-8s %12s  has no recorded value\n' "$job" "$now"
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
