// SPDX-License-Identifier: MIT
// What each part costs by itself, in memory that is warm: the readers, decoding by link type, the hash, the index, the rule
// sets, the analyses. `--benchmark_filter=decode` measures one of them.
#include "workload.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/tcplens.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using bytes = std::vector<std::byte>;

constexpr std::uint64_t packet_count = 20'000;

/// 2,000 connections, of which 500 are open at a time.
const workload::shape shape{
    .packets = packet_count, .connections = packet_count / 10, .open = 500, .sent_again_per_thousand = 5};

/// Has the time of one packet (connection, record) printed, of so many in an iteration.
void count_each(benchmark::State& state, std::size_t in_iteration) {
    state.counters["each"] = benchmark::Counter(
        static_cast<double>(in_iteration), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Not std::vector::insert, of which g++ 12 warns here at -O3 without cause.
void append(bytes& to, std::span<const std::byte> some) {
    to.resize(to.size() + some.size());
    if (!some.empty()) std::memcpy(to.data() + to.size() - some.size(), some.data(), some.size());
}

// Readers.

bytes pcap_capture() {
    bytes file;
    workload::write_pcap(shape, [&](std::span<const std::byte> some) { append(file, some); });
    return file;
}

/// A section, an interface of microseconds, an Enhanced Packet Block each.
bytes pcapng_capture() {
    bytes file;
    const auto put = [&](auto... fields) {
        for (const std::uint32_t field : {static_cast<std::uint32_t>(fields)...}) {
            file.resize(file.size() + 4);
            workload::byte_writer{file.data() + file.size() - 4}.put(field, std::endian::little);
        }
    };
    put(0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 1U, 0xffffffffU, 0xffffffffU, 28U);
    put(1U, 20U, 1U, 0U, 20U);
    workload::generate(
        shape, [&](std::uint64_t microseconds, std::span<const std::byte> captured, std::uint32_t wire_length) {
            const std::size_t padded = (captured.size() + 3) / 4 * 4;
            put(6U, padded + 32, 0U, microseconds >> 32, microseconds & 0xffffffff, captured.size(), wire_length);
            append(file, captured);
            file.resize(file.size() + padded - captured.size());
            put(padded + 32);
        });
    return file;
}

template <class Source>
void read_all(benchmark::State& state, Source source) {
    tcplens::capture_reader reader{std::move(source)};
    for (const tcplens::packet& packet : reader) benchmark::DoNotOptimize(packet.bytes.data());
    if (reader.packets() != packet_count) state.SkipWithError("not the packets that were written");
}

template <bytes (*Capture)()>
void read_mapped(benchmark::State& state) {
    const bytes file = Capture();
    for (auto _ : state) read_all(state, tcplens::memory_source{file});
    count_each(state, packet_count);
}
BENCHMARK(read_mapped<pcap_capture>);
BENCHMARK(read_mapped<pcapng_capture>);

template <bytes (*Capture)()>
void read_stream(benchmark::State& state) {
    const bytes file = Capture();
    for (auto _ : state) {
        std::span<const std::byte> left{file};
        read_all(state, tcplens::stream_source{[&left](std::span<std::byte> buffer) {
                     const std::size_t count = std::min(left.size(), buffer.size());
                     std::memcpy(buffer.data(), left.data(), count);
                     left = left.subspan(count);
                     return count;
                 }});
    }
    count_each(state, packet_count);
}
BENCHMARK(read_stream<pcap_capture>);
BENCHMARK(read_stream<pcapng_capture>);

// Decoding.

/// What stands before the IPv4 packet of a workload's frame, in the place of its Ethernet header.
struct framing {
    tcplens::link_type link;
    std::string_view before_ip;
};

using namespace std::string_view_literals;
using tcplens::link_type;

constexpr framing ethernet{link_type::ethernet, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0"sv};
constexpr framing vlan{link_type::ethernet, "\2\0\0\0\0\2\2\0\0\0\0\1\x81\0\0\1\x08\0"sv};
constexpr framing raw{link_type::raw, ""sv};
constexpr framing ipv4{link_type::ipv4, ""sv};
constexpr framing null{link_type::null, "\2\0\0\0"sv};
constexpr framing linux_sll{link_type::linux_sll, "\0\4\0\1\0\6\2\0\0\0\0\1\0\0\x08\0"sv};
constexpr framing linux_sll2{link_type::linux_sll2, "\x08\0\0\0\0\0\0\2\0\1\4\6\2\0\0\0\0\1\0\0"sv};

/// The packets of a workload, and the memory that they are views of.
class framed_packets {
public:
    explicit framed_packets(const framing& how) {
        std::vector<std::size_t> begins;
        workload::generate(
            shape, [&](std::uint64_t microseconds, std::span<const std::byte> captured, std::uint32_t wire_length) {
                begins.push_back(memory_.size());
                const auto header = std::as_bytes(std::span{how.before_ip});
                append(memory_, header);
                append(memory_, captured.subspan(ethernet_length));
                packets_.push_back(
                    {.time = tcplens::timestamp{std::chrono::microseconds{microseconds}},
                     .wire_length = static_cast<std::uint32_t>(wire_length - ethernet_length + header.size()),
                     .link = how.link,
                     .number = packets_.size() + 1});
            });
        begins.push_back(memory_.size());
        for (std::size_t i = 0; i < packets_.size(); ++i) {
            packets_[i].bytes = std::span{memory_}.subspan(begins[i], begins[i + 1] - begins[i]);
        }
    }

    [[nodiscard]] const std::vector<tcplens::packet>& packets() const { return packets_; }

    [[nodiscard]] std::vector<tcplens::segment> segments() const {
        std::vector<tcplens::segment> found(packets_.size());
        for (std::size_t i = 0; i < packets_.size(); ++i) static_cast<void>(tcplens::decode(packets_[i], found[i]));
        return found;
    }

private:
    static constexpr std::size_t ethernet_length = 14;

    bytes memory_{};
    std::vector<tcplens::packet> packets_{};
};

template <const framing& How>
void decode(benchmark::State& state) {
    const framed_packets frames{How};
    tcplens::segment segment;
    for (auto _ : state) {
        for (const tcplens::packet& packet : frames.packets()) {
            if (tcplens::decode(packet, segment) != tcplens::packet_outcome::tcp) state.SkipWithError("not TCP");
            benchmark::DoNotOptimize(segment);
        }
    }
    count_each(state, packet_count);
}
BENCHMARK(decode<ethernet>)->Name("decode<ethernet>");
BENCHMARK(decode<vlan>)->Name("decode<vlan>");
BENCHMARK(decode<raw>)->Name("decode<raw>");
BENCHMARK(decode<ipv4>)->Name("decode<ipv4>");
BENCHMARK(decode<null>)->Name("decode<null>");
BENCHMARK(decode<linux_sll>)->Name("decode<linux_sll>");
BENCHMARK(decode<linux_sll2>)->Name("decode<linux_sll2>");

// Finding the connection.

void hash_tuple(benchmark::State& state) {
    const std::vector<tcplens::segment> segments = framed_packets{ethernet}.segments();
    const tcplens::hash_key key{1};
    for (auto _ : state) {
        for (const tcplens::segment& each : segments) {
            benchmark::DoNotOptimize(tcplens::detail::tuple_hash::of(each.source, each.destination, key));
        }
    }
    count_each(state, segments.size());
}
BENCHMARK(hash_tuple);

std::vector<std::uint32_t> hashes(std::size_t count) {
    workload::random_numbers random;
    std::vector<std::uint32_t> made(count);
    for (std::uint32_t& each : made) each = random.below(std::uint64_t{1} << 32);
    return made;
}

/// Of so many records.
void index_find(benchmark::State& state) {
    const auto held = hashes(static_cast<std::size_t>(state.range()));
    tcplens::detail::connection_index index;
    for (std::uint32_t record = 0; record < held.size(); ++record) index.insert(held[record], record);
    workload::random_numbers random;
    std::vector<std::uint32_t> sought(packet_count);
    for (std::uint32_t& each : sought) each = held[random.below(held.size())];
    for (auto _ : state) {
        for (const std::uint32_t hash : sought) {
            benchmark::DoNotOptimize(index.find(hash, [](std::uint32_t) { return true; }));
        }
    }
    count_each(state, sought.size());
}
BENCHMARK(index_find)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

/// From an empty index, which grows.
void index_insert(benchmark::State& state) {
    const auto inserted = hashes(static_cast<std::size_t>(state.range()));
    for (auto _ : state) {
        tcplens::detail::connection_index index;
        for (std::uint32_t record = 0; record < inserted.size(); ++record) index.insert(inserted[record], record);
    }
    count_each(state, inserted.size());
}
BENCHMARK(index_insert)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

// Rules and the table: decoded segments, so that reading and decoding cost nothing here.

template <class Rules>
void follow(benchmark::State& state) {
    const std::vector<tcplens::segment> segments = framed_packets{ethernet}.segments();
    for (auto _ : state) {
        state.PauseTiming();
        tcplens::basic_connection_table<Rules> table;
        table.reserve(shape.connections + shape.open);
        state.ResumeTiming();
        for (const tcplens::segment& each : segments) benchmark::DoNotOptimize(table.add(each).verdict);
        if (table.statistics().tcp != segments.size()) state.SkipWithError("not the segments that were added");
    }
    count_each(state, segments.size());
}
BENCHMARK(follow<tcplens::evidence_rules>);
BENCHMARK(follow<tcplens::wireshark_rules>);
BENCHMARK(follow<tcplens::repeated_sequence_rules>);

// Analyses, a connection each.

const tcplens::connection_table& followed() {
    static const tcplens::connection_table table = [] {
        tcplens::connection_table made;
        for (const tcplens::segment& each : framed_packets{ethernet}.segments()) made.add(each);
        return made;
    }();
    return table;
}

template <class Analysis>
void analyze(benchmark::State& state, Analysis analysis) {
    const tcplens::connection_table& table = followed();
    for (auto _ : state) benchmark::DoNotOptimize(analysis(table));
    count_each(state, table.size());
}
BENCHMARK_CAPTURE(analyze, connections, [](const auto& table) { return tcplens::analyze_connections(table); });
BENCHMARK_CAPTURE(analyze, connections_detailed,
                  [](const auto& table) { return tcplens::analyze_connections(table, {.limit = SIZE_MAX}); });
BENCHMARK_CAPTURE(analyze, anomalies, [](const auto& table) { return tcplens::analyze_anomalies(table); });
BENCHMARK_CAPTURE(analyze, retransmissions, [](const auto& table) { return tcplens::analyze_retransmissions(table); });
BENCHMARK_CAPTURE(analyze, traffic_flow, [](const auto& table) {
    return tcplens::analyze_traffic_flow(table, {.server = {.address = table[0].server.address}});
});

} // namespace
