# SPDX-License-Identifier: MIT
"""TCP segments as the generators make them, and captures of them."""

import struct
from dataclasses import dataclass, replace

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
NAMES = {SYN: "SYN", FIN: "FIN", RST: "RST", PSH: "PSH", ACK: "ACK", URG: "URG"}


@dataclass(frozen=True)
class Segment:
    flow: int  # which pair of endpoints
    side: int  # which of them sends, 0 or 1
    time: int  # nanoseconds since 1970
    seq: int
    ack: int
    flags: int
    window: int
    length: int = 0
    options: bytes = b""  # padded to four bytes when written
    cut: int = 0  # bytes at their end that are not in the capture

    def __str__(self):
        flags = "+".join(name for bit, name in NAMES.items() if self.flags & bit) or "-"
        options = f" options {self.options.hex()}" if self.options else ""
        if self.cut:
            options += f" cut by {self.cut}"
        return (f"{self.time / 1e6:14.6f} ms  side {self.side}  seq {self.seq:10}  ack {self.ack:10}  {flags:11} "
                f"window {self.window:5}  length {self.length:5}{options}")


def window_scale(shift):
    return bytes([3, 3, shift])


def selective_acknowledgments(*blocks):
    return bytes([5, 2 + 8 * len(blocks)]) + b"".join(struct.pack(">II", *block) for block in blocks)


def packet(segment):
    """What is captured of a raw IP packet, at most up to the end of the TCP header, and the length of all of it. Odd flows are IPv6. In
    every sixteenth flow both ends are one."""
    first, second = struct.pack(">I", 0x0A000001), struct.pack(">I", 0x0A000002)
    first_port, second_port = 1024 + segment.flow % 60000, 80 + segment.flow // 60000
    if segment.flow % 16 == 14:
        second, second_port = first, first_port
    if segment.side == 1:
        first, second, first_port, second_port = second, first, second_port, first_port
    options = segment.options + bytes(-len(segment.options) % 4)
    tcp = struct.pack(">HHIIBBHHH", first_port, second_port, segment.seq, segment.ack, (5 + len(options) // 4) << 4,
                      segment.flags, segment.window, 0, 0) + options
    length = len(tcp) + segment.length
    if segment.flow % 2:
        network = bytes([0x20, 1, 0xD, 0xB8])
        ip = struct.pack(">IHBB", 6 << 28, length, 6, 64) + network + bytes(8) + first + network + bytes(8) + second
    else:
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, 6, 0) + first + second
    return (ip + tcp)[:len(ip) + max(20, len(tcp) - segment.cut)], len(ip) + length


def write_capture(path, segments):
    """A pcap file with nanoseconds and link type 101, raw IP. The data of the segments is cut off, as by a snaplen."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101)]
    for segment in segments:
        data, length = packet(segment)
        parts.append(struct.pack("<IIII", *divmod(segment.time, 10**9), len(data), length) + data)
    with open(path, "wb") as file:
        file.write(b"".join(parts))


def moved_to(flow, segments):
    """The same segments between the endpoints of another flow that is of the same kind."""
    return [replace(segment, flow=flow * 16 + segment.flow % 16) for segment in segments]
