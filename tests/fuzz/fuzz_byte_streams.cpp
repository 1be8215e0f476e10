// SPDX-License-Identifier: MIT
#include "require.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/streams/stream_observer.hpp>
#include <tcplens/connection/table/basic_connection_table.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace {

using namespace tcplens;

/// What one side of a script sends at a sequence number; `variant` is another content of the same byte.
std::byte content(unsigned sender, std::uint32_t sequence, unsigned variant) {
    return static_cast<std::byte>(((sequence * 0x9e3779b1u) >> 24) + sender + variant * 0x55);
}

/// What must hold of all events of one direction.
struct seen_direction {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t conflicting = 0;
    bool ended = false;
};

struct checking_sink {
    using key = std::pair<std::uint64_t, bool>;

    /// Of a script whose first segment is a SYN: the number behind it, so that contents can be checked. By sender: 0, the client.
    std::array<std::optional<std::uint32_t>, 2>* bases = nullptr;
    std::map<key, seen_direction>* all = nullptr;
    timestamp last{};

    seen_direction& next(const auto& event, std::uint64_t length) {
        require(event.connection.number < 1u << 30);
        // Roles may change, sides do not: the key is the sender, by its address.
        const endpoint& sender =
            event.direction == direction::client_to_server ? event.connection.client : event.connection.server;
        const endpoint& receiver =
            event.direction == direction::client_to_server ? event.connection.server : event.connection.client;
        seen_direction& of = (*all)[{event.connection.number, sender < receiver}];
        if (sender == receiver) return of; // both directions have one key
        require(!of.ended);
        require(event.offset == of.offset);
        of.offset += length;
        return of;
    }
    void data(const byte_stream::data& told) {
        require(!told.bytes.empty());
        seen_direction& of = next(told, told.bytes.size());
        of.bytes += told.bytes.size();
        if (bases == nullptr) return;
        const unsigned sender = told.direction == direction::client_to_server ? 0 : 1;
        if (!(*bases)[sender]) return;
        for (std::size_t i = 0; i < told.bytes.size(); ++i) {
            const auto sequence = static_cast<std::uint32_t>(*(*bases)[sender] + told.offset + i);
            require(told.bytes[i] == content(sender, sequence, 0) || told.bytes[i] == content(sender, sequence, 1));
        }
    }
    void gap(const byte_stream::gap& told) {
        require(told.length > 0);
        require(to_string(told.reason).size() > 3);
        next(told, told.length);
    }
    void conflict(const byte_stream::conflict& told) const {
        require(!told.earlier.empty() && told.earlier.size() == told.later.size());
        require(told.earlier.front() != told.later.front() && told.earlier.back() != told.later.back());
    }
    void end(const byte_stream::end& told) { next(told, 0).ended = true; }
};

template <class Table>
void require_sound(Table& table, const std::map<checking_sink::key, seen_direction>& all,
                   const byte_stream::options& how) {
    require(table.template observer<stream_observer<checking_sink>>().waiting_bytes() <=
            std::max<std::uint64_t>(how.table_bytes, detail::held_block::size));
    table.flush([&](const auto& left, end_reason) {
        for (const direction way : {direction::client_to_server, direction::server_to_client}) {
            const byte_stream& told = left.streams.of(way);
            const auto& [client, server] = std::pair{left.client, left.server};
            const bool lower = way == direction::client_to_server ? client < server : server < client;
            const auto found = all.find({left.number, lower});
            const seen_direction expected = found == all.end() ? seen_direction{} : found->second;
            if (client == server) continue; // both directions have one key
            require(told.length() == expected.offset && told.bytes == expected.bytes);
            require(told.ended == expected.ended);
            // What was begun is ended.
            require(expected.ended || expected.offset == 0);
        }
    });
    require(table.template observer<stream_observer<checking_sink>>().waiting_bytes() == 0);
}

/// Reads numbers from the input; zeros behind its end.
class script {
public:
    explicit script(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    std::uint8_t take() {
        if (rest_.empty()) return 0;
        const std::uint8_t value = rest_.front();
        rest_ = rest_.subspan(1);
        return value;
    }

private:
    std::span<const std::uint8_t> rest_;
};

byte_stream::options options_of(script& from) {
    const std::uint8_t bits = from.take();
    return {.direction_bytes = 2048u << (bits & 3),
            .table_bytes = std::uint64_t{4096} << ((bits >> 2) & 3),
            .remembered_bytes = (bits & 16) != 0 ? 64u : 0u,
            .remembered_directions = 1u + (bits >> 7),
            .longest_wait = std::chrono::milliseconds{50},
            .overlaps = static_cast<byte_stream::overlap_policy>((bits >> 5) & 3),
            .awaits_acknowledged = (bits & 4) != 0,
            .urgent = (bits & 64) != 0 ? byte_stream::urgent_policy::in_line : byte_stream::urgent_policy::skipped,
            .reserve = (bits & 128) != 0};
}

void put(std::vector<std::byte>& frame, std::uint64_t value, int bytes) {
    while (bytes-- > 0) frame.push_back(static_cast<std::byte>((value >> (8 * bytes)) & 0xff));
}

struct sent_segment {
    unsigned sender = 0;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    std::uint16_t flags = 0x10;
    std::uint16_t window = 0;
    std::uint16_t urgent = 0;
    std::uint32_t length = 0;
    unsigned variant = 0;
};

/// LINKTYPE_IPV4: an IP packet with a TCP segment, without checksums.
std::vector<std::byte> frame_of(const sent_segment& of) {
    std::vector<std::byte> frame;
    const bool scaled = (of.flags & 2) != 0;
    put(frame, 0x4500, 2);
    put(frame, 40 + (scaled ? 4 : 0) + of.length, 2);
    put(frame, 0x0000'0000'4006'0000, 8);
    put(frame, 0x0a000001 + of.sender, 4);
    put(frame, 0x0a000002 - of.sender, 4);
    put(frame, of.sender == 0 ? 4000 : 80, 2);
    put(frame, of.sender == 0 ? 80 : 4000, 2);
    put(frame, of.sequence, 4);
    put(frame, of.acknowledgment, 4);
    put(frame, (scaled ? 0x6000u : 0x5000u) | of.flags, 2);
    put(frame, of.window, 2);
    put(frame, of.urgent, 4);
    if (scaled) put(frame, 0x03030201, 4);
    const std::uint32_t first = of.sequence + (scaled ? 1 : 0);
    for (std::uint32_t i = 0; i < of.length; ++i) frame.push_back(content(of.sender, first + i, of.variant));
    return frame;
}

/// A script of segments of one connection, near each other in sequence numbers.
void follow_script(std::span<const std::uint8_t> input) {
    script from{input};
    const byte_stream::options how = options_of(from);
    const std::uint8_t start = from.take();
    const std::array<std::uint32_t, 2> initial{start % 2 == 0 ? 1000u : 0xffff'ff00u,
                                               start % 4 < 2 ? 500'000u : 0x7fff'fff0u};
    std::array<std::optional<std::uint32_t>, 2> bases;
    std::map<checking_sink::key, seen_direction> all;
    const bool opens = (start & 8) != 0;
    if (opens) bases = {initial[0] + 1, initial[1] + 1};
    basic_connection_table table{table_options{.split_incarnations = false, .hash_key = hash_key{1}}, evidence_rules{},
                                 stream_observer{checking_sink{.bases = opens ? &bases : nullptr, .all = &all}, how}};

    timestamp now{std::chrono::hours{400'000}};
    std::uint64_t number = 0;
    const auto add = [&](const sent_segment& next, std::size_t captured) {
        const std::vector<std::byte> frame = frame_of(next);
        table.add(packet{.time = now,
                         .bytes = std::span{frame}.first(std::min(captured, frame.size())),
                         .wire_length = static_cast<std::uint32_t>(frame.size()),
                         .link = link_type::ipv4,
                         .number = ++number});
    };
    if (opens) {
        add({.sequence = initial[0], .flags = 0x02, .window = 100, .length = start / 16u}, 65535);
        add({.sender = 1,
             .sequence = initial[1],
             .acknowledgment = initial[0] + 1 + ((start & 4) != 0 ? start / 16u : 0u),
             .flags = 0x12,
             .window = 200},
            65535);
    }
    while (!from.empty()) {
        const std::uint8_t kind = from.take();
        sent_segment next{.sender = kind & 1u};
        next.variant = (kind >> 1) & 1;
        const std::uint32_t scale = 1u << (from.take() % 12);
        next.sequence = initial[next.sender] + 1 + from.take() * scale;
        next.acknowledgment = initial[1 - next.sender] + 1 + from.take() * scale;
        next.window = static_cast<std::uint16_t>(from.take() * 16);
        next.length = from.take() * ((kind & 4) != 0 ? 8u : 1u);
        const std::uint8_t how_sent = from.take();
        if (how_sent < 8) next.flags |= 0x01;
        else if (how_sent == 8) next.flags = 0x04;
        else if (how_sent == 9) next.flags = 0x14;
        else if (how_sent == 10) next.flags = 0x00;
        else if (how_sent < 16) next.flags |= 0x20;
        else if (how_sent == 16 && !opens) next.flags = 0x02;
        next.urgent = from.empty() ? 0 : how_sent % 16;
        now += std::chrono::milliseconds{kind >> 4};
        add(next, (kind & 8) != 0 ? 40u + how_sent : 65535u);
    }
    require_sound(table, all, how);
}

/// A capture.
void follow_capture(std::span<const std::uint8_t> input) {
    script from{input.last(std::min<std::size_t>(input.size(), 2))};
    const byte_stream::options how = options_of(from);
    std::map<checking_sink::key, seen_direction> all;
    std::map<checking_sink::key, seen_direction> again;
    basic_connection_table table{table_options{.hash_key = hash_key{1}}, evidence_rules{},
                                 stream_observer{checking_sink{.all = &all}, how}};
    basic_connection_table one_by_one{table_options{.hash_key = hash_key{1}}, evidence_rules{},
                                      stream_observer{checking_sink{.all = &again}, how}};
    capture_reader reader{std::as_bytes(input)};
    table.add_all(reader);
    capture_reader second{std::as_bytes(input)};
    for (const packet& each : second) one_by_one.add(each);
    auto other = one_by_one.begin();
    for (const auto& each : table) require(each.streams == (other++)->streams);
    require_sound(table, all, how);
    require_sound(one_by_one, again, how);
}

} // namespace

// Input: a capture, or a script: a byte of options, one of how the connection begins, and eight a segment.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input{data, size};
    if (detail::detect_format(std::as_bytes(input)) == capture_format::unknown) follow_script(input);
    else follow_capture(input);
    return 0;
}
