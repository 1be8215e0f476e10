# SPDX-License-Identifier: MIT
"""What is recorded: for each scenario a path, the hosts' settings and the conversations. A new one is one entry here."""
from dataclasses import dataclass, field
from random import Random
from typing import Callable

from host import ADDRESSES, REFUSED_PORT, SERVER_PORT, SMALL_BUFFER_PORT
from made_up import made_up


@dataclass
class Scenario:
    path: dict  # options of relay.cpp, in milliseconds, chances and bits a second; both ways …
    back: dict = field(default_factory=dict)  # … except for these, from B to A
    talk: Callable = None  # (random) -> conversations
    version: int = 4
    sysctls: dict = field(default_factory=dict)
    mtu: int = 1500
    offload: str = "none"  # send: large segments are cut by the device; both: and merged on receipt
    sockets: dict = field(default_factory=dict)  # SOCKETS of host.py
    server_sysctls: dict = field(default_factory=dict)  # those of B that differ


def talk(random, at=0, port=SERVER_PORT, **plan):
    """A conversation of which all that is not given is left to chance."""
    return dict(at=random.uniform(0, at), port=port, **plan)


def bulk(random, size, count=2, span=1.5):
    """Transfers up, down and both ways at once, from a half to one and a half of `size` bytes."""
    for _ in range(count):
        n = int(size * random.uniform(0.5, 1.5))
        yield talk(random, span, request=n, ending=random.choice(["client", "server", "half"]))
        yield talk(random, span, request=300, reply=n, ending=random.choice(["client", "server", "half"]))
        yield talk(random, span, request=n // 2, reply=n // 2, both=1, ending="client")


def requests(random, count, span=4, rounds=4, largest=60000):
    """Short questions and answers, some in one connection, as of a web site or a database."""
    for _ in range(count):
        yield talk(
            random,
            span,
            request=random.randint(20, 900),
            reply=int(random.paretovariate(0.9) * 300) % largest,
            rounds=random.randint(1, rounds),
            client_pauses=random.choice([0, 0, 0.01, 0.1]),
            server_thinks=random.choice([0, 0, 0.005, 0.05]),
            ending=random.choice(["client", "client", "server", "half"]),
        )


def rough_ends(random, count, span=3, largest=120000):
    """Resets from either side, before and amid the answer, and ports where nobody listens."""
    for _ in range(count):
        size = random.randint(1000, largest)
        yield talk(random, span, reply=size, ending=random.choice(["client_reset", "server_reset"]))
        yield talk(random, span, reply=size, ending=random.choice(["client_aborts", "server_aborts"]))
        yield talk(random, span, port=REFUSED_PORT)


def stalls(random, count, span=2, largest=150000):
    """Readers that do not read for a while: windows close, are probed and open again."""
    for _ in range(count):
        size, pause = random.randint(largest // 4, largest), random.uniform(0.3, 2.5)
        yield talk(random, span, port=SMALL_BUFFER_PORT, request=size, server_stalls=pause, ending="client")
        yield talk(random, span, reply=size, client_stalls=pause, buffer=16384, ending="client")


def silences(random, count, span=2):
    """Connections that are idle until keep-alives are sent."""
    for _ in range(count):
        yield talk(random, span, request=random.randint(10, 3000), reply=500, idle=random.uniform(1.5, 4))


def reused_ports(random, count, size=30000):
    """One client port again and again, soon after the last connection ended, whoever ended it and however."""
    for port in range(count):
        at = random.uniform(0, 0.5)
        for _ in range(5):
            plan = dict(request=random.randint(100, size), reply=random.randint(100, size), source_port=40000 + port)
            yield dict(at=at, port=SERVER_PORT, ending=random.choice(["client_reset", "server_reset", "server"]), **plan)
            at += random.uniform(1.2, 2.0)


def limited(random, count, size=300000, span=1.5, pause=0.02, gulp=6000):
    """Senders limited by the path, by their application, by the receiver's, and talks; all write down what their kernel
    says of it."""
    for _ in range(count):
        for request, reply, name in ((1, 0, "up"), (0, 1, "down")):
            n = int(size * random.uniform(0.5, 1.5))
            yield talk(random, span, request=request * n, reply=reply * n, limit=name + "-path")
            yield talk(random, span, request=request * n // 20, reply=reply * n // 20, limit=name + "-application",
                       drip=random.randint(300, 3000), drip_pause=pause * random.uniform(1, 8))  # fmt: skip
            yield talk(random, span, request=request * n // 2, reply=reply * n // 2, limit=name + "-receiver",
                       gulp=int(gulp * random.uniform(0.5, 1.5)), gulp_pause=pause * random.uniform(0.5, 2),
                       buffer=16384, port=SMALL_BUFFER_PORT)  # fmt: skip
        yield talk(random, span, request=random.randint(50, 900), reply=random.randint(200, size // 20), limit="talk",
                   rounds=random.randint(3, 12), client_pauses=pause, server_thinks=pause)  # fmt: skip


def usual(size=250000, count=3, short=30, rough=3, stalled=1):
    def conversations(random):
        yield from bulk(random, size, count)
        yield from requests(random, short)
        yield from rough_ends(random, rough)
        yield from stalls(random, stalled)

    return conversations


def few(random):
    yield from bulk(random, 25000, 1, 0.2)
    yield from requests(random, 4, 0.8, 2, 5000)
    yield from rough_ends(random, 1, 0.5, 8000)


def together(*parts):
    return lambda random: [plan for part in parts for plan in part(random)]


def tcp(**settings):
    return {f"ipv4/tcp_{name}": value for name, value in settings.items()}


CUBIC, RENO, BBR = dict(congestion="cubic"), dict(congestion="reno"), dict(congestion="bbr")
NO_TIMESTAMPS = {"ipv4/tcp_timestamps": 0}
SMALL_WINDOWS = {"ipv4/tcp_rmem": "4096 65536 200000", "ipv4/tcp_wmem": "4096 65536 200000"}

SCENARIOS = {
    "wan_loss": Scenario(dict(delay=25, loss=0.012), talk=usual(300000)),
    "lossy_lan": Scenario(dict(delay=0.15, loss=0.012), talk=usual(500000)),
    "sub_ms": Scenario(dict(delay=0.3, jitter=0.1, loss=0.006, reorder=0.006, reorder_by=0.4), talk=usual(600000)),
    "reorder": Scenario(dict(delay=6, reorder=0.015, reorder_by=4, loss=0.002), talk=usual(400000)),
    "reorder_far": Scenario(dict(delay=20, reorder=0.01, reorder_by=60, loss=0.002), talk=usual(300000)),
    "full_queue": Scenario(dict(delay=10, rate=30e6, queue=60), talk=usual(700000)),
    "short_queue": Scenario(dict(delay=30, rate=10e6, queue=12), dict(rate=2e6, queue=20), usual(350000)),
    "jitter": Scenario(dict(delay=10, jitter=30, loss=0.005), talk=usual(300000)),
    "jitter_unordered": Scenario(dict(delay=15, jitter=3, ordered=0, loss=0.004), talk=usual(200000)),
    "burst_loss": Scenario(dict(delay=15, burst_begin=0.003, burst_end=0.25), talk=usual(350000)),
    "outage": Scenario(dict(delay=20, loss=0.003, outage_at=1200, outage_for=900), talk=usual(400000)),
    "no_sack": Scenario(dict(delay=12, loss=0.01, reorder=0.004, reorder_by=8), talk=usual(300000),
                        sysctls={"ipv4/tcp_sack": 0}),  # fmt: skip
    "no_timestamps": Scenario(dict(delay=12, loss=0.012, reorder=0.006, reorder_by=6), talk=usual(350000),
                              sysctls=NO_TIMESTAMPS),  # fmt: skip
    "no_options": Scenario(dict(delay=8, loss=0.01, reorder=0.004, reorder_by=6), talk=usual(250000),
                           sysctls=NO_TIMESTAMPS | {"ipv4/tcp_sack": 0, "ipv4/tcp_window_scaling": 0}),  # fmt: skip
    "ipv6": Scenario(dict(delay=8, loss=0.01, reorder=0.006, reorder_by=6, duplicate=0.002, duplicate_after=1),
                     talk=usual(350000), version=6),  # fmt: skip
    "ipv6_no_timestamps": Scenario(dict(delay=10, loss=0.01, reorder=0.006, reorder_by=8), talk=usual(350000),
                                   version=6, sysctls=NO_TIMESTAMPS),  # fmt: skip
    "ipv6_queue": Scenario(dict(delay=4, rate=30e6, queue=30), talk=usual(600000), version=6, sysctls=NO_TIMESTAMPS),
    "long_path": Scenario(dict(delay=150, loss=0.006), talk=usual(250000, short=15, rough=2)),
    "duplicates": Scenario(dict(delay=10, duplicate=0.02, duplicate_after=3, loss=0.005), talk=usual(350000)),
    "mirror": Scenario(dict(delay=5, duplicate=1, duplicate_after=0), talk=usual(150000, short=15)),
    "stalled_readers": Scenario(dict(delay=10, loss=0.006), talk=together(
        lambda r: stalls(r, 5), lambda r: silences(r, 6), lambda r: requests(r, 10),
        lambda r: bulk(r, 150000, 1))),  # fmt: skip
    "lossless_stalls": Scenario(dict(delay=3), talk=together(
        lambda r: stalls(r, 6), lambda r: silences(r, 6), lambda r: bulk(r, 300000, 1))),  # fmt: skip
    "resets_and_refusals": Scenario(dict(delay=10, loss=0.02, loss_syn=0.08), talk=together(
        lambda r: rough_ends(r, 20, 5), lambda r: requests(r, 20), lambda r: bulk(r, 100000, 1))),  # fmt: skip
    "port_reuse": Scenario(dict(delay=5, loss=0.01, reorder=0.01, reorder_by=5), talk=together(
        lambda r: reused_ports(r, 8), lambda r: bulk(r, 120000, 1))),  # fmt: skip
    "tail_loss": Scenario(dict(delay=15, loss_push=0.06, loss_fin=0.1), talk=together(
        lambda r: requests(r, 70, 6, rounds=12), lambda r: bulk(r, 150000, 1))),  # fmt: skip
    "slow_link": Scenario(dict(delay=20, rate=1.5e6, queue=50, loss=0.003), talk=usual(100000, short=15)),
    "reno": Scenario(dict(delay=20, rate=25e6, queue=60, loss=0.001), talk=usual(600000),
                     sockets=RENO),  # fmt: skip
    "small_windows": Scenario(dict(delay=20, loss=0.006), talk=usual(250000), sysctls=SMALL_WINDOWS),
    "small_mtu": Scenario(dict(delay=10, loss=0.006, reorder=0.004, reorder_by=5), talk=usual(150000), mtu=1280),
    # Small enough to be kept: much harm to few packets.
    "few_losses": Scenario(dict(delay=20, loss=0.06), talk=few),
    "few_late": Scenario(dict(delay=8, loss=0.02, reorder=0.06, reorder_by=10, duplicate=0.02, duplicate_after=1),
                         talk=few, version=6),  # fmt: skip
    "few_queued": Scenario(dict(delay=5, rate=10e6, queue=10, loss=0.01), talk=few, sysctls=NO_TIMESTAMPS),
    "few_stalls": Scenario(dict(delay=0.3, loss=0.02), talk=together(
        lambda r: stalls(r, 1, 0.2, 60000), lambda r: silences(r, 1, 0.2), lambda r: reused_ports(r, 1, 3000))),  # fmt: skip
    "few_merged": Scenario(dict(delay=4, batch=1, loss=0.03, reorder=0.04, reorder_by=4), talk=few, offload="both"),
    # What the senders' kernels said of them is written down.
    "kernel_clean": Scenario(dict(delay=10), talk=lambda r: limited(r, 3)),
    "kernel_lossy": Scenario(dict(delay=20, loss=0.005), talk=lambda r: limited(r, 3)),
    "kernel_near": Scenario(dict(delay=0.5), talk=lambda r: limited(r, 3, 2000000)),
    "kernel_near_lossy": Scenario(dict(delay=2, loss=0.01), talk=lambda r: limited(r, 3, 800000), version=6),
    "kernel_far": Scenario(dict(delay=100, loss=0.001), talk=lambda r: limited(r, 2, 250000)),
    "kernel_slow": Scenario(dict(delay=15, rate=4e6, queue=40), talk=lambda r: limited(r, 2, 150000, gulp=3000)),
    "kernel_rate": Scenario(dict(delay=5, rate=40e6, queue=100), talk=lambda r: limited(r, 3, 900000), version=6),
    "kernel_jitter": Scenario(dict(delay=10, jitter=5, loss=0.003), talk=lambda r: limited(r, 3)),
    "kernel_ipv6": Scenario(dict(delay=40, loss=0.004), talk=lambda r: limited(r, 3), version=6),
    "kernel_no_timestamps": Scenario(dict(delay=8, loss=0.004), talk=lambda r: limited(r, 3, 500000),
                                     sysctls=NO_TIMESTAMPS),  # fmt: skip
    "kernel_small_windows": Scenario(dict(delay=15, loss=0.004), talk=lambda r: limited(r, 3), sysctls=SMALL_WINDOWS),
    "kernel_large_windows": Scenario(dict(delay=25, loss=0.001), talk=lambda r: limited(r, 3, 1500000),
                                     sysctls={"ipv4/tcp_rmem": "4096 2000000 4000000"}),  # fmt: skip
    "kernel_reno": Scenario(dict(delay=20, loss=0.003), talk=lambda r: limited(r, 3, 500000),
                            sockets=RENO),  # fmt: skip
    "few_limits": Scenario(dict(delay=10), talk=lambda r: limited(r, 1, 70000, 0.5, 0.015, 4000)),
    "few_limits_lossy": Scenario(dict(delay=25, loss=0.01), talk=lambda r: limited(r, 1, 70000, 0.5, 0.015, 4000),
                                 version=6, sysctls={"ipv4/tcp_rmem": "4096 40000 40000"}),  # fmt: skip
    "smoke": Scenario(dict(delay=5, loss=0.03, reorder=0.02, reorder_by=5, duplicate=0.01), talk=few),
}


# Further settings and paths, on what the first ones did not try. x_: a path or a setting of TCP; y_: IPv6; t_: offloads;
# k_ and kt_: the senders' kernels are written down, without and with offloads.
LOSS_AND_REORDER = dict(delay=12, loss=0.01, reorder=0.006, reorder_by=8)
DELAY_SPIKES = dict(delay=15, hold_at=600, hold_for=450, hold_every=1100, loss=0.003)  # longer than a retransmission timeout
CHAOS = dict(delay=10, jitter=20, ordered=0, loss=0.005)


def cubic(path, talk=usual(300000), back=None, **more):
    return Scenario(path, back or {}, talk, sockets=CUBIC, **more)


def uploads(random):
    for _ in range(4):
        yield talk(random, 1, request=int(400000 * random.uniform(0.5, 1.5)), reply=10, ending="client")


def kernel(path, talks=3, size=300000, **more):
    return Scenario(path, talk=lambda random: limited(random, talks, size), **({"sockets": CUBIC} | more))


SCENARIOS |= {
    # Congestion control and loss recovery.
    "x_cubic": cubic(dict(delay=20, loss=0.01, reorder=0.004, reorder_by=8)),
    "x_cubic_queue": cubic(dict(delay=10, rate=25e6, queue=50), usual(600000)),
    "x_reno_loss": Scenario(dict(delay=20, loss=0.01, reorder=0.006, reorder_by=8), talk=usual(300000), sockets=RENO),
    "x_bbr_queue": Scenario(dict(delay=10, rate=15e6, queue=25), talk=usual(500000), sockets=BBR),
    "x_norack": cubic(LOSS_AND_REORDER, sysctls=tcp(recovery=0)),
    "x_norack_reno_nots": Scenario(LOSS_AND_REORDER, talk=usual(300000), sysctls=tcp(recovery=0, timestamps=0),
                                   sockets=RENO),  # fmt: skip
    "x_rack_static": cubic(LOSS_AND_REORDER, sysctls=tcp(recovery=2)),
    "x_rack_nodupthresh": cubic(LOSS_AND_REORDER, sysctls=tcp(recovery=5)),
    "x_nodsack": cubic(dict(delay=12, loss=0.01, reorder=0.02, reorder_by=10, duplicate=0.004, duplicate_after=2),
                       sysctls=tcp(dsack=0)),  # fmt: skip
    "x_nosack_nots_cubic": cubic(LOSS_AND_REORDER, sysctls=tcp(sack=0, timestamps=0, dsack=0)),
    "x_nosack_queue": cubic(dict(delay=10, rate=20e6, queue=30), usual(500000), sysctls=tcp(sack=0)),
    "x_notlp": cubic(dict(delay=15, loss=0.015, loss_push=0.05, loss_fin=0.1), usual(250000),
                     sysctls=tcp(early_retrans=0)),  # fmt: skip
    "x_nofrto": cubic(dict(delay=15, loss=0.005, hold_at=700, hold_for=500, hold_every=1500), sysctls=tcp(frto=0)),
    "x_ecn": cubic(dict(delay=15, loss=0.008, ce=0.03, reorder=0.004, reorder_by=6), sysctls=tcp(ecn=1)),
    # Sizes of packets.
    "x_mtu576": cubic(dict(delay=10, loss=0.01, reorder=0.004, reorder_by=5), usual(90000), mtu=576),
    "x_mtu296_nots": cubic(dict(delay=10, loss=0.01, reorder=0.004, reorder_by=5), usual(50000), mtu=296,
                           sysctls=NO_TIMESTAMPS),  # fmt: skip
    "x_jumbo": cubic(dict(delay=10, loss=0.015, reorder=0.006, reorder_by=5), usual(1500000), mtu=9000),
    "x_pmtu_blackhole": cubic(dict(delay=10, loss=0.004, max_size=1300), usual(120000, short=20),
                              sysctls=tcp(mtu_probing=1, base_mss=1024)),  # fmt: skip
    "x_mtu_probing": cubic(dict(delay=5, loss=0.004, max_size=4000), usual(600000), mtu=9000,
                           sysctls=tcp(mtu_probing=2, base_mss=1024)),  # fmt: skip
    # Much reordering, many copies, much loss.
    "x_reorder_heavy": cubic(dict(delay=10, reorder=0.2, reorder_by=12, loss=0.003), usual(250000)),
    "x_reorder_chaos": cubic(CHAOS, usual(200000)),
    "x_reorder_chaos_nots": cubic(CHAOS, usual(200000), sysctls=NO_TIMESTAMPS),
    "x_reorder_beyond_rtt": cubic(dict(delay=5, reorder=0.02, reorder_by=250, loss=0.003), usual(200000)),
    "x_dup_bursts": cubic(dict(delay=10, duplicate=0.3, duplicate_after=30, loss=0.01), usual(200000)),
    "x_dup_late": cubic(dict(delay=10, duplicate=0.03, duplicate_after=600, loss=0.01), usual(200000)),
    "x_loss10": cubic(dict(delay=15, loss=0.1), usual(150000, short=20)),
    "x_loss30": cubic(dict(delay=10, loss=0.3), usual(40000, short=15)),
    "x_loss30_nots": cubic(dict(delay=10, loss=0.3), usual(40000, short=15), sysctls=NO_TIMESTAMPS),
    "x_ack_loss": cubic(dict(delay=15), uploads, dict(loss=0.4)),
    "x_ack_loss_data": cubic(dict(delay=15, loss=0.01), uploads, dict(loss=0.4)),
    # Very short and very long paths; delays that come and go.
    "x_rtt_tiny": cubic(dict(delay=0, loss=0.005, reorder=0.004, reorder_by=0.05), usual(600000)),
    "x_rtt_tiny_nots": cubic(dict(delay=0, loss=0.005, reorder=0.004, reorder_by=0.05), usual(600000),
                             sysctls=NO_TIMESTAMPS),  # fmt: skip
    "x_rtt_1s": cubic(dict(delay=500, loss=0.006), usual(80000, short=12, rough=2)),
    "x_rtt_2s": cubic(dict(delay=1000, loss=0.004), usual(40000, short=12, rough=2)),
    "x_ack_compression": cubic(dict(delay=10, loss=0.008), back=dict(batch=25)),
    "x_wifi": cubic(dict(delay=3, batch=4, loss=0.008, reorder=0.004, reorder_by=6)),
    "x_holds": cubic(DELAY_SPIKES),
    "x_holds_nots": cubic(DELAY_SPIKES, sysctls=NO_TIMESTAMPS),
    "x_holds_6": cubic(DELAY_SPIKES, version=6),
    "x_holds_6_nots": cubic(DELAY_SPIKES, version=6, sysctls=NO_TIMESTAMPS),
    "x_ipv6_chaos": cubic(CHAOS | dict(jitter=15, loss=0.01), usual(200000), version=6),
    "x_ipv6_chaos_nots": cubic(CHAOS | dict(jitter=15, loss=0.01), usual(200000), version=6, sysctls=NO_TIMESTAMPS),
    "x_ipv6_nosack_nots": cubic(LOSS_AND_REORDER, usual(200000), version=6, sysctls=tcp(timestamps=0, sack=0)),
    # Beginnings and ends.
    "x_syn_trouble": cubic(dict(delay=20, loss_syn=0.3, loss_fin=0.3, reorder=0.02, reorder_by=30, duplicate=0.02,
                                duplicate_after=40),
                           together(lambda r: requests(r, 40), lambda r: rough_ends(r, 8, 5))),  # fmt: skip
    "x_tfo": Scenario(dict(delay=15, loss=0.03, loss_syn=0.15),
                      talk=together(lambda r: requests(r, 50, 6), lambda r: bulk(r, 100000, 1)),
                      sysctls=tcp(fastopen=1543), sockets=CUBIC | dict(fast_open=1)),  # fmt: skip
    "x_mptcp": Scenario(dict(delay=12, loss=0.012, reorder=0.006, reorder_by=6), talk=usual(250000),
                        sockets=CUBIC | dict(mptcp=1)),  # fmt: skip
    # IPv6.
    "y_6nots_jitter": cubic(dict(delay=10, jitter=15, loss=0.01), version=6, sysctls=NO_TIMESTAMPS),
    "y_6nots_queue": cubic(dict(delay=10, rate=20e6, queue=60, loss=0.002), usual(500000), version=6,
                           sysctls=NO_TIMESTAMPS),  # fmt: skip
    "y_6nots_loss": cubic(dict(delay=10, loss=0.02), version=6, sysctls=NO_TIMESTAMPS),
    "y_6_wifi": cubic(dict(delay=3, batch=4, loss=0.01, reorder=0.01, reorder_by=6), version=6),
    "y_6_reorder": cubic(dict(delay=5, loss=0.004, reorder=0.02, reorder_by=12), version=6),
    "y_6_lan_reorder": cubic(dict(delay=0.1, loss=0.003, reorder=0.01, reorder_by=0.3), usual(500000), version=6),
    "y_6_mobile": cubic(dict(delay=30, jitter=25, loss=0.006, reorder=0.01, reorder_by=20), usual(250000), version=6),
    "y_rtt1.5": cubic(dict(delay=750, loss=0.004), usual(30000, short=12, rough=1)),
    # Offloads: frames of several segments, sent and received.
    "t_tso": cubic(dict(delay=10, loss=0.006, reorder=0.004, reorder_by=5), usual(800000), offload="send"),
    "t_tso_nots": cubic(dict(delay=10, loss=0.006, reorder=0.004, reorder_by=5), usual(800000), offload="send",
                        sysctls=NO_TIMESTAMPS),  # fmt: skip
    "t_tso_bbr": Scenario(dict(delay=10, rate=60e6, queue=120), talk=usual(1200000), offload="send", sockets=BBR),
    "t_gro": cubic(dict(delay=10, loss=0.006, batch=1), usual(800000), offload="both"),
    "t_gro_reorder": cubic(dict(delay=6, loss=0.004, batch=0.5, reorder=0.01, reorder_by=4), usual(800000),
                           offload="both"),  # fmt: skip
    "t_gro_nots": cubic(dict(delay=6, loss=0.006, batch=0.5, reorder=0.006, reorder_by=4), usual(800000),
                        offload="both", sysctls=NO_TIMESTAMPS),  # fmt: skip
    "t_gro_6": cubic(dict(delay=6, loss=0.006, batch=0.5, reorder=0.006, reorder_by=4), usual(800000), version=6,
                     offload="both"),  # fmt: skip
    "t_gro_lan": cubic(dict(delay=0.2, loss=0.004, batch=0.1), usual(2500000), offload="both"),
    "t_gro_queue": cubic(dict(delay=10, rate=60e6, queue=100, batch=1), usual(1200000), offload="both"),
    # What the senders' kernels said of them is written down.
    "k_cubic_norack": kernel(dict(delay=15, loss=0.01), sysctls=tcp(recovery=0, early_retrans=0)),
    "k_cubic_nosack": kernel(dict(delay=15, loss=0.01), sysctls=tcp(sack=0)),
    "k_cubic_holds": kernel(DELAY_SPIKES | dict(loss=0.002)),
    "k_cubic_loss10": kernel(dict(delay=15, loss=0.1), 2, 100000),
    "k_cubic_ecn": kernel(dict(delay=15, ce=0.03), sysctls=tcp(ecn=1)),
    "k_rtt_1s": kernel(dict(delay=500), 2, 60000),
    "k_rtt_tiny": kernel(dict(delay=0), 3, 2000000),
    "k_smallbuf": kernel(dict(delay=20, loss=0.002), sysctls=tcp(wmem="4096 16384 16384")),
    "kt_tso": kernel(dict(delay=10, loss=0.003), 3, 600000, offload="send"),
    "kt_gro": kernel(dict(delay=10, loss=0.003, batch=1), 3, 600000, offload="both"),
    "kt_lan": kernel(dict(delay=0.2, batch=0.1), 3, 3000000, offload="both"),
    "kt_bbr": kernel(dict(delay=10, rate=40e6, queue=100, batch=1), 3, 900000, offload="both", sockets=BBR),
}
for sockets in CUBIC, RENO, BBR:
    name = "k_" + sockets["congestion"]
    SCENARIOS |= {
        f"{name}_clean": kernel(dict(delay=10), sockets=sockets),
        f"{name}_lossy": kernel(dict(delay=20, loss=0.006), sockets=sockets),
        f"{name}_lan": kernel(dict(delay=0.3, loss=0.001), 3, 1500000, sockets=sockets),
        f"{name}_rate": kernel(dict(delay=8, rate=20e6, queue=60), 3, 600000, sockets=sockets),
    }


PARTS = dict(bulk=bulk, requests=requests, rough_ends=rough_ends, stalls=stalls, silences=silences,
             reused_ports=reused_ports, limited=limited)  # fmt: skip


def scenario_named(name):
    """One of SCENARIOS, or one that is drawn at random: u_1, u_2, …"""
    return SCENARIOS[name] if name in SCENARIOS else made_up(name, Scenario, PARTS, talk)


def conversations(name, seed):
    """The plans for host A's clients; the same for the same seed."""
    scenario = scenario_named(name)
    return [plan | {"address": ADDRESSES["b"][scenario.version]} for plan in scenario.talk(Random(f"{name} {seed}"))]
