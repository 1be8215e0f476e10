#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""watch_soak.py --program tcplens [--minutes N] [--rate N]: leaves `tcplens watch` running on the loopback device of a network
namespace of its own, once through libpcap and once with --ring, beside connections that end by themselves, and writes down how much
memory each process has. Fails if memory grew in the last third, if a process ended before it was told to, or if its totals do not add up.
Needs root on Linux; exits with 77 where it cannot."""
import argparse
import itertools
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from live import CANNOT, ENVIRONMENT, LINGER_RESET, expect, expect_that, failures, works_in_new_namespace

SERVICES = range(9000, 9008)
CLOSED_PORT = 8999
LEAST_LOOKS = 90  # a quarter of an hour: less tells nothing of growth
TOLERANCE_KB = 512  # an allocator returns pages when it likes
TOTALS = re.compile(r"\nconnections: begun (\d+) = ended (\d+) \(.*\) \+ open (\d+)\n")


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def serve(port):
    listener = socket.create_server(("", port), backlog=64)

    def answer_all():
        while True:
            with listener.accept()[0] as end:
                try:
                    while end.recv(1 << 16):
                        end.sendall(bytes(3000))
                except OSError:
                    pass

    threading.Thread(target=answer_all, daemon=True).start()


def connect_once(turn):
    """One connection of the turn: from one of 65,000 addresses to one of the services; one of ten is reset, one of ten refused."""
    client = socket.socket()
    client.bind((f"127.1.{turn // 250 % 250}.{1 + turn % 250}", 0))
    with client:
        if turn % 10 == 0:
            client.connect_ex(("127.0.0.1", CLOSED_PORT))
            return
        client.connect(("127.0.0.1", SERVICES[turn % len(SERVICES)]))
        client.sendall(bytes(500))
        client.recv(1 << 16)
        if turn % 10 == 1:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)


def traffic(rate, until):
    began = time.monotonic()
    for turn in itertools.count():
        now = time.monotonic()
        if now >= until:
            return turn
        time.sleep(max(0.0, began + turn / rate - now))
        connect_once(turn)


class Watched:
    def __init__(self, command):
        self.name = " ".join(command[1:])
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT, text=True)
        self.line = self.process.stdout.readline()
        threading.Thread(target=self.read, daemon=True).start()
        self.last = ""
        self.memory = []

    def read(self):
        """Keeps the end of what it prints: hours of it would be much."""
        for line in self.process.stdout:
            self.last = (self.last + line)[-4000:]

    def note(self):
        if self.process.poll() is not None:
            failures.append(f"{self.name} ended by itself: {self.process.returncode}, {self.last!r}")
            return False
        self.memory.append(resident_kb(self.process.pid))
        return True

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        expect(f"{self.name}: exit status", self.process.wait(60), 0)
        time.sleep(0.5)  # for the reader
        found = TOTALS.search(self.last)
        expect_that(f"{self.name}: totals {self.last[-800:]!r}", found and int(found[1]) == int(found[2]) and found[3] == "0")
        return int(found[1]) if found else 0

    def judge(self):
        if len(self.memory) < LEAST_LOOKS:
            return
        middle, last = self.memory[len(self.memory) // 3:2 * len(self.memory) // 3], self.memory[2 * len(self.memory) // 3:]
        if middle:
            expect_that(f"{self.name} grew from {max(middle)} to {max(last)} kB", max(last) <= max(middle) + TOLERANCE_KB)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built tcplens")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--rate", type=float, default=40, help="connections a second")
    given = parser.parse_args()
    if not works_in_new_namespace():
        return CANNOT
    for port in SERVICES:
        serve(port)
    watched = [Watched([given.program, "watch", *more, "--max-connections", "20000", "lo"]) for more in ([], ["--ring"])]
    until = time.monotonic() + given.minutes * 60
    made = []
    sender = threading.Thread(target=lambda: made.append(traffic(given.rate, until)), daemon=True)
    sender.start()
    while time.monotonic() < until:
        time.sleep(min(10, max(0, until - time.monotonic())))
        if not all([each.note() for each in watched]):
            break
        if len(watched[0].memory) % 30 == 1:
            print(f"{time.strftime('%H:%M:%S')}  " + ", ".join(f"{each.name}: {each.memory[-1]:,} kB" for each in watched), flush=True)
    sender.join(60)
    for each in watched:
        if each.process.poll() is None:
            seen = each.end()
            print(f"{each.name}: {len(each.memory)} looks, {min(each.memory):,} to {max(each.memory):,} kB, last {each.memory[-1]:,} kB; "
                  f"{seen:,} of {made} connections seen")
        each.judge()
    print("\n".join(failures) or "no growth")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
