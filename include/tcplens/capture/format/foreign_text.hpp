// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/contains.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "foreign_formats.hpp"

#include <algorithm>
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

/// The first bytes of a text as characters, whatever its encoding; 0 behind the last one.
struct first_characters {
    static constexpr std::size_t count = 12;
    std::array<char32_t, count> each{};
    std::size_t length = 0;
};

/// The first characters in UTF-8, behind a byte-order mark. What is no UTF-8 ends them.
[[nodiscard]] constexpr first_characters read_utf_8(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    if (has_at(bytes, 0, "\xef\xbb\xbf"sv)) bytes = bytes.subspan(3);
    first_characters found;
    while (found.length < first_characters::count && !bytes.empty()) {
        const auto first = std::to_integer<unsigned>(bytes[0]);
        std::size_t more = 0;
        char32_t value = first;
        if (first >= 0xf0) return found;
        if (first >= 0xe0) {
            more = 2;
            value = first & 0xf;
        } else if (first >= 0xc0) {
            more = 1;
            value = first & 0x1f;
        } else if (first >= 0x80) {
            return found;
        }
        if (bytes.size() <= more) return found;
        for (std::size_t i = 1; i <= more; ++i) {
            const auto next = std::to_integer<unsigned>(bytes[i]);
            if (next >> 6 != 2) return found;
            value = value << 6 | (next & 0x3f);
        }
        found.each[found.length++] = value;
        bytes = bytes.subspan(more + 1);
    }
    return found;
}

/// The first characters in UTF-16 of a byte order.
[[nodiscard]] constexpr first_characters read_utf_16(std::span<const std::byte> bytes, bool little) noexcept {
    first_characters found;
    for (std::size_t at = 0; at + 1 < bytes.size() && found.length < first_characters::count; at += 2) {
        const auto low = std::to_integer<unsigned>(bytes[little ? at : at + 1]);
        const auto high = std::to_integer<unsigned>(bytes[little ? at + 1 : at]);
        found.each[found.length++] = high << 8 | low;
    }
    return found;
}

/// Whether the first bytes of a capture became these characters: each byte is one, those of ASCII are as they were, and the others are
/// others. So the magic of pcap is four characters before the version, that of pcapng is ASCII; gzip and zstd have one byte of ASCII.
[[nodiscard]] constexpr bool are_bytes_of_capture(const first_characters& text) noexcept {
    const auto& each = text.each;
    const auto is_other = [&](std::size_t at) { return each[at] >= 0x80; };
    const auto are = [&](std::size_t from, std::string_view expected) { // of ASCII
        for (std::size_t i = 0; i < expected.size(); ++i) {
            if (each[from + i] != static_cast<char32_t>(expected[i])) return false;
        }
        return from + expected.size() <= text.length;
    };
    using namespace std::string_view_literals;
    // what is no UTF-8 became U+FFFD, also two bytes as one: "\xc3\xb2" is a character
    for (std::size_t magic = 3; magic <= 4; ++magic) {
        const bool little = are(magic, "\2\0\4\0"sv);
        if (!little && !are(magic, "\0\2\0\4"sv)) continue;
        const bool nanoseconds_first = are(0, "M<"sv) && is_other(2);
        const bool nanoseconds_last = is_other(0) && is_other(1) && are(magic - 2, "<M"sv);
        if (nanoseconds_first || nanoseconds_last || (is_other(0) && is_other(1) && is_other(2))) return true;
    }
    if (are(0, "\n\r\r\n"sv) && (are(8, "M<+\x1a"sv) || are(8, "\x1a+<M"sv))) return true;
    return (are(0, "\x1f"sv) && is_other(1) && are(2, "\b"sv)) ||
           (are(0, "("sv) && is_other(1) && are(2, "/"sv) && is_other(3));
}

/// Whether these are the first bytes of a pcap or compressed capture after they were taken for characters of some code page, and
/// written as UTF-8. pcapng begins with ASCII.
[[nodiscard]] constexpr bool is_binary_in_utf_8(std::span<const std::byte> bytes) noexcept {
    return are_bytes_of_capture(read_utf_8(bytes));
}

/// Whether these bytes are UTF-16 of either byte order: of a byte-order mark with characters behind it that are not all those of text, or
/// of a capture.
[[nodiscard]] constexpr bool is_binary_in_utf_16(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    const bool little = has_at(bytes, 0, "\xff\xfe"sv);
    if (!little && !has_at(bytes, 0, "\xfe\xff"sv)) {
        return are_bytes_of_capture(read_utf_16(bytes, true)) || are_bytes_of_capture(read_utf_16(bytes, false));
    }
    for (std::size_t i = 2; i + 1 < bytes.size(); i += 2) {
        const std::byte high = bytes[little ? i + 1 : i];
        const std::byte low = bytes[little ? i : i + 1];
        if (high == std::byte{0} && !is_text(low)) return true;
    }
    // An empty line is how the magic of pcapng comes out.
    return has_at(bytes, 2, "\r\0\n\0\r\0"sv);
}

/// Whether these are the first bytes of pcap after what is not ASCII became question marks.
[[nodiscard]] constexpr bool is_pcap_in_ascii(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    return has_at(bytes, 0, "????\2\0\4\0"sv) || has_at(bytes, 0, "????\0\2\0\4"sv) ||
           has_at(bytes, 0, "M<??\2\0\4\0"sv) || has_at(bytes, 0, "?\?<M\0\2\0\4"sv);
}

/// Whether these are the first bytes of pcap without the highest bit of each.
[[nodiscard]] constexpr bool is_pcap_in_seven_bits(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    return has_at(bytes, 0, "TC2!\2\0\4\0"sv) || has_at(bytes, 0, "!2CT\0\2\0\4"sv) ||
           has_at(bytes, 0, "M<2!\2\0\4\0"sv) || has_at(bytes, 0, "!2<M\0\2\0\4"sv);
}

/// Whether these are the first bytes of a capture with the two of each pair swapped.
[[nodiscard]] constexpr bool is_capture_with_swapped_bytes(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    if (has_at(bytes, 0, "\r\n\n\r"sv))
        return has_at(bytes, 8, "\x3c\x4d\x1a\x2b"sv) || has_at(bytes, 8, "\x2b\x1a\x4d\x3c"sv);
    return has_at(bytes, 0, "\xc3\xd4\xa1\xb2\0\2\0\4"sv) || has_at(bytes, 0, "\xb2\xa1\xd4\xc3\2\0\4\0"sv) ||
           has_at(bytes, 0, "<M\xa1\xb2\0\2\0\4"sv) || has_at(bytes, 0, "\xb2\xa1M<\2\0\4\0"sv);
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

/// Whether a capture stands in the frames of Docker's API, which have a header each: the stream (1 or 2), three zero bytes, a length.
/// What the program said on the error stream may stand before it.
[[nodiscard]] constexpr bool is_in_frames_of_docker(std::span<const std::byte> bytes) noexcept {
    constexpr std::size_t header = 8;
    while (bytes.size() >= header + magic_length) {
        if ((bytes[0] != std::byte{1} && bytes[0] != std::byte{2}) || !are_zeros(bytes.subspan(1, 3))) return false;
        const std::size_t length = load_big<std::uint32_t>(bytes.data() + 4);
        if (length == 0) return false;
        bytes = bytes.subspan(header);
        if (detect_format(bytes) != capture_format::unknown) return true;
        bytes = bytes.subspan((std::min)(length, bytes.size()));
    }
    return false;
}

/// What changed a capture so that it is none any more; empty if nothing of that is seen.
[[nodiscard]] constexpr std::string_view find_alteration(std::span<const std::byte> bytes) noexcept {
    if (is_binary_in_utf_16(bytes)) return altered_by::utf_16;
    if (is_binary_in_utf_8(bytes)) return altered_by::utf_8;
    if (is_pcap_in_ascii(bytes)) return altered_by::ascii;
    if (is_pcap_in_seven_bits(bytes)) return altered_by::seven_bits;
    if (is_capture_with_swapped_bytes(bytes)) return altered_by::swapped_bytes;
    if (is_in_frames_of_docker(bytes)) return altered_by::docker;
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

/// The value of a hexadecimal digit; -1 for another character.
[[nodiscard]] constexpr int digit_of(char each) noexcept {
    if (each >= '0' && each <= '9') return each - '0';
    if (each >= 'a' && each <= 'f') return each - 'a' + 10;
    if (each >= 'A' && each <= 'F') return each - 'A' + 10;
    return -1;
}

/// Bytes that a text says in hexadecimal digits.
struct said_bytes {
    std::array<std::byte, 8> each{};
    std::size_t length = 0;

    [[nodiscard]] constexpr std::span<const std::byte> all() const noexcept {
        return std::span<const std::byte>{each}.first(length);
    }
    /// The words of 16 bits, as od and hexdump print them by default, as bytes.
    [[nodiscard]] constexpr said_bytes swapped() const noexcept {
        said_bytes found{.length = length};
        for (std::size_t i = 0; i + 1 < length; i += 2) {
            found.each[i] = each[i + 1];
            found.each[i + 1] = each[i];
        }
        return found;
    }
};

/// The first bytes that a text says in hexadecimal digits, each behind `prefix`, with any of `separators` between them.
[[nodiscard]] constexpr said_bytes read_hexadecimal(std::string_view text, std::string_view prefix,
                                                    std::string_view separators) noexcept {
    said_bytes found;
    while (found.length < found.each.size()) {
        const std::size_t at = text.find_first_not_of(separators);
        if (at == std::string_view::npos) break;
        text.remove_prefix(at);
        if (!text.starts_with(prefix)) break;
        text.remove_prefix(prefix.size());
        if (text.size() < 2 || digit_of(text[0]) < 0 || digit_of(text[1]) < 0) break;
        found.each[found.length++] = static_cast<std::byte>(digit_of(text[0]) * 16 + digit_of(text[1]));
        text.remove_prefix(2);
    }
    return found;
}

/// The text behind the offset that a line of a dump begins with.
[[nodiscard]] constexpr std::string_view behind_offset(std::string_view text) noexcept {
    const std::size_t end = text.find_first_not_of('0');
    const bool has_offset = end != std::string_view::npos && end >= 4 && (text[end] == ':' || text[end] == ' ');
    return has_offset ? text.substr(end + 1) : text;
}

/// Whether these are the first bytes of a capture, also of a compressed one, or of a format that is not read.
[[nodiscard]] constexpr bool begins_like_capture(std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    if (bytes.size() < magic_length) return false;
    const bool gzip_or_zstd = has_at(bytes, 0, "\x1f\x8b\b"sv) || has_at(bytes, 0, "\x28\xb5\x2f\xfd"sv);
    return detect_format(bytes) != capture_format::unknown || gzip_or_zstd || !name_of_other_format(bytes).empty();
}

/// In which way a text says the bytes of a capture; empty if it does not.
[[nodiscard]] constexpr std::string_view kind_of_said_bytes(std::string_view text) noexcept {
    if (text.starts_with("00 01 02 03 04 05 06 07 08 09 0A 0B"))
        return text_kind::hexadecimal; // PowerShell's Format-Hex
    const auto digits = read_hexadecimal(behind_offset(text), "", " ");
    if (begins_like_capture(digits.all())) return text_kind::hexadecimal;
    if (begins_like_capture(digits.swapped().all())) return text_kind::hexadecimal_words;
    // an initialiser of C: what is declared, and a brace
    const std::size_t brace = text.find('{');
    const auto numbers = brace == std::string_view::npos ? text : text.substr(brace + 1);
    if (begins_like_capture(read_hexadecimal(numbers, "0x", " ,").all())) return text_kind::numbers;
    if (text.starts_with("212,195,178,161") || text.starts_with("212 195 178 161") || text.starts_with("[212"))
        return text_kind::numbers;
    if (begins_like_capture(read_hexadecimal(text, "\\x", R"("'b)").all())) return text_kind::escapes;
    // characters of ASCII stand for themselves in both
    if (text.starts_with(R"(b'\x)") || text.starts_with(R"(b'\n\r\r\n)")) return text_kind::escapes;
    if (text.starts_with("=D4=C3=B2=A1") || text.starts_with("=A1=B2") || text.starts_with("M<=B2=A1") ||
        text.starts_with("=1C=00=00=00M<+") || text.starts_with("=1F=8B"))
        return text_kind::quoted_printable;
    return {};
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
    // what pcap, pcapng, snoop, gzip, zstd and xz begin with
    constexpr const char* base_64[]{"1MOyoQ", "obLD1", "TTyyoQ", "obI8TQ", "NM2yoQ",  "obLNN",
                                    "Cg0NC",  "H4sI",  "KLUv/",  "/Td6WF", "c25vb3AA"};
    constexpr const char* tcpdump[]{"tcpdump: ", "reading from ", "listening on ", "IP ", "IP6 ", "ARP, "};
    constexpr const char* tshark[]{"Capturing on ", "Running as user "};
    const auto begins_text = [&](const char* beginning) { return text.starts_with(beginning); };
    if (text.starts_with("version https://git-lfs")) return text_kind::git_lfs;
    if (begins_with_tag(text, "<!doctype html") || begins_with_tag(text, "<html") || begins_with_tag(text, "<head") ||
        begins_with_tag(text, "<!--"))
        return text_kind::html;
    if (begins_with_tag(text, "<?xml")) return text_kind::xml;
    if (any_satisfies(base_64, begins_text)) return text_kind::base_64;
    // certutil of Windows, and addresses that have the data in them
    if (text.starts_with("-----BEGIN CERTIFICATE-----") ||
        (text.starts_with("data:") && text.find(";base64,") != std::string_view::npos))
        return text_kind::base_64;
    if (text.starts_with("begin 6") || text.starts_with("begin-base64 ")) return text_kind::uuencoded;
    if (any_satisfies(tcpdump, begins_text) || begins_like(text, "00:00:00.000000 ") ||
        begins_like(text, "0000-00-00 00:00:00.") || begins_like(text, "0000000000.000000 ")) {
        return text_kind::tcpdump;
    }
    if (any_satisfies(tshark, begins_text)) return text_kind::tshark;
    if (const auto kind = kind_of_said_bytes(text); !kind.empty()) return kind;
    if (text.starts_with("0000 ") || text.starts_with("000000 ") || text.starts_with("0000:"))
        return text_kind::packet_dump;
    if (text.starts_with("{\"") || text.starts_with("[{") || text.starts_with("{ \"") || text.starts_with("[ {"))
        return text_kind::json;
    if (text.starts_with("#separator ")) return text_kind::zeek_log;
    if (text.starts_with(R"("No.","Time")") || begins_like(text, "1 0.000000") || text.starts_with("No. Time "))
        return text_kind::packet_list;
    return text_kind::other;
}

/// Says of a text in UTF-16 behind a byte-order mark how it begins.
constexpr void explain_utf_16(capture_error& error, std::span<const std::byte> bytes) noexcept {
    const auto text = read_utf_16(bytes.subspan(2), bytes[0] == std::byte{0xff});
    for (std::size_t i = 0; i < text.length && text.each[i] >= 0x20 && text.each[i] < 0x7f; ++i)
        error.excerpt[i] = static_cast<char>(text.each[i]);
    error.subject = text_kind::utf_16;
}

/// Says of a file that is no capture what it is, if it is text or zeros, with the beginning of the text.
constexpr void explain_text(capture_error& error, std::span<const std::byte> bytes) noexcept {
    using namespace std::string_view_literals;
    constexpr std::size_t enough = 8; // what is shorter must be text as a whole
    if (bytes.size() >= 4 && are_zeros(bytes)) {
        error.subject = "zeros";
        return;
    }
    constexpr std::size_t longest_magic = 16;
    if (bytes.size() >= longest_magic && are_zeros(bytes.first(longest_magic))) {
        error.subject = file_part::behind_zeros;
        return;
    }
    if (has_at(bytes, 0, "\xef\xbb\xbf"sv)) bytes = bytes.subspan(3);
    while (!bytes.empty() && is_text(bytes.front()) && bytes.front() <= std::byte{' '}) bytes = bytes.subspan(1);
    if (has_at(bytes, 0, "\xff\xfe"sv) || has_at(bytes, 0, "\xfe\xff"sv)) {
        explain_utf_16(error, bytes);
        return;
    }
    const std::size_t length = length_of_text(bytes);
    if (length == 0 || (length < enough && length < bytes.size())) return;

    // The first line, and what follows on it if it is short. Spaces of any kind are one space.
    std::size_t count = 0;
    for (std::size_t i = 0; i < length && count + 1 < error.excerpt.size(); ++i) {
        const bool is_space = bytes[i] <= std::byte{' '};
        const bool declares = count > 0 && error.excerpt[count - 1] == '{'; // an array, whose first line tells nothing
        if (bytes[i] == std::byte{'\n'} && count >= enough && !declares) break;
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
