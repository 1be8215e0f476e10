// SPDX-License-Identifier: MIT
// evidence_rules take plain segments a short way. It must come to the same as the long one, in what is said and in what is
// remembered; and what connections share must be there for the next one when they don't need it any more.
#include "../../../support/evidence_rules_access.hpp"
#include "../../../support/plain_talk.hpp"

#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

namespace {

struct random_choices {
    std::mt19937 random;
    [[nodiscard]] std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); }
};

/// Gets data of which much is in flight, so that its connection takes a piece of the shared memory.
void make_busy(evidence_rules& rules, evidence_rules::connection_state& of, timestamp now, std::uint32_t begin = 0) {
    for (std::uint32_t i = 0; i < 10; ++i) {
        const segment sent{.time = now,
                           .packet_number = i + 1,
                           .sequence = {begin + i * 100},
                           .acknowledgment = {500},
                           .payload_length = 100,
                           .window = 1000,
                           .flags = {0x10}};
        CHECK(rules.judge({.segment = sent, .sender = side::first}, of).kinds == verdict_kinds::none);
    }
}

verdict acknowledge(evidence_rules& rules, evidence_rules::connection_state& of, timestamp now, std::uint32_t number) {
    const segment sent{.time = now, .sequence = {500}, .acknowledgment = {number}, .window = 1000, .flags = {0x10}};
    return rules.judge({.segment = sent, .sender = side::second}, of);
}

} // namespace

TEST_CASE("a long memory begins while a copy of what would be forgotten may come, and not from half a second on") {
    for (const auto& [later, needed] :
         {std::pair{500ms - 1ns, true}, std::pair{std::chrono::nanoseconds{500ms}, false}}) {
        evidence_rules rules{1};
        evidence_rules::connection_state state{};
        const timestamp begin{1h};
        const auto send = [&](std::uint32_t number, timestamp now) {
            const segment sent{.time = now,
                               .packet_number = number + 1,
                               .sequence = {number * 100},
                               .acknowledgment = {500},
                               .payload_length = 100,
                               .window = 1000,
                               .flags = {0x10}};
            CHECK(rules.judge({.segment = sent, .sender = side::first}, state).kinds == verdict_kinds::none);
        };
        for (std::uint32_t i = 0; i < 7; ++i) send(i, begin + i * 1ms);
        CHECK(acknowledge(rules, state, begin + 10ms, 700).kinds == verdict_kinds::none);
        CHECK(evidence_rules_access::long_memory_of(rules, state) == nullptr);
        send(7, begin + later);
        CHECK((evidence_rules_access::long_memory_of(rules, state) != nullptr) == needed);
    }
}

TEST_CASE("the short way of plain segments comes to the same as the long one") {
    std::size_t calm = 0;
    std::size_t handshakes = 0;
    std::size_t all = 0;
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
        const std::uint32_t limits[]{0, 1, 1000};
        const std::uint32_t limit = limits[seed % 3];
        evidence_rules rules{limit};
        evidence_rules measure{limit};
        random_choices choices{std::mt19937{seed}};
        std::array<plain_talk<random_choices>, 3> talks{plain_talk{choices}, plain_talk{choices}, plain_talk{choices}};
        std::array<evidence_rules::connection_state, 3> states{};
        std::array<evidence_rules::connection_state, 3> measures{};
        bool same = true;
        for (std::size_t i = 0; i < 1500 && same; ++i) {
            const std::size_t which = i % 7 < 4 ? 0 : i % 3;
            const auto [sent, sender] = talks[which].next();
            calm += states[which].sides[sender].is_calm;
            ++all;
            const bool opening = states[which].sides[sender].sent_syn_last;
            const verdict said = rules.judge({.segment = sent, .sender = sender}, states[which]);
            handshakes += opening && states[which].sides[sender].is_calm;
            const verdict meant =
                evidence_rules_access::judge_with_care(measure, {.segment = sent, .sender = sender}, measures[which]);
            same = said == meant && states == measures;
            for (std::size_t each = 0; each < 3 && same; ++each) {
                const auto* const memory = evidence_rules_access::long_memory_of(rules, states[each]);
                const auto* const meant_memory = evidence_rules_access::long_memory_of(measure, measures[each]);
                same =
                    memory == nullptr ? meant_memory == nullptr : meant_memory != nullptr && *memory == *meant_memory;
            }
            CAPTURE(i);
            CAPTURE(seed);
            REQUIRE(same);
        }
    }
    CHECK(calm > all / 2); // else it would say nothing
    CHECK(handshakes > 300);
}

TEST_CASE("openings of all kinds come to the same by the short way as by the long one") {
    std::mt19937 random{1}; // NOLINT(cert-msc51-cpp): the same stories each time
    const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
    constexpr std::uint16_t flags[]{0x02, 0x02, 0x12, 0x12, 0x12, 0x10, 0x10, 0x18, 0x04, 0x14, 0x03, 0x13, 0x11};
    std::size_t opened = 0;
    for (int story = 0; story < 40'000; ++story) {
        evidence_rules rules{story % 2 == 0 ? 1u : 1000u};
        evidence_rules measure{rules};
        evidence_rules::connection_state state{};
        evidence_rules::connection_state meant{};
        const std::uint32_t begins[]{below(2) * 0xffff'fff0, 0x7fff'fffe};
        timestamp now{1h};
        for (std::uint64_t number = 1; number < 10; ++number) {
            const auto from = static_cast<side>(number == 1 ? 0 : below(2));
            const auto near = [&](side of) {
                return begins[static_cast<unsigned>(of)] + (below(8) == 0 ? below(0xffff'ffff) : below(4) - 1);
            };
            now += below(4) == 0 ? std::chrono::nanoseconds{1s} : std::chrono::nanoseconds{below(300'000)};
            segment sent{.time = now,
                         .packet_number = number,
                         .sequence = {near(from)},
                         .payload_length = below(4) == 0 ? below(200) : 0,
                         .window = static_cast<std::uint16_t>(below(3) * 500),
                         .flags = {flags[below(std::size(flags))]},
                         .hop_limit = static_cast<std::uint8_t>(64 - below(2))};
            if (sent.flags.ack() || below(4) == 0) sent.acknowledgment = {near(opposite(from))};
            if (below(2) == 0) sent.ip_id = static_cast<std::uint16_t>(below(3));
            if (below(2) == 0) sent.options.timestamps = tcp_timestamps{below(4), below(4)};
            if (sent.flags.syn() && below(2) == 0) sent.options.maximum_segment_size = std::uint16_t{1460};
            sent.options.sack_permitted = below(2) == 0;
            if (below(10) == 0) {
                sent.options.sack_block_count = 1;
                sent.options.sack_block_storage[0] = {{near(from)}, {near(from)}};
            }
            const rule_input next{.segment = sent, .sender = from, .after_end = below(4) == 0};
            const verdict said = rules.judge(next, state);
            opened += state.sides[side::second].sent_syn_ack && state.sides[side::second].is_calm;
            CAPTURE(story);
            CAPTURE(number);
            // What comes after the end of a connection is judged again in judge() only.
            const verdict by_care = evidence_rules_access::judge_with_care(measure, next, meant);
            REQUIRE((said == by_care || (next.after_end && by_care.is_retransmission())));
            REQUIRE(state == meant);
        }
    }
    CHECK(opened > 5000); // else it would say nothing
}

TEST_CASE("what a plain segment touches of a side is in one cache line") {
    using side_state = detail::evidence::side_state;
    const side_state of{};
    const auto place = [&](const auto& member) {
        return static_cast<std::size_t>(reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(&of));
    };
    CHECK(alignof(side_state) == 64);
    CHECK(place(of.window) < 64);
    CHECK(place(of.uncaptured) == 64); // where the next line begins, whatever else the first one holds
    CHECK(sizeof(side_state) == 256);
    CHECK(sizeof(evidence_rules::connection_state) <= 576);
    CHECK(sizeof(detail::evidence::long_memory) <= 976);
}

TEST_CASE("a connection that leaves gives back its shared memory") {
    evidence_rules rules{1};
    for (int i = 0; i < 1000; ++i) {
        evidence_rules::connection_state first{};
        make_busy(rules, first, timestamp{1h});
        REQUIRE(evidence_rules_access::long_memory_of(rules, first) != nullptr);
        evidence_rules::connection_state second{};
        make_busy(rules, second, timestamp{1h});
        REQUIRE(evidence_rules_access::long_memory_of(rules, second) == nullptr);
        rules.forget(second); // it has nothing to give back
        rules.forget(first);
        CHECK(evidence_rules_access::long_memory_of(rules, first) == nullptr);
        rules.forget(first);
    }
}

TEST_CASE("where memory is short, who needs none any more gives it back") {
    evidence_rules rules{1};
    evidence_rules::connection_state first{};
    make_busy(rules, first, timestamp{1h});
    CHECK(acknowledge(rules, first, timestamp{1h + 10ms}, 900).kinds == verdict_kinds::none);
    CHECK(acknowledge(rules, first, timestamp{1h + 2s}, 950).kinds == verdict_kinds::none);
    CHECK(acknowledge(rules, first, timestamp{1h + 3s}, 1000).kinds == verdict_kinds::none);
    CHECK(evidence_rules_access::long_memory_of(rules, first) != nullptr); // nobody wants it

    evidence_rules::connection_state second{};
    make_busy(rules, second, timestamp{1h + 3s});
    CHECK(evidence_rules_access::long_memory_of(rules, second) == nullptr);
    CHECK(acknowledge(rules, first, timestamp{1h + 4s}, 1000).kinds == verdict_kinds::none);
    CHECK(evidence_rules_access::long_memory_of(rules, first) == nullptr);
    make_busy(rules, second, timestamp{1h + 4s}, 1000);
    CHECK(evidence_rules_access::long_memory_of(rules, second) != nullptr);
}

TEST_CASE("shared memory is given back as soon as all that it alone remembers is half a second old") {
    for (const auto later : {500ms, 499ms}) {
        evidence_rules rules{1};
        evidence_rules::connection_state first{};
        const timestamp begin{1h};
        for (std::uint32_t i = 0; i < 10; ++i) { // the last 7 of them fit into the connection's own memory
            const segment sent{.time = begin + (i < 3 ? 0ms : 400ms),
                               .packet_number = i + 1,
                               .sequence = {i * 100},
                               .acknowledgment = {500},
                               .payload_length = 100,
                               .window = 1000,
                               .flags = {0x10}};
            CHECK(rules.judge({.segment = sent, .sender = side::first}, first).kinds == verdict_kinds::none);
        }
        evidence_rules::connection_state second{};
        make_busy(rules, second, begin + 400ms);
        CHECK(acknowledge(rules, first, begin + later, 1000).kinds == verdict_kinds::none);
        CHECK((evidence_rules_access::long_memory_of(rules, first) == nullptr) == (later == 500ms));
    }
}

TEST_CASE("where memory is short, who needs it keeps it") {
    evidence_rules rules{1};
    evidence_rules::connection_state first{};
    evidence_rules::connection_state second{};
    make_busy(rules, first, timestamp{1h});
    make_busy(rules, second, timestamp{1h});
    SUBCASE("since data is in flight") {
        static_cast<void>(acknowledge(rules, first, timestamp{1h + 4s}, 900));
    }
    SUBCASE("since it was shortly before") {
        static_cast<void>(acknowledge(rules, first, timestamp{1h + 499ms}, 1000));
    }
    SUBCASE("since something is missing") {
        const segment beyond{.time = timestamp{1h},
                             .sequence = {1100},
                             .acknowledgment = {500},
                             .payload_length = 100,
                             .window = 1000,
                             .flags = {0x10}};
        CHECK(rules.judge({.segment = beyond, .sender = side::first}, first).has(verdict_kinds::lost_segment));
        static_cast<void>(acknowledge(rules, first, timestamp{1h + 4s}, 1200));
    }
    CHECK(evidence_rules_access::long_memory_of(rules, first) != nullptr);
}

TEST_CASE("memory is given back by the next plain segment too") {
    evidence_rules rules{1};
    evidence_rules::connection_state first{};
    evidence_rules::connection_state second{};
    make_busy(rules, first, timestamp{1h});
    static_cast<void>(acknowledge(rules, first, timestamp{1h + 10ms}, 900));
    make_busy(rules, second, timestamp{1h});
    static_cast<void>(acknowledge(rules, first, timestamp{1h + 4s}, 1000));
    CHECK(evidence_rules_access::long_memory_of(rules, first) == nullptr);
    // What it keeps is as much as if it had never had more.
    const segment again{.time = timestamp{1h + 5s},
                        .packet_number = 100,
                        .sequence = {900},
                        .acknowledgment = {500},
                        .payload_length = 100,
                        .window = 1000,
                        .flags = {0x18}};
    const verdict said = rules.judge({.segment = again, .sender = side::first}, first);
    CHECK(said.has(verdict_kinds::spurious_retransmission));
    CHECK(said.earlier_packet == 10);
}
