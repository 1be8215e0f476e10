// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/send_order.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <optional>

using namespace tcplens;
using namespace tcplens::detail;

namespace {

segment with_id(std::uint16_t id) {
    return {.ip_id = id};
}
segment with_clock(std::uint32_t clock) {
    return {.options = {.timestamps = tcp_timestamps{.value = clock, .echo = 0}}};
}
send_stamp id_stamp(std::uint16_t id) {
    return {.id = id};
}
send_stamp clock_stamp(std::uint32_t clock) {
    return {.clock = clock, .has_clock = true};
}
send_order learnt(std::initializer_list<std::uint16_t> ids) {
    send_order order;
    for (const std::uint16_t id : ids) order.learn(with_id(id));
    return order;
}

} // namespace

TEST_CASE("send stamp: holds the Identification and the clock of a segment, and neither if there is none") {
    CHECK(send_stamp::of(segment{}) == send_stamp{});
    segment sent = with_clock(7);
    sent.ip_id = 9;
    CHECK(send_stamp::of(sent) == send_stamp{.clock = 7, .id = 9, .has_clock = true});
    CHECK(send_stamp::of(with_clock(0)).has_clock);
}

TEST_CASE("send order: Identifications count packets after one small step, or two larger ones") {
    CHECK_FALSE(learnt({100}).counts_packets());
    CHECK(learnt({100, 101}).counts_packets());
    CHECK(learnt({100, 108}).counts_packets());
    CHECK_FALSE(learnt({100, 109}).counts_packets());
    CHECK(learnt({100, 109, 1133}).counts_packets());
    CHECK_FALSE(learnt({100, 109, 1134}).counts_packets());
}

TEST_CASE("send order: an Identification that does not go on takes all trust away") {
    CHECK_FALSE(learnt({100, 101, 101}).counts_packets());
    CHECK_FALSE(learnt({100, 101, 30'000}).counts_packets());
    CHECK_FALSE(learnt({100, 101, 102, 103, 104, 105, 30'000}).counts_packets());
    CHECK(learnt({100, 101, 30'000, 30'001}).counts_packets());
}

TEST_CASE("send order: a packet that comes late changes neither the trust nor the highest Identification") {
    const send_order order = learnt({100, 101, 95});
    CHECK(order.counts_packets());
    CHECK(order.latest_id() == 101);
    CHECK(order.latest() == id_stamp(101));
}

TEST_CASE("send order: an Identification of 0 is none") {
    const send_order order = learnt({0, 100, 0, 101, 0});
    CHECK(order.counts_packets());
    CHECK(order.latest_id() == 101);
    CHECK_FALSE(learnt({0, 0}).id_varies());
}

TEST_CASE("send order: Identifications vary or not from the second packet on, by the last two") {
    CHECK(learnt({100}).id_varies() == std::nullopt);
    CHECK(learnt({100, 101}).id_varies() == true);
    CHECK(learnt({100, 100}).id_varies() == false);
    CHECK(learnt({100, 101, 101}).id_varies() == false);
    CHECK(learnt({100, 100, 7'000}).id_varies() == true);
}

TEST_CASE("send order: packets between two Identifications are counted across 2^16, in both directions") {
    const send_order order = learnt({65'530, 65'531});
    CHECK(order.packets_between(id_stamp(65'530), id_stamp(65'531)) == 1);
    CHECK(order.packets_between(id_stamp(65'535), id_stamp(4)) == 5);
    CHECK(order.packets_between(id_stamp(4), id_stamp(65'535)) == -5);
}

TEST_CASE("send order: packets between are unknown for equal or missing Identifications, and without trust") {
    const send_order order = learnt({100, 101});
    CHECK_FALSE(order.packets_between(id_stamp(100), id_stamp(100)));
    CHECK_FALSE(order.packets_between(id_stamp(0), id_stamp(100)));
    CHECK_FALSE(order.packets_between(id_stamp(100), id_stamp(0)));
    CHECK_FALSE(send_order{}.packets_between(id_stamp(100), id_stamp(101)));
}

TEST_CASE("send order: Identifications are missing after a longer step than the usual one, up to seven") {
    const send_order order = learnt({99, 100, 101});
    CHECK(order.missing_before(101) == 0);
    CHECK(order.missing_before(102) == 0);
    CHECK(order.missing_before(103) == 1);
    CHECK(order.missing_before(109) == 7);
    CHECK(order.missing_before(110) == 0);
    CHECK(order.missing_before(0) == 0);
    CHECK(order.missing_before(100) == 0);
    CHECK(learnt({100}).missing_before(103) == 0);
}

TEST_CASE("send order: a host that counts by 2 skips nothing with a step of 2") {
    const send_order order = learnt({100, 102, 104});
    CHECK(order.usual_step() == 2);
    CHECK_FALSE(order.goes_on_otherwise(106));
    CHECK(order.missing_before(106) == 0);
    CHECK(order.missing_before(107) == 0); // other packets of the host, not lost ones
    CHECK(order.missing_before(108) == 1);
}

TEST_CASE("send order: nothing is missing after a last step that was not the usual one") {
    const send_order order = learnt({100, 101, 103});
    CHECK(order.usual_step() == 1);
    CHECK(order.goes_on_otherwise(105));
    CHECK(order.missing_before(105) == 0);
    CHECK(learnt({100, 101, 103, 104}).missing_before(106) == 1);
}

TEST_CASE("send order: a SYN-ACK with Identification 0 is of a host that counts each connection by itself") {
    segment syn_ack;
    send_order order = learnt({100, 101, 103});
    order.learn_syn_ack(syn_ack); // IPv6
    CHECK_FALSE(order.counts_alone());
    syn_ack.ip_id = 0;
    order.learn_syn_ack(syn_ack);
    CHECK(order.counts_alone());
    CHECK(order.missing_before(105) == 1);
    syn_ack.ip_id = 7;
    order.learn_syn_ack(syn_ack);
    CHECK_FALSE(order.counts_alone());
}

TEST_CASE("send order: the clock is the highest so far, across 2^32") {
    send_order order;
    CHECK_FALSE(order.latest().has_clock);
    order.learn(with_clock(0xffff'fff0));
    order.learn(with_clock(5));
    order.learn(with_clock(0xffff'fff5));
    CHECK(order.latest() == clock_stamp(5));
}

TEST_CASE("send order: ticks between two clocks are signed, and unknown for equal or missing clocks") {
    CHECK(send_order::ticks_between(clock_stamp(10), clock_stamp(25)) == 15);
    CHECK(send_order::ticks_between(clock_stamp(25), clock_stamp(10)) == -15);
    CHECK(send_order::ticks_between(clock_stamp(0xffff'ffff), clock_stamp(1)) == 2);
    CHECK_FALSE(send_order::ticks_between(clock_stamp(10), clock_stamp(10)));
    CHECK_FALSE(send_order::ticks_between(clock_stamp(10), {}));
    CHECK_FALSE(send_order::ticks_between({}, clock_stamp(10)));
}

TEST_CASE("send order: works at compile time") {
    constexpr send_order order = [] {
        send_order made;
        made.learn(segment{.ip_id = 1});
        made.learn(segment{.ip_id = 2});
        return made;
    }();
    static_assert(order.counts_packets());
    static_assert(order.latest_id() == 2);
}
