// SPDX-License-Identifier: MIT
// The text that report prints.
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

// Two connections; of the second, frames 6 to 10, the data is sent twice, and the server resets it.
std::vector<std::byte> two_connections() {
    story s;
    auto [first, first_server] = s.established();
    first.sends(1, 10);
    first_server.acks(11);
    auto [second, second_server] = s.established({.client_port = 40001});
    second.sends(1, 100);
    s.after(300ms);
    second.sends(1, 100).expect(retransmission);
    second_server.resets();
    return s.capture();
}

bool contains(const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
}

} // namespace

TEST_CASE("report prints the four answers") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran = run(program("report") + " " + file);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(contains(ran.out, "  packets  11\n  TCP      11\n"));
    CHECK(contains(ran.out, "\nConnections\n  total                2\n  handshake completed  2\n"));
    CHECK(contains(ran.out, "\n  reset                1\n"));
    CHECK(contains(ran.out, "\nAnomalies\n"));
    CHECK(contains(ran.out, "1 of 11 packets (9.09%) were retransmissions."));
    CHECK(contains(ran.out, "\nRetransmissions\n  1 of 11 packets (9.09%), above the threshold of 2.00%\n"));
    CHECK_FALSE(contains(ran.out, "Traffic flow"));
}

TEST_CASE("report heeds its options") {
    const temporary_folder folder;
    story s;
    const std::string server = to_string(s.hosts().server.endpoint().address);
    const std::string file = folder.write("two.pcap", two_connections());

    const std::string flow = run(program("report") + " --server-ip " + server + " " + file).out;
    CHECK(contains(flow, "\nTraffic flow of " + server + "\n"));
    CHECK(contains(flow, "  packets                      7                4\n"));
    CHECK(contains(flow, "primary RST source: server\n"));
    CHECK(contains(run(program("report") + " --server-port 80 " + file).out, "\n  total                0\n"));
    CHECK(contains(run(program("report") + " " + file + " --threshold 0.5").out, "not above the threshold of 50.00%"));
}

TEST_CASE("report says what it did not understand, what was skipped and what the capture lost") {
    using namespace capture_writer;
    const temporary_folder folder;
    const std::string foreign = folder.write(
        "foreign.pcap", pcap_writer{{.link = 195}}.record(1, 0, counting(20)).record(2, 0, counting(20)).bytes());
    const run_result ran = run(program("report") + " " + foreign);
    CHECK(ran.status == 0);
    CHECK(contains(ran.out, "\n  TCP                              0\n"));
    CHECK(contains(ran.out, "\n  2 packets: link type IEEE802_15_4_WITHFCS (195) is not supported\n"));
    const std::string nameless =
        folder.write("nameless.pcap", pcap_writer{{.link = 0x0224'0002}}.record(1, 0, counting(20)).bytes());
    CHECK(contains(run(program("report") + " " + nameless).out, "\n  1 packet: link type 35913730 is not supported\n"));

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
    const run_result told = run(program("report") + " " + folder.write("mixed.pcapng", mixed.bytes()));
    CHECK(told.status == 1);
    CHECK(contains(told.out, "\n  2 packets: UDP (IP protocol 17), not TCP\n"));
    CHECK(contains(told.out, "\n  1 packet: ARP (EtherType 0x0806), not TCP\n"));
    CHECK(contains(told.out, "\n  1 packet: cut off within IPv4 (EtherType 0x0800)\n"));
    CHECK(contains(told.out, "\n  1 packet: malformed: IPv4 (EtherType 0x0800) that contradicts itself\n"));
    CHECK(contains(told.out, "lost while capturing, as the capture says   42\n"));
    CHECK(contains(told.out, "\n  1 section of another version was skipped, with all packets in it\n"));
    CHECK(contains(told.out, "\n  1 block that is no packet has a number all the same\n"));
    CHECK(contains(told.out, "\n  1 option of a wrong length was not heeded"));
    CHECK(contains(told.out, "The packets of this section were skipped"));
}

TEST_CASE("report lists the first ten connections, or all") {
    const temporary_folder folder;
    story s;
    for (std::uint16_t i = 0; i < 12; ++i) s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
    const std::string file = folder.write("twelve.pcap", s.capture());
    const std::string brief = run(program("report") + " " + file).out;
    CHECK(contains(brief, ":40009 "));
    CHECK_FALSE(contains(brief, ":40010 "));
    CHECK(contains(brief, "and 2 more"));
    const std::string detailed = run(program("report") + " --detailed " + file).out;
    CHECK(contains(detailed, ":40011 "));
    CHECK_FALSE(contains(detailed, " more"));
}
