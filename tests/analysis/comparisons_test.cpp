// SPDX-License-Identifier: MIT
// What answers are equal by, and in which order their rows are: all of their members.
#include <tcplens/analysis.hpp>
#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/analysis/timeline.hpp>

#include "../support/comparisons.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace tcplens;
using comparisons::check_members;

TEST_CASE("rows are equal if all members are, and ordered by all of them") {
    check_members(connections_report::row{});
    check_members(connections_report::totals{});
    check_members(connection_page::row{});
    check_members(connection_page::direction_totals{});
    check_members(server_list::row{});
    check_members(traffic_flow_report::direction_totals{});
    check_members(connection_name{});
    check_members(flag_counts{});
    check_members(connection_retransmissions{});
    check_members(timeline_report::event{});
    check_members(bounded_list<std::uint64_t>{.items = {1}, .total = 2});
}

TEST_CASE("observations are equal if all members are") {
    check_members(observation{});
    check_members(observation::subject_type{});
    check_members(observation::count{});
    check_members(anomaly_statistics::address_resets{});
}

TEST_CASE("options are equal if all members are") {
    check_members(connections_report::options{});
    check_members(retransmission_report::options{});
    check_members(traffic_flow_report::options{});
    check_members(server_list::options{});
    check_members(anomaly_options{});
    check_members(server_filter{});
}

TEST_CASE("places of a page are ordered by all members") {
    check_members(detail::page_place{.amount = detail::rate_order::of(3, 7, 0)});
}
