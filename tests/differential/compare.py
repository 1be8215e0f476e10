# SPDX-License-Identifier: MIT
"""What tshark and what `verdicts --rules wireshark` say of the segments of a capture."""

import subprocess

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
    answer = subprocess.run([program, "--rules", "wireshark", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True)
    if answer.returncode not in (0, 1):  # 1: a damaged capture, told up to there
        raise SystemExit(f"{program} --rules wireshark {path} ended with {answer.returncode}")
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
