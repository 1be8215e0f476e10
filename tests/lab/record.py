#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""record.py --scenario NAME --seed N --out DIR: records real TCP between two network namespaces over a path that does
known harm, with the truth about each segment. Needs root on Linux and /dev/net/tun; exits with 77 where it cannot.

DIR then holds a.pcap and b.pcap (the two ends; host A is the client), a.truth.tsv and b.truth.tsv (see truth.py),
a.kernel.txt and b.kernel.txt (that host's own counters), a.tcpinfo.tsv and b.tcpinfo.tsv where the scenario has senders
that write down their TCP_INFO, relay.tsv (what the path did to each packet), about.json. The
exit code is 1 where the count of retransmissions in the truth is not the kernel's RetransSegs. Ends by itself, within a minute."""
import argparse
import csv
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from host import Host, NotHere
from scenarios import SCENARIOS, conversations, scenario_named
from truth import sent_again, write_truth

HERE = os.path.dirname(os.path.abspath(__file__))
CANNOT = 77  # what ctest and meson take as skipped
MAX_PACKETS, MAX_SECONDS, TALK_SECONDS, QUIET_SECONDS = 60000, 50, 25, 15
SYSCTLS = {
    "ipv4/tcp_no_metrics_save": 1,  # a connection does not learn from the one before
    "ipv4/tcp_syncookies": 0,
    "ipv4/tcp_fin_timeout": 3,
    "ipv4/tcp_min_tso_segs": 1,
    "ipv4/tcp_orphan_retries": 6,
    # No packets but ours.
    "ipv6/conf/default/accept_ra": 0,
    "ipv6/conf/default/router_solicitations": 0,
    "ipv6/conf/default/addr_gen_mode": 1,
}


def compile_relay(folder):
    relay = os.path.join(folder, "relay")
    compiler = os.environ.get("CXX", "c++")
    subprocess.run([compiler, "-std=c++20", "-O2", "-o", relay, os.path.join(HERE, "relay.cpp")], check=True)
    return relay


def option_text(options):
    return ",".join(f"{name}={value:g}" for name, value in options.items())


def retrans_segs(counters):
    names, values = [line.split() for line in counters.splitlines() if line.startswith("Tcp:")]
    return int(values[names.index("RetransSegs")])


def record(name, seed, out, relay, snaplen=100, beside=None):
    """Returns what about.json holds. `beside(host)` may start something in a host's namespace, for trials."""
    scenario = scenario_named(name)
    os.makedirs(out, exist_ok=True)
    plans = conversations(name, seed)
    hosts, path = {}, None
    try:
        for host in "ab":
            offload = scenario.offload != "none"
            sysctls = SYSCTLS | scenario.sysctls | (scenario.server_sysctls if host == "b" else {})
            hosts[host] = Host(host, sysctls, scenario.mtu, offload, scenario.sockets)
        if beside:
            beside(hosts)
        files = [hosts[host].tun for host in "ab"] + [hosts[host].packets for host in "ab"]
        options = [option_text(scenario.path), option_text(scenario.path | scenario.back)]
        arguments = [out, *files, seed, snaplen, MAX_PACKETS, MAX_SECONDS, scenario.offload, *options]
        path = subprocess.Popen([relay, *map(str, arguments)], stdin=subprocess.PIPE, pass_fds=files)
        hosts["b"].ask(do="listen")
        outcomes = hosts["a"].ask(do="converse", conversations=plans, until=TALK_SECONDS)["outcomes"]
        # Until nobody has anything to send any more, and the last packet has arrived.
        until, quiet = time.monotonic() + QUIET_SECONDS, 0
        while time.monotonic() < until and quiet < 4:
            time.sleep(0.15)
            quiet = 0 if any(hosts[h].ask(do="busy_sockets")["busy"] for h in "ab") else quiet + 1
        path.stdin.close()
        if path.wait(10):
            raise OSError(f"the relay ended with {path.returncode}: {'a bound was reached' * (path.returncode == 3)}")
        kernels = {h: hosts[h].ask(do="counters") for h in "ab"}
    finally:
        if path and path.poll() is None:
            path.kill()
            path.wait()
        for host in hosts.values():
            host.close()
    transmissions, truth = write_truth(out)
    about = {"scenario": name, "seed": seed, "path": dataclasses.asdict(scenario), "conversations": len(plans),
             "outcomes": outcomes, "came_to_rest": quiet == 4, "agrees": True}  # fmt: skip
    about["path"].pop("talk")
    for host in "ab":
        with open(f"{out}/{host}.kernel.txt", "w") as file:
            file.write(kernels[host]["counters"])
        if senders := kernels[host]["senders"]:
            with open(f"{out}/{host}.tcpinfo.tsv", "w", newline="") as file:
                writer = csv.DictWriter(file, senders[0].keys(), delimiter="\t", lineterminator="\n")
                writer.writeheader()
                writer.writerows(senders)
        classes = list(truth[host].values())
        about[host] = {
            "retrans_segs": retrans_segs(kernels[host]["counters"]),
            "lost_beside_the_relay": kernels[host]["dropped"],
            **{f"{v} {c}": classes.count((v, c)) for v, c in sorted(set(classes))},
        }
        if about[host]["retrans_segs"] != sent_again(transmissions, host) or kernels[host]["dropped"]:
            about["agrees"] = False
    with open(f"{out}/about.json", "w") as file:
        json.dump(about, file, indent=1)
        file.write("\n")
    return about


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="the scenarios")
    parser.add_argument("--scenario", help="one of --list, or u_N: one drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", help="a folder; made if it is not there (default: a temporary one, removed at the end)")
    parser.add_argument("--snaplen", type=int, default=100, help="100 bytes hold every header")
    parser.add_argument("--relay", help="the built relay.cpp (default: builds it)")
    options = parser.parse_args()
    if options.list:
        for name, scenario in SCENARIOS.items():
            back = f" / {option_text(scenario.back)}" if scenario.back else ""
            offload = f", offload {scenario.offload}" if scenario.offload != "none" else ""
            print(f"{name}: IPv{scenario.version} {option_text(scenario.path)}{back}, MTU {scenario.mtu}{offload}",
                  *[settings for settings in (scenario.sysctls, scenario.sockets) if settings])  # fmt: skip
        return 0
    if not options.scenario or not (options.scenario in SCENARIOS or re.fullmatch(r"u_\d+", options.scenario)):
        parser.error("--list, or a --scenario of it")
    if not sys.platform.startswith("linux") or os.geteuid() or not os.path.exists("/dev/net/tun"):
        print("needs Linux, root and /dev/net/tun")
        return CANNOT
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # with all that is to be cleared away
    with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
        try:
            relay = options.relay or compile_relay(scratch)
            about = record(options.scenario, options.seed, options.out or scratch, relay, options.snaplen)
        except NotHere as error:
            print(f"cannot be done here: {error}")
            return CANNOT
    print(json.dumps({key: about[key] for key in ("scenario", "seed", "outcomes", "came_to_rest", "a", "b", "agrees")}))
    return 0 if about["agrees"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
