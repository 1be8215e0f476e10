// SPDX-License-Identifier: MIT
#include "../../support/packet_builder.hpp"
#include "../../support/zeek_talk.hpp"

#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <utility>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

// Reuse

TEST_CASE("Zeek rules: a SYN with another number begins another connection, one with the same does not") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        t.a("S", 0);
        CHECK(t.table().size() == 1);
        t.a("S", 5);
        CHECK(t.table().size() == 2);
        CHECK(t.row(0) == "S0 S");
        CHECK(t.row(1) == "S0 S");
        t.b("SA", 0).acking(6);
        CHECK(t.row(1) == "S1 Sh");
        t.a("S", 5);
        CHECK(t.table().size() == 2);
        t.a("S", 6);
        CHECK(t.table().size() == 3);
    });
}

TEST_CASE("Zeek rules: after one end has closed, any SYN begins another connection") {
    SUBCASE("by FIN") {
        zeek_talk t;
        t.handshake();
        t.a("F", 1).acking(1);
        t.a("S", 0);
        CHECK(t.row(0) == "S2 ShAF");
        CHECK(t.row(1) == "S0 S");
    }
    SUBCASE("by RST") {
        zeek_talk t;
        t.a("S", 0);
        t.b("R", 0).acking(1);
        t.a("S", 0);
        t.b("R", 0).acking(1);
        CHECK(t.row(0) == "REJ Sr");
        CHECK(t.row(1) == "REJ Sr");
    }
    SUBCASE("not before what is missing came in or was given up") {
        zeek_talk t;
        t.handshake();
        t.a("F", 101).acking(1);
        t.a("S", 0);
        CHECK(t.table().size() == 1);
        t.a("", 1, 100).acking(1);
        t.a("S", 0);
        CHECK(t.table().size() == 2);
    }
    SUBCASE("or an acknowledgment gives it up") {
        zeek_talk t;
        t.handshake();
        t.a("F", 101).acking(1);
        t.b("", 1).acking(102);
        t.a("S", 0);
        CHECK(t.table().size() == 2);
        CHECK(t.row(0) == "S2 ShAFaG");
    }
    SUBCASE("not before the peer's data was acknowledged") {
        zeek_talk t;
        t.handshake();
        t.b("", 1, 10).acking(1);
        t.a("F", 1).acking(1);
        t.a("S", 0);
        CHECK(t.table().size() == 1);
    }
    SUBCASE("who aborts waits for no data of the peer") {
        zeek_talk t;
        t.handshake();
        t.b("", 1, 10).acking(1);
        t.a("R", 1);
        t.a("S", 0);
        CHECK(t.table().size() == 2);
    }
}

TEST_CASE("Zeek rules: the byte before the first that was captured midstream is neither data nor missing") {
    // A keep-alive was acknowledged: for Zeek the byte after that is still to come, so the FIN does not close.
    const auto closes = [](auto before) {
        zeek_talk t;
        before(t);
        t.a("F", 2).acking(1);
        t.a("S", 0); // where it is taken to have begun: a reuse only of what has closed
        return t.table().size() == 2;
    };
    CHECK_FALSE(closes([](zeek_talk& t) {
        t.a("", 1).acking(1);
        t.b("", 1).acking(2);
    }));
    CHECK_FALSE(closes([](zeek_talk& t) {
        t.a("", 1).acking(1);
        t.b("SA", 0).acking(2); // its SYN-ACK changes nothing of that
    }));
    CHECK(closes([](zeek_talk& t) {
        t.a("S", 0);
        t.b("SA", 0).acking(2); // here the byte is missing, and given up
    }));
}

TEST_CASE("Zeek rules: after the roles were swapped the connection no longer counts as midstream") {
    // So a byte that was acknowledged and not captured is given up, and the FIN closes.
    const auto closes = [](auto between) {
        zeek_talk t;
        t.a("SA", 0).acking(1);
        between(t);
        t.a("F", 2).acking(1);
        t.b("S", 0); // where it is taken to have begun: a reuse only of what has closed
        return t.table().size() == 2;
    };
    CHECK(closes([](zeek_talk& t) { t.b("", 1).acking(2); }));
    CHECK(closes([](zeek_talk& t) {
        t.b("", 1).acking(1);
        t.b("", 1).acking(2);
    }));
    CHECK(closes([](zeek_talk& t) {
        t.b("", 1).acking(1);
        t.a("", 1).acking(1);
        t.b("", 1).acking(2);
    }));
}

TEST_CASE("Zeek rules: a SYN-ACK begins another connection only while nothing of the originator was captured") {
    SUBCASE("its port tells the responder") {
        zeek_talk t{{.a_port = 80, .b_port = 40000}};
        t.a("SA", 0).acking(1);
        t.a("SA", 0).acking(1);
        CHECK(t.table().size() == 1);
        t.a("SA", 9).acking(1);
        CHECK(t.table().size() == 2);
        t.b("", 1).acking(10);
        t.a("SA", 99).acking(1);
        CHECK(t.table().size() == 2);
    }
    SUBCASE("closed") {
        zeek_talk t{{.a_port = 80, .b_port = 40000}};
        t.a("SA", 0).acking(1);
        t.a("R", 1);
        t.a("SA", 0).acking(1);
        CHECK(t.row(0) == "RSTRH ^hr");
        CHECK(t.row(1) == "OTH ^h");
    }
}

TEST_CASE("Zeek rules: the SYN after its SYN-ACK is no reuse, another SYN is") {
    zeek_talk t;
    t.a("SA", 0).acking(1);
    t.b("S", 0);
    CHECK(t.table().size() == 1);
    zeek_talk other;
    other.a("SA", 0).acking(1);
    other.b("S", 1);
    CHECK(other.table().size() == 2);
}

TEST_CASE("Zeek rules: a SYN of the responder is compared with the originator's, as in Zeek") {
    zeek_talk t{{.a_initial = 77, .b_initial = 77}};
    t.handshake();
    t.b("S", 0);
    CHECK(t.table().size() == 1);
    t.b("S", 1);
    CHECK(t.table().size() == 2);
}

TEST_CASE("Zeek rules: each SYN of a flood is a connection, and nothing else grows") {
    zeek_talk t;
    for (int i = 0; i < 100; ++i) t.a("S", i * 7919);
    CHECK(t.table().size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(t.row(i) == "S0 S");
}

// Timers

namespace {

/// Says `what` of the connection, the given time after it fell silent, and returns whether that begins another.
template <class Before>
bool forgotten_after(std::chrono::nanoseconds silence, Before before, const zeek_talk::setting& how = {}) {
    zeek_talk t{how};
    before(t);
    const std::size_t had = t.table().size();
    t.after(silence - 1ms); // each segment comes 1 ms after the one before
    t.a("", 5).acking(5);
    CHECK(t.said().begins_connection == (t.table().size() > had));
    return t.table().size() > had;
}

/// How long it must be silent to be forgotten, up to two hours.
template <class Before>
std::chrono::milliseconds remembered(Before before, const zeek_talk::setting& how = {}) {
    std::chrono::milliseconds no = 1ms;
    std::chrono::milliseconds yes = 2h;
    if (!forgotten_after(yes, before, how)) return std::chrono::milliseconds::max();
    while (no + 1ms < yes) {
        const auto middle = no + (yes - no) / 2;
        (forgotten_after(middle, before, how) ? yes : no) = middle;
    }
    return yes;
}

} // namespace

TEST_CASE("Zeek rules: a SYN without an answer is forgotten after 5 s, sent again or not") {
    CHECK(remembered([](zeek_talk& t) { t.a("S", 0); }) == 5s);
    CHECK(remembered([](zeek_talk& t) {
              t.a("S", 0);
              t.after(2s);
              t.a("S", 0);
          }) == 5s - 2001ms);
    CHECK(remembered([](zeek_talk& t) { t.a("SA", 0).acking(1); }) == 5s);
    zeek_talk t;
    t.a("S", 0);
    t.after(10s);
    t.a("S", 0);
    t.after(4s);
    t.a("S", 0);
    CHECK(t.table().size() == 2);
    CHECK(t.row(0) == "S0 S");
    CHECK(t.row(1) == "S0 S");
}

TEST_CASE("Zeek rules: a closed connection is forgotten 5 s later") {
    SUBCASE("by both") {
        CHECK(remembered([](zeek_talk& t) {
                  t.handshake();
                  t.a("F", 1).acking(1);
                  t.b("F", 1).acking(2);
              }) == 5s);
    }
    SUBCASE("what comes after that postpones nothing") {
        CHECK(remembered([](zeek_talk& t) {
                  t.handshake();
                  t.a("F", 1).acking(1);
                  t.b("F", 1).acking(2);
                  t.after(3s);
                  t.a("", 2).acking(2);
              }) == 5s - 3001ms);
    }
    SUBCASE("by a RST, though the time of its last packet goes on") {
        CHECK(remembered([](zeek_talk& t) {
                  t.handshake();
                  t.b("R", 1);
                  t.after(3s);
                  t.a("", 1, 10).acking(1);
              }) == 5s - 3001ms);
    }
    SUBCASE("by one, where the other was never heard") {
        CHECK(remembered([](zeek_talk& t) {
                  t.a("S", 0);
                  t.after(3s);
                  t.a("F", 1);
              }) == 5s);
    }
    SUBCASE("so the rest of a normal end is no connection of its own") {
        zeek_talk t;
        t.handshake();
        t.a("F", 1).acking(1);
        t.b("F", 1).acking(2);
        t.after(4s);
        t.a("", 2).acking(2);
        t.after(1s);
        t.a("", 2).acking(2);
        CHECK(t.row(0) == "SF ShAFf");
        CHECK(t.row(1) == "OTH A");
    }
}

TEST_CASE("Zeek rules: silence: 5 minutes once the handshake is over, 1 minute before") {
    CHECK(remembered([](zeek_talk& t) { t.handshake(); }) == 5min);
    CHECK(remembered([](zeek_talk& t) { t.a("", 1, 10).acking(1); }) == 5min);
    CHECK(remembered([](zeek_talk& t) {
              t.handshake();
              t.after(200s);
              t.a("", 1).acking(1);
          }) == 5min);
    // One end closed, the other is still there.
    CHECK(remembered([](zeek_talk& t) {
              t.handshake();
              t.a("F", 1).acking(1);
          }) == 5min);
    // Nothing is left to time out but that nothing was heard at all: this is the SYN-ACK of a server.
    CHECK(remembered([](zeek_talk& t) { t.a("SA", 0).acking(1); }, {.a_port = 80, .b_port = 40000}) == 5min);
}

TEST_CASE("Zeek rules: silence: an hour for the interactive services of the standard scripts") {
    CHECK(remembered([](zeek_talk& t) { t.handshake(); }, {.b_port = 22}) == 1h);
    CHECK(remembered([](zeek_talk& t) { t.handshake(); }, {.b_port = 23}) == 1h);
    CHECK(remembered([](zeek_talk& t) { t.handshake(); }, {.b_port = 513}) == 1h);
    CHECK(remembered([](zeek_talk& t) { t.handshake(); }, {.a_port = 22, .b_port = 80}) == 5min);
    CHECK(remembered([](zeek_talk& t) { t.handshake(); }, {.options = {.standard_ports = false}, .b_port = 22}) ==
          5min);
    CHECK(remembered([](zeek_talk& t) { t.a("SA", 0).acking(1); }, {.a_port = 21, .b_port = 40000}) == 1h);
    // Nobody was seen to establish it.
    CHECK(remembered([](zeek_talk& t) { t.a("", 1, 10).acking(1); }, {.b_port = 22}) == 5min);
}

TEST_CASE("Zeek rules: the check every 6 s: one end closed and then aborted") {
    // The first look is 5 s after the first packet, and has to find more than 5 s of silence. Alone in its table, the next
    // packet brings the look.
    CHECK(remembered([](zeek_talk& t) {
              t.handshake();
              t.a("F", 1).acking(1);
              t.a("R", 2);
          }) == 5s + 1ms);
}

TEST_CASE("Zeek rules: a connection that begins with a SYN-ACK counts as midstream") {
    CHECK(remembered([](zeek_talk& t) {
              t.a("SA", 0).acking(1);
              t.b("F", 1).acking(2);
              t.a("F", 2).acking(2); // the byte before that is still to come: it has not closed
          }) == 5min);
}

TEST_CASE("Zeek rules: no check of an aborted connection that waits for data") {
    CHECK(remembered([](zeek_talk& t) {
              t.handshake();
              t.a("F", 1).acking(1);
              t.b("R", 101); // 100 bytes are missing, so it has not closed for Zeek
          }) == 5min);
}

TEST_CASE("Zeek rules: the check every 6 s: only segments that do not count were captured") {
    CHECK(remembered([](zeek_talk& t) { t.a("S", 0).checksum(checksum_state::bad); }) == 5s + 1ms);
    CHECK(remembered([](zeek_talk& t) { t.a("S", 0).options_cut(); }) == 5s + 1ms);
}

namespace {

/// A segment of a talk at the given time, on another connection than `from`'s if that is another.
segment at(std::chrono::milliseconds when, const char* from, std::uint16_t flags, std::uint32_t sequence = 0) {
    segment made{.time = timestamp{when},
                 .source = packet_builder::at(from, 40000),
                 .destination = packet_builder::at("198.51.100.1", 4444),
                 .window = 1};
    made.flags.bits = flags;
    made.sequence.value = sequence;
    return made;
}
segment answer(std::chrono::milliseconds when, const char* to, std::uint16_t flags) {
    segment made = at(when, to, flags);
    std::swap(made.source, made.destination);
    made.acknowledgment.value = 1;
    return made;
}

/// Gives the table packets of another connection, 100 ms apart.
void others(zeek_talk::table_type& table, std::chrono::milliseconds from, std::chrono::milliseconds until) {
    for (auto when = from; when < until; when += 100ms) table.add(at(when, "192.0.2.2", packet_builder::flags::ack));
}

} // namespace

TEST_CASE("Zeek rules: the check every 6 s: with other packets between, it comes when it is due") {
    const auto forgotten_at = [](std::chrono::milliseconds when, std::chrono::milliseconds others_until) {
        zeek_talk::table_type table{{}, zeek_rules{}, zeek_observer{}};
        segment bad = at(0ms, "192.0.2.1", packet_builder::flags::syn);
        bad.checksum = checksum_state::bad;
        table.add(bad);
        others(table, 100ms, others_until);
        bad.time = timestamp{when}; // the same number, so it is no reuse
        return table.add(bad).begins_connection;
    };
    // At 5 s the silence is not longer than 5 s; the next look is at 11 s.
    CHECK_FALSE(forgotten_at(6s, 5900ms));
    CHECK_FALSE(forgotten_at(10900ms, 10900ms));
    CHECK(forgotten_at(11s, 10900ms));
    CHECK(forgotten_at(11100ms, 11100ms));
    CHECK(forgotten_at(17100ms, 17100ms));
    // Without the others' last packets the look is when this one comes.
    CHECK(forgotten_at(6s, 1s));
    CHECK_FALSE(forgotten_at(5s, 1s));
}

TEST_CASE("Zeek rules: the check every 6 s: when one end closes another series of checks begins") {
    const auto forgotten_at = [](std::chrono::milliseconds when, std::chrono::milliseconds closed) {
        namespace bit = packet_builder::flags;
        zeek_talk::table_type table{{}, zeek_rules{}, zeek_observer{}};
        table.add(at(0ms, "192.0.2.1", bit::syn));
        table.add(answer(1ms, "192.0.2.1", bit::syn | bit::ack));
        others(table, 100ms, closed);
        table.add(at(closed, "192.0.2.1", bit::fin, 1));
        table.add(at(closed + 1ms, "192.0.2.1", bit::rst, 2));
        others(table, closed + 100ms, when);
        return table.add(at(when, "192.0.2.1", bit::ack, 2)).begins_connection;
    };
    // Looks at 5 s, 11 s; and at 9 s, 15 s if it closed at 3 s.
    CHECK_FALSE(forgotten_at(8900ms, 3s));
    CHECK(forgotten_at(9s, 3s));
    CHECK(forgotten_at(9500ms, 3s));
    // At 7 s: looks at 5 s, 11 s, 17 s; and at 13 s.
    CHECK_FALSE(forgotten_at(12900ms, 7s));
    CHECK(forgotten_at(13s, 7s));
}

TEST_CASE("Zeek rules: a clock that runs back forgets nothing, and no time is too long") {
    zeek_talk t;
    t.a("S", 0);
    t.after(-10h);
    t.b("SA", 0).acking(1);
    CHECK(t.row() == "S1 Sh");

    basic_connection_table<zeek_rules, zeek_observer> table{{}, zeek_rules{}, zeek_observer{}};
    segment made{.source = packet_builder::at("192.0.2.1", 1), .destination = packet_builder::at("192.0.2.2", 2)};
    for (unsigned i = 0; i < 100; ++i) {
        made.time = timestamp{std::chrono::nanoseconds{i % 2 == 0 ? std::numeric_limits<std::int64_t>::min()
                                                                  : std::numeric_limits<std::int64_t>::max()}};
        made.flags.bits = packet_builder::flags::ack;
        table.add(made);
    }
    CHECK(table.size() == 51); // each time that the clock has jumped ahead
}

TEST_CASE("Zeek rules: without splitting a connection goes on through it all") {
    basic_connection_table<zeek_rules, zeek_observer> table{
        {.split_incarnations = false}, zeek_rules{}, zeek_observer{}};
    segment made{.source = packet_builder::at("192.0.2.1", 1), .destination = packet_builder::at("192.0.2.2", 2)};
    made.flags.bits = packet_builder::flags::syn;
    for (int i = 0; i < 100; ++i) {
        made.time += 1h;
        made.sequence = made.sequence + 99;
        table.add(made);
    }
    CHECK(table.size() == 1);
    CHECK(table[0].zeek.orig.packets == 100);
}
