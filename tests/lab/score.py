#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""score.py [--program COMMAND] [--one-direction] DIR...      scores verdicts on recordings against what really happened
score.py --verdicts FILE --truth X.truth.tsv               the same for one file of verdicts, from any tool

COMMAND is run with a capture and prints a line a segment: the frame number first and the verdict's names, joined by commas,
last, tabs between. Of the names these count, the first that is there: duplicate; retransmission, fast_retransmission or
spurious_retransmission; out_of_order; else the segment was called new.

A segment is odd if it was not new or was not called new; a vantage's figure is right / odd (the Jaccard index). An `unseen`
segment may be called new, which leaves it out, or retransmission (counted as inferred); anything else is wrong. A `mixed`
frame is left out. Stray are retransmissions and out-of-orders said of frames that occupy no sequence space.

Passes when, over all recordings: what was sent has no wrong segment, the retransmissions said of it are the kernel's
RetransSegs (where its counters are there, and no device cut its segments), nothing is stray, and what arrived reaches 0.99 in all and 0.96 in each capture (with --one-direction, where
each direction is judged without the other: 0.97 in all). Without a program only the truth is checked against the kernels."""
import argparse
import csv
import glob
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections import Counter

from record import retrans_segs
from truth import parse, read_pcap, write_pcap

RETRANSMISSIONS = {"retransmission", "fast_retransmission", "spurious_retransmission"}
POOLED, EACH, ONE_DIRECTION = 0.99, 0.96, 0.97


def read_verdicts(text):
    """{frame: duplicate, retransmission, out_of_order or new}"""
    said = {}
    for line in text.splitlines():
        columns = line.split("\t")
        names = set(columns[-1].split(","))
        if len(columns) < 2 or not columns[0].isdigit():
            continue
        if "duplicate" in names:
            name = "duplicate"
        elif names & RETRANSMISSIONS:
            name = "retransmission"
        else:
            name = "out_of_order" if "out_of_order" in names else "new"
        said[int(columns[0])] = name
    return said


def read_truth(name):
    with open(name) as file:
        return {int(row["frame"]): (row["vantage"], row["class"]) for row in csv.DictReader(file, delimiter="\t")}


def score(truth, said):
    """Counts per vantage: odd, right, unseen, inferred, 'new -> out_of_order' and the like, said (retransmissions); stray."""
    counts = {"sent": Counter(), "arriving": Counter()}
    for frame, (vantage, real) in truth.items():
        if real == "mixed":
            continue
        count, told = counts[vantage], said.get(frame, "new")
        count["said"] += told == "retransmission"
        if real == "unseen":
            count["unseen"] += 1
            count["inferred"] += told == "retransmission"
            if told in ("new", "retransmission"):
                continue
        if (real, told) == ("new", "new"):
            continue
        count["odd"] += 1
        count["right"] += real == told
        if real != told:
            count[f"{real} -> {told}"] += 1
    counts["stray"] = sum(name in ("retransmission", "out_of_order") for f, name in said.items() if f not in truth)
    return counts


def figure(count):
    return count["right"] / count["odd"] if count["odd"] else 1.0


def mistakes(count):
    return {k: n for k, n in count.items() if "->" in k} or ""


def one_direction(capture, truth, vantage, scratch):
    """The capture without what went the other way. Returns its name and its truth."""
    records = list(read_pcap(capture))
    segments = [parse(data) for _, data, _ in records]
    frame = next((f for f, (v, _) in truth.items() if v == vantage), None)
    source = segments[frame - 1].source[0] if frame else None
    out = os.path.join(scratch, f"{vantage}.pcap")
    kept = [i for i, segment in enumerate(segments) if segment and segment.source[0] == source]
    write_pcap(out, [records[i] for i in kept])
    return out, {n: truth[i + 1] for n, i in enumerate(kept, 1) if i + 1 in truth}


def run(program, capture):
    result = subprocess.run([*shlex.split(program), capture], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{program} {capture}: exit code {result.returncode} {result.stderr[:300]}")
    return read_verdicts(result.stdout)


def captures(folder):
    """The captures of a folder that have a truth: 'a', 'b', 'm'."""
    return sorted(os.path.basename(name).split(".")[0] for name in glob.glob(f"{folder}/*.truth.tsv"))


def kernel_count(folder, host):
    """The RetransSegs of this host, or None: not written down, or not comparable, as the kernel counts the parts of a
    segment that the device cuts."""
    if os.path.exists(f"{folder}/about.json"):
        with open(f"{folder}/about.json") as file:
            if json.load(file)["path"].get("offload", "none") != "none":
                return None
    if not os.path.exists(f"{folder}/{host}.kernel.txt"):
        return None
    with open(f"{folder}/{host}.kernel.txt") as file:
        return retrans_segs(file.read())


def judge(options, scratch):
    pool = {"sent": Counter(), "arriving": Counter()}
    failed, worst = [], (2.0, "")
    for folder in options.folders:
        for host in captures(folder):
            name = os.path.join(os.path.basename(os.path.normpath(folder)), host)
            capture = f"{folder}/{host}.pcap"
            truth = read_truth(f"{folder}/{host}.truth.tsv")
            kernel = kernel_count(folder, host)
            if kernel not in (None, list(truth.values()).count(("sent", "retransmission"))):
                failed.append(f"{name}: the truth does not agree with the kernel")
            if not options.program:
                continue
            parts = [(capture, truth)]
            if options.one_direction:
                parts = [one_direction(capture, truth, vantage, scratch) for vantage in ("sent", "arriving")]
            counts, stray = {"sent": Counter(), "arriving": Counter()}, 0
            for part, part_truth in parts:
                here = score(part_truth, run(options.program, part))
                stray += here.pop("stray")
                for vantage in here:
                    counts[vantage] += here[vantage]
            for vantage in pool:
                pool[vantage] += counts[vantage]
            sent, arriving = counts["sent"], counts["arriving"]
            worst = min(worst, (figure(arriving), name))
            print(
                f"{name}: sent {sent['odd'] - sent['right']} wrong of {sent['odd']}, {sent['said']} retransmissions said"
                f"{'' if kernel is None else f' and {kernel} counted'}; arriving {figure(arriving):.4f} of {arriving['odd']}, "
                f"unseen {arriving['inferred']} of {arriving['unseen']}; stray {stray}",
                mistakes(sent), mistakes(arriving),
            )  # fmt: skip
            if sent["odd"] != sent["right"] or kernel not in (None, sent["said"]) or stray:
                failed.append(f"{name}: sent")
            if not options.one_direction and figure(arriving) < EACH:
                failed.append(f"{name}: arriving {figure(arriving):.4f} < {EACH}")
    if options.program:
        sent, arriving = pool["sent"], pool["arriving"]
        wanted = ONE_DIRECTION if options.one_direction else POOLED
        print(f"all sent: {sent['odd'] - sent['right']} wrong of {sent['odd']} {mistakes(sent)}")
        print(
            f"all arriving: {figure(arriving):.4f} of {arriving['odd']}, worst {worst[0]:.4f} {worst[1]}, "
            f"unseen {arriving['inferred']} of {arriving['unseen']} {mistakes(arriving)}"
        )
        if figure(arriving) < wanted:
            failed.append(f"arriving {figure(arriving):.4f} < {wanted}")
    print(f"{len(options.folders)} recordings,", "failed: " + "; ".join(failed) if failed else "passed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program")
    parser.add_argument("--one-direction", action="store_true")
    parser.add_argument("--verdicts")
    parser.add_argument("--truth")
    parser.add_argument("folders", nargs="*")
    options = parser.parse_args()
    if options.verdicts and options.truth:
        with open(options.verdicts) as file:
            counts = score(read_truth(options.truth), read_verdicts(file.read()))
        for vantage in ("sent", "arriving"):
            print(vantage, f"{figure(counts[vantage]):.4f}", dict(counts[vantage]))
        print("stray", counts["stray"])
        return 0
    if not options.folders or options.verdicts or options.truth:
        parser.error("recordings to score, or --verdicts and --truth")
    with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
        return judge(options, scratch)


if __name__ == "__main__":
    sys.exit(main())
