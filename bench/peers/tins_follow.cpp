// SPDX-License-Identifier: MIT
// libtins' StreamFollower follows the connections of a capture; their data is counted and let go.
#include <tins/tcp_ip/stream_follower.h>
#include <tins/tins.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    Tins::FileSniffer capture{argv[1]};
    std::uint64_t streams = 0;
    std::uint64_t bytes = 0;
    Tins::TCPIP::StreamFollower follower;
    follower.new_stream_callback([&](Tins::TCPIP::Stream& stream) {
        ++streams;
        stream.client_data_callback([&](Tins::TCPIP::Stream& from) { bytes += from.client_payload().size(); });
        stream.server_data_callback([&](Tins::TCPIP::Stream& from) { bytes += from.server_payload().size(); });
    });
    capture.sniff_loop([&](Tins::Packet& packet) {
        follower.process_packet(packet);
        return true;
    });
    std::printf("%llu %llu\n", static_cast<unsigned long long>(streams), static_cast<unsigned long long>(bytes));
}
