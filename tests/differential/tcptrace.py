#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the profiles of connections with tcptrace 6.6.7, field by field: equal, or what differs goes by a name below.

    tcptrace.py --profiles PROGRAM FILE|FOLDER ...

PROGRAM is built from profiles.cpp. Ends with 77 where tcptrace is not here."""

import argparse
import collections
import csv
import io
import ipaddress
import itertools
import subprocess
import sys

sys.dont_write_bytecode = True

from captures import PCAP, SKIPPED, captures_in

# What tcptrace is known to do otherwise. A difference counts as one of these only if that alone makes it equal.
KNOWN = {
    "one too big": "it counts one byte in flight too many, and so one where there is none",
    "pure ACK in flight": "the same makes 1 the least that is in flight, as soon as there is a pure ACK",
    "FIN is a byte": "a SYN or FIN that is sent again counts as a byte of data sent again",
    "RST has a window": "RSTs, whose windows it passes over, count where it divides the sum of windows",
    "RST acknowledges": "it takes what a RST acknowledges for an acknowledgment: of that come round trips",
    "RST ends": "a RST ends the stream, wherever it is, though a FIN did before; if that is one further, a byte seems missing",
    "packet alone": "in flight is what the numbers of each packet say, less the peer's last acknowledgment: of what is captured in "
                    "another order, or acknowledged before it is captured, too little or less than nothing",
    "same ACK": "an ACK that is the same as the last counts as a duplicate though nothing is outstanding, or it reports what came "
                "twice (RFC 5681 2, RFC 2883 4); and not if it reports something new (RFC 6675 2) and the window is another",
    "zero window": "whatever is captured while the peer's last window is 0, whole segments on their way to it, is a probe, and not "
                   "data that was sent; keep-alives are data sent again",
    "cut otherwise": "of data that is sent again between other numbers than before, the first segment that it touches counts as "
                     "sent again, and as a whole; the others as not",
    "few samples": "the standard deviation of two samples is 0",
    "a ten-thousandth": "means are divided by one ten-thousandth more than the count",
    "silent to the end": "who is not heard to close is silent to the end of the capture",
    "copies": "a copy of a packet that the network or the capture made counts as sent again",
    "microseconds": "times are cut to microseconds, and so the time that bytes are divided by",
}


# Those that the program does too, if it is told to.
OPTIONS = {"RST acknowledges": "--rst-acknowledges", "zero window": "--probe-by-window", "copies": "--count-copies"}


class Comparison:
    """One field of one direction: how tcptrace calls it, and what of ours it must be."""

    def __init__(self, label, ours, tolerance=0.0):
        self.label, self.ours, self.tolerance = label, ours, tolerance

    def agrees(self, theirs, profile):
        return theirs != "NA" and abs(self.ours(profile) - float(theirs)) <= self.tolerance


def of(name):
    return lambda profile: int(profile[name])


def milliseconds(name):
    return lambda profile: int(profile[name]) / 1e6


def quotient(total, count, more=0.0):
    return lambda profile: int(profile[total]) // (int(profile[count]) + more) if int(profile[count]) else 0


PRINTED = 0.0511  # a tenth of a millisecond, rounded, of whole microseconds

FIELDS = [
    Comparison("total_packets", of("packets")),
    Comparison("resets_sent", of("rst")),
    Comparison("ack_pkts_sent", of("ack")),
    Comparison("pure_acks_sent", of("pure_acks")),
    Comparison("sack_pkts_sent", of("sack_packets")),
    Comparison("dsack_pkts_sent", of("dsack_packets")),
    Comparison("max_sack_blks/ack", of("most_sack_blocks")),
    Comparison("unique_bytes_sent", of("unique_bytes")),
    Comparison("actual_data_pkts", of("data_packets")),
    Comparison("actual_data_bytes", of("payload_bytes")),
    Comparison("rexmt_data_pkts", of("retransmitted_packets")),
    Comparison("rexmt_data_bytes", of("retransmitted_bytes")),
    Comparison("zwnd_probe_bytes", of("probe_bytes")),
    Comparison("outoforder_pkts", of("hole_filling_packets")),
    Comparison("pushed_data_pkts", of("pushed_packets")),
    Comparison("urgent_data_pkts", of("urgent_packets")),
    Comparison("max_segm_size", of("largest_segment")),
    Comparison("min_segm_size", of("smallest_segment")),
    Comparison("avg_segm_size", lambda p: int(int(p["payload_bytes"]) / (int(p["data_packets"]) + 0.001))),
    Comparison("max_win_adv", of("window_greatest")),
    Comparison("min_win_adv", of("window_least")),
    Comparison("zero_win_adv", of("window_zeros")),
    Comparison("avg_win_adv", quotient("window_total", "window_packets")),
    Comparison("max_owin", of("in_flight_greatest")),
    Comparison("min_non-zero_owin", of("in_flight_least")),
    Comparison("avg_owin", quotient("in_flight_total", "in_flight_samples")),
    Comparison("initial_window_bytes", of("initial_window_bytes")),
    Comparison("initial_window_pkts", of("initial_window_packets")),
    Comparison("ttl_stream_length", lambda p: int(p["stream_length"])),
    Comparison("missed_data", of("missed_bytes")),
    Comparison("truncated_data", of("truncated_bytes")),
    Comparison("truncated_packets", of("truncated_packets")),
    Comparison("data_xmit_time", lambda p: int(p["data_time_ns"]) / 1e9, 0.000502),
    Comparison("idletime_max", milliseconds("longest_silence_ns"), PRINTED),
    Comparison("hardware_dups", of("duplicate_packets")),
    Comparison("throughput", lambda p: int(float(p["goodput"]))),
    Comparison("RTT_samples", of("rtt_count")),
    Comparison("RTT_min", milliseconds("rtt_least_ns"), PRINTED),
    Comparison("RTT_max", milliseconds("rtt_greatest_ns"), PRINTED),
    Comparison("RTT_avg", milliseconds("rtt_mean_ns"), PRINTED),
    Comparison("RTT_stdev", milliseconds("rtt_deviation_ns"), PRINTED),
    Comparison("post-loss_acks", of("post_loss_acks")),
    Comparison("ambiguous_acks", of("ambiguous_acks")),
    Comparison("segs_cum_acked", of("cumulative_acks")),
    Comparison("duplicate_acks", of("duplicate_acks")),
    Comparison("triple_dupacks", of("triple_duplicate_acks")),
    Comparison("max_#_retrans", of("most_retransmissions")),
    Comparison("min_retr_time", milliseconds("resent_least_ns"), PRINTED),
    Comparison("max_retr_time", milliseconds("resent_greatest_ns"), PRINTED),
    Comparison("avg_retr_time", milliseconds("resent_mean_ns"), PRINTED),
]

# How a field comes out if that is done which the name says.
OTHERWISE = {
    "max_owin": [("one too big", lambda p: int(p["in_flight_greatest"]) + 1),
                 ("packet alone", of("packet_flight_greatest"))],
    "min_non-zero_owin": [("one too big", lambda p: int(p["in_flight_least"]) + 1), ("pure ACK in flight", lambda p: 1)],
    "avg_owin": [("one too big", lambda p: quotient("in_flight_total", "in_flight_samples")(p) + 1),
                 ("packet alone", quotient("packet_flight_total", "packet_flight_samples"))],
    "avg_win_adv": [("RST has a window", lambda p: int(p["window_total"]) // (int(p["window_packets"]) + int(p["rst"])))],
    "rexmt_data_bytes": [("FIN is a byte", lambda p: int(p["retransmitted_bytes"]) + resent_ends(p))],
    "ttl_stream_length": [("RST ends", lambda p: None if p["rst_offset"] == "NA" else int(p["rst_offset"]))],
    "missed_data": [("RST ends",
                     lambda p: None if p["rst_offset"] == "NA" else (int(p["rst_offset"]) - int(p["unique_bytes"])) % 2**64)],
    "idletime_max": [("silent to the end", milliseconds("silence_at_end_ns"))],
    "RTT_stdev": [("few samples", lambda p: 0 if int(p["rtt_count"]) <= 2 else None)],
    "RTT_avg": [("a ten-thousandth", lambda p: mean(p, "rtt"))],
    "avg_retr_time": [("a ten-thousandth", lambda p: mean(p, "resent"))],
}

# Here it counts none of those that are nothing but the same, or all, or stops where the segment that they ask for is sent again.
BETWEEN = {"duplicate_acks": ("same ACK", "duplicate_acks", "same_acks"),
           "triple_dupacks": ("same ACK", "triple_duplicate_acks", "triple_same_acks")}


# What depends on which segment is said to have been sent again.
BY_SEGMENT = {"RTT_samples", "RTT_min", "RTT_max", "RTT_avg", "RTT_stdev", "post-loss_acks", "ambiguous_acks", "segs_cum_acked",
              "max_#_retrans", "min_retr_time", "max_retr_time", "avg_retr_time"}


def resent_ends(profile):
    """SYNs and FINs that were sent again."""
    return max(0, int(profile["syn"]) - 1) + max(0, int(profile["fin"]) - 1)


def mean(profile, what):
    count = int(profile[what + "_count"])
    return int(profile[what + "_mean_ns"]) * count / (count + 0.0001) / 1e6


def judge(field, theirs, profiles):
    """What makes it equal: "" for nothing, the names of KNOWN, or None."""
    for names, profile in profiles:
        if field.label == "ttl_stream_length" and "NA" in (theirs, profile["stream_length"]):
            if theirs == profile["stream_length"]:
                return names
            continue
        if field.label == "missed_data" and theirs == "NA" and profile["stream_length"] == "NA":
            return names  # of streams without an end it says nothing
        if theirs == "NA":
            if field.label == "throughput" and int(profile["elapsed_ns"]) < 1000:
                return names
            continue
        if field.agrees(theirs, profile):
            return names
        if field.label == "throughput" and cut_to_microseconds(int(theirs), profile):
            return names + ("microseconds",)
        for name, otherwise in OTHERWISE.get(field.label, []):
            value = otherwise(profile)
            if value is not None and abs(value - float(theirs)) <= field.tolerance:
                return names + (name,)
    if field.label in BETWEEN:
        name, one, other = BETWEEN[field.label]
        bounds = [int(profile[each]) for _, profile in profiles for each in (one, other)]
        if min(bounds) <= int(theirs) <= max(bounds):
            return (name,)
    if field.label in BY_SEGMENT and any(int(profile["cut_otherwise"]) for _, profile in profiles):
        return ("cut otherwise",)
    return None


def cut_to_microseconds(theirs, profile):
    unique, elapsed = int(profile["unique_bytes"]), int(profile["elapsed_ns"])
    return unique * 1e9 / (elapsed + 1000) - 1 <= theirs <= unique * 1e9 / max(1, elapsed - 1000) + 1


def ask_tcptrace(path):
    """The rows, by the two ends."""
    answer = subprocess.run(["tcptrace", "-n", "--csv", "-l", "-r", "-W", str(path)], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, errors="replace")
    lines = [line for line in answer.stdout.splitlines() if line and not line.startswith("#")]
    if not lines:
        return {}
    names = [name.strip() for name in lines[0].split(",")]
    told = collections.defaultdict(list)
    for line in lines[1:]:
        row = dict(zip(names, (value.strip() for value in line.split(","))))
        try:
            ends = end(row["host_a"], row["port_a"]), end(row["host_b"], row["port_b"])
        except ValueError:
            continue  # it writes some IPv6 addresses otherwise than anybody else
        told[frozenset(ends)].append((*ends, row))
    return told


def end(host, port):
    return ipaddress.ip_address(host), int(port)


def ask_profiles(program, path, *options):
    """Both profiles of each connection by source, in the order of connections; by the two ends."""
    answer = subprocess.run([program, *options, str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if answer.returncode not in (0, 1):  # 1: a damaged capture, told up to there
        raise SystemExit(f"{program} {' '.join(options)} {path} ended with {answer.returncode}")
    told = collections.defaultdict(dict)
    for row in csv.DictReader(io.StringIO(answer.stdout), delimiter="\t"):
        if int(row["unfollowed_sends"]) or int(row["forgotten_ranges"]):
            raise SystemExit(f"{path}: {program} has too little room")
        ends = [end(text.rpartition(":")[0].strip("[]"), text.rpartition(":")[2])
                for text in (row["source"], row["destination"])]
        told[frozenset(ends)].setdefault(row["connection"], {})[ends[0]] = row
    return {ends: list(each.values()) for ends, each in told.items()}


def compare(program, path, counted, differing):
    """Returns how many directions were compared, and of how many pairs of ends the connections were split otherwise."""
    theirs = ask_tcptrace(path)
    variants = []
    for size in range(len(OPTIONS) + 1):
        for names in itertools.combinations(OPTIONS, size):
            variants.append((names, ask_profiles(program, path, *map(OPTIONS.get, names))))
    directions = split = 0
    for ends, rows in theirs.items():
        if any(len(told.get(ends, ())) != len(rows) for _, told in variants) or len(ends) != 2:
            split += 1
            continue
        for number, (a, b, row) in enumerate(rows):
            for way, source in (("_a2b", a), ("_b2a", b)):
                directions += 1
                profiles = [(names, told[ends][number][source]) for names, told in variants]
                for field in FIELDS:
                    names = judge(field, row[field.label + way], profiles)
                    if names is None:
                        differing.append((path, source, field.label, row[field.label + way],
                                          field.ours(profiles[0][1]) if profiles[0][1]["stream_length"] != "NA"
                                          or field.label != "ttl_stream_length" else "NA"))
                    else:
                        counted["equal" if not names else " and ".join(names)] += 1
    return directions, split


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("places", nargs="+", metavar="FILE|FOLDER")
    options.add_argument("--profiles", required=True, metavar="PROGRAM")
    options.add_argument("--show", type=int, default=20, metavar="N", help="differences to show")
    given = options.parse_args()

    try:
        version = subprocess.run(["tcptrace", "-v"], capture_output=True, text=True)
    except FileNotFoundError:
        version = None
    if version is None or "version 6.6.7" not in version.stdout + version.stderr:
        print("skipped: tcptrace 6.6.7 is not here")
        return SKIPPED

    counted, differing = collections.Counter(), []
    directions = split = 0
    for path in captures_in(given.places, PCAP):
        more, otherwise = compare(given.profiles, path, counted, differing)
        directions += more
        split += otherwise
    print(f"{directions} directions, {sum(counted.values()) + len(differing)} fields, {counted.pop('equal', 0)} equal; "
          f"of {split} pairs of ends the connections are split otherwise")
    for names, count in counted.most_common():
        print(f"{count:8} {names}")
    for name in sorted({name for names in counted for name in names.split(" and ")}):
        print(f"   {name}: {KNOWN[name]}")
    for path, source, label, theirs, ours in differing[:given.show]:
        print(f"{path} from {source[0]} {source[1]}: {label} {theirs}, ours {ours}")
    print(f"{len(differing)} differ without a name")
    return 1 if differing or directions == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
