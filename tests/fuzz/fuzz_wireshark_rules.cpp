// SPDX-License-Identifier: MIT
#include "../support/wireshark_model.hpp"
#include "require.hpp"
#include "segment_script.hpp"

#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

// wireshark_rules say what a slow second implementation says. Input: how numbers are moved, and a script of segments (see segment_script.hpp).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tcplens;
    if (size < 1 || size > 4096) return 0;
    // Numbers of 0, which Wireshark takes for unknown, do not occur by themselves: those of one side or of both are moved there.
    const std::uint32_t moved[]{(data[0] & 1) != 0 ? 1'000u : 0u, (data[0] & 2) != 0 ? 0x7fff'ff00u : 0u};
    basic_connection_table<wireshark_rules> table;
    wireshark_model model;
    for (segment each : segment_script::read(std::span{data, size}.subspan(1))) {
        const bool to_server = each.destination.port == 443;
        each.sequence = each.sequence - moved[to_server ? 0 : 1];
        if (each.flags.ack()) each.acknowledgment = each.acknowledgment - moved[to_server ? 1 : 0];
        const add_result told = table.add(each);
        const wireshark_model::answer expected = model.hear(each);
        require(told.connection->number == expected.stream);
        require(told.verdict.kinds == expected.kinds);
    }
    return 0;
}
