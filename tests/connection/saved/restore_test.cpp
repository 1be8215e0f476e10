// SPDX-License-Identifier: MIT
// What a table makes of bytes that are not, or not quite, a saved table; and of those of rules and observers of one's own.
#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include "../../support/packet_builder.hpp"
#include "../../support/random_traffic.hpp"
#include "../../support/saved_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <ios>
#include <iterator>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

const table_options fixed{.hash_key = hash_key{1}};

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
    if (!error || !to_string(*error).ends_with('.')) FAIL("no error, or none that can be read");
    return error->code;
}

/// Restores bytes of which any may be wrong; adds more to what comes of it, and saves that. A sanitizer sees if that does harm.
template <class Table>
bool goes_on(Table table, std::span<const std::byte> bytes) {
    if (restore(table, bytes)) return false;
    random_traffic traffic{4, 3};
    for (const connection& each : table) traffic.also(each.client, each.server, each.network);
    std::uint64_t left = table.counters().ended();
    const auto on_end = [&](const connection&, end_reason) { ++left; };
    for (int i = 0; i < 40; ++i) table.add(traffic.next(), on_end);
    if (save(table).size() <= saved_bytes::header_size) FAIL("nothing was saved");
    table.flush(on_end);
    const bool counted = table.empty() && table.counters().begun == left && table.counters().ended() == left;
    if (!counted) FAIL("connections are missing");
    return true;
}

/// Each byte changed in some way, perhaps another one too, and the checksums set right.
template <class Make>
void check_made_up(const Make& make, std::size_t segments) {
    auto filled = make();
    add_traffic(filled, 3, segments);
    const std::vector<std::byte> saved = save(filled);
    std::mt19937_64 random{segments};
    const auto any_byte = [&] { return static_cast<std::byte>(random()); };
    std::size_t restored = 0;
    std::size_t refused = 0;
    for (std::size_t at = saved_bytes::header_size; at < saved.size(); ++at) {
        std::vector<std::byte> changed = saved;
        changed[at] = random() % 2 == 0 ? changed[at] ^ std::byte{1} << static_cast<int>(random() % 8) : any_byte();
        if (random() % 4 == 0) {
            const std::size_t body = saved.size() - saved_bytes::header_size;
            changed[saved_bytes::header_size + random() % body] = any_byte();
        }
        saved_bytes::mend(changed);
        ++(goes_on(make(), changed) ? restored : refused);
    }
    CHECK(restored > 100);
    CHECK(refused > 100);
}

} // namespace

TEST_CASE("every cut of a saved table is an error") {
    const auto saved = saved_after(connection_table{fixed}, 40);
    for (std::size_t length = 0; length < saved.size(); ++length) {
        if (code_of(std::span{saved}.first(length)) != restore_error_code::truncated) FAIL("cut after " << length);
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
    CHECK(code_with([](table_options& of) { of.ignore_bad_checksums = true; }) == other_options);
    CHECK(code_with([](table_options& of) { of.max_connections = 100; }) == other_options);
    CHECK(code_with([](table_options& of) { of.full_policy = full_policy::refuse; }) == other_options);
    CHECK(code_with([](table_options& of) { of.timeouts.closed = {}; }) == other_options);
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

    connection_table other_key{table_options{.hash_key = hash_key{2}}};
    CHECK_FALSE(restore(other_key, saved));
}

TEST_CASE("errors say what is wrong and what can be done") {
    auto saved = saved_after(connection_table{fixed}, 40);
    const auto message = [](const auto& bytes, auto&& table) { return to_string(restore(table, bytes).value()); };
    CHECK(message(std::span{saved}.first(100), connection_table{}) ==
          "It should have " + std::to_string(saved.size()) + " bytes, but only 100 are there: it was cut short.");
    CHECK(message(saved, basic_connection_table<zeek_rules>{}) ==
          "It was saved by a table without `zeek_rules` (byte 28): it can be restored only into a table of the same "
          "type.");
    CHECK(message(saved, basic_connection_table<evidence_rules, opening_observer>{}) ==
          "It was saved by a table without `opening_observer` (byte 46): it can be restored only into a table of the "
          "same type.");
    CHECK(message(save(basic_connection_table<evidence_rules, opening_observer>{}), connection_table{}) ==
          "It was saved by a table with more observers (byte 46): it can be restored only into a table of the same "
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
    CHECK(to_string(restore_error_code::impossible_value) == "impossible_value");
}

TEST_CASE("bytes that somebody made do no harm: plain tables") {
    check_made_up([] { return connection_table{fixed}; }, 24);
    check_made_up(
        [] {
            return connection_table{table_options{.hash_key = hash_key{1}, .max_connections = 9}, evidence_rules{2}};
        },
        24);
    check_made_up([] { return basic_connection_table{fixed, wireshark_rules{}, wireshark_round_trips{16}}; }, 24);
    check_made_up(
        [] {
            return basic_connection_table{fixed, repeated_sequence_rules{16, hash_key{1}}, basic_trace_observer<4>{}};
        },
        24);
}

TEST_CASE("bytes that somebody made do no harm: Zeek's view") {
    check_made_up([] { return basic_connection_table{fixed, zeek_rules{}, zeek_observer{}}; }, 24);
}

TEST_CASE("bytes that somebody made do no harm: all details") {
    check_made_up([] { return detailed_connection_table{fixed}; }, 12);
}

namespace {

/// A table that was saved some time ago: a first input of fuzz_restore, behind the number of its kind.
std::vector<std::byte> saved_before(const std::string& name) {
    std::ifstream file{"tests/fuzz/corpus/fuzz_restore/" + name, std::ios::binary};
    const std::vector<char> read{std::istreambuf_iterator<char>{file}, {}};
    REQUIRE_MESSAGE(read.size() > 1, name);
    const auto bytes = std::as_bytes(std::span{read}).subspan(1);
    return {bytes.begin(), bytes.end()};
}

/// Restores it, and saves that again.
template <class Table>
void check_same(Table& table, const std::string& file) {
    CAPTURE(file);
    const std::vector<std::byte> saved = saved_before(file);
    REQUIRE_FALSE(restore(table, saved));
    CHECK(save(table) == saved);
}

/// Where this fails an archive has changed: then table_archive::format_version has to, and make_restore_seeds makes these anew.
template <class Make>
void check_saved_before(const std::string& name, const Make& make) {
    for (const auto& [suffix, packets] : {std::pair{"_empty", 0u}, std::pair{"_short", 5u}, std::pair{"_long", 60u}}) {
        auto table = make();
        check_same(table, name + suffix);
        CHECK(table.statistics().packets == (name == "detailed" ? packets / 2 : packets));
    }
}

} // namespace

TEST_CASE("what was saved before can be restored, and is the same when it is saved again") {
    const table_options few{.hash_key = hash_key{1}, .max_connections = 9};
    check_saved_before("evidence", [] { return connection_table{fixed}; });
    check_saved_before("full", [&] { return connection_table{few, evidence_rules{2}}; });
    check_saved_before("wireshark", [] {
        return basic_connection_table{fixed, wireshark_rules{}, wireshark_round_trips{16}};
    });
    check_saved_before("repeated_sequence", [] {
        return basic_connection_table{fixed, repeated_sequence_rules{16, hash_key{1}}, basic_trace_observer<4>{}};
    });
    check_saved_before("zeek", [] { return basic_connection_table{fixed, zeek_rules{}, zeek_observer{}}; });
    check_saved_before("detailed", [] { return detailed_connection_table{fixed}; });
    connection_table waiting{fixed};
    check_same(waiting, "evidence_fragments");
    CHECK(waiting.statistics().fragments == 4);
}

TEST_CASE("what a saved table begins with, whatever the machine") {
    const std::vector<std::byte> saved = saved_before("evidence_empty");
    const auto begins = packet_builder::hex("74 63 70 6c 65 6e 73 1a 01 00 00 00 84 01 00 00 00 00 00 00");
    CHECK(std::ranges::equal(std::span{saved}.first(begins.size()), begins));
    // The name of the rules, behind its length; no observers; connections are split.
    const auto goes_on = packet_builder::hex("0e 00 00 00 65 76 69 64 65 6e 63 65 5f 72 75 6c 65 73 00 00 00 00 01");
    CHECK(std::ranges::equal(std::span{saved}.subspan(saved_bytes::header_size).first(goes_on.size()), goes_on));
    // RFC 9260 appendix A has no example; RFC 3720 B.4 has: 32 bytes of zeros.
    CHECK(crc32c(std::vector<std::byte>(32)) == 0x8a9136aa);
}

namespace {

/// A fragment of one packet, and whether it completed that.
const packet_builder::tcp_packet_options in_fragments{.ip_id = 7, .dont_fragment = false, .payload_length = 300};
packet_outcome add_piece(connection_table& table, std::uint16_t begin, std::size_t length) {
    const auto bytes = framed_tcp_fragment(in_fragments, begin, begin + length);
    return table.add(timestamp{}, link_type::ethernet, bytes, bytes.size()).outcome;
}

} // namespace

TEST_CASE("every cut of a table that holds fragments is an error, though its checksums fit") {
    connection_table table{fixed};
    add_traffic(table, 3, 40);
    add_piece(table, 0, 64);
    add_piece(table, 128, 64);
    const std::vector<std::byte> saved = save(table);
    for (std::size_t length = saved_bytes::header_size; length < saved.size(); ++length) {
        // Exactly as long, so that a sanitizer sees what is read behind it.
        const auto cut = std::make_unique<std::byte[]>(length);
        const std::span bytes{cut.get(), length};
        std::ranges::copy(std::span{saved}.first(length), bytes.begin());
        saved_bytes::mend(bytes);
        if (code_of(bytes) != restore_error_code::impossible_value &&
            code_of(bytes) != restore_error_code::other_rules && code_of(bytes) != restore_error_code::other_options) {
            FAIL("cut after " << length);
        }
    }
}

TEST_CASE("no more is read than there is, though a length says so") {
    for (std::uint32_t said = 0; said < 20; ++said) {
        archive_writer writer;
        writer(said, std::array<std::byte, 8>{});
        archive_reader reader{writer.written()};
        std::vector<std::byte> found;
        reader.bytes(found);
        CHECK(reader.good() == (said <= 8));
        CHECK(found.size() == (said <= 8 ? said : 0));
        CHECK(reader.left() == (said <= 8 ? 8 - said : 0));
    }
}

TEST_CASE("what follows from something else that is archived cannot contradict it") {
    const auto read_again = [](const auto& like, std::span<const std::byte> bytes) {
        auto made = like;
        archive_reader reader{bytes};
        reader(made);
        return reader.good();
    };
    // Behind two sequence numbers, of its first end: whether that goes on, was heard, sent data, acknowledged anything.
    constexpr std::size_t goes_on = 12;
    for (unsigned bits = 0; bits < 16; ++bits) {
        archive_writer writer;
        writer(connection_state_machine{});
        std::vector<std::byte> bytes = std::move(writer).written();
        for (unsigned i = 0; i < 4; ++i) bytes[goes_on + i] = static_cast<std::byte>(bits >> i & 1);
        CHECK(read_again(connection_state_machine{}, bytes) == ((bits & 1) == (bits >> 2 & bits >> 3 & 1)));
    }

    for (unsigned bits = 0; bits < 16; ++bits) {
        detail::evidence::side_state made;
        made.is_calm = (bits & 1) != 0;
        made.heard = (bits & 2) != 0;
        made.has_acknowledged = (bits & 4) != 0;
        made.has_sacked = (bits & 8) != 0;
        archive_writer writer;
        writer(made);
        CHECK(read_again(made, writer.written()) == (!made.is_calm || (bits & 14) == 6));
    }

    detail::evidence::side_state full; // of seven segments, and its count says that it is not
    for (std::uint32_t i = 0; i < 7; ++i) {
        full.recent.remember({.fingerprint = i + 1}, {}, detail::copy_kind::first, full.remembered);
        full.remembered.increment();
    }
    for (const bool of_few : {false, true}) {
        if (of_few) full.remembered = {};
        archive_writer writer;
        writer(full);
        CHECK(read_again(full, writer.written()) == !of_few);
    }
}

TEST_CASE("fragments that somebody made do no harm") {
    connection_table table{fixed};
    add_piece(table, 0, 64);
    add_piece(table, 128, 64);
    add_piece(table, 192, 500);
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
            add_piece(next, 0, 64);
            add_piece(next, 72, 56);
            add_piece(next, 64, 64);
        }
    }
    CHECK(restored > 100);
    connection_table whole{fixed};
    REQUIRE_FALSE(restore(whole, saved));
    CHECK(add_piece(whole, 64, 64) == packet_outcome::tcp);
}

TEST_CASE("times from either end of those that can be subtracted do no harm, whatever else was made up") {
    constexpr timestamp first = clamp_for_arithmetic(timestamp::min());
    constexpr timestamp last = clamp_for_arithmetic(timestamp::max());
    for (const auto& [then, later] : {std::pair{first, last}, std::pair{last, first}}) {
        std::uint64_t number = 0;
        const auto sent = [&](timestamp time, std::uint16_t from, std::uint32_t sequence, std::uint32_t acknowledgment,
                              std::uint16_t flags, std::uint32_t length) {
            return segment{.time = time,
                           .packet_number = ++number,
                           .source = packet_builder::at("192.0.2.1", from),
                           .destination = packet_builder::at("192.0.2.1", static_cast<std::uint16_t>(3 - from)),
                           .sequence = {sequence},
                           .acknowledgment = {acknowledgment},
                           .payload_length = length,
                           .window = 1000,
                           .flags = {flags}};
        };
        connection_table table{fixed};
        table.add(sent(then, 1, 100, 0, 0x02, 0));
        table.add(sent(then, 2, 500, 101, 0x12, 0));
        table.add(sent(then, 1, 101, 501, 0x10, 0));
        table.add(sent(then, 1, 201, 501, 0x10, 100)); // behind a hole, ...
        table.add(sent(then, 1, 101, 501, 0x10, 100)); // ... which this one fills
        const std::vector<std::byte> saved = save(table);
        std::size_t restored = 0;
        for (std::size_t at = saved_bytes::header_size; at + 4 <= saved.size(); ++at) {
            auto changed = saved;
            std::fill_n(changed.begin() + static_cast<std::ptrdiff_t>(at), 4, std::byte{0xff});
            saved_bytes::mend(changed);
            connection_table next{fixed};
            if (restore(next, changed)) continue;
            ++restored;
            next.add(sent(later, 1, 101, 501, 0x10, 100)); // once more
            next.add(sent(later, 2, 501, 301, 0x10, 0));
        }
        CHECK(restored > 100);
    }
}

namespace {

/// Says that each hundredth segment of a table is out of order.
class hundredth_rules {
public:
    struct connection_state {
        std::uint32_t judged = 0;

        static void archive(auto& ar, connection_state& of) {
            auto& [judged_] = of;
            ar(judged_);
            ar.require(judged_ > 0);
        }
    };
    static constexpr auto hooks = rule_hooks::saving;
    static constexpr std::string_view saved_as = "hundredth_rules";

    explicit hundredth_rules(std::uint32_t each = 100) : each_(each) {}

    verdict judge(const rule_input&, connection_state& of) {
        ++of.judged;
        return {.kinds = ++judged_ % each_ == 0 ? verdict_kinds::out_of_order : verdict_kinds::none};
    }

private:
    friend void archive(auto& ar, hundredth_rules& of) {
        auto& [each, judged] = of;
        ar.expect_equal("each", each);
        ar(judged);
    }

    std::uint32_t each_;
    std::uint64_t judged_ = 0;
};

/// Tells nothing that can be saved.
struct unsavable_rules {
    struct connection_state {
        int count = 0;
    };
    verdict judge(const rule_input&, connection_state&) { return {}; }
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
        said += expected.has(verdict_kinds::out_of_order);
        CHECK(resumed.add(next).verdict == expected);
    }
    CHECK(said == 3);
    basic_connection_table<hundredth_rules> others{fixed, hundredth_rules{7}};
    CHECK(restore(others, saved).value().subject == "each");
}

// Sanitizers touch memory of their own for each byte that is allocated.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEASURES_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEASURES_MEMORY 0
#endif
#endif
#if defined(__linux__) && !defined(MEASURES_MEMORY)

TEST_CASE("places without a connection take no memory of one until one is there, whatever the bytes say") {
    // As somebody would make it: an empty table, and many places that are free.
    constexpr std::uint32_t places = 200'000;
    auto bytes = save(detailed_connection_table{fixed});
    archive_writer more;
    more(places);
    std::ranges::copy(more.written(), bytes.end() - 4);
    bytes.resize(bytes.size() + places); // each is free
    archive_writer order;
    for (std::uint32_t i = 0; i < places; ++i) order(i);
    bytes.insert(bytes.end(), order.written().begin(), order.written().end());
    saved_bytes::mend(bytes);

    const auto resident = [] { // in bytes
        std::ifstream file{"/proc/self/statm"};
        std::size_t all = 0;
        std::size_t pages = 0;
        file >> all >> pages;
        return pages * 4096;
    };
    detailed_connection_table table{fixed};
    const std::size_t before = resident();
    REQUIRE_FALSE(restore(table, bytes));
    // meson makes malloc() write to all that it gives.
    if (std::getenv("MALLOC_PERTURB_") == nullptr) CHECK(resident() - before < 20 * bytes.size());

    random_traffic traffic{1};
    detailed_connection_table other{fixed};
    for (int i = 0; i < 2000; ++i) {
        const segment next = traffic.next();
        CHECK(table.add(next).verdict == other.add(next).verdict);
    }
    CHECK(table.size() == other.size());
}

#endif

TEST_CASE("a table with more connections than are wanted is an error before memory is taken, and the header tells the "
          "length") {
    connection_table stopped{fixed};
    random_traffic traffic{1};
    for (int i = 0; i < 500; ++i) stopped.add(traffic.next());
    const std::size_t count = stopped.size();
    const auto saved = save(stopped);
    connection_table fewer{fixed};
    const auto error = restore(fewer, saved, count - 1);
    REQUIRE(error);
    CHECK(to_string(error->code) == "too_many_connections");
    CHECK(error->needed == count);
    CHECK(error->available == count - 1);
    CHECK(to_string(*error) == "It has places for " + std::to_string(count) + " connections, and at most " +
                                   std::to_string(count - 1) + " are to be restored.");
    connection_table enough{fixed};
    CHECK_FALSE(restore(enough, saved, count));
    CHECK(enough.size() == count);

    connection_table untouched{fixed};
    const auto beginning = restore(untouched, std::span{saved}.first(saved_bytes::header_size));
    REQUIRE(beginning);
    CHECK(to_string(beginning->code) == "truncated");
    CHECK(beginning->needed == saved.size());
    CHECK_FALSE(restore(untouched, saved)); // it is as it was
}
