// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

namespace {

constexpr story_options to_the_letter{.rules = story_rules::repeated_sequence};

} // namespace

TEST_CASE("a segment to judge is of the side that was heard first, of a connection without a past, unless its maker "
          "says otherwise") {
    const segment sent{};
    const rule_input next{.segment = sent};
    CHECK(next.sender == side::first);
    CHECK(next.connection_number == 0);
    CHECK(!next.reuses_ports);
    CHECK(!next.after_end);
}

TEST_CASE("repeated sequence: the first data after a handshake bears the number of the ACK before it") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    client.sends(1, 100).expect(retransmission).because(evidence_set::sequence_number_seen);
    client.sends(101, 100).because(evidence_set::none);
    CHECK(s.connection().client_to_server.retransmissions == 1);
}

TEST_CASE("repeated sequence: the first data of the server, which sent no bare ACK, is new") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    server.sends(1, 100);
    server.sends(101, 100);
    server.sends(101, 100).expect(retransmission);
    server.sends(101, 1).expect(retransmission);
    CHECK(s.connection().server_to_client.retransmissions == 2);
}

TEST_CASE("repeated sequence: only a segment with payload is a retransmission") {
    story s{to_the_letter};
    auto [client, server] = s.hosts();
    client.syn();
    client.syn();
    server.syn_ack();
    server.syn_ack();
    client.acks(1);
    client.acks(1);
    client.fins();
    client.fins();
    client.resets();
    client.resets();
    CHECK(s.connection().client_to_server.retransmissions == 0);
}

TEST_CASE("repeated sequence: a number counts as used by whatever used it") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    client.resets().at(5000);
    client.sends(5000, 100).expect(retransmission);
    client.acks(1).at(7000);
    client.sends(7000, 100).expect(retransmission);
    client.sends(0, 100).expect(retransmission); // the SYN's
}

TEST_CASE("repeated sequence: the numbers of the other side do not count") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    client.sends(5000, 100);
    server.sends(5000 - 1000, 100); // the same number in the setting where the server's begin 1000 higher
}

TEST_CASE("repeated sequence: data sent again with other boundaries, or late, is none") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    server.sends(1, 100);
    server.sends(51, 100);
    server.sends(301, 100);
    server.sends(201, 100);
    CHECK(s.connection().server_to_client.retransmissions == 0);
}

TEST_CASE("repeated sequence: a keep-alive with a byte of garbage is new, unless its number was used") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    server.sends(1, 100);
    server.keeps_alive(1);
    server.keeps_alive(1).expect(retransmission);
    server.keeps_alive(0);
}

TEST_CASE("repeated sequence: each connection has its own numbers") {
    story s{to_the_letter};
    {
        auto [client, server] = s.established();
        server.sends(1, 100);
        server.sends(101, 100);
    }
    {
        auto [client, server] = s.established({.client_port = 40001});
        server.sends(1, 100).of(1);
        server.sends(101, 100).of(1);
    }
    auto [client, server] = s.hosts({.client_ahead = 50}); // another incarnation, over the same numbers
    client.syn().expect(reused_ports).of(2);
    server.sends(1, 100).acking(1).of(2);
    server.sends(101, 100).of(2);
}

TEST_CASE("repeated sequence: nothing but the number counts") {
    story s{to_the_letter};
    auto [client, server] = s.established();
    server.sends(1, 100);
    client.acks(1).window(0);
    server.sends(101, 1);
    client.acks(101);
    client.acks(101);
    client.acks(101);
    client.acks(5001);
    client.acks(1);
}

TEST_CASE("repeated sequence: what lies further back than the memory may be forgotten, what does not is not") {
    repeated_sequence_rules rules{100, hash_key{1}};
    repeated_sequence_rules::connection_state state;
    const auto sent_before = [&](std::uint32_t sequence) {
        const segment sent{.sequence = {sequence}, .payload_length = 1};
        return rules.judge({.segment = sent}, state).is_retransmission();
    };
    for (std::uint32_t sequence = 0; sequence < 100; ++sequence) CHECK_FALSE(sent_before(sequence));
    for (std::uint32_t sequence = 0; sequence < 100; ++sequence) CHECK(sent_before(sequence));
    for (std::uint32_t sequence = 100; sequence < 150; ++sequence) CHECK_FALSE(sent_before(sequence));
    CHECK(sent_before(60)); // fifty-one to ninety-nine are, too
    for (std::uint32_t sequence = 150; sequence < 199; ++sequence) CHECK_FALSE(sent_before(sequence));
    CHECK(sent_before(100)); // within the last hundred
    for (std::uint32_t sequence = 1000; sequence < 1200; ++sequence) CHECK_FALSE(sent_before(sequence));
    CHECK_FALSE(sent_before(0)); // two hundred others came between
}
