// SPDX-License-Identifier: MIT
#include "../support/sound_time.hpp"
#include "require.hpp"
#include "segment_script.hpp"

#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

using namespace tcplens;

namespace {

/// The same talk between hosts that have each other's addresses, and their own ports as before.
segment with_exchanged_hosts(segment of) {
    std::swap(of.source.address, of.destination.address);
    return of;
}
connection with_exchanged_hosts(connection of) {
    std::swap(of.client.address, of.server.address);
    return of;
}

std::uint64_t packets_of(const connection& of) {
    return of.client_to_server.packets + of.server_to_client.packets;
}

/// Whatever the addresses, the way of adding and the number of tables, the same is told.
template <class Rules>
void compare_tables(std::span<const segment> segments, const Rules& rules) {
    basic_connection_table whole{table_options{.hash_key = hash_key{1}}, rules};
    basic_connection_table exchanged{table_options{.hash_key = hash_key{2}}, rules};
    basic_connection_table batched{table_options{.hash_key = hash_key{3}}, rules};
    for (const segment& each : segments) {
        const add_result told = whole.add(each);
        const add_result other = exchanged.add(with_exchanged_hosts(each));
        require(told.outcome == packet_outcome::tcp && other.outcome == told.outcome);
        require(other.verdict == told.verdict && other.direction == told.direction);
        require(other.begins_connection == told.begins_connection);
        require(other.connection->number == told.connection->number);
    }
    batched.add_all(segments);
    require(std::ranges::equal(batched, whole));
    require(batched.statistics() == whole.statistics());
    auto other = exchanged.begin();
    std::uint64_t packets = 0;
    for (const connection& each : whole) {
        require(with_exchanged_hosts(*other++) == each);
        packets += packets_of(each);
    }
    require(packets == segments.size());
    if constexpr (requires { requires Rules::per_connection; }) {
        std::vector<connection> found;
        for (std::uint32_t which = 0; which < 3; ++which) { // as packets are dealt out to several tables
            basic_connection_table part{table_options{.hash_key = hash_key{4}}, rules};
            for (const segment& each : segments) {
                if (part.hash_of(each, hash_key{1}) % 3 == which) part.add(each);
            }
            found.insert(found.end(), part.begin(), part.end());
        }
        require(found.size() == whole.size());
        std::ranges::sort(found, {}, &connection::first_packet);
        auto expected = whole.begin();
        for (connection& each : found) {
            each.number = expected->number;
            require(each == *expected++);
        }
    }
}

/// A table that is saved and restored on the way goes on as one that is not, and its facts are sound.
void compare_saved(std::span<const segment> segments, std::size_t stop) {
    detailed_connection_table whole{{.hash_key = hash_key{1}}};
    std::optional<detailed_connection_table> stopping{table_options{.hash_key = hash_key{2}}};
    std::size_t at = 0;
    for (const segment& each : segments) {
        if (at++ == stop) {
            const std::vector<std::byte> saved = save(*stopping);
            detailed_connection_table resumed{{.hash_key = hash_key{3}}};
            require(!restore(resumed, saved));
            require(save(resumed) == saved);
            *stopping = std::move(resumed);
        }
        const auto told = whole.add(each);
        const auto other = stopping->add(each);
        require(told.verdict == other.verdict && *told.connection == *other.connection);
    }
    require(std::ranges::equal(whole, *stopping));
    for (const detailed_connection& each : whole) {
        require(is_sound(each.time));
        require(each.time.duration >= each.last_time - each.first_time);
        for (const auto& [told, counted] : {std::pair{each.profile.client_to_server, each.client_to_server},
                                            std::pair{each.profile.server_to_client, each.server_to_client}}) {
            require(told.unique_bytes + told.retransmitted_bytes + told.probe_bytes + told.duplicate_bytes +
                        told.ignored_bytes ==
                    counted.payload_bytes);
        }
    }
}

/// A bounded table never has more, and accounts for each connection.
void compare_bounded(std::span<const segment> segments, full_policy policy) {
    connection_table table{{.hash_key = hash_key{1}, .max_connections = 2, .full_policy = policy}};
    std::uint64_t ended = 0;
    const auto on_end = [&](const connection& of, end_reason) {
        require(packets_of(of) > 0);
        ++ended;
    };
    for (const segment& each : segments) {
        table.add(each, on_end);
        require(table.size() <= 2);
        require(table.counters().begun == ended + table.size());
    }
    table.flush(on_end);
    require(table.empty() && table.counters().begun == ended);
}

} // namespace

// Input: where a table is saved, and a script of segments (see segment_script.hpp).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 4096) return 0;
    const std::vector<segment> segments = segment_script::read(std::span{data, size}.subspan(1));
    compare_tables(segments, evidence_rules{});
    compare_tables(segments, wireshark_rules{});
    compare_tables(segments, repeated_sequence_rules{64, hash_key{1}});
    compare_tables(segments, zeek_rules{});
    compare_saved(segments, data[0]);
    compare_bounded(segments, full_policy::evict);
    compare_bounded(segments, full_policy::refuse);
    return 0;
}
