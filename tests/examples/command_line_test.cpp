// SPDX-License-Identifier: MIT
#include "../support/capture_writer.hpp"
#include "../support/packet_builder.hpp"
#include "../support/story.hpp"
#include "running.hpp"
#include "two_connections.hpp"

#include <tcplens/version.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

namespace {

/// How many columns of a terminal UTF-8 takes.
std::size_t columns(const std::string& line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char each) { return (static_cast<unsigned char>(each) & 0xc0) != 0x80; }));
}

/// Those whose only operands are captures, as the help lists them.
std::vector<std::string> subcommands() {
    std::vector<std::string> names;
    bool listed = false;
    for (const std::string& line : lines_of(run(program("--help")).out)) {
        if (line.empty()) listed = false;
        if (listed && line.size() > 2 && line[2] != ' ') {
            const std::string name = line.substr(2, line.find(' ', 2) - 2);
            if (contains(run(program(name) + " --help").out, "\nArguments:\n  FILE...")) names.push_back(name);
        }
        if (line == "Subcommands:") listed = true;
    }
    REQUIRE(names.size() >= 6);
    return names;
}

/// Those that need no more than a file. What extract, bytes and split need beside it, their own tests give.
std::vector<std::string> subcommands_of_a_file() {
    std::vector<std::string> names = subcommands();
    std::erase_if(names,
                  [](const std::string& each) { return each == "extract" || each == "bytes" || each == "split"; });
    return names;
}

/// Its options, as its help lists them.
std::vector<std::string> options_of(const std::string& subcommand) {
    std::vector<std::string> names;
    for (const std::string& line : lines_of(run(program(subcommand) + " --help").out)) {
        if (line.starts_with("  -")) names.push_back(line.substr(2, line.find_first_of(" ,", 2) - 2));
    }
    return names;
}

} // namespace

TEST_CASE("segments prints frame, connection and names of each segment that has a verdict") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran = run(program("segments") + " " + file);
    CHECK(ran.status == 0);
    CHECK(ran.out == "10\t1\tretransmission\n");
    CHECK(ran.err.empty());
}

TEST_CASE("segments keeps to the rules that are asked for") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    // The ACK of the handshake bore the sequence number of the first data.
    const run_result ran = run(program("segments") + " --rules repeated_sequence " + file);
    CHECK(ran.status == 0);
    CHECK(ran.out == "4\t0\tretransmission\n9\t1\tretransmission\n10\t1\tretransmission\n");
    CHECK(run(program("segments") + " --rules=evidence " + file).out == "10\t1\tretransmission\n");
}

TEST_CASE("report says the same on any number of processors, of a file or a pipe") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    for (const std::string& capture : {file, "- < " + file, std::string{"tests/data/handshake.pcap"}}) {
        const std::string one = run(program("report") + " --detailed " + capture).out;
        CHECK(!one.empty());
        for (const char* threads : {"1", "2", "3", "16"}) {
            const run_result ran = run(program("report") + " --detailed --threads " + threads + " " + capture);
            CHECK(ran.status == 0);
            CHECK(ran.err.empty());
            CHECK(ran.out == one);
        }
    }
}

TEST_CASE("a file, standard input and a pipe give the same answers") {
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const std::string from_file = run(program("segments") + " " + file).out;
    CHECK(run(program("segments") + " - < " + file).out == from_file);
    // As from tcpdump: in pieces, the first of which ends within the file header.
    const run_result piped =
        run("{ head -c 10 " + file + "; sleep 0.1; tail -c +11 " + file + "; } | " + program("segments") + " -");
    CHECK(piped.status == 0);
    CHECK(piped.out == from_file);
    CHECK(piped.err.empty());
}

TEST_CASE("Ctrl-C ends what writes into the pipe, and what reads from it still answers") {
    if (run("command -v setsid").status != 0) return; // Linux has it
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    const run_result ran =
        run("setsid --wait sh -c '{ cat " + file + "; sleep 1; kill -INT 0; } | " + program("segments") + " -'");
    CHECK(ran.out == "10\t1\tretransmission\n");
}

TEST_CASE("Ctrl-C ends reading a file, and what was read is answered for, with status 1") {
    const temporary_folder folder;
    const std::vector<std::byte> once = two_connections();
    std::vector<std::byte> often = once;
    constexpr std::ptrdiff_t file_header = 24;
    for (int i = 0; i < 3000; ++i) often.insert(often.end(), once.begin() + file_header, once.end());
    const std::string file = folder.write("often.pcap", often);
    const std::string pipe = folder.file("pipe");
    REQUIRE(run("mkfifo " + pipe).status == 0);
    // It waits in the middle of the file until somebody reads what it says.
    const run_result ran = run(program("segments --explain ") + file + " > " + pipe + " & tcplens=$!; exec 3< " + pipe +
                               "; sleep 0.5; kill -INT $tcplens; wc -l <&3; wait $tcplens");
    CHECK(ran.status == 1);
    CHECK(std::stoi(ran.out) > 0);
    CHECK(std::stoi(ran.out) < 3000 * 11);
    CHECK(ran.err.starts_with("tcplens: " + file + ": Reading was interrupted: the answer is for the "));
}

TEST_CASE("of a capture that was cut short, all before the cut is answered, with status 1") {
    const temporary_folder folder;
    std::vector<std::byte> capture = two_connections();
    capture.resize(capture.size() - 7);
    const std::string file = folder.write("cut.pcap", capture);

    const run_result verdicts = run(program("segments") + " " + file);
    CHECK(verdicts.status == 1);
    CHECK(verdicts.out == "10\t1\tretransmission\n");
    CHECK(verdicts.err.starts_with("tcplens: " + file + ": cut off at byte "));
    CHECK(contains(verdicts.err, "in packet 11 ("));

    const run_result report = run(program("report") + " - < " + file);
    CHECK(report.status == 1);
    CHECK(contains(report.out, "10"));
    CHECK(contains(report.out, "cut off at byte "));
    CHECK(report.err.starts_with("tcplens: standard input: cut off at byte "));
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
                    {text, "is text ('no capture'), not a capture. Only binary captures are read"},
                    {"- </dev/null", "is empty"}};
    for (const auto& [file, sentence] : cases) {
        for (const char* subcommand : {"report", "segments"}) {
            const run_result ran = run(program(subcommand) + " " + file);
            CHECK(ran.status == 1);
            CHECK(ran.out.empty());
            CHECK(ran.err.starts_with("tcplens: "));
            CHECK(contains(ran.err, sentence));
        }
    }
}

TEST_CASE("every subcommand answers for what came before damage") {
    const temporary_folder folder;
    std::vector<std::byte> cut = two_connections();
    cut.pop_back();
    const std::string damaged = " " + folder.write("damaged.pcap", cut);
    for (const std::string& each : subcommands_of_a_file()) {
        const std::string command = program(each);
        CAPTURE(command);
        const run_result none = run(command + " " + folder.file("missing.pcap"));
        CHECK(none.status == 1);
        CHECK(contains(none.err, "there is no such file."));
        const run_result ran = run(command + damaged);
        CHECK(ran.status == 1);
        CHECK(contains(ran.err, "cut off at byte "));
        CHECK(!ran.out.empty());
        const run_result whole = run(command + " tests/data/lab/few_losses-3/a.pcap");
        CHECK(whole.status == 0);
        CHECK(!whole.out.empty());
        CHECK(run(command + " - < tests/data/lab/few_losses-3/a.pcap").out.size() >= whole.out.size() / 2);
    }
}

TEST_CASE("a command line that makes no sense gets a sentence, where to look for help, and status 2") {
    struct {
        const char* line;
        const char* sentence;
    } const cases[]{
        {"report", "Which capture? Name a file, or - for standard input.\n"},
        {"report ''", "The name of the file is empty.\n"},
        {"report a ''", "The name of the file is empty.\n"},
        {"report - -", "Standard input can be read once.\n"},
        {"report --nonsense a", "There is no option '--nonsense'.\n"},
        {"report -x a", "There is no option '-x'.\n"},
        {"report -x", "There is no option '-x'.\n"},
        {"report --fromat json a", "There is no option '--fromat'. Is '--format' meant?\n"},
        {"connections --rev", "There is no option '--rev'. Is '--reverse' meant?\n"},
        {"extract --format pcap a", "There is no option '--format'.\n"}, // nothing is near enough
        {"segments --raw a", "--raw goes with --explain or --format json: "},
        {"rtt --acks --rules evidence a", "--acks has Wireshark's values: "},
        {"report --quiet=1 a", "There is no option '--quiet=1'.\n"},
        {"bytes --connection 0 -o - a",
         "-o names a folder: without it, the bytes of --direction go to standard output.\n"},
        {"split -o - a", "-o names a folder: several captures do not go to standard output.\n"},
        {"report --server-ip foo a", "--server-ip needs an IPv4 or IPv6 address, not 'foo'.\n"},
        {"report a --server-ip", "--server-ip needs an IPv4 or IPv6 address.\n"},
        {"report --server-port 99999 a", "--server-port needs a number from 0 to 65535, not '99999'.\n"},
        {"report --server-port -1 a", "--server-port needs a number from 0 to 65535, not '-1'.\n"},
        {"report --server-port=80x a", "--server-port needs a number from 0 to 65535, not '80x'.\n"},
        {"report --threshold x a", "--threshold needs a rate from 0 to 1, not 'x'.\n"},
        {"report --threshold nan a", "--threshold needs a rate from 0 to 1, not 'nan'.\n"},
        {"report --threshold 2 a", "--threshold needs a rate from 0 to 1, not '2'.\n"},
        {"report --threshold= a", "--threshold needs a rate from 0 to 1, not ''.\n"},
        {"report --threads 0 a", "--threads needs a number from 1 to 256, not '0'.\n"},
        {"report --threads 257 a", "--threads needs a number from 1 to 256, not '257'.\n"},
        {"report --detailed=yes a", "--detailed takes no value.\n"},
        {"report --format xml a", "--format needs text, json or html, not 'xml'.\n"},
        {"segments --rules guess a", "--rules needs evidence, wireshark or repeated_sequence, not 'guess'.\n"},
        {"segments --detailed a", "There is no option '--detailed'.\n"},
        {"segments --connection x a", "--connection needs the number of a connection, not 'x'.\n"},
        {"series --interval 0 a", "--interval needs a number from 1 to 1000000000, not '0'.\n"},
        {"times --format text a", "--format needs table, csv or json, not 'text'.\n"},
        {"report --since +2 --until +1 a", "--until is not after --since: no packet is between them.\n"},
        {"series --since 2026-11-22 --until 2026-11-22 a",
         "--until is not after --since: no packet is between them.\n"},
        {"graph --connection 0 --segments 5 a", "--segments and --odd go with --kind ladder.\n"},
        {"graph --connection 0 --kind in-flight --odd a", "--segments and --odd go with --kind ladder.\n"},
        {"graph --top 5 a", "--top goes with --kind time-spent.\n"},
        {"graph --connection 0 --direction to-client a", "--direction goes with --xplot: "},
        {"rtt --format", "--format needs table, csv or json.\n"},
        {"zeek", "Which capture? Name a file, or - for standard input.\n"},
        {"segmets a", "There is no subcommand 'segmets'. Is 'segments' meant?\n"},
        {"trace.pcap", "There is no subcommand 'trace.pcap'.\n"},
        {"--nonsense", "There is no option '--nonsense'.\n"},
        {"'", nullptr},
    };
    for (const auto& each : cases) {
        if (each.sentence == nullptr) continue;
        CAPTURE(each.line);
        const run_result ran = run(program(each.line));
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err.starts_with(std::string{"tcplens: "} + each.sentence));
        CHECK(contains(ran.err, "--help`.\n"));
    }
    CHECK(run(example("tcplens")).status == 2);
}

TEST_CASE("--tunnel finds connections behind another UDP port, where a row is a connection") {
    using namespace packet_builder;
    const temporary_folder folder;
    capture_writer::pcap_writer capture;
    const byte_vector vxlan = join({byte_vector{std::byte{8}, {}, {}, {}, {}, {}, std::byte{7}, {}}, tcp_packet()});
    capture.record(0, 0, framed_ip_packet({}, 17, udp_datagram(50000, 10800, vxlan)));
    const std::string file = folder.write("tunnel.pcap", capture.bytes());
    for (const char* subcommand : {"connections", "rtt", "times"}) {
        CAPTURE(subcommand);
        const std::string rows = program(subcommand) + " --format csv " + file;
        CHECK(lines_of(run(rows).out).size() == 1); // the header
        CHECK(lines_of(run(rows + " --tunnel vxlan=10800").out).size() == 2);
    }
}

TEST_CASE("options may stand anywhere, in any order, and the last one counts") {
    const std::string file = "tests/data/lab/few_losses-3/a.pcap";
    const std::string expected = run(program("segments --explain --rules wireshark ") + file).out;
    CHECK(!expected.empty());
    for (const std::string& line :
         {"segments --rules wireshark --explain " + file, "segments " + file + " --explain --rules wireshark",
          "segments --rules=wireshark " + file + " --explain", "--explain segments --rules wireshark " + file,
          "--rules wireshark --explain segments " + file,
          "segments --explain --rules evidence --rules wireshark -- " + file}) {
        CAPTURE(line);
        const run_result ran = run(program(line));
        CHECK(ran.status == 0);
        CHECK(ran.out == expected);
    }
}

TEST_CASE("a connection that is not there gets a sentence and status 2") {
    for (const char* line : {"segments --connection 3", "series --connection 3"}) {
        CAPTURE(line);
        const run_result ran = run(program(line) + " tests/data/handshake.pcap");
        CHECK(ran.status == 2);
        CHECK(ran.err == "tcplens: There is no connection 3 in what was read: the last of 3 is 2.\n");
    }
    CHECK(run(program("segments --connection 2 tests/data/handshake.pcap")).status == 0);
}

TEST_CASE("names of files are shown without what a terminal would act on") {
    const temporary_folder folder;
    const run_result ran = run(program("report ") + "\"$(printf '/no/\\033[31m\\342\\200\\256x')\"");
    CHECK(ran.status == 1);
    CHECK(ran.err == "tcplens: /no/\\x1b[31m\\u202ex: there is no such file.\n");
    const std::string odd = folder.write("[a,b]", two_connections());
    CHECK(run("cd " + folder.file("") + " && " + program("segments '[a,b]'")).out == "10\t1\tretransmission\n");
}

TEST_CASE("--help prints a page, wherever it stands: usage, all arguments, examples") {
    const run_result all = run(program("--help"));
    CHECK(all.status == 0);
    CHECK(all.err.empty());
    for (const std::string& each : subcommands()) {
        CAPTURE(each);
        CHECK(contains(all.out, "\n  " + each + " "));
        const run_result page = run(program(each) + " --help");
        CHECK(page.status == 0);
        CHECK(page.err.empty());
        CHECK(page.out.starts_with("Usage: tcplens " + each + " "));
        CHECK(std::ranges::count(page.out, '\n') >= 6);
        CHECK(contains(page.out, "\nExamples:\n  tcplens " + each + " "));
        CHECK(contains(page.out, "FILE..."));
        CHECK(run(program(each) + " some.pcap -h").out == page.out);
        CHECK(run(program("help ") + each).out == page.out);
        for (const std::size_t width : {40u, 80u, 100u}) {
            const std::string narrow = run("COLUMNS=" + std::to_string(width) + " " + program(each) + " --help").out;
            for (const std::string& line : lines_of(narrow)) {
                CAPTURE(line);
                const std::size_t word = std::min(line.find_first_not_of(' '), line.size());
                const bool is_one_word = line.find(' ', word) == std::string::npos;
                CHECK((columns(line) <= width || is_one_word || line.starts_with("  --")));
            }
        }
    }
}

TEST_CASE("--version prints the version of tcplens, its compiler and the optional libraries") {
    const run_result version = run(program("--version"));
    CHECK(version.status == 0);
    CHECK(version.out.starts_with("tcplens " + std::to_string(TCPLENS_VERSION_MAJOR) + "." +
                                  std::to_string(TCPLENS_VERSION_MINOR) + "." + std::to_string(TCPLENS_VERSION_PATCH) +
                                  TCPLENS_VERSION_SUFFIX "\ncompiled by "));
    const std::vector<std::string> lines = lines_of(version.out);
    REQUIRE(lines.size() >= 5);
    for (const std::string_view name :
         {"zlib", "libzstd", "libpcap", "cpp-httplib", "libcurl"}) { // built in, with its version, or left out
        CAPTURE(name);
        CHECK(std::ranges::count_if(lines, [name](const std::string& line) {
                  return line.starts_with(std::string{name} + " ") || line.starts_with("without " + std::string{name});
              }) == 1);
    }
    CHECK(version.err.empty());
}

TEST_CASE("the man page and the completions know every subcommand and every option") {
    const std::string page = run(program("--man")).out;
    const std::string bash = run(program("--bash-completion")).out;
    const std::string zsh = run(program("--zsh-completion")).out;
    CHECK(page.starts_with(".\\\" made by tcplens --man\n.TH TCPLENS 1 "));
    CHECK(zsh.starts_with("#compdef tcplens\n"));
    for (const std::string& each : subcommands()) {
        CAPTURE(each);
        CHECK(contains(page, "\n.SH \"tcplens " + each + "\"\n"));
        CHECK(contains(bash, "\n        " + each + ")\n"));
        CHECK(contains(zsh, "'" + each + ":"));
        for (const std::string& option : options_of(each)) {
            CAPTURE(option);
            std::string escaped;
            for (const char letter : option) escaped += letter == '-' ? "\\-" : std::string(1, letter);
            CHECK(contains(page, "\\fB" + escaped));
            CHECK(contains(bash, option));
            CHECK(contains(zsh, option));
        }
    }
    const temporary_folder folder;
    std::ofstream{folder.file("completion")} << bash;
    const std::string complete = ". " + folder.file("completion") +
                                 "; COMP_WORDS=(tcplens segments --r); COMP_CWORD=2; _tcplens; echo ${COMPREPLY[*]}";
    CHECK(run("bash -c '" + complete + "'").out == "--rules --raw\n");
}

TEST_CASE("tables fit the width; csv and json have all columns, and plain numbers") {
    const std::string file = " tests/data/lab/few_losses-3/a.pcap";
    for (const char* subcommand : {"series", "times", "rtt", "rtt --acks"}) {
        CAPTURE(subcommand);
        for (const std::size_t width : {40u, 80u, 200u}) {
            const run_result table = run("COLUMNS=" + std::to_string(width) + " " + program(subcommand) + file);
            for (const std::string& line : lines_of(table.out)) CHECK(columns(line) <= width);
        }
        const std::vector<std::string> csv = lines_of(run(program(subcommand) + " --format csv" + file).out);
        const std::vector<std::string> json = lines_of(run(program(subcommand) + " --format json" + file).out);
        REQUIRE(csv.size() > 1);
        CHECK(json.size() + 1 == csv.size());
        for (const std::string& line : csv) CHECK(std::ranges::count(line, ',') == std::ranges::count(csv[0], ','));
        for (const std::string& line : json) CHECK((line.starts_with("{\"") && line.ends_with("}")));
    }
}

TEST_CASE("who reads the output may leave early, and nobody complains") {
    const temporary_folder folder;
    const std::vector<std::byte> once = two_connections();
    std::vector<std::byte> often = once;
    constexpr std::ptrdiff_t file_header = 24;
    for (int i = 0; i < 1000; ++i) often.insert(often.end(), once.begin() + file_header, once.end());
    const std::string file = folder.write("often.pcap", often);
    const std::size_t pipe_capacity = 65536;
    REQUIRE(run(program("segments") + " " + file).out.size() > 2 * pipe_capacity);
    const run_result ran = run(program("segments") + " " + file + " | head -n 1");
    CHECK(ran.out == "10\t1\tretransmission\n");
    CHECK(ran.err.empty());
}

TEST_CASE("output that can't be written is an error") {
    if (!std::filesystem::exists("/dev/full")) return; // Linux has it
    const temporary_folder folder;
    const std::string file = folder.write("two.pcap", two_connections());
    for (const std::string& each : subcommands_of_a_file()) {
        CAPTURE(each);
        const run_result ran = run(program(each) + " " + file + " > /dev/full");
        CHECK(ran.status == 1);
        CHECK(ran.err == "tcplens: The output could not be written.\n");
        CHECK(run(program(each) + " --help > /dev/full").status == 1);
    }
    CHECK(run(program("--help > /dev/full")).status == 1);
}

TEST_CASE("on a terminal lines are as wide as that at most; colours are there only, and not with NO_COLOR") {
    if (run("command -v script stty").status != 0) return; // bsdutils has it
    const std::string file = " tests/data/lab/few_losses-3/a.pcap";
    std::vector<std::string> commands = subcommands_of_a_file();
    commands.emplace_back("segments --explain");
    commands.emplace_back("connection 4");
    for (const std::string& command : commands) {
        if (command == "zeek" || command == "graph") continue; // their lines are those of Zeek, and of SVG
        CAPTURE(command);
        CHECK_FALSE(contains(run(program(command) + file).out, "\x1b"));
        for (const std::size_t width : {40u, 80u, 132u}) {
            const std::string line = "stty cols " + std::to_string(width) + "; exec " + program(command) + file;
            const run_result ran = run("NO_COLOR=1 script -qec '" + line + "' /dev/null < /dev/null");
            CHECK(!ran.out.empty());
            CHECK_FALSE(contains(ran.out, "\x1b"));
            for (std::string each : lines_of(ran.out)) {
                while (!each.empty() && each.back() == '\r') each.pop_back();
                CAPTURE(each);
                const bool is_one_word =
                    each.find(' ', std::min(each.find_first_not_of(' '), each.size())) == std::string::npos;
                CHECK((columns(each) <= width || is_one_word));
            }
        }
    }
}
