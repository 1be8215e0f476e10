#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tcplens beside other programs that read captures, whole processes on the same files in the same run, in turns, as a markdown
# table on standard output: nanoseconds of processor time a packet (the median), millions of packets a second of that, peak
# memory. Processor time and not what passed, which depends on what else the machine does. Progress is told on standard error. On
# Debian, as root: what is missing is installed.
#
#   bench/peers.sh [PACKETS [REPETITIONS [CAPTURE...]]]
#
# PACKETS (5,000,000) is how long the workloads few and many are (bench/workload.hpp), REPETITIONS (3) how often each program runs;
# captures of your own are measured beside them. tshark, which is slow, gets the first tenth of a workload and runs once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packets=${1:-5000000}
repetitions=${2:-3}
shift $(($# < 2 ? $# : 2))
folder=build/peers
mkdir -p "$folder"

say() { printf '%s\n' "$*" >&2; }

needed=(g++ libcli11-dev nlohmann-json3-dev libpcap-dev libtins-dev tcptrace tshark argus-server time)
if ! dpkg -s "${needed[@]}" > "$folder/dpkg.log" 2>&1; then
    say "installing ${needed[*]}"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${needed[@]}" >&2
fi

build() { # PROGRAM SOURCE [LIBRARY]...
    local program=$folder/$1 source=$2
    shift 2
    say "building $program"
    g++ -std=c++20 -O2 -Iinclude "$source" "$@" -o "$program"
}
build bench_whole bench/whole.cpp
say "building tcplens"
find examples/tcplens -name '*.cpp' -exec g++ -std=c++20 -O2 -Iinclude -Iexamples -pthread -o "$folder/tcplens" {} +
build tcplens_table bench/peers/tcplens_table.cpp
build tcplens_streams bench/peers/tcplens_streams.cpp
build pcap_loop bench/peers/pcap_loop.cpp -lpcap
build tins_parse bench/peers/tins_parse.cpp -ltins -lpcap
build tins_follow bench/peers/tins_follow.cpp -ltins -lpcap

# A line for each program: its name, how many times a tenth of the packets it gets (10: all), its command; FILE is the capture.
programs=(
    "libpcap, loop that does nothing|10|$folder/pcap_loop FILE"
    "tcplens, \`connection_table\`|10|$folder/tcplens_table FILE"
    "tcplens, the same with \`stream_observer\`|10|$folder/tcplens_streams FILE"
    "tcplens, \`report\`: all answers|10|$folder/tcplens report FILE"
    "libtins, parse|10|$folder/tins_parse FILE"
    "libtins, \`StreamFollower\`|10|$folder/tins_follow FILE"
    "tcptrace|10|tcptrace -n FILE"
    "argus|10|argus -F /dev/null -X -r FILE -w -"
    "tshark, \`-z conv,tcp\`|1|tshark -n -q -z conv,tcp -r FILE"
    "tshark, analysis fields of each packet|1|tshark -n -T fields -e tcp.stream -e tcp.analysis.flags -e tcp.analysis.retransmission -r FILE"
)
if pkg-config --exists PcapPlusPlus 2> "$folder/pkg-config.log"; then
    # shellcheck disable=SC2046
    build pcapplusplus bench/peers/pcapplusplus.cpp $(pkg-config --cflags --libs PcapPlusPlus)
    programs+=("PcapPlusPlus, parse|10|$folder/pcapplusplus FILE" "PcapPlusPlus, \`TcpReassembly\`|10|$folder/pcapplusplus FILE follow")
fi

# The captures, and the first tenth of each, written and brought into the page cache.
"$folder/bench_whole" --folder "$folder" --packets "$packets" --repetitions 0 few many "$@"
captures=("$folder/tcplens-few-$packets.pcap" "$folder/tcplens-many-$packets.pcap" "$@")
declare -A counted part # packets, and the file that has them, by capture and tenths
for capture in "${captures[@]}"; do
    counted[$capture,10]=$("$folder/pcap_loop" "$capture")
    part[$capture,10]=$capture
    counted[$capture,1]=$((counted[$capture,10] / 10))
    part[$capture,1]=$folder/tenth-$(basename "$capture")
    editcap -r "$capture" "${part[$capture,1]}" "1-${counted[$capture,1]}" 2> "$folder/editcap.log"
    "$folder/bench_whole" --repetitions 0 "${part[$capture,1]}"
done

TIMEFORMAT='%3U %3S'
measure() { # CAPTURE TENTHS COMMAND...: prints nanoseconds a packet and the peak in KiB
    local packets=${counted[$1,$2]} seconds
    shift 2
    seconds=$({ time /usr/bin/time -q -o "$folder/memory" -f %M "$@" > /dev/null 2> "$folder/errors"; } 2>&1) || {
        say "failed: $* (see $folder/errors)"
        return 1
    }
    awk -v packets="$packets" '{ printf "%d ", ($1 + $2) * 1e9 / packets }' <<< "$seconds"
    tail -n 1 "$folder/memory"
}

declare -A results                          # pairs of nanoseconds a packet and KiB, by program and capture

median() { # of numbers
    local sorted
    mapfile -t sorted < <(printf '%s\n' "$@" | sort -n)
    echo "${sorted[($# - 1) / 2]}"
}
describe() { # of pairs of nanoseconds and KiB: the cell of the table
    local nanoseconds=() memory=()
    while (($# > 1)); do
        nanoseconds+=("$1")
        memory+=("$2")
        shift 2
    done
    [[ ${nanoseconds[0]} == - ]] && { printf ' - |'; return; }
    LC_ALL=C awk -v ns="$(median "${nanoseconds[@]}")" -v kib="$(median "${memory[@]}")" \
        'BEGIN { printf " %d ns, %.3g M/s, %.*f MiB |", ns, 1000 / ns, kib < 102400, kib / 1024 }'
}

print_table() {
    printf '| |'
    for capture in "${captures[@]}"; do
        name=$(basename "$capture" .pcap)
        printf ' %s (%s packets) |' "${name#tcplens-}" "${counted[$capture,10]}"
    done
    printf '\n| --- |'
    for capture in "${captures[@]}"; do printf ' --- |'; done
    printf '\n'
    for program in "${programs[@]}"; do
        IFS='|' read -r name tenths _ <<< "$program"
        printf '| %s%s |' "$name" "$([[ $tenths == 1 ]] && echo ' (a tenth of the packets)')"
        # shellcheck disable=SC2086
        for capture in "${captures[@]}"; do describe ${results[$name,$capture]:-- -}; done
        printf '\n'
    done
    printf '\nVersions: %s.\n' "$(dpkg-query -W -f '${Package} ${Version}, ' libpcap0.8 libtins4.0 tcptrace tshark argus-server g++ | sed 's/, $//')"
}
trap print_table EXIT # what was measured until then, too

for ((repetition = 1; repetition <= repetitions; ++repetition)); do
    for capture in "${captures[@]}"; do
        for program in "${programs[@]}"; do
            IFS='|' read -r name tenths command <<< "$program"
            [[ $tenths == 1 && $repetition -gt 1 ]] && continue
            say "$repetition of $repetitions: $name, $(basename "$capture")"
            read -ra words <<< "$command"
            results[$name,$capture]+=$(measure "$capture" "$tenths" "${words[@]/#FILE/${part[$capture,$tenths]}}" || echo '- -')' '
        done
    done
done
