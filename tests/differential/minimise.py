# SPDX-License-Identifier: MIT
"""The fewest segments of a flow on which tshark and tcplens still differ."""

import time

from compare import ask_tshark, ask_verdicts, differences
from segments import moved_to, write_capture

SEGMENTS_AT_ONCE = 50_000


def which_differ(program, path, cases):
    """Whether each of the cases, lists of segments, is one. All go into one capture, each between endpoints of its own."""
    segments = []
    case_of_frame = {}
    for number, case in enumerate(cases):
        for segment in moved_to(number, case):
            segments.append(segment)
            case_of_frame[len(segments)] = number
    write_capture(path, segments)
    tshark, verdicts = ask_tshark(path), ask_verdicts(program, path)
    differ = [False] * len(cases)
    for frame in differences(names_only(tshark), names_only(verdicts)):
        differ[case_of_frame[frame]] = True
    # The numbers count the streams of all cases: what matters is which segments of a case share one.
    partners = {}
    for frame, (connection, _) in verdicts.items():
        if frame in tshark:
            stream = tshark[frame][0]
            if partners.setdefault(("verdicts", connection), stream) != stream or \
               partners.setdefault(("tshark", stream), connection) != connection:
                differ[case_of_frame[frame]] = True
    return differ


def names_only(told):
    return {frame: (0, names) for frame, (_, names) in told.items()}


def minimise(program, path, case, seconds=60):
    """Leaves out ever smaller parts as long as the rest differs; stops early when the time is over."""
    end = time.monotonic() + seconds
    size = max(1, len(case) // 2)
    while len(case) > 1:
        smaller = first_that_differs(program, path, case, size, end)
        if smaller is not None:
            case = smaller
            size = min(size, max(1, len(case) // 2))
        elif size == 1 or time.monotonic() > end:
            break
        else:
            size //= 2
    return case


def first_that_differs(program, path, case, size, end):
    parts = range(0, len(case), size)
    at_once = max(1, SEGMENTS_AT_ONCE // len(case))
    for first in range(0, len(parts), at_once):
        if time.monotonic() > end:
            return None
        cases = [case[:at] + case[at + size:] for at in parts[first:first + at_once]]
        for each, differs in zip(cases, which_differ(program, path, cases)):
            if differs:
                return each
    return None
