#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts each branch of a function template once in a report of gcovr, whichever of its instances took it.

    tests/fold_branches.py COVERAGE.json BUILD_FOLDER

gcovr lists the branches of a line once for each instance of a template: a table with seven rule sets has each branch seven times, and six of
them may never run. This reads what g++ wrote about each function (.gcno) and its counts (.gcda), without optimisation, and puts the
instances of a function together, which stand at the same place of a source file.

A branch is a way out of a decision, which has two or more; the ways that exceptions take are none, and what only exceptions reach does not
count. A branch was taken if an instance took it. Where instances have different branches on a line, as `if constexpr` makes them, those of
the same number are put together, and the line counts as the largest of these groups: what only a smaller one took was not taken. What no
test compiles cannot be counted. Lines that gcovr takes for no code, and those with nothing but braces, have no branches, as in gcovr itself.

BUILD_FOLDER/rooms.txt gets the figures of each room, missing.txt each line that misses a branch (+ taken, - not), and uncompiled.txt each
line that decides something and of which no code was compiled: of other systems, of constant expressions, or a template without a test.
"""

import collections
import functools
import json
import linecache
import pathlib
import re
import struct
import subprocess
import sys

FUNCTION, ARCS, LINES, COUNTS = 0x01000000, 0x01430000, 0x01450000, 0x01A10000
ON_TREE, FAKE, FALL_THROUGH = 1, 2, 4  # flags of an arc
ENTRY, EXIT = 0, 1  # blocks
Function = collections.namedtuple("Function", "name place is_made arcs lines counts")


def read(path):
    data = path.read_bytes()
    if data[4:8] not in (b"*22B", b"*32B", b"*33B"):
        sys.exit(f"{path}: not of g++ 12 or 13, whose files this reads")
    return data


def read_text(data, at):
    (length,) = struct.unpack_from("<I", data, at)
    return data[at + 4:at + 4 + length].rstrip(b"\0").decode(), at + 4 + length


def records(data, at):
    while at + 8 <= len(data):
        tag, length = struct.unpack_from("<Ii", data, at)
        yield tag, at + 8, length
        at += 8 + max(length, 0)


@functools.lru_cache(None)
def source_name(name):
    if "include/tcplens/" not in name:
        return name
    return "include/tcplens/" + str(pathlib.Path(name).resolve()).split("include/tcplens/", 1)[1]


def read_lines(data, at, end):
    """A block, and its last line, which has the branches."""
    (block,) = struct.unpack_from("<I", data, at)
    at += 4
    source, last = None, None
    while at < end:
        (line,) = struct.unpack_from("<I", data, at)
        at += 4
        if line:
            last = (source, line)
        else:
            source, at = read_text(data, at)
            source = source_name(source)
    return block, last


def read_functions(path):
    """The functions of a .gcno file that stand in include/tcplens/, by their numbers."""
    data = read(path)
    found = {}
    function = None
    for tag, at, length in records(data, read_text(data, 16)[1] + 4):
        if tag == FUNCTION:
            (number,) = struct.unpack_from("<I", data, at)
            name, at = read_text(data, at + 12)
            (is_made,) = struct.unpack_from("<I", data, at)
            source, at = read_text(data, at + 4)
            function = None
            if "include/tcplens/" in source:
                place = (source_name(source), *struct.unpack_from("<IIII", data, at))
                function = found[number] = Function(name, place, is_made, [], {}, [])
        elif function is not None and tag == ARCS:
            words = struct.unpack_from(f"<{length // 4}I", data, at)
            function.arcs.extend((words[0], to, flags) for to, flags in zip(words[1::2], words[2::2]))
        elif function is not None and tag == LINES:
            block, last = read_lines(data, at, at + length)
            if last:
                function.lines[block] = last
    return found


def read_counts(path, functions):
    data = read(path)
    function = None
    for tag, at, length in records(data, 16):
        if tag == FUNCTION:
            function = functions.get(struct.unpack_from("<I", data, at)[0]) if length else None
        elif tag == COUNTS and function is not None and length > 0:
            function.counts.extend(struct.unpack_from(f"<{length // 8}Q", data, at))


def flows(function):
    """How often each arc was taken. Those of the spanning tree have no counter: what flows into a block flows out of it."""
    if not function.counts:
        return [0] * len(function.arcs)
    counts = iter(function.counts)
    flow = [None if flags & ON_TREE else next(counts) for _, _, flags in function.arcs]
    into, out = collections.defaultdict(list), collections.defaultdict(list)
    for at, (begin, end, _) in enumerate(function.arcs):
        out[begin].append(at)
        into[end].append(at)
    total = {}
    pending = [*into, *out]
    while pending:
        block = pending.pop()
        for side in (into[block], out[block]):
            if side and block not in total and all(flow[at] is not None for at in side):
                total[block] = sum(flow[at] for at in side)
        for side in (into[block], out[block]):
            unknown = [at for at in side if flow[at] is None]
            if block in total and len(unknown) == 1:
                flow[unknown[0]] = total[block] - sum(flow[at] for at in side if at != unknown[0])
                pending += function.arcs[unknown[0]][:2]
    assert None not in flow, function.name
    return flow


def branches(function):
    """For each line: whether each of its branches was taken, in the order of blocks."""
    ways = collections.defaultdict(list)  # of each block
    calls = {begin for begin, _, flags in function.arcs if flags & FAKE}  # from which an exception may come
    for at, (begin, end, flags) in enumerate(function.arcs):
        if not flags & FAKE and (flags & FALL_THROUGH or begin not in calls):
            ways[begin].append((at, end))
    reached, pending = {ENTRY}, [ENTRY]
    while pending:
        for _, end in ways[pending.pop()]:
            if end not in reached:
                reached.add(end)
                pending.append(end)
    deciding = [block for block in sorted(reached) if len(ways[block]) > 1 and block in function.lines]
    flow = flows(function) if deciding else []
    found = collections.defaultdict(list)
    for block in deciding:
        found[function.lines[block]] += [flow[at] > 0 for at, _ in ways[block]]
    return found


def plain_names(names):
    """Of mangled names: the names without arguments and template arguments."""
    names = sorted(names)
    ran = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    plain = {}
    for mangled, name in zip(names, ran.stdout.splitlines()):
        name = name.replace("operator<=>", "operator three_way").replace("operator<", "operator less")
        while (shorter := re.sub(r"<[^<>]*>", "", name)) != name:
            name = shorter
        plain[mangled] = name.split("(")[0].rsplit("::", 1)[-1]
    return plain


def taken_branches(folder):
    """For each line: whether each branch was taken, by an instance of each function."""
    functions = []
    for counts in sorted(pathlib.Path(folder).rglob("*.gcda")):  # without counts the notes are of an earlier build
        own = read_functions(counts.with_suffix(".gcno"))
        read_counts(counts, own)
        functions += own.values()
    # What the compiler makes for a class stands where the class does: copying, moving and destroying are told apart by name.
    names = plain_names({each.name for each in functions if each.is_made})
    instances = collections.defaultdict(lambda: collections.defaultdict(list))  # line, number of branches of each function
    for function in functions:
        identity = (*function.place, names.get(function.name))
        for line, taken in branches(function).items():
            instances[line, identity][len(taken)].append(taken)
    found = collections.defaultdict(list)
    for (line, _), by_number in sorted(instances.items(), key=lambda each: str(each[0])):
        found[line] += [any(ran) for ran in zip(*by_number[max(by_number)])]
    return found


def can_branch(source):
    """What gcovr's --exclude-unreachable-branches keeps: lines with more than braces."""
    return re.sub(r"//.*|/\*.*?\*/|\s", "", source) not in ("", "{", "}", "{}")


def room(name):
    parts = name.removeprefix("include/tcplens/").split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def uncompiled(coverage):
    """Lines that decide something, and have no code in the report."""
    compiled = {(file["file"], line["line_number"]) for file in coverage["files"] for line in file["lines"]}
    decides = re.compile(r"\s*(}? ?else )?(if|for|while|switch) \(")
    for path in sorted(pathlib.Path("include/tcplens").rglob("*.hpp")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if decides.match(line) and (str(path), number) not in compiled:
                yield f"{path}:{number}: {line.strip()}\n"


def main():
    report, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    coverage = json.loads(report.read_text())
    found = taken_branches(folder)
    rooms = collections.defaultdict(lambda: [0, 0, 0, 0])
    missing = []
    for file in coverage["files"]:
        of_room = rooms[room(file["file"])]
        for line in file["lines"]:
            source = linecache.getline(file["file"], line["line_number"]).strip()
            counts = can_branch(source) and not line.get("gcovr/noncode")
            taken = found.get((file["file"], line["line_number"]), []) if counts else []
            line["branches"] = [{"count": int(each), "fallthrough": False, "throw": False} for each in taken]
            if not line.get("gcovr/noncode"):
                ran = (line["count"] > 0, 1, sum(taken), len(taken))
                of_room[:] = (a + b for a, b in zip(of_room, ran))
            if not all(taken):
                missing.append(f"{file['file']}:{line['line_number']}: {''.join('-+'[each] for each in taken)}  {source}\n")
    report.write_text(json.dumps(coverage))
    (folder / "missing.txt").write_text("".join(missing))
    (folder / "uncompiled.txt").write_text("".join(uncompiled(coverage)))
    with (folder / "rooms.txt").open("w") as table:
        table.write("| room | lines run | of | | branches taken | of | |\n| --- | --- | --- | --- | --- | --- | --- |\n")
        total = [sum(column) for column in zip(*rooms.values())]
        for name, of in [*sorted(rooms.items()), ("all", total)]:
            share = [f"{100 * part / whole:.1f} %" if whole else "" for part, whole in (of[:2], of[2:])]
            table.write(f"| `{name}` | {of[0]:,} | {of[1]:,} | {share[0]} | {of[2]:,} | {of[3]:,} | {share[1]} |\n")


if __name__ == "__main__":
    main()
