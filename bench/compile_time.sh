#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What it takes to compile nothing but an include at -O2, in turns: the least and the median, in milliseconds of processor time, and the
# medians as a multiple of that of <tcplens/tcplens.hpp> and, where libtins is installed, of <tins/tins.h>. Headers after a + are compiled
# after <tcplens/tcplens.hpp>, and what that takes is part of the times.
#
#   bench/compile_time.sh [REPETITIONS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

headers=(tcplens/{fwd,tcplens,capture,wire,connection,analysis}.hpp)
[[ -e /usr/include/tins/tins.h ]] && headers+=(tins/tins.h)
headers+=(
    +tcplens/capture/file/capture_series.hpp
    +tcplens/connection/rules/{wireshark_rules,repeated_sequence_rules}.hpp
    +tcplens/connection/observers/{opening,closing,profile,time,skew,time_series}_observer.hpp
    +tcplens/connection/observers/wireshark_round_trips.hpp
    +tcplens/connection/zeek/{zeek_observer,zeek_rules}.hpp
    +tcplens/connection/detailed/detailed_connection_table.hpp
    +tcplens/connection/saved/saved_table.hpp
    +tcplens/connection/parallel/parallel_connection_table.hpp
    +tcplens/connection/joined/{trace_observer,connection_joiner}.hpp
)
declare -A times
TIMEFORMAT='%3U %3S'
for ((repetition = 0; repetition < ${1:-9}; ++repetition)); do
    for header in "${headers[@]}"; do
        source="#include <${header#+}>"
        [[ $header == +* ]] && source="#include <tcplens/tcplens.hpp>"$'\n'$source
        used=$({ time "${CXX:-g++}" -std=c++20 -O2 -Iinclude -x c++ -c -o /dev/null - <<< "$source"; } 2>&1)
        times[$header]+=$(awk '{ printf "%d", 1000 * ($1 + $2) }' <<< "$used")$'\n'
    done
done
median() { sort -n <<< "$1" | awk 'NF { at[++count] = $1 } END { print at[int((count + 1) / 2)] }'; }
least() { sort -n <<< "$1" | awk 'NF { print; exit }'; }
own=$(median "${times[tcplens/tcplens.hpp]}")
tins=$(median "${times[tins/tins.h]:-}")
printf '%-64s %6s %6s %8s %6s\n' '' least median tcplens tins.h
for header in "${headers[@]}"; do
    middle=$(median "${times[$header]}")
    printf '%-64s %6d %6d %8s %6s\n' "$header" "$(least "${times[$header]}")" "$middle" \
        "$(awk "BEGIN { printf \"%.2f\", $middle / $own }")" \
        "$([[ -z $tins ]] || awk "BEGIN { printf \"%.2f\", $middle / $tins }")"
done
