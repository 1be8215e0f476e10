// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection/side.hpp>
#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/segment.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/// Segments of one connection, made by hand where a test needs numbers, times or fields that a story has no words for.
///
///     segment_script script;
///     table.add(script.client(segment_script::syn, 0, 0));
///     table.add(script.server(segment_script::syn | segment_script::ack, 0, 1));
///
/// Sequence numbers are relative to the initial sequence number of their sender: a SYN is 0, data begins at 1. Each segment is at
/// `now`, and `step` after the one before. What is returned is for the test to change, until it makes the next segment.
struct segment_script {
    static constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20, ece = 0x40,
                                   cwr = 0x80;
    /// The moment of the first segment.
    static constexpr tcplens::timestamp start{std::chrono::hours{24 * 365 * 50}};

    [[nodiscard]] static tcplens::endpoint host(std::string_view address, std::uint16_t port) {
        return {tcplens::address::parse(address).value(), port};
    }

    std::array<tcplens::endpoint, 2> ends{host("192.0.2.1", 40000), host("192.0.2.2", 443)}; ///< client, server
    std::array<std::uint32_t, 2> initial{0xffff'fff0, 0xffff'fff0}; ///< by default the numbers soon cross 2^32
    std::array<std::uint16_t, 2> last_ip_id{};
    std::chrono::nanoseconds now{};  ///< since `start`
    std::chrono::nanoseconds step{}; ///< added to `now` before each segment
    std::uint64_t packets = 0;       ///< how many were made
    std::vector<tcplens::segment> segments{};

    tcplens::segment& client(unsigned flags, std::int64_t sequence, std::int64_t acknowledges,
                             std::uint32_t length = 0) {
        return make(0, flags, sequence, acknowledges, length);
    }
    tcplens::segment& server(unsigned flags, std::int64_t sequence, std::int64_t acknowledges,
                             std::uint32_t length = 0) {
        return make(1, flags, sequence, acknowledges, length);
    }
    /// A segment of the client (0) or the server (1). Without ACK it acknowledges nothing, whatever is asked for.
    tcplens::segment& make(std::size_t sender, unsigned flags, std::int64_t sequence, std::int64_t acknowledges,
                           std::uint32_t length = 0) {
        now += step;
        tcplens::segment& made = segments.emplace_back();
        made.time = start + now;
        made.packet_number = ++packets;
        made.source = ends[sender];
        made.destination = ends[1 - sender];
        made.sequence = number(sender, sequence);
        if ((flags & ack) != 0) made.acknowledgment = number(1 - sender, acknowledges);
        made.payload_length = made.captured_payload = length;
        made.wire_length = 60 + length;
        made.window = 8192;
        made.flags.bits = static_cast<std::uint16_t>(flags);
        made.ip_id = ++last_ip_id[sender];
        return made;
    }
    /// SYN, SYN-ACK, ACK.
    void open() {
        client(syn, 0, 0);
        server(syn | ack, 0, 1);
        client(ack, 1, 1);
    }
    /// Another incarnation: from now on both initial sequence numbers are so much higher.
    void reopen(std::uint32_t higher) {
        for (std::uint32_t& number : initial) number += higher;
    }
    /// What a relative sequence number of a sender is on the wire.
    [[nodiscard]] tcplens::sequence_number number(std::size_t sender, std::int64_t relative) const {
        return {initial[sender] + static_cast<std::uint32_t>(relative)};
    }
};

/// A table, and a script whose segments it gets at once, each at the time that the test names.
template <class Table>
struct scripted_table {
    Table table;
    segment_script script{};

    tcplens::add_result<> client(std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
                                 std::int64_t acknowledges, std::uint32_t length = 0) {
        return say(0, at, flags, sequence, acknowledges, length);
    }
    tcplens::add_result<> server(std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
                                 std::int64_t acknowledges, std::uint32_t length = 0) {
        return say(1, at, flags, sequence, acknowledges, length);
    }
    tcplens::add_result<> say(std::size_t sender, std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
                              std::int64_t acknowledges, std::uint32_t length = 0) {
        script.now = at;
        return table.add(script.make(sender, flags, sequence, acknowledges, length));
    }
    /// The handshake: a SYN at 0, its SYN-ACK after `to_server`, and an ACK 1 ms later.
    void open(std::chrono::nanoseconds to_server = std::chrono::milliseconds{1}) {
        client({}, segment_script::syn, 0, 0);
        server(to_server, segment_script::syn | segment_script::ack, 0, 1);
        client(to_server + std::chrono::milliseconds{1}, segment_script::ack, 1, 1);
    }
};
