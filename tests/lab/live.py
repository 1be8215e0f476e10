#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""live.py --program tcplens: runs `tcplens watch` beside real TCP between two network namespaces, through libpcap and with
--ring, and compares what it prints with what was done. Needs root on Linux, IPv6 and `ip`; exits with 77 where it cannot.
Ends by itself, within a minute.

The namespaces have no names: they end with their processes, which end with this one, even if it is killed."""
import argparse
import ctypes
import fcntl
import itertools
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from record import retrans_segs

CANNOT = 77  # what ctest and meson take as skipped
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
NEAR_MAC, FAR_MAC, NO_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"
PORT, REFUSED = 9000, 9001
LINGER_RESET = struct.pack("ii", 1, 0)  # close sends RST
# No packets but ours.
QUIET = {"ipv6/conf/default/accept_ra": 0, "ipv6/conf/default/router_solicitations": 0,
         "ipv6/conf/default/addr_gen_mode": 1, "ipv6/conf/default/accept_dad": 0}  # fmt: skip

END = re.compile(
    r"  (?P<why>\w+): (?P<client>\S+) > (?P<server>\S+), handshake (?P<handshake>\w+), close (?P<close>\w+),"
    r" packets (?P<packets_up>\d+) \+ (?P<packets_down>\d+), payload (?P<up>\d+) \+ (?P<down>\d+),"
    r" on the wire (?P<wire_up>\d+) \+ (?P<wire_down>\d+), retransmitted (?P<again_up>\d+) \+ (?P<again_down>\d+), (?P<ms>\d+) ms"
)
REASONS = ("closed", "reset", "idle", "evicted", "flushed")
BY_REASON = r"\(" + r" \+ ".join(rf"{name} (?P<{name}>\d+)" for name in REASONS) + r"\)"
SECOND = re.compile(
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ (?P<packets>\d+) packets, [\d.]+ [kMG]?B/s of TCP; new (?P<new>\d+), ended (?P<ended>\d+) "
    + BY_REASON + r", open (?P<open>\d+); retransmitted (?P<again>\d+) of (?P<tcp>\d+) segments \((?P<rate>[\d.]+)%\);"
    r" dropped by the kernel (?P<dropped>\d+), by the bound (?P<bound>\d+)(; worst: (?P<worst>[^;]*))?(; services: (?P<services>.*))?"
)
OBSERVATION = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ observation (?P<kind>\w+): \S.*")
TOTALS = (
    r"connections: begun (?P<begun>\d+) = ended (?P<ended>\d+) " + BY_REASON + r" \+ open (?P<open>\d+)\n"
    r"packets: (?P<packets>\d+) = TCP (?P<tcp>\d+) \+ not TCP (?P<not_tcp>\d+) \+ fragments (?P<fragments>\d+)"
    r" \+ truncated (?P<truncated>\d+) \+ malformed (?P<malformed>\d+) \+ of other links (?P<other>\d+)\n"
    r"retransmitted: (?P<again>\d+) of \d+ segments \([\d.]+%\)\n"
    r"handshakes: completed (?P<completed>\d+), failed (?P<failed>\d+)\n"
    r"dropped: by the kernel (?P<dropped>\d+) of (?P<received>\d+) packets, by the bound \d+ connections and \d+ segments\n"
    r"observations: (?:none|\w+ \d+(?:, \w+ \d+)*)\n"
)
# Who has changed its user cannot be looked at by LeakSanitizer.
BRIEF = "(brief)"
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


class NotHere(OSError):
    """This machine has no namespaces, or does not let us make them."""


failures = []


def expect(what, got, wanted):
    if got != wanted:
        failures.append(f"{what}: {got!r}, not {wanted!r}")


def expect_that(what, holds):
    if not holds:
        failures.append(what)


def ip(*command):
    subprocess.run(["ip", *command], check=True)


def enter_new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise NotHere(ctypes.get_errno(), "no new network namespace: " + os.strerror(ctypes.get_errno()))
    for key, value in QUIET.items():
        with open("/proc/sys/net/" + key, "w") as file:
            file.write(str(value))
    ip("link", "set", "lo", "up")


def works_in_new_namespace():
    """Enters a new namespace. False where that cannot be done: it prints why."""
    if not sys.platform.startswith("linux") or os.geteuid():
        print("needs Linux and root")
        return False
    try:
        enter_new_namespace()
    except (NotHere, FileNotFoundError, PermissionError) as error:
        print(f"cannot be done here: {error}")
        return False
    return True


def set_up(device, mac, host, other, other_mac):
    ip("link", "set", device, "address", mac, "up")
    for net, length in (("10.79.0.", 24), ("fd79::", 64)):
        ip("addr", "add", f"{net}{host}/{length}", "dev", device)
        ip("neigh", "replace", f"{net}{other}", "lladdr", other_mac, "dev", device)


def serve():
    """Answers a line with two numbers: it reads so many bytes, and sends so many."""
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("::", PORT))
    listener.listen(64)
    threading.Thread(target=accept_all, args=(listener,), daemon=True).start()


def accept_all(listener):
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def answer(connection):
    try:
        with connection, connection.makefile("rb") as lines:
            request, reply = map(int, lines.readline().split())
            lines.read(request)
            connection.sendall(bytes(reply))
            lines.read(1)  # until the client ends
    except OSError:
        pass


class FarEnd:
    """A process in another namespace, joined to ours by the devices `mon0`, here, and `far0`."""

    def __init__(self):
        entered, here = os.pipe()
        there, joined = os.pipe()
        ready, done = socket.socketpair(socket.AF_UNIX)
        self.pid = os.fork()
        if not self.pid:
            try:
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                enter_new_namespace()
                os.write(here, b"1")
                os.read(there, 1)
                set_up("far0", FAR_MAC, 2, 1, NEAR_MAC)
                serve()
                wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                wire.bind(("far0", 0))
                socket.send_fds(done, [b"1"], [wire.fileno()])
                signal.pause()
            finally:
                os._exit(1)
        done.close()
        for end in (here, there):
            os.close(end)
        if not os.read(entered, 1):
            raise NotHere("no second network namespace")
        ip("link", "add", "mon0", "type", "veth", "peer", "name", "far0", "netns", str(self.pid))
        set_up("mon0", NEAR_MAC, 1, 2, FAR_MAC)
        # There is nobody: what is sent to it is lost.
        ip("neigh", "replace", "10.79.0.3", "lladdr", NO_MAC, "dev", "mon0")
        os.write(joined, b"1")
        _, fds, _, _ = socket.recv_fds(ready, 1, 1)
        if not fds:
            raise OSError("the far end ended")
        self.wire = socket.socket(fileno=fds[0])  # sends whole frames to mon0

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Watcher:
    """A `tcplens watch` that runs, and what it printed. With the option BRIEF it tells no ended connections."""

    def __init__(self, scratch, program, device, *options, connections=1000):
        self.name = " ".join(["watch", *program[2:], *options, device])
        self.out = tempfile.TemporaryFile("w+", dir=scratch)
        self.err = tempfile.TemporaryFile("w+", dir=scratch)
        options = [option for option in options if option != BRIEF] if BRIEF in options else ["--ended", *options]
        arguments = [*program, "--max-connections", str(connections), *options, device]
        self.process = subprocess.Popen(arguments, stdout=self.out, stderr=self.err, env=ENVIRONMENT)
        running.append(self)

    def wait_for(self, pattern, seconds=10, file=None):
        until = time.monotonic() + seconds
        while not re.search(pattern, read(file or self.out)):
            if time.monotonic() > until or self.process.poll() is not None:
                raise OSError(f"{self.name}: no {pattern!r} in {read(self.out)!r} {read(self.err)!r}")
            time.sleep(0.05)

    def begin(self):
        self.wait_for("^listening on ")
        return self

    def end(self, status, sent=None):
        if sent:
            self.process.send_signal(sent)
        try:
            expect(f"{self.name}: exit status", self.process.wait(10), status)
        except subprocess.TimeoutExpired:
            failures.append(f"{self.name} does not end")
            self.stop()
        running.remove(self)
        self.said, self.complained = read(self.out), read(self.err)
        found = filter(None, map(END.fullmatch, self.said.splitlines()))
        self.ends = {each["client"]: each.groupdict() for each in found}  # the lines of connections
        return self

    def stop(self):
        self.process.kill()
        self.process.wait()

    def check(self):
        """What holds for every output. Returns the totals."""
        found = re.search(TOTALS + r"\Z", self.said)
        expect_that(f"{self.name}: no totals in {self.said!r}", found)
        if not found:
            return dict.fromkeys(re.compile(TOTALS).groupindex, -1)
        totals = {name: int(value) for name, value in found.groupdict().items()}
        lines = self.said[: found.start()].splitlines()
        expect(f"{self.name}: open at the end", totals["open"], 0)
        expect(f"{self.name}: ended", totals["ended"], totals["begun"])
        expect(f"{self.name}: sum of ended", sum(totals[name] for name in REASONS), totals["ended"])
        parts = ("tcp", "not_tcp", "fragments", "truncated", "malformed", "other")
        expect(f"{self.name}: sum of packets", sum(totals[name] for name in parts), totals["packets"])

        begun = ended = tcp = again = dropped = 0
        by_reason = dict.fromkeys(REASONS, 0)
        seconds, ends = 0, []
        for line in lines[1:]:
            if OBSERVATION.fullmatch(line):
                continue
            if second := SECOND.fullmatch(line):
                seconds += 1
                told = second.groupdict()
                counts = {name: int(told[name]) for name in ("new", "ended", "open", "again", "tcp", "dropped", *REASONS)}
                begun, ended, tcp = begun + counts["new"], ended + counts["ended"], tcp + counts["tcp"]
                again, dropped = again + counts["again"], dropped + counts["dropped"]
                for name in REASONS:
                    by_reason[name] += counts[name]
                expect(f"{self.name}: open in {line!r}", counts["open"], begun - ended)
                if BRIEF not in self.name:
                    expect(f"{self.name}: connections told before {line!r}", len(ends), ended)
                expect(f"{self.name}: rate in {line!r}", second["rate"], f"{100 * counts['again'] / max(1, counts['tcp']):.2f}")
            elif end := END.fullmatch(line):
                ends.append(end)
            else:
                failures.append(f"{self.name}: a line {line!r}")
        expect_that(f"{self.name}: no line of a second", seconds)
        expect_that(f"{self.name}: more in its seconds than in all", tcp <= totals["tcp"] and begun <= totals["begun"])
        expect_that(f"{self.name}: drops of seconds", dropped <= totals["dropped"])
        expect_that(f"{self.name}: retransmissions of seconds", again <= totals["again"])
        if BRIEF in self.name:
            expect(f"{self.name}: connections told", len(ends), 0)
        else:
            for name in REASONS:
                expect(f"{self.name}: told as {name}", sum(end["why"] == name for end in ends), totals[name])
        expect(f"{self.name}: flushed before the end", by_reason["flushed"], 0)
        return totals


running = []


def sent_again(pid="self"):
    """How many segments the kernel has sent again in the namespace of a process. On a busy machine it does that though
    nothing is lost."""
    with open(f"/proc/{pid}/net/snmp") as file:
        return retrans_segs(file.read())


def again(end):
    return int(end["again_up"]) + int(end["again_down"])


def read(file):
    with open(f"/proc/self/fd/{file.fileno()}") as other:  # from its beginning
        return other.read()


class Talk:
    """A connection that is made here, and what has to be said of it."""

    ports = itertools.count(33000)  # each its own: the kernel gives that of a connection that was reset again

    def __init__(self, address, port=PORT, request=0, reply=0, ending="close"):
        self.ending, self.reply = ending, reply
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.socket.settimeout(2 if ending == "ignored" else 10)
        self.socket.bind(("::" if ":" in address else "", next(self.ports)))
        try:
            self.socket.connect((address, port))
            outcome = "connected"
        except ConnectionRefusedError:
            outcome = "refused"
        except TimeoutError:
            outcome = "ignored"
        wanted = ending if ending in ("refused", "ignored") else "connected"
        if outcome != wanted:
            raise OSError(f"{address} port {port}: {outcome}, not {wanted}")
        sent = b""
        if outcome == "connected":
            sent = f"{request} {reply}\n".encode() + bytes(request)
            self.socket.sendall(sent)
            got = 0
            while got < reply:
                chunk = len(self.socket.recv(1 << 16))
                if not chunk:
                    raise OSError(f"only {got} of {reply} bytes came")
                got += chunk
            if not reply:
                time.sleep(0.05)  # until the server has read all: its buffers would make the RST another one
        self.up, self.down = len(sent), reply
        near, far = (self.socket.getsockname(), (address, port))
        self.client, self.server = (name(near[0], near[1]), name(*far)) if outcome == "connected" else (None, name(*far))
        if ending != "open":
            self.close()

    def close(self):
        if self.ending == "reset":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self.socket.close()

    def told(self, why=None):
        """How the connection ends, as (why, handshake, close)."""
        return {
            "close": (why or "closed", "completed", "normal"),
            "reset": (why or "reset", "completed", "reset"),
            "refused": (why or "reset", "failed", "reset"),
            "ignored": (why or "idle", "failed", "unknown"),
            "open": (why or "flushed", "completed", "active"),
        }[self.ending]


def name(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def check_talks(watcher, talks, why=None):
    """Each connection that was made is told, and no other."""
    ends = watcher.ends
    wanted = sorted((t.server, *t.told(why), t.up, t.down) for t in talks)
    sent = {t.client: (t.up, t.down) for t in talks}
    told = []
    for client, e in ends.items():
        payload = (int(e["up"]), int(e["down"]))
        if again(e):  # which is payload, too
            payload = tuple(map(min, payload, sent.get(client, payload)))
        told.append((e["server"], e["why"], e["handshake"], e["close"], *payload))
    expect(f"{watcher.name}: connections", sorted(told), wanted)
    for talk in talks:
        if talk.client is None:
            continue
        end = ends.get(talk.client)
        expect_that(f"{watcher.name}: nothing of {talk.client}", end and end["server"] == talk.server)
        if end and talk.ending == "close" and not again(end):
            each = header_bytes(talk)
            for way, payload in (("up", talk.up), ("down", talk.down)):
                # SYN and SYN-ACK have 8 bytes more of options than the others.
                expect(f"{watcher.name}: bytes on the wire {way} of {end}", int(end["wire_" + way]),
                       int(end["packets_" + way]) * each + 8 + payload)  # fmt: skip


def check_kernel(watcher, totals):
    """What the kernel counted was seen. Those that came after the last look into the buffer are not many."""
    unseen = totals["received"] - totals["dropped"] - totals["packets"]
    expect_that(f"{watcher.name}: {unseen} packets were captured and not seen", 0 <= unseen <= 5)


def header_bytes(talk):
    """Of Ethernet, IP, and TCP with timestamps."""
    return 14 + (40 if talk.server.startswith("[") else 20) + 32


def converse():
    """Every kind of connection. The ones that are open stay so."""
    talks = [Talk("10.79.0.2", request=1000 * i, reply=70000 - i) for i in range(10)]
    talks += [Talk("fd79::2", request=20, reply=3000) for _ in range(5)]
    talks += [Talk("10.79.0.2", request=100, ending="reset") for _ in range(4)]
    talks += [Talk("fd79::2", request=10, ending="reset") for _ in range(2)]
    talks += [Talk("10.79.0.2", REFUSED, ending="refused") for _ in range(6)]
    talks += [Talk("fd79::2", REFUSED, ending="refused")]
    talks += [Talk("10.79.0.2", request=5, reply=7, ending="open") for _ in range(3)]
    return talks + [Talk("10.79.0.3", ending="ignored")]  # last: its SYN is sent again after a second


def test_traffic(scratch, programs, far):
    watchers = [Watcher(scratch, program, "mon0").begin() for program in programs]
    before = sent_again() + sent_again(far.pid)
    # The kernel takes the tag of a VLAN out of what it receives; it was on the wire.
    tag = bytes.fromhex("8100 0005")
    mac = [bytes.fromhex(text.replace(":", "")) for text in (NEAR_MAC, FAR_MAC)]
    far.wire.send(b"".join(mac) + tag + b"\x08\x00" + syn("10.80.0.2", "10.80.0.1"))
    talks = converse()
    open_ones = [talk for talk in talks if talk.ending == "open"]
    for watcher in watchers:  # all that is over leaves by itself, while no packet comes
        watcher.wait_for(rf"\n20[^\n]* open {len(open_ones)};", 20)
    by_kernel = sent_again() + sent_again(far.pid) - before
    for watcher, sent in zip(watchers, (signal.SIGTERM, signal.SIGINT)):
        watcher.end(0, sent)
        expect(f"{watcher.name}: complaints", watcher.complained, "")
        totals = watcher.check()
        expect(f"{watcher.name}: begun", totals["begun"], len(talks) + 1)
        for why in REASONS:
            expect(f"{watcher.name}: {why}", totals[why], sum(talk.told()[0] == why for talk in talks) + (why == "idle"))
        tagged = watcher.ends.pop("10.80.0.2:4000", {})
        expect(f"{watcher.name}: {tagged}", [tagged.get(key) for key in ("why", "packets_up", "wire_up")], ["idle", "1", "58"])
        check_talks(watcher, talks)
        expect_that(f"{watcher.name}: the SYN that was sent again is not among the worst",
                    re.search(r"; worst: .*10\.79\.0\.1:\d+ > 10\.79\.0\.3:9000 \d+\b", watcher.said))  # fmt: skip
        # What the network adapter is to cut is one packet here, and counts as its parts there.
        told_again = totals["again"]
        expect_that(f"{watcher.name}: sent again {told_again}, and by the kernel {by_kernel}", 1 <= told_again <= by_kernel)
        check_kernel(watcher, totals)
    for talk in open_ones:
        talk.close()
    first, *others = (sorted(map(str, watcher.ends.values())) for watcher in watchers)
    for other in others:
        expect("what both say", other, first)


def test_drops(scratch, programs):
    """What the kernel drops while nobody takes its packets is told, and all else is counted."""
    watchers = [Watcher(scratch, program, "mon0").begin() for program in programs]
    for watcher in watchers:
        watcher.process.send_signal(signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(150000):  # of more than 256 bytes: more than 32 MiB
            sender.sendto(bytes(300), ("10.79.0.3", PORT))
    for watcher in watchers:
        watcher.process.send_signal(signal.SIGCONT)
    for watcher in watchers:
        watcher.wait_for(r"dropped by the kernel [1-9]")
    talk = Talk("10.79.0.2", request=100, reply=100)
    for watcher in watchers:  # on a slow machine it has not yet taken all that waits for it
        watcher.wait_for("; new [1-9]", 30)
    time.sleep(0.2)  # the last ACK
    for watcher in watchers:
        totals = watcher.end(0, signal.SIGTERM).check()
        expect(f"{watcher.name}: seen and dropped", totals["packets"] + totals["dropped"], totals["received"])
        expect_that(f"{watcher.name}: {totals}", totals["dropped"] > 0 and totals["received"] >= 150000)
        check_talks(watcher, [talk], "flushed")


def test_away(scratch, programs):
    """An interface goes down, comes up again, goes away, and comes back."""
    watchers = [Watcher(scratch, program, "mon0").begin() for program in programs]
    talks = [Talk("10.79.0.2", request=10, reply=10, ending="open")]
    ip("link", "set", "mon0", "down")
    for watcher in watchers:
        watcher.wait_for("mon0: It is down; waiting.\n", file=watcher.err)
    ip("link", "set", "mon0", "up")
    for watcher in watchers:
        watcher.wait_for("mon0: It is up again.\n", file=watcher.err)
    talks += [Talk("10.79.0.2", request=100, reply=100) for _ in range(3)]
    time.sleep(0.2)  # the last ACK
    ip("link", "delete", "mon0")
    for watcher in watchers:
        watcher.wait_for("mon0: It is gone; waiting for it to come back.\n", file=watcher.err)
    ip("link", "add", "mon0", "type", "veth", "peer", "name", "mon1")
    ip("link", "set", "mon1", "up")
    for watcher in watchers:
        watcher.wait_for("mon0: It is back.\n", file=watcher.err)
    ip("link", "set", "mon0", "up")
    for watcher in watchers:
        watcher.wait_for("mon0: It is down; waiting.\n(.*\n)*.*mon0: It is up again.\n\\Z", file=watcher.err)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("mon1", 0))
        mac = [bytes.fromhex(text.replace(":", "")) for text in (NEAR_MAC, FAR_MAC)]
        wire.send(b"".join(mac) + b"\x08\x00" + syn("10.80.0.2", "10.80.0.1"))
    time.sleep(0.2)
    for watcher in watchers:
        watcher.end(0, signal.SIGTERM)
        totals = watcher.check()
        expect(f"{watcher.name}: begun", totals["begun"], len(talks) + 1)
        ends = watcher.ends
        expect(f"{watcher.name}: after it came back", ends.get("10.80.0.2:4000", {}).get("packets_up"), "1")
        for talk in talks:
            expect(f"{watcher.name}: {talk.client}", ends.get(talk.client, {}).get("close"), talk.told()[2])
    ip("link", "delete", "mon0")


def test_loopback(scratch, programs):
    """Each packet counts once there. And what the options do."""
    serve()
    plain = [Watcher(scratch, program, "lo").begin() for program in programs]
    short = [Watcher(scratch, program, "lo", BRIEF, "--snaplen", "64").begin() for program in programs]
    small = [Watcher(scratch, program, "lo", connections=4).begin() for program in programs]
    picky = [Watcher(scratch, program, "lo", "--filter", f"tcp port {REFUSED}").begin()
             for program in programs if "--ring" not in program]  # fmt: skip
    before = sent_again()
    talks = [Talk("127.0.0.1", request=100, reply=5000) for _ in range(3)] + [Talk("::1", REFUSED, ending="refused")]
    held = [Talk("127.0.0.1", request=1, ending="open") for _ in range(10)]
    for watcher in (*plain, *short, *small, *picky):
        watcher.wait_for(r"\n20.*\n20", 20)  # two lines of a second: all was captured by then
    for watcher in plain:
        watcher.end(0, signal.SIGTERM)
        totals = watcher.check()
        expect(f"{watcher.name}: begun", totals["begun"], len(talks) + len(held))
        by_kernel = sent_again() - before
        told_again = totals["again"]
        expect_that(f"{watcher.name}: sent again {told_again}, and by the kernel {by_kernel}", told_again <= by_kernel)
        check_kernel(watcher, totals)
        for talk in talks[:3]:
            end = watcher.ends.get(talk.client)
            expect_that(f"{watcher.name}: nothing of {talk.client}", end)
            if not end or again(end):
                continue
            expect(f"{watcher.name}: {end}", [end["up"], end["down"]], [str(talk.up), str(talk.down)])
            # SYN, SYN-ACK, at least one with data each way, its ACK, FIN and ACK: doubled, it would be twice that.
            expect_that(f"{watcher.name}: packets of {end}", int(end["packets_up"]) in range(4, 9))
    for watcher in short:
        watcher.end(0, signal.SIGTERM)
        totals = watcher.check()
        expect(f"{watcher.name}: TCP headers that fit", totals["tcp"] + totals["truncated"], totals["packets"])
        expect_that(f"{watcher.name}: nothing is cut at 64 bytes", totals["truncated"] > 0)
    for watcher in small:
        watcher.end(0, signal.SIGTERM)
        totals = watcher.check()
        expect(f"{watcher.name}: begun", totals["begun"], len(talks) + len(held))
        expect(f"{watcher.name}: flushed", totals["flushed"], 4)
        # What is over makes room first; then of those that are held the ones that were silent for longest.
        expect(f"{watcher.name}: evicted", totals["evicted"], 6)
        expect(f"{watcher.name}: kept", sorted(c for c, e in watcher.ends.items() if e["why"] == "flushed"),
               sorted(talk.client for talk in held[-4:]))  # fmt: skip
    for watcher in picky:
        watcher.end(0, signal.SIGTERM)
        totals = watcher.check()
        expect(f"{watcher.name}: what passes", (totals["packets"], totals["begun"]), (2, 1))
    for talk in held:
        talk.close()


def syn(source, destination):
    source, destination = socket.inet_aton(source), socket.inet_aton(destination)
    tcp = struct.pack("!HHIIBBHHH", 4000, REFUSED, 1, 0, 0x50, 2, 1000, 0, 0)
    check = checksum(source + destination + struct.pack("!HH", 6, len(tcp)) + tcp)
    tcp = tcp[:16] + struct.pack("!H", check) + tcp[18:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, source, destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + tcp


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def test_raw_ip(scratch, programs):
    """A device whose packets begin with IP."""
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    ip("link", "set", "tun0", "up")
    ip("addr", "add", "10.81.0.1/24", "dev", "tun0")
    watchers = [Watcher(scratch, program, "tun0", "--seconds", "2").begin() for program in programs]
    os.write(tun, syn("10.81.0.2", "10.81.0.1"))
    for watcher in watchers:
        watcher.end(0)
        totals = watcher.check()
        expect(f"{watcher.name}: TCP", (totals["tcp"], totals["packets"], totals["begun"]), (2, 2, 1))
        end = watcher.ends.get("10.81.0.2:4000", {})
        expect(f"{watcher.name}: {end}", [end.get(key) for key in ("server", "close", "wire_up", "wire_down")],
               ["10.81.0.1:9001", "reset", "40", "40"])  # fmt: skip
    os.close(tun)


def test_refusals(programs):
    """What cannot be done is said, with status 1; what makes no sense, with status 2."""

    def run(*command, out=subprocess.PIPE):
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60, env=ENVIRONMENT)
        expect_that(f"{command}: {done.stderr!r}", done.stderr.startswith("tcplens: "))
        return done

    ip("link", "add", "idle0", "type", "veth", "peer", "name", "idle1")
    for program in programs:
        expect("no such device", run(*program, "nowhere0").returncode, 1)
        expect("a device that is down", run(*program, "idle0").returncode, 1)
        expect("no device", run(*program).returncode, 2)
        for option in (["--seconds", "0"], ["--max-connections", "0"], ["--max-connections", "100000000"], ["--snaplen", "63"],
                       ["--filter"], ["--user", "root"], ["--user", "no such user"]):  # fmt: skip
            expect(f"{program} {option}", run(*program, *option, "lo").returncode, 2)
        with open("/dev/full", "w") as full:
            done = run(*program, "--max-connections", "10", "--seconds", "10", "lo", out=full)
            expect_that(f"{program}: {done.stderr!r}", "The output could not be written." in done.stderr)
            expect(f"{program}: what cannot be written", done.returncode, 1)
        if "--ring" not in program:
            done = run(*program, "--filter", "tcp prot 1", "lo")
            expect(f"{program}: {done.stderr!r}", (done.returncode, "--filter: " in done.stderr), (2, True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built tcplens")
    options = parser.parse_args()
    programs = [[options.program, "watch"], [options.program, "watch", "--ring"]]
    if not sys.platform.startswith("linux") or os.geteuid():
        print("needs Linux and root")
        return CANNOT
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # with all that is to be cleared away
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("it takes too long"))
    signal.alarm(100)
    far = None
    with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
        try:
            try:
                enter_new_namespace()
                far = FarEnd()
            except (NotHere, FileNotFoundError, PermissionError) as error:
                print(f"cannot be done here: {error}")
                return CANNOT
            test_traffic(scratch, programs, far)
            test_drops(scratch, programs)
            test_away(scratch, programs)
            test_loopback(scratch, programs)
            if os.path.exists("/dev/net/tun"):
                test_raw_ip(scratch, programs)
            else:
                print("no TUN device here")
            test_refusals(programs)
        finally:
            for watcher in running:
                watcher.stop()
            if far:
                far.close()
    print("\n".join(failures) or "all is as it was done")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
