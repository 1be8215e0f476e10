// SPDX-License-Identifier: MIT
// What one packet of an attacker can cost, against a calm one: bench_hostile [PACKETS]. Each attack runs for so many packets (20,000) on the
// thread's own clock, five times; the least counts. Fails if an attack costs more than its bound, from 10,000 packets on.

#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace tcplens;
using frame = std::vector<std::byte>;

/// An attack may cost so many times what a calm packet costs in the same table; the sentences of docs/trust.md and SECURITY.md say so.
constexpr double most_times = 20;

void put(frame& to, std::uint64_t value, int bytes) {
    while (bytes-- > 0) to.push_back(static_cast<std::byte>((value >> (8 * bytes)) & 0xff));
}
frame operator+(frame a, const frame& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// An IPv4 packet. `offset`: the field with the flags of fragments.
frame ipv4(unsigned protocol, const frame& content, std::uint32_t id, unsigned offset, bool back = false) {
    frame made;
    put(made, 0x4500, 2);
    put(made, 20 + content.size(), 2);
    put(made, id & 0xffff, 2);
    put(made, offset, 2);
    put(made, 0x4000u | protocol, 2);
    put(made, 0, 2);
    put(made, back ? 0x0a000002 : 0x0a000001, 4);
    put(made, back ? 0x0a000001 : 0x0a000002, 4);
    return made + content;
}
frame tcp(bool back, std::uint32_t sequence, std::uint32_t acknowledgment, unsigned flags, std::size_t length) {
    frame made;
    put(made, back ? 80 : 1000, 2);
    put(made, back ? 1000 : 80, 2);
    put(made, sequence, 4);
    put(made, acknowledgment, 4);
    put(made, 0x5000u | flags, 2);
    put(made, 1000, 2);
    put(made, 0, 4);
    made.resize(made.size() + length);
    return made;
}
frame ethernet(unsigned type, const frame& content) {
    frame made(12, std::byte{2});
    put(made, type, 2);
    return made + content;
}
frame segment_frame(bool back, std::uint32_t sequence, std::uint32_t acknowledgment, std::size_t length,
                    std::uint32_t id) {
    return ethernet(0x0800, ipv4(6, tcp(back, sequence, acknowledgment, 0x10, length), id, 0, back));
}

using make_frame = std::function<frame(std::uint32_t number)>;

/// The least nanoseconds a packet, in a new table each time. `before`: packets that are not timed. `bound`: for how many connections the
/// table has room, where others leave to make room; 0 for no bound.
template <class Table>
double cost(std::size_t packets, const make_frame& make, std::uint32_t before = 0, std::size_t bound = 0,
            link_type link = link_type::ethernet) {
    std::vector<frame> frames;
    for (std::uint32_t i = 0; i < before + packets; ++i) frames.push_back(make(i));
    double least = std::numeric_limits<double>::max();
    for (int round = 0; round < 5; ++round) {
        Table table{{.hash_key = hash_key{1}, .max_connections = bound}};
        const auto forget = [](const connection&, end_reason) {};
        const auto add = [&](std::size_t at) {
            const timestamp time{std::chrono::microseconds{10 * at}};
            if (bound == 0) table.add(time, link, frames[at], frames[at].size());
            else table.add(time, link, frames[at], frames[at].size(), forget);
        };
        for (std::size_t i = 0; i < before; ++i) add(i);
        timespec begin{};
        timespec end{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
        for (std::size_t i = before; i < frames.size(); ++i) add(i);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        const double time =
            static_cast<double>(end.tv_sec - begin.tv_sec) * 1e9 + static_cast<double>(end.tv_nsec - begin.tv_nsec);
        least = std::min(least, time / static_cast<double>(packets));
    }
    return least;
}

/// A frame with one header so often, in front of a segment.
make_frame stack(unsigned type, std::uint64_t header, int bytes, int times, const frame& last) {
    frame made;
    for (int i = 0; i < times; ++i) put(made, header, bytes);
    const frame whole = ethernet(type, made + last);
    return [whole](std::uint32_t) { return whole; };
}

} // namespace

int main(int count, char** values) {
    const auto packets = static_cast<std::size_t>(count > 1 ? std::max(1, std::atoi(values[1])) : 20'000);
    const make_frame calm = [](std::uint32_t i) { return segment_frame(false, 2 + i * 1000, 2, 1000, i); };
    using waiting_table = basic_connection_table<wireshark_rules, wireshark_round_trips>;
    const double plain = cost<connection_table>(packets, calm);
    const double detailed = cost<detailed_connection_table>(packets, calm);
    const double waiting = cost<waiting_table>(packets, calm);
    std::printf("%-58s %9s %8s\n%-58s %6.0f ns\n%-58s %6.0f ns\n%-58s %6.0f ns\n", "packet", "least", "x calm", "calm",
                plain, "calm, detailed table", detailed, "calm, wireshark_round_trips", waiting);
    bool good = true;
    const auto tell = [&](const char* what, double time, double against, bool bounded = true) {
        const double ratio = time / against;
        std::printf("%-58s %6.0f ns %8.1f%s\n", what, time, ratio, bounded ? "" : " (opt-in)");
        if (bounded && packets >= 10'000 && ratio > most_times) good = false;
    };

    const frame nothing(8);
    const frame v4 = ipv4(6, tcp(false, 2, 2, 0x10, 0), 1, 0);
    const make_frame far = [&](std::uint32_t i) { return ethernet(0x0800, ipv4(6, nothing, i, 0x2000 | 65520 / 8)); };
    const make_frame firsts = [&](std::uint32_t i) { return ethernet(0x0800, ipv4(6, nothing, i, 0x2000)); };
    const make_frame pieces = [&](std::uint32_t i) {
        return ethernet(0x0800, ipv4(6, nothing, i / 16, 0x2000u | ((i % 16) * 16 + 1)));
    };
    const make_frame backwards = [&](std::uint32_t i) {
        return ethernet(0x0800, ipv4(6, nothing, i / 1000, 0x2000u | (8100 - (i % 1000) * 8)));
    };
    tell("a lone fragment at offset 65,520", cost<connection_table>(packets, far), plain);
    tell("a lone first fragment", cost<connection_table>(packets, firsts), plain);
    tell("fragments with 16 gaps", cost<connection_table>(packets, pieces), plain);
    tell("fragments from behind", cost<connection_table>(packets, backwards), plain);

    frame type_v4;
    put(type_v4, 0x0800, 2);
    tell("15,000 VLAN tags", cost<connection_table>(packets, stack(0x8100, 0x0001'8100, 4, 15'000, {})), plain);
    tell("15,000 MPLS labels", cost<connection_table>(packets, stack(0x8847, 0x0001'0040, 4, 15'000, v4)), plain);
    frame name; // of a dissector, with zeros behind it
    put(name, 0x000c'fff0, 4);
    put(name, 0x6970, 2);
    name.resize(4 + 0xfff0 - 1);
    put(name, 1, 1);
    put(name, 0, 4);
    const make_frame exported = [&](std::uint32_t) { return name; };
    tell("an exported packet with a name of 65,520 bytes",
         cost<connection_table>(packets, exported, 0, 0, link_type::wireshark_upper_pdu), plain);

    frame v6;
    put(v6, 0x6000'0000, 4);
    put(v6, 64'000, 2);
    put(v6, 60 << 8 | 64, 2);
    v6.resize(v6.size() + 32, std::byte{1});
    for (int i = 0; i < 8000; ++i) put(v6, std::uint64_t{60} << 56 | 0x0104'0000'0000, 8);
    const frame options = ethernet(0x86dd, v6);
    tell("8,000 IPv6 extension headers", cost<connection_table>(packets, [&](std::uint32_t) { return options; }),
         plain);
    frame nested = v4;
    for (int i = 0; i < 30; ++i) nested = ipv4(4, nested, 1, 0);
    const frame tunnels = ethernet(0x0800, nested);
    tell("30 tunnels", cost<connection_table>(packets, [&](std::uint32_t) { return tunnels; }), plain);

    const make_frame holes = [](std::uint32_t i) { return segment_frame(false, 2 + i * 2000, 2, 1000, i); };
    const make_frame downwards = [](std::uint32_t i) { return segment_frame(false, 2 - i * 2000, 2, 1000, i); };
    const make_frame scattered = [](std::uint32_t i) {
        return segment_frame(i % 2 != 0, 2 + (i * 0x9e37'79b1u >> 12), 2 + (i * 0x85eb'ca6bu >> 12), i % 1460, i * 7);
    };
    const make_frame floods = [](std::uint32_t i) {
        frame made = ethernet(0x0800, ipv4(6, tcp(false, i, 0, 0x02, 0), i, 0));
        for (int byte = 0; byte < 4; ++byte)
            made[26 + static_cast<std::size_t>(byte)] = static_cast<std::byte>(i * 0x9e37'79b1u >> (8 * byte));
        return made;
    };
    for (const bool with_observers : {false, true}) {
        const auto both = [&](const char* what, const make_frame& make) {
            const double time =
                with_observers ? cost<detailed_connection_table>(packets, make) : cost<connection_table>(packets, make);
            tell((std::string{what} + (with_observers ? ", detailed table" : "")).c_str(), time,
                 with_observers ? detailed : plain);
        };
        both("a hole with each segment", holes);
        both("each segment before the last one", downwards);
        both("numbers and acknowledgments anywhere", scattered);
        both("a SYN from elsewhere each time", floods);
    }
    constexpr std::uint32_t room = 10'000;
    tell("the same, in a full table of 10,000 connections", cost<connection_table>(packets, floods, room, room),
         cost<connection_table>(packets, calm, 0, room));

    constexpr std::uint32_t unacknowledged = 10'000;
    const make_frame waits = [](std::uint32_t i) {
        return i < unacknowledged ? segment_frame(false, 2 + i, 2, 1, i) : segment_frame(true, 2, 2 - i % 2, 0, i);
    };
    tell("an acknowledgment over 10,000 segments", cost<connection_table>(packets, waits, unacknowledged), plain);
    tell("the same, detailed table", cost<detailed_connection_table>(packets, waits, unacknowledged), detailed);
    tell("the same, wireshark_round_trips", cost<waiting_table>(packets, waits, unacknowledged), waiting, false);
    return good ? 0 : 1;
}
