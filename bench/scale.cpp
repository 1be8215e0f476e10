// SPDX-License-Identifier: MIT
// What open connections cost as there are more of them: memory, allocations, and the time of a packet of any of them. Exits with
// 1 if a packet of a connection that is known allocates memory.
#include "counted_allocations.hpp"

#include <tcplens/connection.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using counted_allocations::counted;
using tcplens::segment;

constexpr std::uint32_t segment_length = 1000;
constexpr std::uint32_t handshake_steps = 3;

/// A segment of connection `number`, made of nothing but the arguments, so that making it touches no memory. Not inlined: all
/// of it is made, whatever is used. Step 0 is the SYN, 1 the SYN-ACK, 2 the ACK of that, then data of the client and its
/// acknowledgment take turns.
[[gnu::noinline]] segment make_segment(std::uint32_t number, std::uint32_t step, std::uint64_t packet_number) {
    const bool is_data = step >= handshake_steps && (step - handshake_steps) % 2 == 0;
    const bool from_client = step == 0 || step == 2 || is_data;
    const std::array<std::byte, 4> client_address{std::byte{10}, static_cast<std::byte>(number >> 16),
                                                  static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)};
    constexpr std::array<std::byte, 4> server_address{std::byte{192}, std::byte{0}, std::byte{2}, std::byte{1}};
    const tcplens::endpoint client{tcplens::address::v4(client_address), 40000};
    const tcplens::endpoint server{tcplens::address::v4(server_address), 443};
    const std::uint32_t rounds = step < handshake_steps ? 0 : (step - handshake_steps) / 2; // that are over
    const std::uint32_t begin = number + 1 + rounds * segment_length;                       // of the client's data
    constexpr std::uint16_t syn = 2, ack = 16;

    // 10,000 connections send a segment each within 0.1 s: few enough in half a second that no connection needs the long memory of the rules.
    const std::uint64_t microseconds = 10 * packet_number;
    segment made{.time = tcplens::timestamp{std::chrono::microseconds{microseconds}},
                 .packet_number = packet_number,
                 .source = from_client ? client : server,
                 .destination = from_client ? server : client,
                 .window = 502,
                 .hop_limit = 64};
    made.flags = {static_cast<std::uint16_t>((step < 2 ? syn : 0) | (step > 0 ? ack : 0))};
    made.sequence = {step < 2 ? number : from_client ? begin : number + 1};
    made.acknowledgment = {step == 0 ? 0 : from_client || step == 1 ? number + 1 : begin + segment_length};
    made.payload_length = is_data ? segment_length : 0;
    made.ip_length = 52 + made.payload_length;
    made.wire_length = made.ip_length + 14;
    made.ip_id = static_cast<std::uint16_t>(number + step);
    made.options.timestamps = tcplens::tcp_timestamps{.value = static_cast<std::uint32_t>(microseconds / 1000),
                                                      .echo = static_cast<std::uint32_t>(microseconds / 1000)};
    return made;
}

struct measurement {
    double nanoseconds = 0;            ///< a packet of a connection that is known
    double making = 0;                 ///< of which to make the segment
    double bytes = 0;                  ///< a connection
    double peak_bytes = 0;             ///< a connection, while it was reached
    std::size_t begin_allocations = 0; ///< in all, for the beginning of all connections
    std::size_t allocations = 0;       ///< after that
};

std::uint32_t measured_packets = 2'000'000;

/// Calls `use(segments)` for packets of all connections in turn, in an order that no prefetcher knows.
template <class Use>
void for_each_batch(std::uint32_t connections, Use&& use) {
    constexpr std::uint64_t stride = 2'654'435'761; // a prime, so that every connection has its turn
    std::array<segment, 128> batch;
    std::size_t count = 0;
    std::uint64_t at = 0;
    for (std::uint32_t packet = 0; packet < measured_packets; ++packet) {
        at = (at + stride) % connections;
        batch[count] = make_segment(static_cast<std::uint32_t>(at), handshake_steps + packet / connections,
                                    handshake_steps * connections + packet);
        if (++count < batch.size()) continue;
        use(std::span<const segment>{batch});
        count = 0;
    }
    if (count > 0) use(std::span<const segment>{batch}.first(count));
}

template <class Action>
double nanoseconds_a_packet(Action&& action) {
    const std::clock_t begin = std::clock(); // processor time, which a busy machine disturbs least
    action();
    return static_cast<double>(std::clock() - begin) * (1e9 / CLOCKS_PER_SEC) / measured_packets;
}

template <class Rules>
measurement measure(std::uint32_t connections) {
    measurement made;
    counted = {};
    tcplens::basic_connection_table<Rules> table;
    for (std::uint32_t step = 0; step < handshake_steps; ++step) {
        for (std::uint32_t number = 0; number < connections; ++number) {
            table.add(make_segment(number, step, std::uint64_t{step} * connections + number));
        }
    }
    made.bytes = static_cast<double>(counted.bytes) / connections;
    made.peak_bytes = static_cast<double>(counted.peak_bytes) / connections;
    made.begin_allocations = counted.count;

    std::uint64_t checksum = 0;
    made.making = nanoseconds_a_packet([&] {
        for_each_batch(connections, [&](std::span<const segment> batch) { checksum += batch.back().sequence.value; });
    });
    made.nanoseconds = nanoseconds_a_packet(
        [&] { for_each_batch(connections, [&](std::span<const segment> batch) { table.add_all(batch); }); });
    made.allocations = counted.count - made.begin_allocations;
    if (table.size() != connections || checksum == 0) std::abort();
    return made;
}

/// In a process of its own.
measurement measure_apart(measurement (*of)(std::uint32_t), std::uint32_t connections) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    if (fork() == 0) {
        const measurement made = of(connections);
        _exit(write(ends[1], &made, sizeof made) == sizeof made ? 0 : 1);
    }
    close(ends[1]);
    measurement made;
    const bool good = read(ends[0], &made, sizeof made) == sizeof made;
    close(ends[0]);
    wait(nullptr);
    if (!good) std::abort();
    return made;
}

struct contestant {
    std::string_view name;
    measurement (*of)(std::uint32_t);
    bool remembers_packets = false; ///< of the whole table: its memory grows with each packet
};

constexpr contestant contestants[]{
    {"evidence_rules", measure<tcplens::evidence_rules>},
    {"wireshark_rules", measure<tcplens::wireshark_rules>},
    {"repeated_sequence_rules", measure<tcplens::repeated_sequence_rules>, true},
};

constexpr int repetitions = 3;

} // namespace

/// bench_scale [the largest number of connections [the number of packets that are measured]]
int main(int argc, char** argv) {
    const long largest = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 1'000'000;
    if (argc > 2) measured_packets = static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10));
    bool good = true;
    std::cout << std::fixed << std::setprecision(1);
    for (const contestant& each : contestants) {
        std::cout << each.name << '\n';
        std::optional<double> least_of_all;
        for (std::uint32_t connections = 10'000; static_cast<long>(connections) <= largest; connections *= 10) {
            measurement best;
            for (int repetition = 0; repetition < repetitions; ++repetition) {
                const measurement made = measure_apart(each.of, connections);
                if (repetition == 0 || made.nanoseconds - made.making < best.nanoseconds - best.making) best = made;
            }
            const double cost = best.nanoseconds - best.making;
            if (!least_of_all) least_of_all = cost;
            std::cout << std::setw(10) << connections << " open: " << cost << " ns a packet (x " << std::setprecision(2)
                      << cost / *least_of_all << std::setprecision(1) << "), " << best.bytes
                      << " bytes a connection, at the peak " << best.peak_bytes << " ("
                      << best.peak_bytes * connections / (1 << 20) << " MiB in all), " << best.begin_allocations
                      << " allocations to begin them, " << best.allocations << " after that\n";
            if (best.allocations > 0 && !each.remembers_packets) good = false;
        }
    }
    return good ? 0 : 1;
}
