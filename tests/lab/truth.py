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
"""
import csv
import struct
import sys
from collections import namedtuple

Segment = namedtuple("Segment", "source target seq ack flags length")  # source and target: (address bytes, port)
FIN, SYN, RST = 1, 2, 4


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
        self.arrived_to = 0  # the end of the highest that has arrived

    def offset(self, seq):
        return self.sent_to + ((seq - self.first - self.sent_to + 2**31) % 2**32 - 2**31)


def classify(captures, fates):
    """captures: {'a': [Segment or None, …], 'b': …}; fates: rows of relay.tsv in the order of sending.
    Returns {'a': {frame: (vantage, class)}, 'b': …}."""
    truth = {"a": {}, "b": {}}
    sendings, transmissions, arrivals = {}, {}, []
    for fate in fates:
        host, frame = fate["sender"], int(fate["frame"])
        segment = captures[host][frame - 1]
        if segment is None:
            continue
        key = segment.source, segment.target
        sending = sendings.get(key)
        if sending is None or (segment.flags & SYN and segment.seq != sending.first):
            sending = sendings[key] = Sending(segment.seq)
        begin = sending.offset(segment.seq)
        again = begin < sending.sent_to
        if segment.length:
            truth[host][frame] = ("sent", "retransmission" if again else "new")
            if begin > sending.sent_to:
                raise ValueError(f"{host}, frame {frame}: the host left a gap, which this cannot judge")
            sending.sent_to = max(sending.sent_to, begin + segment.length)
            for column in ("arrived", "copy_arrived"):
                if int(fate[column]):
                    other = "b" if host == "a" else "a"
                    arrivals.append((other, int(fate[column]), column == "copy_arrived"))
                    transmissions[other, int(fate[column])] = sending, begin, begin + segment.length, again
    for other, frame, copy in sorted(arrivals):
        sending, begin, end, again = transmissions[other, frame]
        reached = sending.arrived_to > begin
        name = "duplicate" if copy else (("retransmission", "unseen"), ("out_of_order", "new"))[not again][not reached]
        truth[other][frame] = ("arriving", name)
        sending.arrived_to = max(sending.arrived_to, end)
    return truth


def write_truth(folder):
    """Writes both truth files of a recording. Returns what classify returned."""
    captures = {host: [parse(data) for _, data, _ in read_pcap(f"{folder}/{host}.pcap")] for host in "ab"}
    with open(f"{folder}/relay.tsv") as log:
        truth = classify(captures, list(csv.DictReader(log, delimiter="\t")))
    for host in "ab":
        with open(f"{folder}/{host}.truth.tsv", "w") as out:
            out.write("frame\tvantage\tclass\n")
            for frame, (vantage, name) in sorted(truth[host].items()):
                out.write(f"{frame}\t{vantage}\t{name}\n")
    return truth


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        write_truth(folder)
