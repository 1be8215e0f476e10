#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""server.py --program TCPLENS: what `tcplens mcp` does with wrong arguments, with both generations of its protocol, of progress and
cancellation, with the bearer token, without openat2, by other rules, and with fragments. Needs nothing but Python; what the build lacks
(HTTP) or the system does not let it do (a filter of system calls) is told and left out."""
import argparse
import ctypes
import http.client
import json
import os
import pathlib
import platform
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading

STATELESS = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
KINDS = """port_scan address_scan sequential_test stealth_probe syn_flood backscatter connection_flood blocked_service reset_out_of_place
takeover_signs asymmetric_transfer regular_contact covert_field_use path_trouble capture_limits""".split()
PATIENCE = 300  # seconds: of a machine that does much else
failures = []


def expect(what, holds, *told):
    if not holds:
        failures.append(what + "".join(f"\n    {str(each)[:600]}" for each in told))


# --- captures


def pcap(packets):
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    for i, packet in enumerate(packets):
        parts.append(struct.pack("<IIII", 1700000000 + i // 1000, i % 1000 * 1000, len(packet), len(packet)) + packet)
    return b"".join(parts)


def ip(payload, back=False, number=0, more=False, offset=0):
    ends = (b"\xc0\0\2\1", b"\xc6\x33\x64\x01")
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number, (0x2000 if more else 0) | offset // 8, 64, 6, 0)
    return head + (ends[1] + ends[0] if back else ends[0] + ends[1]) + payload


def tcp(sequence, acknowledged, flags, data=b"", back=False, port=40000):
    ports = (80, port) if back else (port, 80)
    return struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 1024, 0, 0) + data


def handshake(port):
    return [ip(tcp(0, 0, 2, port=port)), ip(tcp(0, 1, 18, back=True, port=port), back=True), ip(tcp(1, 1, 16, port=port))]


def two_connections():
    """The first sends a segment twice, the second is reset."""
    sent = ip(tcp(1, 1, 24, b"x" * 100), number=7)
    return (handshake(40000) + [sent] + handshake(40001) + [ip(tcp(1, 1, 24, b"x" * 100), number=8), ip(tcp(1, 101, 16, back=True), back=True)]
            + [ip(tcp(1, 1, 4, back=True, port=40001), back=True)])  # fmt: skip


def fragmented():
    """The second connection sends a segment in three fragments, between which others come; and what all packets of it are."""
    whole = tcp(1, 1, 24, b"SECRET-PAYLOAD--" * 6, port=40001)
    pieces = [ip(whole[a:b], number=9, more=b < len(whole), offset=a) for a, b in ((0, 40), (40, 80), (80, len(whole)))]
    noise = ip(tcp(1, 1, 24, b"OTHER", port=40000))
    opening = handshake(40001)
    end = ip(tcp(1, 97, 16, back=True, port=40001), back=True)
    return handshake(40000) + opening + [pieces[0], noise, pieces[1], pieces[2], noise, end], opening + pieces + [end]


def large_capture(file, packets=1_200_000):
    """Long enough that reading it takes a while."""
    block = pcap([ip(tcp(i, 1, 24, b"d", port=1024 + i % 50)) for i in range(1000)])
    file.write_bytes(block[:24] + block[24:] * (packets // 1000))


# --- the server


def request(number, method, params=None, stateless=True):
    params = dict(params or {})
    if stateless:
        params["_meta"] = {**STATELESS, **params.get("_meta", {})}
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def call(number, tool, arguments, **more):
    return request(number, "tools/call", {"name": tool, "arguments": arguments, **more})


def ask(command, messages, **how):
    """The answers by id, and what came besides."""
    text = "".join(json.dumps(each) + "\n" for each in messages)
    ran = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE, **how)
    expect(f"{command} ends well", ran.returncode == 0 and not ran.stderr, ran.returncode, ran.stderr)
    all_of_them = [json.loads(line) for line in ran.stdout.splitlines()]
    return {each["id"]: each for each in all_of_them if "id" in each}, [each for each in all_of_them if "id" not in each]


class Conversation:
    """A server that runs, line by line."""

    def __init__(self, command, **how):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)
        self.guard = threading.Timer(PATIENCE, self.process.kill)
        self.guard.start()

    def say(self, *messages):
        self.process.stdin.write("".join(json.dumps(each) + "\n" for each in messages))
        self.process.stdin.flush()

    def hear(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {}

    def end(self):
        self.process.stdin.close()
        rest = [json.loads(line) for line in self.process.stdout]
        expect("the server ends well", self.process.wait(PATIENCE) == 0)
        self.guard.cancel()
        return rest


# --- what is tested


def test_arguments(command):
    """Whatever is wrong with an argument is a result with isError, whose sentence names the argument and what it may be."""
    good = {"pcap_file": "two.pcap"}
    of_one = {**good, "connection": 0}
    numbers = [-1, 1.5, 2**63, 2**64, 1e300, "7", "NaN", True, [], {}]
    strings = [1, True, [], {}]
    cases = []

    def wrong(tool, base, name, values, *words):
        cases.extend((tool, {**base, name: value}, (name, *words)) for value in values)

    wrong("find_observations", good, "kind", ["no_such_kind", "", "Port_scan", "port_scan ", *strings], *KINDS)
    wrong("find_observations", good, "category", ["no_such", "", *strings], "reconnaissance", "flood", "interference", "transfer", "path", "capture")
    wrong("find_observations", good, "connection", [*numbers, 2, 10**12])
    wrong("list_connections", good, "order", ["no_such", "", *strings], "number", "retransmission_rate", "idle")
    wrong("list_connections", good, "state", ["no_such", "", *strings], "closed", "midstream")
    wrong("list_connections", good, "reverse", ["true", 1, 0, []], "true or false")
    wrong("list_connections", good, "min_retransmissions", [each for each in numbers if each != 2**63])
    wrong("list_connections", good, "client_ip", ["nobody", "192.0.2.256", *strings])
    wrong("get_segments", of_one, "only", ["odd", "", *strings], "all", "noted")
    wrong("get_time_series", good, "interval_ms", [0, *numbers])
    wrong("get_time_series", good, "connection", [*numbers, 2])
    wrong("render_graph", of_one, "kind", ["no_such", "", *strings], "time-sequence", "ladder")
    wrong("render_graph", of_one, "format", ["gif", "", *strings], "svg", "png")
    wrong("render_graph", of_one, "limit", [0, 10, 10**9, *numbers])
    wrong("analyze_tcp_retransmissions", good, "threshold", [-0.1, 1.1, 1e300, "0.02", "NaN", True, []], "0 to 1")
    wrong("analyze_tcp_connections", good, "detailed", ["yes", 1, []], "true or false")
    for tool in ("analyze_tcp_connections", "analyze_tcp_anomalies", "analyze_traffic_flow", "list_connections"):
        base = {**good, "server_ip": "192.0.2.1"} if tool == "analyze_traffic_flow" else good
        wrong(tool, base, "server_port", [0, 65536, *numbers])
    for tool in ("analyze_tcp_connections", "analyze_tcp_anomalies", "analyze_tcp_retransmissions", "analyze_traffic_flow", "list_connections"):
        wrong(tool, good, "server_ip", ["nobody", "1.2.3", "::g", *strings])
    for tool in ("analyze_tcp_connections", "analyze_tcp_retransmissions", "list_connections", "find_observations", "get_time_series"):
        wrong(tool, good, "limit", [0, 10**9, *numbers])
        wrong(tool, good, "cursor", ["nonsense", "1-0", "-", "99999999999999999999-0", *strings])
    for tool in ("get_connection", "get_segments", "render_graph"):
        wrong(tool, good, "connection", [*numbers, 2, None])
        cases.append((tool, good, ("connection", "missing")))
    cases.append(("analyze_traffic_flow", good, ("server_ip", "missing")))
    every = ["analyze_tcp_connections", "analyze_tcp_anomalies", "analyze_tcp_retransmissions", "analyze_traffic_flow", "describe_capture",
             "list_connections", "get_connection", "get_segments", "find_observations", "get_time_series", "render_graph"]  # fmt: skip
    for tool in every:
        needed = {**(of_one if tool in ("get_connection", "get_segments", "render_graph") else good), "server_ip": "192.0.2.1"}
        if tool not in every[:4] and tool != "list_connections":
            del needed["server_ip"]
        cases += [(tool, {}, ("pcap_file", "missing")), (tool, {**needed, "pcap_file": None}, ("pcap_file", "missing"))]
        wrong(tool, needed, "pcap_file", strings)
        wrong(tool, needed, "no_such_argument", [1], "pcap_file")
        cases.append((tool, {**needed, "Pcap_file": "two.pcap"}, ("Pcap_file", "pcap_file")))
    answers, _ = ask(command, [call(i, tool, arguments) for i, (tool, arguments, _) in enumerate(cases)])
    for i, (tool, arguments, words) in enumerate(cases):
        result = answers.get(i, {}).get("result", {})
        text = result.get("content", [{}])[0].get("text", "")
        expect(f"{tool} {arguments} is refused by a sentence with {words}",
               result.get("isError") is True and "structuredContent" not in result and all(word in text for word in words), answers.get(i))  # fmt: skip
    answers, _ = ask(command, [request(1, "tools/list")])
    tools = {tool["name"]: tool["inputSchema"]["properties"] for tool in answers[1]["result"]["tools"]}
    expect("the list of tools has the kinds", tools["find_observations"]["kind"]["enum"] == KINDS, tools["find_observations"])
    expect("the list of tools is short", len(json.dumps(answers[1]["result"])) < 12_288)
    # null is absent, and what is right is answered.
    right = [("find_observations", {**good, "kind": None, "category": None, "connection": None, "limit": None, "cursor": None})]
    right += [("find_observations", {**good, "kind": kind}) for kind in KINDS]
    right += [("list_connections", {**good, "min_retransmissions": 2**63, "order": None, "server_port": 80.0, "server_ip": ""})]
    answers, _ = ask(command, [call(i, tool, arguments) for i, (tool, arguments) in enumerate(right)])
    for i, (tool, arguments) in enumerate(right):
        expect(f"{tool} {arguments} is answered", "structuredContent" in answers.get(i, {}).get("result", {}), answers.get(i))
    # What is no argument of a tool is an error of the protocol.
    odd = [request(0, "tools/call", {"name": "describe_capture", "arguments": []}), request(1, "tools/call", {"name": 5}),
           request(2, "tools/call", {}), request(3, "prompts/get", {"name": "tcp_security_analysis", "arguments": {"pcap_file": "a", "sever": "x"}}),
           request(4, "prompts/get", {"name": "tcp_security_analysis", "arguments": {"pcap_file": "a", "server": "nobody"}}),
           request(5, "prompts/get", {"name": "tcp_security_analysis", "arguments": {"pcap_file": 1}}), request(6, "resources/list", {"cursor": "x"}),
           request(7, "resources/read", {"uri": "tcplens://capture/zzz"}), request(8, "tools/list", {"cursor": "x"})]  # fmt: skip
    answers, _ = ask(command, odd)
    for i in range(len(odd)):
        expect(f"{odd[i]} is an error", answers.get(i, {}).get("error", {}).get("code") == -32602, answers.get(i))
    # A number that no double holds is no JSON for this reader: an error, and the server goes on.
    text = json.dumps(call(1, "analyze_tcp_retransmissions", {**good, "threshold": 0})).replace(": 0}", ": 1e999}")
    nan = text.replace("1e999", "NaN")
    ran = subprocess.run(command, input=f"{text}\n{nan}\n{json.dumps(call(2, 'describe_capture', good))}\n", capture_output=True, text=True, timeout=PATIENCE)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    expect("1e999 and NaN are errors", len(lines) == 3 and all("error" in each for each in lines[:2]) and "result" in lines[2], ran.stdout)


def test_generations(command):
    """The same question, without a session and with one, has the same answer."""
    asked = {"pcap_file": "two.pcap"}
    answers, _ = ask(command, [call(1, "describe_capture", asked), request(2, "server/discover")])
    stateless = answers[1]["result"]
    expect("resultType", stateless.get("resultType") == "complete", stateless)
    expect("discover", answers[2]["result"]["supportedVersions"] == ["2026-07-28", "2025-11-25", "2025-06-18"], answers[2])
    for revision in ("2025-11-25", "2025-06-18"):
        begin = request(0, "initialize", {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}, False)
        question = request(1, "tools/call", {"name": "describe_capture", "arguments": asked}, False)
        answers, _ = ask(command, [begin, {"jsonrpc": "2.0", "method": "notifications/initialized"}, question])
        expect(f"{revision} begins", answers[0]["result"]["protocolVersion"] == revision, answers[0])
        expect(f"{revision} has the same answer", answers[1]["result"]["structuredContent"] == stateless["structuredContent"], answers[1])
        expect(f"{revision} has no resultType", "resultType" not in answers[1]["result"], answers[1])


def check_progress(notices, token, size):
    told = [each["params"] for each in notices if each.get("method") == "notifications/progress"]
    expect("there is progress", told and len(told) == len(notices), notices)
    places = [each["progress"] for each in told]
    expect("progress grows, and is of bytes", places == sorted(set(places)) and all(0 < place <= size for place in places), places)
    expect("the total is that of the file", all(each["total"] == size for each in told), told[:2])
    expect("the token is that of the request", all(each["progressToken"] == token for each in told), told[:2])


def test_progress(command, size):
    """Progress by bytes that were read, to who asks for it."""
    for token in ("a token", 7):
        answers, notices = ask(command, [call(1, "describe_capture", {"pcap_file": "large.pcap"}, _meta={"progressToken": token})])
        expect("the answer comes", "structuredContent" in answers[1]["result"], answers)
        check_progress(notices, token, size)
    for meta in ({}, {"progressToken": None}, {"progressToken": 1.5}, {"progressToken": []}):
        answers, notices = ask(command, [call(1, "describe_capture", {"pcap_file": "large.pcap"}, _meta=meta)])
        expect(f"without a token no progress: {meta}", not notices and 1 in answers, notices)


def test_cancellation(command, size):
    """What is cancelled while it is read, or while it waits, is not answered, and the server goes on."""
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled"}
    talk = Conversation(command)
    talk.say(call(1, "describe_capture", {"pcap_file": "large.pcap"}, _meta={"progressToken": 1}),
             call(2, "describe_capture", {"pcap_file": "two.pcap"}), call(3, "describe_capture", {"pcap_file": "two.pcap"}))  # fmt: skip
    first = talk.hear()
    expect("reading has begun", first.get("method") == "notifications/progress", first)
    talk.say({**cancel, "params": {"requestId": 1}}, {**cancel, "params": {"requestId": 2}},
             {**cancel, "params": {"requestId": "unknown"}}, {**cancel, "params": {}}, cancel)  # fmt: skip
    rest = talk.end()
    expect("only the third is answered", [each["id"] for each in rest if "id" in each] == [3], rest)
    places = [first["params"]["progress"], *(each["params"]["progress"] for each in rest if "params" in each)]
    expect("reading ended before the end", max(places) < size, places)


class HttpServer:
    def __init__(self, command, *options):
        self.process = subprocess.Popen([*command, "--http", "0", *options], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"http://(\S+):(\d+)/mcp", line)
        self.missing = None if found else line
        self.port = int(found[2]) if found else 0

    def post(self, message, headers=(), stream=None):
        """Status, headers and body; with `stream` the events are given to it until it returns False."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        name = message["params"].get("name", message["params"].get("uri"))
        all_headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28",
                       "Mcp-Method": message["method"], **({"Mcp-Name": name} if name else {}), **dict(headers)}  # fmt: skip
        connection.request("POST", "/mcp", json.dumps(message), {key: value for key, value in all_headers.items() if value is not None})
        answer = connection.getresponse()
        if stream is None:
            body = answer.read().decode()
            connection.close()
            return answer.status, answer.headers, body
        events = []
        for line in answer:
            if line.startswith(b"data: "):
                events.append(json.loads(line[6:]))
                if not stream(events[-1]):
                    break
        connection.sock.shutdown(socket.SHUT_RDWR) if connection.sock else answer.close()
        connection.close()
        return events

    def end(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stderr.close()


def test_http(command, scratch, size):
    token = "a-token-of-letters-42"
    (scratch / "token").write_text(token + "\n")
    (scratch / "short").write_text("short\n")
    server = HttpServer(command)
    if server.missing:
        print("without HTTP: " + server.missing.strip())
        server.end()
        return
    question = call(1, "describe_capture", {"pcap_file": "two.pcap"})
    try:
        status, _, body = server.post(question)
        stateless = json.loads(body)["result"]
        expect("HTTP without a session", status == 200 and stateless["resultType"] == "complete", status, body)
        for revision in ("2025-11-25", "2025-06-18"):
            begin = request(0, "initialize", {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}, False)
            status, _, body = server.post(begin, {"MCP-Protocol-Version": None, "Mcp-Method": None})
            expect(f"HTTP initialize {revision}", json.loads(body)["result"]["protocolVersion"] == revision, body)
            of_session = request(1, "tools/call", {"name": "describe_capture", "arguments": {"pcap_file": "two.pcap"}}, False)
            status, _, body = server.post(of_session, {"MCP-Protocol-Version": revision, "Mcp-Method": None, "Mcp-Name": None})
            expect(f"HTTP {revision}", status == 200 and json.loads(body)["result"]["structuredContent"] == stateless["structuredContent"], status, body)
        for headers, wanted in (({"Host": "attacker.example"}, 403), ({"Origin": "http://attacker.example"}, 403), ({"Mcp-Method": "tools/list"}, 400),
                                ({"Mcp-Name": "get_connection"}, 400), ({"MCP-Protocol-Version": "2025-11-25"}, 400), ({"Content-Type": "text/plain"}, 415)):
            expect(f"HTTP {headers}", server.post(question, headers)[0] == wanted)
        large = call(2, "describe_capture", {"pcap_file": "large.pcap"}, _meta={"progressToken": "p"})
        # A client that goes away cancels: what it asked for is not in memory afterwards, and is read for the next one, who is told of it.
        events = server.post(large, stream=lambda event: False)
        expect("HTTP progress before the client goes away", events and events[0].get("method") == "notifications/progress", events)
        events = server.post(large, stream=lambda event: "id" not in event)
        expect("HTTP answer", events and "structuredContent" in events[-1].get("result", {}), events[-1:])
        check_progress(events[:-1], "p", size)
    finally:
        server.end()
    for options in (["--http-host", "0.0.0.0"], ["--http-host", "0.0.0.0", "--token-file", str(scratch / "short")],
                    ["--http-host", "0.0.0.0", "--token-file", str(scratch / "missing")], ["--token-file", str(scratch / "short")]):
        ran = subprocess.run([*command, "--http", "0", *options], capture_output=True, text=True, timeout=PATIENCE)
        expect(f"{options} is refused", ran.returncode == 2 and "token" in ran.stderr, ran.returncode, ran.stderr)
    for host in ([], ["--http-host", "0.0.0.0"]):
        server = HttpServer(command, *host, "--token-file", str(scratch / "token"))
        try:
            for given in (None, "", "Bearer", "Bearer ", f"Bearer {token[:-1]}", f"Bearer {token}x", f"Bearer {token.upper()}", f"Basic {token}", token,
                          "Bearer " + "x" * len(token)):
                status, headers, body = server.post(question, {"Authorization": given})
                expect(f"{host} token {given!r}", status == 401 and headers["WWW-Authenticate"] == "Bearer" and "two.pcap" not in body, status, body)
            status, _, body = server.post(question, {"Authorization": f"Bearer {token}"})
            expect(f"{host} the right token", status == 200 and "structuredContent" in body, status, body)
        finally:
            server.end()


def without_openat2():
    """Makes openat2 fail in this process and its children as on a kernel that lacks it."""
    libc = ctypes.CDLL(None, use_errno=True)
    load, jump, ret = 0x20, 0x15, 0x06
    rules = [(load, 0, 0, 0), (jump, 0, 1, 437), (ret, 0, 0, 0x00050000 | 38), (ret, 0, 0, 0x7FFF0000)]  # openat2: ENOSYS
    packed = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(rules), ctypes.addressof(packed)))
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no filter of system calls")


def test_walking(command, root, scratch):
    """Without openat2 names are walked one by one: the same is read, and the same is refused."""
    outside = scratch / "outside.pcap"
    outside.write_bytes(pcap(handshake(50000)))
    (root / "folder" / "deep").mkdir(parents=True)
    (root / "folder" / "deep" / "two.pcap").write_bytes(pcap(two_connections()))
    for name, target in (("absolute.pcap", outside), ("relative.pcap", "../outside.pcap"), ("up", ".."), ("loop", "loop"), ("zero", "/dev/zero"),
                         ("proc", "/proc/self"), ("folder/out", "../.."), ("folder/deep/link.pcap", outside)):
        (root / name).symlink_to(target)
    os.mkfifo(root / "fifo.pcap")
    good = ["two.pcap", "folder/deep/two.pcap", "./folder//deep/./two.pcap", str(root / "two.pcap")]
    bad = ["absolute.pcap", "relative.pcap", "up/outside.pcap", "../outside.pcap", "loop", "loop/x", "zero", "proc/environ", "folder", "folder/", ".", "fifo.pcap",
           "folder/out/outside.pcap", "folder/deep/link.pcap", "folder/../../outside.pcap", "two.pcap/", "two.pcap/x", "missing", str(outside),
           str(root / ".." / "outside.pcap"), "/etc/passwd", "/proc/self/environ", "a" * 300, "a/" * 1500 + "a"]  # fmt: skip
    asked = [call(i, "describe_capture", {"pcap_file": path}) for i, path in enumerate(good + bad)]
    ways = {"by openat2": None, "by walking": without_openat2}
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"):
        del ways["by walking"]
    try:
        subprocess.run(["true"], preexec_fn=ways.get("by walking"), check=True)
    except (subprocess.SubprocessError, OSError):
        print("without a filter of system calls: walking is not tested")
        del ways["by walking"]
    for way, prepare in ways.items():
        answers, _ = ask(command, asked, preexec_fn=prepare)
        for i, path in enumerate(good + bad):
            result = answers[i]["result"]
            expect(f"{way}: {path[:80]}", ("structuredContent" in result) == (path in good) and "50000" not in json.dumps(result), answers[i])


def test_fragments(program, root, scratch):
    """export_connection writes every fragment of the connection's segments, and with headers_only none of their data."""
    all_packets, wanted = fragmented()
    (root / "fragments.pcap").write_bytes(pcap(all_packets))
    exports = scratch / "exports"
    exports.mkdir()
    command = [program, "mcp", "--root", str(root), "--allow-write", str(exports)]
    asked = {"pcap_file": "fragments.pcap", "connection": 1}
    answers, _ = ask(command, [call(1, "export_connection", {**asked, "name": "whole"}), call(2, "export_connection", {**asked, "name": "heads", "headers_only": True}),
                               call(3, "export_connection", {"pcap_file": "fragments.pcap", "connection": 0, "name": "other"})])  # fmt: skip
    for number, count in ((1, len(wanted)), (2, len(wanted)), (3, 5)):
        expect(f"{count} packets are written", answers[number]["result"].get("structuredContent", {}).get("packets_written") == count, answers[number])
    whole = (exports / "whole.pcapng").read_bytes()
    places = [whole.find(each) for each in wanted]
    expect("each packet of the connection, in order", -1 not in places and places == sorted(places), places)
    expect("and nothing of the other", b"OTHER" not in whole)
    heads = (exports / "heads.pcapng").read_bytes()
    expect("no data", not any(piece in heads for piece in (b"SECRET", b"PAYLOAD", b"SEC", b"AD--", b"OTHER")))
    ran = subprocess.run([program, "connections", "--format", "json", str(exports / "whole.pcapng")], capture_output=True, text=True, timeout=PATIENCE)
    expect("the segment is whole again", ran.returncode == 0 and '"' in ran.stdout, ran.stdout, ran.stderr)


def test_rules(program, root):
    """--rules judges as report --rules does."""
    for rules in ("evidence", "wireshark", "repeated_sequence"):
        answers, _ = ask([program, "mcp", "--root", str(root), "--rules", rules],
                         [call(1, "analyze_tcp_retransmissions", {"pcap_file": "two.pcap"}), call(2, "get_segments", {"pcap_file": "two.pcap", "connection": 0, "only": "noted"}),
                          call(3, "get_time_series", {"pcap_file": "two.pcap"}), call(4, "render_graph", {"pcap_file": "two.pcap", "connection": 0})])  # fmt: skip
        report = subprocess.run([program, "report", "--format", "json", "--rules", rules, str(root / "two.pcap")], capture_output=True, text=True, timeout=PATIENCE)
        wanted = json.loads(report.stdout)["retransmissions"]
        said = answers[1]["result"]["structuredContent"]
        for name in ("total_packets", "total_retransmissions", "retransmission_rate", "summary"):
            expect(f"{rules}: {name}", said[name] == wanted[name], said, wanted)
        expect(f"{rules}: they are named", said.get("rules") == (None if rules == "evidence" else rules), said)
        noted = [name for row in answers[2]["result"]["structuredContent"]["segments"] for name in row["verdict"]]
        expect(f"{rules}: segments", any("retransmission" in name for name in noted), noted)
        expect(f"{rules}: series and graph", all("structuredContent" in answers[i]["result"] for i in (3, 4)), answers[3], answers[4])
    ran = subprocess.run([program, "mcp", "--root", str(root), "--rules", "no_such"], capture_output=True, text=True, timeout=PATIENCE)
    expect("unknown rules are refused", ran.returncode == 2 and "repeated_sequence" in ran.stderr, ran.returncode, ran.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built tcplens")
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    with tempfile.TemporaryDirectory(prefix="tcplens-mcp-") as folder:
        scratch = pathlib.Path(folder).resolve()
        root = scratch / "root"
        root.mkdir()
        (root / "two.pcap").write_bytes(pcap(two_connections()))
        large_capture(root / "large.pcap")
        size = (root / "large.pcap").stat().st_size
        command = [program, "mcp", "--root", str(root), "--max-seconds", "3600"]
        test_arguments(command)
        test_generations(command)
        test_progress(command, size)
        test_cancellation(command, size)
        test_http(command, scratch, size)
        test_walking(command, root, scratch)
        test_fragments(program, root, scratch)
        test_rules(program, root)
    print("\n".join(failures) or "all is as it should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
