// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"
#include "capture_error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcplens::inline v0 {

/// The format of a capture.
enum class capture_format : std::uint8_t {
    unknown, ///< neither pcap nor pcapng
    pcap,    ///< draft-ietf-opsawg-pcap, and older variants of it
    pcapng,  ///< draft-ietf-opsawg-pcapng
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

/// Bytes of the smallest headers that a capture begins with.
inline constexpr std::size_t pcap_header_length = 24;
inline constexpr std::size_t pcapng_section_header_length = 28;

/// The format of the capture that begins with these bytes; `unknown` also if there are fewer than four of them.
[[nodiscard]] constexpr capture_format detect_format(std::span<const std::byte> beginning) noexcept {
    if (beginning.size() < 4) return capture_format::unknown;
    const auto magic = load_big<std::uint32_t>(beginning.data());
    if (magic == pcapng_magic) return capture_format::pcapng;
    for (const std::uint32_t known : pcap_magics) {
        if (magic == known || magic == reverse_bytes(known)) return capture_format::pcap;
    }
    return capture_format::unknown;
}

/// How many first bytes explain_unknown_format() needs.
inline constexpr std::size_t magic_length = 6;

/// Why a file with this beginning is no capture: it is empty, cut short within the magic, compressed, or something else.
[[nodiscard]] constexpr capture_error explain_unknown_format(std::span<const std::byte> beginning) noexcept {
    using namespace std::string_view_literals;

    const auto begins_with = [&](std::string_view magic) {
        return magic.size() <= beginning.size() &&
               std::equal(magic.begin(), magic.end(), beginning.data(), [](char expected, std::byte found) {
                   return static_cast<unsigned char>(expected) == std::to_integer<unsigned char>(found);
               });
    };

    if (beginning.empty()) return {.code = capture_error_code::empty};

    struct compression {
        std::string_view name;
        std::string_view magic;
    };
    constexpr std::array compressions{
        compression{"gzip"sv, "\x1f\x8b"sv},        compression{"zstd"sv, "\x28\xb5\x2f\xfd"sv},
        compression{"xz"sv, "\xfd\x37zXZ\0"sv},     compression{"bzip2"sv, "BZh"sv},
        compression{"lz4"sv, "\x04\x22\x4d\x18"sv}, compression{"zip"sv, "PK\x03\x04"sv},
    };
    for (const auto& [name, magic] : compressions) {
        if (begins_with(magic)) return {.code = capture_error_code::compressed, .subject = name};
    }

    if (beginning.size() >= 4) {
        return {.code = capture_error_code::not_a_capture, .available = load_big<std::uint32_t>(beginning.data())};
    }
    const auto is_beginning_of = [&](std::uint32_t magic) {
        for (std::size_t i = 0; i < beginning.size(); ++i) {
            if (std::to_integer<std::uint32_t>(beginning[i]) != ((magic >> (24 - 8 * i)) & 0xff)) return false;
        }
        return true;
    };
    const auto cut_short = [&](std::size_t needed, std::string_view subject) {
        return capture_error{
            .code = capture_error_code::truncated, .needed = needed, .available = beginning.size(), .subject = subject};
    };
    if (is_beginning_of(pcapng_magic)) return cut_short(pcapng_section_header_length, "section header"sv);
    for (const std::uint32_t magic : pcap_magics) {
        if (is_beginning_of(magic) || is_beginning_of(reverse_bytes(magic))) {
            return cut_short(pcap_header_length, "file header"sv);
        }
    }
    return {.code = capture_error_code::not_a_capture};
}

} // namespace detail

} // namespace tcplens::inline v0
