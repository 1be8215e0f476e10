// SPDX-License-Identifier: MIT
#include "../../support/packet_builder.hpp"
#include "../../support/zeek_talk.hpp"

#include <tcplens/connection/zeek/zeek_connection.hpp>
#include <tcplens/connection/zeek/zeek_options.hpp>

#include <doctest/doctest.h>

#include <cstdint>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

// Roles

TEST_CASE("Zeek connection: the registered ports are those of Zeek's scripts") {
    for (const std::uint16_t port :
         std::initializer_list<std::uint16_t>{21, 22, 25, 80, 88, 389, 443, 3389, 6669, 8888, 20000}) {
        CHECK(is_likely_server_port(port));
    }
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 23, 82, 110, 5060, 20001, 65535})
        CHECK_FALSE(is_likely_server_port(port));
}

TEST_CASE("Zeek connection: the end that is captured first is the originator") {
    zeek_talk t;
    t.a("", 1, 10).acking(1);
    CHECK(t.a_began());
    t.b("", 1, 10).acking(11);
    CHECK(t.a_began());
    CHECK(t.row() == "OTH Dd");
}

TEST_CASE("Zeek connection: midstream, an end that sends from a server's port is the responder") {
    zeek_talk t{{.a_port = 80}};
    t.a("", 1, 10).acking(1);
    CHECK_FALSE(t.a_began());
    CHECK(t.row() == "OTH ^d");
    CHECK(t.zeek().orig.packets == 0);
    CHECK(t.zeek().resp.packets == 1);
    CHECK(t.zeek().resp.ip_bytes == 50);
    t.b("", 1, 5).acking(11);
    CHECK(t.row() == "OTH ^dD");
}

TEST_CASE("Zeek connection: between two servers' ports the higher one is the originator's") {
    SUBCASE("lower speaks") {
        zeek_talk t{{.a_port = 80, .b_port = 443}};
        t.a("", 1, 10).acking(1);
        CHECK(t.history() == "^d");
    }
    SUBCASE("higher speaks") {
        zeek_talk t{{.a_port = 443, .b_port = 80}};
        t.a("", 1, 10).acking(1);
        CHECK(t.history() == "D");
    }
    SUBCASE("lower sends a SYN-ACK, which may be a scan") {
        zeek_talk t{{.a_port = 80, .b_port = 443}};
        t.a("SA", 0).acking(1);
        CHECK(t.history() == "H");
    }
}

TEST_CASE("Zeek connection: the roles stay, whatever the ports") {
    SUBCASE("after a SYN") {
        zeek_talk t{{.a_port = 80}};
        t.a("S", 0);
        CHECK(t.row() == "S0 S");
    }
    SUBCASE("in a bare run") {
        zeek_talk t{{.options = {.standard_ports = false}, .a_port = 80}};
        t.a("", 1, 10).acking(1);
        CHECK(t.row() == "OTH D");
    }
    SUBCASE("where the other end is a broadcast address") {
        zeek_talk t{{.a_port = 80, .b_address = "255.255.255.255"}};
        t.a("", 1, 10).acking(1);
        CHECK(t.row() == "OTH D");
    }
}

TEST_CASE("Zeek connection: a SYN-ACK from a server's port, and more: as if the SYN had been captured") {
    with_each_initial({.a_port = 443, .b_port = 40000}, [](zeek_talk& t) {
        t.a("SA", 0).acking(1);
        CHECK(t.row() == "OTH ^h");
        t.b("", 1).acking(1);
        CHECK(t.row() == "S1 ^hA");
        t.b("", 1, 10).acking(1);
        t.a("", 1, 20).acking(11);
        CHECK(t.row() == "S1 ^hADd");
        CHECK(t.zeek().orig.bytes == 10);
        CHECK(t.zeek().resp.bytes == 20);
    });
}

TEST_CASE("Zeek connection: a SYN-ACK alone may be a scan: its sender is the originator") {
    zeek_talk t;
    t.a("SA", 0).acking(1);
    CHECK(t.a_began());
    CHECK(t.row() == "OTH H");
    t.b("R", 1);
    CHECK(t.row() == "REJ Hr");
}

TEST_CASE("Zeek connection: a SYN-ACK and more: the roles are swapped, and the history begins anew") {
    SUBCASE("with an ACK of the other end") {
        zeek_talk t;
        t.a("SA", 0).acking(1);
        t.b("", 1).acking(1);
        CHECK_FALSE(t.a_began());
        CHECK(t.row() == "OTH ^hA");
        CHECK(t.zeek().orig.packets == 1);
        CHECK(t.zeek().resp.packets == 1);
        t.b("", 1, 10).acking(1);
        t.a("", 1, 10).acking(11);
        CHECK(t.row() == "OTH ^hADd");
        t.b("F", 11).acking(11);
        CHECK(t.row() == "S2 ^hADdF");
        t.a("F", 11).acking(12);
        CHECK(t.row() == "SF ^hADdFf");
    }
    SUBCASE("with data of the other end") {
        zeek_talk t;
        t.a("SA", 0).acking(1);
        t.b("", 1, 10).acking(1);
        CHECK(t.row() == "OTH ^hD");
    }
    SUBCASE("with data of the same end") {
        zeek_talk t;
        t.a("SA", 0).acking(1);
        t.a("", 1, 10).acking(1);
        CHECK_FALSE(t.a_began());
        CHECK(t.row() == "OTH ^hd");
    }
    SUBCASE("the SYN-ACK comes again: as a responder's it was not written yet") {
        zeek_talk t;
        t.a("SA", 0).acking(1);
        t.b("", 1).acking(1);
        t.a("SA", 0).acking(1);
        CHECK(t.history() == "^hAh");
    }
    SUBCASE("not after a letter that came between") {
        zeek_talk t;
        t.a("SA", 0).acking(1).window(0);
        t.b("", 1).acking(1);
        CHECK(t.history() == "HWa");
        CHECK(t.a_began());
    }
    SUBCASE("where that shows a server") {
        zeek_talk t{{.options = {.standard_ports = false, .handshake_shows_server = true}}};
        t.a("SA", 0).acking(1);
        t.b("", 1).acking(1);
        CHECK(t.row() == "S1 ^hA");
        zeek_talk same{{.options = {.standard_ports = false, .handshake_shows_server = true}}};
        same.a("SA", 0).acking(1);
        same.a("", 1, 10).acking(1);
        CHECK(same.row() == "OTH ^hd");
        same.b("", 1).acking(11);
        CHECK(same.row() == "S1 ^hdA");
    }
}

TEST_CASE("Zeek connection: SYN and SYN-ACK swapped by the capture: the roles are swapped") {
    with_each_initial([](zeek_talk& t) {
        t.a("SA", 0).acking(1);
        t.b("S", 0);
        CHECK_FALSE(t.a_began());
        CHECK(t.row() == "S1 Hs^");
        t.b("", 1).acking(1);
        t.b("", 1, 10).acking(1);
        CHECK(t.row() == "S1 Hs^AD");
        CHECK(t.zeek().orig.packets == 3);
        CHECK(t.zeek().resp.packets == 1);
    });
}

TEST_CASE("Zeek connection: an ACK before the SYN-ACK makes no partial connection, data does") {
    zeek_talk t;
    t.a("S", 0);
    t.b("", 0).acking(1);
    CHECK(t.row() == "S0 Sa");
    t.b("SA", 0).acking(1);
    CHECK(t.row() == "S1 Sah");
}

// Bytes, packets, time

TEST_CASE("Zeek connection: bytes are those of the sequence numbers: with missing bytes, without retransmitted ones") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("", 1, 100).acking(1);
        t.a("", 1, 100).acking(1);
        t.a("", 301, 100).acking(1);
        CHECK(t.zeek().orig.bytes == 400);
        CHECK(t.zeek().orig.packets == 5);
        CHECK(t.zeek().orig.ip_bytes == 5 * 40 + 300);
        t.b("", 1).acking(501); // of what nobody saw
        CHECK(t.zeek().orig.bytes == 500);
        CHECK(t.zeek().resp.bytes == 0);
    });
}

TEST_CASE("Zeek connection: bytes beyond 4 GiB are counted") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        std::int64_t at = 1;
        for (int i = 0; i < 10; ++i) {
            t.a("", at, 1'000'000'000).acking(1);
            at += 1'000'000'000;
            t.b("", 1).acking(at);
        }
        CHECK(t.zeek().orig.bytes == 10'000'000'000);
        CHECK(t.zeek().missed_bytes == 0);
        CHECK(t.row() == "S1 ShADa");
        t.a("F", at).acking(1);
        CHECK(t.zeek().orig.bytes == 10'000'000'000);
    });
}

TEST_CASE("Zeek connection: only SYN and FIN captured, with more than 2 GiB between: all bytes are counted") {
    with_each_initial([](zeek_talk& t) {
        t.a("S", 0);
        t.b("SA", 0).acking(1);
        t.a("F", 3'000'000'001).acking(1);
        CHECK(t.zeek().orig.bytes == 3'000'000'000);
        CHECK(t.history() == "ShF");
    });
}

TEST_CASE("Zeek connection: a RST's payload is not of the stream, and neither its far number nor its acknowledgment is "
          "believed") {
    zeek_talk t;
    t.handshake();
    t.a("R", 1, 100).acking(1);
    CHECK(t.zeek().orig.bytes == 0);
    zeek_talk far;
    far.handshake();
    far.a("R", 2'000'000).acking(2'000'000);
    CHECK(far.zeek().orig.bytes == 0);
    CHECK(far.zeek().resp.bytes == 0);
    zeek_talk near;
    near.handshake();
    near.a("R", 1001);
    CHECK(near.zeek().orig.bytes == 1000);
}

TEST_CASE("Zeek connection: an acknowledgment of 0 far away is not believed, nor one before the SYN") {
    zeek_talk t{{.a_initial = 0xf000'0000}};
    t.handshake();
    t.b("", 1).ack_field(0);
    CHECK(t.zeek().orig.bytes == 0);
    t.b("", 1).acking(-100);
    CHECK(t.zeek().orig.bytes == 0);
    zeek_talk near{{.a_initial = 0xffff'0000}};
    near.handshake();
    near.b("", 1).ack_field(0);
    CHECK(near.zeek().orig.bytes == 0xffff);
}

TEST_CASE("Zeek connection: a half-open connection that is found out has no bytes: its numbers are of another one") {
    zeek_talk t;
    t.a("S", 0);
    t.b("", 1).acking(777'000);
    t.a("R", 777'000);
    CHECK(t.state() == "RSTOS0");
    CHECK(t.zeek().orig.bytes == 0);
}

TEST_CASE("Zeek connection: a SYN within a connection begins its numbers anew") {
    zeek_talk t;
    t.a("", 10'000, 50).acking(1);
    CHECK(t.zeek().orig.bytes == 50);
    t.a("S", 9'999); // where Zeek takes its SYN to have been, so that it is no reuse
    CHECK(t.zeek().orig.bytes == 0);
    CHECK(t.table().size() == 1);
}

TEST_CASE("Zeek connection: a forged RST of an end that was never captured does not spoil its numbers") {
    zeek_talk t;
    t.a("", 1, 10).acking(1);
    t.b("R", 900'000'000);
    CHECK(t.row() == "RSTRH Dr");
    t.b("SA", 0).acking(11);
    t.b("", 1, 20).acking(11);
    CHECK(t.zeek().resp.bytes == 0); // but nothing more of it is believed, ...
    t.a("", 11).acking(21);
    CHECK(t.zeek().resp.bytes == 20); // ... unless it is acknowledged

    zeek_talk heard;
    heard.handshake();
    heard.b("R", 101);
    CHECK(heard.zeek().resp.bytes == 100);
    heard.b("SA", 0).acking(1);
    CHECK(heard.zeek().resp.bytes == 100);
}

TEST_CASE(
    "Zeek connection: where nothing may begin another connection, another SYN begins the numbers of an attempt anew") {
    zeek_talk t{{.split = false}};
    t.a("S", 0);
    t.a("S", 70'000);
    t.b("SA", 0).acking(70'001);
    t.a("", 70'001, 10).acking(1);
    CHECK(t.row() == "S1 ShD");
    CHECK(t.zeek().orig.bytes == 10);
}

TEST_CASE("Zeek connection: the duration ends when both ends have closed") {
    zeek_talk t;
    t.a("S", 0);
    CHECK(t.zeek().duration == 0ns);
    t.b("SA", 0).acking(1);
    CHECK(t.zeek().duration == 1ms);
    t.a("F", 1).acking(1);
    t.after(1s);
    t.b("F", 1).acking(2);
    CHECK(t.zeek().duration == 1003ms);
    t.after(1s);
    t.a("", 2).acking(2);
    CHECK(t.zeek().duration == 1003ms);
    CHECK(t.zeek().orig.packets == 3);
}

TEST_CASE("Zeek connection: the duration is 0 if the clock ran back") {
    zeek_talk t;
    t.a("S", 0);
    t.after(-1h);
    t.b("SA", 0).acking(1);
    CHECK(t.zeek().duration == 0ns);
    CHECK(t.row() == "S1 Sh");
}

// Gaps

TEST_CASE("Zeek connection: G: an acknowledgment of data that was not captured") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("", 1, 100).acking(1);
        t.a("", 201, 100).acking(1);
        CHECK(t.zeek().missed_bytes == 0);
        t.b("", 1).acking(301);
        CHECK(t.row() == "S1 ShADaG");
        CHECK(t.zeek().missed_bytes == 100);
        t.a("", 1).acking(51);
        CHECK(t.row() == "S1 ShADaGg");
        CHECK(t.zeek().missed_bytes == 150);
    });
}

TEST_CASE("Zeek connection: G: written at 1, 10 and 100 gaps") {
    zeek_talk t;
    t.handshake();
    t.b("", 1).acking(1);
    std::int64_t at = 1;
    const auto lose = [&](int times) {
        for (int i = 0; i < times; ++i) t.b("", 1).acking(at += 10);
    };
    lose(1);
    CHECK(t.history() == "ShAaG");
    lose(8);
    CHECK(t.history() == "ShAaG");
    lose(1);
    CHECK(t.history() == "ShAaGG");
    lose(90);
    CHECK(t.history() == "ShAaGGG");
    CHECK(t.zeek().missed_bytes == 1000);
}

TEST_CASE("Zeek connection: data that was captured in part is missing") {
    zeek_talk t;
    t.handshake();
    t.a("", 1, 100).acking(1).captured(99);
    t.b("", 1).acking(101);
    CHECK(t.row() == "S1 ShADaG");
    CHECK(t.zeek().missed_bytes == 100);
}

TEST_CASE("Zeek connection: data that begins before the SYN is ignored, and what follows it too") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("", -5, 10).acking(1);
        CHECK(t.zeek().orig.bytes == 4);
        t.b("", 1).acking(5);
        CHECK(t.zeek().missed_bytes == 4);
    });
}

TEST_CASE("Zeek connection: data in a SYN is delivered from the byte after it") {
    zeek_talk t;
    t.a("S", 0, 20);
    t.b("SA", 0).acking(21);
    CHECK(t.row() == "S1 STh");
    CHECK(t.zeek().missed_bytes == 0);
}

TEST_CASE("Zeek connection: the acknowledgment of a FIN is no gap") {
    with_each_initial([](zeek_talk& t) {
        t.handshake();
        t.a("F", 1, 10).acking(1);
        t.b("", 1).acking(12);
        CHECK(t.row() == "S2 ShAFa");
        CHECK(t.zeek().missed_bytes == 0);
    });
    zeek_talk lost;
    lost.handshake();
    lost.b("", 1).acking(2);
    CHECK(lost.zeek().missed_bytes == 1); // nobody saw that FIN
}

TEST_CASE("Zeek connection: gaps count while both ends are established, or close after that") {
    SUBCASE("a gap that a FIN tells of") {
        zeek_talk t;
        t.handshake();
        t.b("F", 1).acking(101);
        CHECK(t.row() == "S3 ShAfG");
        CHECK(t.zeek().missed_bytes == 100);
    }
    SUBCASE("not one that a RST tells of") {
        zeek_talk t;
        t.handshake();
        t.b("R", 1).acking(101);
        CHECK(t.row() == "RSTR ShAr");
        CHECK(t.zeek().missed_bytes == 0);
    }
    SUBCASE("not midstream") {
        zeek_talk t;
        t.a("", 1, 10).acking(1);
        t.b("", 1).acking(11);
        t.b("", 1).acking(500);
        CHECK(t.row() == "OTH Da");
        CHECK(t.zeek().missed_bytes == 0);
    }
}

TEST_CASE("Zeek connection: more stretches beyond holes than are remembered: the missed bytes are an estimate") {
    zeek_talk t;
    t.handshake();
    t.a("", 1, 10).acking(1);
    t.b("", 1).acking(11);
    for (int i = 1; i <= 8; ++i) t.a("", i * 100, 10).acking(1);
    CHECK_FALSE(t.zeek().missed_is_estimate);
    t.a("", 900, 10).acking(1);
    CHECK(t.zeek().missed_is_estimate);
}

TEST_CASE("Zeek connection: it works at compile time, and no jump of numbers harms it") {
    constexpr auto follow = [](std::uint32_t step) {
        zeek_connection followed;
        zeek_record told;
        segment next{.payload_length = 1000, .captured_payload = 1000, .window = 1};
        next.flags.bits = packet_builder::flags::ack;
        for (int i = 0; i < 200; ++i) {
            next.sequence = next.sequence + step;
            next.acknowledgment = next.acknowledgment + (0u - step);
            next.flags.bits = static_cast<std::uint16_t>(i * 37 % 32);
            followed.follow(next, static_cast<side>(i % 3 == 0), told, zeek_options{});
        }
        return told.orig.packets + told.resp.packets;
    };
    static_assert(follow(0x8000'0000) == 200);
    static_assert(follow(0x7fff'ffff) == 200);
    static_assert(follow(1) == 200);
}
