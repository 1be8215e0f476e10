// SPDX-License-Identifier: MIT
// The way of PcapPlusPlus, as docs/coming-from/pcapplusplus.md shows it.
#include <Packet.h>
#include <PcapFileDevice.h>
#include <TcpReassembly.h>

#include <iostream>
#include <memory>

void on_message(int8_t, const pcpp::TcpStreamData&, void*) {}
void on_start(const pcpp::ConnectionData& connection, void*) {
    std::cout << connection.srcIP.toString() << ':' << connection.srcPort << " -> " << connection.dstIP.toString()
              << ':' << connection.dstPort << '\n';
}

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::unique_ptr<pcpp::IFileReaderDevice> reader{pcpp::IFileReaderDevice::getReader(argv[1])};
    if (!reader->open()) return 1;
    pcpp::TcpReassembly reassembly{on_message, nullptr, on_start};
    pcpp::RawPacket raw;
    while (reader->getNextPacket(raw)) reassembly.reassemblePacket(&raw);
    reassembly.closeAllConnections();
}
