#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Whether data and gaps of each stream are together as long as the stream: from SYN to FIN, by the sequence numbers of its segments.

    tests/differential/lengths.py --program tcplens --streams tcplens_streams [--cut-only] FILE-OR-FOLDER...

Compared are directions whose SYN was captured, and whose end was a FIN. With --cut-only each gap must be one that the snapshot length
made: so it is in recordings that hold every packet of both ends, such as those of tests/lab. Exits with 1 if a direction differs."""

import argparse
import pathlib
import re
import subprocess
import sys

SEGMENT = re.compile(r"#\d+\s+\S+ ms  connection (\d+)  (\S+) > (\S+)( SYN)?( FIN)?( RST)? seq (\d+)(?: ack \d+)? len (\d+)")
GAP = re.compile(r"\[(\d+) (\w+)\]")


def lengths(program, path):
    """{(connection, sender): bytes between SYN and FIN}"""
    run = subprocess.run([program, "segments", "--explain", "--raw", str(path)], capture_output=True, text=True)
    begins, ends = {}, {}
    for line in run.stdout.splitlines():
        if not (found := SEGMENT.match(line)):
            continue
        number, sender, _, syn, fin, _, sequence, length = found.groups()
        key = number, sender
        if syn:
            begins.setdefault(key, int(sequence) + 1)
        elif fin:
            ends.setdefault(key, int(sequence) + int(length))
    return {key: (ends[key] - begins[key]) % 2**32 for key in ends if key in begins}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--streams", required=True)
    parser.add_argument("--cut-only", action="store_true")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    files = [file for path in options.paths for file in (sorted(path.rglob("*.pcap*")) if path.is_dir() else [path])]
    compared = wrong = data = cut = 0
    for path in files:
        expected = lengths(options.program, path)
        run = subprocess.run([options.streams, str(path)], capture_output=True, text=True)
        for line in run.stdout.splitlines():
            number, sender, _, _, told, missing, _, end, content = line.split("\t")
            length = expected.get((number, sender))
            if length is None or end != "fin":
                continue
            compared += 1
            data += int(told)
            cut += int(missing)
            others = [gap for gap in GAP.findall(content) if gap[1] != "snapshot"] if options.cut_only else []
            if int(told) + int(missing) != length or others:
                wrong += 1
                print(f"{path} connection {number} {sender}: {told} + {missing} of {length} {others[:3]}")
    print(f"{compared} directions compared: {data} bytes of data, {cut} missing; {wrong} differ")
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
