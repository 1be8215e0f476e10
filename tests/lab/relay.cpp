// SPDX-License-Identifier: MIT
// The path between two hosts: what one TUN device sends is delivered into the other, after the harm asked for.
// Writes a.pcap and b.pcap, in the order and with the times of each host's own kernel (from a packet socket on its
// device, as tcpdump would), and relay.tsv (what became of each packet of the path). Linux only.
//
//   relay DIR TUN_A TUN_B PACKETS_A PACKETS_B SEED SNAPLEN MAX_PACKETS MAX_SECONDS OFFLOAD A_TO_B B_TO_A
//
// TUN_… and PACKETS_… are open files: the devices and the packet sockets. The paths are name=value,name=value,…
// OFFLOAD: none; send: the hosts leave it to their device to cut large segments; both: and the device merges what
// arrives at one moment. For the last two the devices have a virtio header before each packet.
//
// Ends when its standard input ends, so that it cannot outlive who started it, or when a bound is reached (exit 3).
#include "packet.hpp"
#include "path.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <linux/if_packet.h>
#include <map>
#include <optional>
#include <poll.h>
#include <queue>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace lab;

namespace {

/// Of a segment that is still to be cut, or was merged, with the virtio header before it.
constexpr std::size_t largest_packet = 70000;

/// What one host's kernel saw pass its device. Packets of one direction pass it in the order in which the relay reads
/// or writes them, so their place in that row is all it takes to know a frame.
class observer {
public:
    observer(int packet_socket, std::uint32_t snaplen) : socket_(packet_socket), snaplen_(snaplen) {}

    void take_all() {
        std::array<unsigned char, largest_packet> buffer;
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

/// A line of relay.tsv: a packet of the path.
struct fate {
    int sender;
    std::size_t sent; // as, or in, which packet in the row of all that were sent there, from 0
    const char* lost;
    std::uint32_t sequence = 0; // of a TCP segment: …
    std::size_t length = 0;     // … the sequence numbers that it occupies
    std::size_t arrived = 0;    // as, or in, which packet in the row of all that arrived there, from 1; 0: never
    std::size_t copy_arrived = 0;
};

enum class offload { none, send, both };

std::optional<offload> parse_offload(std::string_view name) {
    if (name == "none") return offload::none;
    if (name == "send") return offload::send;
    if (name == "both") return offload::both;
    return std::nullopt;
}

struct delivery {
    nanoseconds when;
    std::uint64_t order; // first in, first out among equals
    std::size_t id;      // its place in relay.tsv, from 0
    double corrupt_at;   // see path::decision
    bool operator>(const delivery& other) const { return when != other.when ? when > other.when : order > other.order; }
};

class relay {
public:
    relay(std::array<int, 2> devices, std::array<int, 2> packet_sockets, std::uint64_t seed, std::uint32_t snaplen,
          offload what, const path_options& a_to_b, const path_options& b_to_a)
        : devices_(devices), offload_(what), observers_{{{packet_sockets[0], snaplen}, {packet_sockets[1], snaplen}}},
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
        std::fputs("sender\tframe\tfate\tarrived\tcopy_arrived\tseq\tlength\n", log);
        for (const fate& f : fates_) {
            const auto h = static_cast<std::size_t>(f.sender);
            const auto there = [&](std::size_t place) { return place == 0 ? 0 : frames[1 - h].arrived[place - 1]; };
            const char* what = f.lost != nullptr ? f.lost : f.arrived != 0 ? "delivered" : "in_flight";
            std::fprintf(log, "%c\t%u\t%s\t%u\t%u\t%u\t%zu\n", "ab"[h], frames[h].sent[f.sent], what, there(f.arrived),
                         there(f.copy_arrived), f.sequence, f.length);
        }
        std::fclose(log);
        return true;
    }

private:
    void take_all_from(int host) {
        const auto h = static_cast<std::size_t>(host);
        std::array<unsigned char, largest_packet> buffer;
        for (;;) {
            const ssize_t size = read(devices_[h], buffer.data(), buffer.size());
            if (size <= 0) return;
            const std::size_t place = sent_[h]++;
            if (offload_ == offload::none) {
                take_up(host, place, {{buffer.begin(), buffer.begin() + size}});
                continue;
            }
            virtio_header header;
            std::memcpy(&header, buffer.data(), sizeof header);
            packet large{{buffer.begin() + sizeof header, buffer.begin() + size}};
            if (!large.is_tcp()) {
                take_up(host, place, std::move(large));
                continue;
            }
            const bool whole = header.kind == virtio_header::not_merged;
            for (packet& part : cut(large, whole ? largest_packet : header.segment_size))
                take_up(host, place, std::move(part));
        }
    }

    /// Decides about a packet of the path, which came as or in the `place`-th of those that the host sent.
    void take_up(int host, std::size_t place, packet taken) {
        const path::decision d = paths_[static_cast<std::size_t>(host)].decide(read_clock(), taken);
        fates_.push_back({.sender = host, .sent = place, .lost = d.lost});
        if (taken.is_tcp()) {
            fates_.back().sequence = taken.sequence();
            fates_.back().length = taken.sequence_length();
        }
        if (d.lost != nullptr) return;
        if (d.marked) taken.mark_congestion();
        const std::size_t id = fates_.size() - 1;
        const bool corrupts = d.corrupt_at >= 0 && taken.is_tcp() && taken.payload_size() > 0;
        if (corrupts) due_.push({d.arrives - 1, ++order_, id, d.corrupt_at});
        due_.push({d.arrives, ++order_, id, -1});
        if (d.copy_arrives != 0) due_.push({d.copy_arrives, ++order_, id, -1});
        under_way_[id] = {std::move(taken), 1 + (d.copy_arrives != 0) + corrupts};
    }

    void deliver_due() {
        std::array<std::vector<received>, 2> open; // what may be merged with, one of each flow
        while (!due_.empty() && due_.top().when <= read_clock()) {
            const auto [when, order, id, corrupt_at] = due_.top();
            due_.pop();
            const auto host = static_cast<std::size_t>(1 - fates_[id].sender);
            const auto it = under_way_.find(id);
            if (corrupt_at >= 0) deliver(host, {it->second.content.corrupted(corrupt_at), no_id});
            else if (offload_ == offload::both) merge(host, open[host], it->second.content, id);
            else deliver(host, {it->second.content, id});
            if (--it->second.copies == 0) under_way_.erase(it);
        }
        for (std::size_t host : {0U, 1U})
            for (received& r : open[host]) deliver(host, std::move(r));
    }

    void merge(std::size_t host, std::vector<received>& open, const packet& next, std::size_t id) {
        const auto it = std::find_if(open.begin(), open.end(), [&](const received& r) { return r.same_flow(next); });
        if (it != open.end()) {
            const bool merged = it->merge(next, id);
            if (merged && !it->closed()) return;
            deliver(host, std::move(*it));
            open.erase(it);
            if (merged) return;
        }
        received fresh{next, id};
        if (fresh.closed()) deliver(host, std::move(fresh));
        else open.push_back(std::move(fresh));
    }

    void deliver(std::size_t host, received arriving) {
        const std::vector<unsigned char> bytes = arriving.take(offload_ != offload::none);
        if (::write(devices_[host], bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
            std::perror("relay: delivery");
            return;
        }
        ++arrived_[host];
        for (const std::size_t id : arriving.ids()) {
            if (id == no_id) continue;
            fate& f = fates_[id];
            (f.arrived == 0 ? f.arrived : f.copy_arrived) = arrived_[host];
        }
    }

    static constexpr std::size_t no_id = static_cast<std::size_t>(-1); // of a copy that is not in relay.tsv

    struct waiting {
        packet content;
        int copies = 0;
    };

    std::array<int, 2> devices_;
    offload offload_;
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
    const std::optional<offload> what = argc == 13 ? parse_offload(argv[10]) : std::nullopt;
    if (!what) {
        std::fputs(
            "relay DIR TUN_A TUN_B PACKETS_A PACKETS_B SEED SNAPLEN MAX_PACKETS MAX_SECONDS none|send|both A_TO_B "
            "B_TO_A\n",
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
                  *what,
                  parse_options(argv[11]),
                  parse_options(argv[12])};
    const int result = between.run(std::strtoull(argv[8], nullptr, 10), std::atof(argv[9]));
    return between.write(argv[1]) ? result : 2;
}
