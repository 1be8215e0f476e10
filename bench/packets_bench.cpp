// SPDX-License-Identifier: MIT
// What a packet costs: read from a capture in memory, decoded, and followed. 256 connections take turns.
#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>

#include <benchmark/benchmark.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

constexpr std::uint32_t connections = 256;
constexpr std::uint32_t rounds = 64; // of one data segment and its acknowledgment
constexpr std::uint32_t payload = 1000;
constexpr std::uint32_t headers = 14 + 20 + 20;

template <std::unsigned_integral Unsigned>
void put(std::vector<std::byte>& to, Unsigned value, std::endian order = std::endian::big) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
        const std::size_t shift = 8 * (order == std::endian::little ? i : sizeof(Unsigned) - 1 - i);
        to.push_back(static_cast<std::byte>(value >> shift));
    }
}

/// Appends a pcap record, cut after the headers: an Ethernet frame with IPv4 and TCP.
void put_segment(std::vector<std::byte>& to, std::uint32_t connection, bool to_server, std::uint8_t flags,
                 std::uint32_t sequence, std::uint32_t acknowledgment, std::uint32_t length) {
    const std::uint32_t client = 0x0a000001 + connection;
    const std::uint32_t server = 0x0a010001;
    for (const std::uint32_t field : {0U, 0U, headers, headers + length}) put(to, field, std::endian::little);

    for (int i = 0; i < 12; ++i) put(to, std::uint8_t{2}); // MAC addresses
    put(to, std::uint16_t{0x0800});

    put(to, std::uint32_t{0x45000000 | (40 + length)});
    put(to, std::uint32_t{0x00004000}); // don't fragment
    put(to, std::uint32_t{0x40060000}); // hop limit 64, TCP
    put(to, to_server ? client : server);
    put(to, to_server ? server : client);

    put(to, std::uint16_t(to_server ? 40000 : 443));
    put(to, std::uint16_t(to_server ? 443 : 40000));
    put(to, sequence);
    put(to, acknowledgment);
    put(to, std::uint8_t{0x50});
    put(to, flags);
    put(to, std::uint16_t{0xffff});
    put(to, std::uint32_t{0});
}

std::vector<std::byte> make_capture() {
    std::vector<std::byte> bytes;
    for (const std::uint32_t field : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65535U, 1U}) {
        put(bytes, field, std::endian::little);
    }
    constexpr std::uint8_t syn = 0x02;
    constexpr std::uint8_t syn_ack = 0x12;
    constexpr std::uint8_t ack = 0x10;
    for (std::uint32_t c = 0; c < connections; ++c) {
        put_segment(bytes, c, true, syn, 0, 0, 0);
        put_segment(bytes, c, false, syn_ack, 0, 1, 0);
        put_segment(bytes, c, true, ack, 1, 1, 0);
    }
    for (std::uint32_t round = 0; round < rounds; ++round) {
        for (std::uint32_t c = 0; c < connections; ++c) {
            put_segment(bytes, c, true, ack, 1 + round * payload, 1, payload);
            put_segment(bytes, c, false, ack, 1, 1 + (round + 1) * payload, 0);
        }
    }
    return bytes;
}

const std::vector<std::byte> capture = make_capture();

std::vector<tcplens::packet> packets_of_capture() {
    std::vector<tcplens::packet> packets;
    for (const tcplens::packet& packet : tcplens::capture_reader{std::span{capture}}) packets.push_back(packet);
    return packets;
}

const std::vector<tcplens::packet> packets = packets_of_capture();

void count_packets(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets.size()));
}

void read(benchmark::State& state) {
    for (auto _ : state) {
        for (const tcplens::packet& packet : tcplens::capture_reader{std::span{capture}}) {
            benchmark::DoNotOptimize(packet.bytes.data());
        }
    }
    count_packets(state);
}
BENCHMARK(read);

void decode(benchmark::State& state) {
    tcplens::segment segment;
    for (auto _ : state) {
        for (const tcplens::packet& packet : packets) {
            benchmark::DoNotOptimize(tcplens::decode(packet, segment));
            benchmark::DoNotOptimize(segment);
        }
    }
    count_packets(state);
}
BENCHMARK(decode);

/// Decoding included, from an empty table with room for all connections.
template <typename Rules>
void follow(benchmark::State& state) {
    for (auto _ : state) {
        state.PauseTiming();
        tcplens::basic_connection_table<Rules> table;
        table.reserve(connections);
        state.ResumeTiming();
        for (const tcplens::packet& packet : packets) benchmark::DoNotOptimize(table.add(packet).verdict);
        if (table.size() != connections || table.statistics().tcp != packets.size()) {
            state.SkipWithError("not the connections that were written");
            break;
        }
    }
    count_packets(state);
}
BENCHMARK(follow<tcplens::evidence_rules>);
BENCHMARK(follow<tcplens::repeated_sequence_rules>);

} // namespace
