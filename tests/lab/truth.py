#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""truth.py DIR...: writes a.truth.tsv and b.truth.tsv from a.pcap, b.pcap and relay.tsv of a recording.

A row for each segment that occupies sequence space (payload, SYN, FIN): its frame in that capture, its vantage (sent by the
host beside the capture, or arriving there) and what it was:

  sent      new             none of its bytes was sent before
            retransmission  some were
  arriving  new             the first transmission, and nothing above it has arrived
            out_of_order    the first transmission, but something above it has arrived
            retransmission  a later transmission, and it or something above it has arrived
            unseen          a later transmission, but neither it nor anything above it has arrived
            duplicate       the second copy of one transmission, made by the path
            mixed           merged on receipt (GRO) from segments of more than one of these classes: it has no one truth

In a derived capture (derive.py) "arrived" means "captured": packets are missing from it, so that a sent segment can be any
of the classes too.
"""
import csv
import struct
import sys
from collections import namedtuple
from dataclasses import dataclass

Segment = namedtuple("Segment", "source target seq ack flags length")  # source and target: (address bytes, port)
FIN, SYN, RST = 1, 2, 4
OTHER = {"a": "b", "b": "a"}


def read_pcap(name):
    """The records of a pcap file written here: (time in ns, bytes, length on the wire)."""
    with open(name, "rb") as file:
        data = file.read()
    if struct.unpack_from("<I", data)[0] != 0xA1B23C4D or struct.unpack_from("<I", data, 20)[0] != 101:
        raise ValueError(f"{name}: not a little-endian nanosecond pcap file of raw IP packets")
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, captured, length = struct.unpack_from("<IIII", data, at)
        yield seconds * 10**9 + nanoseconds, data[at + 16 : at + 16 + captured], length
        at += 16 + captured


def write_pcap(name, records):
    """The opposite of read_pcap."""
    with open(name, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101))
        for time, data, length in records:
            file.write(struct.pack("<IIII", time // 10**9, time % 10**9, len(data), length) + data)


def parse(packet):
    """The TCP segment of a raw IP packet, or None. Its length is what it occupies of the sequence space."""
    if packet[0] >> 4 == 4:
        header, total, protocol = (packet[0] & 15) * 4, struct.unpack_from(">H", packet, 2)[0], packet[9]
        source, target = packet[12:16], packet[16:20]
    else:
        header, total, protocol = 40, 40 + struct.unpack_from(">H", packet, 4)[0], packet[6]
        source, target = packet[8:24], packet[24:40]
    if protocol != 6:
        return None
    from_port, to_port, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", packet, header)
    length = total - header - (offset >> 4) * 4
    if not flags & RST:
        length += bool(flags & SYN) + bool(flags & FIN)
    return Segment((source, from_port), (target, to_port), seq, ack, flags, length)


class Sending:
    """What one host sent to the other in one connection (one initial sequence number). Kernels send without gaps."""

    def __init__(self, first):
        self.first = first
        self.sent_to = 0  # offsets from `first`: beyond 2^32 they go on

    def offset(self, seq):
        return self.sent_to + ((seq - self.first - self.sent_to + 2**31) % 2**32 - 2**31)


@dataclass(eq=False)
class Transmission:
    """A packet of the path. A frame is several of them if the device cuts it (TSO) or has merged it (GRO)."""

    sender: str
    frame: int  # in the sender's capture
    arrived: int = 0  # the frame in the other capture, 0: none
    copy_arrived: int = 0
    sending: Sending = None  # None: no TCP
    begin: int = 0  # the bytes, as offsets
    end: int = 0
    again: bool = False  # some of them had been sent before


@dataclass
class Frame:
    """A record of a capture, and what it is known to hold."""

    time: int
    data: bytes
    length: int  # on the wire
    vantage: str = ""
    transmissions: list = None


def read_recording(folder):
    """Returns all transmissions, in the order of sending, and the captures: {'a': [Frame, …], 'b': …}."""
    captures = {host: [Frame(*record, "", []) for record in read_pcap(f"{folder}/{host}.pcap")] for host in "ab"}
    transmissions, sendings = [], {}
    with open(f"{folder}/relay.tsv") as log:
        for row in csv.DictReader(log, delimiter="\t"):
            host, frame = row["sender"], int(row["frame"])
            one = Transmission(host, frame, int(row["arrived"]), int(row["copy_arrived"]))
            segment = parse(captures[host][frame - 1].data)
            if segment:
                seq, length = int(row["seq"]), int(row["length"])
                key = segment.source, segment.target
                if key not in sendings or (segment.flags & SYN and seq != sendings[key].first):
                    sendings[key] = Sending(seq)
                sending = one.sending = sendings[key]
                one.begin = sending.offset(seq)
                one.end = one.begin + length
                one.again = length > 0 and one.begin < sending.sent_to
                if length and one.begin > sending.sent_to:
                    raise ValueError(f"{host}, frame {frame}: the host left a gap, which this cannot judge")
                sending.sent_to = max(sending.sent_to, one.end)
            transmissions.append(one)
            for at, number, vantage in (
                (host, frame, "sent"),
                (OTHER[host], one.arrived, "arriving"),
                (OTHER[host], one.copy_arrived, "arriving"),
            ):
                if number:
                    captures[at][number - 1].vantage = vantage
                    captures[at][number - 1].transmissions.append(one)
    return transmissions, captures


def sent_again(transmissions, host):
    """What this host's kernel counts as RetransSegs: of a segment that the device cuts each part."""
    return sum(one.again for one in transmissions if one.sender == host)


def classify(frames):
    """{frame number: (vantage, class)} of a capture: a list of Frame, in its order."""
    truth, captured_to, seen = {}, {}, set()
    for number, frame in enumerate(frames, 1):
        names = set()
        parts = [one for one in frame.transmissions if one.end > one.begin]
        for one in parts:
            reached = captured_to.get(one.sending, one.begin) > one.begin
            if one in seen:
                names.add("duplicate")
            elif one.again:
                names.add("retransmission" if reached else "unseen")
            else:
                names.add("out_of_order" if reached else "new")
        for one in parts:
            seen.add(one)
            captured_to[one.sending] = max(captured_to.get(one.sending, one.end), one.end)
        if frame.vantage == "sent" and names == {"new", "retransmission"}:
            names = {"retransmission"}  # some of its bytes were sent before
        if names:
            truth[number] = frame.vantage, names.pop() if len(names) == 1 else "mixed"
    return truth


def write_classes(name, truth):
    with open(name, "w") as out:
        out.write("frame\tvantage\tclass\n")
        for frame, (vantage, kind) in sorted(truth.items()):
            out.write(f"{frame}\t{vantage}\t{kind}\n")


def write_truth(folder):
    """Writes both truth files of a recording. Returns its transmissions, and the truth by host."""
    transmissions, captures = read_recording(folder)
    truth = {host: classify(frames) for host, frames in captures.items()}
    for host in "ab":
        write_classes(f"{folder}/{host}.truth.tsv", truth[host])
    return transmissions, truth


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        write_truth(folder)
