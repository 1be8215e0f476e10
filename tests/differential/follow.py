#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the streams of captures with those of tshark (`-z follow,tcp,raw,N`) and of tcpflow.

    tests/differential/follow.py --streams tcplens_streams [--tcpflow] FILE-OR-FOLDER...

Each program reads each capture once. Compared are the bytes of each direction, urgent bytes in line. A direction counts as

    same        the same bytes, and neither side has a gap
    same gaps   the same bytes around gaps: tshark writes a sentence of its own into them, tcpflow leaves a hole in the file
    cut         the snapshot length cut packets: both leave out what is missing, and say nothing of it
    tail        tshark leaves out what follows the last gap, since no later packet acknowledges it
    padding     tcpflow takes the padding of short Ethernet frames for data: up to 7 bytes more
    not found   the other program has no stream for it
    differs     printed, with the first difference

docs/streams.md argues the differences that are known. Exits with 77 without tshark; without tcpflow it is left out.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

MISSING = re.compile(rb"\[(\d+) bytes missing in capture file\]\0?")
GAP = re.compile(r"\[(\d+) (\w+)\]")
FLOW = re.compile(r"(.+)\.(\d{5})-(.+)\.(\d{5})(?:--\d+)?(?:c(\d+))?")
PADDING = 46 - 40 + 1  # bytes that the smallest frame has behind IP and TCP headers, and one for the number of a FIN
FILL_LIMIT = 1 << 24  # bytes: tcpflow's --max-seek, beyond which it begins another file
READING_SECONDS = 120  # for one capture and one program


def run(*command):
    try:
        return subprocess.run(command, capture_output=True, timeout=READING_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def own_streams(program, path):
    done = run(program, "--in-line", str(path))
    streams = []
    for line in done.stdout.decode().splitlines() if done else ():
        number, sender, receiver, first, data, missing, conflicts, end, content = line.split("\t")
        streams.append(dict(number=int(number), sender=sender.replace("[", "").replace("]", ""), first=int(first),
                            receiver=receiver.replace("[", "").replace("]", ""), bytes=int(data), missing=int(missing),
                            conflicts=int(conflicts), end=end, content=content))
    return streams


def shark_streams(path, most):
    """What both ends of each stream sent: {(number of the first packet of the stream, sender): bytes}. One run of tshark."""
    taps = [word for number in range(most) for word in ("-z", f"follow,tcp,raw,{number}")]
    done = run("tshark", "-r", str(path), "-o", "tcp.desegment_tcp_streams:TRUE", "-T", "fields", "-e", "frame.number",
               "-e", "tcp.stream", "-e", "icmp", "-e", "icmpv6", *taps)
    if done is None:
        return None
    first, sent, stream, nodes = {}, {}, None, {}
    for line in done.stdout.decode("latin-1").splitlines():
        fields = line.split("\t")
        if stream is None and len(fields) == 4:
            if fields[1] and "," not in fields[1] and not fields[2] and not fields[3]:
                first.setdefault(int(fields[1]), int(fields[0]))
        elif line.startswith("Filter: tcp.stream eq "):
            stream, nodes = int(line.rsplit(" ", 1)[1]), {}
        elif line.startswith("Node "):
            key, _, value = line.partition(": ")
            nodes[key[5:]] = value.strip()
            sent.setdefault((first.get(stream), value.strip()), bytearray())
        elif re.fullmatch(r"\t?[0-9a-f]+", line):
            sent[first.get(stream), nodes["1" if line.startswith("\t") else "0"]] += bytes.fromhex(line.strip())
    return {key: bytes(value) for key, value in sent.items()}


def plain_address(text):
    """An address as tcpflow writes it, without zeros in front."""
    if ":" in text:
        return ":".join(part.lstrip("0") or "0" for part in text.split(":"))
    return ".".join(part.lstrip("0") or "0" for part in text.split("."))


def flow_streams(path):
    """What tcpflow writes: {(sender, receiver): [bytes of each file]}, in the order of the connections."""
    with tempfile.TemporaryDirectory() as folder:
        if run("tcpflow", "-r", str(path), "-o", folder, "-S", "enable_report=NO") is None:
            return None
        sent = {}
        for file in sorted(pathlib.Path(folder).iterdir(), key=lambda each: (len(each.name), each.name)):
            found = FLOW.fullmatch(file.name)
            if not found:
                continue
            source, source_port, target, target_port, _ = found.groups()
            key = f"{plain_address(source)}:{int(source_port)}", f"{plain_address(target)}:{int(target_port)}"
            sent.setdefault(key, []).append(file.read_bytes())
        return sent


def parts(content):
    """The data of a stream, and the lengths and reasons of its gaps."""
    return bytes.fromhex(GAP.sub("", content)), [(int(length), reason) for length, reason in GAP.findall(content)]


def filled(content):
    """The data with zeros for gaps, as tcpflow leaves them, but without those behind the last byte."""
    def zeros(gap):
        return "00" * min(int(gap[1]), FILL_LIMIT)

    return bytes.fromhex(GAP.sub(zeros, re.sub(r"(\[\d+ \w+\])+$", "", content)))


def compare_shark(own, other):
    plain, gaps = parts(own["content"])
    is_cut = any(reason == "snapshot" for _, reason in gaps)
    if plain == other:
        return "cut" if is_cut else "same"
    if plain == MISSING.sub(b"", other):
        return "same gaps"
    if is_cut:
        return "cut"
    without_tail = bytes.fromhex(GAP.sub("", re.sub(r"\[\d+ \w+\][0-9a-f]*$", "", own["content"])))
    return "tail" if gaps and MISSING.sub(b"", other) == without_tail else "differs"


def compare_flow(own, others):
    """Compares with that file of the same ends that is most alike."""
    plain, gaps = parts(own["content"])
    expected = filled(own["content"])
    if expected in others:
        return "same gaps" if gaps else "same"
    if not plain and not others:
        return "same"
    if any(reason == "snapshot" for _, reason in gaps):
        return "cut"
    if any(each.startswith(expected) and len(each) <= len(expected) + PADDING for each in others):
        return "padding"
    return "differs" if others else "not found"


def difference(own, other):
    plain, gaps = parts(own["content"])
    at = next((i for i, (a, b) in enumerate(zip(plain, other)) if a != b), min(len(plain), len(other)))
    told = ",".join(f"{length} {reason}" for length, reason in gaps[:4]) or "no gaps"
    return (f"connection {own['number']}, {own['sender']}: {len(plain)} and {len(other)} bytes, equal up to {at}"
            f" ({told}, {own['conflicts']} conflicts, {own['end']})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", required=True)
    parser.add_argument("--tcpflow", action="store_true", help="compare with tcpflow, too")
    parser.add_argument("--most", type=int, default=30, help="streams of one file")
    parser.add_argument("--seconds", type=float, default=3600, help="no capture is begun after so long")
    parser.add_argument("--strict", action="store_true", help="fail if any direction differs")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    if not shutil.which("tshark"):
        print("tshark is missing")
        return 77
    files = []
    for path in options.paths:
        files += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    counts, left, begun = {"tshark": {}, "tcpflow": {}}, 0, time.monotonic()

    def count(program, kind, path, own, other):
        counts[program][kind] = counts[program].get(kind, 0) + 1
        if kind == "differs":
            print(f"{program}: {path}: {difference(own, other)}", flush=True)

    for path in files:
        if time.monotonic() - begun > options.seconds:
            left += 1
            continue
        streams = [each for each in own_streams(options.streams, path)]
        if not streams:
            continue
        shark = shark_streams(path, min(options.most, 1 + max(each["number"] for each in streams)))
        flow = flow_streams(path) if options.tcpflow and shutil.which("tcpflow") else None
        for own in streams:
            other = (shark or {}).get((own["first"], own["sender"]))
            count("tshark", "not found" if other is None else compare_shark(own, other), path, own, other)
            if flow is not None:
                others = flow.get((own["sender"], own["receiver"]), [])
                count("tcpflow", compare_flow(own, others), path, own, others[0] if others else b"")
    for program, kinds in counts.items():
        if kinds:
            print(f"{program}: " + ", ".join(f"{kind}: {number}" for kind, number in sorted(kinds.items())))
    if left:
        print(f"{left} captures were left out, since time was up")
    return 1 if options.strict and counts["tshark"].get("differs") else 0


if __name__ == "__main__":
    sys.exit(main())
