#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the instructions and the cache misses of a packet go: callgrind over bench_whole, by header and by function of the library.

Inlined code is told by the source line that it came from, so what the compiler made of the functions does not matter. Counts do not
depend on what else the machine does. Build bench_whole with -O2 -g.

    profile.py build/bench/bench_whole analysis few many trace.pcap [--packets N] [--lines N] [--cache]

`--cache` simulates caches of the size given by --D1 and --LL, 48 KiB and 2 MiB by default, and counts misses of a packet in them.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_callgrind(options, capture, file):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", "--toggle-collect=*measure_here*",
               "--compress-strings=no", "--compress-pos=no"]
    if options.cache:
        command += ["--cache-sim=yes", f"--D1={options.D1},12,64", f"--LL={options.LL},16,64"]
    command += [options.program, "--here", "--only", options.contestant, "--packets", str(options.packets), capture]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(result.stderr)
    return int(re.search(r": (\d+) packets", result.stdout)[1])


def read_costs(file):
    """(names of the events, costs by (symbol, source file, line)): self cost only."""
    events, costs = [], collections.defaultdict(collections.Counter)
    symbol, source, called = "", "", False
    for line in open(file, encoding="utf-8", errors="replace"):
        line = line.rstrip("\n")
        if line.startswith("events:"):
            events = line.split()[1:]
        elif line.startswith("fn="):
            symbol = line[3:]
        elif line.startswith(("fl=", "fi=", "fe=")):
            source = line[3:]
        elif line.startswith("calls="):
            called = True  # the next line is what the call cost, not this code itself
        elif line[:1].isdigit():
            if not called:
                position, *values = line.split()
                for event, value in zip(events, values):
                    costs[symbol, source, int(position)][event] += int(value)
            called = False
    return events, costs


def find_functions(path):
    """Begins of the functions of a header as (line, name), told by the indentation that clang-format gives them."""
    found = []
    pattern = re.compile(r"^ {0,8}(?!return\b|else\b|case\b|using\b|//|#)[\w\[\]<>:,&* ]* [&*]*(~?\w+|operator\S+)\([^;]*[{,]( .*})?$")
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if match := pattern.match(line):
            found.append((number, match[1]))
    return found


def shorten(symbol):
    """Without arguments, and without template arguments."""
    while (without := re.sub(r"<[^<>]*>|\([^()]*\)( const)?", "", symbol)) != symbol:
        symbol = without
    return symbol.split("'")[0].rsplit(" ", 1)[-1].replace("tcplens::", "")


def name_of(symbol, source, line, functions):
    """(header, function). Of the standard library's code it says into what it was inlined."""
    path = pathlib.Path(source).resolve()
    if not path.is_relative_to(ROOT) or not path.is_file():  # "???" where a library has no debugging symbols
        return f"(outside) in {shorten(symbol)}", path.name
    if path not in functions:
        functions[path] = find_functions(path)
    name = "?"
    for begin, function in functions[path]:
        if begin > line:
            break
        name = function
    return str(path.relative_to(ROOT)).removeprefix("include/tcplens/"), name


def print_table(title, rows, columns, packets, limit):
    print(f"  {title:<72}" + "".join(f"{column:>9}" for column in columns))
    for name, cost in sorted(rows.items(), key=lambda row: -sum(row[1][c] for c in columns))[:limit]:
        print(f"  {name:<72}" + "".join(f"{cost[column] / packets:9.2f}" for column in columns))
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("contestant")
    parser.add_argument("captures", nargs="+")
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=30, help="how many functions, and how many source lines, are printed")
    parser.add_argument("--cache", action="store_true")
    parser.add_argument("--D1", type=int, default=48 * 1024)
    parser.add_argument("--LL", type=int, default=2 * 1024 * 1024)
    options = parser.parse_args()

    for capture in options.captures:
        with tempfile.NamedTemporaryFile(prefix="callgrind-") as file:
            packets = run_callgrind(options, capture, file.name)
            events, costs = read_costs(file.name)
        columns = ["D1mr", "D1mw", "DLmr", "DLmw"] if options.cache else ["Ir"]
        functions, total = {}, collections.Counter()
        by_header, by_function, by_line = (collections.defaultdict(collections.Counter) for _ in range(3))
        for (symbol, source, line), cost in costs.items():
            header, function = name_of(symbol, source, line, functions)
            total.update(cost)
            by_header[header].update(cost)
            by_function[f"{header}: {function}"].update(cost)
            by_line[f"{header}:{line} {function}"].update(cost)
        print(f"{options.contestant} {capture}: {packets} packets, each "
              + ", ".join(f"{total[event] / packets:.2f} {event}" for event in events) + "\n")
        print_table("header", by_header, columns, packets, options.lines)
        print_table("function", by_function, columns, packets, options.lines)
        print_table("line", by_line, columns, packets, options.lines)


if __name__ == "__main__":
    main()
