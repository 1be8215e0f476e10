#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""judge.py [FOLDER] --verdicts COMMAND [--judge NAME=COMMAND]...: records every scenario at several seeds, derives further
captures, and prints how right the verdicts are, scenario by scenario.

The recordings are kept in FOLDER, and one that is there is not made again: a run that was stopped goes on where it was.
They are dealt into two halves by seed. Rules are worked out on the work half (odd seeds); the held half (even seeds) tells
at the end whether they hold for what was not looked at.

  FOLDER/work/SCENARIO-SEED, FOLDER/held/…                        as record.py makes them
  FOLDER/work-derived/KIND-SCENARIO-SEED, FOLDER/held-derived/…   as derive.py makes them; kinds chosen by scenario and seed
  FOLDER/refused/SCENARIO-SEED.txt                                why a recording was not made; it is tried again next time
  FOLDER/said/NAME/                                               what a judge other than tcplens said, which is kept: remove
                                                                  the folder of a judge that has changed

COMMAND is run with a capture as its last argument, and prints verdicts as score.py reads them. tshark is asked too, where
it is installed. Each cell of the table has three figures, by the definitions of score.py:

  sent      wrong / odd of the segments sent by the host beside the capture
  arriving  right / odd of the others (Jaccard index)
  unseen    retransmissions inferred / those whose earlier copies never reached the capture

Rows at the end pool all recordings, each kind of derived capture, and each direction of the recordings alone (--one-way).
Where tcplens is more than 0.01 below another judge, and where it is wrong about what was sent, is listed last.

Needs what record.py needs, but for --no-record. The exit code is 1 if a recording failed or a command did, 77 if nothing can
be recorded here. A scenario whose settings this machine does not have is left out."""
import argparse
import fnmatch
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from random import Random

from derive import derive, kinds_for
from record import CANNOT, compile_relay
from scenarios import SCENARIOS
from score import captures, figure, one_direction, read_truth, read_verdicts, score

HERE = os.path.dirname(os.path.abspath(__file__))
BEHIND = 0.01  # more than this below another judge is listed
TSHARK = ("retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order")


def half_of(seed):
    return "work" if seed % 2 else "held"


def recordings(options):
    """(scenario, seed), the first seed of every scenario first: a part of it is of use early."""
    patterns = options.scenarios.split(",")
    names = [name for name in SCENARIOS if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    names += [f"u_{number}" for number in range(1, options.made_up + 1)]
    if not names:
        sys.exit(f"no scenario matches {options.scenarios}")
    seeds = [seed for seed in range(1, options.seeds + 1) if options.half in ("both", half_of(seed))]
    return [(name, seed) for seed in seeds for name in names]


def folder_of(root, name, seed):
    return f"{root}/{half_of(seed)}/{name}-{seed}"


def move_into_place(made, folder):
    """A folder that has its name is complete. Another run may have been faster."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    try:
        os.rename(made, folder)
    except OSError:
        if not os.path.exists(folder):
            raise
        shutil.rmtree(made)


def unfinished_folder(root, name):
    return f"{root}/.unfinished/{os.getpid()}-{name}"


def record(root, relay, name, seed):
    """Makes the recording, if it is not there. Returns the exit code of record.py."""
    folder, unfinished = folder_of(root, name, seed), unfinished_folder(root, f"{name}-{seed}")
    if os.path.exists(folder):
        return 0
    command = [sys.executable, f"{HERE}/record.py", "--scenario", name, "--seed", str(seed), "--out", unfinished]
    ran = subprocess.run([*command, "--relay", relay], capture_output=True, text=True)
    if ran.returncode:
        refused = f"{root}/refused/{name}-{seed}.txt"
        os.makedirs(os.path.dirname(refused), exist_ok=True)
        with open(refused, "w") as file:
            file.write(ran.stdout + ran.stderr)
        shutil.rmtree(unfinished, ignore_errors=True)
        last_line = ([""] + (ran.stdout + ran.stderr).splitlines())[-1]
        print(f"{name}-{seed}: not recorded: {last_line}", flush=True)
    else:
        move_into_place(unfinished, folder)
        print(f"{name}-{seed}: recorded", flush=True)
    return ran.returncode


def derive_some(root, name, seed, count):
    """Derives captures of `count` kinds, chosen by scenario and seed. Returns [(kind, folder)]."""
    folder = folder_of(root, name, seed)
    kinds = kinds_for(folder)
    result = []
    for kind in Random(f"derive {name} {seed}").sample(kinds, min(count, len(kinds))):
        derived = f"{root}/{half_of(seed)}-derived/{kind}-{name}-{seed}"
        if not os.path.exists(derived):
            unfinished = unfinished_folder(root, f"{kind}-{name}-{seed}")
            derive(kind, folder, unfinished, seed)
            move_into_place(unfinished, derived)
        result.append((kind, derived))
    return result


def tshark(capture):
    """What tshark says of each segment: the lines that score.py reads."""
    command = ["tshark", "-n", "-r", capture, "-T", "fields", "-e", "frame.number"]
    for name in TSHARK:
        command += ["-e", f"tcp.analysis.{name}"]
    ran = subprocess.run(command, capture_output=True, text=True)
    lines = []
    for line in ran.stdout.splitlines():
        number, *flags = line.split("\t")
        names = ",".join(name for name, flag in zip(TSHARK, flags) if flag)
        lines.append(f"{number}\t{names}")
    return ran.returncode, "\n".join(lines)


def ask(command, capture):
    ran = subprocess.run([*command, capture], capture_output=True, text=True)
    return ran.returncode, ran.stdout


def make_judges(options):
    """{name: function of a capture that returns an exit code and lines}; tcplens is the first."""
    judges = {}
    for name, command in [("tcplens", options.verdicts), *(judge.split("=", 1) for judge in options.judge)]:
        judges[name] = lambda capture, words=tuple(shlex.split(command)): ask(words, capture)
    if shutil.which("tshark") and not options.no_tshark:
        judges["tshark"] = tshark
    return judges


def keeping(name, run, file):
    """Runs a judge, and keeps what it said in the file. What tcplens says is not kept."""
    if name == "tcplens":
        return run

    def once(capture):
        if os.path.exists(file):
            with open(file) as kept:
                return 0, kept.read()
        code, lines = run(capture)
        if not code:
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(f"{file}.{os.getpid()}", "w") as kept:
                kept.write(lines)
            os.rename(kept.name, file)
        return code, lines

    return once


class Scores:
    """Counts by row of the table and judge."""

    def __init__(self):
        self.rows, self.failures = {}, []

    def cell(self, row, judge):
        cells = self.rows.setdefault(row, {})
        return cells.setdefault(judge, {"sent": Counter(), "arriving": Counter()})

    def add(self, rows, judges, capture, truth, said):
        """said: where the answers of the other judges are kept, below the folder of each judge."""
        for judge, run in judges.items():
            code, lines = keeping(judge, run, said.format(judge=judge))(capture)
            if code:
                self.failures.append(f"{judge} {capture}: exit code {code}")
            counts = score(truth, read_verdicts(lines))
            for row in rows:
                for vantage, pool in self.cell(row, judge).items():
                    pool.update(counts[vantage])

    def merge(self, other):
        self.failures += other.failures
        for row, cells in other.rows.items():
            for judge, counts in cells.items():
                for vantage, pool in self.cell(row, judge).items():
                    pool.update(counts[vantage])


def judge_recording(options, name, seed):
    scores, judges = Scores(), make_judges(options)
    folder = folder_of(options.folder, name, seed)
    said = f"{options.folder}/said/{{judge}}/{half_of(seed)}/"
    for host in captures(folder):
        capture, truth = f"{folder}/{host}.pcap", read_truth(f"{folder}/{host}.truth.tsv")
        scores.add([name, "all recordings"], judges, capture, truth, f"{said}{name}-{seed}-{host}.tsv")
        if options.one_way:
            with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
                for vantage in ("sent", "arriving"):
                    part, part_truth = one_direction(capture, truth, vantage, scratch)
                    kept = f"{said}{vantage}-{name}-{seed}-{host}.tsv"
                    scores.add(["one direction alone"], judges, part, part_truth, kept)
    for kind, derived in derive_some(options.folder, name, seed, options.derived):
        for host in captures(derived):
            truth = read_truth(f"{derived}/{host}.truth.tsv")
            kept = f"{said}{kind}-{name}-{seed}-{host}.tsv"
            scores.add([f"derived: {kind}", "all derived"], judges, f"{derived}/{host}.pcap", truth, kept)
    return scores


def wrong(count):
    return count["odd"] - count["right"]


def in_order(rows):
    pooled = [row for row in rows if row not in SCENARIOS]
    return sorted(row for row in rows if row in SCENARIOS) + sorted(pooled, key=lambda row: (row.startswith("all"), row))


def print_table(scores):
    judges = list(scores.rows["all recordings"])
    print(f"{'':24}" + "".join(f"{judge:>16}{'':24}" for judge in judges))
    print(f"{'':24}" + f"{'sent':>13}{'arriving':>16}{'unseen':>11}" * len(judges))
    for row in in_order(scores.rows):
        line = f"{row:24}"
        for judge in judges:
            sent, arriving = scores.rows[row][judge]["sent"], scores.rows[row][judge]["arriving"]
            unseen = f"{sent['inferred'] + arriving['inferred']}/{sent['unseen'] + arriving['unseen']}"
            line += f"{wrong(sent):>7}/{sent['odd']:<5}{figure(arriving):>10.4f} {'/' + str(arriving['odd']):<6}{unseen:>10}"
        print(line)


def print_weak(scores):
    """Rows in which tcplens is worse than it should be."""
    for row in in_order(scores.rows):
        cells = scores.rows[row]
        own = cells["tcplens"]
        if wrong(own["sent"]):
            said = ", ".join(f"{n} {kind}" for kind, n in own["sent"].items() if "->" in kind)
            print(f"{row}: {wrong(own['sent'])} sent wrong: {said}")
        for judge, counts in cells.items():
            if figure(own["arriving"]) < figure(counts["arriving"]) - BEHIND:
                said = ", ".join(f"{n} {kind}" for kind, n in own["arriving"].items() if "->" in kind)
                print(f"{row}: arriving {figure(own['arriving']):.4f}, {judge} {figure(counts['arriving']):.4f}: {said}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", help="where the recordings are kept (default: a temporary folder)")
    parser.add_argument("--verdicts", help="the command of tcplens; without it nothing is scored")
    parser.add_argument("--judge", action="append", default=[], metavar="NAME=COMMAND", help="another judge; repeatable")
    parser.add_argument("--no-tshark", action="store_true")
    parser.add_argument("--seeds", type=int, default=5, help="1 to this (default: %(default)s)")
    parser.add_argument("--half", choices=("work", "held", "both"), default="work")
    parser.add_argument("--scenarios", default="*", help="names or patterns, with commas between (default: all)")
    parser.add_argument("--made-up", type=int, default=0, metavar="N", help="scenarios drawn at random besides: u_1 to u_N")
    parser.add_argument("--derived", type=int, default=2, help="kinds of derived captures a recording (default: %(default)s)")
    parser.add_argument("--one-way", action="store_true", help="score each direction of the recordings alone as well")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at a time (default: the processors)")
    parser.add_argument("--no-record", action="store_true", help="only what is there already")
    parser.add_argument("--relay", help="the built relay.cpp (default: builds it)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
        options.folder = options.folder or f"{scratch}/recordings"
        wanted, codes = recordings(options), []
        if not options.no_record:
            relay = options.relay or compile_relay(scratch)
            with ThreadPoolExecutor(options.jobs) as pool:
                codes = list(pool.map(lambda each: record(options.folder, relay, *each), wanted))
        there = [each for each in wanted if os.path.exists(folder_of(options.folder, *each))]
        if not there:
            print("no recordings")
            return CANNOT if set(codes) <= {CANNOT} else 1
        failed = any(code not in (0, CANNOT) for code in codes)
        if not options.verdicts:
            return int(failed)
        scores = Scores()
        with ProcessPoolExecutor(options.jobs) as pool:
            for part in pool.map(judge_recording, [options] * len(there), *zip(*there)):
                scores.merge(part)
    print_table(scores)
    print_weak(scores)
    print(f"{len(there)} of {len(wanted)} recordings", *scores.failures, sep="\n")
    return int(failed or bool(scores.failures))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
