#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares `tcplens segments --rules wireshark` with the installed tshark (4.0 is the one that the rules are of), segment by segment:
names and stream numbers, over the captures that are named or lie in the folders that are named, and over random segments.
Also what `tcplens rtt` says of acks_frame, ack_rtt and initial_rtt, and its round trip of the handshake.
Needs tshark and Python 3 with its standard library. Exit status: 0 no difference, 1 some, 77 (skipped) without tshark 4.0."""

import argparse
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from captures import PCAP, PCAPNG, SKIPPED, captures_in, tshark_is_here
from compare import (ask_round_trips, ask_tshark, ask_tshark_round_trips, ask_verdicts, differences, handshake_differences,
                     round_trip_differences, told)
from minimise import minimise
from random_segments import crowded_stream, stream_of_segments
from segments import write_capture

SHOWN = 100  # lines of a case


def compare_captures(program, paths):
    segments = differing = 0
    for path in paths:
        tshark, verdicts = ask_tshark(path), ask_verdicts(program, path)
        frames = differences(tshark, verdicts)
        segments += len(tshark)
        differing += len(frames)
        if frames:
            frame = frames[0]
            print(f"{path}: {len(frames)} differ, first frame {frame}: tshark {told(tshark.get(frame))}, "
                  f"segments {told(verdicts.get(frame))}")
    print(f"captures: {differing} of {segments} segments differ, in {len(paths)} captures")
    return differing == 0


def compare_round_trips(program, paths, what):
    """Of random segments handshakes are not compared: with time set back there and ports reused nothing belongs together."""
    acknowledgments = initial = differing = compared = 0
    for path in paths:
        tshark = ask_tshark_round_trips(path)
        ours, handshakes = ask_round_trips(program, path)
        lines = round_trip_differences(tshark, ours)
        if what == "captures":
            count, more = handshake_differences(tshark, handshakes)
            compared += count
            lines += more
        acknowledgments += len(tshark.acknowledgments)
        initial += len(tshark.initial)
        differing += len(lines)
        if lines:
            print(f"{path}: {len(lines)} round trips differ, first {lines[0]}")
    print(f"{what}: {differing} round trips differ, of {acknowledgments} acknowledgments, {initial} initial ones and {compared} "
          f"handshakes")
    return differing == 0


def random_segments(seed, most):
    return crowded_stream(seed) if seed % 4 == 0 else stream_of_segments(seed, min(5000, max(1, most)))


def random_captures(count, seed, folder):
    path = folder / "random.pcap"
    done = 0
    while done < count:
        segments = random_segments(seed, count - done)
        write_capture(path, segments)
        done += len(segments)
        seed += 1
        yield path


def compare_random(program, count, seed, folder):
    path = folder / "random.pcap"
    done = differing = flagged = 0
    while done < count:
        segments = random_segments(seed, count - done)
        write_capture(path, segments)
        tshark, verdicts = ask_tshark(path), ask_verdicts(program, path)
        frames = differences(tshark, verdicts)
        if len(tshark) != len(segments):
            print(f"seed {seed}: tshark told {len(tshark)} of {len(segments)} segments")
            return False
        if frames and not differing:
            explain(program, seed, segments, frames[0], folder)
        done += len(segments)
        differing += len(frames)
        flagged += sum(1 for _, names in tshark.values() if names)
        seed += 1
    print(f"random: {differing} of {done} segments differ; {flagged} have a verdict")
    return differing == 0


def explain(program, seed, segments, frame, folder):
    flow = segments[frame - 1].flow
    case = minimise(program, folder / "case.pcap", [each for each in segments[:frame] if each.flow == flow])
    path = folder / "case.pcap"
    write_capture(path, case)
    tshark, verdicts = ask_tshark(path), ask_verdicts(program, path)
    print(f"seed {seed}, frame {frame}; the least that still differs:")
    if len(case) > SHOWN:
        print(f"({len(case) - SHOWN} segments before)")
    for number, segment in list(enumerate(case, start=1))[-SHOWN:]:
        print(f"{segment}  tshark {told(tshark.get(number))}  segments {told(verdicts.get(number))}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("places", nargs="*", metavar="FILE|FOLDER")
    options.add_argument("--program", required=True, metavar="TCPLENS", help="the program tcplens")
    options.add_argument("--random", type=int, default=0, metavar="N", help="also compare N random segments")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()

    if not tshark_is_here():
        print("skipped: tshark 4.0 is not here")
        return SKIPPED

    same = True
    if given.places:
        same = compare_captures(given.program, captures_in(given.places, PCAP | PCAPNG))
        same = compare_round_trips(given.program, captures_in(given.places, PCAP | PCAPNG), "captures") and same
    if given.random > 0:
        with tempfile.TemporaryDirectory() as folder:
            same = compare_random(given.program, given.random, given.seed, Path(folder)) and same
            made = random_captures(given.random, given.seed, Path(folder))
            same = compare_round_trips(given.program, made, "random") and same
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
