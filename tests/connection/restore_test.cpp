// SPDX-License-Identifier: MIT
// What a table makes of bytes that are not, or not quite, a saved table; and of those of rules and observers of one's own.
#include <tcplens/connection.hpp>
#include <tcplens/connection/saved_table.hpp>

#include "../packet_builder.hpp"
#include "../random_traffic.hpp"
#include "../saved_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tcplens;

namespace {

const table_options fixed{.key = hash_key{1}};

template <class Table>
void add_traffic(Table& table, std::uint64_t seed, std::size_t count, std::size_t pairs = 3) {
    random_traffic traffic{seed, pairs};
    for (std::size_t i = 0; i < count; ++i) table.add(traffic.next());
}

template <class Table>
std::vector<std::byte> saved_after(Table table, std::size_t segments) {
    add_traffic(table, 3, segments);
    return save(table);
}

restore_error_code code_of(std::span<const std::byte> bytes) {
    connection_table table{fixed};
    const auto error = restore(table, bytes);
    REQUIRE(error);
    CHECK(error->message().ends_with('.'));
    return error->code;
}

/// Restores bytes of which any may be wrong; adds more to what comes of it, and saves that. A sanitizer sees if that does harm.
template <class Table>
bool goes_on(Table table, std::span<const std::byte> bytes) {
    if (restore(table, bytes)) return false;
    random_traffic traffic{4, 3};
    std::uint64_t left = 0;
    for (const connection& each : table) traffic.also(each.client, each.server, each.network);
    const auto on_end = [&](const connection&, end_reason) { ++left; };
    for (int i = 0; i < 60; ++i) table.add(traffic.next(), on_end);
    CHECK(table.lifetimes().begun == table.lifetimes().ended() + table.lifetimes().open);
    Table again = std::move(table);
    CHECK(save(again).size() > saved_bytes::header_size);
    again.flush(on_end);
    CHECK(again.empty());
    CHECK(left == again.lifetimes().ended());
    return true;
}

/// A third of the single bits, and random bytes, with the checksums set right.
template <class Make>
void check_made_up(const Make& make, std::size_t segments) {
    auto filled = make();
    add_traffic(filled, 3, segments);
    const std::vector<std::byte> saved = save(filled);
    std::mt19937_64 random{segments};
    std::size_t restored = 0;
    std::size_t refused = 0;
    for (std::size_t at = saved_bytes::header_size; at < saved.size(); ++at) {
        for (int i = 0; i < 3; ++i) {
            std::vector<std::byte> changed = saved;
            changed[at] = i == 0   ? changed[at] ^ std::byte{1} << static_cast<int>(random() % 8)
                          : i == 1 ? std::byte{0xff}
                                   : static_cast<std::byte>(random());
            if (random() % 4 == 0)
                changed[saved_bytes::header_size + random() % (saved.size() - saved_bytes::header_size)] =
                    static_cast<std::byte>(random());
            saved_bytes::mend(changed);
            ++(goes_on(make(), changed) ? restored : refused);
        }
    }
    CHECK(restored > 100);
    CHECK(refused > 100);
}

} // namespace

TEST_CASE("every cut of a saved table is an error") {
    const auto saved = saved_after(connection_table{fixed}, 40);
    for (std::size_t length = 0; length < saved.size(); ++length) {
        REQUIRE(code_of(std::span{saved}.first(length)) == restore_error_code::truncated);
    }
    auto longer = saved;
    longer.push_back(std::byte{});
    CHECK(code_of(longer) == restore_error_code::too_long);
}

TEST_CASE("every single byte that is damaged is an error") {
    const auto saved = saved_after(connection_table{fixed}, 40);
    for (std::size_t at = 0; at < saved.size(); ++at) {
        for (const auto change : {std::byte{0x01}, std::byte{0x80}, std::byte{0xff}}) {
            auto changed = saved;
            changed[at] ^= change;
            const restore_error_code code = code_of(changed);
            using enum restore_error_code;
            REQUIRE(code == (at < saved_bytes::version_at  ? not_a_table
                             : at < saved_bytes::length_at ? other_version
                                                           : bad_checksum));
        }
    }
}

TEST_CASE("what is damaged before the table is touched leaves it as it was") {
    auto saved = saved_after(connection_table{fixed}, 40);
    connection_table table{fixed};
    auto changed = saved;
    changed.back() ^= std::byte{1};
    CHECK(restore(table, changed));
    CHECK_FALSE(restore(table, saved));
    CHECK(save(table) == saved);
    CHECK(restore(table, saved).value().code == restore_error_code::table_in_use);
    CHECK(save(table) == saved);
}

TEST_CASE("an empty table is saved and restored") {
    const auto saved = save(connection_table{fixed});
    connection_table table{fixed};
    CHECK_FALSE(restore(table, saved));
    CHECK(table.empty());
    add_traffic(table, 3, 40);
    CHECK(save(table) == saved_after(connection_table{fixed}, 40));
}

TEST_CASE("a table of other rules, observers or options is not taken, whatever the key") {
    using enum restore_error_code;
    const auto saved = saved_after(connection_table{fixed}, 40);
    const auto code_into = [&](auto&& table) { return restore(table, saved).value().code; };
    CHECK(code_into(basic_connection_table<wireshark_rules>{fixed}) == other_rules);
    CHECK(code_into(basic_connection_table<evidence_rules, opening_observer>{fixed}) == other_rules);
    CHECK(code_into(connection_table{fixed, evidence_rules{5}}) == other_options);
    const auto code_with = [&](auto change) {
        table_options options = fixed;
        change(options);
        connection_table table{options};
        return restore(table, saved).value().code;
    };
    CHECK(code_with([](table_options& of) { of.split_incarnations = false; }) == other_options);
    CHECK(code_with([](table_options& of) { of.pass_over_bad_checksums = true; }) == other_options);
    CHECK(code_with([](table_options& of) { of.max_connections = 100; }) == other_options);
    CHECK(code_with([](table_options& of) { of.when_full = full_policy::refuse; }) == other_options);
    CHECK(code_with([](table_options& of) { of.idle.closed = {}; }) == other_options);
    CHECK(code_with([](table_options& of) { of.decoding.verify_checksums = true; }) == other_options);
    CHECK(code_with([](table_options& of) { of.decoding.reassembly.max_packets = 5; }) == other_options);

    const auto observed = saved_after(basic_connection_table<evidence_rules, opening_observer>{fixed}, 40);
    connection_table plain{fixed};
    CHECK(restore(plain, observed).value().code == other_rules);
    const auto detailed = saved_after(basic_connection_table<evidence_rules, basic_profile_observer<8, 16>>{fixed}, 40);
    basic_connection_table<evidence_rules, basic_profile_observer<4, 16>> smaller{fixed};
    CHECK(restore(smaller, detailed).value().code == other_options);
    const auto zeek = saved_after(basic_connection_table<zeek_rules>{fixed}, 40);
    basic_connection_table<zeek_rules> bare{fixed, zeek_rules{{.standard_ports = false}}};
    CHECK(restore(bare, zeek).value().code == other_options);

    connection_table other_key{table_options{.key = hash_key{2}}};
    CHECK_FALSE(restore(other_key, saved));
}

TEST_CASE("errors say what is wrong and what can be done") {
    auto saved = saved_after(connection_table{fixed}, 40);
    const auto message = [](const auto& bytes, auto&& table) { return restore(table, bytes).value().message(); };
    CHECK(message(std::span{saved}.first(100), connection_table{}) ==
          "It should have " + std::to_string(saved.size()) + " bytes, but only 100 are there: it was cut short.");
    CHECK(message(saved, basic_connection_table<zeek_rules>{}) ==
          "It was saved by a table with others than zeek_rules (byte 28): it can be restored only into a table of the "
          "same "
          "type.");
    CHECK(
        message(saved, connection_table{table_options{.max_connections = 1}}) ==
        "It was saved by a table with another value of max_connections (byte 52): it can be restored only into a table "
        "with the same options.");
    saved[saved_bytes::version_at] = std::byte{9};
    CHECK(
        message(saved, connection_table{}) ==
        "It was saved in version 9 of the format, but only version 1 can be restored here: use the release of tcplens "
        "that saved it.");
    CHECK(name(restore_error_code::impossible_value) == "impossible_value");
}

TEST_CASE("bytes that somebody made do no harm: plain tables") {
    check_made_up([] { return connection_table{fixed}; }, 60);
    check_made_up(
        [] {
            return connection_table{table_options{.key = hash_key{1}, .max_connections = 9}, evidence_rules{2}};
        },
        60);
    check_made_up([] { return basic_connection_table{fixed, wireshark_rules{}, wireshark_round_trips{16}}; }, 60);
    check_made_up(
        [] {
            return basic_connection_table{fixed, repeated_sequence_rules{16, hash_key{1}}, basic_trace_observer<4>{}};
        },
        60);
}

TEST_CASE("bytes that somebody made do no harm: Zeek's view") {
    check_made_up([] { return basic_connection_table{fixed, zeek_rules{}, zeek_observer{}}; }, 60);
}

TEST_CASE("bytes that somebody made do no harm: all details") {
    check_made_up([] { return detailed_connection_table{fixed}; }, 30);
}

TEST_CASE("fragments that somebody made do no harm") {
    using namespace packet_builder;
    const tcp_packet_options of{.ip_id = 7, .dont_fragment = false, .payload_length = 300};
    const byte_vector content = tcp_segment(of);
    const auto piece = [&](std::uint16_t begin, std::size_t length) {
        tcp_packet_options part = of;
        part.fragment_offset = static_cast<std::uint16_t>(begin / 8);
        part.more_fragments = begin + length < content.size();
        return framed_ip_packet(part, 6, std::span{content}.subspan(begin, std::min(length, content.size() - begin)));
    };
    const auto add = [](connection_table& table, const byte_vector& bytes) {
        return table.add(timestamp{}, link_type::ethernet, bytes, bytes.size()).outcome;
    };
    connection_table table{fixed};
    add(table, piece(0, 64));
    add(table, piece(128, 64));
    add(table, piece(192, 500));
    const std::vector<std::byte> saved = save(table);
    std::size_t restored = 0;
    for (std::size_t at = saved_bytes::header_size; at < saved.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = saved;
            changed[at] ^= std::byte{1} << bit;
            saved_bytes::mend(changed);
            connection_table next{fixed};
            if (restore(next, changed)) continue;
            ++restored;
            add(next, piece(0, 64));
            add(next, piece(72, 56));
            add(next, piece(64, 64));
        }
    }
    CHECK(restored > 100);
    connection_table whole{fixed};
    REQUIRE_FALSE(restore(whole, saved));
    CHECK(add(whole, piece(64, 64)) == packet_outcome::tcp);
}

namespace {

/// Says that each hundredth segment of a table is out of order.
class hundredth_rules {
public:
    struct connection_state {
        std::uint32_t judged = 0;

        static void archive(auto& with, connection_state& of) {
            auto& [judged_] = of;
            with(judged_);
            with.require(judged_ > 0);
        }
    };
    static constexpr std::string_view saved_as = "hundredth_rules";

    explicit hundredth_rules(std::uint32_t each = 100) : each_(each) {}

    verdict judge(const judged_segment&, connection_state& of) {
        ++of.judged;
        return {.names = ++judged_ % each_ == 0 ? verdict_names::out_of_order : verdict_names::none};
    }

private:
    friend void archive(auto& with, hundredth_rules& of) {
        auto& [each, judged] = of;
        with.same("each", each);
        with(judged);
    }

    std::uint32_t each_;
    std::uint64_t judged_ = 0;
};

/// Tells nothing that can be saved.
struct unsavable_rules {
    struct connection_state {
        int count = 0;
    };
    verdict judge(const judged_segment&, connection_state&) { return {}; }
};

static_assert(savable_rules<hundredth_rules> && !savable_rules<unsavable_rules>);
static_assert(savable_rules<evidence_rules> && savable_rules<wireshark_rules> &&
              savable_rules<repeated_sequence_rules> && savable_rules<zeek_rules>);
static_assert(savable_observer<trace_observer> && savable_observer<profile_observer> &&
              !savable_observer<time_series_observer>);

} // namespace

TEST_CASE("rules of one's own that say what they remember") {
    basic_connection_table<hundredth_rules> never{fixed};
    basic_connection_table<hundredth_rules> stopped{fixed};
    random_traffic traffic{3};
    for (int i = 0; i < 250; ++i) {
        const segment next = traffic.next();
        never.add(next);
        stopped.add(next);
    }
    const auto saved = save(stopped);
    basic_connection_table<hundredth_rules> resumed{fixed};
    REQUIRE_FALSE(restore(resumed, saved));
    std::size_t said = 0;
    for (int i = 0; i < 250; ++i) {
        const segment next = traffic.next();
        const verdict expected = never.add(next).verdict;
        said += expected.names != verdict_names::none;
        CHECK(resumed.add(next).verdict == expected);
    }
    CHECK(said == 3);
    basic_connection_table<hundredth_rules> others{fixed, hundredth_rules{7}};
    CHECK(restore(others, saved).value().subject == "each");
}
