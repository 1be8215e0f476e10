// SPDX-License-Identifier: MIT
#include "../../support/zeek_talk.hpp"

#include <tcplens/connection/zeek/zeek_history.hpp>
#include <tcplens/connection/zeek/zeek_history_writer.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tcplens;

using namespace tcplens::detail;

TEST_CASE("a history keeps its first letters, and says when there were more") {
    zeek_history history;
    CHECK(history.view().empty());
    std::string expected;
    for (std::size_t i = 0; i < zeek_history::capacity; ++i) {
        const auto letter = static_cast<char>('a' + i % 26);
        history.add(letter);
        expected += letter;
    }
    CHECK(history.view() == expected);
    CHECK_FALSE(history.letters_lost);
    history.add('z');
    CHECK(history.view() == expected);
    CHECK(history.letters_lost);
}

TEST_CASE("a letter of a count is written at 1, 10, 100, ...") {
    zeek_letter_counts<2> counts;
    std::string written;
    for (unsigned i = 1; i <= 100'000; ++i) {
        if (counts.add(1)) written += std::to_string(i) + ' ';
    }
    CHECK(written == "1 10 100 1000 10000 100000 ");
    CHECK(counts.add(0)); // each for itself
}

TEST_CASE("S and H: once, and again at another number") {
    SUBCASE("the same again") {
        zeek_talk t;
        t.a("S", 0);
        t.a("S", 0);
        t.b("SA", 0).acking(1);
        t.b("SA", 0).acking(1);
        CHECK(t.row() == "S1 Sh");
    }
    SUBCASE("another SYN-ACK of one that was picked up midstream") {
        zeek_talk t;
        t.a("", 10, 5).acking(1);
        t.b("SA", 0).acking(1);
        CHECK(t.row() == "OTH Dh");
        // Its numbers begin anew with each, so Zeek sees the same place.
        t.b("SA", 70).acking(1);
        CHECK(t.row() == "OTH Dh");
    }
    SUBCASE("a SYN after a FIN") {
        zeek_talk t;
        t.handshake();
        t.a("F", 1).acking(1); // data is missing, so Zeek does not take it for closed
        t.b("F", 100).acking(2);
        t.b("SA", 50).acking(2);
        CHECK(t.row() == "SF ShAFfh");
    }
    SUBCASE("S and H share the mark of what was seen") {
        zeek_talk t;
        t.a("S", 0);
        t.a("SA", 0).acking(1);
        CHECK(t.row() == "S0 S");
    }
}

TEST_CASE("F: once, and again where it ends elsewhere") {
    zeek_talk t;
    t.handshake();
    t.a("F", 1).acking(1);
    t.a("F", 1).acking(1);
    CHECK(t.row() == "S2 ShAF");
    t.a("F", 1, 5).acking(1);
    CHECK(t.row() == "S2 ShAFF");
    t.a("F", 3, 3).acking(1);
    CHECK(t.row() == "S2 ShAFFT");
}

TEST_CASE("R: once, and again at another number") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.b("R", 1);
        t.b("R", 1);
        t.b("R", 2);
        t.b("R", 1);
        t.b("R", 1);
        CHECK(t.row() == "RSTR ShArrr");
    });
}

TEST_CASE("A and D: once for each end") {
    zeek_talk t;
    t.handshake();
    t.a("", 1).acking(1);
    t.b("", 1).acking(1);
    t.b("", 1).acking(1);
    t.a("", 1, 10).acking(1);
    t.a("", 11, 10).acking(1);
    t.b("", 1, 10).acking(21);
    t.b("", 11, 10).acking(21);
    CHECK(t.row() == "S1 ShAaDd");
}

TEST_CASE("nothing is written for what says nothing") {
    zeek_talk t;
    t.a("", 1);
    CHECK(t.row() == "OTH ");
    CHECK(t.zeek().orig.packets == 1);
}

TEST_CASE("I: FIN and RST at once; Q: SYN and one of them; no other letters") {
    SUBCASE("FIN and RST") {
        zeek_talk t;
        t.handshake();
        t.a("FR", 1).acking(1);
        t.a("FR", 7).acking(1);
        t.b("FR", 1).acking(1);
        CHECK(t.history() == "ShAIi");
    }
    SUBCASE("SYN and FIN") {
        zeek_talk t;
        t.a("SF", 0);
        CHECK(t.row() == "SH Q");
    }
    SUBCASE("SYN and RST") {
        zeek_talk t;
        t.a("SR", 0);
        CHECK(t.row() == "OTH Q");
    }
    SUBCASE("all of them are I") {
        zeek_talk t;
        t.a("SFR", 0);
        CHECK(t.history() == "I");
    }
    SUBCASE("by the responder") {
        zeek_talk t;
        t.a("S", 0);
        t.b("SF", 0).acking(1);
        CHECK(t.row() == "S3 Sq");
    }
}

TEST_CASE("payload on a FIN is no D, and its ACK no A") {
    zeek_talk t;
    t.a("S", 0);
    t.b("SA", 0).acking(1);
    t.a("F", 1, 10).acking(1);
    CHECK(t.row() == "S2 ShF");
    CHECK(t.zeek().orig.bytes == 10);
}

TEST_CASE("T: data that ends at or before the highest number, at 1, 10 and 100") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("", 1, 100).acking(1);
        CHECK(t.history() == "ShAD");
        t.a("", 1, 100).acking(1);
        CHECK(t.history() == "ShADT");
        for (int i = 0; i < 8; ++i) t.a("", 50, 10).acking(1);
        CHECK(t.history() == "ShADT");
        t.a("", 100, 1).acking(1); // a keep-alive with a byte of garbage
        CHECK(t.history() == "ShADTT");
        for (int i = 0; i < 90; ++i) t.a("", 1, 100).acking(1);
        CHECK(t.history() == "ShADTTT");
        t.a("", 51, 100).acking(1); // half of it is new
        CHECK(t.history() == "ShADTTT");
        CHECK(t.zeek().orig.bytes == 150);
    });
}

TEST_CASE("T: out of order too") {
    zeek_talk t;
    t.handshake();
    t.b("", 101, 100).acking(1);
    t.b("", 1, 100).acking(1);
    CHECK(t.row() == "S1 ShAdt");
}

TEST_CASE("T: not for a SYN or a RST whose number is far away, nor after a RST") {
    SUBCASE("a RST with data, far back and near") {
        zeek_talk t;
        t.handshake();
        t.a("", 1, 2'000'000).acking(1);
        t.a("R", 1, 10).acking(1);
        CHECK(t.history() == "ShADR");
    }
    SUBCASE("near") {
        zeek_talk t;
        t.handshake();
        t.a("", 1, 1'000'000).acking(1);
        t.a("R", 1, 10).acking(1);
        CHECK(t.history() == "ShADRT");
    }
    SUBCASE("after a RST") {
        zeek_talk t;
        t.handshake();
        t.a("", 1, 100).acking(1);
        t.a("R", 101);
        t.a("", 1, 100).acking(1);
        CHECK(t.history() == "ShADR");
    }
}

TEST_CASE("T: data in the SYN is not beyond it") {
    zeek_talk t;
    t.a("S", 0, 20);
    CHECK(t.row() == "S0 ST");
    t.b("SA", 0).acking(21);
    CHECK(t.zeek().orig.bytes == 20);
}

TEST_CASE("W: zero window, at 1, 10 and 100") {
    zeek_talk t;
    t.handshake();
    t.b("", 1).acking(1).window(0);
    CHECK(t.history() == "ShAaw");
    for (int i = 0; i < 8; ++i) t.b("", 1).acking(1).window(0);
    CHECK(t.history() == "ShAaw");
    t.b("", 1).acking(1).window(0);
    CHECK(t.history() == "ShAaww");
    for (int i = 0; i < 90; ++i) t.b("", 1).acking(1).window(0);
    CHECK(t.history() == "ShAawww");
    t.a("", 1).acking(1).window(0);
    CHECK(t.history() == "ShAawwwW");
}

TEST_CASE("W: SYNs count, RSTs do not, nor what comes after a FIN of the peer or a RST") {
    SUBCASE("a SYN") {
        zeek_talk t;
        t.a("S", 0).window(0);
        CHECK(t.history() == "SW");
    }
    SUBCASE("a RST, and after it") {
        zeek_talk t;
        t.handshake();
        t.a("R", 1).window(0);
        t.a("", 1).acking(1).window(0);
        CHECK(t.history() == "ShAR");
    }
    SUBCASE("after a FIN") {
        zeek_talk t;
        t.handshake();
        t.a("F", 1).acking(1);
        t.b("", 1).acking(2).window(0);
        CHECK(t.history() == "ShAFa");
        t.a("", 2).acking(1).window(0); // who sent the FIN may still be sent something
        CHECK(t.history() == "ShAFaW");
    }
}

TEST_CASE("C: a bad checksum, and nothing else counts of that segment") {
    zeek_talk t;
    t.a("S", 0);
    t.b("SA", 0).acking(1).checksum(checksum_state::bad);
    CHECK(t.row() == "S0 Sc");
    CHECK(t.zeek().resp.packets == 0);
    CHECK(t.zeek().resp.ip_bytes == 0);
    const auto duration = t.zeek().duration;
    t.b("SA", 0).acking(1).checksum(checksum_state::offloaded);
    CHECK(t.zeek().duration == duration);
    for (int i = 0; i < 7; ++i) t.b("SA", 0).acking(1).checksum(checksum_state::bad);
    CHECK(t.row() == "S0 Sc");
    t.b("", 1, 10).acking(1).checksum(checksum_state::bad);
    CHECK(t.row() == "S0 Scc");
    t.b("SA", 0).acking(1).checksum(checksum_state::good);
    CHECK(t.row() == "S1 Scch");
    t.a("", 1).acking(1).checksum(checksum_state::bad);
    CHECK(t.row() == "S1 ScchC");
}

TEST_CASE("a bad checksum at the beginning") {
    zeek_talk t;
    t.a("S", 0).checksum(checksum_state::bad);
    CHECK(t.row() == "OTH C");
    CHECK(t.zeek().orig.packets == 0);
    t.a("S", 0);
    t.b("SA", 0).acking(1);
    CHECK(t.table().size() == 2); // its SYN had no number, as far as Zeek knows
    CHECK(t.row(1) == "S1 Sh");
}

TEST_CASE("a header that was not captured whole counts for nothing") {
    zeek_talk t;
    t.a("S", 0);
    t.b("SA", 0).acking(1).options_cut();
    CHECK(t.row() == "S0 S");
    CHECK(t.zeek().resp.packets == 0);
}

TEST_CASE("RSTs with ever new numbers fill the history, and no more") {
    zeek_talk t;
    t.handshake();
    for (int i = 0; i < 1000; ++i) t.b("R", 1 + i * 70'001);
    CHECK(t.table().size() == 1);
    CHECK(t.history() == "ShA" + std::string(zeek_history::capacity - 3, 'r'));
    CHECK(t.zeek().history.letters_lost);
    CHECK(t.state() == "RSTR");
    CHECK(t.zeek().resp.packets == 1001);
}

TEST_CASE("RSTOS0: letters of the responder between do not matter") {
    zeek_talk t;
    t.a("S", 0);
    for (int i = 0; i < 100; ++i) t.b("", 0).acking(1).window(0);
    for (int i = 0; i < 100; ++i) t.b("", 0).ack_field(0); // W: 1, 10, 100; all others write nothing more
    CHECK(t.history() == "Sawww");
    t.a("R", 1);
    CHECK(t.state() == "RSTOS0");
    CHECK(t.history() == "SawwwR");
}
