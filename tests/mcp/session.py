#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""session.py TCPLENS: a session with the server mcp, as docs/mcp.md shows it: what is asked, and the text of each answer."""
import json
import subprocess
import sys

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
CAPTURE = "lab/few_losses-3/a.pcap"
QUESTIONS = [
    ("describe_capture", {"pcap_file": CAPTURE}),
    ("analyze_tcp_retransmissions", {"pcap_file": CAPTURE, "limit": 2}),
    ("list_connections", {"pcap_file": CAPTURE, "order": "duration", "limit": 3}),
    ("get_connection", {"pcap_file": CAPTURE, "connection": 4}),
    ("get_segments", {"pcap_file": CAPTURE, "connection": 4, "only": "noted", "limit": 3}),
    ("describe_capture", {"pcap_file": "../mcp/run.py"}),
]

requests = [{"jsonrpc": "2.0", "id": i, "method": "tools/call", "params": {"name": name, "arguments": arguments, "_meta": META}}
            for i, (name, arguments) in enumerate(QUESTIONS)]
ran = subprocess.run([sys.argv[1], "mcp", "--root", "tests/data"], input="".join(json.dumps(each) + "\n" for each in requests),
                     capture_output=True, text=True, check=True)
answers = {answer["id"]: answer["result"] for answer in map(json.loads, ran.stdout.splitlines())}
for i, (name, arguments) in enumerate(QUESTIONS):
    answer = answers[i]
    failed = " (isError)" if answer.get("isError") else ""
    print(f"> {name} {json.dumps(arguments)}")
    for line in answer["content"][0]["text"].splitlines():
        print("< " + line)
    print(f"  {failed}".rstrip() if failed else f"  and {len(json.dumps(answer['structuredContent'], separators=(',', ':'))):,} bytes of structuredContent")
    print()
