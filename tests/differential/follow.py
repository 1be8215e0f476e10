#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the streams of captures with those of tshark: `-z follow,tcp,raw,N`.

    tests/differential/follow.py --streams tcplens_streams FILE-OR-FOLDER...

Compared are directions that tshark follows to its own end: both sides as concatenated bytes, urgent bytes in line. A direction counts as

    same        the same bytes, and neither side has a gap
    same gaps   the same bytes around gaps; tshark writes a sentence of its own into them
    cut         the snapshot length cut packets: tshark leaves out what is missing, and says nothing of it
    differs     printed, with the first difference

docs/streams.md argues the differences that are known. Exits with 77 without tshark.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

MISSING = re.compile(rb"\[(\d+) bytes missing in capture file\]\0?")
GAP = re.compile(r"\[(\d+) (\w+)\]")


def tshark(*arguments):
    run = subprocess.run(["tshark", *arguments], capture_output=True, timeout=300)
    return run.stdout.decode("latin-1")


def follow(path, number):
    """What both nodes of a stream sent: {sender: bytes}, with tshark's sentences for gaps."""
    text = tshark("-r", str(path), "-q", "-o", "tcp.desegment_tcp_streams:TRUE", "-z", f"follow,tcp,raw,{number}")
    nodes, sent = {}, {0: bytearray(), 1: bytearray()}
    for line in text.splitlines():
        if line.startswith("Node "):
            key, _, value = line.partition(": ")
            nodes[int(key[5:])] = value.strip()
        elif re.fullmatch(r"\t?[0-9a-f]+", line):
            sent[1 if line.startswith("\t") else 0] += bytes.fromhex(line.strip())
    return {nodes.get(i, ""): bytes(sent[i]) for i in (0, 1)}


def own_streams(program, path):
    run = subprocess.run([program, "--in-line", str(path)], capture_output=True, timeout=300)
    streams = []
    for line in run.stdout.decode().splitlines():
        number, sender, receiver, first, data, missing, conflicts, end, content = line.split("\t")
        streams.append(dict(number=int(number), sender=sender.replace("[", "").replace("]", ""), first=int(first),
                            bytes=int(data), missing=int(missing), conflicts=int(conflicts), end=end, content=content))
    return streams


def streams_by_first_packet(path):
    """{number of the first packet: tshark's stream}"""
    text = tshark("-r", str(path), "-Y", "tcp && !icmp && !icmpv6", "-T", "fields", "-e", "frame.number", "-e", "tcp.stream")
    first = {}
    for line in text.splitlines():
        frame, _, stream = line.partition("\t")
        if stream and "," not in stream:
            first.setdefault(int(stream), int(frame))
    return {frame: stream for stream, frame in first.items()}


def compare(own, other):
    """How a direction compares."""
    reasons = {reason for _, reason in GAP.findall(own["content"])}
    plain = bytes.fromhex(GAP.sub("", own["content"]))
    without = MISSING.sub(b"", other)
    if plain == other:
        return "cut" if "snapshot" in reasons else "same"
    if plain == without:
        return "same gaps"
    if "snapshot" in reasons:
        return "cut"
    return "differs"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", required=True)
    parser.add_argument("--most", type=int, default=10, help="streams of one file")
    parser.add_argument("--strict", action="store_true", help="fail if any direction differs")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    if not shutil.which("tshark"):
        print("tshark is missing")
        return 77
    files = []
    for path in options.paths:
        files += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    counts = {}
    for path in files:
        streams = own_streams(options.streams, path)
        if not streams:
            continue
        try:
            numbers = streams_by_first_packet(path)
        except subprocess.TimeoutExpired:
            continue
        followed = {}
        for own in streams:
            number = numbers.get(own["first"])
            if number is None or number >= options.most:
                kind = "not found"
            else:
                if number not in followed:
                    followed[number] = follow(path, number)
                other = followed[number].get(own["sender"])
                kind = "not found" if other is None else compare(own, other)
            counts[kind] = counts.get(kind, 0) + 1
            if kind == "differs":
                plain = bytes.fromhex(GAP.sub("", own["content"]))
                at = next((i for i, (a, b) in enumerate(zip(plain, other)) if a != b), min(len(plain), len(other)))
                gaps = ",".join(f"{length} {reason}" for length, reason in GAP.findall(own["content"])[:4])
                print(f"{path}: stream {number}, {own['sender']}: {len(plain)} and {len(other)} bytes, equal up to {at}"
                      f" ({gaps or 'no gaps'}, {own['conflicts']} conflicts, {own['end']})")
                sys.stdout.flush()
    print(", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())) or "no streams")
    return 1 if options.strict and counts.get("differs") else 0


if __name__ == "__main__":
    sys.exit(main())
