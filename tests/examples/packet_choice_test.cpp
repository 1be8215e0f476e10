// SPDX-License-Identifier: MIT
// The options that choose packets, which every subcommand has that reads captures.
#include "../support/talking_capture.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// Three connections to port 443, from 40000, 40001 and 40002, packets 1 to 3, 4 to 8 and 9 to 11; 4, at 1,700,000,000.004 s.
std::string three_connections(const temporary_folder& folder) {
    talking_capture capture;
    capture.opens(40000);
    capture.opens(40001).client(40001, 1, "again").client(40001, 1, "again");
    capture.opens(40002);
    return folder.write("three.pcap", capture.bytes());
}

/// The lines of `segments --explain`: of each segment its number, and its connection.
std::string explained(const std::string& options, const std::string& file) {
    const run_result ran = run(program("segments --explain " + options + " ") + file);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    std::string told;
    for (const std::string& line : lines_of(ran.out)) {
        const std::size_t connection = line.find("connection ");
        REQUIRE(connection != std::string::npos);
        told += line.substr(1, line.find(' ') - 1) + ":" + line.substr(connection + 11, 1) + " ";
    }
    return told;
}

bool has_libpcap() {
    return !contains(run(program("segments --filter tcp tests/data/handshake.pcap")).err, "lacks");
}

} // namespace

TEST_CASE("--port and --net choose packets, and connections keep their numbers") {
    const temporary_folder folder;
    const std::string file = three_connections(folder);
    CHECK(explained("--port 40001", file) == "4:1 5:1 6:1 7:1 8:1 ");
    CHECK(explained("--port 1-10,40001-40002", file) == "4:1 5:1 6:1 7:1 8:1 9:2 10:2 11:2 ");
    CHECK(explained("--port 40000 --port 40002", file) == "1:0 2:0 3:0 9:2 10:2 11:2 ");
    CHECK(explained("--port=443 --net 192.0.2/24", file).size() == explained("", file).size());
    CHECK(explained("--net 10.0.0.0/8,198.51.100.1", file) == explained("", file));
    CHECK(explained("--net 10/8", file).empty());
    // The numbers are those that --connection takes, and without the options.
    CHECK(explained("--port 40001-40002 --connection 2", file) == explained("--connection 2", file));
    CHECK(run(program("connection 1 --port 40001 ") + file).out == run(program("connection 1 ") + file).out);
    const run_result other = run(program("connection 1 --port 40000 ") + file);
    CHECK(other.status == 2);
    CHECK(other.err == "tcplens: No packet of connection 1 was chosen.\n");
}

TEST_CASE("every subcommand that reads captures has the options, with the numbers of the whole") {
    const temporary_folder folder;
    const std::string file = three_connections(folder);
    const auto second_cells = [&](const std::string& command) {
        std::string told;
        const run_result ran = run(program(command + " --port 40002 ") + file);
        CHECK(ran.status == 0);
        for (const std::string& line : lines_of(ran.out)) told += line.substr(0, line.find_first_of(",\t")) + " ";
        return told;
    };
    CHECK(second_cells("connections --format csv") == "number 2 ");
    CHECK(second_cells("times --format csv") == "number 2 ");
    CHECK(second_cells("rtt --format csv") == "number 2 ");
    CHECK(lines_of(run(program("series --port 40002 --format csv ") + file).out).at(1) ==
          "0,2,108,0,0,0,1,1000000,1,54,0,0,0,1,1000000");
    const auto zeek = lines_of(run(program("zeek --port 40002 ") + file).out);
    CHECK(contains(zeek.back(), "\tC3\t192.0.2.1\t40002\t"));
    for (const char* how :
         {"", "--rules wireshark", "--rules repeated_sequence", "--threads 2", "--by-time", "--no-observations"}) {
        CAPTURE(std::string{how});
        const run_result ran =
            run(program("report --format json --detailed " + std::string{how} + " --port 40002 ") + file);
        CHECK(ran.status == 0);
        CHECK(contains(ran.out, "\"packets\": 3"));
        CHECK(contains(ran.out, "\"client\": \"192.0.2.1:40002\""));
        CHECK_FALSE(contains(ran.out, "192.0.2.1:40001"));
    }
    CHECK(run(program("observations --port 40002 ") + file).status == 0);
    CHECK(contains(run(program("report --port 40001 ") + file).out, "; connection 1 has 1 in 5 packets."));
    const std::string saved = folder.file("saved");
    CHECK(run(program("report --port 40002 --save " + saved + " ") + file).status == 0);
    CHECK(run(program("report --port 40002 --resume " + saved + " ") + file).status == 0);
}

TEST_CASE("--since and --until take times of the clock, and times after the first packet") {
    const temporary_folder folder;
    const std::string file = three_connections(folder);
    const std::string last = "10:2 11:2 ";
    for (const char* since :
         {"2023-11-14T22:13:20.010Z", "'2023-11-14 22:13:20.010'", "2023-11-14T23:13:20.010+01:00",
          "'2023-11-14 22:13:20,010 UTC'", "2023-11-14T16:43:20.010-0530", "1700000000.010", "+0.009"}) {
        CAPTURE(since);
        CHECK(explained(std::string{"--since "} + since, file) == last);
    }
    CHECK(explained("--until 2023-11-14T22:13:20.003", file) == "1:0 2:0 ");
    CHECK(explained("--since +0.002 --until +0.004", file) == "3:0 4:1 ");
    CHECK(explained("--since 2023-11-15", file).empty());
    CHECK(explained("--until 2023-11-15 --since 2023-11-14T22:13", file) == explained("", file));
    for (const char* wrong : {"yesterday", "2023-13-01", "2023-02-30", "22:13", "''", "+", "1700000000x",
                              "2023-11-14T25:00", "2023-11-14T22:13:20+1", "-5"}) {
        CAPTURE(wrong);
        const run_result ran = run(program(std::string{"segments --since "} + wrong + " ") + file);
        CHECK(ran.status == 2);
        CHECK(
            contains(ran.err, "--since needs a time such as 2026-11-22T03:11:57.25Z, seconds since 1970, or +SECONDS"));
    }
}

TEST_CASE("--filter has the language of libpcap, for any link type") {
    const temporary_folder folder;
    const std::string file = three_connections(folder);
    if (!has_libpcap()) {
        const run_result ran = run(program("segments --filter tcp ") + file);
        CHECK(ran.status == 2);
        CHECK(contains(ran.err, "--filter needs libpcap (Debian: libpcap-dev), which this build of tcplens lacks.\n"));
        return;
    }
    CHECK(explained("--filter 'tcp port 40001'", file) == explained("--port 40001", file));
    CHECK(explained("--filter 'tcp port 443 and net 192/8'", file) == explained("", file));
    CHECK(explained("--filter 'tcp port 443 and net 10/8'", file).empty());
    CHECK(explained("--filter 'net 10.1.0.0/16 or net  192/8'", file) == explained("", file));
    CHECK(explained("--filter 'tcp[tcpflags] & tcp-syn != 0'", file) == "1:0 2:0 4:1 5:1 9:2 10:2 ");
    CHECK(explained("--filter 'tcp' --port 40002 --until +0.0095", file) == "9:2 10:2 ");
    CHECK(explained("--filter 'udp'", file).empty());

    using tcplens::link_type;
    for (const link_type link : {link_type::null, link_type::loop, link_type::linux_sll, link_type::linux_sll2,
                                 link_type::raw, link_type::ipv4}) {
        CAPTURE(static_cast<int>(link));
        packet_builder::tcp_packet_options of{.link = link};
        capture_writer::pcap_writer capture{{.link = static_cast<std::uint32_t>(link)}};
        for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{8080}}) {
            of.destination.port = port;
            capture.record(1, 0, packet_builder::tcp_packet(of));
        }
        CHECK(explained("--filter 'ip and tcp dst port 8080'", folder.write("link.pcap", capture.bytes())) == "2:1 ");
    }
    const run_result wrong = run(program("segments --filter 'tcp porx 80' ") + file);
    CHECK(wrong.status == 2);
    CHECK(wrong.out.empty());
    CHECK(contains(wrong.err, "--filter: 'tcp porx 80' is no expression of libpcap: "));
    // An expression for another link type chooses nothing, and that is said.
    const run_result wireless = run(program("segments --filter 'wlan type mgt' ") + file);
    CHECK(wireless.status == 1);
    CHECK(contains(wireless.err, "--filter: libpcap does not compile the filter for link type ETHERNET"));
}

TEST_CASE("wrong networks and ports are told, and nothing is read") {
    for (const char* wrong : {"--net 10.0.0.0/33", "--net x", "--net ''", "--net 10.0.0.0/8,", "--port 65536",
                              "--port 80-", "--port 90-80", "--port http"}) {
        CAPTURE(wrong);
        const run_result ran = run(program(std::string{"report "} + wrong + " tests/data/handshake.pcap"));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(contains(ran.err, contains(wrong, "--net") ? "--net needs networks such as 10.0.0.0/8"
                                                         : "--port needs ports and ranges of ports such as 443"));
    }
}

TEST_CASE("fragments and packets within tunnels are chosen by the segment") {
    const temporary_folder folder;
    talking_capture capture;
    capture.opens(40000);
    const auto fragmented = capture.segment(40000, true, 1, "in two fragments");
    capture.add(packet_builder::framed_tcp_fragment(fragmented, 0, 24));
    capture.add(packet_builder::framed_tcp_fragment(fragmented, 24, 1000));
    const std::string file = folder.write("fragments.pcap", capture.bytes());
    CHECK(explained("--port 40000", file) == "1:0 2:0 3:0 5:0 ");

    talking_capture within;
    const auto inner = packet_builder::tcp_ip_packet(within.segment(40007, true, 0, "", talking_capture::syn));
    within.add(packet_builder::framed_ip_packet(
        {.source = packet_builder::at("10.9.9.1", 0), .destination = packet_builder::at("10.9.9.2", 0)}, 4,
        inner)); // IP in IP
    const std::string tunnel = folder.write("tunnel.pcap", within.bytes());
    CHECK(explained("--port 40007 --net 192.0.2.0/24", tunnel) == "1:0 ");
    CHECK(explained("--net 10.9.9.0/24", tunnel).empty());
    if (has_libpcap())
        CHECK(explained("--filter 'net 10.9.9.0/24'", tunnel) == "1:0 "); // which looks at the outer packet
}
