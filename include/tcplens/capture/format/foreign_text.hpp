// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/contains.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "foreign_formats.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

/// Captures that a program changed since it took them for text, and text files that are given as captures.
namespace tcplens::inline v1::detail {

[[nodiscard]] constexpr bool is_text(std::byte each) noexcept {
    return (each >= std::byte{0x20} && each < std::byte{0x7f}) || each == std::byte{'\t'} || each == std::byte{'\r'} ||
           each == std::byte{'\n'};
}

/// How many bytes are text, of those in front.
[[nodiscard]] constexpr std::size_t length_of_text(std::span<const std::byte> bytes) noexcept {
    std::size_t length = 0;
    while (length < bytes.size() && is_text(bytes[length])) ++length;
    return length;
}

/// Whether these are the first bytes of a capture after they were taken for characters of UTF-8, Latin-1 or code page 437, and written
/// as UTF-8: those of pcap, since pcapng begins with ASCII.
[[nodiscard]] constexpr bool is_pcap_in_utf_8(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    constexpr std::array beginnings{
        "\xef\xbf\xbd\xc3\xb2\xef\xbf\xbd\2\0"sv,                 // d4 c3 b2 a1: what is no UTF-8 became U+FFFD
        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\0\2"sv, // a1 b2 c3 d4
        "M<\xef\xbf\xbd\xef\xbf\xbd\2\0"sv,                       // 4d 3c b2 a1
        "\xc3\x94\xc3\x83\xc2\xb2\xc2\xa1"sv,                     // Latin-1
        "\xc2\xa1\xc2\xb2\xc3\x83\xc3\x94"sv,
        "M<\xc2\xb2\xc2\xa1"sv,
        "\xe2\x95\x98\xe2\x94\x9c\xe2\x96\x93\xc3\xad"sv, // code page 437
        "\xc3\xad\xe2\x96\x93\xe2\x94\x9c\xe2\x95\x98"sv,
        "M<\xe2\x96\x93\xc3\xad"sv,
    };
    if (has_at(bytes, 0, "\xef\xbb\xbf"sv)) bytes = bytes.subspan(3);
    return any_satisfies(beginnings, [&](std::string_view each) { return has_at(bytes, 0, each); });
}

/// Whether these bytes are a byte-order mark of UTF-16, and characters that are not all those of text.
[[nodiscard]] constexpr bool is_binary_in_utf_16(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    const bool little = has_at(bytes, 0, "\xff\xfe"sv);
    if (!little && !has_at(bytes, 0, "\xfe\xff"sv)) return false;
    for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
        const std::byte high = bytes[little ? i + 1 : i];
        const std::byte low = bytes[little ? i : i + 1];
        if (high == std::byte{0} && !is_text(low)) return true;
    }
    // An empty line is how the magic of pcapng comes out.
    return has_at(bytes, 2, "\r\0\n\0\r\0"sv);
}

/// Whether the magic of pcapng is here as it comes out when something changes line ends, and the byte-order magic behind it. To tell
/// this is what the magic was made for (draft-ietf-opsawg-pcapng 4.1).
[[nodiscard]] constexpr std::string_view find_changed_line_ends(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    struct change {
        std::string_view magic;
        std::string_view name;
    };
    constexpr std::array changes{
        change{"\r\n\r\r\r\n"sv, altered_by::crs_before_lfs}, // LF to CR LF
        change{"\n\r\n\r\n\n"sv, altered_by::line_ends},      // CR to CR LF
        change{"\n\r\n"sv, altered_by::line_ends},            // CR LF to LF
        change{"\r\r\r\r"sv, altered_by::line_ends},          // LF to CR
        change{"\n\n\n\n"sv, altered_by::line_ends},          // CR to LF
        change{"\n\n"sv, altered_by::line_ends},              // without CR
        change{"\r\n\r\n"sv, altered_by::line_ends},          // every kind to CR LF
        change{"\r\r\r\n"sv, altered_by::crs_before_lfs},     // every kind, and again
    };
    for (const auto& [magic, name] : changes) {
        if (!has_at(bytes, 0, magic)) continue;
        const std::size_t length_field = 4;
        for (std::size_t more = 0; more <= 1; ++more) { // the length may have grown by one
            const std::size_t at = magic.size() + length_field + more;
            if (has_at(bytes, at, "\x1a\x2b\x3c\x4d"sv) || has_at(bytes, at, "\x4d\x3c\x2b\x1a"sv)) return name;
        }
    }
    return {};
}

/// What changed a capture so that it is none any more; empty if nothing of that is seen.
[[nodiscard]] constexpr std::string_view find_alteration(std::span<const std::byte> bytes) noexcept {
    if (is_binary_in_utf_16(bytes)) return altered_by::utf_16;
    if (is_pcap_in_utf_8(bytes)) return altered_by::utf_8;
    return find_changed_line_ends(bytes);
}

/// Where a capture begins behind text; 0 if there is none.
[[nodiscard]] constexpr std::size_t find_capture_behind_text(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    const auto begins_here = [&](std::size_t at) {
        const auto rest = bytes.subspan(at);
        const bool pcap = has_at(rest, 0, "\xd4\xc3\xb2\xa1\2\0"sv) || has_at(rest, 0, "\xa1\xb2\xc3\xd4\0\2"sv) ||
                          has_at(rest, 0, "M<\xb2\xa1\2\0"sv) || has_at(rest, 0, "\xa1\xb2<M\0\2"sv);
        const bool pcapng = has_at(rest, 0, "\n\r\r\n"sv) &&
                            (has_at(rest, 8, "\x1a\x2b\x3c\x4d"sv) || has_at(rest, 8, "\x4d\x3c\x2b\x1a"sv));
        return pcap || pcapng;
    };
    const std::size_t text = length_of_text(bytes);
    for (std::size_t at = 1; at <= text; ++at) {
        if (begins_here(at)) return at;
    }
    return 0;
}

/// The first eight hexadecimal digits of a dump, behind the offset that a line begins with; 0 if it is none.
[[nodiscard]] constexpr std::uint32_t first_word_of_dump(std::string_view text) noexcept {
    const auto digit = [](char each) {
        if (each >= '0' && each <= '9') return each - '0';
        if (each >= 'a' && each <= 'f') return each - 'a' + 10;
        if (each >= 'A' && each <= 'F') return each - 'A' + 10;
        return -1;
    };
    const std::size_t offset_end = text.find_first_not_of('0');
    if (offset_end != std::string_view::npos && offset_end >= 4 &&
        (text[offset_end] == ':' || text[offset_end] == ' ')) {
        text.remove_prefix(offset_end + 1);
    }
    std::uint32_t word = 0;
    std::size_t digits = 0;
    for (const char each : text) {
        if (each == ' ') continue;
        if (digit(each) < 0) return 0;
        word = word << 4 | static_cast<std::uint32_t>(digit(each));
        if (++digits == 8) return word;
    }
    return 0;
}

/// Whether a text begins with this pattern, in which 0 stands for a digit.
[[nodiscard]] constexpr bool begins_like(std::string_view text, std::string_view pattern) noexcept {
    if (text.size() < pattern.size()) return false;
    for (const char expected : pattern) {
        const char found = text.front();
        text.remove_prefix(1);
        if (expected == '0' ? found < '0' || found > '9' : found != expected) return false;
    }
    return true;
}

/// Whether a text begins with this tag, whatever the case of its letters. @pre `tag` has no capitals.
[[nodiscard]] constexpr bool begins_with_tag(std::string_view text, std::string_view tag) noexcept {
    if (text.size() < tag.size()) return false;
    for (const char expected : tag) {
        const char found = text.front();
        text.remove_prefix(1);
        if (expected != (found >= 'A' && found <= 'Z' ? static_cast<char>(found - 'A' + 'a') : found)) return false;
    }
    return true;
}

/// What kind of text it is; "text" if it is none of those that are known.
[[nodiscard]] constexpr std::string_view kind_of_text(std::string_view text) noexcept {
    constexpr const char* base_64[]{"1MOyoQ", "obLD1", "TTyyoQ", "obI8TQ", "Cg0NC", "H4sI", "KLUv/", "/Td6WF"};
    constexpr const char* tcpdump[]{"tcpdump: ", "reading from ", "listening on ", "IP ", "IP6 ", "ARP, "};
    constexpr const char* tshark[]{"Capturing on ", "Running as user "};
    const auto begins_text = [&](const char* beginning) { return text.starts_with(beginning); };
    if (text.starts_with("version https://git-lfs")) return text_kind::git_lfs;
    if (begins_with_tag(text, "<!doctype html") || begins_with_tag(text, "<html") || begins_with_tag(text, "<head") ||
        begins_with_tag(text, "<!--"))
        return text_kind::html;
    if (begins_with_tag(text, "<?xml")) return text_kind::xml;
    if (any_satisfies(base_64, begins_text)) return text_kind::base_64;
    if (text.starts_with("begin 6") || text.starts_with("begin-base64 ")) return text_kind::uuencoded;
    if (any_satisfies(tcpdump, begins_text) || begins_like(text, "00:00:00.000000 ") ||
        begins_like(text, "0000-00-00 00:00:00.") || begins_like(text, "0000000000.000000 ")) {
        return text_kind::tcpdump;
    }
    if (any_satisfies(tshark, begins_text)) return text_kind::tshark;
    switch (first_word_of_dump(text)) {
    case 0: break;
    case pcapng_magic:
    case 0xd4c3b2a1: // as the bytes stand in the file
    case 0x4d3cb2a1:
    case pcap_microseconds_magic:
    case pcap_nanoseconds_magic: return text_kind::hexadecimal;
    case 0xc3d4a1b2: // in words of 16 bits, as od and hexdump print them by default
    case 0x3c4da1b2:
    case 0x0d0a0a0d: return text_kind::hexadecimal_words;
    default:
        if (text.starts_with("0000 ") || text.starts_with("000000 ") || text.starts_with("0000:"))
            return text_kind::packet_dump;
    }
    return text_kind::other;
}

/// Says of a file that is no capture what it is, if it is text or zeros, with the beginning of the text.
constexpr void explain_text(capture_error& error, std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    constexpr std::size_t enough = 8; // what is shorter must be text as a whole
    if (bytes.size() >= 4 && are_zeros(bytes)) {
        error.subject = "zeros";
        return;
    }
    if (has_at(bytes, 0, "\xef\xbb\xbf"sv)) bytes = bytes.subspan(3);
    while (!bytes.empty() && is_text(bytes.front()) && bytes.front() <= std::byte{' '}) bytes = bytes.subspan(1);
    const std::size_t length = length_of_text(bytes);
    if (length == 0 || (length < enough && length < bytes.size())) return;

    // The first line, and what follows on it if it is short. Spaces of any kind are one space.
    std::size_t count = 0;
    for (std::size_t i = 0; i < length && count + 1 < error.excerpt.size(); ++i) {
        const bool is_space = bytes[i] <= std::byte{' '};
        if (bytes[i] == std::byte{'\n'} && count >= enough) break;
        if (is_space && error.excerpt[count - 1] == ' ') continue; // the first is none
        error.excerpt[count++] = is_space ? ' ' : static_cast<char>(std::to_integer<unsigned char>(bytes[i]));
    }
    while (error.excerpt[count - 1] == ' ') error.excerpt[--count] = '\0';
    error.subject = kind_of_text(error.quoted());
    if (const std::size_t at = find_capture_behind_text(bytes)) {
        error.code = capture_error_code::altered;
        error.subject = altered_by::text_before;
        error.available = at;
    }
}

} // namespace tcplens::inline v1::detail
