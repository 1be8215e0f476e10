// SPDX-License-Identifier: MIT
// Runs tcplens on what the programs gzip and zstd made.
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace {

/// Twelve connections, enough for a few kilobytes.
std::vector<std::byte> capture() {
    story s;
    for (std::uint16_t i = 0; i < 12; ++i) s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
    return s.capture();
}

bool is_there(const std::string& program) {
    return run("command -v " + program).status == 0;
}

/// The command line that prints a line for each segment.
std::string explained(const std::string& from) {
    return program("segments --explain ") + from;
}

struct packer {
    std::string command; ///< packs standard input
    std::string name;    ///< as messages have it
};

/// Those that are there, and that the program was built with.
std::vector<packer> packers() {
    std::vector<packer> all;
    for (const packer& each : {packer{"gzip -nc", "gzip"}, packer{"zstd -qc", "zstd"}}) {
        if (!is_there(each.name)) continue;
        const run_result ran = run(each.command + " < tests/data/handshake.pcap | " + program("segments -"));
        if (ran.status == 0) all.push_back(each);
        else CHECK(contains(ran.err, "is compressed (" + each.name + ")"));
    }
    return all;
}

/// The file, packed.
std::string pack(const packer& with, const std::string& file) {
    const std::string packed = file + "." + with.name;
    REQUIRE(run(with.command + " < " + file + " > " + packed).status == 0);
    return packed;
}

std::vector<std::byte> bytes_of(const std::string& file) {
    const std::string all = contents(file);
    const auto bytes = std::as_bytes(std::span{all});
    return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("a packed capture is read from a file, from standard input, from a FIFO and from a slow pipe") {
    const temporary_folder folder;
    const std::string plain = folder.write("a.pcap", capture());
    const std::string expected = run(explained(plain)).out;
    CHECK(std::ranges::count(expected, '\n') == 36);
    for (const packer& each : packers()) {
        CAPTURE(each.name);
        const std::string packed = pack(each, plain);
        for (const std::string& from : {packed, "- < " + packed, "- < " + plain}) {
            CAPTURE(from);
            const run_result ran = run(explained(from));
            CHECK(ran.status == 0);
            CHECK(ran.out == expected);
            CHECK(ran.err.empty());
        }
        const run_result slow =
            run("{ head -c 3 " + packed + "; sleep 0.1; tail -c +4 " + packed + "; } | " + explained("-"));
        CHECK(slow.status == 0);
        CHECK(slow.out == expected);
        const std::string fifo = folder.file("fifo" + each.name);
        REQUIRE(run("mkfifo " + fifo).status == 0);
        CHECK(run("cat " + packed + " > " + fifo + " & " + explained(fifo) + "; wait").out == expected);
    }
}

TEST_CASE("every subcommand reads packed captures") {
    for (const packer& each : packers()) {
        for (const char* subcommand : {"report", "report --format json", "report --by-time", "report --threads 2",
                                       "segments", "zeek", "series", "times", "rtt"}) {
            CAPTURE(subcommand);
            const run_result plain = run(program(subcommand) + " - < tests/data/handshake.pcap");
            const run_result packed =
                run(each.command + " < tests/data/handshake.pcap | " + program(subcommand) + " -");
            CHECK(packed.status == 0);
            CHECK(packed.out == plain.out);
        }
    }
}

TEST_CASE("what was packed in several parts, one behind the other, is one capture") {
    const temporary_folder folder;
    const std::vector<std::byte> whole = capture();
    const std::span all{whole};
    const std::string expected = run(explained(folder.write("whole", whole))).out;
    for (const packer& each : packers()) {
        CAPTURE(each.name);
        const std::string first = pack(each, folder.write("1", all.first(1000)));
        const std::string second = pack(each, folder.write("2", all.subspan(1000)));
        const std::string empty = pack(each, folder.write("3", {}));
        const run_result ran = run("cat " + first + " " + empty + " " + second + " " + empty + " | " + explained("-"));
        CHECK(ran.status == 0);
        CHECK(ran.out == expected);
        const run_result more = run("{ cat " + first + " " + second + "; echo more; } | " + explained("-"));
        CHECK(more.status == 1);
        CHECK(more.out == expected);
        CHECK(contains(more.err, each.name + " data"));
        if (each.name != "gzip") continue;
        CHECK(contains(more.err, "Something that is not gzip data follows the gzip data"));
        // What fills the last block of a tape
        CHECK(run("{ cat " + first + " " + second + "; head -c 700 /dev/zero; } | " + explained("-")).status == 0);
    }
}

TEST_CASE("packed data that is cut short gives all before the cut, and says what is wrong") {
    const temporary_folder folder;
    for (const packer& each : packers()) {
        const std::vector<std::byte> packed = bytes_of(pack(each, folder.write("a.pcap", capture())));
        for (std::size_t length = 4; length < packed.size(); length += length < 40 ? 1 : 97) {
            CAPTURE(each.name);
            CAPTURE(length);
            const std::string file = folder.write("cut", std::span{packed}.first(length));
            const run_result ran = run(explained(file));
            CHECK(ran.status == 1);
            CHECK(ran.err.starts_with("tcplens: " + file + ": The " + each.name + " data is cut short"));
        }
        if (each.name != "gzip") continue; // zstd packs this little into one block
        const run_result half = run(explained(folder.write("half", std::span{packed}.first(packed.size() / 2))));
        CHECK(contains(half.err, "packets before it were read."));
        CHECK(half.out.starts_with("#1 "));
        const run_result last = run(explained(folder.write("last", std::span{packed}.first(packed.size() - 1))));
        CHECK(std::ranges::count(last.out, '\n') == 36);
    }
}

TEST_CASE("packed data that is damaged says so") {
    const temporary_folder folder;
    for (const packer& each : packers()) {
        const std::vector<std::byte> packed = bytes_of(pack(each, folder.write("a.pcap", capture())));
        for (const std::size_t at : {packed.size() / 2, packed.size() - 3}) {
            CAPTURE(each.name);
            CAPTURE(at);
            std::vector<std::byte> damaged = packed;
            damaged[at] ^= std::byte{0x55};
            const std::string file = folder.write("damaged", damaged);
            const run_result ran = run(explained(file));
            CHECK(ran.status == 1);
            CHECK(contains(ran.err, "tcplens: " + file + ": "));
        }
    }
}

TEST_CASE("what is wrong with the capture within is told") {
    const temporary_folder folder;
    std::vector<std::byte> cut = capture();
    cut.pop_back();
    for (const packer& each : packers()) {
        const run_result ran = run(explained(pack(each, folder.write("cut.pcap", cut))));
        CHECK(ran.status == 1);
        CHECK(std::ranges::count(ran.out, '\n') == 35);
        CHECK(contains(ran.err, "The 35 packets before it were read."));
        const std::string text = folder.write("text", std::as_bytes(std::span{"no capture"}));
        CHECK(contains(run(explained(pack(each, text))).err, "is text ('no capture'), not a capture"));
    }
}
