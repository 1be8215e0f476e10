// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "foreign_formats.hpp"
#include "foreign_text.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcplens::inline v1::detail {

/// How many first bytes explain_unknown_format() looks at.
inline constexpr std::size_t unknown_format_length = 4096;

/// Whether the header of a pcapng section stands here: the block type, and the byte-order magic in either order.
[[nodiscard]] constexpr bool begins_pcapng_section(std::span<const std::byte> bytes) noexcept {
    constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
    constexpr std::size_t enough = 12;
    if (bytes.size() < enough || detect_format(bytes) != capture_format::pcapng) return false;
    const auto magic = load_big<std::uint32_t>(bytes.data() + 8);
    return magic == byte_order_magic || magic == reverse_bytes(byte_order_magic);
}

/// Whether these bytes, fewer than four, are the beginning of a magic; then the capture is cut short.
[[nodiscard]] constexpr capture_error explain_cut_magic(std::span<const std::byte> beginning) noexcept {
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
    if (is_beginning_of(pcapng_magic)) return cut_short(pcapng_section_header_length, "section header");
    for (const std::uint32_t magic : pcap_magics) {
        if (is_beginning_of(magic) || is_beginning_of(reverse_bytes(magic))) {
            return cut_short(pcap_header_length, "file header");
        }
    }
    return {.code = capture_error_code::not_a_capture};
}

/// Why a file with this beginning is no capture: it is empty, cut short within the magic, compressed, changed by a transfer, of
/// another format, text, or something else.
[[nodiscard]] constexpr capture_error explain_unknown_format(std::span<const std::byte> beginning) noexcept {
    if (beginning.empty()) return {.code = capture_error_code::empty};
    if (const auto name = name_of_compression(beginning); !name.empty()) {
        return {.code = capture_error_code::compressed, .subject = name};
    }
    if (const auto reason = find_alteration(beginning); !reason.empty()) {
        return {.code = capture_error_code::altered, .subject = reason};
    }
    if (const auto name = name_of_other_format(beginning); !name.empty()) {
        return {.code = capture_error_code::other_format, .subject = name};
    }
    if (beginning.size() < 4) {
        const capture_error cut = explain_cut_magic(beginning);
        if (cut.code == capture_error_code::truncated) return cut;
    }
    capture_error error{.code = capture_error_code::not_a_capture};
    if (beginning.size() >= 4) error.available = load_big<std::uint32_t>(beginning.data());
    explain_text(error, beginning);
    return error;
}

} // namespace tcplens::inline v1::detail
