// SPDX-License-Identifier: MIT
// libpcap reads a capture, and nothing is done with it.
#include <pcap/pcap.h>

#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    char error[PCAP_ERRBUF_SIZE];
    pcap_t* const capture = pcap_open_offline(argv[1], error);
    if (capture == nullptr) return 1;
    std::uint64_t packets = 0;
    const auto count = [](u_char* all, const pcap_pkthdr*, const u_char*) { ++*reinterpret_cast<std::uint64_t*>(all); };
    pcap_loop(capture, -1, count, reinterpret_cast<u_char*>(&packets));
    pcap_close(capture);
    std::printf("%llu\n", static_cast<unsigned long long>(packets));
}
