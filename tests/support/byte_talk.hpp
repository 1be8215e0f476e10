// SPDX-License-Identifier: MIT
#pragma once

#include "packet_builder.hpp"

#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/streams/stream_observer.hpp>
#include <tcplens/connection/table/basic_connection_table.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Writes down what a stream observer tells, a line an event: "> 0 hello" is data of the client from offset 0 on, "< gap 5+3
/// acknowledged", "> conflict 2 ab/xy first", "> end 8 fin".
struct event_writer {
    std::vector<std::string>* events = nullptr;

    void data(const tcplens::byte_stream::data& told) {
        write(told, std::to_string(told.offset) + ' ' + text(told.bytes));
    }
    void gap(const tcplens::byte_stream::gap& told) {
        write(told, "gap " + std::to_string(told.offset) + '+' + std::to_string(told.length) + ' ' +
                        std::string{to_string(told.reason)});
    }
    void conflict(const tcplens::byte_stream::conflict& told) {
        write(told, "conflict " + std::to_string(told.offset) + ' ' + text(told.earlier) + '/' + text(told.later) +
                        (told.later_counts ? " later" : " earlier"));
    }
    void end(const tcplens::byte_stream::end& told) {
        write(told, "end " + std::to_string(told.offset) + ' ' + std::string{to_string(told.reason)});
    }

private:
    [[nodiscard]] static std::string text(std::span<const std::byte> bytes) {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    void write(const auto& told, const std::string& what) {
        events->push_back((told.direction == tcplens::direction::client_to_server ? "> " : "< ") + what);
    }
};

/// Lines as one text.
inline std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& each : lines) text += each + '\n';
    return text;
}

/// Segments with text in them, over Ethernet, and what a stream observer tells of them.
///
///     byte_talk talk;
///     talk.opens();
///     talk.client(1, "hello").server(1, "", {.ack = 6});
///     CHECK(talk.told() == joined({"> 0 hello"}));
class byte_talk {
public:
    static constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack_flag = 0x10, urg = 0x20;
    using lines = std::vector<std::string>;

    struct how {
        std::int64_t ack = -1; ///< relative; by default the one that its sender sent last
        std::uint16_t flags = ack_flag;
        std::int32_t window = -1;     ///< not scaled; by default the one that its sender sent last
        std::size_t captured = 65535; ///< bytes of data that the snapshot length leaves
        std::uint16_t urgent = 0;
        packet_builder::byte_vector options{};
    };

    explicit byte_talk(const tcplens::byte_stream::options& options = {}, std::uint32_t first = 0xffff'fff0u,
                       const tcplens::table_options& table = {})
        : initial{first, first + 77},
          table_(table, tcplens::evidence_rules{}, tcplens::stream_observer{event_writer{&events_}, options}) {}

    byte_talk& client(std::int64_t sequence, std::string_view text) { return client(sequence, text, how{}); }
    byte_talk& client(std::int64_t sequence, std::string_view text, const how& with) {
        return add(0, sequence, text, with);
    }
    byte_talk& server(std::int64_t sequence, std::string_view text) { return server(sequence, text, how{}); }
    byte_talk& server(std::int64_t sequence, std::string_view text, const how& with) {
        return add(1, sequence, text, with);
    }
    /// The handshake, without window scales.
    byte_talk& opens() {
        client(0, "", {.ack = 0, .flags = syn});
        server(0, "", {.ack = 1, .flags = syn | ack_flag});
        return client(1, "", {.ack = 1});
    }
    byte_talk& after(std::chrono::nanoseconds time) {
        now_ += time;
        return *this;
    }
    byte_talk& flush() {
        table_.flush([](const auto&, tcplens::end_reason) {});
        return *this;
    }
    /// What was told since the last call, a line an event.
    lines events() { return std::exchange(events_, {}); }
    /// The same as one text.
    std::string told() { return joined(events()); }
    [[nodiscard]] auto& table() { return table_; }

    std::array<std::uint32_t, 2> initial;

private:
    byte_talk& add(std::size_t sender, std::int64_t sequence, std::string_view text, const how& with) {
        if (with.ack >= 0) acknowledged_[sender] = with.ack;
        if (with.window >= 0) window_[sender] = with.window;
        const auto bytes = std::as_bytes(std::span{text});
        packet_builder::tcp_packet_options of{
            .sequence = static_cast<std::uint32_t>(initial[sender] + sequence),
            .acknowledgment = (with.flags & ack_flag) != 0
                                  ? static_cast<std::uint32_t>(initial[1 - sender] + acknowledged_[sender])
                                  : 0,
            .flags = with.flags,
            .window = static_cast<std::uint16_t>(window_[sender]),
            .options = with.options,
            .payload = {bytes.begin(), bytes.end()}};
        if (sender == 1) std::swap(of.source, of.destination);
        auto frame = packet_builder::tcp_packet(of);
        const std::size_t header = frame.size() - text.size();
        const std::size_t tcp = 14 + 20;
        frame[tcp + 18] = static_cast<std::byte>(with.urgent >> 8);
        frame[tcp + 19] = static_cast<std::byte>(with.urgent & 0xff);
        // In memory of its own, which ends where the captured bytes do.
        const packet_builder::captured_packet captured{
            frame,
            {.snapshot_length = header + std::min(with.captured, text.size()), .time = now_, .number = ++number_}};
        table_.add(*captured);
        now_ += std::chrono::milliseconds{1};
        return *this;
    }

    lines events_{};
    tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::stream_observer<event_writer>> table_;
    std::array<std::int64_t, 2> acknowledged_{0, 0};
    std::array<std::int32_t, 2> window_{60000, 60000};
    tcplens::timestamp now_{std::chrono::hours{400'000}};
    std::uint64_t number_ = 0;
};
