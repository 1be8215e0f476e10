// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// CRC-32C, the checksum of SCTP (RFC 9260 appendix A) and iSCSI (RFC 7143 13.1): it differs wherever all that differs lies
/// within 32 bits.
[[nodiscard]] constexpr std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
    constexpr std::array<std::uint32_t, 256> table = [] {
        constexpr std::uint32_t polynomial = 0x82f63b78; // bits reversed
        std::array<std::uint32_t, 256> made{};
        for (std::uint32_t i = 0; i < made.size(); ++i) {
            std::uint32_t rest = i;
            for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? polynomial : 0);
            made[i] = rest;
        }
        return made;
    }();
    std::uint32_t rest = 0xffff'ffff;
    for (const std::byte each : bytes) rest = (rest >> 8) ^ table[(rest ^ std::to_integer<std::uint32_t>(each)) & 0xff];
    return ~rest;
}

} // namespace tcplens::inline v1::detail
