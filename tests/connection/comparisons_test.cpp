// SPDX-License-Identifier: MIT
// What connections and their facts are equal by: all of their members.
#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/filters/filter_terms.hpp>
#include <tcplens/connection/joined/connection_trace.hpp>
#include <tcplens/connection/joined/joined_connection.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/connection/observers/time_series.hpp>
#include <tcplens/connection/rules/evidence/side_state.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include "../support/comparisons.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace tcplens;
using comparisons::check_members;

TEST_CASE("connections are equal if all members are") {
    check_members(connection{});
    check_members(direction_statistics{});
    check_members(verdict{});
    check_members(connection_counters{});
    check_members(detail::port_interval{});
}

TEST_CASE("detailed connections are equal if the connections and all facts are") {
    const detailed_connection original{};
    detailed_connection changed = original;
    CHECK(changed == original);
    changed.number = 1;
    CHECK_FALSE(changed == original);
    changed = original;
    changed.opening.times.syn = timestamp{};
    CHECK_FALSE(changed == original);
    changed = original;
    changed.closing.reset = timestamp{};
    CHECK_FALSE(changed == original);
    changed = original;
    changed.profile.client_to_server.unique_bytes = 1;
    CHECK_FALSE(changed == original);
}

TEST_CASE("facts of openings and closings are equal if all members are") {
    check_members(connection_opening{});
    check_members(connection_opening::offered_options{});
    check_members(connection_opening::agreed_options{});
    check_members(connection_opening::syn_transmissions{});
    check_members(connection_opening::handshake_half{});
    check_members(connection_opening::handshake_times{});
    check_members(opening_observer::facts{});
    check_members(connection_closing{});
    check_members(connection_closing::fin_times{});
    check_members(closing_observer::facts{});
}

TEST_CASE("profiles are equal if all members are") {
    check_members(direction_profile{});
    check_members(direction_profile::window_statistics{});
    check_members(direction_profile::flight_statistics{});
    check_members(direction_profiles{});
    check_members(detail::profile_facts{});
    check_members(round_trip_statistics{});
    check_members(duration_histogram{});
    duration_statistics of_two;
    of_two.add(std::chrono::milliseconds{1});
    of_two.add(std::chrono::milliseconds{2});
    check_members(of_two);
}

TEST_CASE("times are equal if all members are") {
    check_members(time_attribution{});
    check_members(time_attribution::sending_times{});
    check_members(time_observer::facts{});
    check_members(time_series::time_bin{});
    check_members(time_series::direction_bin{});
    check_members(direction_skew{});
    check_members(direction_skew::answer_times{});
    check_members(direction_skew::totals{});
    check_members(skew_observer::facts{});
}

TEST_CASE("irregularities are equal if all members are") {
    check_members(connection_irregularities{});
    check_members(connection_irregularities::reset{});
    check_members(connection_irregularities::occurrence{});
    check_members(irregularity_observer::facts{});
}

TEST_CASE("Zeek's facts are equal if all members are") {
    check_members(zeek_record{});
    check_members(zeek_record::end_counts{});
    check_members(zeek_history{});
    check_members(zeek_observer::facts{});
}

TEST_CASE("remembered segments are equal if all members are") {
    check_members(detail::remembered_segment{});
    check_members(detail::send_stamp{});
    check_members(detail::send_order{});
    check_members(detail::sequence_holes{});
    check_members(detail::least_round_trip{});
    check_members(decltype(detail::evidence::side_state::recent){});
    comparisons::check_bytes(detail::evidence::side_state{});
    comparisons::check_bytes(detail::evidence::connection_state{});
    comparisons::check_bytes(detail::evidence::long_memory{});
    check_members(detail::reordered_originals{});
    check_members(detail::trace_entry{});
    check_members(detail::basic_connection_trace<4>{});
}

TEST_CASE("joined connections are equal if the connections and all doubts are") {
    check_members(joined_connection::retransmission_bounds{});
    const joined_connection original{};
    joined_connection changed = original;
    CHECK(changed == original);
    changed.number = 1;
    CHECK_FALSE(changed == original);
    changed = original;
    changed.parts = 1;
    CHECK_FALSE(changed == original);
    changed = original;
    changed.doubts = join_doubt::order;
    CHECK_FALSE(changed == original);
    for (const auto each : {direction::client_to_server, direction::server_to_client}) {
        changed = original;
        changed.retransmissions(each).at_most = 1;
        CHECK_FALSE(changed == original);
    }
}
