#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""watch.py --program tcplens: runs `tcplens watch` on the loopback device of a network namespace of its own, and checks its
metrics, the privileges that it keeps, and what it does with clients that mean no good. Needs root on Linux; exits with 77 where
it cannot. Ends by itself, within a minute."""
import argparse
import http.client
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import live
from live import CANNOT, ENVIRONMENT, expect, expect_that, failures, works_in_new_namespace

METRICS, SERVICE = 9797, 9900
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')


def parse(text, openmetrics=False):
    """The samples of a page, as {(name, labels): value}; whatever is not as the format has it is an error."""
    families, samples, family = {}, {}, None
    lines = text.split("\n")
    if lines.pop() != "":
        raise ValueError("the last line has no end")
    if openmetrics and lines.pop() != "# EOF":
        raise ValueError("no # EOF")
    for line in lines:
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            if family in families or not line.split(" ", 3)[3]:
                raise ValueError(f"a second HELP, or an empty one: {line}")
            families[family] = None
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != family or families[name] or kind not in ("counter", "gauge", "histogram"):
                raise ValueError(line)
            families[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            if not found:
                raise ValueError(line)
            kind = families[family]
            suffixes = {"histogram": ("_bucket", "_sum", "_count"), "gauge": ("",), "counter": ("_total",) if openmetrics else ("",)}[kind]
            if found[1] not in [family + suffix for suffix in suffixes] or (kind == "counter") != found[1].endswith("_total"):
                raise ValueError(f"{line} in {family}, a {kind}")
            key = (found[1], tuple(LABEL.findall(found[2] or "")))
            if key in samples:
                raise ValueError(f"twice: {line}")
            samples[key] = float(found[3])
    check_histograms(families, samples)
    return samples


def check_histograms(families, samples):
    for family in (name for name, kind in families.items() if kind == "histogram"):
        series = {}
        for (name, labels), value in samples.items():
            if name == family + "_bucket":
                series.setdefault(labels[:-1], []).append((float(labels[-1][1]), value))
        for labels, buckets in series.items():
            if buckets != sorted(buckets) or [v for _, v in buckets] != sorted(v for _, v in buckets):
                raise ValueError(f"{family}: buckets are not in order")
            if buckets[-1] != (float("inf"), samples[family + "_count", labels]):
                raise ValueError(f"{family}: no +Inf, or another than the count")


def total(samples, name, **labels):
    return int(sum(value for (found, own), value in samples.items() if found == name and labels.items() <= dict(own).items()))


def scrape(accept=None, path="/metrics", method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", METRICS, timeout=5)
    connection.request(method, path, headers={"Accept": accept} if accept else {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def scrape_until(name, least, seconds=15):
    """The page, once this metric has come so far: the kernel hands packets over within 50 ms, a busy machine later."""
    until = time.monotonic() + seconds
    while True:
        answer, body = scrape()
        if total(parse(body), name) >= least or time.monotonic() > until:
            return answer, body
        time.sleep(0.1)


class Watch:
    def __init__(self, program, *options, interface="lo"):
        self.process = subprocess.Popen([*program, *options, interface], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise OSError(f"{options}: {line!r} {self.process.stderr.read()!r}")

    def end(self, sent=signal.SIGTERM, status=0):
        self.process.send_signal(sent)
        out, err = self.process.communicate(timeout=10)
        expect("exit status", self.process.returncode, status)
        return out, err


def contents(name):
    with open(name) as file:
        return file.read()


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(each) for each in file.read().split()]


def check_unprivileged(pid, what, user=None):
    status = status_of(pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        expect(f"{what}: {name}", int(status[name], 16), 0)
    expect(f"{what}: NoNewPrivs", status["NoNewPrivs"], "1")
    expect(f"{what}: groups", status["Groups"].strip(), "")
    for name in ("Uid", "Gid"):
        ids = set(status[name].split())
        expect_that(f"{what}: {name} {ids}", len(ids) == 1 and (ids == {str(user)} if user is not None else ids != {"0"}))


def exchange(count, size):
    """So many connections, which send so many bytes each; both ends close."""
    with socket.create_server(("127.0.0.1", SERVICE)) as listener:
        for _ in range(count):
            with socket.create_connection(("127.0.0.1", SERVICE)) as near, listener.accept()[0] as far:
                near.sendall(bytes(size))
                near.shutdown(socket.SHUT_WR)
                while far.recv(1 << 16):
                    pass


def test_metrics(program, scratch):
    """The counters say what was sent, over HTTP and in the file; all privileges are gone."""
    file = os.path.join(scratch, "tcplens.prom")  # in a folder in which nobody but root may write
    watch = Watch(program, "--metrics-port", str(METRICS), "--metrics-file", file)
    check_unprivileged(watch.process.pid, "watch")
    for child in children_of(watch.process.pid):
        check_unprivileged(child, "the process that writes the file", user=0)
    again = live.sent_again()
    exchange(20, 10_000)
    answer, body = scrape_until("tcplens_connections_begun_total", 20)
    expect("status", answer.status, 200)
    expect("type", answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
    samples = parse(body)
    # Scrapes are connections, too; the last one may be there already, or not.
    begun = total(samples, "tcplens_connections_begun_total")
    expect_that(f"connections {begun}", 20 <= begun <= 20 + 200)
    expect_that("handshakes", begun - 1 <= total(samples, "tcplens_handshakes_total", result="completed") <= begun)
    sent = total(samples, "tcplens_payload_bytes_total", direction="client_to_server")
    by_kernel = live.sent_again() - again
    expect_that(f"payload {sent}", 200_000 <= sent < 220_000 + 10_000 * by_kernel)
    expect_that("retransmissions", total(samples, "tcplens_retransmissions_total") <= by_kernel)
    expect("segments by direction", total(samples, "tcplens_direction_segments_total"), total(samples, "tcplens_segments_total"))
    expect("TCP packets", total(samples, "tcplens_packets_total", outcome="tcp"), total(samples, "tcplens_segments_total"))
    received, dropped = total(samples, "tcplens_kernel_packets_received_total"), total(samples, "tcplens_kernel_packets_dropped_total")
    expect_that("what the kernel had", 0 <= received - dropped - total(samples, "tcplens_packets_total") < 20)
    expect_that("round trips", total(samples, "tcplens_round_trip_seconds_count", end="server") >= 40)
    expect("up", total(samples, "tcplens_interface_up"), 1)

    answer, body = scrape(accept="application/openmetrics-text; version=1.0.0")
    expect_that(answer.getheader("Content-Type"), answer.getheader("Content-Type").startswith("application/openmetrics-text; version=1.0.0"))
    more = parse(body, openmetrics=True)
    expect("families", {name for name, _ in more}, {name for name, _ in samples})
    expect("the other labels", {key for key in more}, {key for key in samples})
    expect_that("counters do not run back", all(more[key] >= samples[key] for key in samples if key[0].endswith("_total")))
    for path, method, status in (("/", "GET", 200), ("/x", "GET", 404), ("/metrics", "POST", 405), ("/metrics", "HEAD", 200)):
        expect(f"{method} {path}", scrape(path=path, method=method)[0].status, status)

    until = time.monotonic() + 10
    while total(parse(contents(file)), "tcplens_connections_begun_total") < 20 and time.monotonic() < until:
        time.sleep(0.1)
    expect_that("the file lags a second", total(parse(contents(file)), "tcplens_connections_begun_total") >= 20)
    out, err = watch.end()
    expect("complaints", err, "")
    found = re.search(r"\nconnections: begun (\d+) = ended (\d+) .*\n", out)
    expect_that(f"totals {out!r}", found and found[1] == found[2] and int(found[1]) >= 26)
    expect("the last file", total(parse(contents(file)), "tcplens_connections_ended_total"), int(found[1]) if found else -1)
    expect("files left", os.listdir(scratch), ["tcplens.prom"])


def test_file_is_whole(program, scratch):
    """Whenever one looks, the file is complete. A folder in which the user may write needs no other user."""
    os.chmod(scratch, 0o777)
    file = os.path.join(scratch, "m.prom")
    watch = Watch(program, "--metrics-file", file, "--user", "daemon")
    for child in children_of(watch.process.pid):
        check_unprivileged(child, "the process that writes", user=1)
    check_unprivileged(watch.process.pid, "watch --user daemon", user=1)
    until, seen = time.monotonic() + 15, set()
    while time.monotonic() < until and len(seen) < 3:
        with open(file) as written:
            text = written.read()
        parse(text)
        seen.add(os.stat(file).st_ino)
        time.sleep(0.005)
    expect_that(f"new files {seen}", len(seen) >= 3)
    watch.end(signal.SIGINT)
    os.remove(file)


def test_hostile_clients(program):
    """Clients that send nothing, or endlessly, or do not read, delay neither packets nor other clients."""
    watch = Watch(program, "--metrics-port", str(METRICS))
    silent = [socket.create_connection(("127.0.0.1", METRICS)) for _ in range(40)]
    endless = socket.create_connection(("127.0.0.1", METRICS))
    stop = threading.Event()

    def flood():
        try:
            endless.sendall(b"GET /metrics HTTP/1.1\r\n")
            while not stop.is_set():
                endless.sendall(b"A: b\r\n" * 100)
        except OSError:
            pass

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    deaf.connect(("127.0.0.1", METRICS))
    deaf.sendall(b"GET /metrics HTTP/1.1\r\n\r\n" * 50)
    before = total(parse(scrape()[1]), "tcplens_connections_begun_total")
    exchange(50, 100)
    after = parse(scrape_until("tcplens_connections_begun_total", before + 50)[1])
    expect_that("connections beside hostile clients", total(after, "tcplens_connections_begun_total") >= before + 50)
    expect("drops", total(after, "tcplens_kernel_packets_dropped_total"), 0)
    stop.set()
    for each in (*silent, endless, deaf):
        each.close()
    thread.join()
    for odd in (b"", b"\0\0\0", b"GET\r\n\r\n", b"\xff" * 9000, b"GET /metrics HTTP/1.1\r\nA: " + b"a" * 20000):
        with socket.create_connection(("127.0.0.1", METRICS), timeout=7) as client:
            try:
                client.sendall(odd)
                client.shutdown(socket.SHUT_WR)
                answer = client.recv(1 << 16)
            except ConnectionError:
                answer = b""
            expect_that(f"answer to {odd[:20]!r}: {answer[:40]!r}", not answer or answer.startswith(b"HTTP/1.1 4"))
    expect("still there", scrape()[0].status, 200)
    watch.end()


def test_refusals(program, scratch):
    def run(*options, **more):
        return subprocess.run([*program, *options], capture_output=True, text=True, timeout=60, env=ENVIRONMENT, **more)

    with socket.create_server(("127.0.0.1", METRICS)):
        done = run("--metrics-port", str(METRICS), "lo")
        expect(f"a port that is taken: {done.stderr!r}", (done.returncode, "taken" in done.stderr), (2, True))
    for options in (["--metrics-port", "0"], ["--metrics-port", "65536"], ["--metrics-port", "x"], ["--metrics-address", "localhost"],
                    ["--metrics-file", "/nowhere/x"], ["--metrics-file", "/dev/null"], ["--metrics-file", scratch],
                    ["--max-connections", "99999999"], ["--ring", "--filter", "tcp"]):  # fmt: skip
        done = run("--seconds", "1", *options, "lo")
        expect(f"{options}: {done.stderr!r}", (done.returncode, done.stderr.startswith("tcplens: ")), (2, True))
    expect_that("/dev/null stays", os.path.exists("/dev/null") and not os.path.isfile("/dev/null"))
    for limit in (60_000, 150_000, 400_000):  # KB of address space
        within = dict(preexec_fn=lambda: limit_memory(limit))
        if subprocess.run([program[0], "--version"], capture_output=True, timeout=60, **within).returncode:
            continue  # it cannot even be loaded: with many libraries, or sanitized
        done = run("--seconds", "1", "--max-connections", "2000000", "lo", **within)
        expect_that(f"{limit} KB: {done.returncode} {done.stderr!r}", done.returncode in (1, 2) and "memory" in done.stderr)
    # Nobody may not capture.
    done = run("--seconds", "1", "lo", preexec_fn=lambda: os.setresuid(65534, 65534, 65534))
    expect(f"nobody: {done.stderr!r}", (done.returncode, done.stderr.startswith("tcplens: lo: ")), (1, True))


def limit_memory(kilobytes):
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (kilobytes << 10, kilobytes << 10))


def test_screen(program):
    """A terminal gets a screen, no line of which is too long; and its own back at the end."""
    pid, master = pty.fork()
    if not pid:
        os.execvpe(program[0], [*program, "lo"], {**ENVIRONMENT, "TERM": "xterm", "NO_COLOR": "1"})
    import fcntl
    import struct
    import termios

    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 70, 0, 0))
    until, out, shown, sent = time.monotonic() + 60, b"", None, False
    while time.monotonic() < until:
        if out.count(b"\x1b[H") >= 1 and shown is None:
            exchange(30, 1000)
            shown = out.count(b"\x1b[H")
        if select.select([master], [], [], 0.1)[0]:
            try:
                got = os.read(master, 1 << 16)
            except OSError:
                break
            out += got
        # What was exchanged may reach the program a moment later, and a frame may have been drawn before it was.
        if shown is not None and out.count(b"\x1b[H") >= shown + 3 and not sent:
            os.kill(pid, signal.SIGINT)
            sent = True
    _, status = os.waitpid(pid, 0)
    expect("status of the screen", os.waitstatus_to_exitcode(status), 0)
    text = out.decode()
    expect_that("the other screen", text.startswith("\x1b[?1049h") and "\x1b[?1049l" in text)
    frame = text.split("\x1b[H")[-1].split("\x1b[J")[0]
    lines = frame.replace("\x1b[K", "").split("\r\n")
    expect_that(f"the height of {lines}", 10 < len(lines) <= 30)
    expect_that(f"the width of {lines}", max(map(len, lines)) <= 70)
    for wanted in ("tcplens watch lo", "Services now", f"127.0.0.1:{SERVICE}", "Worst connections", "dropped by the kernel", "What deserves a look"):
        expect_that(f"{wanted} in the screen", wanted in text)
    totals = text.split("\x1b[?1049l")[1]
    counts = re.search(r"connections: begun (\d+) = ended (\d+) ", totals)
    # Segments with which connections of the tests before end late may be there, too.
    expect_that(f"the totals in {totals!r}", counts and counts[1] == counts[2] and 30 <= int(counts[1]) < 40)


def run_as_job(program):
    """What a shell does for a job: the program has the terminal; once it is stopped, that is told, and it is continued."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        os.tcsetpgrp(1, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvpe(program[0], [*program, "lo"], {**ENVIRONMENT, "TERM": "xterm", "NO_COLOR": "1"})
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        os.tcsetpgrp(1, os.getpgrp())
        os.write(1, b"[stopped]")
        time.sleep(2.5)
        os.tcsetpgrp(1, pid)
        os.kill(pid, signal.SIGCONT)


def test_stopped_screen(program):
    """Ctrl-Z gives the terminal back before the process stops; when it goes on, the screen is there again."""
    pid, master = pty.fork()
    if not pid:
        run_as_job(program)
    until, out, stopped, ended = time.monotonic() + 60, b"", False, False
    while time.monotonic() < until:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            out += os.read(master, 1 << 16)
        except OSError:
            break
        if out.count(b"\x1b[H") >= 2 and not stopped:
            os.write(master, b"\x1a")
            stopped = True
        if out.split(b"[stopped]")[-1].count(b"\x1b[H") >= 2 and b"[stopped]" in out and not ended:
            os.write(master, b"\x03")
            ended = True
    _, status = os.waitpid(pid, 0)
    expect("status of a screen that was stopped", os.waitstatus_to_exitcode(status), 0)
    text = out.decode()
    expect_that(f"it was stopped {text[-300:]!r}", text.count("[stopped]") == 1)
    before, _, after = text.partition("[stopped]")
    expect_that("the terminal is given back before", before.endswith("\x1b[?25h\x1b[?1049l") or before.rstrip().endswith("\x1b[?1049l"))
    expect_that("and taken again behind", after.startswith("\x1b[?1049h\x1b[?25l\x1b[2J") and "tcplens watch lo" in after)
    expect("in the end it is given back once more", (text.count("\x1b[?1049h"), text.count("\x1b[?1049l")), (2, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built tcplens")
    options = parser.parse_args()
    if not works_in_new_namespace():
        return CANNOT
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("it takes too long"))
    signal.alarm(100)
    for program in ([options.program, "watch"], [options.program, "watch", "--ring"]):
        with tempfile.TemporaryDirectory(prefix="tcplens-lab-") as scratch:
            test_metrics(program, scratch)
            test_file_is_whole(program, scratch)
            test_refusals(program, scratch)
        test_hostile_clients(program)
    test_screen([options.program, "watch"])
    test_stopped_screen([options.program, "watch"])
    print("\n".join(failures) or "all is as it was done")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
