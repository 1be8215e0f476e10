#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tcplens as one header: all public headers, in the order in which they include each other.

    packaging/single_header.py                  writes single_include/tcplens.hpp, which git ignores
    packaging/single_header.py -o FILE          writes FILE; - is standard output

The same headers give the same bytes. packaging/release calls this; the result is never kept in the repository.
"""

import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from version import version

ROOT = pathlib.Path(__file__).resolve().parents[1]
INCLUDE = ROOT / "include/tcplens"
SPDX = "// SPDX-License-Identifier: MIT\n"

HEAD = """{spdx}// tcplens {version}: every header of the library in one file, made by packaging/single_header.py of the same version.
// Use either this file or the folder of headers in a program: both define the same names.
//
{license}
#pragma once

"""


class Joiner:
    """Appends each header once, behind what it includes."""

    def __init__(self):
        self.parts = []
        self.done = set()
        self.system = set()

    def add(self, header):
        if header in self.done:
            return
        self.done.add(header)
        depth = 0
        lines = []
        for line in header.read_text(encoding="utf-8").splitlines(keepends=True):
            own = re.match(r'\s*#\s*include "(.+)"', line)
            system = re.match(r"\s*#\s*include (<.+>)", line)
            if own: # what is included under a condition is harmless without it
                self.add((header.parent / own[1]).resolve())
            elif system and depth == 0:
                if system[1] not in self.system:
                    self.system.add(system[1])
                    lines.append(line)
            elif line not in (SPDX, "#pragma once\n"):
                depth += bool(re.match(r"\s*#\s*if", line)) - bool(re.match(r"\s*#\s*endif", line))
                lines.append(line)
        text = re.sub(r"\n{3,}", "\n\n", "".join(lines)).strip("\n")
        if text:
            self.parts.append(f"// --- tcplens/{header.relative_to(INCLUDE).as_posix()}\n\n{text}\n")


def single_header():
    joiner = Joiner()
    joiner.add(INCLUDE / "version.hpp")
    joiner.add(INCLUDE / "tcplens.hpp")
    for header in sorted(INCLUDE.rglob("*.hpp")):
        joiner.add(header)
    license_lines = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    license_text = "\n".join(f"// {line}".rstrip() for line in license_lines)
    return HEAD.format(spdx=SPDX, version=version(), license=license_text) + "\n".join(joiner.parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", default=str(ROOT / "single_include/tcplens.hpp"), help="the file to write; - is standard output")
    output = parser.parse_args().output
    text = single_header()
    if output == "-":
        sys.stdout.write(text)
        return
    path = pathlib.Path(output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
