// SPDX-License-Identifier: MIT
#include "../../../support/story.hpp"

#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;
using namespace tcplens;
using enum verdict_kinds;
using level = verdict::certainty_level;
using reading = verdict::reading_set;

namespace {

// A reading that is left beside the one that is named
constexpr auto or_late = reading::out_of_order;
constexpr auto or_late_or_copied = reading::out_of_order | reading::duplicate;

} // namespace

// What rests on order is certain

TEST_CASE("certainty: data in order is certainly new") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100).graded(level::certain);
    s.after(10ms);
    server.acks(101).graded(level::certain);
}

TEST_CASE("certainty: Identifications or clocks that tell late from sent again leave no doubt") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& late = client.sends(1, 100).uncaptured();
    client.sends(101, 100).expect(lost_segment).graded(level::certain);
    s.after(1ms);
    SUBCASE("late") {
        s.captures(late).expect(out_of_order).graded(level::certain);
    }
    SUBCASE("sent again") {
        client.sends(1, 100).expect(retransmission).graded(level::certain);
    }
}

TEST_CASE("certainty: a clock that moved on leaves no doubt") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms, .timestamps = true});
    client.sends(1, 100).uncaptured();
    client.sends(101, 100).expect(lost_segment);
    s.after(15ms);
    client.sends(1, 100).expect(retransmission).graded(level::certain);
}

TEST_CASE("certainty: equal Identifications that vary otherwise mean one packet") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& first = client.sends(1, 100);
    s.after(1ms);
    s.captures(first).expect(duplicate).graded(level::certain);
}

TEST_CASE("certainty: what a timer or the peer asked for was sent again") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(250ms);
    client.sends(1, 100).expect(retransmission).graded(level::certain);
}

// What rests on times is likely or undecided

TEST_CASE("certainty: without Identification and clock, a measured round trip makes a verdict likely") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& late = client.sends(1, 100).uncaptured();
    client.sends(101, 100).expect(lost_segment);
    SUBCASE("sent again") {
        s.after(20ms);
        client.sends(1, 100).expect(retransmission).graded(level::likely, or_late);
    }
    SUBCASE("late") {
        s.after(1ms);
        s.captures(late).expect(out_of_order).graded(level::likely, reading::retransmission);
    }
    SUBCASE("late, but not much sooner than a retransmission") {
        s.after(6ms);
        s.captures(late).expect(out_of_order).graded(level::undecided, reading::retransmission);
    }
}

TEST_CASE("certainty: where packets have overtaken each other, a late one that took long is undecided") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& first = client.sends(1, 100).uncaptured();
    client.sends(101, 100).expect(lost_segment);
    s.after(1ms);
    s.captures(first).expect(out_of_order);
    const auto& second = client.sends(201, 100).uncaptured();
    client.sends(301, 100).expect(lost_segment);
    SUBCASE("more than half a round trip") {
        s.after(6ms);
        s.captures(second).expect(out_of_order).graded(level::undecided, reading::retransmission);
    }
    SUBCASE("less than that") {
        s.after(4ms);
        s.captures(second).expect(out_of_order).graded(level::likely, reading::retransmission);
    }
}

TEST_CASE("certainty: where nothing was measured, nothing is decided") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    const auto& late = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    SUBCASE("soon") {
        s.after(1ms);
        s.captures(late).expect(out_of_order).graded(level::undecided, reading::retransmission);
    }
    SUBCASE("not so soon") {
        s.after(80ms);
        client.sends(101, 100).expect(retransmission).graded(level::undecided, or_late);
    }
}

TEST_CASE("certainty: an equal packet without a sign of when it was sent can be a copy or a retransmission") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& first = client.sends(1, 100);
    s.after(50us);
    s.captures(first).expect(duplicate).graded(level::undecided, reading::retransmission | or_late);
}

TEST_CASE("certainty: a repetition of acknowledged bytes can be a late copy") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    s.after(30ms);
    client.sends(1, 100).expect(retransmission | spurious_retransmission).graded(level::likely, or_late_or_copied);
}

// Copies that were lost before the capture

TEST_CASE("a bare ACK shows what its sender had sent") { // RFC 9293 section 3.10.7.4: <SEQ=SND.NXT>
    for (const bool timestamps : {false, true}) {
        const auto families = timestamps ? story_families::both : story_families::v4;
        story s{{.families = families}};
        auto [client, server] = s.established({.rtt = 10ms, .timestamps = timestamps});
        client.sends(1, 100);
        s.after(10ms);
        const auto& lost = client.sends(101, 100).uncaptured();
        s.after(2ms); // a tick of the clock
        client.acks(1).at(201).expect(lost_segment);
        s.after(5ms);
        SUBCASE("data below its number that was sent later was sent again") {
            client.sends(101, 100)
                .expect(retransmission)
                .because(evidence_set::fills_hole | evidence_set::ip_id,
                         evidence_set::fills_hole | evidence_set::timestamp_option)
                .graded(level::certain);
        }
        SUBCASE("data that was sent before it is new: only a bare ACK overtook it") {
            s.captures(lost).expect(none).graded(level::certain);
        }
    }
}

TEST_CASE("a SYN-ACK that echoes an earlier SYN than the last was sent before") { // RFC 7323 section 4.3
    for (const bool echoes_last : {false, true}) {
        story s;
        auto [client, server] = s.hosts({.rtt = 10ms, .timestamps = true});
        constexpr std::uint32_t start = 1000;
        client.syn().timestamps(start, 0);
        s.after(1s);
        client.syn().timestamps(start + 1000, 0).expect(retransmission);
        s.after(1s);
        client.syn().timestamps(start + 2000, 0).expect(retransmission);
        s.after(10ms);
        auto& answer = server.syn_ack().timestamps(5000, start + (echoes_last ? 2000 : 1000));
        if (!echoes_last) answer.expect(retransmission).graded(level::likely, reading::new_data);
    }
}

TEST_CASE("a flight of a sender that counts each connection by itself is lost in one timeout") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.hosts({.rtt = 10ms, .timestamps = true});
    client.syn();
    s.after(10ms);
    server.syn_ack().ip_id(0); // Linux
    s.after(1ms);
    client.acks(1);
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101).ip_id(700);
    server.sends(1, 100).ip_id(701);
    s.after(10ms);
    client.acks(101);
    s.after(230ms); // 702 to 711 were lost
    server.sends(101, 1000).ip_id(712).expect(retransmission).because(evidence_set::ip_id | evidence_set::silence);
}

TEST_CASE("a capture that lost packets itself infers none before it") {
    for (const bool capture_loses : {false, true}) {
        story s{{.families = story_families::v4}};
        auto [client, server] = s.established({.rtt = 10ms, .timestamps = true});
        const auto lose = [&](story_segment& of) -> story_segment& { return capture_loses ? of.uncaptured() : of; };
        lose(client.sends(1, 100));
        s.after(10ms);
        auto& answer = server.acks(101);
        if (capture_loses) answer.expect(ack_lost_segment);
        s.after(5ms);
        client.sends(101, 100).expect(none);
        s.after(10ms);
        server.acks(201);
        s.after(5ms);
        client.acks(1);
        client.sends(201, 100).uncaptured();
        s.after(220ms);
        auto& next = client.sends(201, 100);
        if (!capture_loses) next.expect(retransmission).graded(level::likely, reading::new_data);
    }
}

// Text

TEST_CASE("certainty: levels and readings as text") {
    CHECK(to_string(level::certain) == "certain");
    CHECK(to_string(level::likely) == "likely");
    CHECK(to_string(level::undecided) == "undecided");
    CHECK(to_string(reading::none).empty());
    CHECK(to_string(reading::new_data | reading::retransmission | reading::out_of_order | reading::duplicate) ==
          "new,retransmission,out_of_order,duplicate");
    CHECK(verdict{}.reading() == reading::new_data);
    CHECK(verdict{.kinds = retransmission | spurious_retransmission}.reading() == reading::retransmission);
    CHECK(verdict{.kinds = out_of_order | zero_window}.reading() == reading::out_of_order);
    CHECK(verdict{.kinds = duplicate}.reading() == reading::duplicate);
}
