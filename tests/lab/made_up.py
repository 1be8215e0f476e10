# SPDX-License-Identifier: MIT
"""Scenarios drawn at random: u_1, u_2, … The number fixes the path, the hosts' settings and the conversations. They combine
what nobody would write down, to find what no scenario shows; what one shows becomes a scenario of its own."""
from random import Random


def between(random, low, high):
    """Each order of magnitude is as likely as another."""
    return low * (high / low) ** random.random()


def delays(random):
    lan, near, usual, far = ((0.05, 1), (1, 30), (5, 60), (30, 400))
    return random.choice([0, *(between(random, *bounds) for bounds in (lan, near, usual, far))])


def harms(random, delay):
    """What may be done to one direction, each with a strength drawn for it."""
    trip = max(delay, 0.2)
    return {
        "loss": dict(loss=between(random, 0.002, 0.2)),
        "burst": dict(burst_begin=between(random, 0.001, 0.02), burst_end=between(random, 0.08, 0.6)),
        "late": dict(reorder=between(random, 0.003, 0.3), reorder_by=between(random, 0.03, 20) * trip),
        "unordered": dict(jitter=between(random, 0.1, 2) * trip, ordered=0),
        "jitter": dict(jitter=between(random, 0.1, 3) * trip),
        "copies": dict(duplicate=between(random, 0.003, 1),
                       duplicate_after=random.choice([0, between(random, 0.01, 1), between(random, 0.1, 20) * trip])),
        "copy_bursts": dict(copies_begin=between(random, 0.001, 0.02), copies_end=between(random, 0.02, 0.5),
                            duplicate_after=random.choice([0, between(random, 0.1, 5) * trip])),
        "holds": dict(hold_at=random.uniform(100, 900), hold_for=between(random, 10, 900),
                      hold_every=random.uniform(950, 2500)),
        "rate": dict(rate=between(random, 1e6, 60e6), queue=random.choice([random.randint(4, 15), random.randint(40, 400)])),
        "ends": dict(loss_syn=random.uniform(0, 0.4), loss_fin=random.uniform(0, 0.4), loss_push=random.uniform(0, 0.1)),
        "outage": dict(outage_at=random.uniform(300, 1500), outage_for=between(random, 50, 1500)),
        "batch": dict(batch=between(random, 0.1, 30)),
    }  # fmt: skip


def harm(random, delay, most=4):
    result = {}
    every = harms(random, delay)
    for name in random.sample(list(every), random.randint(1, most)):
        result |= every[name]
    return result


# (chance, settings below /proc/sys/net/ipv4 to choose from); of each at most one.
SETTINGS = (
    (0.3, [dict(tcp_timestamps=0)] * 3 + [dict(tcp_timestamps=2)]),
    (0.15, [dict(tcp_sack=0)]),
    (0.1, [dict(tcp_window_scaling=0)]),
    (0.12, [dict(tcp_dsack=0)]),
    (0.25, [dict(tcp_recovery=n) for n in (0, 2, 3, 4, 5)]),
    (0.15, [dict(tcp_early_retrans=0)]),
    (0.15, [dict(tcp_retrans_collapse=0)]),
    (0.15, [dict(tcp_frto=0)]),
    (0.1, [dict(tcp_thin_linear_timeouts=1)]),
    (0.1, [dict(tcp_autocorking=0)]),
    (0.1, [dict(tcp_mtu_probing=n, tcp_base_mss=1024) for n in (1, 2)]),
    (0.2, [dict(tcp_min_tso_segs=n) for n in (2, 8)]),
    (0.1, [dict(tcp_limit_output_bytes=n) for n in (4096, 20000)]),
    (0.2, [dict(tcp_rmem=f"4096 {n} {n}") for n in (6000, 16384, 65536)]),
    (0.1, [dict(tcp_wmem=f"4096 {n} {n}") for n in (8192, 16384, 65536)]),
    (0.15, [dict(tcp_ecn=1)]),
    (0.1, [dict(tcp_comp_sack_nr=n) for n in (0, 255)]),
    (0.1, [dict(tcp_comp_sack_delay_ns=20000000)]),
    (0.15, [dict(tcp_reordering=n) for n in (1, 10, 30)]),
    (0.1, [dict(tcp_slow_start_after_idle=0)]),
    (0.15, [dict(tcp_rto_min_us=n) for n in (5000, 50000, 1000000)]),
    (0.1, [dict(tcp_syn_linear_timeouts=0)]),
    (0.1, [dict(tcp_no_metrics_save=0)]),
    (0.05, [dict(tcp_shrink_window=1)]),
    (0.15, [dict(ip_no_pmtu_disc=1)]),
    (0.1, [dict(tcp_moderate_rcvbuf=0)]),
    (0.1, [dict(tcp_backlog_ack_defer=0)]),
    (0.1, [dict(tcp_tw_reuse=1)]),
    (0.1, [dict(tcp_rto_max_ms=1000)]),
)  # fmt: skip


def settings(random):
    chosen = {}
    for chance, choices in SETTINGS:
        one, wanted = random.choice(choices), random.random() < chance
        if wanted:
            chosen |= {f"ipv4/{name}": value for name, value in one.items()}
    return chosen


def socket_options(random):
    options = dict(congestion=random.choice(["cubic", "cubic", "reno", "bbr"]))
    for chance, name, value in (
        (0.2, "no_delay", 1),
        (0.1, "segment", random.choice([88, 300, 700, 1200])),
        (0.15, "thin", 1),
        (0.15, "pacing", int(between(random, 5e4, 5e6))),
        (0.1, "no_quick_ack", 1),
        (0.1, "send_buffer", random.choice([4096, 16384, 65536])),
        (0.15, "fast_open", 1),
        (0.05, "mptcp", 1),
    ):  # fmt: skip
        if random.random() < chance:
            options[name] = value
    return options


def conversations_of(random, size, parts, talk):
    """Some kinds of conversations, to be drawn with the seed of the recording."""

    def thin(r):
        """Little at a time, for long."""
        for _ in range(r.randint(1, 4)):
            n = r.randint(200, 3000)
            yield talk(r, 1, request=n, reply=n, drip=r.randint(1, n // 8), drip_pause=r.uniform(0.005, 0.15), both=0)
            yield talk(r, 1, request=r.randint(1, 200), reply=r.randint(1, 400), rounds=r.randint(5, 40),
                       client_pauses=r.choice([0, 0.02, 0.06]), ending=r.choice(["client", "server", "half"]))  # fmt: skip

    def at_once(r):
        """Many that begin at one moment."""
        for _ in range(r.randint(4, 10)):
            yield talk(r, 0.01, request=r.randint(10, size // 4), reply=r.randint(10, size // 4), both=r.choice([0, 1]))

    def pauses(r):
        """Bursts after pauses longer than a retransmission timeout."""
        for _ in range(r.randint(1, 3)):
            yield talk(r, 0.5, request=r.randint(1000, size // 4), reply=r.randint(1000, size // 4),
                       rounds=r.randint(2, 5), client_pauses=r.uniform(0.2, 1), server_thinks=r.uniform(0, 0.5))  # fmt: skip

    kinds = {
        "bulk": lambda r: parts["bulk"](r, size, r.randint(1, 3)),
        "requests": lambda r: parts["requests"](r, r.randint(5, 30), 3),
        "rough_ends": lambda r: parts["rough_ends"](r, r.randint(1, 4), 3, max(size // 2, 2000)),
        "stalls": lambda r: parts["stalls"](r, r.randint(1, 2), 1, size),
        "silences": lambda r: parts["silences"](r, r.randint(1, 3)),
        "reused_ports": lambda r: parts["reused_ports"](r, r.randint(1, 4), max(size // 8, 200)),
        "limited": lambda r: parts["limited"](r, 1, size),
        "thin": thin,
        "at_once": at_once,
        "pauses": pauses,
    }
    chosen = random.sample(list(kinds), random.randint(2, 4))
    return lambda r: [plan for kind in chosen for plan in kinds[kind](r)]


def made_up(name, scenario, parts, talk):
    """The scenario of this name. scenario, parts, talk: what scenarios.py makes them of."""
    random = Random(name)
    delay = delays(random)
    path = dict(delay=delay) | harm(random, delay)
    back = random.choice([{}, {}, "none", "other"])
    if back == "none":
        back = {key: 0 for key in path if key not in ("delay", "ordered", "queue", "burst_end", "copies_end")}
    elif back == "other":
        back = {key: 0 for key in path if key not in ("delay", "ordered", "queue", "burst_end", "copies_end")}
        back |= harm(random, delay)
    sysctls = settings(random)
    server_sysctls = settings(random) if random.random() < 0.3 else {}
    if "ipv4/tcp_ecn" in sysctls:
        path["ce"] = between(random, 0.003, 0.2)
    mtu = random.choice([1500] * 6 + [1280, 1280, 576, 9000])
    version = random.choice([4, 4, 6]) if mtu >= 1280 else 4
    sockets = socket_options(random)
    if "fast_open" in sockets:
        sysctls["ipv4/tcp_fastopen"] = server_sysctls["ipv4/tcp_fastopen"] = 1543
    size = between(random, 20000, 500000)
    if delay > 100 or path.get("loss", 0) > 0.08 or mtu < 1000 or path.get("rate", 9e9) < 4e6:
        size = min(size, 60000)
    offload = random.choice(["none"] * 4 + ["send", "both"])
    if offload == "both":
        path.setdefault("batch", between(random, 0.1, 2))
    return scenario(path, back, conversations_of(random, int(size), parts, talk), version, sysctls, mtu, offload, sockets,
                    server_sysctls)  # fmt: skip
