// SPDX-License-Identifier: MIT
// wireshark_rules, compared segment by segment with a slow second implementation of the same analysis.
#include "../../support/random_traffic.hpp"
#include "../../support/wireshark_model.hpp"

#include <tcplens/capture/file/capture_file.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/decode/decode.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <utility>

using namespace tcplens;

namespace {

/// Follows segments by both, and says of the first that they differ in.
class comparison {
public:
    void hear(const segment& next) {
        if (different_) return;
        const add_result told = table_.add(next);
        const wireshark_model::answer expected = model_.hear(next);
        ++segments;
        seen |= told.verdict.kinds;
        if (contains_any(told.verdict.evidence, evidence_set::memory_exceeded)) ++estimated;
        different_ = told.verdict.kinds != expected.kinds || told.connection->number != expected.stream;
        INFO("segment ", segments, ": stream ", told.connection->number, " is ", expected.stream);
        CHECK(to_string(told.verdict.kinds) == to_string(expected.kinds));
        CHECK_FALSE(different_);
    }

    std::uint64_t segments = 0;
    std::uint64_t estimated = 0;
    verdict_kinds seen = verdict_kinds::none;

private:
    basic_connection_table<wireshark_rules> table_{};
    wireshark_model model_{};
    bool different_ = false;
};

/// Segments whose numbers are near each other and often 0, where the analysis has its special cases. Half of them go on where their sender
/// was, so that keep-alives, probes and their answers happen, too.
class near_zero {
public:
    explicit near_zero(std::uint32_t seed) : random_(seed) {}

    segment next() {
        now_ += std::chrono::microseconds{below(5) == 0 ? 30'000 : below(2'500)};
        talk& of = talks_[below(talks_.size())];
        const std::uint32_t own = below(2);
        const endpoint ends[]{{address{}, of.port}, {address{}, 80}};
        segment made;
        made.time = now_;
        made.source = ends[own];
        made.destination = ends[1 - own];
        made.sequence = {anywhere()};
        made.acknowledgment = {anywhere()};
        constexpr std::array<std::uint16_t, 10> flags{0x10, 0x10, 0x10, 0x10, 0x00, 0x02, 0x12, 0x11, 0x14, 0x03};
        made.flags = {flags[below(flags.size())]};
        made.payload_length = below(2) * below(4);
        made.window = static_cast<std::uint16_t>(below(4));
        if (below(2) == 0) { // its sender goes on
            made.flags = {0x10};
            made.sequence = {of.sent[own] - below(2) * below(2)};
            made.acknowledgment = {below(3) > 0 ? of.acknowledged[own] : of.sent[1 - own]};
            made.payload_length = below(2);
            if (below(3) > 0) made.window = of.window[own];
        }
        if (below(8) == 0) made.options.window_scale = static_cast<std::uint8_t>(below(16));
        made.options.cut = below(30) == 0;
        of.sent[own] = made.sequence_end().value;
        of.acknowledged[own] = made.acknowledgment.value;
        of.window[own] = made.window;
        return made;
    }

private:
    struct talk {
        std::uint16_t port = 0;
        std::array<std::uint32_t, 2> sent{};
        std::array<std::uint32_t, 2> acknowledged{};
        std::array<std::uint16_t, 2> window{};
    };

    std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
    std::uint32_t anywhere() { return below(9) - 4 + (below(6) == 0 ? 0x8000'0000 : 0); }

    std::mt19937 random_;
    timestamp now_{std::chrono::hours{1}};
    std::array<talk, 3> talks_{{{.port = 40'000}, {.port = 40'001}, {.port = 40'002}}};
};

} // namespace

TEST_CASE("Wireshark: the rules say what a slow implementation says of each capture of the repository") {
    std::size_t captures = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{"tests/data"}) {
        if (entry.path().extension() != ".pcap") continue;
        CAPTURE(entry.path().string());
        ++captures;
        comparison both;
        capture_file capture{entry.path().string()};
        for (const packet& each : capture) {
            segment next;
            if (decode(each, next) == packet_outcome::tcp) both.hear(next);
        }
        CHECK_FALSE(capture.error());
        CHECK(both.segments > 0);
        CHECK(both.estimated == 0);
    }
    CHECK(captures > 10);
}

TEST_CASE("Wireshark: the rules say what a slow implementation says of random traffic") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        comparison both;
        random_traffic traffic{seed, 6};
        for (int i = 0; i < 2'000; ++i) {
            segment next = traffic.next();
            next.network = {}; // Wireshark knows none
            both.hear(next);
        }
        CHECK(both.segments == 2'000);
    }
}

TEST_CASE("Wireshark: the rules say what a slow implementation says of numbers near 0 and 2^31 apart") {
    verdict_kinds seen = verdict_kinds::none;
    for (std::uint32_t seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        near_zero traffic{seed};
        comparison both;
        for (int i = 0; i < 600; ++i) both.hear(traffic.next());
        CHECK(both.segments == 600);
        seen |= both.seen;
    }
    using enum verdict_kinds;
    for (const verdict_kinds each :
         {retransmission, fast_retransmission, spurious_retransmission, out_of_order, lost_segment, ack_lost_segment,
          duplicate_ack, keep_alive, keep_alive_ack, zero_window, zero_window_probe, zero_window_probe_ack, window_full,
          window_update, reused_ports}) {
        CAPTURE(to_string(each));
        CHECK(contains_any(seen, each));
    }
}

TEST_CASE("Wireshark: the rules say what a slow implementation says where 10,000 segments wait") {
    comparison both;
    segment next;
    next.source = {address{}, 40'000};
    next.destination = {address{}, 80};
    next.flags = {0x10};
    next.acknowledgment = {1};
    next.window = 1'000;
    next.sequence = {1'000};
    next.payload_length = 100;
    for (int i = 0; i < 10'005; ++i) {
        both.hear(next);
        next.sequence = next.sequence + 100;
        next.time += std::chrono::milliseconds{1};
    }
    next.payload_length = 0;
    next.flags = {0x11};
    both.hear(next); // a FIN, which is not counted
    segment answer = next;
    std::swap(answer.source, answer.destination);
    answer.flags = {0x10};
    answer.sequence = {1};
    answer.acknowledgment = next.sequence + 1;
    both.hear(answer);
    CHECK(contains_any(both.seen, verdict_kinds::ack_lost_segment));
    both.hear(next); // another, into the list that is empty now
    both.hear(answer);
    CHECK(both.segments == 10'009);
}
