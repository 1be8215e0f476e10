# SPDX-License-Identifier: MIT
"""What tshark says of the segments of a capture, and what `tcplens segments --rules wireshark` and `tcplens rtt` do."""

import csv
import subprocess
from dataclasses import dataclass
from decimal import Decimal

NAMES = ("retransmission fast_retransmission spurious_retransmission out_of_order lost_segment ack_lost_segment duplicate_ack "
         "keep_alive keep_alive_ack zero_window zero_window_probe zero_window_probe_ack window_full window_update "
         "reused_ports").split()


def ask_tshark(path):
    """(stream, names) of each TCP segment by frame; the first where a frame holds several."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f", "-e", "frame.number", "-e", "tcp.stream"]
    for name in NAMES:
        command += ["-e", "tcp.analysis." + name]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
    told = {}
    for line in answer.stdout.splitlines():
        frame, stream, *fields = line.split("\t")
        if stream:
            told[int(frame)] = (int(stream), frozenset(name for name, field in zip(NAMES, fields) if field))
    return told


def ask_verdicts(program, path):
    """(connection, names) of each segment that has a verdict, by frame."""
    answer = subprocess.run([program, "segments", "--rules", "wireshark", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True)
    if answer.returncode not in (0, 1):  # 1: a damaged capture, told up to there
        raise SystemExit(f"{program} segments --rules wireshark {path} ended with {answer.returncode}")
    told = {}
    for line in answer.stdout.splitlines():
        frame, connection, names = line.split("\t")
        told[int(frame)] = (int(connection), frozenset(names.split(",")) - {""})
    return told


def differences(tshark, verdicts):
    """The frames of which they do not say the same. A connection is only told where there is a verdict."""
    nothing = (None, frozenset())
    differing = []
    for frame in sorted(tshark.keys() | verdicts.keys()):
        stream, theirs = tshark.get(frame, nothing)
        connection, ours = verdicts.get(frame, nothing)
        if theirs != ours or (connection is not None and connection != stream):
            differing.append(frame)
    return differing


def told(answer):
    if answer is None:
        return "nothing"
    number, names = answer
    return f"{number} " + (",".join(name for name in NAMES if name in names) or "-")


@dataclass(frozen=True)
class RoundTrips:
    """Times in nanoseconds."""
    acknowledgments: dict  # by frame: (stream, the frame that it acknowledges, ack_rtt; None if 0)
    initial: dict  # initial_rtt by stream, where it is known


@dataclass(frozen=True)
class Handshake:
    """What `rtt` says of one connection beside that."""
    rtt: int
    certain: bool
    retries: int  # of SYN and SYN-ACK
    outcome: str


def in_nanoseconds(seconds):
    return int(Decimal(seconds) * 10**9) if seconds else None


def ask_tshark_round_trips(path):
    fields = ["frame.number", "tcp.stream", "acks_frame", "ack_rtt", "initial_rtt"]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f"]
    for field in fields:
        command += ["-e", field if "." in field else "tcp.analysis." + field]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
    told = RoundTrips({}, {})
    for line in answer.stdout.splitlines():
        frame, stream, acknowledged, rtt, initial = line.split("\t")
        if stream and acknowledged:
            told.acknowledgments[int(frame)] = (int(stream), int(acknowledged), in_nanoseconds(rtt))
        if stream and initial:
            told.initial[int(stream)] = in_nanoseconds(initial)
    return told


def ask_rtt(program, path, *options):
    """The rows of `rtt`."""
    command = [program, "rtt", "--format", "csv", *options, str(path)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if answer.returncode not in (0, 1):  # 1: a damaged capture, told up to there
        raise SystemExit(f"{' '.join(command)} ended with {answer.returncode}")
    return csv.DictReader(answer.stdout.splitlines())


def ask_round_trips(program, path):
    """What Wireshark's rule gives, and the handshakes by connection."""
    told, handshakes = RoundTrips({}, {}), {}
    for row in ask_rtt(program, path, "--acks"):
        frame, connection, acknowledged, rtt = (int(row[name]) for name in ("frame", "connection", "acks_frame", "ack_rtt_ns"))
        told.acknowledgments[frame] = (connection, acknowledged, rtt or None)
    for row in ask_rtt(program, path, "--rules", "wireshark"):
        connection = int(row["number"])
        if row["initial_rtt_ns"]:
            told.initial[connection] = int(row["initial_rtt_ns"])
        if row["handshake_rtt_ns"]:
            retries = int(row["syn_retries"]) + int(row["syn_ack_retries"])
            certain = row["handshake_rtt_certain"] == "true"
            handshakes[connection] = Handshake(int(row["handshake_rtt_ns"]), certain, retries, row["opening"])
    return told, handshakes


def round_trip_differences(tshark, ours):
    """What differs, as lines. tshark shows initial_rtt only beside something else that it has to say of a segment."""
    lines = []
    theirs, mine = tshark.acknowledgments, ours.acknowledgments
    for frame in sorted(theirs.keys() | mine.keys()):
        if theirs.get(frame) != mine.get(frame):
            lines.append(f"frame {frame}: tshark {theirs.get(frame)}, rtt {mine.get(frame)}")
    for stream in sorted(tshark.initial):
        if tshark.initial[stream] != ours.initial.get(stream):
            lines.append(f"stream {stream}: initial_rtt is {tshark.initial[stream]}, rtt {ours.initial.get(stream)}")
    return lines


def handshake_differences(tshark, handshakes):
    """Where the round trip of an established handshake, all of it captured and nothing of it retried, is not initial_rtt."""
    lines = []
    compared = 0
    for stream in sorted(tshark.initial.keys() & handshakes.keys()):
        shake = handshakes[stream]
        if not shake.certain or shake.retries or shake.outcome != "established" or shake.rtt == 0:
            continue  # 0 is one that tshark does not know yet
        compared += 1
        if shake.rtt != tshark.initial[stream]:
            lines.append(f"stream {stream}: initial_rtt is {tshark.initial[stream]}, the handshake took {shake.rtt}")
    return compared, lines
