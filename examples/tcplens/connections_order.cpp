// SPDX-License-Identifier: MIT
#include "connections_order.hpp"

namespace program {

namespace {

using row = tcplens::detailed_connection;

std::optional<std::uint64_t> number(const row& of) {
    return of.number;
}
std::optional<tcplens::timestamp> start(const row& of) {
    return of.first_time;
}
std::optional<std::chrono::nanoseconds> duration(const row& of) {
    return of.time.duration;
}
std::optional<std::uint64_t> wire_bytes(const row& of) {
    return wire_bytes_of(of);
}
std::optional<std::uint64_t> data(const row& of) {
    return unique_bytes_of(of);
}
std::optional<std::uint64_t> packets(const row& of) {
    return packets_of(of);
}
std::optional<std::uint64_t> retransmissions(const row& of) {
    return retransmissions_of(of);
}
std::optional<double> retransmission_rate(const row& of) {
    return static_cast<double>(retransmissions_of(of)) / static_cast<double>(packets_of(of)); // there is a packet
}
template <std::chrono::nanoseconds tcplens::time_attribution::*Part>
std::optional<std::chrono::nanoseconds> part(const row& of) {
    return of.time.*Part;
}

/// Rising: the smallest value comes first, unless it is reversed.
template <auto Key, bool Rising>
int compare(const row& a, const row& b, bool reverse) {
    const auto left = Key(a);
    const auto right = Key(b);
    if (!left || !right) return static_cast<int>(right.has_value()) - static_cast<int>(left.has_value());
    if (*left == *right) return 0;
    return (*left < *right) == (Rising != reverse) ? -1 : 1;
}

using time = tcplens::time_attribution;

constexpr connection_order orders[]{
    {"bytes", "most bytes on the wire", compare<wire_bytes, false>},
    {"data", "most bytes of data, each once", compare<data, false>},
    {"duration", "longest", compare<duration, false>},
    {"packets", "most packets", compare<packets, false>},
    {"retransmissions", "most retransmissions", compare<retransmissions, false>},
    {"retransmission_rate", "most retransmissions a packet", compare<retransmission_rate, false>},
    {"rtt", "longest round trip", compare<round_trip_of, false>},
    {"throughput", "most bytes of data a second", compare<goodput_of, false>},
    {"start", "first to begin", compare<start, true>},
    {"number", "lowest number", compare<number, true>},
    {"handshake", "most time in the handshake", compare<part<&time::handshake>, false>},
    {"path", "most time with data under way", compare<part<&time::path>, false>},
    {"loss", "most time to recover from loss", compare<part<&time::loss_recovery>, false>},
    {"window", "most time with a full receive window", compare<part<&time::receiver_window>, false>},
    {"server", "most time until servers began to answer", compare<part<&time::receiver_application>, false>},
    {"idle", "most time with nothing to send", compare<part<&time::sender_application>, false>},
};

} // namespace

std::span<const connection_order> connection_orders() {
    return orders;
}

} // namespace program
