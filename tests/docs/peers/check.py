#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the programs of other libraries that docs/coming-from shows, each where its library is installed. 77: none is.

PCAPPLUSPLUS names a checkout of PcapPlusPlus, which Debian 12 does not have; its headers are enough.
"""

import argparse
import os
import pathlib
import shlex
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
PARTS = ("Common++/header", "Packet++/header", "Pcap++/header")
PEERS = {
    "libtins": ("tins/tins.h", []),
    "pcapplusplus": ("PcapFileDevice.h", ["-I/usr/include/pcapplusplus", "-I/usr/local/include/pcapplusplus"]
                     + [f"-I{os.environ['PCAPPLUSPLUS']}/{part}" for part in PARTS if "PCAPPLUSPLUS" in os.environ]),
}


def compiles(compiler, source, options):
    return subprocess.run([*compiler, "-std=c++20", "-w", "-fsyntax-only", *options, "-x", "c++", source[0]], input=source[1], text=True,
                          capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cxx", default="c++", help="the compiler, with options if need be")
    compiler = shlex.split(parser.parse_args().cxx)
    tried, failed = 0, 0
    for name, (header, options) in PEERS.items():
        if compiles(compiler, ("-", f"#include <{header}>\n"), options).returncode != 0:
            print(f"{name}: skipped, it is not installed")
            continue
        tried += 1
        result = compiles(compiler, (str(FOLDER / f"{name}.cpp"), ""), options)
        print(f"{name}: {'good' if result.returncode == 0 else result.stderr}")
        failed += result.returncode != 0
    return 1 if failed else 0 if tried else 77


if __name__ == "__main__":
    sys.exit(main())
