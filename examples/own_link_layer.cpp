// SPDX-License-Identifier: MIT
// A link type that tcplens does not read: its header is taken off before the packet goes to the table. Here one of the types for
// private use, 147 to 162, with four bytes before an IP packet.

#include <tcplens/tcplens.hpp>

#include <cstddef>
#include <cstdint>
#include <iostream>

constexpr auto own_link = static_cast<tcplens::link_type>(147); // LINKTYPE_USER0
constexpr std::size_t header_length = 4;

tcplens::packet without_own_header(tcplens::packet packet) {
    if (packet.link != own_link || packet.bytes.size() < header_length) return packet;
    packet.bytes = packet.bytes.subspan(header_length);
    packet.wire_length -= static_cast<std::uint32_t>(header_length);
    packet.link = tcplens::link_type::raw; // IPv4 or IPv6, as the first four bits say
    return packet;
}

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    tcplens::capture_file capture{argv[1]};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(without_own_header(packet));

    const tcplens::decode_statistics& statistics = table.statistics();
    std::cout << statistics.tcp << " of " << statistics.packets << " packets are TCP, " << statistics.unsupported_link
              << " have a link type that is not read\n";
    return capture.error() ? 1 : 0;
}
