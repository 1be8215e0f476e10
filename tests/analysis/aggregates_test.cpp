// SPDX-License-Identifier: MIT
// docs/serialising.md promises that results are aggregates, so that libraries which find the members by themselves take them.
#include <doctest/doctest.h>
#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/tcplens.hpp>

#include <type_traits>

template <class... Results>
constexpr bool are_aggregates = (std::is_aggregate_v<Results> && ...);

static_assert(are_aggregates<tcplens::connection, tcplens::direction_statistics, tcplens::verdict, tcplens::segment,
                             tcplens::endpoint, tcplens::packet, tcplens::capture_error>);
static_assert(
    are_aggregates<tcplens::connections_report, tcplens::connections_report::totals, tcplens::connections_report::row,
                   tcplens::anomaly_report, tcplens::anomaly_pattern, tcplens::retransmission_report,
                   tcplens::traffic_flow_report, tcplens::observation, tcplens::connection_page,
                   tcplens::connection_page::row, tcplens::server_list, tcplens::server_list::row>);
static_assert(are_aggregates<tcplens::bounded_list<int>, tcplens::connection_opening, tcplens::time_attribution,
                             tcplens::duration_statistics, tcplens::round_trip_statistics>);

TEST_CASE("results are aggregates: members can be found by structured bindings") {
    const tcplens::endpoint at{.address = *tcplens::address::parse("192.0.2.1"), .port = 80};
    const auto& [address, port] = at;
    CHECK(to_string(address) == "192.0.2.1");
    CHECK(port == 80);
}
