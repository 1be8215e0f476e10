#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""score_kernel.py --program TCPLENS [--record SCENARIO] [--far] [--verbose] DIR...

Scores busy and receiver-limited times against what the senders' own kernels said of them (*.tcpinfo.tsv, see record.py).
`TCPLENS times --format csv` is run with each capture that has such a file. With --far it is given the capture of the other end
instead, and nothing is judged. With --record the scenario is recorded first, and scored with the rest.

A sender's busy time is off if it differs by more than 5 % and 12 ms, its receiver-limited time if by more than 10 % and
40 ms: kernels count both in ticks of up to 10 ms. Passes when at most 5 % of the figures are off, and over all
recordings busy time is within 1 % and 5 ms a sender, receiver-limited time within 15 % and 10 ms a sender. Exits with 77 where a
recording cannot be made."""
import argparse
import csv
import glob
import os
import subprocess
import sys
import tempfile

GOALS = {"busy": ("busy_time_us", 0.05, 12e3, 0.01, 5e3), "receiver_limited": ("rwnd_limited_us", 0.1, 40e3, 0.15, 10e3)}


def times(program, capture):
    """{(local, peer): {busy, receiver_limited}} in microseconds, of each end."""
    ran = subprocess.run([program, "times", "--format", "csv", capture], capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"{program} {capture}: exit code {ran.returncode} {ran.stderr[:300]}")
    told = {}
    for row in csv.DictReader(ran.stdout.splitlines()):
        ends = f"{row['client']} {row['client_port']}", f"{row['server']} {row['server_port']}"
        for key, way in ((ends, "to_server_"), (ends[::-1], "to_client_")):
            told[key] = {name: int(row[f"{way}{name}_time_ns"]) / 1e3 for name in GOALS}
    return told


def judge(options):
    senders, off, sums, failed = 0, [], {name: [0, 0] for name in GOALS}, []
    for folder in options.folders:
        for table in sorted(glob.glob(folder + "/*.tcpinfo.tsv")):
            host = os.path.basename(table)[0]
            seen_at = {"a": "b", "b": "a"}[host] if options.far else host
            told = times(options.program, f"{folder}/{seen_at}.pcap")
            with open(table) as file:
                for row in csv.DictReader(file, delimiter="\t"):
                    senders += 1
                    key = row["local"], row["peer"]
                    for name, (column, share, slack, _, _) in GOALS.items():
                        kernel = int(row[column])
                        ours = told.get(key, {}).get(name, 0)
                        sums[name][0] += ours
                        sums[name][1] += kernel
                        if wrong := abs(ours - kernel) > share * kernel + slack:
                            off.append(name)
                        if options.verbose or (wrong and not options.far):
                            print(f"{'off ' * wrong}{table} {row['scenario']} {row['local']} {name}: {ours:.0f} us, "
                                  f"the kernel's {kernel} us")  # fmt: skip
    if not senders:
        sys.exit("no *.tcpinfo.tsv there")
    if len(off) > 0.05 * 2 * senders:
        failed.append(f"{len(off)} off")
    for name, (_, _, _, share, slack) in GOALS.items():
        ours, kernel = sums[name]
        print(f"{name}: {ours / 1e6:.3f} s, the kernels' {kernel / 1e6:.3f} s"
              f"{f', {ours / kernel:.4f} of it' * bool(kernel)}; {off.count(name)} of {senders} senders off")  # fmt: skip
        if abs(ours - kernel) > share * kernel + slack * senders:
            failed.append(name)
    if options.far:
        return 0
    print("failed: " + ", ".join(failed) if failed else "passed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--record", metavar="SCENARIO")
    parser.add_argument("--relay", help="the built relay.cpp (default: builds it)")
    parser.add_argument("--far", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("folders", nargs="*")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
        if options.record:
            record = os.path.join(os.path.dirname(os.path.abspath(__file__)), "record.py")
            arguments = ["--scenario", options.record, "--out", scratch] + (["--relay", options.relay] * bool(options.relay))
            code = subprocess.run([sys.executable, record, *arguments]).returncode
            if code:
                return code
            options.folders.append(scratch)
        if not options.folders:
            parser.error("recordings to score, or --record")
        return judge(options)


if __name__ == "__main__":
    sys.exit(main())
