#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rough_judge.py CAPTURE: a yardstick for the rules. It says of each segment of a recording what it was: the frame, a tab
and duplicate, retransmission or out_of_order; of a new segment it says nothing. score.py and judge.py read that.

It has no bound on memory and knows the plainest evidence only, in this order: the same packet again is a copy; bytes that
were there before were sent again; what fills a hole is compared with the first segment beyond it by IP Identification, else
by timestamp, else by time against the round trip. Rules that do worse than this on some path have a refinement too many."""
import struct
import sys
from dataclasses import dataclass, field

from truth import FIN, SYN, parse, read_pcap

ACK = 16
SILENCE = 0.19  # seconds: just below the least retransmission timeout of Linux


def difference(a, b, bits=32):
    """a - b of numbers that wrap around, as a signed number."""
    half = 1 << (bits - 1)
    return (a - b + half) % (2 * half) - half


def identification(packet):
    """0: none, or IPv6."""
    return struct.unpack_from(">H", packet, 4)[0] if packet[0] >> 4 == 4 else 0


def window_and_timestamps(packet):
    """The window field, and the values of the timestamps option: (window, (own, echoed)), without one (window, (None, None))."""
    tcp = (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40
    window = struct.unpack_from(">H", packet, tcp + 14)[0]
    at, end = tcp + 20, min(tcp + (packet[tcp + 12] >> 4) * 4, len(packet))
    while at + 1 < end and packet[at]:
        kind, length = packet[at], packet[at + 1]
        if kind == 8 and at + 10 <= end:
            return window, struct.unpack_from(">II", packet, at + 2)
        if kind != 1 and length < 2:
            break
        at += 1 if kind == 1 else length
    return window, (None, None)


@dataclass
class Direction:
    """What was captured of one side of a connection. Sequence numbers wrap around."""

    isn: int  # None: its SYN was not captured
    highest: int  # the end of what was captured
    holes: list = field(default_factory=list)
    copies: dict = field(default_factory=dict)  # what a packet looks like: when it was last seen, its Identification
    segments: list = field(default_factory=list)  # (end, Identification, timestamp, time), as captured
    round_trip: float = None  # from the capture to this side and back, the least
    first_seen: dict = field(default_factory=dict)  # of each timestamp value
    identification: int = None  # the highest
    last_time: float = None
    syn_time: float = None  # None also once the SYN was sent again

    def take_round_trip(self, value):
        if value > 0 and (self.round_trip is None or value < self.round_trip):
            self.round_trip = value

    def fill(self, begin, end):
        """Takes the range out of the holes."""
        left = []
        for a, b in self.holes:
            if difference(end, a) <= 0 or difference(begin, b) >= 0:
                left.append((a, b))
                continue
            left += [(a, begin)] * (difference(a, begin) < 0) + [(end, b)] * (difference(end, b) < 0)
        self.holes = left

    def judge(self, time, begin, end, ident, stamp, look, payload):
        """What this segment was, or None: new."""
        before = self.copies.get(look)
        if before and ident and before[1] == ident:
            return "duplicate"
        if before and not ident and self.round_trip and time - before[0] < 0.5 * self.round_trip:
            return "duplicate"
        if difference(begin, self.highest) > 0:
            self.holes.append((self.highest, begin))
            return None
        if begin == self.highest:
            # New to the capture. A skipped Identification after a silence: its first transmission was lost before.
            skipped = ident and self.identification is not None and difference(ident, self.identification, 16) > 1
            silence = time - self.last_time > max(SILENCE, 1.9 * (self.round_trip or 0))
            return "retransmission" if skipped and silence and payload else None
        if not any(difference(a, end) < 0 and difference(begin, b) < 0 for a, b in self.holes):
            return "retransmission"
        beyond = next((s for s in self.segments[-400:] if difference(s[0], end) > 0), None)
        if beyond is None:
            return "retransmission"
        _, its_ident, its_stamp, its_time = beyond
        if ident and its_ident:
            earlier = difference(ident, its_ident, 16) < 0
        elif None not in (stamp, its_stamp) and stamp != its_stamp:
            earlier = difference(stamp, its_stamp) < 0
        else:
            earlier = time - its_time < 0.9 * (self.round_trip or 0.003)
        return "out_of_order" if earlier else "retransmission"


def judge(capture):
    """{frame: verdict} of a capture that record.py or derive.py made."""
    directions, said = {}, {}
    for frame, (nanoseconds, packet, _) in enumerate(read_pcap(capture), 1):
        segment = parse(packet)
        if segment is None:
            continue
        time, ident = nanoseconds / 1e9, identification(packet)
        window, (stamp, echo) = window_and_timestamps(packet)
        syn, length = segment.flags & SYN, segment.length
        payload = length > bool(syn) + bool(segment.flags & FIN)
        key, reverse = (segment.source, segment.target), (segment.target, segment.source)
        begin, end = segment.seq, (segment.seq + length) % 2**32
        if syn and not segment.flags & ACK and key in directions and directions[key].isn != begin:
            directions.pop(key)
            directions.pop(reverse, None)
        own, other = directions.get(key), directions.get(reverse)
        first = own is None
        if first:
            own = directions[key] = Direction(begin if syn else None, end)
            own.syn_time = time if syn else None
        elif syn:
            own.syn_time = None
        if other and echo in other.first_seen:
            own.take_round_trip(time - other.first_seen[echo])
        elif other and other.syn_time and own.round_trip is None and segment.flags & ACK:
            if segment.ack == (other.isn + 1) % 2**32:
                own.take_round_trip(time - other.syn_time)
        if stamp is not None:
            own.first_seen.setdefault(stamp, time)
        if length:
            look = begin, length, stamp, segment.ack, segment.flags, window
            verdict = None if first else own.judge(time, begin, end, ident, stamp, look, payload)
            if verdict:
                said[frame] = verdict
            own.fill(begin, end)
            own.copies[look] = time, ident
            own.segments.append((end, ident, stamp, time))
            if difference(end, own.highest) > 0:
                own.highest = end
        if ident and (own.identification is None or difference(ident, own.identification, 16) > 0):
            own.identification = ident
        own.last_time = time
    return said


if __name__ == "__main__":
    for number, verdict in judge(sys.argv[1]).items():
        print(number, verdict, sep="\t")
