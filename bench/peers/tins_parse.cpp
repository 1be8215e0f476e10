// SPDX-License-Identifier: MIT
// libtins makes objects of the layers of each packet.
#include <tins/tins.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    Tins::FileSniffer capture{argv[1]};
    std::uint64_t packets = 0;
    std::uint64_t checksum = 0;
    capture.sniff_loop([&](const Tins::Packet& packet) {
        ++packets;
        if (const Tins::TCP* const tcp = packet.pdu()->find_pdu<Tins::TCP>()) checksum += tcp->seq();
        return true;
    });
    std::printf("%llu %llu\n", static_cast<unsigned long long>(packets), static_cast<unsigned long long>(checksum));
}
