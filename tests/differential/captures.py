# SPDX-License-Identifier: MIT
"""Which captures are compared, and whether tshark is here to compare with."""

import subprocess
from pathlib import Path

SKIPPED = 77  # the exit status of a test that was
PCAP = frozenset(bytes.fromhex(each) for each in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1"))
MODIFIED_PCAP = frozenset(bytes.fromhex(each) for each in ("a1b2cd34", "34cdb2a1"))
PCAPNG = frozenset([bytes.fromhex("0a0d0d0a")])


def captures_in(places, magic_numbers):
    """The files that are named, and all in the folders that are named which begin with one of those numbers."""
    found = []
    for place in map(Path, places):
        found += sorted(each for each in place.rglob("*") if begins_with(each, magic_numbers)) if place.is_dir() else [place]
    return found


def begins_with(path, magic_numbers):
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) in magic_numbers


def tshark_is_here():
    """Whether the installed tshark is 4.0, whose analysis the rules are of."""
    try:
        version = subprocess.run(["tshark", "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        version = ""
    return "(Wireshark) 4.0." in version
