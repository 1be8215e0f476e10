// SPDX-License-Identifier: MIT
#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace packet_builder;
using namespace std::chrono_literals;

namespace {

const std::string header =
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_"
    "state\t"
    "missed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\tstring\tcount\tstring\tcount\tcount\t"
    "count\tcount\n";

/// The rows, without the header.
std::string rows(const std::string& arguments) {
    const run_result ran = run(example("tcplens zeek") + " " + arguments);
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    REQUIRE(ran.out.starts_with(header));
    return ran.out.substr(header.size());
}

/// The columns conn_state and history of the only row.
std::string outcome(const std::string& arguments) {
    std::string text = rows(arguments);
    REQUIRE(std::ranges::count(text, '\n') == 1);
    std::vector<std::string> columns;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\t' && text[i] != '\n') continue;
        columns.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    REQUIRE(columns.size() == 17);
    return columns[10] + ' ' + columns[12];
}

/// A capture of these frames, 1 ms apart.
class frames {
public:
    void add(const byte_vector& frame) { writer_.record(1'700'000'000, 1000 * ++count_, frame); }
    [[nodiscard]] const byte_vector& bytes() const { return writer_.bytes(); }

private:
    capture_writer::pcap_writer writer_{};
    std::uint32_t count_ = 0;
};

tcp_packet_options upwards(std::uint16_t server_port, std::uint32_t sequence, std::uint32_t acknowledgment,
                           std::uint16_t bits = flags::ack, std::string_view text = {}) {
    return {.destination = at("198.51.100.1", server_port),
            .sequence = sequence,
            .acknowledgment = acknowledgment,
            .flags = bits,
            .payload = capture_writer::text(text)};
}
tcp_packet_options downwards(std::uint16_t server_port, std::uint32_t sequence, std::uint32_t acknowledgment,
                             std::uint16_t bits = flags::ack, std::string_view text = {}) {
    tcp_packet_options made = upwards(server_port, sequence, acknowledgment, bits, text);
    std::swap(made.source, made.destination);
    return made;
}

} // namespace

TEST_CASE("zeek prints a row for each connection") {
    // Of its packets only the headers were captured, so Zeek takes all of the data for missing.
    CHECK(rows("-C tests/data/handshake.pcap") ==
          "1795318320.032451\tC1\t127.0.0.1\t49788\t127.0.0.1\t8080\ttcp\t0."
          "005580\t89\t9081\tSF\t9170\tShADaGdgfF\t6\t409\t"
          "6\t9401\n"
          "1795318320.044195\tC2\t127.0.0.1\t49804\t127.0.0.1\t8080\ttcp\t0."
          "000804\t85\t520\tSF\t605\tShADaGdgfF\t6\t405\t6\t"
          "840\n"
          "1795318320.050487\tC3\t127.0.0.1\t50864\t127.0.0.1\t9\ttcp\t0.000008\t0\t0\tREJ\t0\tSr\t1\t60\t1\t40\n");
}

TEST_CASE("zeek, without -C, takes what was left to an adapter for damaged, as Zeek does") {
    CHECK(rows("tests/data/handshake.pcap")
              .starts_with(
                  "1795318320.032451\tC1\t127.0.0.1\t49788\t127.0.0.1\t8080\ttcp\t-\t-\t-\tOTH\t0\tC\t0\t0\t0\t0\n"));
}

TEST_CASE("zeek prints - for what an instant has not") {
    story s;
    s.hosts().client.syn();
    const temporary_folder folder;
    const std::string file = folder.write("syn.pcap", s.capture());
    CHECK(rows(file).find("\ttcp\t-\t-\t-\tS0\t0\tS\t1\t") != std::string::npos);
}

TEST_CASE("zeek splits as Zeek does") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    s.after(301s);
    client.sends(1, 100);
    const temporary_folder folder;
    const std::string file = folder.write("silence.pcap", s.capture());
    const std::string text = rows(file);
    CHECK(text.find("\tS1\t0\tShA\t2\t") != std::string::npos);
    CHECK(text.find("\tOTH\t0\tD\t1\t") != std::string::npos);
}

TEST_CASE("zeek goes by the ports of servers, unless it is bare") {
    const temporary_folder folder;
    frames midstream;
    midstream.add(tcp_packet(downwards(80, 1, 1, flags::ack, "HTTP")));
    const std::string file = folder.write("midstream.pcap", midstream.bytes());
    CHECK(outcome(file) == "OTH ^d");
    CHECK(rows(file).find("\t192.0.2.1\t40000\t198.51.100.1\t80\t") != std::string::npos);
    CHECK(outcome("-b " + file) == "OTH D");
    CHECK(rows("-b " + file).find("\t198.51.100.1\t80\t192.0.2.1\t40000\t") != std::string::npos);

    frames answered;
    answered.add(tcp_packet(downwards(80, 0, 1, flags::syn | flags::ack)));
    answered.add(tcp_packet(upwards(80, 1, 1)));
    const std::string other = folder.write("answered.pcap", answered.bytes());
    CHECK(outcome(other) == "S1 ^hA");
    CHECK(outcome("-b " + other) == "S1 ^hA");
}

TEST_CASE("zeek passes over a bad IP checksum, and tells of a bad TCP checksum") {
    byte_vector syn = tcp_packet(upwards(4444, 0, 0, flags::syn));
    byte_vector syn_ack = tcp_packet(downwards(4444, 0, 1, flags::syn | flags::ack));
    const temporary_folder folder;
    SUBCASE("TCP") {
        syn_ack.back() ^= std::byte{1};
        frames made;
        made.add(syn);
        made.add(syn_ack);
        const std::string file = folder.write("bad.pcap", made.bytes());
        CHECK(outcome(file) == "S0 Sc");
        CHECK(outcome("-C " + file) == "S1 Sh");
    }
    SUBCASE("IP") {
        syn_ack[14 + 8] ^= std::byte{1}; // the time to live
        frames made;
        made.add(syn);
        made.add(syn_ack);
        const std::string file = folder.write("bad.pcap", made.bytes());
        CHECK(outcome(file) == "S0 S");
        CHECK(outcome("-C " + file) == "S1 Sh");
    }
}

TEST_CASE("zeek tells where Zeek's FTP analyzer comes to its limit") {
    const temporary_folder folder;
    const auto with_commands = [&](std::uint16_t port, std::initializer_list<std::string> lines) {
        frames made;
        made.add(tcp_packet(upwards(port, 0, 0, flags::syn)));
        made.add(tcp_packet(downwards(port, 0, 1, flags::syn | flags::ack)));
        std::uint32_t next = 1;
        for (const std::string& line : lines) {
            made.add(tcp_packet(upwards(port, next, 1, flags::ack, line)));
            made.add(tcp_packet(upwards(port, next, 1, flags::ack, line))); // sent again: nothing new
            next += static_cast<std::uint32_t>(line.size());
        }
        made.add(tcp_packet(upwards(port, next, 1, flags::ack | flags::fin)));
        return outcome(folder.write("ftp.pcap", made.bytes()));
    };
    const std::string just(100, 'A');
    const std::string longer(101, 'a');
    CHECK(with_commands(21, {"USER me\r\n", longer + "\r\n"}) == "S2 ShDTXF");
    CHECK(with_commands(2811, {"USER me\r\n", longer + " x\r\n"}) == "S2 ShDTXF");
    CHECK(with_commands(21, {"USER me\r\n", longer.substr(0, 50), longer.substr(50) + "\n", "QUIT\r\n"}) ==
          "S2 ShDTXF");
    CHECK(with_commands(21, {just + "\r\n", " " + longer + "\r\n"}) == "S2 ShDTXF");
    CHECK(with_commands(21, {"USER " + longer + "\r\n", just + "\r\n"}) == "S2 ShDTF");
    CHECK(with_commands(21, {longer + "\r\n", "USER me\r\n"}) == "S2 ShDTF");  // it was not known to be FTP yet
    CHECK(with_commands(21, {"USER me\r\n", longer + "1\r\n"}) == "S2 ShDTF"); // no command
    CHECK(with_commands(21, {"USER me\r\n", longer, longer}) == "S2 ShDTF");   // the line has not ended
    CHECK(with_commands(80, {"USER me\r\n", longer + "\r\n"}) == "S2 ShDTF");
}

TEST_CASE("zeek refuses what it does not know") {
    CHECK(run(example("tcplens zeek") + " --rules evidence tests/data/handshake.pcap").status == 2);
    const run_result missing = run(example("tcplens zeek") + " no_such_file.pcap");
    CHECK(missing.status == 1);
    CHECK(missing.out == header);
}
