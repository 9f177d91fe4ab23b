#!/usr/bin/env bash
# Fuzzes targets with libFuzzer and the address sanitizer: coverage guides the mutations, and every seed and every
# input that was kept is a part of the corpus.
#
#   fuzz/libfuzzer.sh MINUTES FOLDER [TARGET…]
#
# Runs each target (default: all) for so many minutes, one after another. FOLDER/corpus/TARGET keeps the corpus,
# FOLDER/failures/TARGET the failing inputs, FOLDER/log/TARGET the output. Needs a nightly compiler, a C++ compiler and
# git. The C code of libgit2 gets the address sanitizer too; two of its files define one name, which
# detect_odr_violation=0 accepts. Prints one line a target; exits with 1 if an input failed.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
minutes=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
cd "$(dirname "$0")"
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}

# The flags of cargo-fuzz. With --target they do not apply to build scripts.
if [ -z "${STOPLEAK_FUZZ_BUILT:-}" ]; then
    RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=16" \
        cargo +nightly build --release --locked --features libfuzzer --bins --target "$host"
fi
binaries=$CARGO_TARGET_DIR/$host/release
"$binaries/stopleak-fuzz" seeds "$folder/seeds"
[ $# -gt 0 ] || mapfile -t targets < <("$binaries/stopleak-fuzz" list)
[ $# = 0 ] || targets=("$@")
failed=0
for target in "${targets[@]}"; do
    corpus=$folder/corpus/$target failures=$folder/failures/$target log=$folder/log/$target
    mkdir -p "$corpus" "$failures" "$folder/log"
    status=0
    ASAN_OPTIONS=detect_odr_violation=0 STOPLEAK_FUZZ_TARGET=$target "$binaries/libfuzzer" -max_total_time=$((minutes * 60)) -timeout=20 \
        -rss_limit_mb=2048 -max_len=65536 -detect_leaks=0 -print_final_stats=1 -use_value_profile=1 \
        -artifact_prefix="$failures/" "$corpus" "$folder/seeds/$target" >"$log" 2>&1 || status=$?
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -n 1)
    printf '%-12s %s min, %s inputs, %s, exit code %s\n' \
        "$target" "$minutes" "${executions:-?}" "${coverage:-no coverage}" "$status"
    [ "$status" = 0 ] || failed=1
done
exit $failed
