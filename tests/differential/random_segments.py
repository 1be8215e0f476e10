# SPDX-License-Identifier: MIT
"""Random streams of TCP segments, the same for the same seed."""

import random
from dataclasses import replace

from segments import ACK, FIN, PSH, RST, SYN, URG, Segment, selective_acknowledgments, window_scale

WORD = 1 << 32
MILLISECOND = 10**6
PAUSES = [0, 0, 1, 1000, MILLISECOND, 3 * MILLISECOND - 1, 3 * MILLISECOND, 10 * MILLISECOND, 20 * MILLISECOND - 1,
          20 * MILLISECOND, 30 * MILLISECOND, 300 * MILLISECOND, -1, -5 * MILLISECOND]
CORNERS = [0, 1 << 31, WORD - 3, 1000]


def hostile(choose, flow):
    """Anything, with few numbers that meet often: near to each other, to 0, to 2^31 and to 2^32."""
    bases = [[choose.choice(CORNERS)], CORNERS, [choose.randrange(WORD)]][choose.choice([0, 0, 1, 2])]
    reach = choose.choice([2, 4, 8])
    windows = choose.choice([[0, 1], [0, 1, 2, 4], [0, 3, 65535], [5]])
    wild_flags = choose.random() < 0.3

    def number():
        return (choose.choice(bases) + choose.randrange(-1, reach)) % WORD

    while True:
        flags = ACK
        if wild_flags:
            flags = choose.choice([FIN, SYN, RST, ACK, 0]) | choose.choice([ACK, ACK, 0, FIN, SYN, PSH, URG])
        elif choose.random() < 0.3:
            flags = choose.choice([SYN, SYN | ACK, SYN, SYN | ACK, FIN | ACK, FIN, RST, RST | ACK, ACK | PSH, SYN | FIN, 0])
        options = b""
        if choose.random() < 0.1:
            options = window_scale(choose.choice([0, 0, 1, 2, 14, 15, 255]))
        elif choose.random() < 0.05:
            options = selective_acknowledgments((number(), number()))
        yield Segment(flow, choose.randrange(2), choose.choice(PAUSES), number(), number(), flags, choose.choice(windows),
                      choose.choice([0, 0, 0, 1, 1, 2, 3]), options)


class Host:
    def __init__(self, choose):
        self.initial = choose.choice([choose.choice(CORNERS), WORD - 5000, choose.randrange(WORD)])
        self.next = (self.initial + 1) % WORD
        self.sent = []  # (first, length) of segments, the latest last
        self.window = choose.choice([1000, 64240, 65535])


def plausible(choose, flow):
    """What hosts do, with loss, reordering, repeats, closed windows, probes, resets, and ports that are used again."""
    while True:
        hosts = [Host(choose), Host(choose)]
        client, server = hosts
        scale = choose.choice([b"", window_scale(choose.randrange(15))])
        answer = choose.choice([scale, b"", window_scale(choose.randrange(15))])
        mss = choose.choice([1, 2, 100, 1448])
        quick = choose.choice([0, 1000, MILLISECOND, 5 * MILLISECOND])

        def send(side, seq, length=0, flags=ACK, ack=None, window=None, options=b""):
            own, peer = hosts[side], hosts[1 - side]
            pause = choose.choice(PAUSES) if choose.random() < 0.3 else quick
            return Segment(flow, side, pause, seq % WORD, (peer.next if ack is None else ack) % WORD, flags,
                           own.window if window is None else window, length, options)

        if choose.random() < 0.8:
            for _ in range(choose.choice([1, 1, 1, 2])):
                yield send(0, client.initial, flags=SYN, ack=0, options=scale)
            if choose.random() < 0.1:
                yield send(1, 0, flags=RST | ACK)
                continue
            for _ in range(choose.choice([1, 1, 1, 2])):
                yield send(1, server.initial, flags=SYN | ACK, options=answer)
            if choose.random() < 0.9:
                yield send(0, client.next)
        for _ in range(choose.choice([10, 40, 120])):
            side = choose.choice([0, 0, 1]) if choose.random() < 0.9 else 0
            own, peer = hosts[side], hosts[1 - side]
            act = choose.randrange(100)
            if act < 35:  # new data, which may be lost before the capture
                length = choose.choice([mss, mss, mss, 1, 2, 100])
                first, own.next = own.next, (own.next + length) % WORD
                own.sent.append((first, length))
                if choose.random() < 0.85:
                    yield send(side, first, length, ACK | choose.choice([0, PSH]))
            elif act < 45 and own.sent:  # data sent again, or late
                first, length = choose.choice(own.sent[-6:])
                if choose.random() < 0.2:
                    length = max(1, length + choose.choice([-1, 1, mss]))
                yield send(side, first, length)
            elif act < 65:  # an acknowledgment of something
                edges = [first for first, _ in peer.sent[-4:]] + [peer.next]
                ack = choose.choice(edges)
                for _ in range(choose.choice([1, 1, 1, 2, 3, 4])):
                    blocks = selective_acknowledgments((ack + mss & WORD - 1, peer.next)) if choose.random() < 0.3 else b""
                    yield send(side, own.next, ack=ack, options=blocks)
            elif act < 70:
                own.window = choose.choice([0, own.window, 1000, mss, 2 * mss, 65535])
                yield send(side, own.next)
            elif act < 76:  # keep-alives and their answers
                yield send(side, own.next - 1, choose.choice([0, 1]))
                if choose.random() < 0.8:
                    yield send(1 - side, peer.next)
            elif act < 84:  # the window closes, is probed, and opens again, or the byte is taken
                yield send(1 - side, peer.next, window=0)
                for _ in range(choose.choice([1, 2])):
                    yield send(side, own.next, choose.choice([1, 1, 1, 2]))
                    taken = choose.choice([0, 0, 1])
                    yield send(1 - side, peer.next, ack=own.next + taken, window=0)
                if choose.random() < 0.7:
                    yield send(1 - side, peer.next)
                    yield send(side, own.next, mss)
            elif act < 88 and peer.window > 0:  # fill the window
                edge = peer.window << choose.choice([0, answer[2] if answer and side == 0 else 0])
                first = (own.next + edge - mss) % WORD
                yield send(side, first, mss)
            elif act < 90:
                own.next = (own.next + choose.choice([1, mss, 5 * mss, -mss, 1 << 31])) % WORD
            elif act < 93:
                yield send(side, own.next, choose.choice([0, 0, mss]), FIN | ACK)
                own.next = (own.next + 1) % WORD
            elif act < 95:
                yield send(side, choose.choice([own.next, 0, choose.randrange(WORD)]), flags=choose.choice([RST, RST | ACK]))
            elif act < 97:
                yield send(side, own.initial, flags=SYN | (ACK if side else 0), options=scale)
            elif act < 98:
                yield send(1, choose.randrange(WORD), flags=SYN | ACK, options=answer)
            elif act < 99:
                yield send(side, own.next, choose.choice([0, 1, mss]), ack=peer.next + choose.choice([1, mss, -mss]))
            else:  # acknowledge what was not captured while the peer asks for something
                asked = choose.choice([first for first, _ in own.sent[-3:]] or [own.next])
                yield send(1 - side, peer.next, ack=asked)
                yield send(side, own.next, ack=peer.next + 1)
                for _ in range(choose.choice([1, 2, 2, 3])):
                    yield send(1 - side, peer.next, ack=asked)
                yield send(side, asked, mss)


def crowded(choose, flow, limit=10_000):
    """As many segments that wait for an acknowledgment as Wireshark lists, the last a FIN, then more; and acknowledgments of
    some of them. In a full list a FIN does not count, which shows in where the next segment is expected."""
    length = choose.choice([1, 100, 1448])
    first = choose.randrange(WORD)
    waiting = limit - 1

    def fin(seq):
        return Segment(flow, 0, 1000, seq % WORD, 1, ACK | FIN, 1000)

    def acknowledge(ack):
        return Segment(flow, 1, 1000, 1, ack % WORD, ACK, 1000)

    for number in range(waiting):
        yield Segment(flow, 0, 1000, (first + number * length) % WORD, 1, ACK, 1000, length)
    edge = first + waiting * length
    for number in range(3):
        yield fin(edge + number)
    for _ in range(4):
        yield acknowledge(first + choose.randrange(waiting * length))
        yield fin(edge + choose.choice([1, 2, 3]))
        yield acknowledge(edge + choose.choice([1, 2]))
        yield fin(edge + choose.choice([2, 3, 4]))


def stream_of_segments(seed, count):
    """`count` segments of several flows that run side by side."""
    choose = random.Random(seed)
    # Wireshark takes a SYN at 1970 for none.
    time = choose.choice([0, 1_700_000_000 * 10**9])
    running = []
    segments = []
    flows = 0
    while len(segments) < count:
        while len(running) < 4:
            kind = choose.choice([hostile, plausible])
            running.append([kind(choose, flows), choose.choice([10, 50, 200, 500])])
            flows += 1
        at = choose.randrange(len(running))
        for _ in range(choose.choice([1, 1, 3, 10])):
            flow, left = running[at]
            segment = next(flow)
            time = max(0, time + segment.time)
            cut = choose.randrange(1, 13) if segment.options and choose.random() < 0.1 else 0
            segments.append(replace(segment, time=time, cut=cut))
            running[at][1] -= 1
            if left <= 1:
                del running[at]
                break
    return segments[:count]


def crowded_stream(seed):
    choose = random.Random(seed)
    segments = []
    time = 1_700_000_000 * 10**9
    for segment in crowded(choose, 0):
        time += segment.time
        segments.append(replace(segment, time=time))
    return segments
