// SPDX-License-Identifier: MIT
#include <tcplens/analysis/terms/connection_facts.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>

using namespace std::chrono_literals;
using namespace tcplens;

TEST_CASE("facts of a connection: the round trip is that of the handshake, or both directions' least together") {
    detailed_connection of;
    CHECK(detail::round_trip_of(of) == std::nullopt);
    CHECK(detail::round_trip_of(static_cast<const connection&>(of)) == std::nullopt);
    of.profile.client_to_server.round_trip.count = 1;
    of.profile.client_to_server.round_trip.least = 3ms;
    CHECK(detail::round_trip_of(of) == std::nullopt); // of one direction
    of.profile.server_to_client.round_trip.count = 1;
    of.profile.server_to_client.round_trip.least = 5ms;
    CHECK(detail::round_trip_of(of) == 8ms);
    of.profile.client_to_server.round_trip.count = 0;
    CHECK(detail::round_trip_of(of) == std::nullopt);
}

TEST_CASE("facts of a connection: it lasts from its first packet to its last, and no negative time") {
    connection of;
    CHECK(detail::duration_of(of) == 0ns);
    of.first_time = timestamp{10s};
    of.last_time = timestamp{12s};
    CHECK(detail::duration_of(of) == 2s);
    of.last_time = timestamp{9s};
    CHECK(detail::duration_of(of) == 0ns);
    of.first_time = (timestamp::min)();
    of.last_time = (timestamp::max)();
    CHECK(detail::duration_of(of) == (std::chrono::nanoseconds::max)());
}
