#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares how many packets `tcplens report` reads, and in how many it finds TCP, with the installed tshark (4.0), over the captures that
are named or lie in the folders that are named. TCP that an ICMP error quotes is no segment.
Needs tshark and Python 3 with its standard library. Exit status: 0 no difference, 1 some, 77 (skipped) without tshark 4.0.

Known differences, none of which is in tests/data: a TCP header that the capture cut (truncated here, TCP for tshark) or that
contradicts itself (malformed here); what IPComp compressed; packets sampled by sFlow; several packets in one Netlink message;
an IPv4 option of a wrong length, where tshark stops."""

import argparse
import json
import subprocess
import sys

sys.dont_write_bytecode = True

from captures import MODIFIED_PCAP, PCAP, PCAPNG, SKIPPED, captures_in, tshark_is_here


def ask_tshark(path):
    """Packets, and those whose first TCP is not inside an ICMP error."""
    lines = subprocess.run(["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.protocols"],
                           capture_output=True, text=True).stdout.splitlines()
    stacks = [line.split(":") for line in lines]
    tcp = [stack for stack in stacks if "tcp" in stack]
    quoted = [stack for stack in tcp if {"icmp", "icmpv6"} & set(stack[:stack.index("tcp")])]
    return len(stacks), len(tcp) - len(quoted)


def ask_report(program, path):
    text = subprocess.run([program, "report", "--format", "json", path], capture_output=True, text=True).stdout
    capture = json.loads(text)["capture"]
    return capture["packets"], capture["decode"]["tcp"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", required=True, metavar="TCPLENS", help="the program tcplens")
    arguments.add_argument("paths", nargs="+")
    given = arguments.parse_args()
    if not tshark_is_here():
        print("skipped: tshark 4.0 is not here")
        return SKIPPED

    captures = differing = 0
    for path in captures_in(given.paths, PCAP | MODIFIED_PCAP | PCAPNG):
        captures += 1
        theirs, ours = ask_tshark(path), ask_report(given.program, path)
        if theirs != ours:
            differing += 1
            print(f"{path}: tshark {theirs[0]} packets, {theirs[1]} TCP; report {ours[0]}, {ours[1]}")
    print(f"{differing} of {captures} captures differ")
    return 1 if differing or not captures else 0


if __name__ == "__main__":
    sys.exit(main())
