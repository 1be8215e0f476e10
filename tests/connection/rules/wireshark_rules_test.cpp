// SPDX-License-Identifier: MIT
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

namespace {

/// A segment with the numbers as they are on the wire, since here the value 0 is a special one.
struct says {
    std::string_view flags = "A";
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint32_t length = 0;
    std::uint16_t window = 1000;
    std::optional<std::uint8_t> scale{};
    bool options_cut = false;
};

[[nodiscard]] constexpr tcplens::segment segment_of(const says& what, unsigned side, std::chrono::nanoseconds time) {
    const tcplens::endpoint ends[]{{tcplens::address{}, 40000}, {tcplens::address{}, 80}};
    tcplens::segment made;
    made.time = tcplens::timestamp{time};
    made.source = ends[side];
    made.destination = ends[1 - side];
    made.sequence = {what.seq};
    made.acknowledgment = {what.ack};
    made.payload_length = what.length;
    made.window = what.window;
    for (const char flag : what.flags) {
        made.flags.bits |= flag == 'F' ? 0x01 : flag == 'S' ? 0x02 : flag == 'R' ? 0x04 : flag == 'A' ? 0x10 : 0;
    }
    made.options.window_scale = what.scale;
    made.options.cut = what.options_cut;
    return made;
}

/// Two hosts, and what Wireshark calls what they say.
class hosts {
public:
    explicit hosts(bool split_incarnations = true) : table_({.split_incarnations = split_incarnations}) {}

    std::string client(const says& what) { return hear(segment_of(what, 0, now_)); }
    std::string server(const says& what) { return hear(segment_of(what, 1, now_)); }
    void after(std::chrono::nanoseconds duration) { now_ += duration; }

    /// Client's data begins at 101, server's at 501; each has a window of 1000 bytes.
    void shake_hands(std::chrono::nanoseconds rtt) {
        CHECK(client({.flags = "S", .seq = 100}) == "");
        CHECK(server({.flags = "SA", .seq = 500, .ack = 101}) == "");
        after(rtt);
        CHECK(client({.seq = 101, .ack = 501}) == "");
    }

    std::uint64_t stream = 0; ///< of the last segment
    tcplens::evidence_set evidence = tcplens::evidence_set::none;

private:
    std::string hear(const tcplens::segment& next) {
        const tcplens::add_result heard = table_.add(next);
        stream = heard.connection->number;
        evidence = heard.verdict.evidence;
        return to_string(heard.verdict.kinds);
    }

    tcplens::basic_connection_table<tcplens::wireshark_rules> table_;
    std::chrono::nanoseconds now_ = 1h;
};

} // namespace

// Rules 1 to 9: what the segment is for

TEST_CASE("Wireshark: a byte at the next sequence number into a closed window is a probe, and nothing else") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.seq = 501, .ack = 101, .window = 0}) == "zero_window");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1, .window = 0}) == "zero_window_probe");
}

TEST_CASE("Wireshark: no byte and two bytes into a closed window are no probe") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.seq = 501, .ack = 101, .window = 0}) == "zero_window");
    CHECK(h.client({.seq = 101, .ack = 501}) == "duplicate_ack");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 2}) == "");
}

TEST_CASE("Wireshark: SYN, FIN and RST close no window") {
    hosts h;
    CHECK(h.client({.flags = "S", .seq = 100, .window = 0}) == "");
    CHECK(h.client({.flags = "FA", .seq = 101, .window = 0}) == "");
    CHECK(h.client({.flags = "R", .seq = 102, .window = 0}) == "");
    CHECK(h.client({.seq = 102, .window = 0}) == "zero_window");
}

TEST_CASE("Wireshark: bytes that were passed over are told once, and not by a RST") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "R", .seq = 151}) == "");
    CHECK(h.client({.seq = 251, .ack = 501, .length = 100}) == "lost_segment");
    CHECK(h.client({.seq = 351, .ack = 501, .length = 100}) == "");
}

TEST_CASE("Wireshark: 0 or 1 byte just below the next sequence number is a keep-alive and not sent again") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 100, .ack = 501}) == "keep_alive");
    CHECK(h.client({.seq = 100, .ack = 501, .length = 1}) == "keep_alive");
    CHECK(h.client({.flags = "FA", .seq = 100, .ack = 501, .length = 1}) == "retransmission,spurious_retransmission");
}

TEST_CASE("Wireshark: the same acknowledgment with another window is an update of it") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 101, .ack = 501, .window = 2000}) == "window_update");
    CHECK(h.client({.seq = 101, .ack = 502, .window = 3000}) == "ack_lost_segment");
    CHECK(h.client({.seq = 101, .ack = 502, .length = 1, .window = 4000}) == "");
}

TEST_CASE("Wireshark: data that ends where the window does fills it") {
    hosts h;
    CHECK(h.client({.flags = "S", .seq = 100, .scale = 2}) == "");
    CHECK(h.server({.flags = "SA", .seq = 500, .ack = 101, .scale = 3}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1000}) == "window_full"); // a SYN's window is not scaled
    CHECK(h.server({.seq = 501, .ack = 1101, .window = 100}) == "");
    CHECK(h.client({.seq = 1101, .ack = 501, .length = 799}) == "");
    CHECK(h.client({.seq = 1900, .ack = 501, .length = 1}) == "window_full"); // 100 * 2^3
}

TEST_CASE("Wireshark: when one SYN has no window scale no window is scaled") {
    hosts h;
    CHECK(h.client({.flags = "S", .seq = 100}) == "");
    CHECK(h.server({.flags = "SA", .seq = 500, .ack = 101, .scale = 3}) == "");
    CHECK(h.server({.seq = 501, .ack = 101, .window = 100}) == "window_update");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "window_full");
}

TEST_CASE("Wireshark: a window whose scale is not known cannot be filled") {
    hosts h;
    CHECK(h.server({.seq = 501, .ack = 101, .window = 100}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
}

TEST_CASE("Wireshark: a window scale counts on any segment") {
    hosts h;
    CHECK(h.server({.seq = 501, .ack = 101, .window = 100, .scale = 1}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 200}) == "window_full");
}

TEST_CASE("Wireshark: the answer to a keep-alive is no duplicate ACK") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack"); // nothing is outstanding, and still
    CHECK(h.client({.seq = 100, .ack = 501}) == "keep_alive");
    CHECK(h.server({.seq = 501, .ack = 101}) == "keep_alive_ack");
    CHECK(h.server({.seq = 501, .ack = 101}) == "keep_alive_ack"); // the keep-alive is still the client's last
    CHECK(h.client({.seq = 101, .ack = 501}) == "duplicate_ack");
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack");
}

TEST_CASE("Wireshark: the answer to a zero window probe is one while the window stays closed") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.seq = 501, .ack = 101, .window = 0}) == "zero_window");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1}) == "zero_window_probe");
    CHECK(h.server({.seq = 501, .ack = 101, .window = 0}) == "zero_window,zero_window_probe_ack");
    CHECK(h.server({.seq = 501, .ack = 101, .window = 50}) == "window_update");
}

TEST_CASE("Wireshark: a duplicate ACK repeats acknowledgment, window and sequence number, without data") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 101, .ack = 501}) == "duplicate_ack");
    CHECK(h.client({.seq = 101, .ack = 501, .window = 999}) == "window_update"); // surprise 3
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1, .window = 999}) == "");
    CHECK(h.client({.seq = 103, .ack = 501, .window = 999}) == "lost_segment");
    CHECK(h.client({.flags = "FA", .seq = 103, .ack = 501, .window = 999}) == "");
}

// Rule 11: acknowledgments of what was not captured

TEST_CASE("Wireshark: what was not captured and is acknowledged is told, once for each acknowledgment of its sender") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.seq = 501, .ack = 201}) == "ack_lost_segment");
    CHECK(h.server({.seq = 501, .ack = 301}) == ""); // surprise 5: what may be acknowledged does not move ...
    CHECK(h.client({.seq = 101, .ack = 502}) == "ack_lost_segment");
    CHECK(h.server({.seq = 501, .ack = 301}) == "ack_lost_segment,duplicate_ack"); // ... and is told again
}

TEST_CASE("Wireshark: a RST without ACK acknowledges nothing that was lost") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.flags = "R", .seq = 501, .ack = 900}) == "");
}

TEST_CASE("Wireshark: what was seen beyond a hole may be acknowledged after it was acknowledged once") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "lost_segment");
    CHECK(h.server({.seq = 501, .ack = 301}) == "ack_lost_segment");
    CHECK(h.client({.seq = 301, .ack = 501, .length = 100}) == "");
    CHECK(h.server({.seq = 501, .ack = 401}) == "");
}

// Rule 12: sent again

TEST_CASE("Wireshark: what was acknowledged is sent again spuriously") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.server({.seq = 501, .ack = 201}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission,spurious_retransmission");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 101}) == "out_of_order"); // a byte of it is new
}

TEST_CASE("Wireshark: what ends below the acknowledgment is spurious even where it was not sent before") {
    hosts h;
    CHECK(h.server({.seq = 501, .ack = 900}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission,spurious_retransmission");
}

TEST_CASE("Wireshark: two duplicate ACKs within 20 ms make a retransmission fast") {
    hosts h;
    h.shake_hands(1ms);
    for (std::uint32_t seq = 101; seq < 401; seq += 100) CHECK(h.client({.seq = seq, .ack = 501, .length = 100}) == "");
    h.after(100ms);
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack"); // the SYN-ACK counts as the first of this number
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "retransmission"); // not what they ask for
    h.after(20ms - 1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission,fast_retransmission");
    h.after(1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: one duplicate ACK makes no retransmission fast, and another acknowledgment ends the count") {
    hosts h;
    h.shake_hands(1ms);
    for (std::uint32_t seq = 101; seq < 401; seq += 100) CHECK(h.client({.seq = seq, .ack = 501, .length = 100}) == "");
    h.after(100ms);
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack");
    CHECK(h.server({.seq = 501, .ack = 201}) == "");
    CHECK(h.server({.seq = 501, .ack = 201}) == "duplicate_ack");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: what comes back sooner than the initial round trip is out of order, in the capture or not") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "");
    h.after(10ms - 1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "out_of_order"); // surprise 1
    h.after(1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: without a handshake 3 ms stand for the initial round trip") {
    hosts h;
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "");
    h.after(3ms - 1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "out_of_order");
    h.after(1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: the initial round trip is measured once, from the latest SYN to the first ACK of either side") {
    hosts h;
    CHECK(h.client({.flags = "S", .seq = 100}) == "");
    h.after(1s);
    CHECK(h.client({.flags = "S", .seq = 100}) == "retransmission");
    h.after(5ms);
    CHECK(h.server({.flags = "RA", .seq = 500, .ack = 101}) == "");
    h.after(1s);
    CHECK(h.server({.seq = 500, .ack = 101}) == "duplicate_ack");
    CHECK(h.client({.seq = 101, .ack = 500, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 500, .length = 100}) == "");
    h.after(5ms - 1ns);
    CHECK(h.client({.seq = 101, .ack = 500, .length = 100}) == "out_of_order");
    h.after(1ns);
    CHECK(h.client({.seq = 101, .ack = 500, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: what ends at the next sequence number is a retransmission however soon it comes") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 200}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: data over the byte of a keep-alive is new, unless it is that byte alone") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 100, .ack = 501, .length = 1}) == "keep_alive");
    CHECK(h.client({.seq = 100, .ack = 501, .length = 2}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1}) == "keep_alive");
    CHECK(h.client({.flags = "FA", .seq = 101, .ack = 501, .length = 1}) == "out_of_order");
}

TEST_CASE("Wireshark: a FIN or SYN that was acknowledged is sent again, but not spuriously") { // surprise 13
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "FA", .seq = 101, .ack = 501}) == "");
    CHECK(h.server({.seq = 501, .ack = 102}) == "");
    CHECK(h.client({.flags = "FA", .seq = 101, .ack = 501}) == "retransmission");
    CHECK(h.server({.flags = "SA", .seq = 500, .ack = 101}) == "retransmission");
}

TEST_CASE("Wireshark: a time before its reference is a long time") { // surprise 16
    hosts h;
    h.shake_hands(1s);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "");
    h.after(-1ns);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE(
    "Wireshark: bytes that were acknowledged and not captured make the next retransmission of the other side fast") {
    hosts h; // surprise 4
    h.shake_hands(1ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "");
    h.after(10ms);
    CHECK(h.client({.seq = 301, .ack = 601, .length = 100}) == "ack_lost_segment"); // server's count: "minus one"
    CHECK(h.server({.seq = 501, .ack = 201}) == "");                                // and none again: another ACK
    CHECK(h.client({.seq = 401, .ack = 601, .length = 100}) == "ack_lost_segment");
    CHECK(h.client({.seq = 201, .ack = 601, .length = 100}) == "retransmission,fast_retransmission");
}

TEST_CASE("Wireshark: after \"minus one\" a duplicate ACK is the first") {
    hosts h;
    h.shake_hands(1ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 601, .length = 100}) == "ack_lost_segment");
    h.after(10ms);
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
    CHECK(h.server({.seq = 501, .ack = 101}) == "duplicate_ack"); // and this the second
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission,fast_retransmission");
}

// Rules 13 and 14: where the next segment is expected

TEST_CASE("Wireshark: one number counts for SYN and FIN together") {
    hosts h;
    CHECK(h.client({.flags = "SF", .seq = 100}) == "");
    CHECK(h.client({.seq = 102}) == "lost_segment");
}

TEST_CASE("Wireshark: a RST moves what is expected next") { // surprise 10
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "R", .seq = 9000}) == "");
    h.after(10ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "retransmission");
}

TEST_CASE("Wireshark: a SYN that is sent again repairs that") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "R", .seq = 9000}) == "");
    CHECK(h.client({.flags = "S", .seq = 100}) == "retransmission");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
}

TEST_CASE("Wireshark: the byte of a zero window probe that was accepted is a lost one") { // surprise 9
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.seq = 501, .ack = 101, .window = 0}) == "zero_window");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1}) == "zero_window_probe");
    CHECK(h.server({.seq = 501, .ack = 102, .window = 500}) == "ack_lost_segment");
    CHECK(h.client({.seq = 102, .ack = 501, .length = 100}) == "lost_segment");
}

TEST_CASE("Wireshark: the first of two holes that is filled hides the second") { // surprise 6
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "lost_segment");
    CHECK(h.client({.seq = 401, .ack = 501, .length = 100}) == "lost_segment");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "out_of_order");
    CHECK(h.server({.seq = 501, .ack = 501}) == "");
}

TEST_CASE("Wireshark: a hole that is filled from before it stays open") { // surprise 6
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 301, .ack = 501, .length = 100}) == "lost_segment");
    CHECK(h.client({.seq = 150, .ack = 501, .length = 151}) == "out_of_order");
    CHECK(h.server({.seq = 501, .ack = 401}) == "ack_lost_segment");
}

TEST_CASE("Wireshark: a FIN does not count when 10,000 segments wait for an acknowledgment") { // surprise 11
    const auto ack_of_fin = [](std::uint32_t segments) {
        hosts h;
        for (std::uint32_t i = 0; i < segments; ++i) REQUIRE(h.client({.seq = 101 + 10 * i, .length = 10}) == "");
        const std::uint32_t fin = 101 + 10 * segments;
        REQUIRE(h.client({.flags = "FA", .seq = fin}) == "");
        CHECK(h.evidence == tcplens::evidence_set::none);
        return h.server({.seq = 501, .ack = fin + 1});
    };
    CHECK(ack_of_fin(9'999) == "");
    CHECK(ack_of_fin(10'000) == "ack_lost_segment");
}

TEST_CASE("Wireshark: an acknowledgment of some makes room for a FIN, and any field will do for one") {
    hosts h;
    for (std::uint32_t i = 0; i < 10'000; ++i) REQUIRE(h.client({.seq = 101 + 10 * i, .length = 10}) == "");
    CHECK(h.server({.flags = "R", .seq = 501, .ack = 111}) == "");
    CHECK(h.client({.flags = "FA", .seq = 100'101}) == "");
    CHECK(h.server({.seq = 501, .ack = 100'102}) == "");
}

TEST_CASE("Wireshark: a FIN whose count is an estimate near 10,000 says so") {
    hosts h;
    std::uint32_t seq = 101;
    std::uint32_t middle = 0;
    for (std::uint32_t i = 0; i < 9'990; ++i) {
        const std::uint32_t length = 1 + i * i % 97;
        REQUIRE(h.client({.seq = seq, .length = length}) == "");
        seq += length;
        if (i == 20) middle = seq;
    }
    CHECK(h.server({.seq = 501, .ack = middle}) == "");
    CHECK(h.client({.flags = "FA", .seq = seq}) == "");
    CHECK(h.evidence == tcplens::evidence_set::memory_exceeded);
}

TEST_CASE("Wireshark: a sequence number of 0 is one that is not known") {
    hosts h;
    CHECK(h.client({.seq = 0xffff'ff00, .ack = 501, .length = 0x100}) == ""); // the next is 0
    CHECK(h.client({.seq = 100, .ack = 501, .length = 100}) == "");           // nothing was lost
    CHECK(h.server({.seq = 501, .ack = 0}) == "");
    CHECK(h.client({.seq = 0xffff'ff00, .ack = 501, .length = 0x100}) == "out_of_order"); // not spurious
}

TEST_CASE("Wireshark: of two numbers 2^31 apart each comes before the other") {
    hosts h;
    CHECK(h.client({.seq = 101, .ack = 501}) == "");
    CHECK(h.client({.seq = 101 + 0x8000'0000, .ack = 501, .length = 10}) == "out_of_order,lost_segment");
}

TEST_CASE("Wireshark: a segment whose options are cut is remembered, and not told of") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100, .options_cut = true}) == "");
    CHECK(h.client({.seq = 301, .ack = 501, .length = 100}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100, .options_cut = true}) == "");
    CHECK(h.client({.seq = 201, .ack = 501, .length = 100}) == "out_of_order");
}

TEST_CASE("Wireshark: a SYN whose options are cut does not say that there is no window scale") {
    hosts h;
    CHECK(h.client({.flags = "S", .seq = 100, .options_cut = true}) == "");
    CHECK(h.server({.flags = "SA", .seq = 500, .ack = 101, .options_cut = true}) == "");
    CHECK(h.client({.seq = 101, .ack = 501, .length = 1000}) == "");
}

// Streams

TEST_CASE("Wireshark: a SYN with another initial sequence number begins a stream, whatever became of the one before") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "S", .seq = 9000}) == "reused_ports");
    CHECK(h.stream == 1);
    CHECK(h.server({.flags = "SA", .seq = 7000, .ack = 9001}) == "");
    CHECK(h.stream == 1);
    CHECK(h.client({.flags = "S", .seq = 100}) == "reused_ports"); // that of stream 0, late
    CHECK(h.stream == 2);
    CHECK(h.client({.flags = "S", .seq = 9000, .options_cut = true}) == "");
    CHECK(h.stream == 3);
}

TEST_CASE("Wireshark: a SYN with the same one is sent again, even after FIN and RST") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "FA", .seq = 101, .ack = 501}) == "");
    CHECK(h.server({.flags = "RA", .seq = 501, .ack = 102}) == "");
    h.after(1h);
    CHECK(h.client({.flags = "S", .seq = 100}) == "retransmission");
    CHECK(h.stream == 0);
}

TEST_CASE("Wireshark: a SYN-ACK with another initial sequence number stays in its stream") {
    hosts h;
    h.shake_hands(10ms);
    CHECK(h.server({.flags = "SA", .seq = 9000, .ack = 101}) == "lost_segment,reused_ports");
    CHECK(h.stream == 0);
    CHECK(h.server({.flags = "SA", .seq = 9000, .ack = 101}) == "retransmission");
}

TEST_CASE("Wireshark: what was picked up midstream has an initial sequence number too") {
    hosts h;
    CHECK(h.client({.seq = 101, .ack = 501, .length = 100}) == "");
    h.after(1s);
    CHECK(h.client({.flags = "S", .seq = 100}) == "retransmission"); // one before its first byte
    CHECK(h.stream == 0);
    CHECK(h.server({.flags = "S", .seq = 500}) == ""); // one before what the client acknowledged
    CHECK(h.stream == 0);
    CHECK(h.server({.flags = "S", .seq = 499}) == "reused_ports");
    CHECK(h.stream == 1);
}

TEST_CASE("Wireshark: a table that does not split has one stream") {
    hosts h{false};
    h.shake_hands(10ms);
    CHECK(h.client({.flags = "S", .seq = 9000}) == "lost_segment,reused_ports");
    CHECK(h.stream == 0);
}

TEST_CASE("Wireshark: where both ends are one all segments go the same way") {
    tcplens::basic_connection_table<tcplens::wireshark_rules> table;
    tcplens::segment next = segment_of({.flags = "SA", .seq = 100, .ack = 101}, 0, 1h);
    next.destination = next.source;
    CHECK(table.add(next).verdict.kinds == tcplens::verdict_kinds::none);
    CHECK(table.add(next).verdict.kinds == tcplens::verdict_kinds::retransmission);
}

TEST_CASE("Wireshark: its rules run at compile time") {
    constexpr auto judge_twice = [] {
        tcplens::wireshark_rules rules;
        tcplens::wireshark_rules::connection_state of;
        const tcplens::segment syn = segment_of({.flags = "S", .seq = 100}, 0, 1h);
        static_cast<void>(rules.judge({.segment = syn}, of));
        return rules.judge({.segment = syn}, of).kinds;
    };
    static_assert(judge_twice() == tcplens::verdict_kinds::retransmission);
    CHECK(judge_twice() == tcplens::verdict_kinds::retransmission);
}
