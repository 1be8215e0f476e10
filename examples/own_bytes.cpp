// SPDX-License-Identifier: MIT
// Gives a table packets that come from no file: here the same data segment, twice.

#include <tcplens/tcplens.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string_view>

// To be called by whatever receives packets: a capture library, a packet socket, a ring of shared memory.
void on_packet(tcplens::connection_table& table, std::span<const std::byte> bytes, tcplens::timestamp time) {
    const tcplens::add_result added = table.add(tcplens::packet{.time = time,
                                                                .bytes = bytes,
                                                                .wire_length = static_cast<std::uint32_t>(bytes.size()),
                                                                .link = tcplens::link_type::ipv4,
                                                                .number = table.statistics().packets + 1});
    if (added.outcome != tcplens::packet_outcome::tcp) {
        std::cout << to_string(added.outcome) << '\n';
    } else if (added.verdict.kinds != tcplens::verdict_kinds::none) {
        std::cout << to_string(added.connection->client) << " and " << to_string(added.connection->server) << ", "
                  << to_string(added.direction) << ": " << to_string(added.verdict.kinds) << '\n';
    }
}

int main() {
    constexpr std::array<unsigned char, 42> segment{
        0x45, 0,  0,    42,   0, 1, 0, 0, 64, 6, 0, 0, 192,  0,    2,    1, 198, 51, 100, 1, // IPv4
        0xc0, 0,  0x01, 0xbb, 0, 0, 0, 1, 0,  0, 0, 1, 0x50, 0x18, 0x20, 0, 0,   0,  0,   0, // TCP
        'h',  'i'};
    tcplens::connection_table table;
    const tcplens::timestamp now = std::chrono::system_clock::now();
    on_packet(table, std::as_bytes(std::span{segment}), now);
    on_packet(table, std::as_bytes(std::span{segment}), now + std::chrono::microseconds{20}); // a copy
}
