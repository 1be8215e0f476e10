// SPDX-License-Identifier: MIT
// The subcommand connection, which tells one connection whole.
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

std::size_t count_lines(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        widest = std::max(widest, end - begin);
        begin = end + 1;
    }
    return widest;
}

/// The lines of "What happened".
std::string timeline_of(const std::string& text) {
    const std::size_t begin = text.find("\nWhat happened\n");
    REQUIRE(begin != std::string::npos);
    return text.substr(begin + 1, text.find("\n\n", begin + 1) - begin);
}

} // namespace

TEST_CASE("connection tells a connection whole") {
    const temporary_folder folder;
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .mss = 1460});
    client.sends(1, 100);
    s.after(2s);
    server.sends(1, 500).acking(101);
    s.after(20ms);
    client.acks(501);
    client.fins();
    s.after(10ms);
    server.acks(102);
    server.fins();
    client.acks(502);
    const std::string file = folder.write("one.pcap", s.capture());

    const run_result ran = run("COLUMNS=100 " + program("connection 0 ") + file);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CAPTURE(ran.out);
    CHECK(ran.out.starts_with("Connection 0: "));
    CHECK(contains(ran.out, ":40000 > "));
    CHECK(contains(ran.out, ":443, closed\n"));
    CHECK(contains(ran.out, "Both ends closed it, the client first."));
    CHECK(contains(ran.out, "of the time the server had the request and had not begun to answer."));
    CHECK(contains(ran.out, "\nHandshake\n  It was completed after 10.0 ms, with a round trip of 10.0 ms.\n"));
    CHECK(contains(ran.out, "\n  MSS "));
    const std::string timeline = timeline_of(ran.out);
    CHECK(contains(timeline, "client asks to open (SYN)"));
    CHECK(contains(timeline, "server agrees (SYN-ACK)"));
    CHECK(contains(timeline, "client: the connection is open (ACK)"));
    CHECK(contains(timeline, "client sends 100 B in 1 packet"));
    CHECK(contains(timeline, "(no packet for 2.00 s)"));
    CHECK(contains(timeline, "server sends 500 B in 1 packet"));
    CHECK(contains(timeline, "client closes its side (FIN)"));
    CHECK(contains(timeline, "server closes its side (FIN)"));
    CHECK(contains(ran.out, "\nWhat each end sent\n"));
    CHECK(contains(ran.out, "\nWhere the time went\n"));
    CHECK(contains(ran.out, "  98% ####"));
}

TEST_CASE("the timeline of connection has few lines, whatever happens") {
    const temporary_folder folder;
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 1ms});
    std::int64_t from_client = 1;
    std::int64_t from_server = 1;
    for (int i = 0; i < 700; ++i) { // more than are remembered one by one
        s.after(20ms);
        client.sends(from_client, 10).acking(from_server);
        from_client += 10;
        s.after(20ms);
        server.sends(from_server, 20).acking(from_client);
        from_server += 20;
    }
    s.after(15s);
    client.resets();
    const std::string file = folder.write("long.pcap", s.capture());
    const std::string told = run("COLUMNS=100 " + program("connection 0 ") + file).out;
    const std::string timeline = timeline_of(told);
    CAPTURE(timeline);
    CHECK(count_lines(timeline) <= 70);
    CHECK(count_lines(timeline_of(run("COLUMNS=200 " + program("connection 0 --lines 10 ") + file).out)) < 25);
    // Nothing is left out: the first packets and the last ones are there, and what is told sums up.
    CHECK(contains(timeline, "asks to open (SYN)"));
    CHECK(contains(timeline, "(no packet for 15.0 s)"));
    CHECK(contains(timeline, "client resets the connection (RST)"));
    const std::string one = timeline_of(run("COLUMNS=200 " + program("connection 0 --lines 10 ") + file).out);
    std::uint64_t packets = 0;
    for (std::size_t at = one.find(" in "); at != std::string::npos; at = one.find(" in ", at + 1)) {
        std::string digits = one.substr(at + 4, one.find(' ', at + 4) - at - 4);
        std::erase(digits, ',');
        packets += std::stoull(digits);
    }
    CHECK(packets == 1400);
}

TEST_CASE("connection tells losses, closed windows and guesses") {
    const temporary_folder folder;
    story s;
    auto [client, server] = s.midstream({.rtt = 10ms});
    client.sends(1, 100);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission);
    s.after(10ms);
    server.acks(101).window(0).expect(zero_window);
    const std::string file = folder.write("loss.pcap", s.capture());
    const std::string told = run("COLUMNS=100 " + program("connection 0 ") + file).out;
    CAPTURE(told);
    CHECK(contains(told, ":40000 ? "));
    CHECK(contains(told, "No SYN was captured: which end is the client is a guess, by "));
    CHECK(contains(told, "It was not captured: the connection was open before, or its begin is missing."));
    CHECK(contains(told, "1 retransmission"));
    CHECK(contains(told, "server: its window is closed"));
    CHECK(contains(told, "of the time lost data was waited for and repaired."));
}

TEST_CASE("connection fits any width") {
    story over_ipv6{{.families = story_families::v6}};
    over_ipv6.established();
    const temporary_folder folder;
    const std::string ipv6 = folder.write("ipv6.pcap", over_ipv6.capture());
    for (const std::string& file :
         {ipv6, std::string{"tests/data/handshake.pcap"}, std::string{"tests/data/lab/few_losses-3/a.pcap"}}) {
        for (const std::size_t width : {40u, 80u, 200u}) {
            const run_result ran = run("COLUMNS=" + std::to_string(width) + " " + program("connection 0 ") + file);
            CHECK(ran.status == 0);
            CAPTURE(ran.out);
            CHECK(widest_line(ran.out) <= width);
            CHECK_FALSE(contains(ran.out, "\x1b"));
        }
    }
}

TEST_CASE("a connection that is not there: a sentence, and status 2") {
    const run_result beyond = run(program("connection 3 tests/data/handshake.pcap"));
    CHECK(beyond.status == 2);
    CHECK(beyond.out.empty());
    CHECK(beyond.err == "tcplens: There is no connection 3 in what was read: the last of 3 is 2.\n");
    CHECK(run(program("connection 2 tests/data/handshake.pcap")).status == 0);
    CHECK(run(program("connection 18446744073709551615 tests/data/handshake.pcap")).status == 2);

    const temporary_folder folder;
    const std::string empty = folder.write("empty.pcap", capture_writer::pcap_writer{}.bytes());
    const run_result none = run(program("connection 0 ") + empty);
    CHECK(none.status == 2);
    CHECK(none.err == "tcplens: There is no connection 0 in what was read: there is none at all.\n");
    for (const char* wrong : {"connection", "connection x tests/data/handshake.pcap",
                              "connection -1 tests/data/handshake.pcap", "connection 0"}) {
        CAPTURE(wrong);
        const run_result ran = run(program(wrong));
        CHECK(ran.status == 2);
        CHECK(ran.err.starts_with("tcplens: "));
        CHECK(ran.out.empty());
    }
}
