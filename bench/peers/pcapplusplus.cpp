// SPDX-License-Identifier: MIT
// PcapPlusPlus parses each packet; with `follow`, its TcpReassembly follows the connections too.
#include <Packet.h>
#include <PcapFileDevice.h>
#include <TcpLayer.h>
#include <TcpReassembly.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const bool follow = argc > 2 && std::string_view{argv[2]} == "follow";
    const std::unique_ptr<pcpp::IFileReaderDevice> capture{pcpp::IFileReaderDevice::getReader(argv[1])};
    if (!capture || !capture->open()) return 1;

    std::uint64_t bytes = 0;
    pcpp::TcpReassembly reassembly{[](std::int8_t, const pcpp::TcpStreamData& data, void* all) {
                                       *static_cast<std::uint64_t*>(all) += data.getDataLength();
                                   },
                                   &bytes};
    std::uint64_t packets = 0;
    pcpp::RawPacket raw;
    while (capture->getNextPacket(raw)) {
        ++packets;
        pcpp::Packet packet{&raw};
        if (follow) reassembly.reassemblePacket(packet);
        else if (const auto* const tcp = packet.getLayerOfType<pcpp::TcpLayer>()) bytes += tcp->getHeaderLen();
    }
    std::printf("%llu %llu\n", static_cast<unsigned long long>(packets), static_cast<unsigned long long>(bytes));
}
