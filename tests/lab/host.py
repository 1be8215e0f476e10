# SPDX-License-Identifier: MIT
"""One end of a recording: a process in a network namespace of its own, with a TUN device and conversations over it.

The namespace has no name: it ends with its last process, and that one ends with its parent, however the parent ends."""
import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import signal
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TUNSETIFF, IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 1, 0x1000, 0x4000
TUNSETOFFLOAD, TUN_OFFLOADS = 0x400454D0, 0b1111  # checksums; TCP segmentation of IPv4, of IPv6, with ECN
MSG_FASTOPEN, IPPROTO_MPTCP = 0x20000000, 262
SO_RCVBUFFORCE, SO_TIMESTAMPNS, ETH_P_ALL = 33, 35, 3
SIOCOUTQ = 0x5411
ADDRESSES = {"a": {4: "10.77.0.1", 6: "fd77::1"}, "b": {4: "10.77.0.2", 6: "fd77::2"}}
SERVER_PORT, SMALL_BUFFER_PORT, REFUSED_PORT = 9000, 9001, 9002
LINGER_RESET = struct.pack("ii", 1, 0)  # close sends RST
# A conversation that hangs longer than this is given up.
PATIENCE = 12


NOT_HERE = (errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTTY, errno.EPROTONOSUPPORT)


class NotHere(OSError):
    """This machine has no namespaces, TUN devices, IPv6, `ip` command or one of the settings, or does not let us use it."""


def failure(message):
    """The exception for what a host said instead of an answer; it says nothing if it was killed."""
    kind = NotHere if message.get("errno") in NOT_HERE else OSError
    return kind(message.get("error", "a host ended"))


class Host:
    """The parent's handle."""

    def __init__(self, name, sysctls, mtu, offload, sockets):
        """offload: whether the kernel leaves segmentation to the device. sockets: see SOCKETS."""
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.pid = os.fork()
        if not self.pid:
            try:
                self.channel.close()
                serve(theirs, name, sysctls, mtu, offload, sockets)
            except Exception as error:  # what the parent then raises
                message = {"error": f"host {name}: {error}", "errno": getattr(error, "errno", None)}
                theirs.sendall(json.dumps(message).encode() + b"\n")
            finally:
                os._exit(0)
        theirs.close()
        message, fds, _, _ = socket.recv_fds(self.channel, 4096, 2)
        if not fds:
            raise failure(json.loads(message or "{}"))
        self.tun, self.packets = fds
        self.lines = self.channel.makefile("rw")

    def ask(self, **request):
        self.lines.write(json.dumps(request) + "\n")
        self.lines.flush()
        answer = json.loads(self.lines.readline() or "{}")
        if "answer" not in answer:
            raise failure(answer)
        return answer["answer"]

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.tun)
        os.close(self.packets)


def open_tun(name, sysctls, mtu, offload):
    """Enters a new network namespace and makes the device `tun0` there. Returns it and a packet socket on it."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no new network namespace: " + os.strerror(ctypes.get_errno()))
    for key, value in sysctls.items():
        # Those of a namespace of its own: the machine's are not touched.
        with open("/proc/sys/net/" + key, "w") as file:
            file.write(str(value))
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    kind = IFF_TUN | IFF_NO_PI | (IFF_VNET_HDR if offload else 0)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", kind))
    if offload:
        fcntl.ioctl(tun, TUNSETOFFLOAD, TUN_OFFLOADS)
    # Before the device is up, so that it misses nothing.
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 2**26)
    packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    packets.bind(("tun0", ETH_P_ALL))
    packets.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # that the device is down is no error here
    commands = [
        "link set lo up",
        # The queue between the kernel and the relay must never be what loses a packet.
        f"link set tun0 mtu {mtu} txqueuelen 10000 up",
        f"addr add {ADDRESSES[name][4]}/24 dev tun0",
    ]
    if mtu >= 1280:  # the least that IPv6 needs
        commands.append(f"addr add {ADDRESSES[name][6]}/64 dev tun0 nodad")
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)
    return tun, packets.detach()


def serve(channel, name, sysctls, mtu, offload, sockets):
    """The child's life: answers the parent's requests until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    SOCKETS.update(sockets)
    fds = open_tun(name, sysctls, mtu, offload)
    socket.send_fds(channel, [b"ready\n"], fds)
    for fd in fds:
        os.close(fd)
    lines = channel.makefile("rw")
    for line in lines:
        request = json.loads(line)
        if request["do"] == "listen":
            for port in (SERVER_PORT, SMALL_BUFFER_PORT):
                threading.Thread(target=accept_all, args=(listen(port),), daemon=True).start()
            answer = {}
        elif request["do"] == "converse":
            answer = {"outcomes": converse_all(request["conversations"], request["until"])}
        elif request["do"] == "busy_sockets":
            answer = {"busy": busy_sockets()}
        else:
            answer = {"counters": counters(), "dropped": dropped(), "senders": senders, "sums": sums}
        lines.write(json.dumps({"answer": answer}) + "\n")
        lines.flush()


def busy_sockets():
    """TCP sockets that will send by themselves: in a handshake, with data unacknowledged, or probing a closed window."""
    count = 0
    for name in ("tcp", "tcp6"):
        with open("/proc/net/" + name) as file:
            for columns in map(str.split, file.readlines()[1:]):
                state, timer = columns[3], columns[5].split(":")[0]
                count += state in ("02", "03") or (state not in ("06", "0A") and timer in ("01", "04"))
    return count


def counters():
    """The kernel's TCP counters for this namespace, whose RetransSegs is the judge of the truth; then, a line each, those
    of its extended ones that are not 0."""
    with open("/proc/net/snmp") as file:
        lines = [line for line in file if line.startswith("Tcp:")]
    with open("/proc/net/netstat") as file:
        names, values = [line.split()[1:] for line in file if line.startswith("TcpExt:")]
    return "".join(lines + [f"{name} {value}\n" for name, value in zip(names, values) if value != "0"])


def dropped():
    """Packets that the device lost between the kernel and the relay: always 0, or the recording is not the truth."""
    with open("/proc/net/dev") as file:
        columns = next(line.split(":")[1].split() for line in file if line.strip().startswith("tun0:"))
    return sum(int(columns[i]) for i in (2, 3, 10, 11))  # errors and drops, received and sent


# What all TCP sockets of this host are: mptcp (1: Multipath TCP), fast_open (1: the first data in the SYN), congestion
# (the name of a congestion control; as a sysctl a namespace may not choose all of them), no_delay (1: TCP_NODELAY), segment
# (TCP_MAXSEG), thin (1: linear timeouts of thin streams), pacing (bytes a second at most), no_quick_ack (1: acknowledgments
# are delayed from the first on), send_buffer (bytes).
SOCKETS = dict(mptcp=0, fast_open=0, congestion="", no_delay=0, segment=0, thin=0, pacing=0, no_quick_ack=0, send_buffer=0)
SO_MAX_PACING_RATE, TCP_THIN_LINEAR_TIMEOUTS = 47, 16

# The conversations. Both sides follow one plan, which the client sends ahead as a line of JSON:
#   request, reply      bytes in each round
#   rounds              how often
#   both                1: request and reply cross each other
#   server_stalls, client_stalls   seconds before that side begins to read: a closed window, if enough was sent
#   server_thinks, client_pauses   seconds before each reply, before each further request
#   idle                seconds of silence at the end, with keep-alives from both sides each second
#   gulp, gulp_pause    the receiver of more than a gulp reads so many bytes at a time, and then waits so many seconds
#   drip, drip_pause    likewise its sender writes
#   sums                1: what is sent is random, and both ends write down SHA-256 sums of all that they sent and received
#   limit               what this is limited by: both ends write down what their kernel says of it (see write_down)
#   ending              client, server: that side closes first; half: the client sends FIN before it is answered;
#                       client_reset, server_reset: RST after the last round;
#                       client_aborts, server_aborts: RST amid the reply
PLAN = dict(request=100, reply=100, rounds=1, both=0, server_stalls=0, client_stalls=0, server_thinks=0,
            client_pauses=0, idle=0, gulp=0, gulp_pause=0, drip=0, drip_pause=0, sums=0, limit="",
            ending="client")  # fmt: skip


sums = []


class Summed:
    """A connection that knows the sums of what it sent and received."""

    def __init__(self, connection):
        self.connection = connection
        self.sent, self.received = hashlib.sha256(), hashlib.sha256()
        self.sent_bytes = self.received_bytes = 0

    def __getattr__(self, name):
        return getattr(self.connection, name)

    def note(self, sent=b"", received=b""):
        self.sent.update(sent)
        self.sent_bytes += len(sent)
        self.received.update(received)
        self.received_bytes += len(received)

    def send(self, block):
        count = self.connection.send(block)
        self.note(sent=block[:count])
        return count

    def recv(self, size):
        got = self.connection.recv(size)
        self.note(received=got)
        return got


@contextlib.contextmanager
def summing(connection, plan, sent=b"", received=b""):
    """The connection; if the plan asks for sums, one that knows them, and they are written down at the end. sent, received: before."""
    if not plan["sums"]:
        yield connection
        return
    summed = Summed(connection)
    summed.note(sent, received)
    ends = [f"{end[0].removeprefix('::ffff:')} {end[1]}" for end in (connection.getsockname(), connection.getpeername())]
    try:
        yield summed
    finally:
        sums.append({"local": ends[0], "peer": ends[1],
                     "sent": summed.sent.hexdigest(), "sent_bytes": summed.sent_bytes,
                     "received": summed.received.hexdigest(), "received_bytes": summed.received_bytes})  # fmt: skip


def send_all(connection, size, drip=0, pause=0):
    block = b"tcplens " * 2048
    while size > 0:
        if isinstance(connection, Summed):
            block = os.urandom(len(block))
        size -= connection.send(block[: min(size, drip or len(block))])
        if pause and size > 0:
            time.sleep(pause)


def read_all(connection, size, gulp=0, pause=0):
    """Reads size bytes, fewer only at the end of the stream."""
    while size > 0:
        got = connection.recv(min(size, gulp or 65536))
        if not got:
            return False
        size -= len(got)
        if pause and size > 0:
            time.sleep(pause)
    return True


# What the kernel says of what a socket sent (struct tcp_info of linux/tcp.h): name, offset, bytes. Times in microseconds;
# busy_time, rwnd_limited and sndbuf_limited are counted in ticks; bytes_acked counts the client's SYN.
TCP_INFO_FIELDS = (
    ("rtt_us", 68, 4), ("min_rtt_us", 148, 4), ("total_retrans", 100, 4), ("bytes_acked", 120, 8),
    ("bytes_received", 128, 8), ("segs_out", 136, 4), ("segs_in", 140, 4), ("data_segs_in", 152, 4),
    ("data_segs_out", 156, 4), ("delivery_rate", 160, 8), ("busy_time_us", 168, 8), ("rwnd_limited_us", 176, 8),
    ("sndbuf_limited_us", 184, 8), ("bytes_sent", 200, 8), ("bytes_retrans", 208, 8), ("dsack_dups", 216, 4),
    ("reord_seen", 220, 4),
)  # fmt: skip
senders = []


def write_down(connection, limit):
    """Writes down what the kernel says of this sender, once all that it sent is acknowledged and before it sends FIN."""
    if not limit:
        return
    until = time.monotonic() + PATIENCE
    while struct.unpack("i", fcntl.ioctl(connection, SIOCOUTQ, b"1234"))[0]:
        if time.monotonic() > until:
            return
        time.sleep(0.002)
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    if len(told) < 224:  # Linux before 5.5
        raise NotHere(errno.ENOENT, "this kernel's tcp_info is too short")
    row = {name: int.from_bytes(told[at : at + size], "little") for name, at, size in TCP_INFO_FIELDS}
    ends = [f"{end[0].removeprefix('::ffff:')} {end[1]}" for end in (connection.getsockname(), connection.getpeername())]
    senders.append({"local": ends[0], "peer": ends[1], "scenario": limit} | row)


def send_and_read(connection, out, into):
    sender = threading.Thread(target=swallow, args=(send_all, connection, out), daemon=True)
    sender.start()
    read_all(connection, into)
    sender.join(PATIENCE)


def swallow(function, *arguments):
    """Resets and timeouts are what this bench is for."""
    try:
        function(*arguments)
        return "done"
    except OSError as error:
        return type(error).__name__


def keep_alive(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        connection.setsockopt(socket.IPPROTO_TCP, option, 1)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)


def new_socket(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, IPPROTO_MPTCP if SOCKETS["mptcp"] else 0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if SOCKETS["congestion"]:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, SOCKETS["congestion"].encode())
    for level, option, name in (
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, "no_delay"),
        (socket.IPPROTO_TCP, socket.TCP_MAXSEG, "segment"),
        (socket.IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, "thin"),
        (socket.SOL_SOCKET, SO_MAX_PACING_RATE, "pacing"),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, "send_buffer"),
    ):
        if SOCKETS[name]:
            made.setsockopt(level, option, SOCKETS[name])
    if SOCKETS["no_quick_ack"]:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    made.settimeout(PATIENCE)
    return made


def listen(port):
    # Both IP versions; the small buffers make windows that close.
    listener = new_socket("::")
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    if port == SMALL_BUFFER_PORT:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    listener.bind(("::", port))
    if SOCKETS["fast_open"]:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 256)
    listener.listen(256)
    listener.settimeout(None)
    return listener


def accept_all(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=swallow, args=(be_server, connection), daemon=True).start()


def be_server(connection):
    with connection:
        connection.settimeout(PATIENCE)
        line = b""
        while not line.endswith(b"\n"):
            byte = connection.recv(1)
            if not byte:
                return
            line += byte
        plan = PLAN | json.loads(line)
        with summing(connection, plan, received=line) as connection:
            follow_as_server(connection, plan)


def follow_as_server(connection, plan):
    if plan["idle"]:
        keep_alive(connection)
    for _ in range(plan["rounds"]):
        time.sleep(plan["server_stalls"])
        if plan["both"]:
            send_and_read(connection, plan["reply"], plan["request"])
            continue
        if not read_all(connection, plan["request"], plan["gulp"], plan["gulp_pause"]):
            return
        time.sleep(plan["server_thinks"])
        if plan["ending"] == "server_aborts":
            send_all(connection, plan["reply"] // 2)
            reset(connection)
            return
        send_all(connection, plan["reply"], plan["drip"], plan["drip_pause"])
    write_down(connection, plan["limit"])
    if plan["ending"] == "server_reset":
        reset(connection)
    elif plan["ending"] != "server":
        connection.recv(1)  # until the client ends


def be_client(plan):
    at, address, port = plan.pop("at"), plan.pop("address"), plan.pop("port")
    source_port, buffer = plan.pop("source_port", 0), plan.pop("buffer", 0)
    time.sleep(at)
    with new_socket(address) as connection:
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        if source_port:
            connection.bind(("::" if ":" in address else "0.0.0.0", source_port))
        first = json.dumps(plan).encode() + b"\n"
        if SOCKETS["fast_open"]:
            connection.sendto(first, MSG_FASTOPEN, (address, port))
        else:
            connection.connect((address, port))
            connection.sendall(first)
        plan = PLAN | plan
        with summing(connection, plan, sent=first) as connection:
            follow_as_client(connection, plan)


def follow_as_client(connection, plan):
    if plan["idle"]:
        keep_alive(connection)
    for i in range(plan["rounds"]):
        if i:
            time.sleep(plan["client_pauses"])
        if plan["both"]:
            send_and_read(connection, plan["request"], plan["reply"])
            continue
        send_all(connection, plan["request"], plan["drip"], plan["drip_pause"])
        if plan["ending"] == "half" and i == plan["rounds"] - 1:
            connection.shutdown(socket.SHUT_WR)
        time.sleep(plan["client_stalls"])
        if plan["ending"] == "client_aborts":
            read_all(connection, plan["reply"] // 2)
            reset(connection)
            return
        read_all(connection, plan["reply"], plan["gulp"], plan["gulp_pause"])
    write_down(connection, plan["limit"])
    time.sleep(plan["idle"])
    if plan["ending"] == "client_reset":
        reset(connection)
    elif plan["ending"] in ("server", "half", "server_reset"):
        read_all(connection, 1)


def converse_all(conversations, seconds):
    """Holds all conversations, each at its time. Returns how many ended how, and how many were still on after
    `seconds`."""
    outcomes = []
    deadline = time.monotonic() + seconds
    threads = [
        threading.Thread(target=lambda p=plan: outcomes.append(swallow(be_client, p)), daemon=True)
        for plan in conversations
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    counted = {name: outcomes.count(name) for name in sorted(set(outcomes))}
    return counted | {"unfinished": len(threads) - sum(counted.values())}
