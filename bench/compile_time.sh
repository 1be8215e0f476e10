#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# How long it takes to compile nothing but an include, in turns: the least and the median in milliseconds, at -O0.
#
#   bench/compile_time.sh [REPETITIONS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

headers=(tcplens/tcplens.hpp tcplens/capture.hpp tcplens/wire.hpp tcplens/connection.hpp tcplens/analysis.hpp)
[[ -e /usr/include/tins/tins.h ]] && headers+=(tins/tins.h)
declare -A times
for ((repetition = 0; repetition < ${1:-7}; ++repetition)); do
    for header in "${headers[@]}"; do
        begin=${EPOCHREALTIME/./}
        "${CXX:-g++}" -std=c++20 -O0 -Iinclude -x c++ -c -o /dev/null - <<< "#include <$header>"
        end=${EPOCHREALTIME/./}
        times[$header]+=$(((end - begin) / 1000))$'\n'
    done
done
for header in "${headers[@]}"; do
    mapfile -t sorted < <(printf '%s' "${times[$header]}" | sort -n)
    printf '%-24s %6d %6d\n' "$header" "${sorted[0]}" "${sorted[(${#sorted[@]} - 1) / 2]}"
done
