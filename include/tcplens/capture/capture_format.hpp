// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1 {

/// The format of a capture.
enum class capture_format : std::uint8_t {
    unknown, ///< none of those below
    pcap,    ///< draft-ietf-opsawg-pcap, and older variants of it
    pcapng,  ///< draft-ietf-opsawg-pcapng
    snoop,   ///< RFC 1761, of Solaris
    erf,     ///< Extensible Record Format, of Endace
};

namespace detail {

/// First four bytes of a capture, most significant byte first (draft-ietf-opsawg-pcap 4, draft-ietf-opsawg-pcapng 4.1).
inline constexpr std::uint32_t pcap_microseconds_magic = 0xa1b2c3d4;
inline constexpr std::uint32_t pcap_nanoseconds_magic = 0xa1b23c4d;
inline constexpr std::uint32_t pcap_kuznetzov_magic = 0xa1b2cd34;     // longer record headers, in Linux about 2000
inline constexpr std::uint32_t pcap_ixia_hardware_magic = 0x1c0001ac; // IXIA: four more bytes in the file header
inline constexpr std::uint32_t pcap_ixia_software_magic = 0x1c0001ab; // likewise
inline constexpr std::uint32_t pcapng_magic = 0x0a0d0d0a;             // the same in either byte order

/// All that make a pcap file, in either byte order.
inline constexpr std::array pcap_magics{pcap_microseconds_magic, pcap_nanoseconds_magic, pcap_kuznetzov_magic,
                                        pcap_ixia_hardware_magic, pcap_ixia_software_magic};

/// Bytes that detect_format() looks at.
inline constexpr std::size_t magic_length = 4;
/// Bytes of the smallest headers that a capture begins with.
inline constexpr std::size_t pcap_header_length = 24;
inline constexpr std::size_t pcapng_section_header_length = 28;

/// Whether a capture that begins with these bytes is pcap or pcapng; `unknown` also if there are fewer than four of them.
[[nodiscard]] constexpr capture_format detect_format(std::span<const std::byte> beginning) noexcept {
    if (beginning.size() < magic_length) return capture_format::unknown;
    const auto magic = load_big<std::uint32_t>(beginning.data());
    if (magic == pcapng_magic) return capture_format::pcapng;
    for (const std::uint32_t known : pcap_magics) {
        if (magic == known || magic == reverse_bytes(known)) return capture_format::pcap;
    }
    return capture_format::unknown;
}

} // namespace detail

} // namespace tcplens::inline v1
