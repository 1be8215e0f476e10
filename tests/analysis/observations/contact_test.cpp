// SPDX-License-Identifier: MIT
#include <tcplens/analysis/observations/contact.hpp>
#include <tcplens/analysis/observations/contact_groups.hpp>
#include <tcplens/analysis/observations/contact_sample.hpp>
#include <tcplens/connection/observers/direction_profile.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail::observing;

namespace {

contact numbered(std::uint64_t number, std::uint64_t hash) {
    contact made{};
    made.first = timestamp{std::chrono::nanoseconds{number}};
    made.number = number;
    made.hash = hash;
    return made;
}

/// Many contacts with hashes of which each bit is as often 0 as 1.
contact_sample<contact> sample(std::size_t capacity, std::uint64_t begin, std::uint64_t end) {
    contact_sample<contact> made{capacity, hash_key{7}};
    for (std::uint64_t i = begin; i < end; ++i) {
        const contact each = numbered(i, i);
        if (made.takes(each.hash)) made.add(each);
    }
    return made;
}

std::vector<std::uint64_t> numbers(const contact_sample<contact>& of) {
    std::vector<std::uint64_t> made;
    for (const contact* each : of.sorted()) made.push_back(each->number);
    return made;
}

} // namespace

TEST_CASE("contact: one that was reset without an answer, unless its service took more than a request") {
    connection of;
    of.handshake = handshake_state::completed;
    of.close_reason = close_reason::reset;
    direction_statistics up{.packets = 10, .payload_bytes = 300, .data_packets = 3};
    const direction_statistics down{.packets = 5, .rst = 1};
    CHECK(outcome_of(of, up, down) == outcome::reset_after_data);
    up.data_packets = 4;
    CHECK(outcome_of(of, up, down) == outcome::answered);
    up.retransmissions = 1; // one of them was sent again
    CHECK(outcome_of(of, up, down) == outcome::reset_after_data);
    up = {.packets = 3};
    CHECK(outcome_of(of, up, down) == outcome::reset_at_once);
    CHECK(outcome_of(of, up, {.packets = 5, .payload_bytes = 1, .rst = 1}) == outcome::answered);
}

TEST_CASE("contact: their order is that of time, then of packets, endpoints, networks, numbers") {
    const contact first = numbered(5, 0);
    contact second = first;
    const auto is_before = [&](const contact& a, const contact& b) { return a < b && !(b < a); };
    CHECK(!(first < second));
    ++second.number;
    CHECK(is_before(first, second));
    contact third = first;
    third.target.port = 1;
    CHECK(is_before(second, third));
    contact fourth = first;
    fourth.source.port = 1;
    CHECK(is_before(third, fourth));
    contact fifth = first;
    fifth.first_packet = 1;
    CHECK(is_before(fourth, fifth));
    contact sixth = first;
    sixth.first += 1ns;
    CHECK(is_before(fifth, sixth));
}

TEST_CASE("contact sample: parts that are merged keep what one sample of all keeps, whichever has the deeper level") {
    const auto all = sample(100, 0, 10'000);
    CHECK(numbers(all).size() <= 100);
    CHECK(all.level() == 7);
    CHECK(all.seen() == 10'000);
    for (const std::uint64_t split : {50u, 5'000u, 9'950u}) {
        CAPTURE(split);
        const auto low = sample(100, 0, split);
        const auto high = sample(100, split, 10'000);
        for (const bool swapped : {false, true}) {
            auto merged = swapped ? high : low;
            merged.merge(swapped ? low : high);
            CHECK(numbers(merged) == numbers(all));
            CHECK(merged.level() == all.level());
            CHECK(merged.seen() == all.seen());
        }
    }
}

TEST_CASE("contact sample: of contacts with one hash those that are first stay, however many there are") {
    contact_sample<contact> of{10, hash_key{7}};
    for (std::uint64_t i = 100; i > 0; --i) {
        REQUIRE(of.takes(0));
        of.add(numbered(i, 0));
    }
    CHECK(numbers(of) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("contact: round trips that grew are told in tenths of the least, if there are enough and they are long") {
    const auto inflation_of = [](std::uint64_t samples, std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
        direction_profiles profiles;
        auto& times = profiles.server_to_client.round_trip;
        for (std::uint64_t i = 0; i < samples; ++i) times.add(i % 10 == 9 ? most : least); // every tenth is long
        contact made{};
        add_profile(made, profiles);
        return made.inflation;
    };
    CHECK(inflation_of(20, 10ms, 2s) > 1500);
    CHECK(inflation_of(20, 10ms, 2s) <= 2000);
    CHECK(inflation_of(19, 10ms, 2s) == 0);
    CHECK(inflation_of(20, 999us, 2s) == 0);
    CHECK(inflation_of(20, 10ms, 190ms) == 0); // as late as acknowledgments may be
    CHECK(inflation_of(20, 10ms, 10ms) == 0);
    direction_profiles lost;
    lost.client_to_server.stream_bytes = 10;
    lost.client_to_server.unique_bytes = 9;
    contact made{};
    for (const bool begins : {false, true}) {
        for (const bool ends : {false, true}) {
            lost.client_to_server.stream_begins = begins;
            lost.client_to_server.stream_ends = ends;
            made = {};
            add_profile(made, lost);
            CHECK(made.lost == (begins && ends));
        }
    }
}

TEST_CASE("contact: an observation has the first eight packets of its contacts, each once, whatever their order") {
    const auto packets_of = [](const std::vector<std::uint64_t>& first_packets) {
        std::vector<contact> contacts(first_packets.size());
        std::vector<const contact*> group;
        for (std::size_t i = 0; i < contacts.size(); ++i) {
            contacts[i].first = contacts[i].last = timestamp{std::chrono::nanoseconds{i}};
            contacts[i].first_packet = first_packets[i];
            group.push_back(&contacts[i]);
        }
        contacts.front().last = timestamp{std::chrono::nanoseconds{-5}}; // its clock was set back
        const observation made = observe(observation_kind::port_scan, observation_category::reconnaissance, {}, group);
        CHECK(made.first_time == contacts.front().last);
        CHECK(made.last_time == timestamp{std::chrono::nanoseconds{contacts.size() - 1}});
        return made.packets;
    };
    CHECK(packets_of({4, 4, 2}) == std::vector<std::uint64_t>{2, 4});
    CHECK(packets_of({10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(packets_of({1, 2, 3, 4, 5, 6, 7, 9, 8, 8, 10}) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(packets_of({2, 3, 4, 5, 6, 7, 8, 9, 1, 9, 2}) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
}
