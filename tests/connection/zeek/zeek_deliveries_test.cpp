// SPDX-License-Identifier: MIT
#include <tcplens/connection/zeek/zeek_deliveries.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

/// The deliveries of one end, whose peer acknowledges them.
struct stream {
    zeek_deliveries deliveries{};
    std::int64_t acknowledged = 1;
    std::int64_t sent = 0;

    void data(std::int64_t begin, std::int64_t length) {
        sent = sent < begin - 1 + length ? begin - 1 + length : sent;
        deliveries.take(begin, begin + length, acknowledged, sent);
    }
    std::vector<std::int64_t> acks(std::int64_t up_to, bool partial = false) {
        std::vector<std::int64_t> gaps;
        acknowledged = acknowledged < up_to ? up_to : acknowledged;
        deliveries.acknowledge(up_to, partial, [&](std::int64_t bytes) { gaps.push_back(bytes); });
        return gaps;
    }
};

using gaps = std::vector<std::int64_t>;

} // namespace

TEST_CASE("Zeek deliveries: data that was captured before its acknowledgment makes no gap, in any order") {
    stream s;
    s.data(1, 100);
    s.data(201, 100);
    s.data(101, 100);
    CHECK(s.deliveries.next() == 301);
    CHECK(s.acks(301) == gaps{});
    CHECK_FALSE(s.deliveries.holds_any());
}

TEST_CASE("Zeek deliveries: a gap is acknowledged data that was not captured") {
    stream s;
    s.data(1, 100);
    s.data(151, 50);
    CHECK(s.deliveries.next() == 101);
    CHECK(s.deliveries.holds_any());
    CHECK(s.acks(120) == gaps{19}); // up to what was acknowledged
    CHECK(s.deliveries.next() == 120);
    CHECK(s.acks(160) == gaps{31});
    CHECK(s.deliveries.next() == 201); // all of the data behind it counts
    CHECK(s.deliveries.holds_any());
    CHECK(s.acks(201) == gaps{});
    CHECK_FALSE(s.deliveries.holds_any());
    CHECK(s.acks(301) == gaps{100});
}

TEST_CASE("Zeek deliveries: one acknowledgment may show several gaps") {
    stream s;
    s.acks(2); // so that some of it was acknowledged
    s.data(11, 10);
    s.data(31, 10);
    s.data(61, 10);
    CHECK(s.acks(81) == gaps{9, 10, 20, 10});
}

TEST_CASE("Zeek deliveries: data that arrives too late reduces no gap") {
    stream s;
    s.data(101, 100);
    CHECK(s.acks(201) == gaps{100});
    s.data(1, 100);
    CHECK(s.deliveries.next() == 201);
    s.data(151, 100); // half of it is old
    CHECK(s.deliveries.next() == 251);
    CHECK(s.acks(251) == gaps{});
}

TEST_CASE("Zeek deliveries: an acknowledgment that goes back changes nothing") {
    stream s;
    s.data(1, 100);
    s.data(201, 10);
    CHECK(s.acks(101) == gaps{});
    CHECK(s.acks(51) == gaps{});
    CHECK(s.acks(-5) == gaps{});
    CHECK(s.deliveries.next() == 101);
    CHECK(s.deliveries.holds_any());
}

TEST_CASE("Zeek deliveries: stretches that touch or overlap become one") {
    stream s;
    s.acks(2);
    s.data(11, 10);
    s.data(31, 10);
    s.data(21, 10); // between them, touching both
    s.data(15, 40); // over both, and further
    s.data(5, 8);   // over the beginning
    s.data(101, 10);
    CHECK(s.acks(111) == gaps{3, 46});
    CHECK(s.deliveries.exact());
}

TEST_CASE("Zeek deliveries: midstream, the first byte of a connection may be no data") {
    stream s;
    CHECK(s.acks(2, true) == gaps{});
    CHECK(s.deliveries.next() == 1);
    CHECK(s.acks(3, true) == gaps{2});
    stream whole;
    CHECK(whole.acks(2) == gaps{1});
}

TEST_CASE("Zeek deliveries: of many stretches beyond holes, the smallest hole counts as filled") {
    stream s;
    s.data(1, 10);
    s.acks(11);
    for (std::int64_t i = 1; i <= 8; ++i) s.data(i * 100 + (i == 5 ? 60 : 0), 10);
    CHECK(s.deliveries.exact());
    s.data(900, 10);
    CHECK_FALSE(s.deliveries.exact());
    // Without the hole of 30 between 570 and 600.
    CHECK(s.acks(910) == gaps{89, 90, 90, 90, 150, 90, 90, 90});
}

TEST_CASE("Zeek deliveries: stretches up to 4 GiB beyond a hole are remembered") {
    stream s;
    s.data(1, 10);
    s.acks(11);
    s.data(0xffff'ff00, 0x10a); // just not further
    CHECK(s.deliveries.exact());
    s.data(0xffff'fff0, 0x1c); // one too far
    CHECK_FALSE(s.deliveries.exact());
    CHECK(s.acks(0x1'0000'000a) == gaps{0xffff'fef5});
    CHECK(s.deliveries.next() == 0x1'0000'000a);
    s.data(0x1'0000'0014, 10); // and on, beyond 32 bits
    CHECK(s.acks(0x1'0000'001e) == gaps{10});
}

TEST_CASE(
    "Zeek deliveries: more data than the initial window without an acknowledgment: only one direction was captured") {
    stream s;
    s.data(1, 16'384);
    CHECK(s.deliveries.holds_any()); // it may be acknowledged yet
    s.data(16'385, 1);
    CHECK_FALSE(s.deliveries.holds_any());
    CHECK_FALSE(s.deliveries.gave_up());
}

TEST_CASE("Zeek deliveries: too much data beyond a hole without any acknowledgment: it gives up") {
    stream s;
    s.data(2, 16'383);
    CHECK_FALSE(s.deliveries.gave_up());
    s.data(16'385, 1);
    CHECK(s.deliveries.gave_up());
    CHECK_FALSE(s.deliveries.holds_any());
    s.data(1, 1);
    CHECK(s.acks(100'000) == gaps{});

    stream acknowledged;
    acknowledged.data(1, 10);
    acknowledged.acks(11);
    acknowledged.data(12, 100'000);
    CHECK_FALSE(acknowledged.deliveries.gave_up());
}

TEST_CASE("Zeek deliveries: more than 10 MiB that wait for their acknowledgment: it gives up") {
    stream s;
    s.data(1, 10);
    s.acks(11);
    s.data(11, 6 * 1024 * 1024);
    s.data(7 * 1024 * 1024, 4 * 1024 * 1024);
    CHECK_FALSE(s.deliveries.gave_up());
    s.data(12 * 1024 * 1024, 1);
    CHECK(s.deliveries.gave_up());
}

TEST_CASE("Zeek deliveries: it works at compile time") {
    constexpr auto missed = [] {
        zeek_deliveries d;
        std::int64_t bytes = 0;
        d.take(11, 21, 1, 20);
        d.acknowledge(21, false, [&](std::int64_t gap) { bytes += gap; });
        return bytes;
    };
    static_assert(missed() == 10);
}
