#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the program's output costs beside the analysis: processor time of `tcplens segments` by what it prints, in turns, the least of
# some runs, in milliseconds; and how much it printed. The first line prints next to nothing: that is reading and following alone.
#
#   bench/output.sh PROGRAM CAPTURE [REPETITIONS]
set -euo pipefail

program=$1
capture=$2
runs=("--connection 0" "" "--certainty" "--explain" "--format json" "--format json --explain")
declare -A least printed
TIMEFORMAT='%3U %3S'
for ((repetition = 0; repetition < ${3:-5}; ++repetition)); do
    for run in "${runs[@]}"; do
        # shellcheck disable=SC2086
        used=$({ time "$program" segments $run "$capture" > /dev/null; } 2>&1 | awk 'END { printf "%d", 1000 * ($1 + $2) }')
        ((used < ${least[x$run]:-1000000000})) && least[x$run]=$used
    done
done
for run in "${runs[@]}"; do
    # shellcheck disable=SC2086
    printed[x$run]=$("$program" segments $run "$capture" 2> /dev/null | wc -c)
    printf 'segments %-24s %8d ms %12d bytes\n' "$run" "${least[x$run]}" "${printed[x$run]}"
done
