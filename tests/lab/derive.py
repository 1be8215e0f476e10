#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""derive.py KIND RECORDING OUT [--seed N]: makes further captures of a recording, with their truth.

KIND is one of these, or `all`, which makes each in a folder OUT/KIND:

  mid        m.pcap: a capture in the middle of the path. Half of the packets that the path lost are in it
  drop1, drop5, drop20    the capture lacks so many percent of its packets
  dropburst  the capture lacks 5 % of its packets, in bursts of ten on average
  swap       neighbours stand in the wrong order, as in captures of several processors: 5 % of the packets are exchanged
             with one of the three after them, if that was captured within 0.2 ms
  jitter     the times are wrong by up to 20 us either way
  skew       the packets that arrive are stamped 0.5 to 5 ms late, as by a second adapter, and sorted by time
  late       the capture begins after 40 % of the packets
  ipid0      IPv4 Identification 0 everywhere
  ipidrand   a random IPv4 Identification for each packet that was sent
  no_options the snaplen cuts off the TCP options
  wrap       the sequence numbers of each sender, and its timestamps, wrap around amid what it sends

Several, joined by +, are made of one another: mid+drop5+ipid0. All but `mid` make a.pcap and b.pcap, from those of the recording. A packet that is missing in the capture has not been seen
there: the classes (truth.py) are those of a judge who knows the path, but only the packets of this capture. `mid` does not
exist for recordings with offloads: their frames are not the packets of the path."""
import argparse
import dataclasses
import json
import os
import struct
import sys
from random import Random

from truth import Frame, OTHER, classify, parse, read_recording, write_classes, write_pcap


def capture_midway(transmissions, captures, random):
    """What is captured half-way between the hosts. A lost packet is lost before or behind that place; its time there is
    guessed from the packet before it."""
    frames, way = [], {"a": 10**6, "b": 10**6}
    for one in transmissions:
        sent = captures[one.sender][one.frame - 1]

        def passes(after):
            frames.append(Frame(sent.time + after // 2, sent.data, sent.length, "arriving", [one]))

        def way_of(frame):
            return captures[OTHER[one.sender]][frame - 1].time - sent.time

        if one.arrived:
            way[one.sender] = way_of(one.arrived)
            passes(way[one.sender])
            if one.copy_arrived and random.random() < 0.5:
                passes(way_of(one.copy_arrived))
        elif random.random() < 0.5:
            passes(way[one.sender])
    return sorted(frames, key=lambda frame: frame.time)


def dropping(share):
    return lambda frames, random: [frame for frame in frames if random.random() >= share]


def dropping_bursts(frames, random):
    kept, burst = [], False
    for frame in frames:
        burst = random.random() < (0.9 if burst else 0.005)
        if not burst:
            kept.append(frame)
    return kept


def swap(frames, random):
    frames, at = list(frames), 0
    while at < len(frames) - 3:
        other = at + random.randint(1, 3)
        if random.random() < 0.05 and frames[other].time - frames[at].time < 200_000:
            frames[at], frames[other] = frames[other], frames[at]
            at = other
        at += 1
    return frames


def jitter(frames, random):
    return [dataclasses.replace(frame, time=frame.time + random.randint(-20000, 20000)) for frame in frames]


def skew(frames, random):
    later = random.randint(500_000, 5_000_000)
    moved = [dataclasses.replace(f, time=f.time + later * (f.vantage == "arriving")) for f in frames]
    # Each direction stays in its own order, whatever its times.
    latest = {}
    for frame in moved:
        latest[frame.vantage] = frame.time = max(frame.time, latest.get(frame.vantage, 0))
    return sorted(moved, key=lambda frame: frame.time)


def late(frames, _):
    return frames[len(frames) * 2 // 5 :]


def with_identification(frame, value):
    if frame.data[0] >> 4 != 4:
        return frame
    return dataclasses.replace(frame, data=frame.data[:4] + struct.pack(">H", value) + frame.data[6:])


def zero_identifications(frames, _):
    return [with_identification(frame, 0) for frame in frames]


def random_identifications(frames, random):
    values = {}
    return [with_identification(f, values.setdefault(f.transmissions[0], random.randint(0, 65535))) for f in frames]


def without_options(frames, _):
    return [dataclasses.replace(f, data=f.data[: 40 if f.data[0] >> 4 == 4 else 60]) for f in frames]


def options_of(data, ip):
    """(kind, where it begins, where it ends) of each option that was captured as a whole."""
    at, end = ip + 20, min(ip + (data[ip + 12] >> 4) * 4, len(data))
    while at < end and data[at]:
        length = 1 if data[at] == 1 else data[at + 1] if at + 1 < end else 0
        if not length or at + length > end:
            return
        yield data[at], at, at + length
        at += length


def header_length(data):
    return (data[0] & 15) * 4 if data[0] >> 4 == 4 else 40


def clock_of(data):
    """The value of the timestamps option, or 0."""
    options = options_of(data, header_length(data))
    return next((struct.unpack_from(">I", data, at + 2)[0] for kind, at, _ in options if kind == 8), 0)


def moved_by(data, sequences, clocks):
    """The segment with its numbers moved by those of its sender and of its receiver: sequences, clocks: (own, peer's)."""
    ip, data = header_length(data), bytearray(data)

    def move(at, by):
        struct.pack_into(">I", data, at, (struct.unpack_from(">I", data, at)[0] + by) % 2**32)

    answers = data[ip + 13] & 16
    move(ip + 4, sequences[0])
    if answers:
        move(ip + 8, sequences[1])
    for kind, at, end in list(options_of(data, ip)):
        if kind == 5:
            for edge in range(at + 2, end, 4):
                move(edge, sequences[1])
        elif kind == 8:
            move(at + 2, clocks[0])
            if answers:
                move(at + 6, clocks[1])
    return bytes(data)


def wrap(frames, random):
    moves, result = {}, []
    for frame in frames:
        if segment := parse(frame.data):
            # The first segment lies at most so far before the end of the numbers; the clock, anywhere.
            move = (-random.randint(1, 60000) - segment.seq) % 2**32, -clock_of(frame.data) - random.randint(1, 500)
            moves.setdefault((segment.source, segment.target), move)
    for frame in frames:
        if segment := parse(frame.data):
            own = moves[segment.source, segment.target]
            peer = moves.get((segment.target, segment.source), (0, 0))
            data = moved_by(frame.data, (own[0], peer[0]), (own[1], peer[1]))
            frame = dataclasses.replace(frame, data=data)
        result.append(frame)
    return result


KINDS = {
    "drop1": dropping(0.01),
    "drop5": dropping(0.05),
    "drop20": dropping(0.2),
    "dropburst": dropping_bursts,
    "swap": swap,
    "jitter": jitter,
    "skew": skew,
    "late": late,
    "ipid0": zero_identifications,
    "ipidrand": random_identifications,
    "no_options": without_options,
    "wrap": wrap,
    "mid": None,
}


def kinds_for(folder):
    """Those that can be made of this recording."""
    with open(f"{folder}/about.json") as file:
        about = json.load(file)
    kinds = list(KINDS)
    if about["path"].get("offload", "none") != "none":
        kinds.remove("mid")
    if about["path"]["version"] == 6:
        kinds = [kind for kind in kinds if not kind.startswith("ipid")]
    return kinds


def derive(kind, folder, out, seed=1):
    """Makes the captures of one kind; the same for the same recording and seed."""
    transmissions, captures = read_recording(folder)
    first, *more = kind.split("+")
    if first == "mid":
        made = {"m": capture_midway(transmissions, captures, Random(f"{first} {seed}"))}
    else:
        # A frame without a known transmission is one that the relay was not given any more.
        made = {host: [frame for frame in frames if frame.transmissions] for host, frames in captures.items()}
        more = [first, *more]
    for step in more:
        made = {host: KINDS[step](frames, Random(f"{step} {host} {seed}")) for host, frames in made.items()}
    os.makedirs(out, exist_ok=True)
    for name, frames in made.items():
        write_pcap(f"{out}/{name}.pcap", [(frame.time, frame.data, frame.length) for frame in frames])
        write_classes(f"{out}/{name}.truth.tsv", classify(frames))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", help="one of the above, several joined by +, or all")
    parser.add_argument("recording")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    kinds = kinds_for(options.recording)
    if options.kind == "all":
        for kind in kinds:
            derive(kind, options.recording, f"{options.out}/{kind}", options.seed)
    elif set(options.kind.split("+")) <= set(kinds) and "+mid" not in options.kind:
        derive(options.kind, options.recording, options.out, options.seed)
    else:
        print(f"{options.kind}: not of this recording")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
