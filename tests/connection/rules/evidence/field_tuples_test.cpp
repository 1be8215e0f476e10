// SPDX-License-Identifier: MIT
// Two connections on one 4-tuple at once, and holes larger than any window: situations of public reports, each with its source.
#include "../../../support/story.hpp"
#include "field_ways.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <utility>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;
using tcplens::close_reason;
using tcplens::handshake_state;

namespace {

/// Another connection between the same hosts and ports, whose numbers are `ahead` of those of the first.
story_hosts same_tuple(story& s, story_opening opening, std::uint32_t ahead) {
    opening.client_ahead = opening.server_ahead = ahead;
    return s.hosts(opening);
}

void check_both_complete(story& s) {
    REQUIRE(s.connections().size() == 2);
    for (const tcplens::connection& each : s.connections()) {
        CHECK(each.handshake == handshake_state::completed);
        CHECK(each.close_reason == close_reason::normal);
        CHECK(each.client_to_server.retransmissions + each.server_to_client.retransmissions == 0);
    }
}

} // namespace

TEST_CASE(
    "both legs of a box that rewrites sequence numbers, in one capture") { // tcpflow#73; two VLANs at once are alike
    for_each_way({.rtt = 10ms}, [](const story_opening& opening) {
        for (const std::uint32_t ahead : {500'000u, 500'000'000u, 3'000'000'000u}) {
            story s;
            const story_hosts legs[]{s.hosts(opening), same_tuple(s, opening, ahead)};
            // The client's packets pass the first leg first, the server's the second.
            const auto from_client = [&](auto say) {
                for (std::uint64_t leg : {0u, 1u}) {
                    story_host client = legs[leg].client;
                    say(client).of(leg);
                    s.after(100us);
                }
                s.after(5ms);
            };
            const auto from_server = [&](auto say) {
                for (std::uint64_t leg : {1u, 0u}) {
                    story_host server = legs[leg].server;
                    say(server).of(leg);
                    s.after(100us);
                }
                s.after(5ms);
            };
            for (std::uint64_t leg : {0u, 1u}) {
                story_host client = legs[leg].client;
                client.syn().of(leg).expect(leg == 0 ? none : reused_ports);
                s.after(100us);
            }
            from_server([](story_host& server) -> story_segment& { return server.syn_ack(); });
            from_client([](story_host& client) -> story_segment& { return client.acks(1); });
            for (int i = 0; i < 4; ++i) {
                from_client([&](story_host& client) -> story_segment& { return client.sends(1 + 100 * i, 100); });
                from_server([&](story_host& server) -> story_segment& {
                    return server.sends(1 + 200 * i, 200).acking(101 + 100 * i);
                });
                from_client([&](story_host& client) -> story_segment& { return client.acks(201 + 200 * i); });
            }
            from_client([](story_host& client) -> story_segment& { return client.fins(); });
            from_server([](story_host& server) -> story_segment& { return server.fins().acking(402); });
            from_client([](story_host& client) -> story_segment& { return client.acks(802); });
            check_both_complete(s);
        }
    });
}

TEST_CASE("both legs of a box that rewrites the numbers of one end alone") {
    for_each_way({.rtt = 10ms}, [](const story_opening& opening) {
        story s;
        story_opening behind = opening;
        behind.client_ahead = 333'000'000;
        story_hosts legs[]{s.hosts(opening), s.hosts(behind)};
        const auto both = [&](bool from_client, auto say) {
            for (const std::uint64_t leg : {from_client ? 0u : 1u, from_client ? 1u : 0u}) {
                say(from_client ? legs[leg].client : legs[leg].server).of(leg);
                s.after(100us);
            }
            s.after(5ms);
        };
        legs[0].client.syn().of(0);
        s.after(100us);
        legs[1].client.syn().of(1).expect(reused_ports);
        s.after(5ms);
        both(false, [](story_host& server) -> story_segment& { return server.syn_ack(); });
        both(true, [](story_host& client) -> story_segment& { return client.acks(1); });
        both(true, [](story_host& client) -> story_segment& { return client.sends(1, 100); });
        both(false, [](story_host& server) -> story_segment& { return server.sends(1, 200).acking(101); });
        both(true, [](story_host& client) -> story_segment& { return client.fins().acking(201); });
        both(false, [](story_host& server) -> story_segment& { return server.fins().acking(102); });
        both(true, [](story_host& client) -> story_segment& { return client.acks(202); });
        check_both_complete(s);
    });
}

TEST_CASE("a late copy of data or of the FIN of the old connection, after its successor is established") { // arkime#956
    for_each_way({.rtt = 10ms}, [](const story_opening& opening) {
        // Initial sequence numbers are random, or a clock's of 4 us (RFC 9293 section 3.4.1).
        for (const auto& [fin, ahead] :
             {std::pair{false, 700'000'000u}, {true, 700'000'000u}, {false, 250'000u}, {true, 250'000u}}) {
            story s;
            auto [client, server] = s.established(opening);
            const auto& data = client.sends(1, 100);
            s.after(10ms);
            server.sends(1, 200).acking(101);
            client.acks(201);
            const auto& last = client.fins();
            s.after(10ms);
            server.fins().acking(102);
            client.acks(202);
            s.after(1s);
            auto [next_client, next_server] = same_tuple(s, opening, ahead);
            next_client.syn().of(1).expect(reused_ports);
            s.after(10ms);
            next_server.syn_ack().of(1);
            next_client.acks(1).of(1);
            s.after(50ms);
            s.captures(fin ? last : data).of(0).expect(duplicate);
            s.after(5ms);
            next_client.sends(1, 100).of(1);
            s.after(10ms);
            next_server.sends(1, 100).acking(101).of(1);
            next_client.fins().acking(101).of(1);
            s.after(10ms);
            next_server.fins().acking(102).of(1);
            next_client.acks(102).of(1);
            check_both_complete(s);
        }
    });
}

TEST_CASE("a hole of more than 16 MiB in both directions is missed, not forgotten") { // a capture overrun at 10 Gbit/s
    for_each_way({.rtt = 20ms}, [](const story_opening& opening) {
        story s;
        story_hosts hosts = s.established(opening);
        story_host& client = hosts.client;
        story_host& server = hosts.server;
        std::int64_t next = 1;
        const auto exchange = [&](bool after_hole) {
            for (int i = 0; i < 20; ++i) {
                const bool lost = after_hole && i == 0;
                client.sends(next, 1000).acking(next).expect(lost ? lost_segment : none);
                s.after(1ms);
                server.sends(next, 1000).acking(next + 1000).expect(lost ? lost_segment : none);
                next += 1000;
                s.after(1ms);
            }
        };
        exchange(false);
        s.after(16ms);
        next += 21'720'000; // both ways, and its acknowledgments
        exchange(true);
        const auto told = s.detailed();
        for (const auto* profile : {&told.profile.client_to_server, &told.profile.server_to_client}) {
            CHECK(profile->missed_bytes() == 21'720'000);
            CHECK(profile->stream_bytes == 21'760'000);
            CHECK(profile->ignored_bytes == 0);
        }
        CHECK(s.connection().server_to_client.retransmissions == 0);
        CHECK(s.connection().client_to_server.retransmissions == 0);
    });
}
