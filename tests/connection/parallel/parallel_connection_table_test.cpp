// SPDX-License-Identifier: MIT
#include <tcplens/connection/parallel/parallel_connection_table.hpp>

#include "../../support/packet_builder.hpp"
#include "../../support/story.hpp"

#include <tcplens/analysis.hpp>
#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>
#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <tcplens/connection/table/table_access.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <new>
#include <random>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using namespace packet_builder;
using capture_writer::counting;

static_assert(std::ranges::forward_range<parallel_connection_table>);
static_assert(std::ranges::sized_range<parallel_connection_table>);
static_assert(std::is_same_v<std::ranges::range_reference_t<parallel_connection_table>, const connection&>);
static_assert(connection_range<parallel_connection_table>);

// These look at the packets of all connections, of which a table has but a part.
static_assert(looks_at_one_connection<evidence_rules> && looks_at_one_connection<wireshark_rules>);
static_assert(!looks_at_one_connection<zeek_rules> && !looks_at_one_connection<time_series_observer>);

namespace {

constexpr std::size_t table_counts[]{1, 2, 3, 4, 7, 16};

/// Packets and their bytes.
class made_capture {
public:
    void add(const byte_vector& frame, link_type link = link_type::ethernet, std::size_t snapshot_length = 100'000) {
        bytes_.push_back(frame);
        bytes_.back().resize(std::min(frame.size(), snapshot_length));
        bytes_.back().shrink_to_fit();
        now_ += 1ms;
        packets_.push_back({.time = now_,
                            .bytes = bytes_.back(), // its heap memory stays where it is when bytes_ grows
                            .wire_length = static_cast<std::uint32_t>(frame.size()),
                            .link = link,
                            .number = packets_.size() + 1});
    }
    /// The last one has no time.
    void take_time() {
        packets_.back().time = {};
        packets_.back().has_time = false;
    }
    void after(std::chrono::nanoseconds duration) { now_ += duration; }

    [[nodiscard]] const std::vector<packet>& packets() const { return packets_; }

private:
    timestamp now_{1'700'000'000s};
    std::vector<byte_vector> bytes_{};
    std::vector<packet> packets_{};
};

/// Walks through packets once; the bytes of each are overwritten when the next one is read.
class passing_packets {
public:
    explicit passing_packets(std::span<const packet> from) : left_(from) {}

    const packet* next() {
        std::ranges::fill(bytes_, std::byte{0xee});
        if (left_.empty()) return nullptr;
        current_ = left_.front();
        left_ = left_.subspan(1);
        bytes_.assign(current_.bytes.begin(), current_.bytes.end());
        current_.bytes = bytes_;
        return &current_;
    }
    [[nodiscard]] packet_iterator<passing_packets> begin() { return packet_iterator<passing_packets>{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    std::span<const packet> left_;
    packet current_{};
    std::vector<std::byte> bytes_{};
};

/// A bit of everything: many connections, some after one another on the same ports, and packets of each kind that a table has
/// to tell from the others. `alone`: without those of which it depends on earlier ones what they are.
made_capture everything(std::uint64_t seed, std::size_t packets, bool alone = false) {
    std::mt19937_64 random{seed};
    const auto one_in = [&](unsigned count) { return random() % count == 0; };
    constexpr std::uint16_t hosts = 40;
    struct host_pair {
        std::uint32_t sent[2]{};
        bool open = false;
    };
    std::vector<host_pair> pairs(hosts);
    std::vector<byte_vector> late; // fragments
    made_capture made;
    std::uint16_t id = 0;
    while (made.packets().size() < packets) {
        const std::size_t before = made.packets().size();
        const auto which = static_cast<std::uint16_t>(random() % hosts);
        host_pair& pair = pairs[which];
        const bool v6 = which % 4 == 3;
        tcp_packet_options next;
        next.source = at(v6 ? "2001:db8::1" : "192.0.2.1", static_cast<std::uint16_t>(40000 + which));
        next.destination = at(v6 ? "2001:db8::2" : "198.51.100.1", 443);
        next.ip_id = ++id;
        std::size_t from = random() % 2;
        if (!pair.open || one_in(40)) { // another incarnation, or a SYN out of nowhere
            from = 0;
            pair.sent[0] += static_cast<std::uint32_t>(random());
            pair.sent[1] += static_cast<std::uint32_t>(random());
            next.flags = flags::syn;
            pair.open = true;
        } else if (one_in(30)) {
            next.flags = one_in(2) ? flags::rst : flags::fin | flags::ack;
            pair.open = !one_in(2);
        } else {
            next.payload_length = random() % 3 * 100;
        }
        next.sequence = pair.sent[from] - (one_in(10) ? 100 : 0); // some again
        next.acknowledgment = pair.sent[1 - from];
        pair.sent[from] += static_cast<std::uint32_t>(next.payload_length) + ((next.flags & 3) != 0);
        if (one_in(20)) pair.sent[from] += 100; // a gap
        if (from == 1) std::swap(next.source, next.destination);
        if (one_in(3)) next.vlan_tags = {{.control = static_cast<std::uint16_t>(1 + which % 2)}};

        byte_vector frame = tcp_packet(next);
        switch (random() % 16 + (alone ? 2 : 0)) {
        case 0: // in fragments, some of which come later or never
            next.payload_length = 200;
            for (std::size_t begin = 0; begin < 220; begin += 80) {
                if (one_in(4)) late.push_back(framed_tcp_fragment(next, begin, begin + 80));
                else if (!one_in(20)) made.add(framed_tcp_fragment(next, begin, begin + 80));
                if (one_in(10)) made.take_time();
            }
            continue;
        case 1:
            made.add(frame);
            made.take_time();
            break;
        case 2: made.add(ethernet_frame(static_cast<std::uint16_t>(0x9000 + random() % 100), counting(40))); break;
        case 3: made.add(framed_ip_packet({}, static_cast<std::uint8_t>(100 + random() % 20), counting(20))); break;
        case 4: made.add(frame, link_type::ethernet, 20 + random() % 40); break;
        case 5: made.add(frame, link_type{147}); break;
        case 6:
            frame[14] = std::byte{0x55}; // version five
            made.add(frame);
            break;
        case 7: // in a tunnel: IP in IP (RFC 2003), and Ethernet in VXLAN (RFC 7348)
            next.vlan_tags = {};
            if (one_in(2)) made.add(framed_ip_packet({.ip_id = id}, v6 ? 41 : 4, tcp_ip_packet(next)));
            else
                made.add(framed_ip_packet(
                    {}, 17, udp_datagram(50000, 4789, join({hex("08000000 00000700"), tcp_packet(next)}))));
            break;
        case 8:
            frame.back() ^= std::byte{1}; // its checksum is wrong, if it had any data
            made.add(frame);
            if (!alone && one_in(3)) made.take_time();
            break;
        case 9:
            if (alone) break;
            // UDP that is no tunnel is not waited for
            made.add(framed_ip_packet({.ip_id = id, .dont_fragment = false, .more_fragments = true}, 17,
                                      udp_datagram(7, 7, counting(8))));
            if (one_in(2)) {
                made.add(
                    framed_ip_packet({.ip_id = id, .dont_fragment = false, .fragment_offset = 2}, 17, counting(16)));
            }
            if (!late.empty()) {
                const std::size_t one = random() % late.size();
                made.add(late[one]);
                late.erase(late.begin() + static_cast<std::ptrdiff_t>(one));
            }
            break;
        default: made.add(frame); break;
        }
        if (one_in(500)) made.after(70s); // fragments are given up
        if (!alone && one_in(50) && made.packets().size() > before) made.take_time();
    }
    return made;
}

template <class Table, class Other>
void check_same(const Table& one, const Other& other) {
    CHECK(one.statistics() == other.statistics());
    CHECK(one.reassembly() == other.reassembly());
    REQUIRE(one.size() == other.size());
    CHECK(one.empty() == other.empty());
    CHECK(std::ranges::equal(one, other));
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (one[i] == other[i]) continue;
        CAPTURE(i);
        REQUIRE(other[i].number == i);
        FAIL("the connections differ");
    }
}

/// Several tables that copy the bytes of packets come to what one table does.
void check_copied(const made_capture& made, std::size_t tables) {
    connection_table one;
    one.add_all(made.packets());
    parallel_connection_table many{tables};
    many.add_all(passing_packets{made.packets()});
    check_same(one, many);
}

/// One table says the same as any number of them, whether the bytes stay or have to be copied, at one go or in three.
template <class Rules, class... Observers>
void check_any_number(std::span<const packet> packets, table_options options = {}) {
    basic_connection_table<Rules, Observers...> one{options, Rules{}, Observers{}...};
    for (const packet& each : packets) one.add(each);
    REQUIRE(one.size() > 0);
    for (const std::size_t count : table_counts) {
        CAPTURE(count);
        options.hash_key = hash_key{count};
        using table_type = basic_parallel_connection_table<Rules, Observers...>;
        table_type many{count, options, Rules{}, Observers{}...};
        CHECK(many.tables() == count);
        many.add_all(packets);
        check_same(one, many);

        table_type in_parts{count, options, Rules{}, Observers{}...};
        const std::size_t third = packets.size() / 3;
        in_parts.add_all(packets.first(third));
        CHECK_FALSE(in_parts.empty());
        in_parts.add_all(passing_packets{packets.subspan(third, 100)});
        in_parts.add_all(packets.subspan(third + 100));
        check_same(one, in_parts);

        table_type copying{count, options, Rules{}, Observers{}...};
        copying.add_all(passing_packets{packets});
        check_same(one, copying);
    }
}

constexpr std::size_t enough = 5 * partitioned_packets::capacity + 77;

} // namespace

TEST_CASE("parallel table: the capture of these tests has fragments, packets without a time and all outcomes") {
    const made_capture made = everything(1, enough);
    connection_table table{{.decoding = {.verify_checksums = true}, .ignore_bad_checksums = true}};
    std::set<std::string> outcomes;
    for (const packet& each : made.packets()) outcomes.emplace(to_string(table.add(each).outcome));
    CHECK(outcomes.size() == 6);
    const decode_statistics& counted = table.statistics();
    CHECK(counted.tcp > enough / 3);
    CHECK(counted.bad_checksums > 20);
    CHECK(counted.undecoded.others() > 0);
    const reassembly_statistics& fragments = table.reassembly();
    CHECK(fragments.reassembled > 20);
    CHECK(fragments.expired + fragments.evicted > 20);
    CHECK(table.size() > 100);
    std::uint64_t retransmissions = 0;
    for (const connection& each : table) retransmissions += each.client_to_server.retransmissions;
    CHECK(retransmissions > 20);
}

TEST_CASE_TEMPLATE("parallel table: any number of tables gives the result of one table", Rules, evidence_rules,
                   wireshark_rules, repeated_sequence_rules) {
    const made_capture made = everything(2, enough);
    check_any_number<Rules>(made.packets());
}

TEST_CASE("parallel table: any number of tables gives the result of one table, with other options too") {
    const made_capture made = everything(3, enough);
    check_any_number<evidence_rules>(made.packets(), {.decoding = {.verify_checksums = true, .identify_networks = true},
                                                      .ignore_bad_checksums = true});
    check_any_number<evidence_rules>(
        made.packets(),
        {.split_incarnations = false,
         .decoding = {.tunnels = tunnel_set::none, .reassembly = {.max_packets = 3, .max_bytes = 300}}});
}

TEST_CASE("parallel table: chunks without fragments, followed by a packet that depends on them, give the result of one "
          "table") {
    const table_options options{.decoding = {.verify_checksums = true}, .ignore_bad_checksums = true};
    made_capture made = everything(6, 2 * partitioned_packets::capacity - 1, true);
    const tcp_packet_options of{.payload_length = 10};
    SUBCASE("a segment") {
        made.add(tcp_packet(of));
    }
    SUBCASE("a segment that is passed over") {
        byte_vector bad = tcp_packet(of);
        bad.back() ^= std::byte{1};
        made.add(bad);
    }
    SUBCASE("no segment") {
        made.add(counting(3));
    }
    REQUIRE(made.packets().size() == 2 * partitioned_packets::capacity);
    made.add(tcp_packet({.source = at("192.0.2.77", 1), .payload_length = 10}));
    made.take_time(); // it counts as captured at the time of the last segment, in the chunk before
    check_any_number<evidence_rules>(made.packets(), options);
}

TEST_CASE("parallel table: observers give the facts that they give in one table") {
    const made_capture made = everything(4, enough);
    check_any_number<evidence_rules, opening_observer, closing_observer, profile_observer, time_observer, zeek_observer,
                     skew_observer, irregularity_observer>(made.packets());
}

TEST_CASE("parallel table: tables that are larger than the caches give the result of one table") {
    made_capture made;
    std::mt19937 random(7);
    const auto add = [&](std::uint32_t number, std::uint16_t bits) {
        tcp_packet_options next{.source = at("192.0.2.1", static_cast<std::uint16_t>(1 + number)),
                                .destination = at("198.51.100.1", 443),
                                .sequence = static_cast<std::uint32_t>(random() % 50 * 100),
                                .acknowledgment = static_cast<std::uint32_t>(random() % 50 * 100),
                                .flags = bits,
                                .payload_length = random() % 2 * 10};
        if (random() % 2 == 0) std::swap(next.source, next.destination);
        made.add(tcp_packet(next));
    };
    constexpr std::uint32_t connections = 22'000;
    for (std::uint32_t number = 0; number < connections; ++number) add(number, flags::ack);
    for (int i = 0; i < 20'000; ++i)
        add(static_cast<std::uint32_t>(random() % connections), random() % 8 == 0 ? flags::syn : flags::ack);
    connection_table one, half;
    for (const packet& each : made.packets()) one.add(each);
    for (const packet& each : std::span{made.packets()}.first(connections / 2 - 500)) half.add(each);
    REQUIRE(!table_access::stays_cached(half)); // nor does that of the other half
    parallel_connection_table two{2};
    two.add_all(made.packets());
    check_same(one, two);
}

TEST_CASE("parallel table: stories and recorded captures give the result of one table") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (std::int64_t sequence = 1; sequence < 1001; sequence += 100) client.sends(sequence, 100);
    s.after(200ms);
    client.sends(1, 100).expect(verdict_kinds::retransmission);
    server.acks(1001);
    client.fins();
    server.fins();
    s.established({.client_port = 40001});
    auto again = s.hosts({.client_ahead = 1000, .server_ahead = 77});
    again.client.syn().expect(verdict_kinds::reused_ports);
    again.server.syn_ack();
    again.client.sends(1, 100);
    connection_table of_story;
    of_story.add_all(capture_reader{std::span{s.capture()}});
    CHECK(of_story.size() == 3);
    for (const std::size_t count : table_counts) {
        parallel_connection_table many{count};
        many.add_all(capture_reader{std::span{s.capture()}});
        check_same(of_story, many);
    }

    std::size_t captures = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{"tests/data"}) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".pcap" && extension != ".pcapng") continue;
        ++captures;
        CAPTURE(entry.path().string());
        detailed_connection_table one;
        capture_file file{entry.path()};
        one.add_all(file);
        for (const std::size_t count : table_counts) {
            using table_type =
                basic_parallel_connection_table<evidence_rules, opening_observer, closing_observer, profile_observer,
                                                time_observer, zeek_observer, skew_observer, irregularity_observer>;
            table_type many{count};
            many.add_all(capture_file{entry.path()});
            check_same(one, many);
            table_type streamed{count};
            std::ifstream in{entry.path(), std::ios::binary};
            const std::string held{std::istreambuf_iterator<char>{in}, {}};
            capture_reader stream{std::as_bytes(std::span{held})};
            static_assert(decltype(stream)::bytes_stay() && !capture_file::bytes_stay());
            streamed.add_all(stream);
            CHECK_FALSE(stream.error());
            CHECK(stream.packets() == file.packets());
            check_same(one, streamed);
        }
    }
    CHECK(captures > 1);
}

TEST_CASE("partitioned packets: a chunk of copied packets ends after a mebibyte") {
    // More than a mebibyte in each chunk, if it had all of its packets.
    made_capture made;
    for (std::uint32_t i = 0; i < 2 * partitioned_packets::capacity; ++i) {
        made.add(tcp_packet({.source = at("192.0.2.1", static_cast<std::uint16_t>(40000 + i % 7)),
                             .sequence = i / 7 * 3000,
                             .payload_length = 3000}));
    }
    check_copied(made, 3);

    const auto chunk = std::make_unique<partitioned_packets>(1);
    passing_packets all{made.packets()};
    auto next = all.begin();
    CHECK_FALSE(chunk->read(next, all.end(), true));
    CHECK(next->number == (std::size_t{1} << 20) / made.packets()[0].bytes.size() + 1); // what has no room comes next
}

TEST_CASE("partitioned packets: a packet of more than a mebibyte has a chunk of its own") {
    made_capture made;
    for (std::uint32_t i = 0; i < 6; ++i) {
        byte_vector bytes =
            tcp_packet({.source = at("192.0.2.1", 40000), .sequence = i * 1000, .payload_length = 1000});
        if (i % 3 == 1) bytes.resize((std::size_t{1} << 20) + i); // filled up behind the segment
        made.add(bytes, link_type::ethernet, bytes.size());
    }
    check_copied(made, 2);

    const auto chunk = std::make_unique<partitioned_packets>(1);
    passing_packets all{made.packets()};
    auto next = all.begin();
    for (const std::uint64_t begin : {2u, 3u, 5u, 6u}) {
        CHECK_FALSE(chunk->read(next, all.end(), true));
        CHECK(next->number == begin);
    }
    CHECK(chunk->read(next, all.end(), true));
}

TEST_CASE("partitioned packets: tables get about as many connections each, with hashes spread evenly") {
    constexpr std::uint32_t connections = 20000;
    for (const std::uint32_t tables : {2u, 3u, 16u, 256u}) {
        const partitioned_packets::dealing how{.tables = tables};
        std::vector<std::vector<std::uint32_t>> hashes(tables);
        for (std::uint32_t i = 0; i < connections; ++i) {
            const segment next{.source = at("192.0.2.1", static_cast<std::uint16_t>(i)),
                               .destination = at("198.51.100.1", 443)};
            const std::uint32_t hash = connection_table::hash_of(next, hash_key{5});
            hashes[how.table_of(hash)].push_back(hash);
        }
        const double even = double{connections} / tables;
        for (const auto& of_table : hashes) {
            CHECK(static_cast<double>(of_table.size()) > even - 5 * std::sqrt(even));
            CHECK(static_cast<double>(of_table.size()) < even + 5 * std::sqrt(even));
        }
        // In 64 slots of an index, chosen by their upper bits, are as many of a table as in others.
        std::vector<std::size_t> slots(64);
        for (const std::uint32_t hash : hashes[0]) ++slots[hash >> 26];
        const double each = static_cast<double>(hashes[0].size()) / 64;
        if (each > 30) CHECK(static_cast<double>(std::ranges::max(slots)) < each + 6 * std::sqrt(each));
    }
}

TEST_CASE("parallel table: the number of tables has a limit, and a table without packets is empty") {
    CHECK(parallel_connection_table{}.tables() >= 1);
    CHECK(parallel_connection_table{1000}.tables() == parallel_connection_table::max_tables);
    parallel_connection_table table{2};
    CHECK(table.empty());
    CHECK(table.begin() == table.end());
    table.add_all(std::vector<packet>{});
    CHECK(table.empty());
    CHECK(table.statistics() == decode_statistics{});

    const made_capture made = everything(5, 100);
    table.add_all(made.packets());
    parallel_connection_table moved = std::move(table);
    connection_table one;
    for (const packet& each : made.packets()) one.add(each);
    check_same(one, moved);
    CHECK(analyze_retransmissions(moved).total_packets == one.statistics().tcp);
}

namespace {

/// Packets with the numbers from 1 to `count`; behind the one before `last`, memory is not there.
struct failing_packets {
    struct iterator {
        using value_type = packet;
        using difference_type = std::ptrdiff_t;

        const failing_packets* of = nullptr;
        packet made{};

        const packet& operator*() const { return made; }
        iterator& operator++() {
            if (++made.number == of->last) throw std::bad_alloc{};
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return made.number > of->count; }
    };

    byte_vector frame = tcp_packet({.source = at("10.0.0.1", 40000), .destination = at("10.0.0.2", 80)});
    std::uint64_t count = 40'000;
    std::uint64_t last = 0;

    [[nodiscard]] iterator begin() const {
        iterator first{.of = this, .made = {.time = {}, .bytes = frame, .link = link_type::ethernet}};
        first.made.wire_length = static_cast<std::uint32_t>(frame.size());
        ++first;
        return first;
    }
    [[nodiscard]] static std::default_sentinel_t end() { return {}; }
};

} // namespace

TEST_CASE("parallel: what the range throws in any thread is thrown by add_all(), and ends no program") {
    for (const std::size_t tables : table_counts) {
        for (const std::uint64_t last : {1u, 2u, 5'000u, 20'000u}) {
            parallel_connection_table table{tables};
            CHECK_THROWS_AS(table.add_all(failing_packets{.last = last}), std::bad_alloc);
            table = parallel_connection_table{tables};
            table.add_all(failing_packets{.count = 1'000});
            CHECK(table.size() == 1);
        }
    }
}
