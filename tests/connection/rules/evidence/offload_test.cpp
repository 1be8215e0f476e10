// SPDX-License-Identifier: MIT
// Segments larger than a packet: before the network adapter cuts them (TSO), and after packets were put together on receipt (GRO).
#include "../../../support/story.hpp"

#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;
using namespace tcplens;
using enum verdict_kinds;

namespace {

constexpr std::uint32_t packet_size = 1448;
constexpr std::uint32_t large = 44 * packet_size; // 63,712 bytes

/// The Identifications with and without a use, and the clocks.
story_opening offloading(bool with_clock, story_ids ids) {
    return {.rtt = 10ms, .timestamps = with_clock, .sack = true, .mss = 1460, .ids = ids};
}

/// Calls `tell` for each kind of sender.
void for_each_sender(auto&& tell) {
    for (const story_ids ids : {story_ids::counted, story_ids::zero, story_ids::random}) {
        for (const bool with_clock : {true, false}) tell(offloading(with_clock, ids));
    }
}

} // namespace

TEST_CASE("offload: a packet within a large segment is sent again") {
    for_each_sender([](const story_opening& opening) {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, large);
        s.after(10ms);
        server.acks(1 + packet_size);
        server.acks(1 + packet_size).sack(1 + 2 * packet_size, 1 + large).expect(duplicate_ack);
        s.after(1ms);
        client.sends(1 + packet_size, packet_size)
            .ip_id(opening.ids == story_ids::counted ? 60 : 0)
            .expect(retransmission | fast_retransmission);
        s.after(10ms);
        server.acks(1 + large);
        CHECK(s.connection().client_to_server.retransmissions == 1);
    });
}

TEST_CASE("offload: the tail of a large segment is sent again, and more with it") {
    for_each_sender([](const story_opening& opening) {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, large);
        s.after(10ms);
        server.acks(1 + 40 * packet_size);
        s.after(220ms);
        client.sends(1 + 40 * packet_size, 4 * packet_size)
            .ip_id(opening.ids == story_ids::counted ? 60 : 0)
            .expect(retransmission);
        s.after(10ms);
        server.acks(1 + large);
        CHECK(s.connection().client_to_server.retransmissions == 1);
    });
}

TEST_CASE("offload: packets that were put together fill a hole, late or sent again") {
    for (const bool is_late : {true, false}) {
        for_each_sender([is_late](const story_opening& opening) {
            story s;
            auto [client, server] = s.established(opening);
            client.sends(1, packet_size);
            const auto& hidden = client.sends(1 + packet_size, 2 * packet_size).uncaptured();
            s.after(10us);
            client.sends(1 + 3 * packet_size, 4 * packet_size).expect(lost_segment);
            if (is_late) {
                s.after(100us);
                s.captures(hidden).expect(out_of_order);
                return;
            }
            s.after(10ms);
            server.acks(1 + packet_size);
            server.acks(1 + packet_size).sack(1 + 3 * packet_size, 1 + 7 * packet_size).expect(duplicate_ack);
            s.after(1ms);
            client.sends(1 + packet_size, 2 * packet_size).expect(retransmission | fast_retransmission);
        });
    }
}

TEST_CASE("offload: after a large segment no Identification is missing, whatever the silence") {
    story s{{.families = story_families::v4}};
    auto [client, server] =
        s.established(offloading(true, story_ids::counted)); // the client's Identifications: 1 and 2
    client.sends(1, large);                                  // 3 to 46
    s.after(10ms);
    server.acks(1 + large);
    s.after(215ms);
    client.sends(1 + large, 100).ip_id(47);
}

TEST_CASE("offload: a large response that comes when the timer of its sender ran out") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established(offloading(true, story_ids::counted));
    client.sends(1, 100);
    s.after(10ms);
    server.sends(1, 50).acking(101);
    client.acks(51);
    client.sends(101, 100);
    SUBCASE("all of it was lost: as many Identifications are missing, and one timeout was enough") {
        s.after(10ms);
        server.sends(51, 2 * packet_size).acking(201).uncaptured();
        s.after(215ms);
        server.sends(51, packet_size).expect(retransmission);
    }
    SUBCASE("it follows a large segment") {
        s.after(10ms);
        server.sends(51, large).acking(201);
        client.acks(51 + large);
        client.sends(201, 100);
        s.after(225ms);
        server.sends(51 + large, packet_size).acking(301).ip_id(60);
    }
}

TEST_CASE("offload: the same bytes before and after they were cut are one transmission") {
    for_each_sender([](const story_opening& opening) {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, 2 * packet_size);
        s.after(5us);
        client.sends(1, packet_size).expect(duplicate);
        s.after(5us);
        client.sends(1 + packet_size, packet_size).expect(duplicate);
        CHECK(s.connection().client_to_server.retransmissions == 0);
    });
}
