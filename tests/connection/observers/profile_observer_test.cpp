// SPDX-License-Identifier: MIT
// Profiles of conversations made at random, against what a list of every byte says.
#include "../../support/conversation.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

namespace {

/// What one end sent, byte by byte, and what the other said of it.
struct naive_direction {
    std::set<std::int64_t> seen{};
    std::int64_t next = 1;         ///< after the highest byte
    std::int64_t acknowledged = 1; ///< by the other end
    bool fin = false;
    std::uint16_t window = 8192;
    direction_profile told{};

    void sends(std::int64_t at, std::uint32_t length) {
        std::uint64_t again = 0;
        bool fills = false;
        const std::int64_t highest = seen.empty() ? 1 : *seen.rbegin() + 1;
        for (std::int64_t i = at; i < at + length; ++i) {
            if (!seen.insert(i).second) ++again;
            else fills |= i < highest;
        }
        told.unique_bytes += length - again;
        told.retransmitted_bytes += again;
        told.retransmitted_packets += again > 0;
        told.hole_filling_packets += fills;
        told.largest_segment = std::max(told.largest_segment, length);
        told.smallest_segment = told.smallest_segment == 0 ? length : std::min(told.smallest_segment, length);
        if (acknowledged == 1 && again < length) {
            told.initial_window_bytes += static_cast<std::uint32_t>(length - again);
            ++told.initial_window_packets;
        }
        next = std::max(next, at + length);
        if (again == 0 && !fills) sample();
    }
    void sample() {
        const auto flight = static_cast<std::uint32_t>(next - acknowledged);
        ++told.in_flight.samples;
        told.in_flight.total += flight;
        if (flight == 0) return;
        told.in_flight.greatest = std::max(told.in_flight.greatest, flight);
        told.in_flight.least = told.in_flight.least == 0 ? flight : std::min(told.in_flight.least, flight);
    }
};

template <class Observer>
void converse(std::uint32_t round, std::uint32_t initial, bool exact) {
    CAPTURE(round);
    std::mt19937_64 random{round};
    conversation<Observer> talk{initial};
    talk.shakes_hands();
    std::array<naive_direction, 2> naive;
    naive[0].told.in_flight.samples = 1; // the last of the handshake
    naive[0].told.pure_acks = 1;
    std::array<unsigned, 2> repeated{};
    for (int step = 0; step < 200; ++step) {
        const auto sender = static_cast<std::size_t>(random() % 2);
        naive_direction& own = naive[sender];
        naive_direction& other = naive[1 - sender];
        typename conversation<Observer>::words said;
        talk.after(std::chrono::milliseconds{random() % 50});

        // Now and then it acknowledges more, and never what was not captured.
        const bool more = other.next > other.acknowledged && random() % 3 == 0;
        if (more) {
            const auto waiting = static_cast<std::uint64_t>(other.next - other.acknowledged);
            other.acknowledged += 1 + static_cast<std::int64_t>(random() % waiting);
            repeated[1 - sender] = 0;
        }
        said.ack = other.acknowledged;
        const auto window = static_cast<std::uint16_t>(random() % 4 == 0 ? 8000 : 8192);
        said.window = window;

        if (random() % 3 == 0) {
            if (!more && other.next > other.acknowledged && window == own.window) {
                ++other.told.duplicate_acks;
                if (++repeated[1 - sender] == 3) ++other.told.triple_duplicate_acks;
            }
            ++own.told.pure_acks;
            said.at = own.next;
            own.sample();
        } else {
            const auto length = static_cast<std::uint32_t>(2 + random() % 100);
            std::int64_t at = own.next;
            if (random() % 4 == 0) at += static_cast<std::int64_t>(random() % 150);
            else if (random() % 3 == 0) at = std::max<std::int64_t>(1, at - static_cast<std::int64_t>(random() % 500));
            said.at = at;
            said.length = length;
            own.sends(at, length);
        }
        own.window = window;
        const auto added = sender == 0 ? talk.client(said) : talk.server(said);
        REQUIRE(!added.verdict.has(verdict_kinds::duplicate | verdict_kinds::keep_alive));
    }

    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        const direction_profile& told = side == 0 ? talk.up() : talk.down();
        const direction_profile& expected = naive[side].told;
        const direction_statistics& counted = side == 0 ? talk.only().client_to_server : talk.only().server_to_client;
        CHECK(told.unique_bytes + told.retransmitted_bytes == counted.payload_bytes);
        CHECK(told.duplicate_acks == expected.duplicate_acks);
        CHECK(told.triple_duplicate_acks == expected.triple_duplicate_acks);
        CHECK(told.pure_acks == expected.pure_acks);
        CHECK(told.largest_segment == expected.largest_segment);
        CHECK(told.smallest_segment == expected.smallest_segment);
        CHECK(told.stream_bytes == static_cast<std::uint64_t>(naive[side].next - 1));
        if (!exact) continue;
        CHECK(told.unique_bytes == expected.unique_bytes);
        CHECK(told.retransmitted_bytes == expected.retransmitted_bytes);
        CHECK(told.retransmitted_packets == expected.retransmitted_packets);
        CHECK(told.hole_filling_packets == expected.hole_filling_packets);
        CHECK(told.missed_bytes() == static_cast<std::uint64_t>(naive[side].next - 1) - naive[side].seen.size());
        CHECK(told.initial_window_bytes == expected.initial_window_bytes);
        CHECK(told.initial_window_packets == expected.initial_window_packets);
        CHECK(told.in_flight.samples == expected.in_flight.samples);
        CHECK(told.in_flight.total == expected.in_flight.total);
        CHECK(told.in_flight.least == expected.in_flight.least);
        CHECK(told.in_flight.greatest == expected.in_flight.greatest);
        CHECK(told.forgotten_ranges == 0);
        CHECK(told.unfollowed_sends == 0);
    }
}

} // namespace

TEST_CASE("profile observer: random conversations have the profile that a list of every byte gives") {
    for (std::uint32_t round = 0; round < 200; ++round) {
        converse<basic_profile_observer<256, 1024>>(round, conversation<>::initials[round % 4], true);
    }
}

TEST_CASE("profile observer: with little memory, fields that need none are those that a list of every byte gives") {
    for (std::uint32_t round = 0; round < 50; ++round) {
        converse<basic_profile_observer<2, 4>>(round, conversation<>::initials[round % 4], false);
    }
}

TEST_CASE("profile observer: round trips are the same with more memory than is needed, and some of them with less") {
    std::uint64_t all = 0;
    std::uint64_t some = 0;
    for (std::uint32_t round = 0; round < 20; ++round) {
        conversation<basic_profile_observer<8, 1024>> exact;
        conversation<basic_profile_observer<8, 16>> bounded;
        const auto both = [&](auto act) {
            act(exact);
            act(bounded);
        };
        both([](auto& talk) { talk.shakes_hands(); });
        std::mt19937_64 random{round};
        std::int64_t sent = 1;
        std::int64_t acknowledged = 1;
        const std::int64_t flight = round < 10 ? 16 : 100;
        for (int i = 0; i < 2000; ++i) {
            both([](auto& talk) { talk.client({.length = 100}); });
            sent += 100;
            const std::chrono::nanoseconds step{1'000'000 + random() % 1'000'000};
            both([&](auto& talk) { talk.after(step); });
            if (sent - acknowledged < 100 * flight) continue;
            acknowledged += 100;
            both([&](auto& talk) { talk.server({.ack = acknowledged}); });
        }
        const round_trip_statistics& right = exact.up().round_trip;
        const round_trip_statistics& told = bounded.up().round_trip;
        CHECK(exact.up().unfollowed_sends == 0);
        if (round < 10) {
            CHECK(told == right);
            CHECK(bounded.up().unfollowed_sends == 0);
        } else {
            CHECK(told.count < right.count / 4);
            CHECK(told.count > right.count / 40);
            CHECK(told.count + bounded.up().unfollowed_sends > right.count);
            CHECK(std::abs(told.mean_ns - right.mean_ns) < 0.02 * right.mean_ns);
            all += right.count;
            some += told.count;
        }
    }
    CHECK(some > all / 20);
}
