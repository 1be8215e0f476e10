// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/round_trip_sampler.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <list>
#include <random>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t starts[]{0, 1'000'000, 0x8000'0000u - 500, 0xffff'ffffu - 500, 0xffff'ffffu};
constexpr timestamp noon{std::chrono::hours{12}};

using sends = round_trip_sampler<64>;
using kind = ack_effect::kind;

} // namespace

TEST_CASE("an acknowledgment of exactly what was sent once answers it") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sends waiting;
        CHECK(waiting.acknowledged(zero, noon).is == kind::none);
        CHECK(waiting.sent(zero, zero + 100, noon) == 0);
        waiting.sent(zero + 100, zero + 200, noon + 1ms);
        waiting.sent(zero + 200, zero + 300, noon + 2ms);
        CHECK(waiting.acknowledged(zero + 50, noon + 9ms).is == kind::none);
        CHECK(waiting.size() == 3);

        const auto second = waiting.acknowledged(zero + 200, noon + 10ms);
        CHECK(second.is == kind::clear);
        CHECK(second.waited == 9ms);
        CHECK(second.cumulative == 1);
        const auto odd = waiting.acknowledged(zero + 301, noon + 11ms);
        CHECK(odd.is == kind::none);
        CHECK(odd.cumulative == 1);
        CHECK(waiting.size() == 0);
    }
}

TEST_CASE("of what was sent again an acknowledgment says nothing") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sends waiting;
        waiting.sent(zero, zero + 100, noon);
        const auto first = waiting.sent_again(zero, zero + 100, zero, noon + 200ms);
        CHECK(first.since_last == 200ms);
        CHECK(first.times == 1);
        const auto second = waiting.sent_again(zero, zero + 100, zero, noon + 600ms);
        CHECK(second.since_last == 400ms);
        CHECK(second.times == 2);
        const auto answer = waiting.acknowledged(zero + 100, noon + 610ms);
        CHECK(answer.is == kind::ambiguous);
        CHECK(answer.waited == 10ms);
    }
}

TEST_CASE("what was sent before something below it was sent again waits for that") {
    const sequence_number zero{0xffff'ff80u};
    sends waiting;
    waiting.sent(zero, zero + 100, noon);
    waiting.sent(zero + 100, zero + 200, noon + 1ms);
    waiting.sent_again(zero, zero + 100, zero, noon + 200ms);
    waiting.sent(zero + 200, zero + 300, noon + 201ms);
    CHECK(waiting.acknowledged(zero + 100, noon + 210ms).is == kind::ambiguous);
    CHECK(waiting.acknowledged(zero + 200, noon + 210ms).is == kind::post_loss);
    CHECK(waiting.acknowledged(zero + 300, noon + 211ms).is == kind::clear);

    SUBCASE("unless it is sent again after that") {
        waiting.sent(zero, zero + 100, noon);
        waiting.sent(zero + 100, zero + 200, noon + 1ms);
        waiting.sent_again(zero, zero + 100, zero, noon + 200ms);
        waiting.sent_again(zero + 100, zero + 200, zero, noon + 300ms);
        CHECK(waiting.acknowledged(zero + 200, noon + 310ms).is == kind::ambiguous);
    }
    SUBCASE("or was acknowledged, and sent again for nothing") {
        waiting.sent(zero, zero + 100, noon);
        waiting.sent(zero + 100, zero + 200, noon + 1ms);
        CHECK(waiting.acknowledged(zero + 100, noon + 10ms).is == kind::clear);
        const auto again = waiting.sent_again(zero, zero + 100, zero + 100, noon + 200ms);
        CHECK(!again.since_last);
        CHECK(again.times == 0);
        CHECK(waiting.acknowledged(zero + 200, noon + 210ms).is == kind::post_loss);
    }
    SUBCASE("and so does what a hole was left for") {
        waiting.sent(zero + 100, zero + 200, noon);
        waiting.sent(zero, zero + 100, noon + 5ms);
        CHECK(waiting.acknowledged(zero + 100, noon + 15ms).is == kind::clear);
        CHECK(waiting.acknowledged(zero + 200, noon + 15ms).is == kind::post_loss);
    }
    SUBCASE("in the same moment nothing was before the other") {
        waiting.sent(zero + 100, zero + 200, noon);
        waiting.sent(zero, zero + 100, noon);
        CHECK(waiting.acknowledged(zero + 200, noon + 15ms).is == kind::clear);
    }
}

TEST_CASE("what is cut otherwise when it is sent again is known piece by piece") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sends waiting;
        waiting.sent(zero, zero + 300, noon);
        waiting.sent(zero + 300, zero + 400, noon + 1ms);
        CHECK(waiting.sent_again(zero + 100, zero + 200, zero, noon + 200ms).since_last == 200ms);
        CHECK(waiting.size() == 4);
        const auto rest = waiting.sent_again(zero + 200, zero + 350, zero, noon + 300ms);
        CHECK(rest.since_last == 300ms); // not 100 ms: these were sent at first
        CHECK(rest.times == 1);
        CHECK(waiting.size() == 5);
        CHECK(waiting.acknowledged(zero + 100, noon + 310ms).is == kind::clear);
        CHECK(waiting.acknowledged(zero + 200, noon + 310ms).is == kind::ambiguous);
        CHECK(waiting.acknowledged(zero + 300, noon + 310ms).is == kind::ambiguous);
        CHECK(waiting.acknowledged(zero + 350, noon + 310ms).is == kind::ambiguous);
        CHECK(waiting.acknowledged(zero + 400, noon + 310ms).is == kind::post_loss);
    }
}

TEST_CASE("where there is no room for the pieces, all of it counts as sent again") {
    const sequence_number zero{7};
    round_trip_sampler<4> waiting;
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(waiting.sent(zero + 100 * i, zero + 100 * i + 100, noon) == 0);
    CHECK(waiting.sent_again(zero + 110, zero + 120, zero, noon + 1ms).times == 1);
    CHECK(waiting.size() == 4);
    CHECK(waiting.acknowledged(zero + 100, noon + 2ms).is == kind::clear);
    CHECK(waiting.acknowledged(zero + 200, noon + 2ms).is == kind::ambiguous);
}

TEST_CASE("what was not remembered is when it is sent again") {
    const sequence_number zero{7};
    sends waiting;
    const auto first = waiting.sent_again(zero, zero + 100, zero + 50, noon);
    CHECK(!first.since_last);
    CHECK(first.times == 1);
    const auto second = waiting.sent_again(zero, zero + 100, zero + 50, noon + 1s);
    CHECK(second.since_last == 1s);
    CHECK(second.times == 2);
    CHECK(waiting.acknowledged(zero + 100, noon + 2s).is == kind::ambiguous);
}

TEST_CASE("so many sendings of one segment that they cannot be counted are many") {
    sends waiting;
    waiting.sent({0}, {100}, noon);
    unsigned times = 0;
    for (int i = 0; i < 40'000; ++i) times = waiting.sent_again({0}, {100}, {0}, noon + i * 1ms).times;
    CHECK(times == 0x7fff);
    CHECK(waiting.acknowledged({100}, noon + 1min).is == kind::ambiguous);
}

TEST_CASE("of too many a fair choice is followed, and the others are counted") {
    unsigned followed = 0;
    for (const std::uint32_t start : starts) {
        round_trip_sampler waiting;
        sequence_number sent{start};
        sequence_number acknowledged = sent;
        std::uint32_t unfollowed = 0;
        std::uint32_t sampled = 0;
        double waited = 0;
        // 500 in flight, every second one acknowledged; a round trip is as long as the place in its hundred is far on.
        constexpr std::uint32_t length = 1448;
        timestamp time = noon;
        const auto answer = [&](std::uint32_t number) { return 100ms + 1ms * (number % 100); };
        for (std::uint32_t number = 0; number < 100'000; ++number) {
            time += 100ms;
            unfollowed += waiting.sent(sent, sent + length, time);
            sent = sent + length;
            if (number < 500 || number % 2 == 0) continue;
            acknowledged = acknowledged + 2 * length;
            const auto told = waiting.acknowledged(acknowledged, time);
            if (told.is != kind::clear) continue;
            ++sampled;
            const auto trips = std::chrono::duration<double>(answer((acknowledged.value - start) / length - 1));
            waited += trips.count();
            CHECK(told.waited > 49s);
            CHECK(told.waited < 51s);
        }
        followed += sampled;
        CHECK(unfollowed > 95'000);
        CHECK(unfollowed < 99'000);
        CHECK(sampled > 700); // a sixty-fourth, of which every second is asked for
        CHECK(sampled < 3'000);
        CHECK(waited / sampled == doctest::Approx(0.15).epsilon(0.02)); // the mean of all
        // When few are in flight again, all are followed.
        waiting.acknowledged(sent, time);
        for (int i = 0; i < 20; ++i) {
            waiting.sent(sent, sent + length, time);
            sent = sent + length;
            waiting.acknowledged(sent, time);
        }
        CHECK(waiting.sent(sent, sent + length, time) == 0);
        CHECK(waiting.size() == 1);
    }
    CHECK(followed > 0);
}

TEST_CASE("what was sent again is not dropped for what is new") {
    round_trip_sampler waiting;
    for (std::uint32_t i = 0; i < 4; ++i) waiting.sent({100 * i}, {100 * i + 100}, noon);
    for (std::uint32_t i = 0; i < 4; ++i) waiting.sent_again({100 * i}, {100 * i + 100}, {0}, noon + 1s);
    for (std::uint32_t i = 4; i < 1000; ++i) waiting.sent({100 * i}, {100 * i + 100}, noon + 1s);
    CHECK(waiting.size() <= 16);
    CHECK(waiting.sent_again({0}, {100}, {0}, noon + 2s).times == 2);
    // If all were, there is no room.
    round_trip_sampler full;
    for (std::uint32_t i = 0; i < 16; ++i) {
        full.sent({100 * i}, {100 * i + 100}, noon);
        full.sent_again({100 * i}, {100 * i + 100}, {0}, noon);
    }
    CHECK(full.sent({1600}, {1700}, noon) == 1);
    CHECK(full.sent_again({1600}, {1700}, {0}, noon).times == 1);
    CHECK(full.size() == 16);
    CHECK(full.acknowledged({1600}, noon).cumulative == 15);
    full.sent({1600}, {1700}, noon);
    full.clear();
    CHECK(full.size() == 0);
}

TEST_CASE("sends are what a list of every number says") {
    struct byte {
        timestamp first{};
        timestamp last{};
        unsigned times = 0;
    };
    unsigned clear = 0;
    unsigned ambiguous = 0;
    unsigned post_loss = 0;
    for (std::uint32_t round = 0; round < 400; ++round) {
        const sequence_number zero{starts[round % std::size(starts)] - 20 * (round % 5)};
        std::mt19937_64 random{round};
        round_trip_sampler<512> waiting;
        std::vector<byte> bytes;
        std::vector<std::uint32_t> ends; // of segments, cut or not
        timestamp time = noon;
        std::uint32_t acknowledged = 0;
        const auto note = [&](std::uint32_t edge) {
            if (std::ranges::find(ends, edge) == ends.end()) ends.push_back(edge);
        };
        for (int step = 0; step < 60; ++step) {
            time += 1ms;
            const auto next = static_cast<std::uint32_t>(bytes.size());
            const auto length = static_cast<std::uint32_t>(1 + random() % 20);
            switch (random() % 3) {
            case 0: {
                waiting.sent(zero + next, zero + next + length, time);
                bytes.resize(next + length, byte{time, time, 0});
                note(next + length);
                break;
            }
            case 1: {
                if (next == 0) break;
                const auto begin = static_cast<std::uint32_t>(random() % next);
                const std::uint32_t end = std::min(next, begin + length);
                const auto done = waiting.sent_again(zero + begin, zero + end, zero + acknowledged, time);
                const std::uint32_t from = std::max(begin, acknowledged);
                if (from < end) {
                    CHECK(done.since_last == time - bytes[from].last);
                    unsigned times = 0;
                    for (std::uint32_t i = from; i < end; ++i) times = std::max(times, bytes[i].times + 1);
                    CHECK(done.times == times);
                    if (from > acknowledged) note(from);
                    note(end);
                }
                for (std::uint32_t i = begin; i < end; ++i) {
                    bytes[i].last = time;
                    ++bytes[i].times;
                }
                break;
            }
            default: {
                if (next == acknowledged) break;
                const auto number = static_cast<std::uint32_t>(acknowledged + 1 + random() % (next - acknowledged));
                const auto told = waiting.acknowledged(zero + number, time);
                const bool exact = std::ranges::find(ends, number) != ends.end();
                CHECK((told.is == kind::none) == !exact);
                CHECK(told.cumulative ==
                      static_cast<std::uint32_t>(std::ranges::count_if(
                          ends, [&](std::uint32_t each) { return acknowledged < each && each < number; })));
                if (exact) {
                    const byte& last = bytes[number - 1];
                    bool held_up = false;
                    std::uint32_t begin = 0; // of that segment
                    for (const std::uint32_t each : ends) {
                        if (each < number) begin = std::max(begin, each);
                    }
                    for (std::uint32_t i = 0; i < begin; ++i) held_up |= bytes[i].last > last.last;
                    CHECK(told.is == (held_up ? kind::post_loss : last.times > 0 ? kind::ambiguous : kind::clear));
                    CHECK(told.waited == time - last.last);
                    clear += told.is == kind::clear;
                    ambiguous += told.is == kind::ambiguous;
                    post_loss += told.is == kind::post_loss;
                }
                acknowledged = number;
            }
            }
        }
    }
    CHECK(clear > 100);
    CHECK(ambiguous > 100);
    CHECK(post_loss > 100);
}
