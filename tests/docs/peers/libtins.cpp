// SPDX-License-Identifier: MIT
// The way of libtins, as docs/coming-from/libtins.md shows it.
#include <tins/tcp_ip/stream_follower.h>
#include <tins/tins.h>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    Tins::TCPIP::StreamFollower follower;
    follower.new_stream_callback([](Tins::TCPIP::Stream& stream) {
        std::cout << stream.client_addr_v4() << ':' << stream.client_port() << " -> " << stream.server_addr_v4() << ':'
                  << stream.server_port() << '\n';
        stream.auto_cleanup_payloads(true);
    });
    Tins::FileSniffer sniffer{argv[1]};
    sniffer.sniff_loop([&](Tins::PDU& pdu) {
        follower.process_packet(pdu);
        return true;
    });
}
