// SPDX-License-Identifier: MIT
// Runs the example gzip_report on what the program gzip made.
#include "../support/capture_writer.hpp"
#include "../support/story.hpp"
#include "running.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace {

bool contains(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

/// Twelve connections, enough for a few kilobytes.
std::vector<std::byte> capture() {
    story s;
    for (std::uint16_t i = 0; i < 12; ++i) s.established({.client_port = static_cast<std::uint16_t>(40000 + i)});
    return s.capture();
}

const std::string good_answer = "36 packets, 36 of them TCP\n12 connections, 0 failed handshakes, 0 reset\n"
                                "0 retransmissions (0.00%)\n";

/// The file, compressed by gzip.
std::string gzip(const std::string& file) {
    REQUIRE(run("gzip -nk " + file).status == 0);
    return file + ".gz";
}

std::vector<std::byte> bytes_of(const std::string& file) {
    const std::string all = contents(file);
    const auto bytes = std::as_bytes(std::span{all});
    return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("gzip_report reads what gzip compressed, from a file, from standard input and from a slow pipe") {
    const temporary_folder folder;
    const std::string plain = folder.write("a.pcap", capture());
    const std::string packed = gzip(plain);
    for (const std::string& from : {packed, "- < " + packed, plain, "- < " + plain}) {
        const run_result ran = run(example("gzip_report") + " " + from);
        CHECK(ran.status == 0);
        CHECK(ran.out == good_answer);
        CHECK(ran.err.empty());
    }
    const run_result piped =
        run("{ head -c 5 " + packed + "; sleep 0.1; tail -c +6 " + packed + "; } | " + example("gzip_report") + " -");
    CHECK(piped.status == 0);
    CHECK(piped.out == good_answer);
    CHECK(run(example("gzip_report") + " --server-port 81 " + packed).out.find("\n0 connections") != std::string::npos);
}

TEST_CASE("members that stand one behind the other are one capture, and zeros behind them are nothing") {
    const temporary_folder folder;
    const std::vector<std::byte> whole = capture();
    const std::span all{whole};
    const std::string first = gzip(folder.write("1", all.first(1000)));
    const std::string second = gzip(folder.write("2", all.subspan(1000)));
    const std::string empty = gzip(folder.write("3", {}));
    const run_result ran =
        run("cat " + first + " " + empty + " " + second + " " + empty + " | " + example("gzip_report") + " -");
    CHECK(ran.status == 0);
    CHECK(ran.out == good_answer);
    CHECK(run("{ cat " + first + " " + second + "; head -c 700 /dev/zero; } | " + example("gzip_report") + " -").out ==
          good_answer);

    const run_result more = run("{ cat " + first + " " + second + "; echo more; } | " + example("gzip_report") + " -");
    CHECK(more.status == 1);
    CHECK(more.out == good_answer);
    CHECK(contains(more.err, "Behind the gzip data is something that is none"));
}

TEST_CASE("gzip data that is cut short gives all before the cut, and says what is wrong") {
    const temporary_folder folder;
    const std::vector<std::byte> packed = bytes_of(gzip(folder.write("a.pcap", capture())));
    for (const std::size_t length :
         {std::size_t{1}, std::size_t{9}, packed.size() / 2, packed.size() - 8, packed.size() - 1}) {
        CAPTURE(length);
        const std::string file = folder.write("cut.gz", std::span{packed}.first(length));
        const run_result ran = run(example("gzip_report") + " " + file);
        CHECK(ran.status == 1);
        CHECK(ran.err.starts_with("gzip_report: " + file + ": The gzip data is cut short"));
        CHECK((ran.out == good_answer) == (length >= packed.size() - 8));
        if (length == packed.size() / 2) {
            CHECK_FALSE(ran.out.starts_with("0 packets"));
            CHECK(contains(ran.err, "packets before it were read."));
        }
    }
}

TEST_CASE("gzip data that is damaged says so") {
    const temporary_folder folder;
    const std::vector<std::byte> packed = bytes_of(gzip(folder.write("a.pcap", capture())));
    for (const std::size_t at :
         {std::size_t{1}, std::size_t{2}, packed.size() / 2, packed.size() - 8, packed.size() - 1}) {
        CAPTURE(at);
        std::vector<std::byte> damaged = packed;
        damaged[at] ^= std::byte{0x55};
        const std::string file = folder.write("damaged.gz", damaged);
        const run_result ran = run(example("gzip_report") + " " + file);
        CHECK(ran.status == 1);
        CHECK(ran.err.starts_with("gzip_report: " + file + ": The gzip data is damaged ("));
        CHECK((ran.out == good_answer) == (at >= packed.size() - 8)); // the checksum and the length are behind it all
    }
}

TEST_CASE("what is wrong with the capture within, or with the file, is told") {
    const temporary_folder folder;
    std::vector<std::byte> cut = capture();
    cut.pop_back();
    const run_result ran = run(example("gzip_report") + " " + gzip(folder.write("cut.pcap", cut)));
    CHECK(ran.status == 1);
    CHECK(contains(ran.out, "35 packets"));
    CHECK(contains(ran.err, "The 35 packets before it were read."));
    CHECK(contains(
        run(example("gzip_report") + " " + gzip(folder.write("text", std::as_bytes(std::span{"no capture"})))).err,
        "neither a pcap nor a pcapng"));
    const run_result missing = run(example("gzip_report") + " " + folder.file("missing"));
    CHECK(missing.status == 1);
    CHECK(contains(missing.err, "there is no such file."));
    CHECK(run(example("gzip_report") + " " + folder.write("empty", {})).err.find("is empty") != std::string::npos);
    CHECK(run(example("gzip_report")).status == 2);
    if (std::filesystem::exists("/dev/full")) {
        const run_result full = run(example("gzip_report") + " tests/data/handshake.pcap > /dev/full");
        CHECK(full.status == 1);
        CHECK(full.err == "gzip_report: The output could not be written.\n");
    }
    const run_result two = run(example("gzip_report") + " a b");
    CHECK(two.status == 2);
    CHECK(two.err ==
          "gzip_report: One file at a time: there is 'a' already.\nusage: gzip_report [--server-port P] FILE|-\n");
}
