#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""calibrate.py PROGRAM DIR...      how often each certainty is right: the table of docs/accuracy.md

PROGRAM is run with --explain and a capture, as 'build/examples/tcplens segments'. Each DIR is a recording, or a folder of
recordings. The table has a row for each sending stack, by what its packets say of when they were sent, and for the strongest
evidence of the verdict; its cells are how many odd segments were called so with each certainty, and how many of these were wrong.

A segment is odd if it was not new or was not called new. An undecided verdict is wrong if the truth is not among its readings.
`unseen` and `mixed` are treated as score.py treats them."""
import argparse
import csv
import glob
import os
import re
import shlex
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor

from score import RETRANSMISSIONS
from truth import read_pcap

LEVELS = ("certain", "likely", "undecided")
# The strongest evidence first. `asked`: by duplicate ACKs or SACK, or a timer ran out.
EVIDENCE = ("ip_id", "timestamp_option", "same_packet", "round_trip", "asked", "bytes_seen", "sequence_number_seen", "none")
ASKED = {"duplicate_acks", "selective_ack", "silence"}
LINE = re.compile(
    r"#(\d+) .* len \d+(?:: ([\w,]+?))?(?:, because of ([\w,]+?))?(?:, (likely|undecided:[\w|]+))?(?:, -?[\d.]+ ms after #\d+)?"
)
COUNTED = 0.8  # a sender counts if that share of its Identifications is a small step above the one before


def kind(names):
    if "duplicate" in names:
        return "duplicate"
    if names & RETRANSMISSIONS:
        return "retransmission"
    return "out_of_order" if "out_of_order" in names else "new"


def has_timestamps(packet, header):
    """Whether the TCP header has a timestamps option."""
    at, end = header + 20, header + (packet[header + 12] >> 4) * 4
    while at + 1 < min(end, len(packet)) and packet[at] != 0:
        if packet[at] == 8:
            return True
        at += 1 if packet[at] == 1 else max(2, packet[at + 1])
    return False


def stacks(capture):
    """{frame: what its sender's packets say of when they were sent}, by connection and direction."""
    flows, frames = defaultdict(lambda: [0, 0, None, 0, 0]), {}
    for number, (_, packet, _) in enumerate(read_pcap(capture), 1):
        is_v4 = packet[0] >> 4 == 4
        header = (packet[0] & 15) * 4 if is_v4 else 40
        if packet[9 if is_v4 else 6] != 6 or len(packet) < header + 20:
            continue
        key = packet[12:20] + packet[header : header + 4] if is_v4 else packet[8:44]
        flow = flows[key]
        identification = int.from_bytes(packet[4:6], "big") if is_v4 else 0
        frames[number] = key
        flow[3] += 1
        flow[4] += has_timestamps(packet, header)
        if identification:
            if flow[2] is not None:
                flow[0] += 1
                flow[1] += 0 <= (identification - flow[2]) % 65536 <= 64 or (flow[2] - identification) % 65536 <= 64
            flow[2] = identification
    names = {}
    for key, (steps, small, _, packets, stamped) in flows.items():
        counts = steps > 0 and small >= COUNTED * steps
        has_clock = 2 * stamped > packets
        names[key] = ("Identifications and timestamps" if counts and has_clock else "Identifications" if counts
                      else "timestamps" if has_clock else "neither")  # fmt: skip
    return {frame: names[key] for frame, key in frames.items()}


def judge(program, truth):
    """Counts of a capture: {(stack, evidence, certainty): odd and wrong}."""
    capture = truth.replace(".truth.tsv", ".pcap")
    result = subprocess.run([*program, "--explain", capture], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{shlex.join(program)} {capture}: exit code {result.returncode} {result.stderr[:300]}")
    said = {}
    for line in result.stdout.splitlines():
        frame, names, evidence, certainty = LINE.fullmatch(line).groups(default="")
        found = set(evidence.split(","))
        found |= {"asked"} if found & ASKED else set()
        strongest = next((each for each in EVIDENCE if each in found), "none")
        level, _, readings = (certainty or "certain").partition(":")
        said[int(frame)] = kind(set(names.split(","))), level, readings, strongest
    counts, stack_of = defaultdict(Counter), stacks(capture)
    with open(truth) as file:
        for row in csv.DictReader(file, delimiter="\t"):
            frame, real = int(row["frame"]), row["class"]
            told, certainty, readings, evidence = said[frame]
            if real == "mixed" or (real == "unseen" and told in ("new", "retransmission")) or real == told == "new":
                continue
            right = real == told or (certainty == "undecided" and real in readings.split("|"))
            for key in ((stack_of[frame], evidence, certainty), (stack_of[frame], "all", certainty), ("all", "all", certainty)):
                counts[key]["odd"] += 1
                counts[key]["wrong"] += not right
    return counts


def truths(folders):
    for folder in folders:
        yield from sorted(glob.glob(f"{folder}/*.truth.tsv") or glob.glob(f"{folder}/*/*.truth.tsv"))


def cell(count, total):
    if not count["odd"]:
        return "-"
    return f"{count['odd']:,} ({count['odd'] / total:.1%}), {count['wrong']:,} wrong"


def print_table(counts):
    print("| the sender's packets have | evidence | " + " | ".join(LEVELS) + " |")
    print("| --- | --- |" + " --- |" * len(LEVELS))
    rows = sorted({key[:2] for key in counts}, key=lambda row: (row[0] == "all", row[0], row[1] == "all", row[1]))
    for row in rows:
        total = sum(counts[*row, level]["odd"] for level in LEVELS)
        print(f"| {row[0]} | {row[1]} | " + " | ".join(cell(counts[*row, level], total) for level in LEVELS) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at a time (default: the processors)")
    options = parser.parse_args()
    program, names = shlex.split(options.program), list(truths(options.folders))
    counts = defaultdict(Counter)
    with ProcessPoolExecutor(options.jobs) as pool:
        for part in pool.map(judge, [program] * len(names), names, chunksize=4):
            for key, count in part.items():
                counts[key].update(count)
    print_table(counts)
    every = {level: counts["all", "all", level] for level in LEVELS}
    return int(every["certain"]["wrong"] * 2000 > every["certain"]["odd"] or every["likely"]["wrong"] * 50 > every["likely"]["odd"])


if __name__ == "__main__":
    sys.exit(main())
