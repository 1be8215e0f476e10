// SPDX-License-Identifier: MIT
// The path between two hosts: what one TUN device sends is delivered into the other, after the harm asked for.
// Writes a.pcap and b.pcap, in the order and with the times of each host's own kernel (from a packet socket on its
// device, as tcpdump would), and relay.tsv (what became of each packet). Knows no TCP but the flags that some losses
// choose by. Linux only.
//
//   relay DIR TUN_A TUN_B PACKETS_A PACKETS_B SEED SNAPLEN MAX_PACKETS MAX_SECONDS A_TO_B B_TO_A
//
// The first four are open files: the devices and the packet sockets. The paths are name=value,name=value,…
//
// Ends when its standard input ends, so that it cannot outlive who started it, or when a bound is reached (exit 3).
#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <functional>
#include <linux/if_packet.h>
#include <map>
#include <poll.h>
#include <queue>
#include <random>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using nanoseconds = std::int64_t;

nanoseconds read_clock() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return nanoseconds{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// What a path does to packets; times in milliseconds, chances from 0 to 1. Every key of the command line is here.
struct path_options {
    double delay = 0;           // one way
    double jitter = 0;          // added, uniform between 0 and this
    double ordered = 1;         // 1: jitter never lets a packet overtake another
    double loss = 0;            // each packet for itself
    double burst_begin = 0;     // chance that a packet begins a burst of losses …
    double burst_end = 0.5;     // … and that the burst is over before the next
    double drop_first = 0;      // this many packets at the beginning
    double drop_at = 0;         // this one (counted from 1) …
    double drop_every = 0;      // … and every so many after it
    double loss_syn = 0;        // packets with SYN
    double loss_fin = 0;        // packets with FIN
    double loss_push = 0;       // packets with PSH: the tails of writes
    double outage_at = 0;       // nothing passes from here …
    double outage_for = 0;      // … for so long
    double reorder = 0;         // chance of being late …
    double reorder_by = 0;      // … by at most this, at least half of it
    double duplicate = 0;       // chance of being copied …
    double duplicate_after = 0; // … the copy at most so much later
    double rate = 0;            // bits a second, 0: no limit
    double queue = 100;         // packets that wait for the rate at most, the one on the wire included
};

bool set_option(path_options& options, std::string_view name, double value) {
    const std::pair<std::string_view, double path_options::*> names[] = {
        {"delay", &path_options::delay},
        {"jitter", &path_options::jitter},
        {"ordered", &path_options::ordered},
        {"loss", &path_options::loss},
        {"burst_begin", &path_options::burst_begin},
        {"burst_end", &path_options::burst_end},
        {"drop_first", &path_options::drop_first},
        {"drop_at", &path_options::drop_at},
        {"drop_every", &path_options::drop_every},
        {"loss_syn", &path_options::loss_syn},
        {"loss_fin", &path_options::loss_fin},
        {"loss_push", &path_options::loss_push},
        {"outage_at", &path_options::outage_at},
        {"outage_for", &path_options::outage_for},
        {"reorder", &path_options::reorder},
        {"reorder_by", &path_options::reorder_by},
        {"duplicate", &path_options::duplicate},
        {"duplicate_after", &path_options::duplicate_after},
        {"rate", &path_options::rate},
        {"queue", &path_options::queue},
    };
    for (const auto& [known, member] : names)
        if (known == name) {
            options.*member = value;
            return true;
        }
    return false;
}

path_options parse_options(const std::string& text) {
    path_options options;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::size_t equals = text.find('=', at);
        if (equals >= end ||
            !set_option(options, std::string_view{text}.substr(at, equals - at), std::atof(&text[equals + 1]))) {
            std::fprintf(stderr, "relay: cannot read '%s'\n", text.substr(at, end - at).c_str());
            std::exit(2);
        }
        at = end + 1;
    }
    return options;
}

constexpr nanoseconds from_milliseconds(double milliseconds) {
    return static_cast<nanoseconds>(milliseconds * 1e6);
}

constexpr unsigned tcp_fin = 1, tcp_syn = 2, tcp_psh = 8;

unsigned tcp_flags(const std::vector<unsigned char>& packet) {
    if (packet.size() >= 40 && packet[0] >> 4 == 4 && packet[9] == 6) {
        const std::size_t tcp = (packet[0] & 15U) * std::size_t{4};
        return tcp + 20 <= packet.size() ? packet[tcp + 13] : 0U;
    }
    return packet.size() >= 60 && packet[0] >> 4 == 6 && packet[6] == 6 ? packet[40 + 13] : 0U;
}

/// One direction: decides about each packet, from its own random numbers and the packet's place in the row.
class path {
public:
    struct decision {
        const char* lost = nullptr; // the cause, or null: delivered
        nanoseconds arrives = 0;
        nanoseconds copy_arrives = 0; // 0: no copy
    };

    path(const path_options& options, std::uint64_t seed, nanoseconds begin)
        : options_(options), random_(seed), begin_(begin) {}

    decision decide(nanoseconds now, const std::vector<unsigned char>& packet) {
        // The same count of random numbers for every packet: one decision does not shift the next ones.
        std::array<double, 9> chance{};
        for (double& c : chance) c = static_cast<double>(random_() >> 11) * 0x1p-53;
        const unsigned flags = tcp_flags(packet);
        const double at = static_cast<double>(++count_);
        const double since_begin = static_cast<double>(now - begin_) / 1e6;
        in_burst_ = in_burst_ ? chance[0] >= options_.burst_end : chance[0] < options_.burst_begin;

        if (at <= options_.drop_first) return {.lost = "first"};
        if (at == options_.drop_at || (at > options_.drop_at && options_.drop_every > 0 &&
                                       std::fmod(at - options_.drop_at, options_.drop_every) == 0))
            return {.lost = "chosen"};
        if (since_begin >= options_.outage_at && since_begin < options_.outage_at + options_.outage_for)
            return {.lost = "outage"};
        if (in_burst_) return {.lost = "burst"};
        if (chance[1] < options_.loss) return {.lost = "random"};
        if ((flags & tcp_syn) != 0 && chance[2] < options_.loss_syn) return {.lost = "syn"};
        if ((flags & tcp_fin) != 0 && chance[2] < options_.loss_fin) return {.lost = "fin"};
        if ((flags & tcp_psh) != 0 && chance[3] < options_.loss_push) return {.lost = "push"};

        nanoseconds leaves = now;
        if (options_.rate > 0) {
            while (!queue_.empty() && queue_.front() <= now) queue_.pop_front();
            if (static_cast<double>(queue_.size()) >= options_.queue) return {.lost = "queue"};
            const double bits = static_cast<double>(packet.size()) * 8;
            link_free_ = std::max(link_free_, now) + static_cast<nanoseconds>(bits / options_.rate * 1e9);
            queue_.push_back(link_free_);
            leaves = link_free_;
        }
        decision d{.arrives = leaves + from_milliseconds(options_.delay + chance[4] * options_.jitter)};
        if (options_.ordered != 0) d.arrives = last_arrival_ = std::max(last_arrival_, d.arrives);
        if (chance[5] < options_.reorder) d.arrives += from_milliseconds((0.5 + chance[6] / 2) * options_.reorder_by);
        if (chance[7] < options_.duplicate)
            d.copy_arrives = d.arrives + 1 + from_milliseconds(chance[8] * options_.duplicate_after);
        return d;
    }

private:
    path_options options_;
    std::mt19937_64 random_;
    nanoseconds begin_;
    std::uint64_t count_ = 0;
    bool in_burst_ = false;
    nanoseconds link_free_ = 0;
    nanoseconds last_arrival_ = 0;
    std::deque<nanoseconds> queue_; // when each packet that waits for the link will have left it
};

/// What one host's kernel saw pass its device. Packets of one direction pass it in the order in which the relay reads
/// or writes them, so their place in that row is all it takes to know a frame.
class observer {
public:
    observer(int packet_socket, std::uint32_t snaplen) : socket_(packet_socket), snaplen_(snaplen) {}

    void take_all() {
        std::array<unsigned char, 65536> buffer;
        for (;;) {
            sockaddr_ll from{};
            iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
            alignas(cmsghdr) std::array<char, 256> control;
            msghdr message{};
            message.msg_name = &from;
            message.msg_namelen = sizeof from;
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const ssize_t size = recvmsg(socket_, &message, MSG_DONTWAIT);
            if (size <= 0) return;
            record r{.outgoing = from.sll_pkttype == PACKET_OUTGOING, .length = static_cast<std::uint32_t>(size)};
            for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
                    std::memcpy(&r.time, CMSG_DATA(c), sizeof r.time);
            r.bytes.assign(buffer.begin(), buffer.begin() + std::min<ssize_t>(size, snaplen_));
            records_.push_back(std::move(r));
        }
    }

    /// Writes the capture: pcap, raw IP, nanoseconds. Of what was sent only the first `sent`: the relay saw no more.
    /// The frame numbers, from 1, of each packet sent and of each that arrived.
    struct frames {
        std::vector<unsigned> sent, arrived;
    };
    [[nodiscard]] frames write(const std::string& name, std::size_t sent) const {
        frames result;
        std::FILE* file = std::fopen(name.c_str(), "wb");
        if (file == nullptr) {
            std::perror(name.c_str());
            return result;
        }
        const std::uint32_t header[] = {0xa1b23c4d, 2 | 4U << 16, 0, 0, snaplen_, 101};
        std::fwrite(header, sizeof header, 1, file);
        unsigned frame = 0;
        for (const record& r : records_) {
            if (r.outgoing && result.sent.size() == sent) continue;
            (r.outgoing ? result.sent : result.arrived).push_back(++frame);
            const std::uint32_t lead[] = {static_cast<std::uint32_t>(r.time.tv_sec),
                                          static_cast<std::uint32_t>(r.time.tv_nsec),
                                          static_cast<std::uint32_t>(r.bytes.size()), r.length};
            std::fwrite(lead, sizeof lead, 1, file);
            std::fwrite(r.bytes.data(), r.bytes.size(), 1, file);
        }
        std::fclose(file);
        return result;
    }

    /// Whether the kernel had to leave packets out.
    [[nodiscard]] bool lost_any() const {
        tpacket_stats statistics{};
        socklen_t size = sizeof statistics;
        getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &statistics, &size);
        return statistics.tp_drops != 0;
    }

private:
    struct record {
        timespec time{};
        bool outgoing = false;
        std::uint32_t length = 0;
        std::vector<unsigned char> bytes{};
    };

    int socket_;
    std::uint32_t snaplen_;
    std::vector<record> records_;
};

/// A line of relay.tsv.
struct fate {
    int sender;
    const char* lost;
    std::size_t arrived = 0; // as which packet in the row of all that arrived there, from 1; 0: never
    std::size_t copy_arrived = 0;
};

struct delivery {
    nanoseconds when;
    std::uint64_t order; // first in, first out among equals
    std::size_t packet;
    bool operator>(const delivery& other) const { return when != other.when ? when > other.when : order > other.order; }
};

class relay {
public:
    relay(std::array<int, 2> devices, std::array<int, 2> packet_sockets, std::uint64_t seed, std::uint32_t snaplen,
          const path_options& a_to_b, const path_options& b_to_a)
        : devices_(devices), observers_{{{packet_sockets[0], snaplen}, {packet_sockets[1], snaplen}}},
          paths_{{{a_to_b, seed * 2 + 1, read_clock()}, {b_to_a, seed * 2 + 2, read_clock()}}} {}

    /// Returns 0 when standard input ended, 3 when a bound was reached.
    int run(std::size_t max_packets, double max_seconds) {
        const nanoseconds end = read_clock() + from_milliseconds(max_seconds * 1000);
        int result = -1;
        while (result < 0) {
            for (int host : {0, 1}) take_all_from(host);
            deliver_due();
            for (observer& o : observers_) o.take_all();
            const nanoseconds now = read_clock();
            if (now >= end || fates_.size() >= max_packets) return 3;
            const nanoseconds until = due_.empty() ? end : std::min(end, due_.top().when);
            const nanoseconds wait = std::max<nanoseconds>(0, until - now);
            const timespec timeout{.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
            pollfd files[] = {{devices_[0], POLLIN, 0}, {devices_[1], POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
            if (ppoll(files, 3, &timeout, nullptr) < 0 && errno != EINTR) {
                std::perror("relay: ppoll");
                return 2;
            }
            if (files[2].revents != 0) result = 0;
        }
        return result;
    }

    /// Returns whether all that passed was captured.
    bool write(const std::string& folder) {
        std::array<observer::frames, 2> frames;
        for (std::size_t h : {0U, 1U}) {
            observers_[h].take_all();
            frames[h] = observers_[h].write(folder + "/" + "ab"[h] + ".pcap", sent_[h]);
            if (observers_[h].lost_any() || frames[h].sent.size() != sent_[h] ||
                frames[h].arrived.size() != arrived_[h]) {
                std::fprintf(stderr, "relay: the capture at %c is not complete\n", "ab"[h]);
                return false;
            }
        }
        const std::string name = folder + "/relay.tsv";
        std::FILE* log = std::fopen(name.c_str(), "w");
        if (log == nullptr) {
            std::perror(name.c_str());
            return false;
        }
        std::fputs("sender\tframe\tfate\tarrived\tcopy_arrived\n", log);
        std::array<std::size_t, 2> count{};
        for (const fate& f : fates_) {
            const auto h = static_cast<std::size_t>(f.sender);
            const auto there = [&](std::size_t place) { return place == 0 ? 0 : frames[1 - h].arrived[place - 1]; };
            const char* what = f.lost != nullptr ? f.lost : f.arrived != 0 ? "delivered" : "in_flight";
            std::fprintf(log, "%c\t%u\t%s\t%u\t%u\n", "ab"[h], frames[h].sent[count[h]++], what, there(f.arrived),
                         there(f.copy_arrived));
        }
        std::fclose(log);
        return true;
    }

private:
    void take_all_from(int host) {
        const auto h = static_cast<std::size_t>(host);
        std::array<unsigned char, 65536> buffer;
        for (;;) {
            const ssize_t size = read(devices_[h], buffer.data(), buffer.size());
            if (size <= 0) return;
            ++sent_[h];
            std::vector<unsigned char> bytes(buffer.begin(), buffer.begin() + size);
            const path::decision d = paths_[h].decide(read_clock(), bytes);
            fates_.push_back({.sender = host, .lost = d.lost});
            if (d.lost != nullptr) continue;
            const std::size_t packet = fates_.size() - 1;
            due_.push({d.arrives, ++order_, packet});
            if (d.copy_arrives != 0) due_.push({d.copy_arrives, ++order_, packet});
            under_way_[packet] = {std::move(bytes), d.copy_arrives != 0 ? 2 : 1};
        }
    }

    void deliver_due() {
        while (!due_.empty() && due_.top().when <= read_clock()) {
            const std::size_t packet = due_.top().packet;
            due_.pop();
            fate& f = fates_[packet];
            const auto host = static_cast<std::size_t>(1 - f.sender);
            const auto it = under_way_.find(packet);
            const std::vector<unsigned char>& bytes = it->second.bytes;
            if (::write(devices_[host], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()))
                (f.arrived == 0 ? f.arrived : f.copy_arrived) = ++arrived_[host];
            else std::perror("relay: delivery");
            if (--it->second.copies == 0) under_way_.erase(it);
        }
    }

    struct waiting {
        std::vector<unsigned char> bytes;
        int copies = 0;
    };

    std::array<int, 2> devices_;
    std::array<observer, 2> observers_;
    std::array<path, 2> paths_;
    std::array<std::size_t, 2> sent_{};
    std::array<std::size_t, 2> arrived_{};
    std::vector<fate> fates_;
    std::map<std::size_t, waiting> under_way_;
    std::priority_queue<delivery, std::vector<delivery>, std::greater<>> due_;
    std::uint64_t order_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 12) {
        std::fputs("relay DIR TUN_A TUN_B PACKETS_A PACKETS_B SEED SNAPLEN MAX_PACKETS MAX_SECONDS A_TO_B B_TO_A\n",
                   stderr);
        return 2;
    }
    std::signal(SIGINT, SIG_IGN); // Ctrl-C reaches who started it, who closes the standard input
    // A relay that waits for its turn would be jitter that nobody asked for. It only sleeps and copies.
    const sched_param urgent{.sched_priority = 10};
    sched_setscheduler(0, SCHED_FIFO, &urgent);
    relay between{{std::atoi(argv[2]), std::atoi(argv[3])},
                  {std::atoi(argv[4]), std::atoi(argv[5])},
                  std::strtoull(argv[6], nullptr, 10),
                  static_cast<std::uint32_t>(std::atoi(argv[7])),
                  parse_options(argv[10]),
                  parse_options(argv[11])};
    const int result = between.run(std::strtoull(argv[8], nullptr, 10), std::atof(argv[9]));
    return between.write(argv[1]) ? result : 2;
}
