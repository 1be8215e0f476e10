// SPDX-License-Identifier: MIT
#include "../support/packet_builder.hpp"
#include "../support/random_traffic.hpp"
#include "../support/saved_bytes.hpp"
#include "require.hpp"

#include <tcplens/analysis.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

/// What is restored, if anything is, goes on, and can be saved and restored again.
template <class Make>
void follow(std::span<const std::byte> saved, const Make& make) {
    auto table = make();
    using table_type = decltype(table);
    if (restore(table, saved)) return;
    std::uint64_t left = 0;
    const auto on_end = [&](const connection&, end_reason) { ++left; };
    const std::uint64_t left_before = table.counters().ended();

    const std::vector<std::byte> same = save(table);
    auto second = make();
    require(!restore(second, same));
    require(save(second) == same);

    random_traffic traffic{crc32c(saved), 2};
    random_traffic same_traffic = traffic;
    for (const connection& each : table) {
        traffic.also(each.client, each.server, each.network);
        same_traffic.also(each.client, each.server, each.network);
    }
    for (int i = 0; i < 100; ++i) {
        const segment next = traffic.next();
        const add_result added = i % 4 == 0 ? table.add(next) : table.add(next, on_end);
        const segment same_next = same_traffic.next();
        const add_result expected =
            i % 4 == 0 ? second.add(same_next) : second.add(same_next, [](const auto&, auto) {});
        require(added.verdict == expected.verdict && added.direction == expected.direction);
    }
    for (std::uint16_t id = 1; id <= 3; ++id) { // of what make_restore_seeds left incomplete
        const packet_builder::tcp_packet_options of{.ip_id = id, .dont_fragment = false, .payload_length = 20};
        for (const std::size_t begin : {0u, 24u, 16u, 32u}) {
            const auto bytes = framed_tcp_fragment(of, begin, begin + (begin == 24 ? 8 : 24));
            const add_result added = table.add(timestamp{}, link_type::ethernet, bytes, bytes.size());
            require(added.outcome == second.add(timestamp{}, link_type::ethernet, bytes, bytes.size()).outcome);
        }
    }
    require(std::ranges::equal(table, second));
    require(table.reassembly() == second.reassembly());
    require(table.counters().begun == table.counters().ended() + table.counters().open);
    std::uint64_t size = 0;
    for (const connection& each : table) size += each.number < table.counters().begun;
    require(size == table.size());
    require(analyze_connections(table, {.limit = SIZE_MAX}).connections.size() == size);
    require(analyze_anomalies(table).statistics.total_connections == size);

    table_type moved = std::move(table);
    moved.flush(on_end);
    require(moved.empty());
    require(left + left_before == moved.counters().ended());
}

} // namespace

// Input: which table, and a saved one, whose checksums are set right.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 + saved_bytes::header_size) return 0;
    const auto input = std::as_bytes(std::span{data, size});
    std::vector<std::byte> saved{input.begin() + 1, input.end()};
    saved_bytes::mend(saved);
    const table_options any{.hash_key = hash_key{1}};
    switch (data[0] % 6) {
    case 0: follow(saved, [&] { return connection_table{any}; }); break;
    case 1:
        follow(saved, [] {
            return connection_table{table_options{.hash_key = hash_key{1}, .max_connections = 9}, evidence_rules{2}};
        });
        break;
    case 2:
        follow(saved, [&] { return basic_connection_table{any, wireshark_rules{}, wireshark_round_trips{16}}; });
        break;
    case 3:
        follow(saved, [&] {
            return basic_connection_table{any, repeated_sequence_rules{16, hash_key{1}}, basic_trace_observer<4>{}};
        });
        break;
    case 4: follow(saved, [&] { return basic_connection_table{any, zeek_rules{}, zeek_observer{}}; }); break;
    case 5: follow(saved, [&] { return detailed_connection_table{any}; }); break;
    }
    return 0;
}
