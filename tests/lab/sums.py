#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sums.py --program TCPLENS: whether `tcplens bytes` gives what the applications sent, by SHA-256.

Two hosts in network namespaces talk over the relay's path, which loses a tenth of the packets, delays, reorders and copies others, and
lets copies arrive whose data is wrong; both ends write down the sums of all that they sent and received. Each end's capture has whole
packets. Of each connection and direction the sum of `tcplens bytes`, with --checksums and without, must be that of the sender and that of
the receiver, and nothing may be missing: at the sender's own side, and at the receiver's.

Needs root on Linux and /dev/net/tun; exits with 77 where it cannot, and with 1 where a sum differs. Takes half a minute."""
import argparse
import csv
import hashlib
import io
import os
import random
import subprocess
import sys
import tempfile
import time

from host import ADDRESSES, SERVER_PORT, SMALL_BUFFER_PORT, Host, NotHere
from record import CANNOT, SYSCTLS, compile_relay, option_text

PATH = dict(delay=8, jitter=4, ordered=0, loss=0.1, reorder=0.05, reorder_by=20, duplicate=0.05, duplicate_after=15,
            corrupt=0.05)  # fmt: skip
MAX_PACKETS, MAX_SECONDS, TALK_SECONDS, QUIET_SECONDS = 60000, 50, 28, 10


def conversations(seed):
    chance = random.Random(seed)
    plans = []
    for i in range(12):
        size = chance.randint(1, 120000)
        plan = dict(at=chance.uniform(0, 1), address=ADDRESSES["b"][4 if i % 3 else 6], port=SERVER_PORT, sums=1)
        plan |= [dict(request=size), dict(reply=size), dict(request=size // 2, reply=size // 2, both=1),
                 dict(request=900, reply=1500, rounds=8)][i % 4]  # fmt: skip
        if i == 7:
            plan |= dict(port=SMALL_BUFFER_PORT, server_stalls=1, request=60000)  # a closed window
        plans.append(plan | dict(ending=("client", "server", "half")[i % 3]))
    return plans


def record(folder, seed, relay):
    """Records, and returns what both hosts wrote down."""
    hosts, path = {}, None
    try:
        for host in "ab":
            hosts[host] = Host(host, SYSCTLS, 1500, False, {})
        files = [hosts[host].tun for host in "ab"] + [hosts[host].packets for host in "ab"]
        options = option_text(PATH)
        arguments = [folder, *files, seed, 65535, MAX_PACKETS, MAX_SECONDS, "none", options, options]
        path = subprocess.Popen([relay, *map(str, arguments)], stdin=subprocess.PIPE, pass_fds=files)
        hosts["b"].ask(do="listen")
        outcomes = hosts["a"].ask(do="converse", conversations=conversations(seed), until=TALK_SECONDS)["outcomes"]
        until, quiet = time.monotonic() + QUIET_SECONDS, 0
        while time.monotonic() < until and quiet < 4:  # until nobody has anything to send any more
            time.sleep(0.15)
            quiet = 0 if any(hosts[host].ask(do="busy_sockets")["busy"] for host in "ab") else quiet + 1
        path.stdin.close()
        if path.wait(10):
            raise OSError(f"the relay ended with {path.returncode}")
        print("conversations:", outcomes)
        return {host: hosts[host].ask(do="counters")["sums"] for host in "ab"}
    finally:
        if path and path.poll() is None:
            path.kill()
            path.wait()
        for host in hosts.values():
            host.close()


def connections(program, capture):
    """The number and the client of each connection, by both ends, the client first."""
    command = [program, "connections", "--all", "--format", "csv", capture]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    by_ends = {}
    for row in csv.DictReader(io.StringIO(listed.stdout)):
        by_ends[f"{row['client']} {row['client_port']}", f"{row['server']} {row['server_port']}"] = row["number"]
    return by_ends


def check(program, folder, sums):
    """How many sums were compared, and how many of them differ."""
    compared = wrong = 0
    servers = {(each["local"], each["peer"]): each for each in sums["b"]}
    for capture in "ab":
        file = f"{folder}/{capture}.pcap"
        numbers = connections(program, file)
        for client in sums["a"]:
            server = servers.get((client["peer"], client["local"]))
            number = numbers.get((client["local"], client["peer"]))
            for side, sender, receiver in (("client", client, server), ("server", server, client)):
                # What was given up midway is compared as far as it came: not at all.
                if not server or sender["sent"] != receiver["received"]:
                    continue
                for checksums in [], ["--checksums"]:
                    command = [program, "bytes", "--connection", number, "--direction", side, *checksums, file]
                    ran = subprocess.run(command, capture_output=True)
                    compared += 1
                    if hashlib.sha256(ran.stdout).hexdigest() == sender["sent"] and not ran.returncode and not ran.stderr:
                        continue
                    wrong += 1
                    print(f"{' '.join(command)}: {len(ran.stdout)} bytes of {sender['sent_bytes']}")
                    print(ran.stderr.decode())
    return compared, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="a folder for the captures (default: a temporary one, removed at the end)")
    parser.add_argument("--relay", help="the built relay.cpp (default: builds it)")
    options = parser.parse_args()
    if not sys.platform.startswith("linux") or os.geteuid() or not os.path.exists("/dev/net/tun"):
        print("needs Linux, root and /dev/net/tun")
        return CANNOT
    with tempfile.TemporaryDirectory(prefix="tcplens-sums-") as scratch:
        folder = options.out or scratch
        os.makedirs(folder, exist_ok=True)
        try:
            sums = record(folder, options.seed, options.relay or compile_relay(scratch))
        except NotHere as error:
            print(f"cannot be done here: {error}")
            return CANNOT
        compared, wrong = check(options.program, folder, sums)
    print(f"{compared} sums compared, {wrong} differ")
    return 0 if compared >= 40 and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
