#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""urls.py --program TCPLENS: `tcplens mcp --allow-url` against an https server of its own. Both are in namespaces of their own, where the
loopback device has public addresses, /etc/hosts has names for them and for others, and the server's certificate is one that is trusted:
so the program is tested as it is built. Needs root on Linux, openssl and libcurl; exits with 77 where it cannot."""
import argparse
import ctypes
import http.server
import itertools
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from server import PATIENCE, Conversation, ask, call, expect, failures, pcap, request, two_connections

CANNOT = 77
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
PUBLIC, PUBLIC6 = "1.2.3.4", "2600:1::4"
PRIVATE = {"loop": "127.0.0.1", "loop6": "::1", "ten": "10.1.2.3", "link": "169.254.1.1", "shared": "100.64.1.1", "ula": "fd00::1", "mapped": "::ffff:127.0.0.1",
           "zero": "0.0.0.0", "none": "::"}  # fmt: skip
NAMES = {"good": PUBLIC, "six": PUBLIC6, "unlisted": PUBLIC, "uncertified": PUBLIC, **PRIVATE}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def enter_namespaces(scratch):
    """The loopback device has all addresses, and names lead to them. OSError where the system does not let us."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no namespaces")
    run("mount", "--make-rprivate", "/")
    run("ip", "link", "set", "lo", "up")
    for address in (PUBLIC, PRIVATE["ten"], PRIVATE["link"], PRIVATE["shared"]):
        run("ip", "addr", "add", address + "/32", "dev", "lo")
    try:
        for address in (PUBLIC6, PRIVATE["ula"]):
            run("ip", "addr", "add", address + "/128", "dev", "lo", "nodad")
    except subprocess.CalledProcessError:
        for name in [name for name, address in NAMES.items() if ":" in address]:
            NAMES.pop(name)
            PRIVATE.pop(name, None)
    (scratch / "hosts").write_text("".join(f"{address} {name}.example\n" for name, address in NAMES.items()))
    run("mount", "--bind", str(scratch / "hosts"), "/etc/hosts")
    names = ",".join(f"DNS:{name}.example" for name in NAMES if name != "uncertified")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=tcplens test",
        "-addext", f"subjectAltName={names},IP:{PUBLIC}", "-keyout", str(scratch / "key.pem"), "-out", str(scratch / "ca-certificates.crt"))
    (scratch / "certs").mkdir()
    (scratch / "ca-certificates.crt").rename(scratch / "certs" / "ca-certificates.crt")
    run("mount", "--bind", str(scratch / "certs"), "/etc/ssl/certs")


CAPTURE = pcap(two_connections())
asked_for = []  # paths
reached = set()  # the addresses at which the server was reached


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def do_GET(self):
        asked_for.append(self.path)
        try:
            self.serve()
        except OSError:
            self.close_connection = True  # the client went away, as it should

    def serve(self):
        if self.path.startswith("/two.pcap"):
            self.answer(200, CAPTURE)
        elif self.path.startswith("/to/"):
            self.answer(302, b"no capture", Location=self.path[4:])
        elif self.path == "/again":
            self.answer(302, Location="/again")
        elif self.path == "/text":
            self.answer(200, b"no capture at all\n" * 9)
        elif self.path == "/cut":
            self.answer(200, CAPTURE[:200], length=len(CAPTURE))
        elif self.path == "/big":
            self.answer(200, bytes(3_000_000))
        elif self.path in ("/endless", "/slow"):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in itertools.count():
                self.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n" if self.path == "/endless" else b"1\r\n\0\r\n")
                self.wfile.flush()
                if self.path == "/slow":
                    time.sleep(0.1)
        else:
            self.answer(404, b"nothing here")


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    daemon_threads = True

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self):
        connection, peer = super().get_request()
        reached.add(connection.getsockname()[0].removeprefix("::ffff:"))
        return connection, peer

    def finish_request(self, request, client_address):
        try:
            with self.context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError:
            pass

    def handle_error(self, *_):
        pass


def start_servers(scratch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(scratch / "certs" / "ca-certificates.crt", scratch / "key.pem")
    for port in (443, 8443):
        server = Server(("::" if "six" in NAMES else "", port), Handler)
        server.context = context
        threading.Thread(target=server.serve_forever, daemon=True).start()


def results(command, urls, **how):
    answers, _ = ask(command, [call(i, "describe_capture", {"pcap_file": url}) for i, url in enumerate(urls)], **how)
    return [answers[i]["result"] for i in range(len(urls))]


def text_of(result):
    return result["content"][0]["text"]


def test_good(command, temporary, environment):
    url = "https://good.example/two.pcap"
    talk = Conversation(command, env=environment)
    question = {"pcap_file": url}
    talk.say(call(1, "describe_capture", question))
    first = talk.hear()["result"]
    expect("it is fetched", first.get("structuredContent", {}).get("connections_total") == 2, first)
    expect("nothing of it has a name", os.listdir(temporary) == [])
    uri = first["structuredContent"]["resource"]
    talk.say(call(2, "list_connections", question), call(3, "get_segments", {**question, "connection": 0}), request(4, "resources/read", {"uri": uri}),
             call(5, "describe_capture", {"pcap_file": uri}), call(6, "render_graph", {**question, "connection": 0}))  # fmt: skip
    for _ in range(5):
        answer = talk.hear()
        expect("further questions are answered", "isError" not in answer.get("result", {"isError": 1}), answer)
    expect("it was fetched once", asked_for.count("/two.pcap") == 1, asked_for)
    talk.say(call(7, "describe_capture", {"pcap_file": url + "?again"}), request(8, "tools/list"))
    expect("the query is part of the name", "structuredContent" in talk.hear()["result"])
    tools = talk.hear()["result"]["tools"]
    expect("tools say that the world is open", all(tool["annotations"]["openWorldHint"] for tool in tools))
    expect("the ends are good", talk.end() == [])
    expect("nothing is left", os.listdir(temporary) == [])


def test_hosts(command, environment):
    listed = [f"https://{name}.example/two.pcap" for name in ("good", "six") if name in NAMES]
    listed += ["https://GOOD.example/two.pcap", "https://good.example:443/two.pcap", "https://good.example:8443/two.pcap", f"https://{PUBLIC}/two.pcap"]
    for url, result in zip(listed, results(command, listed, env=environment)):
        expect(f"{url} is fetched", "structuredContent" in result, result)
    before = len(asked_for)
    refused = {f"https://{name}.example/two.pcap": "public internet" for name in PRIVATE}
    refused.update({"https://unlisted.example/two.pcap": "may fetch from", "https://good.example:9443/two.pcap": "may fetch from", "https://good.example.:443/x": "may fetch from",
                    "https://good.example@loop.example/x": "user", "https://a:b@good.example/x": "user", "http://good.example/two.pcap": "only https",
                    "ftp://good.example/two.pcap": "only https", "file:///etc/passwd": "only https", "gopher://good.example/": "only https", "https://127.0.0.1/x": "may fetch from",
                    "https://0x7f000001/x": "may fetch from", "https://2130706433/x": "may fetch from", "https://[::1]/x": "may fetch from", "https://": "no URL",
                    "https://good.example/" + "a" * 5000: "too long", "https://good.example/\r\nHost: x": "no URL", "https://uncertified.example/two.pcap": "cannot be fetched",
                    "https://nowhere.example/two.pcap": "cannot be fetched"})  # fmt: skip
    for (url, words), result in zip(refused.items(), results(command, list(refused), env=environment)):
        expect(f"{url[:80]} is refused: {words}", result.get("isError") and words in text_of(result), result)
    expect("no request was sent", len(asked_for) == before, asked_for[before:])


def test_redirects(command, environment):
    good = ["https://good.example/to//two.pcap", "https://good.example/to/https://good.example:8443/to/https://good.example/two.pcap"]
    for url, result in zip(good, results(command, good, env=environment)):
        expect(f"{url} is followed", "structuredContent" in result, result)
    bad = {"http://good.example/two.pcap": "only https", "https://unlisted.example/two.pcap": "may fetch from", "https://loop.example/two.pcap": "public internet",
           "https://ten.example/two.pcap": "public internet", "https://good.example:9443/": "may fetch from", "file:///etc/passwd": "only https",
           "https://a:b@good.example/two.pcap": "user"}  # fmt: skip
    for (to, words), result in zip(bad.items(), results(command, ["https://good.example/to/" + to for to in bad], env=environment)):
        expect(f"the redirect to {to} is refused: {words}", result.get("isError") and words in text_of(result), result)
    (around,) = results(command, ["https://good.example/again"], env=environment)
    expect("redirects without end", around.get("isError") and "five times" in text_of(around), around)


def test_bounds(command, temporary, environment):
    others = {"https://good.example/missing": "404", "https://good.example/text": "No packet could be read", "https://good.example/cut": "cannot be fetched"}
    for (url, words), result in zip(others.items(), results(command, list(others), env=environment)):
        expect(f"{url}: {words}", result.get("isError") and words in text_of(result), result)
    expect("nothing is left of failures", os.listdir(temporary) == [])
    small = [*command, "--max-url-size", "1"]
    for name, result in zip(("big", "endless"), results(small, ["https://good.example/big", "https://good.example/endless"], env=environment)):
        expect(f"{name} is too large", result.get("isError") and "--max-url-size" in text_of(result), result)
    (slow,) = results([*command, "--max-seconds", "2"], ["https://good.example/slow"], env=environment)
    expect("slow is given up", slow.get("isError") and "longer than 2 s" in text_of(slow), slow)
    talk = Conversation(command, env=environment)
    talk.say(call(1, "describe_capture", {"pcap_file": "https://good.example/slow"}, _meta={"progressToken": 1}), call(2, "describe_capture", {"pcap_file": "two.pcap"}))
    expect("there is progress of fetching", talk.hear().get("method") == "notifications/progress")
    talk.say({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    expect("fetching can be cancelled", [each["id"] for each in talk.end() if "id" in each] == [2])
    (nowhere,) = results(command, ["https://good.example/two.pcap"], env={**environment, "TMPDIR": "/no/such/folder"})
    expect("no room for a temporary file", nowhere.get("isError") and "temporary" in text_of(nowhere), nowhere)
    expect("nothing is left", os.listdir(temporary) == [])


def test_options(program, root):
    (without,) = results([program, "mcp", "--root", str(root)], ["https://good.example/two.pcap"])
    expect("without --allow-url", without.get("isError") and "--allow-url" in text_of(without), without)
    for value in ("", "a b", "https://good.example", "good.example:0", "good.example:65536", "good.example:x", "[::1", "good.example/x", "*"):
        ran = subprocess.run([program, "mcp", "--root", str(root), "--allow-url", value], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        expect(f"--allow-url {value!r} is refused", ran.returncode == 2, ran.returncode, ran.stderr)


def test_absence(program, root, scratch):
    """libcurl is loaded when it is needed: where it cannot be, that is said, and all the rest works."""
    (scratch / "damaged").mkdir()
    for name in ("libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"):
        (scratch / "damaged" / name).write_text("no library")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(scratch / "damaged")}
    ran = subprocess.run([program, "mcp", "--root", str(root), "--allow-url", "good.example"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         timeout=PATIENCE, env=environment)  # fmt: skip
    expect("without libcurl --allow-url is refused", ran.returncode == 2 and "libcurl" in ran.stderr and "cannot be loaded" in ran.stderr, ran.returncode, ran.stderr)
    ran = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=PATIENCE, env=environment)
    expect("without libcurl --version says so", ran.returncode == 0 and "without libcurl" in ran.stdout, ran.stdout, ran.stderr)
    (local,) = results([program, "mcp", "--root", str(root)], ["two.pcap"], env=environment)
    expect("without libcurl captures are read", "structuredContent" in local, local)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built tcplens")
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    with tempfile.TemporaryDirectory(prefix="tcplens-urls-") as folder:
        scratch = pathlib.Path(folder).resolve()
        root, temporary = scratch / "root", scratch / "temporary"
        root.mkdir()
        temporary.mkdir()
        (root / "two.pcap").write_bytes(CAPTURE)
        ran = subprocess.run([program, "mcp", "--root", str(root), "--allow-url", "good.example"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        if ran.returncode == 2 and "libcurl" in ran.stderr:
            print("without libcurl: " + ran.stderr.strip())
            return CANNOT
        if not sys.platform.startswith("linux") or os.geteuid():
            print("needs Linux and root")
            return CANNOT
        try:
            enter_namespaces(scratch)
            start_servers(scratch)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"cannot be done here: {error} {getattr(error, 'stderr', '')}")
            return CANNOT
        # Proxies of the environment are not used: what is checked is what is connected.
        environment = {**os.environ, "TMPDIR": str(temporary), "https_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
        command = [program, "mcp", "--root", str(root), "--max-seconds", "3600"]
        for name in NAMES:
            if name != "unlisted":
                command += ["--allow-url", f"{name}.example"]
        command += ["--allow-url", "good.example:8443", "--allow-url", PUBLIC, "--allow-url", "nowhere.example"]
        test_good(command, temporary, environment)
        test_hosts(command, environment)
        test_redirects(command, environment)
        test_bounds(command, temporary, environment)
        test_options(program, root)
        test_absence(program, root, scratch)
        expect("only public addresses were connected", reached <= {PUBLIC, PUBLIC6}, reached)
    print("\n".join(failures) or "all is as it should be")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
