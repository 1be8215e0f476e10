#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lists the names that tcplens has at namespace scope, outside of tcplens::detail: what users may rely on.

    tests/public_names.py           checks that docs/reference/public_names.txt is that list, and that the list is acceptable
    tests/public_names.py --write   writes the list

A name counts once, however many overloads it has. Operators, deduction guides and specialisations are not names of their own.
A namespace within tcplens counts as one name, with all that is in it.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ROOT / "include" / "tcplens"
LIST = ROOT / "docs" / "reference" / "public_names.txt"

MOST_NAMES = 220
# Words that say nothing without their namespace, or that programs use themselves.
GENERIC = set("""after any before check common count data detail distance each error every find get has helper index info item
    kind layer lesser list load load_big load_little make merge name names node object of options parsed pattern percentage
    prefetch ratio read result said size state store told type util utils value way with write""".split())

TOKEN = re.compile(r"\w+|::|&&|\|\||->|[^\s\w]")
PAIRS = {"(": ")", "{": "}", "[": "]"}
DROPPED = {"inline", "constexpr", "consteval", "constinit", "static", "extern", "explicit", "typename"}


def tokens(text):
    """The tokens of a header without comments, literals and preprocessor lines."""
    text = re.sub(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n])+\'',
                  lambda match: " " if match[0].startswith("/") else "0", text, flags=re.S)
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    return TOKEN.findall(text)


def past_group(source, at):
    """The position behind the bracket that closes the one at `at`."""
    closing = [PAIRS[source[at]]]
    while closing:
        at += 1
        token = source[at]
        if token == closing[-1]:
            closing.pop()
        elif token in PAIRS:
            closing.append(PAIRS[token])
    return at + 1


def past_angles(source, at):
    """The position behind the > that closes the < at `at`."""
    depth = 0
    while True:
        token = source[at]
        if token in PAIRS:
            at = past_group(source, at)
            continue
        depth += (token == "<") - (token == ">")
        at += 1
        if depth == 0:
            return at


def past_constraint(source, at):
    """The position behind the constraint of a requires clause that begins at `at`."""
    while True:
        while source[at] == "!":
            at += 1
        if source[at] == "requires":
            at += 1
            if source[at] == "(":
                at = past_group(source, at)
            at = past_group(source, at)
        elif source[at] == "(":
            at = past_group(source, at)
        else:
            while re.match(r"\w|::", source[at]) and (source[at] == "::" or source[at - 1] in ("requires", "::", "&&", "||", "!")):
                at += 1
            if source[at] == "<":
                at = past_angles(source, at)
            if source[at] == "::":
                while re.match(r"\w|::", source[at]):
                    at += 1
        if source[at] not in ("&&", "||"):
            return at
        at += 1


def declarations(source):
    """Yields (namespace, head, has_body) of each declaration at namespace scope: its tokens without template header, attributes
    and bodies. A pair of parentheses in a head is one token, a tuple with what is between them."""
    at, namespaces = 0, []
    while at < len(source):
        if source[at] == "}":
            namespaces.pop()
            at += 1
            continue
        if source[at] == ";":
            at += 1
            continue
        if source[at] in ("namespace", "inline") and "namespace" in source[at:at + 2] and "=" not in source[at:at + 4]:
            end = source.index("{", at)
            path = [token for token in source[at:end] if token not in ("namespace", "inline", "::")]
            namespaces.append("::".join(path) or "(unnamed)")
            at = end + 1
            continue

        if source[at:at + 3] == ["extern", "0", "{"]:
            namespaces.append("(linkage)")
            at += 3
            continue

        head, body, assigned = [], False, False
        while True:
            token = source[at]
            if token == "template" and not head:
                at += 1
                if source[at] == "<": # an explicit instantiation has none
                    at = past_angles(source, at)
                if source[at] == "requires":
                    at = past_constraint(source, at + 1)
            elif token == ";":
                at += 1
                break
            elif token == "[":
                at = past_group(source, at)
            elif token == "(":
                end = past_group(source, at)
                head.append(tuple(source[at + 1:end - 1]))
                at = end
            elif token == "{":
                at = past_group(source, at)
                body = True
                is_function = any(isinstance(part, tuple) for part in head) and not is_type(head) and not assigned
                if is_function:
                    break
            else:
                if not body:
                    head.append(token)
                assigned = assigned or (token == "=" and "operator" not in head)
                at += 1
        yield "::".join(namespaces), without_specifiers(head), body


def without_specifiers(head):
    kept = []
    for position, token in enumerate(head):
        if isinstance(token, str) and (token in DROPPED or token.startswith("TCPLENS_")):
            continue
        if isinstance(token, tuple) and kept and kept[-1] in ("alignas", "decltype", "noexcept"):
            kept[-1] = "auto" if kept[-1] == "decltype" else ""
            continue
        kept.append(token)
    return [token for token in kept if token != ""]


def is_type(head):
    head = without_specifiers(head)
    return bool(head) and head[0] in ("class", "struct", "union", "enum")


def name_of(head, body):
    """(kind, name) of a declaration; None if it declares no name of its own."""
    words = [token for token in head if isinstance(token, str)]
    if not words or words[0] in ("static_assert", "friend", "namespace") or "operator" in words:
        return None
    if words[0] in ("class", "struct", "union", "enum"):
        at = 2 if words[0] == "enum" and words[1] in ("class", "struct") else 1
        behind = words[at + 1] if at + 1 < len(words) else ""
        if not body or behind in ("<", "::"):
            return None # declared only, a specialisation, or of another namespace
        return ("enum" if words[0] == "enum" else "type"), words[at]
    if words[0] == "concept":
        return "concept", words[1]
    if words[0] == "using":
        if "=" in words:
            return "alias", words[1]
        return None if words[1] in ("namespace", "enum") else ("alias", words[-1])
    for position, token in enumerate(head):
        if token == "=":
            return "constant", head[position - 1]
        if isinstance(token, tuple):
            if position > 1 and head[position - 2] == "::":
                return None # a member, defined out of its class
            if "->" in head[position:] and "auto" not in head[:position]:
                return None # a deduction guide
            return "function", head[position - 1]
    return "constant", head[-1]


def public_names():
    """{name: (kind, headers)}, and the types of which there is a to_string()."""
    found, with_text = {}, set()
    for path in sorted(HEADERS.rglob("*.hpp")):
        header = path.relative_to(HEADERS).as_posix()
        for namespace, head, body in declarations(tokens(path.read_text())):
            inner = namespace.split("::")
            if inner[0] != "tcplens" or "detail" in inner:
                continue
            named = name_of(head, body)
            if named is None:
                continue
            kind, name = named
            if name.startswith("tcplens_"):
                continue # as TCPLENS_ of macros: not for programs
            within = [part for part in inner[1:] if not re.fullmatch(r"v\d+", part)]
            if within: # a namespace of constants counts once, as an enum does
                kind, name = "namespace", within[0]
            found.setdefault(name, (kind, []))[1].append(header)
            if name == "to_string":
                parameters = next(token for token in head if isinstance(token, tuple))
                words = [word for word in parameters if word not in ("const", "std", "tcplens")]
                if words[1:2] != ["::"]: # else an enumeration within a type
                    with_text.add(words[0])
    return found, with_text


def listing(names):
    lines = ["# The public names of tcplens at namespace scope. Made by tests/public_names.py --write.",
             f"# {len(names)} names; the limit is {MOST_NAMES}.", ""]
    rows = []
    for name, (kind, headers) in names.items():
        headers = sorted(set(headers))
        rows.append((headers[0] if len(headers) == 1 else "(several headers)", name, kind))
    width = max(len(name) for _, name, _ in rows)
    previous = None
    for header, name, kind in sorted(rows):
        if header != previous:
            lines += ([""] if previous else []) + [header]
            previous = header
        lines.append(f"    {name:{width}}  {kind}")
    return "\n".join(lines) + "\n"


def main():
    names, with_text = public_names()
    text = listing(names)
    if sys.argv[1:] == ["--write"]:
        LIST.parent.mkdir(parents=True, exist_ok=True)
        LIST.write_text(text)
        return 0
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2

    problems = []
    if len(names) > MOST_NAMES:
        problems.append(f"There are {len(names)} public names, more than {MOST_NAMES}: move what only tcplens needs into "
                        "tcplens::detail.")
    for name in sorted(names.keys() & GENERIC):
        problems.append(f"{name} ({names[name][1][0]}) is too generic for a public name.")
    if not LIST.exists() or LIST.read_text() != text:
        problems.append(f"{LIST.relative_to(ROOT)} is out of date: run tests/public_names.py --write, and review what has changed.")
    # text.hpp knows enumerations by itself.
    with_text = {name for name in with_text if names[name][0] != "enum"}
    listed = re.search(r"any_of<Value,([^;]*)>;", (HEADERS / "text.hpp").read_text())
    listed = set(re.findall(r"\w+", listed[1])) | {"timestamp"}
    for name in sorted(with_text - listed):
        problems.append(f"There is a to_string({name}), but text.hpp does not list it in has_text.")
    for name in sorted(listed - with_text):
        problems.append(f"text.hpp lists {name} in has_text, but there is no to_string({name}).")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
