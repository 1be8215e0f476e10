// SPDX-License-Identifier: MIT
#include <tcplens/capture/capture_format.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace tcplens;
using namespace tcplens::detail;

namespace {

/// A number, the most significant byte first.
std::array<std::byte, 4> bytes_of(std::uint32_t magic) {
    std::array<std::byte, 4> made{};
    for (unsigned i = 0; i < 4; ++i) made[i] = static_cast<std::byte>(magic >> (24 - 8 * i));
    return made;
}

} // namespace

TEST_CASE("capture format: four bytes tell it, fewer tell nothing") {
    for (const std::uint32_t magic : pcap_magics) {
        CAPTURE(magic);
        CHECK(detect_format(bytes_of(magic)) == capture_format::pcap);
        CHECK(detect_format(bytes_of(reverse_bytes(magic))) == capture_format::pcap);
        CHECK(detect_format(bytes_of(magic ^ 1)) == capture_format::unknown);
        const auto bytes = bytes_of(magic);
        CHECK(detect_format(std::span{bytes}.first(3)) == capture_format::unknown);
    }
    CHECK(detect_format(bytes_of(pcapng_magic)) == capture_format::pcapng);
    const auto bytes = bytes_of(pcapng_magic);
    CHECK(detect_format(std::span{bytes}.first(3)) == capture_format::unknown);
    CHECK(detect_format({}) == capture_format::unknown);
}
