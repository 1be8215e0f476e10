#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes include/tcplens/fwd.hpp from the other headers; with --check says only whether it is what this would write.

It declares each public class, struct and enumeration at namespace scope, and aliases of these without other types. Templates whose parameters have constraints or defaults are
left out: declaring them takes the concepts, and a default may be written once only.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include/tcplens"
OUTPUT = INCLUDE / "fwd.hpp"

HEAD = """// SPDX-License-Identifier: MIT
// Written by tests/docs/make_forward.py.
#pragma once

// Declarations of the public types, for headers that only name them. Not here: templates with constraints, which cannot be declared
// without their concepts, and aliases of these such as connection_table.

#include <cstdint>

namespace tcplens::inline v1 {

"""


def public_text(text):
    """What stands in namespace tcplens itself."""
    parts = re.findall(r"^namespace tcplens::inline v\d+ \{\n(.*?)^\} // namespace tcplens::inline v\d+$", text, re.M | re.S)
    return "\n".join(re.sub(r"^namespace detail \{\n.*?^\} // namespace detail$", "", part, flags=re.M | re.S) for part in parts)


def declarations(text):
    """Of each type: kind, name, declaration."""
    lines = public_text(text).splitlines()
    for number, line in enumerate(lines):
        template = ""
        before = number - 1
        while before >= 0 and lines[before].startswith(("requires", "    ")) and not lines[before].rstrip().endswith((";", "}")):
            before -= 1
        if before >= 0 and lines[before].startswith("template <"):
            template = " ".join(lines[before:number])
            if not re.fullmatch(r"template <((class|typename)(\.\.\.)? \w+(, )?)+>", template):
                continue
        match = re.match(r"(class|struct|enum class) (alignas\(\w+\) )?(\w+)( final)?( : ([^{;]*[^{;\s]))?(\s*\{|$)", line)
        if match:
            base = f" : {match[6]}" if match[1] == "enum class" and match[6] else ""
            yield match[1], match[3], (template + "\n" if template else "") + f"{match[1]} {match[3]}{base};"


def aliases(text):
    """Of each alias of a template for one type: name, template, type."""
    return re.findall(r"^using (\w+) = (\w+)<(\w+)>;$", public_text(text), re.M)


def main():
    found = {}
    named = []
    for header in INCLUDE.rglob("*.hpp"):
        if header != OUTPUT:
            for kind, name, declaration in declarations(header.read_text()):
                found[name] = (kind, declaration)
            named += aliases(header.read_text())
    for name, template, parameter in named:
        if template in found and parameter in found:
            found[name] = ("using", f"using {name} = {template}<{parameter}>;")
    groups = []
    for kind in ("enum class", "class", "struct", "using"):
        groups.append("\n".join(found[name][1] for name in sorted(found) if found[name][0] == kind))
    text = HEAD + "\n\n".join(groups) + "\n\n} // namespace tcplens::inline v1\n"
    if "--check" not in sys.argv[1:]:
        OUTPUT.write_text(text)
    elif not OUTPUT.exists() or OUTPUT.read_text() != text:
        print("include/tcplens/fwd.hpp does not declare what the headers define: run tests/docs/make_forward.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
