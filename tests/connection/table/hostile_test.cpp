// SPDX-License-Identifier: MIT
// What one odd packet, or a very long connection, must not do to the verdicts on ordinary traffic after it.
#include "../../support/traffic.hpp"

#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

/// A connection between two hosts, by the sequence numbers that are on the wire.
class hosts {
public:
    explicit hosts(bool with_ids = true) : with_ids_(with_ids) { sent_.set_time(timestamp{1s}); }

    verdict_kinds sends(std::uint32_t sequence, std::uint32_t length, std::optional<std::uint16_t> id = {}) {
        return add(client_, server_, sequence, 500, length, id);
    }
    verdict_kinds acks(std::uint32_t number) { return add(server_, client_, 500, number, 0, {}); }

    void after(std::chrono::nanoseconds duration) { sent_.after(duration); }
    void at(timestamp time) { sent_.set_time(time); }
    std::uint16_t next_id() { return ++ids_[0]; }
    [[nodiscard]] const connection_table& table() const { return sent_.table(); }

    /// A round trip, so that the least time to send again is known.
    void begin(std::uint32_t sequence) {
        sends(sequence, 100);
        after(10ms);
        acks(sequence + 100);
    }

    verdict_kinds add(const endpoint& from, const endpoint& to, std::uint32_t sequence, std::uint32_t acknowledgment,
                      std::uint32_t length, std::optional<std::uint16_t> id, std::uint16_t flags = flag_bits::ACK) {
        if (with_ids_ && !id) id = ++ids_[from == client_ ? 0 : 1];
        return sent_.sends(from, to,
                           {.flags = flags,
                            .sequence = sequence,
                            .acknowledgment = acknowledgment,
                            .length = length,
                            .ip_id = with_ids_ ? id : std::nullopt});
    }

private:
    bool with_ids_;
    traffic<> sent_{1us};
    std::uint16_t ids_[2]{100, 100};

public:
    endpoint client_ = sent_.at(1, 40000);
    endpoint server_ = sent_.at(2, 443);
};

} // namespace

TEST_CASE("one segment far ahead does not spoil those that go on where it was") {
    for (const bool ids : {true, false}) {
        for (const std::uint32_t jump : {0x0200'0000u, 0x3000'0000u, 0x7000'0000u}) {
            hosts s{ids};
            s.begin(1);
            CHECK(s.sends(101, 100) == none);
            CHECK(s.sends(201 + jump, 100) == lost_segment);
            for (std::uint32_t at = 201; at < 2001; at += 100) CHECK(s.sends(at, 100) == none);
            CHECK(s.acks(2001) == none);
        }
    }
}

TEST_CASE("one acknowledgment of what nobody sent is passed over") {
    hosts s;
    s.begin(1);
    CHECK(s.sends(101, 100) == none);
    CHECK(s.acks(0x3000'0000) == none);
    CHECK(s.sends(201, 100) == none);
    CHECK(s.acks(301) == none);
    s.after(100ms);
    CHECK(s.sends(301, 100) == none);
    CHECK(s.acks(0x5000'0000) == none);
    SUBCASE("but where they go on there, the capture has a gap") {
        CHECK(s.acks(0x5000'0100) == ack_lost_segment);
    }
}

TEST_CASE("more than 4 GiB later a re-send is a re-send, and what is late is late") {
    for (const bool ids : {true, false}) {
        hosts s{ids};
        s.begin(1);
        std::uint32_t next = 101;
        constexpr std::uint32_t large = 1u << 20;
        for (int mebibytes = 1; mebibytes <= 5 * 1024; ++mebibytes) {
            REQUIRE(s.sends(next, large) == none);
            s.after(10ms);
            s.acks(next + large);
            next += large;
            if (mebibytes % 512 != 0) continue;
            CAPTURE(mebibytes);
            s.after(200ms);
            CHECK(s.sends(next - 1000, 1000) == (retransmission | spurious_retransmission));
            const std::uint16_t earlier = s.next_id();
            CHECK(s.sends(next + 1000, 1000) == lost_segment);
            CHECK(s.sends(next, 1000, earlier) == out_of_order);
            s.after(10ms);
            s.acks(next + 2000);
            next += 2000;
        }
    }
}

TEST_CASE("SYNs with one Identification for all are sent again, not copied") {
    hosts s;
    const auto syn = [&] { return s.add(s.client_, s.server_, 1, 0, 0, 54321, 0x02); };
    CHECK(syn() == none);
    CHECK(syn() == duplicate); // a moment later
    for (const auto wait : {1s, 2s, 4s}) {
        s.after(wait);
        CHECK(syn() == retransmission);
    }
}

TEST_CASE("times at both ends of what a file can say") {
    hosts s{false};
    s.begin(1);
    s.at(timestamp::max() - 1ms);
    s.sends(301, 100);
    s.at(timestamp::min());
    s.sends(101, 200);
    s.acks(401);
    s.at(timestamp::max() - 1ms);
    s.sends(101, 200);
    s.acks(401);
    CHECK(s.table().size() == 1);
    CHECK(s.table()[0].client_to_server.packets == 4);
}
