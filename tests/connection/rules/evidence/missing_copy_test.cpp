// SPDX-License-Identifier: MIT
// What a verdict points to, how long after, and why: what decides between late and sent again, and of which kind it is.
#include "../../../support/story.hpp"

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

// Late, or sent again

TEST_CASE("Identifications that count decide, however short or long it took") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    const auto& first = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment).because(evidence_set::none).earlier(0, 0ns);
    SUBCASE("late, after a second") {
        s.after(1s);
        s.captures(first).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::ip_id).earlier(5, 1s);
    }
    SUBCASE("sent again, and then the first copy comes") {
        s.after(15ms);
        client.sends(101, 100)
            .expect(retransmission)
            .because(evidence_set::fills_hole | evidence_set::ip_id)
            .earlier(5, 15ms);
        s.after(3ms);
        s.captures(first).expect(out_of_order).because(evidence_set::bytes_seen | evidence_set::ip_id).earlier(6, 3ms);
    }
}

TEST_CASE("where Identifications tell nothing, or there are none, clocks do") {
    story_opening opening{.rtt = 10ms, .timestamps = true};
    SUBCASE("constant") {
        opening.ids = story_ids::constant;
    }
    SUBCASE("random") {
        opening.ids = story_ids::random;
    }
    SUBCASE("zero") {
        opening.ids = story_ids::zero;
    }
    const auto by_clock = evidence_set::fills_hole | evidence_set::timestamp_option;
    {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, 100);
        const auto& late = client.sends(101, 100).uncaptured();
        s.after(1ms);
        client.sends(201, 100).expect(lost_segment);
        s.after(500ms);
        s.captures(late).expect(out_of_order).because(by_clock).earlier(5, 500ms);
    }
    {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, 100);
        const auto& first = client.sends(101, 100).uncaptured();
        s.after(1ms);
        client.sends(201, 100).expect(lost_segment);
        s.after(15ms);
        client.sends(101, 100).expect(retransmission).because(by_clock).earlier(5, 15ms);
        s.after(3ms);
        s.captures(first)
            .expect(out_of_order)
            .because(evidence_set::bytes_seen | evidence_set::timestamp_option)
            .earlier(6, 3ms);
    }
}

TEST_CASE("where nothing counts, time against the round trip decides") {
    story_opening opening{.rtt = 10ms};
    SUBCASE("constant") {
        opening.ids = story_ids::constant;
    }
    SUBCASE("random") {
        opening.ids = story_ids::random;
    }
    SUBCASE("zero") {
        opening.ids = story_ids::zero;
    }
    const auto by_time = evidence_set::fills_hole | evidence_set::round_trip;
    {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, 100);
        const auto& late = client.sends(101, 100).uncaptured();
        client.sends(201, 100).expect(lost_segment);
        s.after(9ms); // a tenth less than the round trip
        s.captures(late).expect(out_of_order).because(by_time).earlier(5, 9ms);
    }
    {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, 100);
        client.sends(101, 100).uncaptured();
        client.sends(201, 100).expect(lost_segment);
        s.after(12ms);
        client.sends(101, 100).expect(retransmission).because(by_time).earlier(5, 12ms);
    }
}

TEST_CASE("what the peer asked for may come in less than a round trip that was measured in a queue") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.hosts({.sack = true});
    client.syn();
    server.syn_ack();
    s.after(100ms); // the capture is beside the server
    client.acks(1);
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    client.sends(301, 100);
    client.sends(401, 100);
    server.acks(101);
    SUBCASE("by a SACK block far beyond it") {
        server.acks(101).sack(201, 501).expect(duplicate_ack);
        s.after(60ms);
        client.sends(101, 100)
            .expect(retransmission | fast_retransmission)
            .because(evidence_set::fills_hole | evidence_set::round_trip | evidence_set::selective_ack)
            .earlier(5, 60ms);
    }
    SUBCASE("by three duplicate ACKs") {
        for (int i = 0; i < 3; ++i) server.acks(101).sack(201, 301 + 100 * i).expect(duplicate_ack);
        s.after(60ms);
        client.sends(101, 100)
            .expect(retransmission | fast_retransmission)
            .because(evidence_set::fills_hole | evidence_set::round_trip | evidence_set::duplicate_acks |
                     evidence_set::selective_ack)
            .earlier(5, 60ms);
    }
    SUBCASE("but not in less than half of it") {
        server.acks(101).sack(201, 501).expect(duplicate_ack);
        s.after(45ms);
        client.sends(101, 100)
            .expect(out_of_order)
            .because(evidence_set::fills_hole | evidence_set::round_trip | evidence_set::selective_ack)
            .earlier(5, 45ms);
    }
    SUBCASE("nor if it was not asked for") {
        s.after(60ms);
        client.sends(101, 100)
            .expect(out_of_order)
            .because(evidence_set::fills_hole | evidence_set::round_trip)
            .earlier(5, 60ms);
    }
}

TEST_CASE("where nothing at all is known, the likelier is said, and that it is a guess") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    const auto& late = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    SUBCASE("soon: late") {
        s.after(1ms);
        s.captures(late)
            .expect(out_of_order)
            .because(evidence_set::fills_hole | evidence_set::undecided)
            .earlier(2, 1ms);
    }
    SUBCASE("not so soon: sent again") {
        s.after(80ms);
        client.sends(101, 100)
            .expect(retransmission)
            .because(evidence_set::fills_hole | evidence_set::undecided)
            .earlier(2, 80ms);
    }
}

// A first copy that was lost at the tail

TEST_CASE("after a silence, a missing Identification tells of a first copy that was lost at the tail") {
    // the story of the last segment, and what of it must not be so
    story_opening opening{.rtt = 10ms, .timestamps = true};
    bool inferred = false;
    bool bare_ack = true;
    bool keep_alive_before = false;
    bool hole = false;
    std::chrono::nanoseconds silence = 200ms;
    std::optional<std::uint16_t> id;
    std::optional<std::uint32_t> echo;
    SUBCASE("so it is") {
        inferred = true;
    }
    SUBCASE("a timeout takes longer than one round trip") {
        silence = 9ms; // a lost acknowledgment, or Nagle's algorithm, explains that as well
    }
    SUBCASE("a timeout does not take so long") {
        silence =
            300ms; // at most 260 ms and three round trips: hosts with one counter for all skip after pauses of any length
    }
    SUBCASE("up to seven packets may be missing, after seven timeouts, each twice as long") {
        inferred = true;
        id = 12;
        silence = 30s;
    }
    SUBCASE("so many packets take more timeouts") {
        id = 12;
    }
    SUBCASE("but no more: others go the same way") {
        id = 13;
        silence = 60s;
    }
    SUBCASE("two are missing, of which it owed one: an acknowledgment") {
        bare_ack = false;
        inferred = true;
    }
    SUBCASE("one is missing that it owed, and the timer would have sent again what goes with it") {
        bare_ack = false;
        inferred = true;
        id = 5;
    }
    SUBCASE("one is missing that it owed: an acknowledgment, since the timer is not as quick") {
        bare_ack = false;
        id = 5;
        silence = 150ms;
    }
    SUBCASE("one is missing that it owed: an acknowledgment, since the timer is quicker") {
        bare_ack = false;
        id = 5;
        silence = 400ms;
    }
    SUBCASE("one is missing that kept alive") {
        keep_alive_before = true;
    }
    SUBCASE("a hole is open: the capture itself loses packets") {
        hole = true;
    }
    SUBCASE("its echo is too old: it did not know yet that all had arrived") {
        echo = 0x7fff'ff9c + 10;
    }
    SUBCASE("its hop limit is of a system that counts all packets together") {
        opening.hop_limit = 128;
    }
    SUBCASE("there was no silence") {
        silence = 8ms;
    }
    SUBCASE("its Identifications do not count") {
        opening.ids = story_ids::random;
    }
    SUBCASE("it has no clock") {
        opening.timestamps = false;
    }
    SUBCASE("no packet is missing") {
        id = 5;
    }

    story s{{.families = story_families::v4}};
    auto [client, server] = s.hosts(opening);
    client.syn(); // Identification 1
    s.after(10ms);
    server.syn_ack();
    client.acks(1); // 2
    std::int64_t next = 101;
    if (hole) {
        client.sends(1, 100).uncaptured();
        client.sends(101, 100).expect(lost_segment);
        next = 201;
    } else {
        client.sends(1, 100); // 3
    }
    s.after(10ms);
    server.acks(next);
    if (!bare_ack) {
        server.sends(1, 50);
        client.acks(51).uncaptured();
    } else if (keep_alive_before) {
        s.after(75s);
        client.keeps_alive().expect(keep_alive);
        server.acks(next).expect(keep_alive_ack);
    } else {
        client.acks(1); // 4
    }
    client.sends(next, 100).uncaptured(); // 5
    s.after(silence);
    auto& came = client.sends(next, 100); // 6
    if (id) came.ip_id(*id);
    if (echo) came.timestamps(static_cast<std::uint32_t>(0xffff'ff9cu + 220), *echo);
    if (inferred) came.expect(retransmission).because(evidence_set::ip_id | evidence_set::silence);
    else came.expect(none).because(evidence_set::none);
    came.earlier(0, 0ns);
    CHECK(s.connection().client_to_server.retransmissions == (inferred ? 1 : 0));
}

TEST_CASE(
    "a segment larger than a frame used up the Identifications that are missing behind it") { // segmentation offload
    for (const bool is_merged : {false, true}) {
        story s{{.families = story_families::v4}};
        auto [client, server] =
            s.established({.rtt = 10ms, .timestamps = true, .mss = 1460}); // the client's Identifications: 1 and 2
        const std::uint32_t length = is_merged ? 3 * 1448 : 1448;
        client.sends(1, length); // 3, and merged 4 and 5
        s.after(10ms);
        server.acks(length + 1);
        s.after(600ms); // two timeouts
        auto& next = client.sends(length + 1, 100).ip_id(6);
        if (!is_merged) next.expect(retransmission).because(evidence_set::ip_id | evidence_set::silence);
    }
}

TEST_CASE("a segment larger than either end takes at once used up Identifications, too") {
    struct sizes {
        std::uint16_t client, server; // 0 for no option, and so 536 bytes (RFC 9293 3.7.1)
    };
    for (const auto [client_takes, server_takes] :
         {sizes{536, 536}, sizes{536, 1460}, sizes{1460, 536}, sizes{1460, 0}, sizes{0, 1460}, sizes{1460, 1460}}) {
        story s{{.families = story_families::v4}};
        auto [client, server] =
            s.established({.rtt = 10ms, .timestamps = true, .mss = client_takes, .server_mss = server_takes});
        const std::uint32_t length = 1000;
        client.sends(1, length); // Identification 3, and where only 536 bytes fit, 12 of them options, 4 as well
        s.after(10ms);
        server.acks(length + 1);
        s.after(200ms);
        auto& next = client.sends(length + 1, 100).ip_id(5);
        if (client_takes == 1460 && server_takes == 1460)
            next.expect(retransmission).because(evidence_set::ip_id | evidence_set::silence);
    }
}

TEST_CASE("what was missing while a window was closed was a probe") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .timestamps = true});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101).window(0).expect(zero_window);
    s.after(200ms);
    client.probes().uncaptured();
    s.after(10ms);
    server.acks(101).window(8192).expect(window_update);
    client.sends(101, 100).because(evidence_set::none);
}

// Kinds of retransmissions

TEST_CASE("a retransmission is a tail loss probe only if it is the last, not the first, and follows a silence") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (int i = 0; i < 3; ++i) client.sends(1 + 100 * i, 100); // packets 4, 5 and 6
    const auto after_silence = evidence_set::bytes_seen | evidence_set::silence;
    SUBCASE("so it is") {
        s.after(21ms); // more than two round trips
        client.sends(201, 100).expect(retransmission | tail_loss_probe).because(after_silence).earlier(6, 21ms);
    }
    SUBCASE("no silence") {
        s.after(20ms);
        client.sends(201, 100).expect(retransmission).because(evidence_set::bytes_seen).earlier(6, 20ms);
    }
    SUBCASE("the first, by a timeout") {
        s.after(200ms);
        client.sends(1, 100).expect(retransmission).because(after_silence).earlier(4, 200ms);
    }
    SUBCASE("neither the first nor the last") {
        s.after(200ms);
        client.sends(101, 100).expect(retransmission).because(after_silence).earlier(5, 200ms);
    }
    SUBCASE("the last, but the only one that was not acknowledged") {
        s.after(10ms);
        server.acks(201);
        s.after(200ms);
        client.sends(201, 100).expect(retransmission).because(after_silence).earlier(6, 210ms);
    }
    SUBCASE("acknowledged: in vain") {
        s.after(10ms);
        server.acks(301);
        s.after(200ms);
        client.sends(201, 100)
            .expect(retransmission | spurious_retransmission)
            .because(evidence_set::bytes_seen | evidence_set::acknowledged)
            .earlier(6, 210ms);
    }
}

TEST_CASE("duplicate ACKs and SACK blocks make a retransmission fast, each by itself") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .sack = true});
    for (int i = 0; i < 5; ++i) client.sends(1 + 100 * i, 100); // packets 4 to 8
    s.after(10ms);
    server.acks(101);
    SUBCASE("three duplicate ACKs") {
        for (int i = 0; i < 3; ++i) {
            s.after(20us);
            server.acks(101).sack(201, 301 + 100 * i).expect(duplicate_ack);
        }
        client.sends(101, 100)
            .expect(retransmission | fast_retransmission)
            .because(evidence_set::bytes_seen | evidence_set::duplicate_acks | evidence_set::selective_ack)
            .earlier(5, 10ms + 60us);
    }
    SUBCASE("one SACK block") {
        server.acks(101).sack(401, 501).expect(duplicate_ack);
        client.sends(101, 100)
            .expect(retransmission | fast_retransmission)
            .because(evidence_set::bytes_seen | evidence_set::selective_ack)
            .earlier(5, 10ms);
    }
    SUBCASE("neither: what SACK reported is not what is sent again") {
        server.acks(101).sack(201, 301).expect(duplicate_ack);
        client.sends(301, 100).expect(retransmission).because(evidence_set::bytes_seen).earlier(7, 10ms);
    }
}

TEST_CASE("the first data after a zero-window probe is new, and only then can it be sent again") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101).window(0).expect(zero_window);
    s.after(200ms);
    client.probes().expect(zero_window_probe).because(evidence_set::none).earlier(0, 0ns);
    s.after(10ms);
    server.acks(101).expect(zero_window | zero_window_probe_ack);
    s.after(100ms);
    server.acks(101).window(8192).expect(window_update);
    client.sends(101, 100).because(evidence_set::none); // packet 9: with the byte of the probe
    s.after(200ms);
    client.sends(101, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::silence)
        .earlier(9, 200ms);
    CHECK(s.connection().client_to_server.retransmissions == 1);
}

TEST_CASE("after 4 GiB a hole is not taken for the same sequence numbers of the next round") {
    connection_table table;
    segment next{.time = timestamp{1s}, .packet_number = 0, .sequence = sequence_number{4'000'000'000}};
    next.source = {address::parse("2001:db8::1").value(), 40000};
    next.destination = {address::parse("2001:db8::2").value(), 443};
    next.flags = tcp_flags{0x10};
    next.window = 8192;
    const auto add = [&](std::uint32_t length) {
        ++next.packet_number;
        next.time += 1ms;
        next.payload_length = length;
        const verdict said = table.add(next).verdict;
        next.sequence = next.sequence + length;
        return said;
    };
    CHECK(add(1000) == verdict{});
    const sequence_number hole = next.sequence;
    next.sequence = hole + 1000;
    CHECK(add(1000).kinds == lost_segment);
    while (distance(next.sequence, hole) <= 0 || distance(next.sequence, hole) > 30'000) {
        REQUIRE(add(30'000) == verdict{});
    }
    REQUIRE(next.packet_number > 143'000); // 2^32 / 30,000
    CHECK(add(30'000) == verdict{});
    const std::uint64_t covering = next.packet_number;
    CHECK(add(30'000) == verdict{});
    next.sequence = hole;
    next.time += 1s;
    CHECK(add(1000) == verdict{.kinds = retransmission,
                               .evidence = evidence_set::bytes_seen | evidence_set::silence,
                               .earlier_packet = covering,
                               .elapsed = 1002ms});
}

TEST_CASE("a copy of what is forgotten, within one tick of the clock and long after it, is no retransmission") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .timestamps = true, .ids = story_ids::constant});
    s.after(1s);
    const auto& first = client.sends(1, 100);
    for (int i = 1; i < 24; ++i) client.sends(1 + 100 * i, 100);
    SUBCASE("as two ticks exclude") {
        s.after(200ms);
        s.captures(first).expect(duplicate);
    }
    SUBCASE("but not before that") {
        s.after(1ms);
        s.captures(first).expect(retransmission);
    }
}

TEST_CASE("a copy that was lost shows after a keep-alive that was answered, once its sender acknowledged something") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100).timestamps(1000, 500);
    s.after(10ms);
    server.acks(101).timestamps(510, 1000);
    s.after(75s);
    client.keeps_alive().timestamps(76010, 510).expect(keep_alive);
    s.after(10ms);
    server.acks(101).timestamps(75520, 76010).expect(keep_alive_ack);
    s.after(1s);
    server.sends(1, 50).timestamps(76520, 76010);
    s.after(10ms);
    client.acks(51).timestamps(77030, 76520);
    client.sends(101, 100).timestamps(77030, 76520).uncaptured();
    s.after(200ms);
    client.sends(101, 100)
        .timestamps(77230, 76520)
        .expect(retransmission)
        .because(evidence_set::ip_id | evidence_set::silence);
}
