// SPDX-License-Identifier: MIT
// Writes the first inputs of fuzz_restore into the folder that is its argument (tests/fuzz/corpus).

#include "../support/packet_builder.hpp"
#include "../support/random_traffic.hpp"

#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

int main(int count, char** arguments) {
    if (count != 2) return 2;
    const std::filesystem::path folder = std::filesystem::path{arguments[1]} / "fuzz_restore";
    std::filesystem::create_directories(folder);

    // `which`: as the fuzz target numbers its tables
    const auto write = [&](const std::string& name, char which, const auto& table) {
        const std::vector<std::byte> saved = save(table);
        std::ofstream file{folder / name, std::ios::binary};
        file.put(which);
        file.write(reinterpret_cast<const char*>(saved.data()), static_cast<std::streamsize>(saved.size()));
    };
    const auto seed = [&](const std::string& name, char which, auto table, int segments) {
        random_traffic traffic{5, 2};
        for (int i = 0; i < segments; ++i) table.add(traffic.next(), [](const connection&, end_reason) {});
        write(name, which, table);
    };
    const table_options any{.hash_key = hash_key{1}};
    const table_options few{.hash_key = hash_key{1}, .max_connections = 9};
    for (const auto& [suffix, segments] : {std::pair{"_empty", 0}, std::pair{"_short", 5}, std::pair{"_long", 60}}) {
        seed(std::string{"evidence"} + suffix, 0, connection_table{any}, segments);
        seed(std::string{"full"} + suffix, 1, connection_table{few, evidence_rules{2}}, segments);
        seed(std::string{"wireshark"} + suffix, 2,
             basic_connection_table{any, wireshark_rules{}, wireshark_round_trips{16}}, segments);
        seed(std::string{"repeated_sequence"} + suffix, 3,
             basic_connection_table{any, repeated_sequence_rules{16, hash_key{1}}, basic_trace_observer<4>{}},
             segments);
        seed(std::string{"zeek"} + suffix, 4, basic_connection_table{any, zeek_rules{}, zeek_observer{}}, segments);
        seed(std::string{"detailed"} + suffix, 5, detailed_connection_table{any}, segments / 2);
    }

    // Packets of which the first, the last, or both pieces have come.
    connection_table waiting{any};
    for (const std::size_t kind : {1u, 2u, 3u}) {
        const packet_builder::tcp_packet_options of{
            .ip_id = static_cast<std::uint16_t>(kind), .dont_fragment = false, .payload_length = 20};
        const auto add = [&](std::size_t begin, std::size_t end) {
            const auto bytes = framed_tcp_fragment(of, begin, end);
            waiting.add(timestamp{}, link_type::ethernet, bytes, bytes.size());
        };
        if ((kind & 1) != 0) add(0, 24);
        if ((kind & 2) != 0) add(32, 1000);
    }
    write("evidence_fragments", 0, waiting);
}
