// SPDX-License-Identifier: MIT
// The small examples answer right: for a capture of three connections, and for recordings whose truth is known.
#include "running.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

const std::string handshake = "tests/data/handshake.pcap";

std::string answer(std::string_view name, const std::string& arguments) {
    const run_result result = run(example(name) + " " + arguments);
    CHECK_MESSAGE(result.status == 0, result.err);
    return result.out;
}

/// How many segments of a recording are of a class.
std::ptrdiff_t truth(const std::string& recording, std::string_view kind) {
    const std::vector<std::string> lines = lines_of(contents(recording + ".truth.tsv"));
    return std::ranges::count_if(lines, [kind](const std::string& line) { return line.ends_with(kind); });
}

} // namespace

TEST_CASE("top_talkers: addresses and servers by bytes") {
    CHECK(answer("top_talkers", handshake) ==
          "127.0.0.1 sent 11519 bytes\n"
          "127.0.0.1:8080: 2 connections, 174 bytes of requests, 9601 bytes of responses\n"
          "127.0.0.1:9: 1 connections, 0 bytes of requests, 0 bytes of responses\n");
}

TEST_CASE("failed_connections: which, and why") {
    CHECK(answer("failed_connections", handshake) ==
          "127.0.0.1:50864 -> 127.0.0.1:9: the server refused with a RST, 1 SYN\n"
          "1 of 3 connections failed\n");
}

TEST_CASE("response_latency: each server once, with the number of its responses") {
    const std::string told = answer("response_latency", handshake);
    CHECK(told.starts_with("127.0.0.1:8080: 2 responses, median "));
    CHECK(std::ranges::count(told, '\n') == 1);
}

TEST_CASE("answers_as_json: the answer is JSON with the values of the report") {
    const auto told = nlohmann::json::parse(answer("answers_as_json", handshake));
    CHECK(told["summary"]["connections"] == 3);
    CHECK(told["summary"]["failed"] == 1);
    CHECK(told["connections"]["items"].size() == 3);
    CHECK(told["connections"]["items"][0]["client"] == "127.0.0.1:49788");
    CHECK(told["connections"]["items"][0]["close_reason"] == "normal");
    CHECK(told["connections"]["items"][2]["flags"]["rst"] == 1);
}

TEST_CASE("live_counter and retransmission_times: at the sender's side they find what was sent again") {
    for (const std::string name : {"few_losses-3/a", "few_late-9/a", "few_queued-2/a"}) {
        CAPTURE(name);
        const std::string recording = "tests/data/lab/" + name;
        // Those of both sides; what was sent again and lost before it was captured may be told, too.
        const std::ptrdiff_t least = truth(recording, "\tretransmission");
        const std::ptrdiff_t most = least + truth(recording, "\tunseen");
        REQUIRE(least > 0);
        const std::vector<std::string> listed = lines_of(answer("retransmission_times", recording + ".pcap"));
        const std::ptrdiff_t again = std::ssize(listed) - 1;
        CHECK(again >= least);
        CHECK(again <= most);
        CHECK(listed.back().starts_with(std::to_string(again) + " of "));
        const std::vector<std::string> counted = lines_of(answer("live_counter", "< " + recording + ".pcap"));
        REQUIRE_FALSE(counted.empty());
        CHECK(counted.back().ends_with(", " + std::to_string(again) + " of them sent again"));
    }
}

TEST_CASE("the small examples say what is wrong with a capture, and fail") {
    const temporary_folder folder;
    const std::string whole = contents(handshake);
    const std::string cut = folder.write("cut.pcap", std::as_bytes(std::span{whole}.first(whole.size() - 20)));
    for (const std::string_view name :
         {"top_talkers", "retransmission_times", "failed_connections", "response_latency", "answers_as_json"}) {
        CAPTURE(name);
        CHECK(run(example(name) + " " + cut).status == 1);
        CHECK(run(example(name)).status == 2);
    }
    CHECK(run(example("live_counter") + " < " + cut).status == 1);
    const run_result shortest = run(example("shortest") + " " + cut);
    CHECK(shortest.status == 1);
    CHECK(contains(shortest.err, "cut off at byte "));
    CHECK(contains(shortest.out, " connections to port 443, ")); // of what came before
    CHECK_FALSE(answer("shortest", "tests/data/lab/few_losses-3/a.pcap").empty());
    const run_result missing = run(example("shortest") + " " + folder.file("missing.pcap"));
    CHECK(missing.status == 1);
    CHECK(contains(missing.err, "there is no such file."));
}

TEST_CASE("live_counter: of what is no capture it counts nothing, says so, and fails") {
    const temporary_folder folder;
    std::vector<std::byte> nonsense(3000);
    for (std::size_t i = 0; i < nonsense.size(); ++i) nonsense[i] = static_cast<std::byte>(i * 151 + i / 7);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{23}, nonsense.size()}) {
        CAPTURE(size);
        const std::string file = folder.write("nonsense", std::span{nonsense}.first(size));
        const run_result of = run(example("live_counter") + " < " + file);
        CHECK(of.status == 1);
        CHECK(of.out == "0 TCP segments, 0 of them sent again\n");
        CHECK(lines_of(of.err).size() == 1);
    }
}
