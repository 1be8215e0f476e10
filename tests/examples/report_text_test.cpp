// SPDX-License-Identifier: MIT
// The text that report prints.
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"
#include "two_connections.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

TEST_CASE("report prints the four answers, and before them what stands out") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran = run(program("report") + " " + file);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CAPTURE(ran.out);
    CHECK(contains(ran.out, "  11 packets, 11 of TCP, in 2 connections, "));
    CHECK(contains(ran.out, "\nWhat stands out\n- 1 of 2 connections (50.00%) ended by RST"));
    CHECK(contains(ran.out, "\n- 1 of 11 packets (9.09%) is a retransmission, above 2.00%; connection 1 has 1 in"));
    CHECK(contains(ran.out, "\nConnections\n  2 in all: 2 opened, 0 failed to open, 0 picked up midstream.\n"));
    CHECK(contains(ran.out, "\n  0 closed by both ends, 1 reset, 1 not closed.\n"));
    CHECK(contains(ran.out, "\nAnomalies\n  SYN 4, SYN-ACK 2, "));
    CHECK(contains(ran.out, "\n- packet_retransmission: 1 of 11 packets (9.09%) were retransmissions."));
    CHECK(contains(ran.out, "\nRetransmissions\n  1 of 11 packets (9.09%), above the threshold of 2.00%"));
    CHECK(contains(ran.out, "\nTraffic flow of all servers\n"));
    CHECK(contains(ran.out, "\n  tcplens connection N " + file + "\n"));
    CHECK(ran.out.find("What stands out") < ran.out.find("\nConnections\n"));
}

TEST_CASE("report says when nothing stands out") {
    const temporary_folder folder;
    story s;
    s.established();
    const std::string calm = folder.write("calm.pcap", s.capture());
    CHECK(contains(run(program("report") + " " + calm).out, "\nWhat stands out\n  Nothing: no damage, and no more"));
}

TEST_CASE("report heeds its options") {
    const temporary_folder folder;
    story s;
    const std::string server = to_string(s.hosts().server.endpoint().address);
    const std::string file = folder.write("two.pcap", two_connections());

    CHECK(contains(run(program("report") + " --server-ip 203.0.113.9 " + file).out,
                   "\nWhat stands out\n  There is no connection of that server.\n"));
    const std::string flow = run(program("report") + " --server-ip " + server + " " + file).out;
    CHECK(contains(flow, "\nTraffic flow of " + server + "\n"));
    CHECK(contains(flow, "  packets                 7           4\n"));
    CHECK(contains(run(program("report") + " --server-port 80 " + file).out, "\nConnections\n  none\n"));
    CHECK(contains(run(program("report") + " " + file + " --threshold 0.5").out, "not above the threshold of 50.00%"));
}

TEST_CASE("report has 10 to 60 lines for any capture, and none is wider than it may be") {
    const temporary_folder folder;
    story many;
    for (std::uint16_t i = 0; i < 100; ++i) {
        auto [client, server] = many.established({.client = i % 7u, .server = i % 5u, .client_port = i});
        client.sends(1, 100);
        many.after(300ms);
        client.sends(1, 100).expect(retransmission);
        server.resets();
        auto failed = many.hosts({.server = i % 5u, .client_port = static_cast<std::uint16_t>(1000 + i)});
        failed.client.syn();
        failed.server.refuses();
    }
    const std::string long_name = folder.write(std::string(200, 'x'), many.capture());
    const std::string empty = folder.write("empty.pcap", capture_writer::pcap_writer{}.bytes());
    std::vector<std::byte> cut = two_connections();
    cut.resize(cut.size() - 7);
    const std::string damaged = folder.write("cut.pcap", cut);
    for (const std::string& files : {long_name, empty, damaged, std::string{"tests/data/handshake.pcap"},
                                     std::string{"tests/data/lab/few_losses-3/a.pcap"}, empty + " " + long_name}) {
        for (const std::size_t width : {40u, 80u, 200u}) {
            const run_result ran = run("COLUMNS=" + std::to_string(width) + " " + program("report ") + files);
            CHECK(ran.status == (files == damaged ? 1 : 0));
            CAPTURE(ran.out);
            const std::vector<std::string> lines = lines_of(ran.out);
            CHECK(lines.size() >= 10);
            CHECK(lines.size() <= 60);
            for (const std::string& line : lines) CHECK(line.size() <= width);
        }
    }
}

TEST_CASE("report says what it did not understand, what was skipped and what the capture lost") {
    using namespace capture_writer;
    const temporary_folder folder;
    const std::string foreign = folder.write(
        "foreign.pcap", pcap_writer{{.link = 195}}.record(1, 0, counting(20)).record(2, 0, counting(20)).bytes());
    const run_result ran = run("COLUMNS=200 " + program("report") + " " + foreign);
    CHECK(ran.status == 0);
    CHECK(contains(ran.out, "  2 packets, 0 of TCP, in 0 connections.\n"));
    CHECK(
        contains(ran.out, "\n- 2 of 2 packets (100.00%) could not be read: 2 of a link type that is not supported.\n"));
    CHECK(contains(ran.out, "\n- 2 packets: link type IEEE802_15_4_WITHFCS (195) is not supported.\n"));
    const std::string nameless =
        folder.write("nameless.pcap", pcap_writer{{.link = 0x0224'0002}}.record(1, 0, counting(20)).bytes());
    CHECK(
        contains(run(program("report") + " " + nameless).out, "\n- 1 packet: link type 35913730 is not supported.\n"));

    // ARP, a UDP packet over IPv4, one that is cut, one that contradicts itself
    const auto ethernet = [](std::uint16_t type, std::initializer_list<int> rest) {
        byte_writer frame{std::endian::big};
        frame.put(counting(12)).put(type);
        for (const int byte : rest) frame.put(static_cast<std::uint8_t>(byte));
        return frame.bytes();
    };
    const byte_vector udp = ethernet(
        0x0800, {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0, 9, 0, 9, 0, 8, 0, 0});
    const byte_vector cut = ethernet(0x0800, {0x45, 0});
    const byte_vector contradiction =
        ethernet(0x0800, {0x41, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2});
    pcapng_writer mixed;
    mixed.interface().enhanced(0, 1, ethernet(0x0806, {0, 1})).enhanced(0, 2, udp).enhanced(0, 3, udp);
    mixed.enhanced(0, 4, cut, 60).enhanced(0, 5, contradiction).block(0x0bad, counting(4));
    mixed.statistics(0, 6, join({mixed.option(5, std::uint64_t{40}), mixed.option(7, std::uint64_t{2})}));
    mixed.statistics(0, 7, mixed.option(4, std::uint32_t{1}));
    mixed.section({.major = 2}).block(6, counting(24));
    const run_result told = run("COLUMNS=200 " + program("report") + " " + folder.write("mixed.pcapng", mixed.bytes()));
    CHECK(told.status == 1);
    CAPTURE(told.out);
    CHECK(contains(told.out, "\n- 2 packets: UDP port 9, not TCP.\n"));
    CHECK(contains(told.out, "\n- 1 packet: ARP (EtherType 0x0806), not TCP.\n"));
    CHECK(contains(told.out, "\n- 1 packet: cut off within IPv4 (EtherType 0x0800).\n"));
    CHECK(contains(told.out, "\n- 1 packet: malformed: IPv4 (EtherType 0x0800) that contradicts itself.\n"));
    CHECK(contains(told.out, "\n- The capture says that it lost 42 packets itself."));
    CHECK(contains(told.out, "\n- 1 section of another version was skipped, with all packets in it.\n"));
    CHECK(contains(told.out, "\n- 1 block that is no packet has a number all the same.\n"));
    CHECK(contains(told.out, "\n- 1 option of a wrong length was not heeded"));
    CHECK(contains(told.out, "The packets of this section were skipped"));
}

TEST_CASE("report lists ten connections, or all") {
    const temporary_folder folder;
    story s;
    for (std::uint16_t i = 0; i < 12; ++i) s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
    const std::string file = folder.write("twelve.pcap", s.capture());
    const std::string brief = run(program("report") + " " + file).out;
    CHECK(contains(brief, ":40009 "));
    CHECK_FALSE(contains(brief, ":40010 "));
    CHECK(contains(brief, "and 2 more"));
    const std::string detailed = run(program("report") + " --detailed " + file).out;
    CHECK(contains(detailed, "\nAll connections\n"));
    CHECK(contains(detailed, ":40011 "));
    CHECK_FALSE(contains(detailed, " more\n"));
}

TEST_CASE("report lists the connections that a reader should look at, and says why") {
    const temporary_folder folder;
    story s;
    for (std::uint16_t i = 0; i < 30; ++i) {
        auto [client, server] = s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
        client.sends(1, i == 20 ? 1400 : 10);
        if (i == 25) {
            s.after(300ms);
            client.sends(1, 10).expect(retransmission);
        }
        if (i == 28) s.after(10s);
        server.acks(i == 20 ? 1401 : 11);
    }
    auto unheard = s.hosts({.client_port = 50000});
    unheard.client.syn();
    const std::string told = run("COLUMNS=200 " + program("report ") + folder.write("some.pcap", s.capture())).out;
    CAPTURE(told);
    const auto listed_for = [&](std::string_view port) {
        for (const std::string& line : lines_of(told)) {
            if (contains(line, port) && contains(line, " > ")) return line;
        }
        return std::string{};
    };
    CHECK(contains(listed_for(":40020"), "most bytes"));
    CHECK(contains(listed_for(":40025"), "most retransmissions"));
    CHECK(contains(listed_for(":40028"), "longest"));
    CHECK(contains(listed_for(":50000"), "not opened"));
    CHECK(contains(listed_for(":50000"), " unanswered "));
}
