#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the tables of link types and tunnels in docs/protocols.md from the comments of their headers.

    tests/protocols.py           checks that the tables are up to date, and that each link layer and tunnel is in its list
    tests/protocols.py --write   writes the tables

The comment of a link layer is a sentence, an empty line, then `Read:` and perhaps `Not read:`. A tunnel has that sentence at its
constant in namespace tunnels, and `Found by:`, `Read:`, perhaps `Not read:`, and `Network:` at its struct.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ROOT / "include" / "tcplens"
PAGE = ROOT / "docs" / "protocols.md"
FIELDS = ("Found by", "Read", "Not read", "Network")

problems = []


def problem(path, sentence):
    problems.append(f"{path.relative_to(ROOT)}: {sentence}")


def comment_before(text, declaration):
    """The lines of the /// comment that stands before the declaration."""
    found = re.search(r"((?:^ *///.*\n)+) *" + declaration, text, flags=re.M)
    return [line.strip()[3:].strip() for line in found[1].splitlines()] if found else []


def fields_of(lines):
    """The first sentence, and what follows `Read:` and the like."""
    fields, name = {}, "title"
    for line in lines:
        begin = re.match(f"({'|'.join(FIELDS)}): ", line)
        if begin:
            name, line = begin[1], line[begin.end():]
        fields[name] = f"{fields.get(name, '')} {line}".strip()
    return fields


def cell(text):
    text = text.rstrip(".").replace("|", "\\|")
    return text[:1].upper() + text[1:] if re.match(r"[a-z]+\b(?!\d)", text) else text


def rows(folder, declares):
    """(path, text, struct) of each header in the folder that declares a link layer or tunnel."""
    for path in sorted((HEADERS / folder).rglob("*.hpp")):
        text = path.read_text()
        found = re.search(r"^struct (\w+) \{\n" + declares, text, flags=re.M)
        if found:
            yield path, text, found[1]


def check_list(path, alias, names):
    listed = set(re.findall(r"\w+", re.search(rf"using {alias} =\s*\w+<([^>]*)>;", path.read_text())[1]))
    for name in sorted(set(names) - listed):
        problem(path, f"{name} is not in the list")
    for name in sorted(listed - set(names)):
        problem(path, f"{name} has no header of its own")


def table(header, lines):
    return "\n".join([f"| {' | '.join(header)} |", "|" + " --- |" * len(header)] +
                     [f"| {' | '.join(line)} |" for line in lines])


def file_link(path):
    return f"[{path.stem}](../{path.relative_to(ROOT).as_posix()})"


def link_layers():
    numbers = dict(re.findall(r"^    (\w+) = (\d+)[, ]", (HEADERS / "capture/link_type.hpp").read_text(), flags=re.M))
    lines, names = [], []
    for path, text, name in rows("wire/link", r"    static constexpr std::array types\{"):
        names.append(name)
        fields = fields_of(comment_before(text, f"struct {name} "))
        for field in ("title", "Read"):
            if not fields.get(field):
                problem(path, f"the comment of {name} has no {field}")
        types = re.search(r"types\{(.*?)\};", text, flags=re.S)[1]
        types = [f"`{enumerator}` ({numbers[enumerator]})" if enumerator else number
                 for enumerator, number in re.findall(r"link_type::(\w+)|link_type\{(\d+)\}", types)]
        lines.append((cell(fields.get("title", "")), ", ".join(types), cell(fields.get("Read", "")),
                      cell(fields.get("Not read", "")), file_link(path)))
    check_list(HEADERS / "wire/link/link_layers.hpp", "link_layers", names)
    return table(("link layer", "`link_type`", "what is read", "what is not read", "file"), lines)


def tunnels():
    lines, names = [], []
    for path, text, name in rows("wire/tunnel", r"    static constexpr tunnel_set bit ="):
        names.append(name)
        title = " ".join(comment_before(text, f"inline constexpr tunnel_set {name}"))
        fields = fields_of(comment_before(text, f"struct {name} "))
        for field in ("Found by", "Read", "Network"):
            if not fields.get(field):
                problem(path, f"the comment of {name} has no {field}")
        if not title:
            problem(path, f"tunnels::{name} has no comment")
        for port in re.findall(r"udp_port\((\d+)\)", text):
            if port not in re.findall(r"\d+", fields.get("Found by", "")):
                problem(path, f"UDP port {port} is not in the comment of {name}")
        lines.append((f"`{name}`", cell(title), *(cell(fields.get(field, "")) for field in FIELDS), file_link(path)))
    check_list(HEADERS / "wire/tunnel/tunnels.hpp", "known_tunnels", names)
    return table(("`tunnels::`", "tunnel", "found by", "what is read", "what is not read", "number of the network",
                  "file"), lines)


def main():
    text = PAGE.read_text()
    for name, made in (("link types", link_layers()), ("tunnels", tunnels())):
        begin, end = f"<!-- {name}: made by tests/protocols.py --write -->\n", f"<!-- end of {name} -->"
        head, rest = text.split(begin)
        text = head + begin + made + "\n" + end + rest.split(end)[1]
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(text)
    elif sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    elif PAGE.read_text() != text:
        problems.append(f"{PAGE.relative_to(ROOT)} is out of date: run tests/protocols.py --write")
    for sentence in problems:
        print(sentence, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
