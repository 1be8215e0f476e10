// SPDX-License-Identifier: MIT
// What facts answer when parts of them are absent.
#include <tcplens/connection/observers/connection_irregularities.hpp>
#include <tcplens/connection/observers/connection_opening.hpp>
#include <tcplens/connection/observers/direction_profile.hpp>
#include <tcplens/connection/observers/direction_skew.hpp>
#include <tcplens/connection/tracking/round_trip_statistics.hpp>
#include <tcplens/connection/verdict.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace tcplens;
using namespace std::chrono_literals;

TEST_CASE("facts: nothing is agreed unless both SYNs were captured with their options") {
    connection_opening opening;
    CHECK_FALSE(opening.agreed());
    opening.client.count = 1;
    CHECK_FALSE(opening.agreed());
    opening.server.count = 1;
    REQUIRE(opening.agreed());
    CHECK_FALSE(opening.agreed()->window_scale);
    CHECK_FALSE(opening.agreed()->maximum_segment_size);
    for (auto* const offers : {&opening.client.offers, &opening.server.offers}) {
        offers->cut = true;
        CHECK_FALSE(opening.agreed());
        offers->cut = false;
        offers->window_scale = 7;
        offers->sack = true;
        offers->timestamps = true;
        offers->ecn = true;
        offers->maximum_segment_size = offers == &opening.client.offers ? std::uint16_t{1460} : std::uint16_t{1400};
        const bool is_both = offers == &opening.server.offers;
        CHECK(opening.agreed()->window_scale == is_both);
        CHECK(opening.agreed()->sack == is_both);
        CHECK(opening.agreed()->timestamps == is_both);
        CHECK(opening.agreed()->ecn == is_both);
        CHECK(opening.agreed()->maximum_segment_size.has_value() == is_both);
    }
    CHECK(opening.agreed()->maximum_segment_size == 1400);
    opening.simultaneous = true; // RFC 3168 6.1.1: neither is a SYN-ACK
    CHECK_FALSE(opening.agreed()->ecn);
}

TEST_CASE("facts: a handshake has a round trip if both halves have one") {
    connection_opening::handshake_times times;
    CHECK_FALSE(times.rtt());
    times.to_server = connection_opening::handshake_half{};
    CHECK_FALSE(times.rtt());
    times.to_client = connection_opening::handshake_half{};
    CHECK(times.rtt().has_value() == (times.to_server->rtt().has_value() && times.to_client->rtt().has_value()));
    CHECK(times.certain() == (times.rtt() && times.to_server->certain && times.to_client->certain));
}

TEST_CASE("facts: means, rates and lengths of nothing are 0 or absent") {
    direction_profile::window_statistics window;
    CHECK(window.mean() == 0);
    window.packets = 4;
    window.total = 10;
    CHECK(window.mean() == 2.5);
    direction_profile::flight_statistics flight;
    CHECK(flight.mean() == 0);
    CHECK(flight.mean_over_time() == 0);
    flight.samples = 2;
    flight.total = 30;
    flight.byte_seconds = 50;
    flight.watched = 2s;
    CHECK(flight.mean() == 15);
    CHECK(flight.mean_over_time() == 25);
    direction_profile profile;
    CHECK(profile.capture_loss_rate() == 0);
    CHECK_FALSE(profile.stream_length());
    profile.stream_bytes = 100;
    profile.unique_bytes = 75;
    CHECK(profile.capture_loss_rate() == 0.25);
    profile.stream_begins = true;
    CHECK_FALSE(profile.stream_length());
    profile.stream_ends = true;
    CHECK(profile.stream_length() == 100);
    CHECK(profile.goodput(0s) == 0);
    CHECK(profile.goodput(5s) == 15);
}

TEST_CASE("facts: a skew is proven by one direction, and varies if both prove one") {
    direction_skew skew;
    CHECK_FALSE(skew.lowest());
    CHECK_FALSE(skew.highest());
    CHECK_FALSE(skew.estimate());
    direction_skew::totals totals;
    totals.add(skew);
    CHECK(totals == direction_skew::totals{});
    skew.to_client = {.count = 9, .early = 9, .least = -5ms};
    CHECK(skew.lowest() == 5ms);
    CHECK(skew.estimate() == 5ms);
    totals.add(skew);
    CHECK(totals.connections == 0); // in both directions
    CHECK(totals.skewed == 1);
    CHECK(totals.at_least == 5ms);
    CHECK_FALSE(totals.at_most);
    skew.to_server = {.count = 9, .early = 0, .least = 8ms};
    totals.add(skew);
    CHECK(totals.connections == 1);
    CHECK(totals.at_most == 8ms);
    skew.to_server = {.count = 9, .early = 9, .least = -7ms};
    CHECK(skew.varies());
    CHECK_FALSE(skew.estimate());
    totals.add(skew);
    CHECK(totals.varying == 1);
    CHECK(totals.at_least == 7ms);
    direction_skew::totals sum;
    sum.add(totals);
    CHECK(sum == totals);
    skew.to_server.least.reset(); // early answers without a time prove, but bound nothing
    skew.to_client = {};
    direction_skew::totals without;
    without.add(skew);
    CHECK(without.skewed == 1);
    CHECK_FALSE(without.at_least);
}

TEST_CASE("facts: enumerators have names, and values beyond them have none") {
    CHECK(to_string(verdict::certainty_level::likely) == "likely");
    CHECK(to_string(static_cast<verdict::certainty_level>(77)).empty());
    CHECK(to_string(verdict_kinds::none).empty());
}
