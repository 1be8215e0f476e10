// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "foreign_formats.hpp"
#include "foreign_text.hpp"
#include "pcap_header.hpp"
#include "pcap_records.hpp"

#include <algorithm>
#include <bit>
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

/// What is missing before these bytes, if they are records of pcap or blocks of pcapng; empty otherwise.
[[nodiscard]] constexpr std::string_view name_of_part(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t smallest_block = 12;
    constexpr std::uint32_t last_block_type = 6; // of those that begin most files
    constexpr std::uint32_t year_2000 = 946'684'800;
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        if (bytes.size() < smallest_block) break;
        const auto type = load<std::uint32_t>(bytes.data(), order);
        const auto length = load<std::uint32_t>(bytes.data() + 4, order);
        const bool is_block = type >= 1 && type <= last_block_type && length >= smallest_block && length % 4 == 0 &&
                              length <= bytes.size();
        if (is_block && load<std::uint32_t>(bytes.data() + length - 4, order) == length) return file_part::of_pcapng;

        pcap::header assumed;
        assumed.order = order;
        if (bytes.size() < pcap::usual_record_header_length) break;
        const auto first = pcap::read_record_header(bytes.data(), assumed);
        if (first.seconds < year_2000 || !pcap::is_plausible(first, first.seconds)) continue;
        const std::size_t next = pcap::usual_record_header_length + first.captured;
        if (bytes.size() < next + pcap::usual_record_header_length) continue;
        if (pcap::is_plausible(pcap::read_record_header(bytes.data() + next, assumed), first.seconds))
            return file_part::of_pcap;
    }
    return {};
}

/// Why a file with this beginning is no capture: it is empty, cut short within the magic, compressed, changed by a transfer, of
/// another format, text, or something else.
[[nodiscard]] constexpr capture_error explain_unknown_format(std::span<const std::byte> beginning) noexcept {
    if (beginning.empty()) return {.code = capture_error_code::empty};
    if (const auto name = name_of_part(beginning); !name.empty()) {
        return {.code = capture_error_code::not_a_capture, .subject = name};
    }
    if (const auto name = name_of_compression(beginning); !name.empty()) {
        return {.code = capture_error_code::compressed, .subject = name};
    }
    if (const auto reason = find_alteration(beginning); !reason.empty()) {
        return {.code = capture_error_code::altered, .subject = reason};
    }
    if (const auto name = name_of_other_format(beginning); !name.empty()) {
        return {.code = capture_error_code::other_format, .subject = name};
    }
    if (const auto name = name_of_other_file(beginning); !name.empty()) {
        return {.code = capture_error_code::not_a_capture, .subject = name};
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

/// What stands where a record or a block is due, and makes none: text, a compressed file, a capture of another format. `error` stays
/// as it is if nothing of that is recognised. @pre What stands there was tried to read, and is damaged.
constexpr void explain_something_else(capture_error& error, std::span<const std::byte> there) noexcept {
    constexpr std::size_t enough_text = 16; // a record header
    if (const auto packed = name_of_certain_compression(there); !packed.empty()) {
        error.code = capture_error_code::compressed;
        error.subject = packed;
        return;
    }
    if (const auto format = name_of_certain_other_format(there); !format.empty()) {
        error.code = capture_error_code::other_format;
        error.subject = format;
        return;
    }
    capture_error text{.code = capture_error_code::not_a_capture};
    if (length_of_text(there) < (std::min)(enough_text, (std::max)(there.size(), std::size_t{1}))) return;
    explain_text(text, there);
    if (text.quoted().empty()) return;
    error.code = capture_error_code::not_a_capture;
    error.excerpt = text.excerpt;
}

} // namespace tcplens::inline v1::detail
