#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the version of tcplens, which stands in include/tcplens/version.hpp: meson and packaging/release ask here."""

import pathlib
import re

HEADER = pathlib.Path(__file__).resolve().parents[1] / "include/tcplens/version.hpp"


def version():
    text = HEADER.read_text(encoding="utf-8")
    numbers = [re.search(rf"^#define TCPLENS_VERSION_{part} (\d+)$", text, re.M)[1] for part in ("MAJOR", "MINOR", "PATCH")]
    return ".".join(numbers) + re.search(r'^#define TCPLENS_VERSION_SUFFIX "(.*)"$', text, re.M)[1]


if __name__ == "__main__":
    print(version())
