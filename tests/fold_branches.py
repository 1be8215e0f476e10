#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts each branch of a source line once in a report of gcovr, whichever instances of a template have it.

    tests/fold_branches.py COVERAGE.json BUILD_FOLDER

gcovr lists the branches of a line once for each instance and each place where the line was inlined: a table with seven rule sets has each
branch seven times, and six of them may never run. This asks gcov for the branches of each instance (as gcov 12 gives them in JSON) and
takes a branch as run if any instance ran it. Lines without branches in the report stay without; so do branches that only exceptions take.
"""

import collections
import json
import pathlib
import subprocess
import sys


def instances(folder):
    """The branches (run or not) of each instance of each line, by file and line, without those of exceptions."""
    found = collections.defaultdict(dict)
    for notes in sorted(pathlib.Path(folder).resolve().rglob("*.gcda")):
        ran = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", str(notes)], capture_output=True, text=True,
                             cwd=notes.parent)
        for text in filter(None, ran.stdout.splitlines()):
            for file in json.loads(text)["files"]:
                name = file["file"]
                if "include/tcplens/" not in name:
                    continue
                name = "include/tcplens/" + str(pathlib.PurePosixPath(pathlib.Path(name).resolve())).split("include/tcplens/", 1)[1]
                own = collections.defaultdict(list)
                for line in file["lines"]:
                    taken = [each["count"] > 0 for each in line["branches"] if not each["throw"]]
                    if taken:
                        own[line["line_number"], line.get("function_name", "")] += taken
                for (number, function), taken in own.items():
                    known = found[name, number].get(function)
                    if known is not None and len(known) == len(taken):
                        taken = [a or b for a, b in zip(known, taken)]
                    if known is None or len(known) <= len(taken):
                        found[name, number][function] = taken
    return found


def folded(lists):
    """One list for all instances: that of the usual length, or a divisor of others, of which each is run if any is."""
    lengths = collections.Counter(len(each) for each in lists)
    shortest = min(lengths)
    usual = shortest if all(length % shortest == 0 for length in lengths) else lengths.most_common(1)[0][0]
    made = [False] * usual
    for each in lists:
        if len(each) % usual == 0:
            for at, taken in enumerate(each):
                made[at % usual] |= taken
    return made


def main():
    report = pathlib.Path(sys.argv[1])
    coverage = json.loads(report.read_text())
    found = instances(sys.argv[2])
    for file in coverage["files"]:
        for line in file["lines"]:
            lists = found.get((file["file"], line["line_number"]))
            if line["branches"] and lists:
                line["branches"] = [{"count": int(taken), "fallthrough": False, "throw": False} for taken in folded(list(lists.values()))]
    report.write_text(json.dumps(coverage))


if __name__ == "__main__":
    main()
