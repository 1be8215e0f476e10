#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The address at which releases are published. It stands here; recipes, which cannot ask, repeat it.

    packaging/address.py                prints it
    packaging/address.py NEW-ADDRESS    writes another, here and wherever it is repeated

No project is there yet: the address is a placeholder until the first release is published. tests/check_sources.cmake checks that
what repeats it agrees.
"""

import pathlib
import sys

ADDRESS = "https://github.com/tcplens/tcplens"


def main():
    if len(sys.argv) == 1:
        print(ADDRESS)
        return
    if len(sys.argv) != 2 or not sys.argv[1].startswith("https://") or sys.argv[1].endswith("/"):
        sys.exit("packaging/address.py: give one address, https://… without a slash at its end.")
    for path in sorted(pathlib.Path(__file__).resolve().parent.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and ADDRESS in (text := path.read_text(encoding="utf-8")):
            path.write_text(text.replace(ADDRESS, sys.argv[1]), encoding="utf-8", newline="\n")
            print(path)


if __name__ == "__main__":
    main()
