// SPDX-License-Identifier: MIT
#include "watch_source.hpp"

#include <cerrno>
#include <cstring>
#include <memory>

namespace program::watching {

void packet_source::fail(const std::string& what) {
    problem_ = what + ": " + std::strerror(errno) + '.';
}

#ifndef TCPLENS_WATCH_PCAP
bool has_pcap_source() noexcept {
    return false;
}
std::unique_ptr<packet_source> open_pcap_source(const source_options&) {
    return nullptr;
}
#endif
#ifndef TCPLENS_WATCH_RING
bool has_ring_source() noexcept {
    return false;
}
std::unique_ptr<packet_source> open_ring_source(const source_options&) {
    return nullptr;
}
#endif

} // namespace program::watching
