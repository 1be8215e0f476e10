// SPDX-License-Identifier: MIT
#include "../../support/zeek_talk.hpp"

#include <tcplens/connection/zeek/zeek_end_state.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tcplens;

using namespace tcplens::detail;

TEST_CASE("the states have the names that Zeek writes") {
    const std::string_view names[]{"S0",   "S1",     "SF",    "REJ", "S2",  "S3", "RSTO",
                                   "RSTR", "RSTOS0", "RSTRH", "SH",  "SHR", "OTH"};
    unsigned number = 0;
    for (const std::string_view each : names)
        CHECK(to_string(zeek_conn_state{static_cast<std::uint8_t>(number++)}) == each);
}

TEST_CASE("what the states of the two ends make of a connection") {
    using enum zeek_end_state;
    // A row for each state of the originator, in each a column for each of the responder, as in the enumeration.
    const std::string_view expected[7][7]{
        // inactive, syn_sent, syn_ack_sent, partial, established, closed, reset
        {"OTH", "OTH", "OTH", "OTH", "OTH", "SHR", "RSTRH"},   // inactive
        {"S0", "OTH", "OTH", "OTH", "OTH", "S3", "REJ"},       // syn_sent
        {"OTH", "OTH", "OTH", "OTH", "OTH", "S3", "REJ"},      // syn_ack_sent
        {"OTH", "OTH", "OTH", "OTH", "OTH", "SHR", "RSTRH"},   // partial
        {"OTH", "OTH", "OTH", "OTH", "S1", "S3", "RSTR"},      // established
        {"SH", "S2", "S2", "SH", "S2", "SF", "RSTR"},          // closed
        {"OTH", "RSTO", "RSTO", "OTH", "RSTO", "RSTO", "RSTR"} // reset
    };
    for (std::uint8_t originator = 0; originator < 7; ++originator) {
        for (std::uint8_t responder = 0; responder < 7; ++responder) {
            CAPTURE(originator);
            CAPTURE(responder);
            const zeek_conn_state state =
                conn_state_of(zeek_end_state{originator}, zeek_end_state{responder}, false, false);
            CHECK(to_string(state) == expected[originator][responder]);
        }
    }
    CHECK(conn_state_of(reset, reset, true, false) == zeek_conn_state::rej);
    CHECK(conn_state_of(established, reset, true, false) == zeek_conn_state::rstr);
    CHECK(conn_state_of(reset, inactive, false, true) == zeek_conn_state::rstos0);
    CHECK(conn_state_of(reset, partial, false, true) == zeek_conn_state::rstos0);
    CHECK(conn_state_of(reset, established, false, true) == zeek_conn_state::rsto);
}

TEST_CASE("S0: a SYN that nobody answers") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        CHECK(t.row() == "S0 S");
        t.a("S", 0);
        CHECK(t.row() == "S0 S");
    });
}

TEST_CASE("S1: established with the SYN-ACK, whether the last ACK was captured or not") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        t.b("SA", 0).acking(1);
        CHECK(t.row() == "S1 Sh");
        t.a("", 1).acking(1);
        CHECK(t.row() == "S1 ShA");
    });
}

TEST_CASE("SF: both closed") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("A", 1, 100).acking(1);
        t.b("A", 1, 200).acking(101);
        t.b("F", 201).acking(101);
        CHECK(t.row() == "S3 ShADdf");
        t.a("F", 101).acking(202);
        CHECK(t.row() == "SF ShADdfF");
        t.b("A", 202).acking(102);
        CHECK(t.row() == "SF ShADdfFa");
        CHECK(t.zeek().orig.bytes == 100);
        CHECK(t.zeek().resp.bytes == 200);
        CHECK(t.zeek().missed_bytes == 0);
    });
}

TEST_CASE("REJ: a SYN refused") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        t.b("R", 0).acking(1);
        CHECK(t.row() == "REJ Sr");
        CHECK(t.zeek().orig.bytes == 0);
        CHECK(t.zeek().resp.bytes == 0);
    });
}

TEST_CASE("REJ: both reset, and no bytes were sent") {
    zeek_talk t;
    t.handshake();
    t.a("R", 1).acking(1);
    CHECK(t.row() == "RSTO ShAR");
    t.b("R", 1).acking(1);
    CHECK(t.row() == "REJ ShARr");
}

TEST_CASE("RSTR: both reset, and bytes were sent") {
    zeek_talk t;
    t.handshake();
    t.a("", 1, 5).acking(1);
    t.a("R", 6).acking(1);
    t.b("R", 1).acking(6);
    CHECK(t.row() == "RSTR ShADRr");
}

TEST_CASE("S2 and S3: one end closed") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("F", 1).acking(1);
        CHECK(t.row() == "S2 ShAF");
        t.b("", 1).acking(2);
        CHECK(t.row() == "S2 ShAFa");
    });
    zeek_talk t;
    t.handshake();
    t.b("F", 1).acking(1);
    CHECK(t.row() == "S3 ShAf");
}

TEST_CASE("RSTO and RSTR: aborted") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("R", 1).acking(1);
        CHECK(t.row() == "RSTO ShAR");
    });
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.b("R", 1).acking(1);
        CHECK(t.row() == "RSTR ShAr");
    });
}

TEST_CASE("RSTO: a half-open scan") {
    zeek_talk t;
    t.a("S", 0);
    t.b("SA", 0).acking(1);
    t.a("R", 1);
    CHECK(t.row() == "RSTO ShR");
}

TEST_CASE("RSTOS0: the originator gives its SYN up") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        t.a("R", 1);
        CHECK(t.row() == "RSTOS0 SR");
    });
    SUBCASE("a bare ACK of the responder does not make it known") {
        zeek_talk t;
        t.a("S", 0);
        t.b("", 0).acking(1);
        t.a("R", 1);
        CHECK(t.row() == "RSTOS0 SaR");
    }
    SUBCASE("with a FIN before") {
        zeek_talk t;
        t.a("S", 0);
        t.b("", 0).acking(1);
        t.a("F", 1);
        t.a("R", 2);
        CHECK(t.row() == "OTH SaFR");
    }
    SUBCASE("with data before, which is not among the letters that count") {
        zeek_talk t;
        t.a("S", 0);
        t.a("", 1, 10);
        t.a("R", 11);
        CHECK(t.row() == "RSTOS0 SDR");
    }
    SUBCASE("with an ACK before") {
        zeek_talk t;
        t.a("S", 0);
        t.a("", 1).acking(1);
        t.a("R", 1);
        CHECK(t.row() == "OTH SAR");
    }
    SUBCASE("a RST alone") {
        zeek_talk t;
        t.a("R", 1);
        CHECK(t.row() == "OTH R");
    }
}

TEST_CASE("RSTRH: SYN-ACK and RST of the responder, no SYN") {
    // Its port tells that it is the responder.
    zeek_talk t{{.a_port = 80, .b_port = 40000}};
    t.a("SA", 0).acking(1);
    CHECK(t.row() == "OTH ^h");
    t.a("R", 1);
    CHECK(t.row() == "RSTRH ^hr");
}

TEST_CASE("SH: SYN and FIN of the originator, no SYN-ACK") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        t.a("F", 1);
        CHECK(t.row() == "SH SF");
    });
    SUBCASE("data between, and only ACKs come back") {
        zeek_talk t;
        t.a("S", 0);
        t.b("", 0).acking(1);
        t.a("", 1, 10).acking(1);
        t.b("", 1).acking(11);
        t.a("F", 11).acking(1);
        t.b("", 1).acking(12);
        CHECK(t.row() == "SH SaDF");
    }
}

TEST_CASE("SHR: SYN-ACK and FIN of the responder, no SYN") {
    zeek_talk t{{.a_port = 443, .b_port = 40000}};
    t.a("SA", 0).acking(1);
    t.a("F", 1).acking(1);
    CHECK(t.row() == "SHR ^hf");
}

TEST_CASE("OTH: midstream") {
    with_each_initial([](zeek_talk& t) {
        t.a("", 5001, 10).acking(700);
        CHECK(t.row() == "OTH D");
        t.b("", 700).acking(5011);
        CHECK(t.row() == "OTH Da");
        t.b("", 700, 20).acking(5011);
        CHECK(t.row() == "OTH Dad");
        CHECK(t.zeek().orig.bytes == 10);
        CHECK(t.zeek().resp.bytes == 20);
        t.a("F", 5011).acking(720);
        t.b("F", 720).acking(5012);
        CHECK(t.row() == "SF DadFf");
        CHECK(t.zeek().orig.bytes == 10);
        CHECK(t.zeek().resp.bytes == 20);
    });
}

TEST_CASE("OTH: data of a responder whose SYN-ACK is missing") {
    zeek_talk t;
    t.a("S", 0);
    t.b("", 1, 10).acking(1);
    CHECK(t.row() == "OTH Sd");
}

TEST_CASE("a simultaneous open is established with the second SYN") {
    zeek_talk t;
    t.a("S", 0);
    t.b("S", 0); // Zeek takes it for a reuse unless both chose the same number
    CHECK(t.table().size() == 2);
    zeek_talk same{{.a_initial = 7, .b_initial = 7}};
    same.a("S", 0);
    same.b("S", 0);
    CHECK(same.row() == "S1 Ss");
}

TEST_CASE("a pure SYN after a midstream segment of the same end") {
    zeek_talk t;
    t.a("", 0, 0).acking(1); // at the number that its SYN has, so that this is no reuse
    CHECK(t.row() == "OTH A");
    t.a("S", -1);
    CHECK(t.row() == "S0 AS");
}

TEST_CASE("FIN and RST, and then the other FIN, is a normal end") {
    zeek_talk t;
    t.handshake();
    t.a("F", 1).acking(1);
    t.a("R", 2);
    CHECK(t.row() == "RSTO ShAFR");
    t.b("F", 1).acking(2);
    CHECK(t.row() == "SF ShAFRf");
}

TEST_CASE("a RST without a FIN before it, and then the other FIN, is an abort") {
    zeek_talk t;
    t.handshake();
    t.a("R", 1);
    t.b("F", 1).acking(1);
    CHECK(t.row() == "RSTO ShARf");
}

TEST_CASE("a SYN-ACK after a midstream segment of the same end is no attempt") {
    zeek_talk t;
    t.a("", 1, 10);
    t.a("SA", 0).acking(1);
    CHECK(t.row() == "OTH DH");
}

TEST_CASE("a RST after both FINs changes nothing but the history") {
    zeek_talk t;
    t.handshake();
    t.a("F", 1).acking(1);
    t.b("F", 1).acking(2);
    t.b("R", 2);
    CHECK(t.row() == "SF ShAFfr");
}

TEST_CASE("a reset end stays reset") {
    zeek_talk t;
    t.handshake();
    t.b("", 1, 5).acking(1);
    t.b("R", 6);
    t.b("", 6, 10).acking(1);
    t.b("F", 16).acking(1);
    CHECK(t.row() == "RSTR ShAdrf");
    CHECK(t.zeek().resp.bytes == 4); // none of its numbers after that count, though Zeek takes the FIN's one off
}
