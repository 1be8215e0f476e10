#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""watch_load.py --program tcplens [--ring] [--seconds N] [--large]: lets `tcplens watch` see all that the loopback device of a
network namespace of its own carries, and prints packets a second, drops, processor time and memory as time goes on. One
connection sends as much as it can, and others are opened and closed beside it. Needs root on Linux; exits with 77 where it
cannot. Fails if the packets that were seen and dropped are not those that the kernel had, or if memory grew in the second half."""
import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from live import CANNOT, ENVIRONMENT, ip, works_in_new_namespace
from watch import METRICS, parse, total

SHOWN = 8  # lines


def send_in_bulk(until):
    """Runs in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as near:
        far, _ = listener.accept()
        if os.fork():
            near.close()
            while far.recv(1 << 20):
                pass
            return
        block = bytes(1 << 20)
        while time.monotonic() < until:
            near.sendall(block)
        os._exit(0)


def open_and_close(until):
    """Runs in a process of its own: short connections, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        while time.monotonic() < until:
            with socket.create_connection(listener.getsockname()) as near, listener.accept()[0] as far:
                near.sendall(b"request")
                far.sendall(far.recv(100))
                near.recv(100)


def measure(watch):
    connection = http.client.HTTPConnection("127.0.0.1", METRICS, timeout=10)
    connection.request("GET", "/metrics")
    samples = parse(connection.getresponse().read().decode())
    connection.close()
    with open(f"/proc/{watch.pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return {
        "time": time.monotonic(),
        "seen": total(samples, "tcplens_packets_total"),
        "received": total(samples, "tcplens_kernel_packets_received_total"),
        "dropped": total(samples, "tcplens_kernel_packets_dropped_total"),
        "connections": total(samples, "tcplens_connections_begun_total"),
        "cpu": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        "rss": total(samples, "tcplens_resident_memory_bytes"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built tcplens")
    parser.add_argument("--ring", action="store_true", help="with the option --ring of watch")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--large", action="store_true", help="packets of 64 KB, as the device carries them, instead of 1,500 bytes")
    options = parser.parse_args()
    if not works_in_new_namespace():
        return CANNOT
    if not options.large:
        ip("link", "set", "lo", "mtu", "1500", "gso_max_segs", "1", "gso_max_size", "1600")
    command = [options.program, "watch", *["--ring"] * options.ring, "--max-connections", "20000", "--metrics-port", str(METRICS), "lo"]
    watch = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    watch.stdout.readline()
    threading.Thread(target=lambda: [None for _ in watch.stdout], daemon=True).start()
    until = time.monotonic() + options.seconds
    senders = []
    for send in (send_in_bulk, open_and_close):
        senders.append(os.fork())
        if not senders[-1]:
            send(until)
            os._exit(0)
    moments = [measure(watch)]
    print("seconds  packets/s  connections/s  dropped  us a packet  resident KB")
    while time.monotonic() < until:
        time.sleep(max(0.0, min(options.seconds / SHOWN, until - time.monotonic())))
        before, now = moments[-1], measure(watch)
        moments.append(now)
        seconds, packets = now["time"] - before["time"], now["seen"] - before["seen"]
        print(f"{now['time'] - moments[0]['time']:7.0f}  {packets / seconds:9,.0f}  {(now['connections'] - before['connections']) / seconds:13,.0f}"
              f"  {now['dropped']:7,}  {1e6 * (now['cpu'] - before['cpu']) / max(1, packets):11.2f}  {now['rss'] // 1024:11,}", flush=True)  # fmt: skip
    for sender in senders:
        os.waitpid(sender, 0)
    time.sleep(0.3)
    last = measure(watch)
    watch.send_signal(signal.SIGTERM)
    watch.wait()
    unseen = last["received"] - last["dropped"] - last["seen"]
    grown = moments[-1]["rss"] - moments[len(moments) // 2]["rss"]
    print(f"in all: {last['seen']:,} packets seen, {last['dropped']:,} dropped, {unseen} neither; memory grew by {grown // 1024:,} KB in the second half")
    return int(not 0 <= unseen <= 50 or grown > 8 << 20)


if __name__ == "__main__":
    sys.exit(main())
