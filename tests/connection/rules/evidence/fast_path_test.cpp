// SPDX-License-Identifier: MIT
// evidence_rules take plain segments a short way. It must come to the same as the long one, in what is said and in what is
// remembered; and what connections share must be there for the next one when they don't need it any more.
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

namespace tcplens::inline v1::detail {

struct evidence_rules_access {
    /// The verdict without the fast path.
    static verdict judge_with_care(evidence_rules& rules, const rule_input& next,
                                   evidence_rules::connection_state& state) {
        return rules.judge_with_care(next, state);
    }
    /// The long memory of both sides, or null.
    static const per_side<evidence::long_memory>* long_memory_of(const evidence_rules& rules,
                                                                 const evidence_rules::connection_state& state) {
        return evidence_rules::is_busy(state) ? &rules.memory_of(state) : nullptr;
    }
};

} // namespace tcplens::inline v1::detail

namespace {

/// Two hosts that send mostly what is plain, and sometimes anything.
class talk {
public:
    explicit talk(std::uint32_t seed) : random_(seed) {
        const std::uint32_t begins[]{0, 0xfffffc00, 0x0ffff000, 0x7ffff000, 0x12345678};
        for (end& each : ends_) {
            each.next = begins[below(5)];
            each.id = static_cast<std::uint16_t>(below(65536));
            each.clock = below(2) * 0xfffffff0u;
        }
        has_clock_ = below(3) > 0;
        has_ids_ = below(3) > 0;
        one_way_ = below(10) == 0;
        oddities_ = below(4) == 0 ? 0 : 4 + below(60);
        if (below(2) == 0) ends_[side::first].acknowledged = ends_[side::second].next;
        opens_ = below(2) == 0 ? 3 : 0;
    }

    [[nodiscard]] std::pair<segment, side> next() {
        if (opens_ > 0) return next_of_handshake();
        const auto from = static_cast<side>(one_way_ ? 0 : below(2));
        end& own = ends_[from];
        end& peer = ends_[opposite(from)];
        now_ += below(30) == 0 ? std::chrono::nanoseconds{below(2'000'000'000)}
                               : std::chrono::nanoseconds{below(3'000'000)};
        own.clock += below(3);
        own.id = static_cast<std::uint16_t>(own.id + 1 + (below(20) == 0 ? below(12) : 0));
        segment made{.time = now_,
                     .packet_number = ++number_,
                     .sequence = {own.next},
                     .payload_length = below(3) == 0 ? 0 : 1 + below(1460),
                     .window = 500,
                     .flags = {0x10},
                     .hop_limit = 64};
        if (peer.next - own.acknowledged < (1u << 30) && below(4) > 0) {
            own.acknowledged = below(3) > 0 ? peer.next : own.acknowledged + below(peer.next - own.acknowledged + 1);
        }
        made.acknowledgment = {own.acknowledged};
        if (has_clock_) made.options.timestamps = tcp_timestamps{own.clock, peer.clock - below(2)};
        if (has_ids_) made.ip_id = own.id;
        if (oddities_ > 0 && below(oddities_) == 0) twist(made, own, peer);
        if (made.flags.opens_or_closes() == false && made.sequence.value == own.next) own.next += made.payload_length;
        earlier_.push_back({made, from});
        if (oddities_ > 0 && below(oddities_ * 2) == 0) { // a copy of an earlier one, from the network or sent again
            auto [copy, sender] =
                earlier_[earlier_.size() - 1 -
                         below(static_cast<std::uint32_t>(std::min<std::size_t>(earlier_.size(), 20)))];
            copy.time = now_ += std::chrono::nanoseconds{below(400'000'000)};
            copy.packet_number = ++number_;
            if (has_ids_ && below(2) == 0)
                copy.ip_id = ends_[sender].id = static_cast<std::uint16_t>(ends_[sender].id + 1);
            return {copy, sender};
        }
        return earlier_.back();
    }

private:
    struct end {
        std::uint32_t next = 0;
        std::uint32_t acknowledged = 0;
        std::uint32_t clock = 0;
        std::uint16_t id = 0;
    };

    /// A SYN, a SYN-ACK and an ACK.
    [[nodiscard]] std::pair<segment, side> next_of_handshake() {
        const side from = opens_ == 2 ? side::second : side::first;
        end& own = ends_[from];
        end& peer = ends_[opposite(from)];
        const std::uint16_t flags[]{0x10, 0x12, 0x02};
        now_ += 1ms;
        segment made{.time = now_,
                     .packet_number = ++number_,
                     .sequence = {own.next},
                     .window = 500,
                     .flags = {flags[--opens_]},
                     .hop_limit = 64};
        if (made.flags.ack()) made.acknowledgment = {own.acknowledged = peer.next};
        if (has_clock_) made.options.timestamps = tcp_timestamps{own.clock, peer.clock};
        if (has_ids_) made.ip_id = ++own.id;
        if (made.flags.syn()) ++own.next;
        earlier_.push_back({made, from});
        return {made, from};
    }

    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

    void twist(segment& made, end& own, const end& peer) {
        switch (below(18)) {
        case 0: own.next += below(3000); break; // what comes before it is lost, or not captured
        case 1: made.sequence = {own.next - below(5000)}; break;
        case 2: made.payload_length = below(3); break;
        case 3: made.window = 0; break;
        case 4: made.window = static_cast<std::uint16_t>(below(600)); break;
        case 5: made.sequence = {own.next - 1}, made.payload_length = below(2); break;
        case 6: made.flags = {0x11}; break;
        case 7: made.flags = {0x14}; break;
        case 8: made.flags = {static_cast<std::uint16_t>(below(2) == 0 ? 0x02 : 0x12)}; break;
        case 9: made.flags = {0}; break;
        case 10: made.acknowledgment = {peer.next + below(4000)}; break;
        case 11: made.acknowledgment = {peer.next - (below(2) == 0 ? below(20000) : 1u << 31)}; break;
        case 12:
            made.options.sack_block_count = 1;
            made.options.sack_block_storage[0] = {{peer.next - below(3000)}, {peer.next - below(1000)}};
            break;
        case 13: made.options.sack_permitted = true; break;
        case 14: made.sequence = {below(0xffffffff)}; break;
        case 15: made.acknowledgment = {below(0xffffffff)}; break;
        case 16: own.next += below(2) == 0 ? (1u << 28) : (1u << 25); break;
        default: made.time = now_ -= 700ms; break;
        }
    }

    std::mt19937 random_;
    tcplens::per_side<end> ends_{};
    timestamp now_{1000h};
    std::uint64_t number_ = 0;
    std::uint32_t oddities_ = 0;
    unsigned opens_ = 0; ///< segments of its handshake that are still to come
    bool has_clock_ = false;
    bool has_ids_ = false;
    bool one_way_ = false;
    std::vector<std::pair<segment, side>> earlier_{};
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
        std::array<talk, 3> talks{talk{seed}, talk{seed + 1000}, talk{seed + 2000}};
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
