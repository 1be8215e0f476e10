// SPDX-License-Identifier: MIT
// fwd.hpp comes before everything: its declarations must be those of the definitions that follow.
#include <tcplens/fwd.hpp>

namespace {

// Names are enough for this.
struct uses_names {
    const tcplens::packet* packet;
    const tcplens::segment* segment;
    const tcplens::connection* connection;
    const tcplens::connections_report* report;
    tcplens::end_reason reason;
    tcplens::verdict_kinds kinds;
};

} // namespace

#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/joined/connection_joiner.hpp>
#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>
#include <tcplens/tcplens.hpp>

#include <doctest/doctest.h>

TEST_CASE("forward declarations: a struct that was declared with them holds the types that are defined later") {
    const tcplens::packet packet{.number = 7};
    const uses_names names{.packet = &packet,
                           .segment = nullptr,
                           .connection = nullptr,
                           .report = nullptr,
                           .reason = tcplens::end_reason::reset,
                           .kinds = tcplens::verdict_kinds::duplicate};
    CHECK(names.packet->number == 7);
    CHECK(to_string(names.reason) == "reset");
    CHECK(to_string(names.kinds) == "duplicate");
}
