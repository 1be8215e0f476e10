// SPDX-License-Identifier: MIT
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <tcplens/version.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
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

TEST_CASE("verdicts prints frame, connection and names of each segment that has a verdict") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran = run(example("verdicts") + " " + file);
    CHECK(ran.status == 0);
    CHECK(ran.out == "10\t1\tretransmission\n");
    CHECK(ran.err.empty());
}

TEST_CASE("verdicts keeps to the rules that are asked for") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    // The ACK of the handshake bore the sequence number of the first data.
    const run_result ran = run(example("verdicts") + " --rules repeated_sequence " + file);
    CHECK(ran.status == 0);
    CHECK(ran.out == "4\t0\tretransmission\n9\t1\tretransmission\n10\t1\tretransmission\n");
    CHECK(run(example("verdicts") + " --rules=evidence " + file).out == "10\t1\tretransmission\n");
}

TEST_CASE("report prints the four answers") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran = run(example("report") + " " + file);
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

    const std::string flow = run(example("report") + " --server-ip " + server + " " + file).out;
    CHECK(contains(flow, "\nTraffic flow of " + server + "\n"));
    CHECK(contains(flow, "  packets                      7                4\n"));
    CHECK(contains(flow, "primary RST source: server\n"));
    CHECK(contains(run(example("report") + " --server-port 80 " + file).out, "\n  total                0\n"));
    CHECK(contains(run(example("report") + " " + file + " --threshold 0.5").out, "not above the threshold of 50.00%"));
}

TEST_CASE("report says the same on any number of processors, of a file or a pipe") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    for (const std::string& capture : {file, "- < " + file, std::string{"tests/data/handshake.pcap"}}) {
        const std::string one = run(example("report") + " --detailed " + capture).out;
        CHECK(contains(one, "\nConnections\n"));
        for (const char* threads : {"1", "2", "3", "16"}) {
            const run_result ran = run(example("report") + " --detailed --threads " + threads + " " + capture);
            CHECK(ran.status == 0);
            CHECK(ran.err.empty());
            CHECK(ran.out == one);
        }
    }
}

TEST_CASE("report says what it did not understand, what was skipped and what the capture lost") {
    using namespace capture_writer;
    const temporary_folder folder;
    const std::string foreign = folder.write(
        "foreign.pcap", pcap_writer{{.link = 195}}.record(1, 0, counting(20)).record(2, 0, counting(20)).bytes());
    const run_result ran = run(example("report") + " " + foreign);
    CHECK(ran.status == 0);
    CHECK(contains(ran.out, "\n  TCP                              0\n"));
    CHECK(contains(ran.out, "\n  2 packets: link type IEEE802_15_4_WITHFCS (195) is not supported\n"));
    const std::string nameless =
        folder.write("nameless.pcap", pcap_writer{{.link = 0x0224'0002}}.record(1, 0, counting(20)).bytes());
    CHECK(contains(run(example("report") + " " + nameless).out, "\n  1 packet: link type 35913730 is not supported\n"));

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
    const run_result told = run(example("report") + " " + folder.write("mixed.pcapng", mixed.bytes()));
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
    const std::string brief = run(example("report") + " " + file).out;
    CHECK(contains(brief, ":40009 "));
    CHECK_FALSE(contains(brief, ":40010 "));
    CHECK(contains(brief, "and 2 more"));
    const std::string detailed = run(example("report") + " --detailed " + file).out;
    CHECK(contains(detailed, ":40011 "));
    CHECK_FALSE(contains(detailed, " more"));
}

TEST_CASE("a file, standard input and a pipe give the same answers") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const std::string from_file = run(example("verdicts") + " " + file).out;
    CHECK(run(example("verdicts") + " - < " + file).out == from_file);
    // As from tcpdump: in pieces, the first of which ends within the file header.
    const run_result piped =
        run("{ head -c 10 " + file + "; sleep 0.1; tail -c +11 " + file + "; } | " + example("verdicts") + " -");
    CHECK(piped.status == 0);
    CHECK(piped.out == from_file);
    CHECK(piped.err.empty());
}

TEST_CASE("Ctrl-C ends what writes into the pipe, and what reads from it still answers") {
    if (run("command -v setsid").status != 0) return; // Linux has it
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran =
        run("setsid --wait sh -c '{ cat " + file + "; sleep 1; kill -INT 0; } | " + example("verdicts") + " -'");
    CHECK(ran.out == "10\t1\tretransmission\n");
}

TEST_CASE("of a capture that was cut short, all before the cut is answered, with status 1") {
    const temporary_folder folder;
    std::vector<std::byte> capture = two_connections();
    capture.resize(capture.size() - 7);
    const std::string file = folder.write("cut.pcap", capture);

    const run_result verdicts = run(example("verdicts") + " " + file);
    CHECK(verdicts.status == 1);
    CHECK(verdicts.out == "10\t1\tretransmission\n");
    CHECK(verdicts.err.starts_with("verdicts: " + file + ": cut off at byte "));
    CHECK(contains(verdicts.err, "in packet 11 ("));

    const run_result report = run(example("report") + " - < " + file);
    CHECK(report.status == 1);
    CHECK(contains(report.out, "  packets  10\n"));
    CHECK(contains(report.out, "cut off at byte "));
    CHECK(report.err.starts_with("report: standard input: cut off at byte "));
}

TEST_CASE("what can't be read gets one sentence and status 1") {
    const temporary_folder folder;
    const std::string missing = folder.file("missing.pcap");
    const std::string empty = folder.write("empty.pcap", {});
    const std::string text = folder.write("text.pcap", std::as_bytes(std::span{"no capture"}));
    struct {
        std::string file;
        std::string sentence;
    } const cases[]{{missing, "there is no such file."},
                    {folder.file(""), "is a directory, not a capture file."},
                    {empty, "is empty"},
                    {text, "is neither a pcap nor a pcapng capture"},
                    {"- </dev/null", "is empty"}};
    for (const auto& [file, sentence] : cases) {
        for (const char* program : {"report", "verdicts"}) {
            const run_result ran = run(example(program) + " " + file);
            CHECK(ran.status == 1);
            CHECK(ran.out.empty());
            CHECK(ran.err.starts_with(std::string{program} + ": "));
            CHECK(contains(ran.err, sentence));
        }
    }
}

TEST_CASE("the small programs tell what was wrong with a capture, too, after what came before that") {
    const temporary_folder folder;
    std::vector<std::byte> cut = two_connections();
    cut.pop_back();
    const std::string damaged = folder.write("damaged.pcap", cut);
    for (const char* program : {"shortest ", "facts ", "times "}) {
        CAPTURE(program);
        const run_result none = run(example(program) + folder.file("missing.pcap"));
        CHECK(none.status == 1);
        CHECK(contains(none.err, "there is no such file."));
        const run_result ran = run(example(program) + damaged);
        CHECK(ran.status == 1);
        CHECK(contains(ran.err, "cut off at byte "));
        const std::string whole = run(example(program) + "tests/data/handshake.pcap").out;
        CHECK(!ran.out.empty());
        CHECK(!whole.empty());
        CHECK(run(example(program) + "tests/data/handshake.pcap").status == 0);
        if (program != std::string_view{"shortest "}) {
            CHECK(run(example(program) + "- < tests/data/handshake.pcap").out == whole);
        }
    }
}

TEST_CASE("a command line that makes no sense gets a sentence, the usage and status 2") {
    struct {
        const char* line;
        const char* sentence;
    } const cases[]{
        {"report", "report: Which capture? Name a file, or - for standard input.\n"},
        {"report ''", "report: The name of the file is empty.\n"},
        {"report a ''", "report: The name of the file is empty.\n"},
        {"report --nonsense a", "report: There is no option '--nonsense'.\n"},
        {"report --rules evidence a", "report: There is no option '--rules'.\n"},
        {"report --server-ip foo a", "report: --server-ip needs an IPv4 or IPv6 address, not 'foo'.\n"},
        {"report a --server-ip", "report: --server-ip needs an IPv4 or IPv6 address.\n"},
        {"report --server-port 99999 a", "report: --server-port needs a number from 0 to 65535, not '99999'.\n"},
        {"report --server-port -1 a", "report: --server-port needs a number from 0 to 65535, not '-1'.\n"},
        {"report --server-port=80x a", "report: --server-port needs a number from 0 to 65535, not '80x'.\n"},
        {"report --threshold x a", "report: --threshold needs a rate from 0 to 1, not 'x'.\n"},
        {"report --threshold nan a", "report: --threshold needs a rate from 0 to 1, not 'nan'.\n"},
        {"report --threshold 2 a", "report: --threshold needs a rate from 0 to 1, not '2'.\n"},
        {"report --threshold= a", "report: --threshold needs a rate from 0 to 1, not ''.\n"},
        {"report --threads 0 a", "report: --threads needs a number from 1 to 256, not '0'.\n"},
        {"report --threads 257 a", "report: --threads needs a number from 1 to 256, not '257'.\n"},
        {"report --detailed=yes a", "report: --detailed takes no value.\n"},
        {"verdicts --rules guess a",
         "verdicts: --rules needs evidence, wireshark or repeated_sequence, not 'guess'.\n"},
        {"verdicts --detailed a", "verdicts: There is no option '--detailed'.\n"},
        {"facts", "facts: Which capture? Name a file, or - for standard input.\n"},
        {"facts a b", "facts: One file at a time: there is 'a' already.\n"},
        {"times", "times: Which capture? Name a file, or - for standard input.\n"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.line);
        const run_result ran = run(example(each.line));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err.starts_with(each.sentence));
        CHECK(contains(ran.err, "\nusage: "));
    }
}

TEST_CASE("--help prints the usage, wherever it stands") {
    const run_result report = run(example("report") + " --help");
    CHECK(report.status == 0);
    CHECK(report.out.starts_with(
        "usage: report [--server-ip A] [--server-port P] [--threshold R] [--detailed] [--by-time] [--threads N] "
        "[--resume TABLE] [--save TABLE] "
        "FILE|-...\n"));
    CHECK(report.err.empty());
    const run_result verdicts = run(example("verdicts") + " some.pcap --help");
    CHECK(verdicts.status == 0);
    CHECK(verdicts.out.starts_with(
        "usage: verdicts [--rules evidence|wireshark|repeated_sequence] [--explain] [--certainty] FILE|-...\n"));
}

TEST_CASE("-h is --help") {
    const run_result brief = run(example("times") + " -h");
    CHECK(brief.status == 0);
    CHECK(brief.out == run(example("times") + " --help").out);
}

TEST_CASE("--version prints the name of the program and the version of tcplens") {
    const run_result version = run(example("times") + " --version");
    CHECK(version.status == 0);
    CHECK(version.out == "times (tcplens) " + std::to_string(TCPLENS_VERSION_MAJOR) + "." +
                             std::to_string(TCPLENS_VERSION_MINOR) + "." + std::to_string(TCPLENS_VERSION_PATCH) +
                             "\n");
    CHECK(version.err.empty());
}

TEST_CASE("who reads the output may leave early, and nobody complains") {
    const temporary_folder folder;
    const std::vector<std::byte> once = two_connections();
    std::vector<std::byte> often = once;
    constexpr std::ptrdiff_t file_header = 24;
    for (int i = 0; i < 1000; ++i) often.insert(often.end(), once.begin() + file_header, once.end());
    const std::string file = folder.write("often.pcap", often);
    const std::size_t pipe_capacity = 65536;
    REQUIRE(run(example("verdicts") + " " + file).out.size() > 2 * pipe_capacity);
    const run_result ran = run(example("verdicts") + " " + file + " | head -n 1");
    CHECK(ran.out == "10\t1\tretransmission\n");
    CHECK(ran.err.empty());
}

TEST_CASE("output that can't be written is an error") {
    if (!std::filesystem::exists("/dev/full")) return; // Linux has it
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    for (const char* program : {"report ", "verdicts ", "facts ", "times "}) {
        const run_result ran = run(example(program) + file + " > /dev/full");
        CHECK(ran.status == 1);
        CHECK(contains(ran.err, "The output could not be written."));
    }
}
