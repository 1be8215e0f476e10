// SPDX-License-Identifier: MIT
// The stories themselves: one that goes another way than it says must fail.
#include "story.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

namespace {

/// What a story says that went wrong, without the numbers of lines.
std::string complaint(story& s) {
    const std::string wrong = s.what_went_wrong();
    return std::regex_replace(wrong, std::regex{"\n  |, line [0-9]+"}, "");
}

} // namespace

TEST_CASE("a story fails where a verdict comes that was not expected") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100);
    CHECK(complaint(s) == "packet 5; the verdict is retransmission, not nothing");
}

TEST_CASE("a story fails where an expected verdict does not come") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100).expect(retransmission);
    client.sends(101, 100).expect(out_of_order);
    CHECK(complaint(s) == "packet 4; the verdict is nothing, not retransmission"
                          "packet 5; the verdict is nothing, not out_of_order");
}

TEST_CASE("a story fails where one of two verdicts comes") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100).expect(retransmission | fast_retransmission);
    CHECK(complaint(s) == "packet 5; the verdict is retransmission, not retransmission,fast_retransmission");
}

TEST_CASE("a story fails where the reason is another") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100).expect(retransmission).because(evidence_set::fills_hole);
    CHECK(complaint(s) == "packet 5; the evidence is bytes_seen,silence, not fills_hole");
}

TEST_CASE("a story fails where the reason is another over IPv6 only") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(200ms);
    client.sends(1, 100)
        .expect(retransmission)
        .because(evidence_set::bytes_seen | evidence_set::silence, evidence_set::bytes_seen);
    CHECK(complaint(s) == "packet 5; the evidence is bytes_seen,silence, not bytes_seen");
}

TEST_CASE("a story fails where the earlier packet is another, or the time since") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100).earlier(0, 0ns);
    s.after(200ms);
    client.sends(1, 100).expect(retransmission).earlier(3, 100ms);
    CHECK(complaint(s) == "packet 5; the earlier packet is 4, not 3; the time since is 200000000 ns, not 100000000 ns");
}

TEST_CASE("a story fails where a segment is of another connection") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100).of(1);
    CHECK(complaint(s) == "packet 4; the connection is 0, not 1");
}

TEST_CASE("a story fails where it goes as expected in some settings only") {
    story s{{.rules = story_rules::repeated_sequence}};
    auto [client, server] = s.hosts();
    client.syn();
    server.refuses();                              // the sequence number is 0 …
    server.sends(-2000, 1).expect(retransmission); // … and so is this one, where the server's begin with 2000
    CHECK(complaint(s).starts_with("packet 3; the verdict is nothing, not retransmission"));
}

TEST_CASE("a story that is told again goes on where it was") {
    story s;
    auto [client, server] = s.established();
    CHECK(s.connection().client_to_server.packets == 2);
    client.sends(1, 100);
    CHECK(s.connection().client_to_server.packets == 3);
    CHECK(s.connection().client_to_server.payload_bytes == 100);
}

TEST_CASE("the clock of a story stands still unless time goes by") {
    story s;
    auto [client, server] = s.established({.rtt = 30ms});
    s.after(5ms);
    client.sends(1, 100);
    server.acks(101);
    CHECK(s.connection().last_time - s.connection().first_time == 35ms);
}

TEST_CASE("what was not captured is not in the capture") {
    story s;
    auto [client, server] = s.established();
    const std::size_t before = s.capture().size();
    client.sends(1, 100).uncaptured();
    CHECK(s.capture().size() == before);
    client.sends(101, 100).expect(lost_segment);
    CHECK(s.capture().size() == before + 16 + 14 + 20 + 20 + 100);
}

TEST_CASE("a story can be read in Wireshark") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    const auto magic = std::to_array<unsigned char>({0x4d, 0x3c, 0xb2, 0xa1}); // pcap, nanoseconds, little-endian
    CHECK(std::ranges::equal(magic, std::span{s.capture()}.first(4), {}, {}, std::to_integer<unsigned char>));
}
