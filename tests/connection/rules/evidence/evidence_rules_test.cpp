// SPDX-License-Identifier: MIT
#include "../../../support/story.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

using namespace std::chrono_literals;
using tcplens::evidence_set;
using enum tcplens::verdict_kinds;

namespace {

constexpr story_options ipv4{.families = story_families::v4};
constexpr story_options ipv6{.families = story_families::v6};

} // namespace

TEST_CASE("data that comes in order has no verdict") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100).because(evidence_set::none).earlier(0);
    server.acks(101);
    server.sends(1, 1000);
    server.sends(1001, 1000);
    client.acks(2001);
    CHECK(s.connection().client_to_server.retransmissions == 0);
    CHECK(s.connection().server_to_client.retransmissions == 0);
}

// Sent again

TEST_CASE("bytes that were seen before were sent again") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence).earlier(4);
    server.acks(101);
    CHECK(s.connection().client_to_server.retransmissions == 1);
    CHECK(s.connection().server_to_client.retransmissions == 0);
}

TEST_CASE("three duplicate ACKs ask for a fast retransmission") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (int i = 0; i < 5; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    server.acks(101);
    for (int i = 0; i < 3; ++i) server.acks(101).expect(duplicate_ack);
    s.after(1ms);
    client.sends(101, 100)
        .expect(retransmission | fast_retransmission)
        .because(evidence_set::bytes_seen | evidence_set::duplicate_acks)
        .earlier(5);
    s.after(10ms);
    server.acks(501);
}

TEST_CASE("duplicate ACKs ask for a fast retransmission, however long they stood in a queue") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (int i = 0; i < 4; ++i) client.sends(1 + 100 * i, 100);
    s.after(150ms);
    for (int i = 0; i < 3; ++i) server.acks(1).expect(duplicate_ack);
    s.after(1ms);
    client.sends(1, 100)
        .expect(retransmission | fast_retransmission)
        .because(evidence_set::bytes_seen | evidence_set::duplicate_acks);
}

TEST_CASE("long after the duplicate ACKs it is a timeout") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (int i = 0; i < 4; ++i) client.sends(1 + 100 * i, 100);
    for (int i = 0; i < 3; ++i) server.acks(1).expect(duplicate_ack);
    s.after(200ms);
    client.sends(1, 100).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
}

TEST_CASE("two duplicate ACKs do not ask for a fast retransmission") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 3; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    server.acks(1).expect(duplicate_ack);
    server.acks(1).expect(duplicate_ack);
    s.after(1ms);
    client.sends(1, 100).expect(retransmission).because(evidence_set::bytes_seen);
}

TEST_CASE("a retransmission is fast only where the duplicate ACKs ask for it") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 4; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    for (int i = 0; i < 3; ++i) server.acks(1).expect(duplicate_ack);
    s.after(1ms);
    client.sends(101, 100).expect(retransmission).because(evidence_set::bytes_seen);
}

TEST_CASE("new data acknowledged ends the count of duplicate ACKs") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 4; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    for (int i = 0; i < 3; ++i) server.acks(1).expect(duplicate_ack);
    server.acks(101);
    s.after(1ms);
    client.sends(101, 100).expect(retransmission);
}

TEST_CASE("an ACK that was overtaken does not end the count of duplicate ACKs") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 5; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    const auto& overtaken = server.acks(1).uncaptured();
    server.acks(101);
    server.acks(101).expect(duplicate_ack);
    server.acks(101).expect(duplicate_ack);
    s.captures(overtaken);
    server.acks(101).expect(duplicate_ack);
    s.after(1ms);
    client.sends(101, 100).expect(retransmission | fast_retransmission);
}

TEST_CASE("what a selective ACK passed over is sent again fast, without three duplicate ACKs") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 3; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    server.acks(1).sack(101, 301).expect(duplicate_ack);
    s.after(1ms);
    client.sends(1, 100)
        .expect(retransmission | fast_retransmission)
        .because(evidence_set::bytes_seen | evidence_set::selective_ack);
}

TEST_CASE("what was acknowledged already is sent again in vain") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101);
    s.after(200ms);
    client.sends(1, 100)
        .expect(retransmission | spurious_retransmission)
        .because(evidence_set::bytes_seen | evidence_set::acknowledged);
}

TEST_CASE("a retransmission of which only the first half was acknowledged is not spurious") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.sends(101, 100);
    s.after(10ms);
    server.acks(101);
    s.after(200ms);
    client.sends(1, 200).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
}

TEST_CASE("a segment that brings some bytes again and some for the first time is a retransmission") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 150).expect(retransmission);
    client.sends(151, 100); // it ended there
}

TEST_CASE("data sent again in smaller pieces, or in larger ones, is sent again") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.sends(101, 100);
    s.after(200ms);
    client.sends(1, 40).expect(retransmission).earlier(4);
    client.sends(41, 160).expect(retransmission).earlier(4);
}

TEST_CASE("data sent again together with the FIN") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100).with_fin().expect(retransmission);
    server.acks(101);
    s.after(200ms);
    client.fins().expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
}

TEST_CASE("the last segment sent again after a silence probes for a loss at the tail") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (int i = 0; i < 3; ++i) client.sends(1 + 100 * i, 100);
    s.after(25ms); // RFC 8985 7.2: two round trips or more
    client.sends(201, 100)
        .expect(retransmission | tail_loss_probe)
        .because(evidence_set::bytes_seen | evidence_set::silence)
        .earlier(6);
    CHECK(s.connection().client_to_server.retransmissions == 1);
}

TEST_CASE("SYN, SYN-ACK and FIN that are sent again are retransmissions") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(1s);
    client.syn().expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence).earlier(1);
    s.after(10ms);
    server.syn_ack();
    s.after(1s);
    server.syn_ack().expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence).earlier(3);
    client.acks(1);
    s.after(1s);
    server.syn_ack()
        .expect(retransmission | spurious_retransmission)
        .because(evidence_set::bytes_seen | evidence_set::acknowledged);
    client.fins();
    s.after(1s);
    client.fins().expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
    CHECK(s.connection().client_to_server.retransmissions == 2);
    CHECK(s.connection().server_to_client.retransmissions == 2);
}

TEST_CASE("a SYN-ACK that echoes the first of two SYNs was sent before, and lost") {
    story s;
    auto [client, server] = s.hosts();
    client.syn().timestamps(1000, 0);
    s.after(1s);
    client.syn().timestamps(2000, 0).expect(retransmission);
    SUBCASE("the first") {
        // that it follows the second SYN at once tells it from an answer that took longer than the SYN's timer
        server.syn_ack()
            .timestamps(500, 1000)
            .expect(retransmission)
            .because(evidence_set::timestamp_option | evidence_set::round_trip);
    }
    SUBCASE("the second") {
        server.syn_ack().timestamps(500, 2000);
    }
}

TEST_CASE("only one direction was captured") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(10ms);
    client.acks(1);
    client.sends(1, 100);
    client.sends(101, 100);
    client.acks(5001);
    client.acks(5001); // of what is outstanding nothing is known
    s.after(200ms);
    client.sends(1, 100).expect(retransmission);
    client.sends(201, 100).uncaptured();
    client.sends(301, 100).expect(lost_segment);
    client.fins();
}

// Copies

TEST_CASE("a second copy of a packet is a duplicate, and counts for nothing else") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& sent = client.sends(1, 100);
    s.after(1ms);
    s.captures(sent).expect(duplicate).because(evidence_set::same_packet).earlier(4);
    s.captures(sent).expect(duplicate).earlier(4);
    s.after(10ms);
    server.acks(101);
    CHECK(s.connection().client_to_server.retransmissions == 0);
    CHECK(s.connection().client_to_server.packets == 5); // as captured
}

TEST_CASE("by its Identification a packet is a copy however late") {
    story s{ipv4};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& sent = client.sends(1, 100);
    SUBCASE("after its acknowledgment") {
        s.after(10ms);
        server.acks(101);
        s.after(190ms);
    }
    // Unacknowledged and a timeout later it would be a retransmission that keeps its Identification: RFC 1122 section 3.2.1.5.
    SUBCASE("before a timeout") {
        s.after(180ms);
    }
    s.captures(sent).expect(duplicate).because(evidence_set::same_packet);
}

TEST_CASE("without an Identification only time tells a copy from a segment sent again") {
    story s{ipv6};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(2ms);
    client.sends(1, 100).expect(duplicate); // nobody can have missed it so soon
    s.after(20ms);
    client.sends(1, 100).expect(retransmission);
}

TEST_CASE("a mirror port that copies every packet makes no losses") {
    story s{ipv4};
    auto [client, server] = s.hosts();
    const auto twice = [&](const story_segment& sent) {
        s.captures(sent).expect(duplicate);
        s.after(1ms);
    };
    twice(client.syn());
    twice(server.syn_ack());
    twice(client.acks(1));
    for (int i = 0; i < 20; ++i) {
        twice(client.sends(1 + 100 * i, 100));
        twice(server.acks(101 + 100 * i));
    }
    twice(client.keeps_alive().expect(keep_alive));
    twice(server.acks(2001).expect(keep_alive_ack));
    twice(client.fins());
    twice(server.fins().acking(2002));
    CHECK(s.connection().client_to_server.retransmissions == 0);
    CHECK(s.connection().server_to_client.retransmissions == 0);
}

// Late, or sent again

TEST_CASE("a hole is filled late by a packet that was sent before the one that opened it") {
    story s{ipv4};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    const auto& overtaken = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment).because(evidence_set::none);
    s.after(200ms); // however late it is
    s.captures(overtaken).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::ip_id).earlier(5);
    client.sends(301, 100);
    s.after(200ms);
    client.sends(101, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::silence); // no hole any more
    CHECK(s.connection().client_to_server.retransmissions == 1);
}

TEST_CASE("a hole is filled by a packet that was sent after the one that opened it: sent again") {
    story s{ipv4};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    const auto& lost = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(1ms);
    client.sends(101, 100).expect(retransmission).because(evidence_set::fills_hole | evidence_set::ip_id);
    SUBCASE("what comes then of the first copy is late") {
        s.captures(lost).expect(out_of_order).because(evidence_set::bytes_seen | evidence_set::ip_id);
    }
    SUBCASE("and what is sent once more was sent again") {
        client.sends(101, 100).expect(retransmission).because(evidence_set::bytes_seen);
    }
}

TEST_CASE("where the Identification says nothing, the clock of the timestamps option does") {
    story s{ipv6};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100).timestamps(1000, 1);
    const auto& overtaken = client.sends(101, 100).timestamps(1001, 1).uncaptured();
    client.sends(201, 100).timestamps(1002, 1).expect(lost_segment);
    s.after(200ms);
    SUBCASE("late") {
        s.captures(overtaken).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::timestamp_option);
    }
    SUBCASE("sent again") {
        client.sends(101, 100)
            .timestamps(1202, 1)
            .expect(retransmission)
            .because(evidence_set::fills_hole | evidence_set::timestamp_option | evidence_set::silence);
        s.captures(overtaken).expect(out_of_order).because(evidence_set::bytes_seen | evidence_set::timestamp_option);
    }
}

TEST_CASE("with neither, time against the round trip decides") {
    story s{ipv6};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    SUBCASE("late") {
        s.after(2ms);
        client.sends(101, 100).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::round_trip);
    }
    SUBCASE("sent again") {
        s.after(12ms);
        client.sends(101, 100).expect(retransmission).because(evidence_set::fills_hole | evidence_set::round_trip);
    }
}

TEST_CASE("what duplicate ACKs asked for may come sooner than the round trips that were measured") {
    story s{ipv6};
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    s.after(10ms); // the capture is beside the server
    client.acks(1);
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    server.acks(101);
    int asked = 0;
    SUBCASE("asked") {
        asked = 3;
    }
    SUBCASE("not asked") {}
    for (int i = 0; i < asked; ++i) server.acks(101).expect(duplicate_ack);
    s.after(7ms);
    client.sends(101, 100).expect(asked > 0 ? retransmission | fast_retransmission : out_of_order);
}

TEST_CASE("with no round trip either, the verdict says that it is a guess") {
    story s{ipv6};
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(1ms);
    client.sends(101, 100).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::undecided);
}

TEST_CASE("Identifications that do not count tell nothing") {
    story s{ipv4};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto decided_by_time = evidence_set::fills_hole | evidence_set::round_trip;
    SUBCASE("zero") {
        client.sends(1, 100).ip_id(0);
        client.sends(201, 100).ip_id(0).expect(lost_segment);
        client.sends(101, 100).ip_id(0).expect(out_of_order).because(decided_by_time);
    }
    SUBCASE("random") {
        client.sends(1, 100).ip_id(30000);
        client.sends(201, 100).ip_id(11000).expect(lost_segment);
        client.sends(101, 100).ip_id(52000).expect(out_of_order).because(decided_by_time);
    }
    SUBCASE("constant") {
        client.sends(1, 100).ip_id(7);
        client.sends(201, 100).ip_id(7).expect(lost_segment);
        client.sends(101, 100).ip_id(7).expect(out_of_order).because(decided_by_time);
    }
}

TEST_CASE("an Identification that wraps goes on counting") {
    story s{ipv4};
    auto [client, server] = s.midstream();
    for (int i = 0; i < 4; ++i) client.sends(1 + 100 * i, 100).ip_id(static_cast<std::uint16_t>(0xfffc + i));
    const auto& overtaken = client.sends(401, 100).ip_id(0xffff).uncaptured();
    client.sends(501, 100).ip_id(2).expect(lost_segment);
    s.captures(overtaken).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::ip_id);
}

TEST_CASE("a hole is filled in pieces") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 10); // what is missing lies over the end of the sequence numbers in one setting
    const auto& first = client.sends(11, 10).uncaptured();
    const auto& second = client.sends(21, 10).uncaptured();
    const auto& third = client.sends(31, 10).uncaptured();
    client.sends(41, 10).expect(lost_segment);
    s.captures(second).expect(out_of_order);
    s.captures(first).expect(out_of_order);
    s.captures(third).expect(out_of_order);
    s.after(200ms);
    client.sends(31, 10).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
    client.sends(51, 10);
}

TEST_CASE("a segment half in a hole brings seen bytes too") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(200ms);
    client.sends(151, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::fills_hole | evidence_set::silence);
    client.sends(101, 50).expect(retransmission);
    client.sends(301, 100);
}

TEST_CASE("a segment over several holes and what lies between them") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    client.sends(301, 100).uncaptured();
    client.sends(401, 100).expect(lost_segment);
    s.after(200ms);
    client.sends(101, 300)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::fills_hole | evidence_set::silence);
    s.after(200ms);
    client.sends(101, 100).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
    client.sends(301, 100).expect(retransmission).because(evidence_set::bytes_seen);
}

TEST_CASE("of more holes than are remembered the lowest is forgotten, and the verdict says so") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    std::deque<story_segment*> late;
    for (int hole = 0; hole < 13; ++hole) {
        late.push_back(&client.sends(101 + 200 * hole, 100).uncaptured());
        client.sends(201 + 200 * hole, 100).expect(lost_segment);
    }
    for (std::size_t hole = 1; hole < 13; ++hole) s.captures(*late[hole]).expect(out_of_order);
    s.after(200ms);
    client.sends(101, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::memory_exceeded | evidence_set::silence);
}

TEST_CASE("a hole that is split may push out the lowest") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    const auto& second = client.sends(301, 100).uncaptured();
    client.sends(401, 100).expect(lost_segment);
    for (int hole = 2; hole < 11; ++hole) client.sends(201 + 200 * hole, 100).expect(lost_segment);
    const auto& left = client.sends(2301, 30).uncaptured();
    const auto& middle = client.sends(2331, 40).uncaptured();
    const auto& right = client.sends(2371, 30).uncaptured();
    client.sends(2401, 100).expect(lost_segment); // the twelfth hole
    s.captures(middle).expect(out_of_order);
    s.captures(second).expect(out_of_order);
    s.captures(left).expect(out_of_order);
    s.captures(right).expect(out_of_order);
    s.after(200ms);
    client.sends(101, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::memory_exceeded | evidence_set::silence);
}

TEST_CASE("a bare ACK shows by its sequence number that something is missing") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    const auto& overtaken = client.sends(101, 100).uncaptured();
    client.acks(1).expect(lost_segment);
    s.captures(overtaken); // no data came before it that was sent after it
    client.sends(201, 100);
}

TEST_CASE("an ACK shows what was not captured") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    const auto& unseen = client.sends(101, 100).uncaptured();
    server.acks(201).expect(ack_lost_segment);
    server.acks(201); // that is known now
    SUBCASE("it comes after later data") {
        client.sends(201, 100);
        s.captures(unseen)
            .expect(out_of_order)
            .because(evidence_set::fills_hole | evidence_set::ip_id, // sent before the data that was captured before it
                     evidence_set::fills_hole | evidence_set::round_trip);
    }
    SUBCASE("it comes next") {
        s.captures(unseen);
        client.sends(201, 100);
    }
    SUBCASE("it is sent again") {
        s.after(200ms);
        client.sends(101, 100)
            .expect(retransmission | spurious_retransmission)
            .because(evidence_set::fills_hole | evidence_set::round_trip | evidence_set::acknowledged);
    }
}

TEST_CASE("a segment that an ACK showed, and that goes on beyond it") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(201).expect(ack_lost_segment);
    client.sends(101, 200); // no byte of it was seen, and none that was sent after it
    client.sends(301, 100);
}

TEST_CASE("an old segment without data is nothing") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.acks(1).at(1);
}

TEST_CASE("a long silence and a missing Identification tell of a first copy that was lost at the tail") {
    story s{ipv4};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100).timestamps(1000, 500);
    s.after(10ms);
    server.acks(101).timestamps(510, 1000);
    s.after(10ms);
    client.acks(1).timestamps(1020, 510);
    client.sends(101, 100).timestamps(1020, 510).uncaptured();
    s.after(200ms);
    client.sends(101, 100)
        .timestamps(1220, 510)
        .expect(retransmission)
        .because(evidence_set::ip_id | evidence_set::silence);
}

// Acknowledgments

TEST_CASE("an ACK is a duplicate only without data, with the same window, and while something is outstanding") {
    story s;
    auto [client, server] = s.established();
    client.acks(1); // the server has sent nothing
    client.sends(1, 100);
    server.acks(1).expect(duplicate_ack);
    server.sends(1, 10);
    server.acks(1).window(9000).expect(window_update);
    server.acks(1).expect(duplicate_ack);
    server.acks(101);
    server.acks(101);
    server.fins().acking(101);
}

TEST_CASE("an ACK that repeats the last with another window updates it, unless it brings a selective one") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101);
    server.acks(101).window(16384).expect(window_update);
    server.acks(101).window(8000).expect(window_update); // it may shrink
    server.sends(1, 10).window(9000);
    client.sends(101, 100);
    client.sends(201, 100);
    server.acks(101).window(9100).sack(201, 301).expect(duplicate_ack); // RFC 6675 2
    server.acks(301).window(10000);
}

// Keep-alives

TEST_CASE("keep-alives with and without a byte of garbage are not retransmissions") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101);
    s.after(75s);
    client.keeps_alive().expect(keep_alive).because(evidence_set::none);
    server.acks(101).expect(keep_alive_ack);
    s.after(75s);
    client.keeps_alive(1).expect(keep_alive);
    server.acks(101).expect(keep_alive_ack);
    client.sends(101, 100);
    CHECK(s.connection().client_to_server.retransmissions == 0);
}

TEST_CASE("the server keeps a connection alive on which it never sent data") {
    story s;
    auto [client, server] = s.established();
    s.after(75s);
    server.keeps_alive().expect(keep_alive);
    client.acks(1).expect(keep_alive_ack);
}

TEST_CASE(
    "both sides keep the connection alive at once: each answer is one, although an acknowledgment was sent meanwhile") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 2; ++i) {
        s.after(75s);
        client.keeps_alive().expect(keep_alive);
        server.keeps_alive().expect(keep_alive);
        client.acks(1).expect(keep_alive_ack);
        s.after(10ms);
        server.acks(1).expect(keep_alive_ack);
    }
    s.after(20ms);
    server.acks(1); // both are answered
    s.after(75s);
    client.keeps_alive().expect(keep_alive);
    client.sends(1, 100);
    server.acks(1).expect(duplicate_ack); // data came after the keep-alive
}

TEST_CASE("an acknowledgment of the prober forgets a probe that is answered") {
    story s;
    auto [client, server] = s.established();
    s.after(75s);
    client.keeps_alive().expect(keep_alive);
    s.after(10ms);
    server.acks(1).expect(keep_alive_ack);
    s.after(1s);
    server.sends(1, 50);
    s.after(10ms);
    client.acks(51);
    s.after(30s);
    server.acks(1); // to whatever
    client.sends(1, 100);
    server.acks(101).window(0).expect(zero_window);
    s.after(300ms);
    client.keeps_alive().expect(zero_window_probe);
    s.after(10ms);
    server.acks(101).expect(zero_window | zero_window_probe_ack);
    s.after(1s);
    server.sends(51, 50).window(8000);
    s.after(10ms);
    client.acks(101);
    s.after(10ms);
    server.acks(101);
}

TEST_CASE("a window probe is answered after data that its sender acknowledged meanwhile") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101).window(0).expect(zero_window);
    for (int i = 0; i < 3; ++i) {
        s.after(500ms);
        client.keeps_alive().expect(zero_window_probe);
        server.sends(1 + 10 * i, 10).expect(zero_window);
        client.acks(11 + 10 * i);
        s.after(10ms);
        server.acks(101).expect(zero_window | zero_window_probe_ack);
    }
}

TEST_CASE("a keep-alive that is not answered is sent again") {
    story s;
    auto [client, server] = s.established();
    for (int i = 0; i < 3; ++i) {
        s.after(75s);
        client.keeps_alive().expect(keep_alive);
    }
}

TEST_CASE("a byte that was not acknowledged yet does not keep alive, it is sent again") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 1);
    s.after(200ms);
    client.sends(1, 1).expect(retransmission);
    client.sends(2, 100);
    client.sends(102, 1);
    s.after(200ms);
    client.sends(102, 1).expect(retransmission | tail_loss_probe); // what is before it is outstanding too
    client.acks(1).at(102);                                        // overtaken by that byte
    server.acks(103);
    s.after(75s);
    client.sends(102, 1).expect(keep_alive);
}

TEST_CASE("a bare ACK that was overtaken by a FIN does not keep alive") {
    story s;
    auto [client, server] = s.established();
    client.fins();
    client.acks(1).at(1);
}

TEST_CASE("where the peer was not captured, a byte just below the next keeps alive") {
    story s;
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    s.after(75s);
    client.keeps_alive(1).expect(keep_alive);
    client.keeps_alive(0).expect(keep_alive);
}

// Windows

TEST_CASE("a closed window is probed with a byte beyond it until it opens") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101).window(0).expect(zero_window);
    s.after(200ms);
    client.probes().expect(zero_window_probe);
    server.acks(101).expect(zero_window | zero_window_probe_ack);
    s.after(400ms);
    client.probes().expect(zero_window_probe);
    server.acks(101).expect(zero_window | zero_window_probe_ack);
    server.acks(101).window(8192).expect(window_update);
    client.sends(101, 100);
    CHECK(s.connection().client_to_server.retransmissions == 0);
}

TEST_CASE("a closed window is probed without data, as Linux does") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101).window(0).expect(zero_window);
    s.after(200ms);
    client.keeps_alive().expect(zero_window_probe);
    server.acks(101).expect(zero_window | zero_window_probe_ack);
    server.acks(101).window(8192).expect(window_update);
    s.after(75s);
    client.keeps_alive().expect(keep_alive); // it is open
}

TEST_CASE("a probe's byte that is accepted was sent") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101).window(0).expect(zero_window);
    s.after(200ms);
    client.probes().expect(zero_window_probe);
    server.acks(102).window(8192);
    client.sends(102, 100);
    server.acks(202);
    CHECK(s.connection().client_to_server.retransmissions == 0);
}

TEST_CASE("data in a closed window that is no probe has no verdict of its own") {
    story s;
    auto [client, server] = s.established();
    server.acks(1).window(0).expect(zero_window);
    client.sends(1, 100);
    client.sends(101, 1); // not what the receiver waits for
}

TEST_CASE("SYN, FIN and RST with a window of zero close no window") {
    story s;
    auto [client, server] = s.hosts();
    client.syn().window(0);
    server.syn_ack().window(0);
    client.acks(1).window(100);
    server.fins();
    client.resets().window(0);
}

// Openings and endings

TEST_CASE("data on a SYN is sent once") {
    story s;
    auto [client, server] = s.hosts();
    client.syn().carrying(10);
    s.after(10ms);
    server.syn_ack().acking(11);
    client.acks(1);
    client.sends(11, 100);
    s.after(200ms);
    client.sends(1, 10).expect(retransmission | spurious_retransmission);
}

TEST_CASE("data on a SYN that was not accepted is sent again") {
    story s;
    auto [client, server] = s.hosts();
    client.syn().carrying(10);
    s.after(10ms);
    server.syn_ack().acking(1);
    client.sends(1, 10).acking(1).expect(retransmission).because(evidence_set::bytes_seen);
}

TEST_CASE("in a simultaneous open the SYN-ACKs that follow the SYNs are not retransmissions") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn();
    s.after(10ms);
    client.syn_ack();
    server.syn_ack();
    s.after(1s);
    client.syn_ack().expect(retransmission | spurious_retransmission);
    client.sends(1, 100);
    server.sends(1, 100);
}

TEST_CASE("a half-closed connection carries data the other way") {
    story s;
    auto [client, server] = s.established();
    client.fins();
    server.acks(2);
    server.sends(1, 1000);
    client.acks(1001);
    server.sends(1001, 1000);
    s.after(200ms);
    server.sends(1001, 1000).expect(retransmission);
    client.acks(2001);
    server.fins();
    client.acks(2002);
}

TEST_CASE("nothing is said of a RST, nor learned from its sequence number") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.resets().at(50'000'000);
    client.resets().at(-50'000'000);
    client.resets();
    client.resets();
    client.sends(101, 100);
    server.sends(1, 100);
}

TEST_CASE("an answer to another SYN is no part of the connection") {
    story s;
    auto [client, server] = s.established();
    server.sends(1, 100);
    server.syn_ack().at(500'000).acking(300'000);
    server.syn_ack().at(600'000).acking(0);
    client.acks(101);
    server.sends(101, 100).acking(1);
}

TEST_CASE("a SYN-ACK with another SYN cookie begins the sequence numbers anew") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(10ms);
    server.syn_ack();
    s.after(1s);
    client.syn().expect(retransmission | spurious_retransmission);
    server.syn_ack().at(77'777);
    client.acks(77'778);
    server.sends(77'778, 100);
    s.after(200ms);
    server.sends(77'778, 100).expect(retransmission);
}

TEST_CASE("once a SYN-ACK was accepted, no other begins the sequence numbers anew") {
    story s;
    auto [client, server] = s.established();
    server.sends(1, 100);
    server.syn_ack().at(77'777);
    server.sends(101, 100);
    client.acks(201);
}

TEST_CASE("where connections are not split, a new SYN begins the sequence numbers anew") {
    story s{{.split_incarnations = false}};
    {
        auto [client, server] = s.established();
        client.sends(1, 100);
        server.sends(1, 100).acking(101);
    }
    auto [client, server] = s.established({.client_ahead = 5'000'000, .server_ahead = 7'000'000});
    client.sends(1, 100);
    server.sends(1, 100).acking(101);
    CHECK(s.connection().client_to_server.syn == 2);
}

TEST_CASE("where connections are not split, what was acknowledged of one is not of the next") {
    story s{{.split_incarnations = false}};
    {
        auto [client, server] = s.established();
        client.sends(1, 100);
        server.acks(101);
    }
    auto [client, server] = s.established({.client_ahead = 0xffff'0000, .server_ahead = 0xffff'0000}); // further back
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
}

// Picked up midstream

TEST_CASE("a connection picked up midstream is judged from its first segment on") {
    story s;
    auto [client, server] = s.hosts();
    client.sends(1001, 100).acking(501);
    server.sends(501, 100).acking(1101);
    client.acks(601);
    client.sends(1101, 100);
    s.after(200ms);
    client.sends(1101, 100).expect(retransmission);
}

TEST_CASE("what was sent before the first captured segment was not seen before") {
    story s;
    auto [client, server] = s.midstream();
    const auto& first = client.sends(801, 100).uncaptured();
    const auto& second = client.sends(901, 100).uncaptured();
    client.sends(1001, 100);
    s.captures(first).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::undecided);
    s.captures(second).expect(out_of_order).because(evidence_set::fills_hole | evidence_set::undecided);
    s.after(200ms);
    client.sends(801, 100).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
    client.sends(701, 200).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::fills_hole);
    client.sends(1101, 100);
}

TEST_CASE("holes before the first captured segment are the first to be forgotten") {
    story s;
    auto [client, server] = s.midstream();
    const auto& first = client.sends(801, 100).uncaptured();
    client.sends(901, 100).uncaptured();
    client.sends(1001, 100);
    bool filled = false;
    SUBCASE("when one more opens above") {
        s.captures(first).expect(out_of_order); // 901 to 1000 is missing
        filled = true;
    }
    SUBCASE("when they open last") {}
    std::deque<story_segment*> late;
    for (int hole = 0; hole < 12; ++hole) {
        late.push_back(&client.sends(1101 + 200 * hole, 100).uncaptured());
        client.sends(1201 + 200 * hole, 100).expect(lost_segment);
    }
    if (!filled) s.captures(first).expect(out_of_order);
    for (story_segment* each : late) s.captures(*each).expect(out_of_order);
    s.after(200ms);
    client.sends(901, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::memory_exceeded | evidence_set::silence);
}

TEST_CASE("a SYN captured behind the ACK of its SYN-ACK is new") {
    story s;
    auto [client, server] = s.hosts();
    const auto& syn = client.syn().uncaptured();
    server.syn_ack();
    client.acks(1);
    s.captures(syn); // a bare ACK came before it: that is no order of data, in either direction
    s.after(1s);
    client.syn().expect(retransmission | spurious_retransmission);
}

TEST_CASE("a clock that was set back changes no verdict") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(-5ms);
    server.acks(101);
    s.after(-1h);
    client.sends(101, 100);
    s.after(200ms);
    client.sends(101, 100).expect(retransmission);
}

TEST_CASE("without a piece of the shared memory what was missing is forgotten, and verdicts say so") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    const auto& late = client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(1ms);
    s.captures(late).expect(out_of_order);
    server.acks(301);
    s.after(300ms);
    client.sends(301, 100);

    for (const std::uint32_t pieces : {0u, 1u}) {
        tcplens::basic_connection_table table{tcplens::table_options{}, tcplens::evidence_rules{pieces}};
        std::vector<tcplens::verdict> said;
        tcplens::capture_reader reader{std::span<const std::byte>{s.capture()}};
        for (const tcplens::packet& each : reader) said.push_back(table.add(each).verdict);
        REQUIRE(said.size() == 8);
        CHECK(said[4].kinds == lost_segment);
        CHECK(said[5].has(
            out_of_order)); // without a hole its Identification tells: it is lower than that of the latest packet
        CHECK(((said[5].evidence & evidence_set::memory_exceeded) != evidence_set::none) == (pieces == 0));
        CHECK(said[7].kinds == tcplens::verdict_kinds::none);
    }
}
