// SPDX-License-Identifier: MIT
#include "../../support/packet_builder.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/source/memory_source.hpp>
#include <tcplens/connection/observers/closing_observer.hpp>
#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/connection/zeek/zeek_observer.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> allocated_bytes{0}; ///< ever
std::atomic<bool> there_is_memory{true};

void* allocate(std::size_t size) {
    if (!there_is_memory) throw std::bad_alloc{};
    ++allocations;
    allocated_bytes += size;
    if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
    std::abort();
}

/// What malloc gave stands before what is given.
void* allocate(std::size_t size, std::align_val_t alignment) {
    std::size_t space = size + static_cast<std::size_t>(alignment);
    void* const memory = allocate(space + sizeof(void*));
    void* aligned = static_cast<void**>(memory) + 1;
    std::align(static_cast<std::size_t>(alignment), size, aligned, space);
    static_cast<void**>(aligned)[-1] = memory;
    return aligned;
}

void release(void* memory) noexcept {
    std::free(memory);
}
void release(void* memory, std::align_val_t) noexcept {
    if (memory != nullptr) std::free(static_cast<void**>(memory)[-1]);
}

} // namespace

// All forms, since a sanitizer's do not call each other.
// clang-format off
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t to) { return allocate(size, to); }
void* operator new[](std::size_t size, std::align_val_t to) { return allocate(size, to); }
void* operator new(std::size_t size, std::align_val_t to, const std::nothrow_t&) noexcept { return allocate(size, to); }
void* operator new[](std::size_t size, std::align_val_t to, const std::nothrow_t&) noexcept { return allocate(size, to); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t to) noexcept { release(memory, to); }
void operator delete[](void* memory, std::align_val_t to) noexcept { release(memory, to); }
void operator delete(void* memory, std::size_t, std::align_val_t to) noexcept { release(memory, to); }
void operator delete[](void* memory, std::size_t, std::align_val_t to) noexcept { release(memory, to); }
void operator delete(void* memory, std::align_val_t to, const std::nothrow_t&) noexcept { release(memory, to); }
void operator delete[](void* memory, std::align_val_t to, const std::nothrow_t&) noexcept { release(memory, to); }
// clang-format on

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

template <class Action>
[[nodiscard]] std::size_t allocations_in(Action&& action) {
    const std::size_t before = allocations;
    action();
    return allocations - before;
}

constexpr std::uint32_t connections = 200;

tcp_packet_options from_client(std::uint32_t number) {
    return {.source = at("192.0.2.1", static_cast<std::uint16_t>(1024 + number)), .payload_length = 100};
}

struct frames {
    std::vector<byte_vector> bytes;

    template <class Table>
    [[nodiscard]] std::size_t allocations_when_added_to(Table& table) const {
        return allocations_in([&] {
            for (const byte_vector& frame : bytes) {
                table.add({.bytes = frame, .wire_length = static_cast<std::uint32_t>(frame.size())});
            }
        });
    }
};

/// A SYN of each of the connections.
frames syns() {
    frames made;
    for (std::uint32_t number = 0; number < connections; ++number) {
        tcp_packet_options syn = from_client(number);
        syn.sequence = 999;
        syn.flags = flags::syn;
        syn.payload_length = 0;
        made.bytes.push_back(tcp_packet(syn));
    }
    return made;
}

/// Segments of all of the connections: data in any order, some of it twice, acknowledgments of anything, FIN and RST.
frames segments(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    frames made;
    for (int i = 0; i < 5000; ++i) {
        tcp_packet_options segment = from_client(static_cast<std::uint32_t>(random() % connections));
        if (random() % 3 == 0) std::swap(segment.source, segment.destination);
        segment.sequence = 1000 + static_cast<std::uint32_t>(random() % 40) * 100;
        segment.acknowledgment = 1000 + static_cast<std::uint32_t>(random() % 40) * 100;
        segment.payload_length = random() % 3 * 50;
        segment.options = sack({{segment.acknowledgment + 100, segment.acknowledgment + 200}});
        segment.window = random() % 8 == 0 ? 0 : 8192;
        if (random() % 40 == 0) segment.flags |= flags::fin;
        if (random() % 80 == 0) segment.flags |= flags::rst;
        made.bytes.push_back(tcp_packet(segment));
    }
    return made;
}

/// Segments of the connections in two fragments each, and first fragments to which nothing more comes.
frames fragments() {
    frames made;
    for (std::uint32_t number = 0; number < connections; ++number) {
        tcp_packet_options packet = from_client(number);
        packet.payload_length = 10'000;
        const byte_vector segment = tcp_segment(packet);
        const std::span first = std::span{segment}.first(800);
        packet.dont_fragment = false;
        packet.more_fragments = true;
        made.bytes.push_back(framed_ip_packet(packet, 6, first));
        packet.ip_id = static_cast<std::uint16_t>(number + 1);
        made.bytes.push_back(framed_ip_packet(packet, 6, std::span{segment}.first(10'000)));
        packet.ip_id = 0;
        packet.fragment_offset = 100;
        packet.more_fragments = false;
        made.bytes.push_back(framed_ip_packet(packet, 6, std::span{segment}.subspan(first.size())));
    }
    return made;
}

template <class Rules>
Rules made_rules() {
    return Rules{};
}
template <>
repeated_sequence_rules made_rules<repeated_sequence_rules>() {
    return repeated_sequence_rules{1000};
}
template <class Rules>
Rules bounded_rules() {
    if constexpr (std::same_as<Rules, evidence_rules>) return evidence_rules{20};
    else return made_rules<Rules>();
}

} // namespace

TEST_CASE("allocations are counted") {
    struct alignas(256) aligned {
        std::byte bytes[256];
    };
    CHECK(allocations_in([] { static_cast<void>(std::make_unique<int>(1)); }) == 1);
    CHECK(allocations_in([] { static_cast<void>(std::vector<int>(10)); }) == 1);
    CHECK(allocations_in([] { static_cast<void>(std::make_unique<int[]>(10)); }) == 1);
    CHECK(allocations_in([] { static_cast<void>(std::make_unique<aligned>()); }) == 1);
    CHECK(allocations_in([] { static_cast<void>(std::make_unique<aligned[]>(2)); }) == 1);
    CHECK(reinterpret_cast<std::uintptr_t>(std::make_unique<aligned>().get()) % alignof(aligned) == 0);
    CHECK(allocations_in([] {}) == 0);
}

TEST_CASE_TEMPLATE("a packet costs no allocation, nor does a connection that was reserved", Rules, evidence_rules,
                   repeated_sequence_rules, wireshark_rules) {
    basic_connection_table table{table_options{.hash_key = hash_key{1}}, made_rules<Rules>()};
    table.reserve(connections);
    CHECK(syns().allocations_when_added_to(table) == 0);
    CHECK(table.size() == connections);
    for (const std::uint64_t seed : {1u, 2u, 3u}) CHECK(segments(seed).allocations_when_added_to(table) == 0);
    CHECK(table.size() == connections);

    std::uint64_t retransmissions = 0;
    for (const connection& each : table) {
        retransmissions += each.client_to_server.retransmissions + each.server_to_client.retransmissions;
    }
    CHECK(retransmissions > 500);
}

TEST_CASE_TEMPLATE("a packet costs no allocation when nothing was reserved", Rules, evidence_rules, wireshark_rules) {
    basic_connection_table table{table_options{.hash_key = hash_key{1}}, made_rules<Rules>()};
    const std::size_t for_connections = syns().allocations_when_added_to(table);
    CHECK(for_connections > 0);
    CHECK(for_connections < connections / 10); // in steps
    // Nor have all of the connections been busy yet.
    CHECK(segments(1).allocations_when_added_to(table) < (std::same_as<Rules, evidence_rules> ? connections / 5 : 1));
    CHECK(segments(2).allocations_when_added_to(table) == 0);
}

TEST_CASE("Zeek's state machine costs no allocation") {
    basic_connection_table table{table_options{.hash_key = hash_key{1}}, zeek_rules{}, zeek_observer{}};
    table.reserve(connections);
    CHECK(syns().allocations_when_added_to(table) == 0);
    for (const std::uint64_t seed : {1u, 2u, 3u}) CHECK(segments(seed).allocations_when_added_to(table) == 0);
    CHECK(table.size() == connections);
}

TEST_CASE("observers cost no allocation, once they are made") {
    std::vector<time_series::time_bin> bins(100);
    basic_connection_table table{table_options{.hash_key = hash_key{1}},
                                 evidence_rules{},
                                 opening_observer{},
                                 closing_observer{},
                                 wireshark_round_trips{},
                                 time_series_observer{bins}};
    table.reserve(connections);
    CHECK(syns().allocations_when_added_to(table) == 0);
    CHECK(segments(1).allocations_when_added_to(table) == 0);
    CHECK(table.size() == connections);
}

TEST_CASE("a packet that is not TCP costs no allocation") {
    connection_table table{{.decoding = {.reassembly = {.max_packets = 0}}}}; // fragments that are kept do
    const frames others{{framed_ip_packet({}, 17, byte_vector(8)), link_frame({}, 0x0806, byte_vector(28)),
                         framed_ip_packet({.fragment_offset = 2}, 6, tcp_segment({})), byte_vector(10)}};
    CHECK(others.allocations_when_added_to(table) == 0);
    CHECK(table.statistics().packets == 4);
    CHECK(table.statistics().tcp == 0);
}

TEST_CASE("several tables allocate for each call and for connections, not for packets") {
    const frames some = segments(1);
    std::vector<packet> once;
    for (const byte_vector& frame : some.bytes) {
        once.push_back({.bytes = frame, .wire_length = static_cast<std::uint32_t>(frame.size())});
    }
    std::vector<packet> thrice;
    for (int i = 0; i < 3; ++i) thrice.insert(thrice.end(), once.begin(), once.end());
    capture_writer::pcap_writer pcap;
    for (const packet& each : thrice) pcap.add(each);
    parallel_connection_table table{3};
    table.add_all(once);
    table.add_all(thrice);
    const std::size_t in_a_call = allocations_in([&] { table.add_all(once); });
    CHECK(in_a_call < 20);
    CHECK(allocations_in([&] { table.add_all(thrice); }) == in_a_call);
    CHECK(allocations_in([&] { table.add_all(capture_reader{memory_source{pcap.bytes()}}); }) == in_a_call);
}

TEST_CASE("another connection between the same endpoints costs no allocation if it was reserved") {
    connection_table table;
    table.reserve(100);
    frames incarnations;
    for (std::uint32_t i = 0; i < 100; ++i) {
        incarnations.bytes.push_back(tcp_packet({.sequence = i * 1'000'000, .flags = flags::syn}));
        incarnations.bytes.push_back(tcp_packet({.sequence = i * 1'000'000 + 1, .flags = flags::rst}));
    }
    CHECK(incarnations.allocations_when_added_to(table) == 0);
    CHECK(table.size() == 100);
}

TEST_CASE("a connection takes no more memory than it may, all in") {
    constexpr std::size_t count = std::size_t{1} << 14; // the index is as full as it gets
    const auto bytes_each = [](auto table) {
        const std::size_t before = allocated_bytes;
        table.reserve(count);
        return (allocated_bytes - before) / count;
    };
    CHECK(bytes_each(connection_table{{}, evidence_rules{0}}) <= 1024);
    CHECK(bytes_each(basic_connection_table{{}, repeated_sequence_rules{1}}) <= 512);
}

TEST_CASE("several tables with a bound have the memory for fragments once") {
    const auto bytes_with = [](std::size_t max_packets) {
        table_options options{.max_connections = 1};
        options.decoding.reassembly.max_packets = max_packets;
        const std::size_t before = allocated_bytes;
        const parallel_connection_table table{4, options};
        return allocated_bytes - before;
    };
    const std::size_t of_fragments = bytes_with(10) - bytes_with(0);
    CHECK(of_fragments >= 10 * 65'535);
    CHECK(of_fragments < 2 * 10 * 65'535);
}

TEST_CASE_TEMPLATE("a table with a bound allocates nothing once it is made, whoever comes and goes", Rules,
                   evidence_rules, repeated_sequence_rules) {
    basic_connection_table table{{.max_connections = 50}, bounded_rules<Rules>()};
    std::vector<std::pair<timestamp, byte_vector>> packets;
    timestamp now{};
    for (const std::uint64_t seed : {1u, 2u}) {
        for (const frames& some : {syns(), fragments(), segments(seed)}) {
            for (const byte_vector& frame : some.bytes)
                packets.emplace_back(now += std::chrono::milliseconds{20}, frame);
        }
    }
    std::uint64_t left = 0;
    const auto count = [&](const connection&, end_reason) { ++left; };
    CHECK(allocations_in([&] {
              for (const auto& [time, frame] : packets)
                  table.add(time, link_type::ethernet, frame, frame.size(), count);
              table.expire(now + std::chrono::minutes{2}, count);
              table.flush(count);
          }) == 0);
    CHECK(left == table.counters().begun);
    CHECK(table.counters().ended(end_reason::evicted) > 100);
    CHECK(table.counters().ended(end_reason::reset) > 0);
    CHECK(table.counters().ended(end_reason::idle) > 0);
    CHECK(table.reassembly().reassembled > 100);
    CHECK(table.reassembly().evicted > 100);
}

TEST_CASE("a table with a bound allocates nothing once it has taken in a saved one") {
    const table_options bound{.max_connections = 300};
    basic_connection_table table{bound, repeated_sequence_rules{1000}};
    CHECK(syns().allocations_when_added_to(table) == 0);
    CHECK(fragments().allocations_when_added_to(table) == 0);
    basic_connection_table resumed{bound, repeated_sequence_rules{1000}};
    CHECK(!restore(resumed, save(table)));
    for (const frames& some : {fragments(), segments(1)}) CHECK(some.allocations_when_added_to(resumed) == 0);
    CHECK(resumed.reassembly().reassembled == 2 * table.reassembly().reassembled);
}

TEST_CASE("to take what ends costs no allocation for connections for which there is room") {
    connection_table table;
    table.reserve(connections);
    const frames made = syns();
    std::size_t ended = 0;
    const auto count = [&](const connection&, end_reason) { ++ended; };
    CHECK(allocations_in([&] {
              for (const byte_vector& frame : made.bytes)
                  table.add(timestamp{}, link_type::ethernet, frame, frame.size(), count);
              table.expire(timestamp{std::chrono::hours{1}}, count);
          }) == 0);
    CHECK(ended == connections);
}

TEST_CASE("where there was no memory for the queues of those that end, they end when there is") {
    connection_table table;
    CHECK(syns().allocations_when_added_to(table) > 0);
    std::size_t ended = 0;
    const auto count = [&](const connection&, end_reason) { ++ended; };
    there_is_memory = false;
    bool failed = false;
    try {
        table.expire(timestamp{std::chrono::hours{1}}, count);
    } catch (const std::bad_alloc&) {
        failed = true;
    }
    there_is_memory = true;
    CHECK(failed);
    CHECK(ended == 0);
    table.expire(timestamp{std::chrono::hours{1}}, count);
    CHECK(ended == connections);
}

TEST_CASE("to read a capture in memory and to follow its connections costs no allocation") {
    capture_writer::pcap_writer pcap;
    capture_writer::pcapng_writer pcapng;
    pcapng.interface();
    for (const frames& some : {syns(), segments(1)}) {
        for (const byte_vector& frame : some.bytes) {
            pcap.record(1, 0, frame);
            pcapng.enhanced(0, 1'000'000, frame);
        }
    }
    for (const byte_vector& file : {pcap.bytes(), pcapng.bytes()}) {
        connection_table table;
        table.reserve(connections);
        capture_reader reader{memory_source{file}};
        auto packet = reader.begin();
        CHECK(allocations_in([&] {
                  for (; packet != reader.end(); ++packet) table.add(*packet);
              }) == 0);
        CHECK(table.statistics().tcp == connections + 5000);
        CHECK(!reader.error());
    }
}
