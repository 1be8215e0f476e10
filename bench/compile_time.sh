#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What it takes to compile nothing but an include at -O0, in turns: the least and the median, in milliseconds of processor time.
#
#   bench/compile_time.sh [REPETITIONS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

headers=(tcplens/tcplens.hpp tcplens/capture.hpp tcplens/wire.hpp tcplens/connection.hpp tcplens/analysis.hpp)
[[ -e /usr/include/tins/tins.h ]] && headers+=(tins/tins.h)
declare -A times
TIMEFORMAT='%3U %3S'
for ((repetition = 0; repetition < ${1:-7}; ++repetition)); do
    for header in "${headers[@]}"; do
        used=$({ time "${CXX:-g++}" -std=c++20 -O0 -Iinclude -x c++ -c -o /dev/null - <<< "#include <$header>"; } 2>&1)
        times[$header]+=$(awk '{ printf "%d", 1000 * ($1 + $2) }' <<< "$used")$'\n'
    done
done
for header in "${headers[@]}"; do
    mapfile -t sorted < <(printf '%s' "${times[$header]}" | sort -n)
    printf '%-24s %6d %6d\n' "$header" "${sorted[0]}" "${sorted[(${#sorted[@]} - 1) / 2]}"
done
