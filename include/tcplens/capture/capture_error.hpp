// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace tcplens::inline v0 {

/// The reason why a capture could not be opened, or why reading ended before its end.
enum class capture_error_code : std::uint8_t {
    // The file could not be opened or read.
    file_not_found,    ///< there is no file with this path
    permission_denied, ///< the system does not permit this user to read it
    is_a_directory,    ///< the path names a directory
    open_failed,       ///< another reason: capture_error::system_error has it
    read_failed,       ///< the system, or the source of a stream, failed while the capture was read
    // The file is no capture, or of a kind that is not read.
    empty,               ///< there are no bytes
    not_a_capture,       ///< neither pcap nor pcapng
    compressed,          ///< gzip, zstd, xz, bzip2, lz4 or zip: capture_error::subject has the name
    unsupported_version, ///< a pcap file before version 2, or a pcapng section with another major version than 1
    // The capture is damaged.
    truncated,            ///< it ends within a header, a record or a block
    bad_byte_order_magic, ///< pcapng: the byte order of a section cannot be told
    bad_block_length,     ///< pcapng: a block length is impossible, or not the same at both ends of the block
    bad_captured_length,  ///< pcapng: a packet claims more bytes than its block has
    bad_option,           ///< pcapng: an option of an interface, which may be that of its clock, reaches past its block
    record_too_long,      ///< a record claims more bytes than any link type allows: `capture_limits::max_record_length`
    unknown_interface,    ///< pcapng: a packet names an interface that was not described before it
    too_many_interfaces,  ///< pcapng: a section describes more than `capture_limits::max_interfaces_per_section`
};

/// The enumerator's name, e.g. "record_too_long"; "unknown" for a value without a name.
[[nodiscard]] constexpr std::string_view to_string(capture_error_code code) noexcept {
    constexpr std::array<std::string_view, 17> names{
        "file_not_found",      "permission_denied",    "is_a_directory",
        "open_failed",         "read_failed",          "empty",
        "not_a_capture",       "compressed",           "unsupported_version",
        "truncated",           "bad_byte_order_magic", "bad_block_length",
        "bad_captured_length", "bad_option",           "record_too_long",
        "unknown_interface",   "too_many_interfaces"};
    const auto index = static_cast<std::size_t>(code);
    return index < names.size() ? names[index] : "unknown";
}

/// An error of a capture: what is wrong, and where.
///
/// All packets before it were delivered. After an unsupported_version of a pcapng section, which is skipped, so were all packets
/// of other sections.
struct capture_error {
    /// What is wrong.
    capture_error_code code{};
    /// Where the damaged header, record or block begins: bytes from the start of the capture.
    std::uint64_t offset = 0;
    /// The number of the packet that could not be delivered, counted from 1; 0 if the error is in the header of the capture.
    std::uint64_t packet_number = 0;
    /// The length in bytes from `offset`, or the value, that the capture claims; 0 where that has no meaning.
    std::uint64_t needed = 0;
    /// The length in bytes from `offset`, or the value, that there is.
    std::uint64_t available = 0;
    /// The errno of open_failed and read_failed; 0 if it is not known, and for all other codes.
    int system_error = 0;
    /// The part of the capture that is damaged, or the kind of compression: "packet record", "gzip". Static; may be empty.
    std::string_view subject{};

    friend constexpr bool operator==(const capture_error&, const capture_error&) = default;
};

namespace detail {

/// Writes the sentences of to_string(const capture_error&).
class capture_error_text {
public:
    explicit capture_error_text(const capture_error& error) noexcept : error_(error) {}

    [[nodiscard]] std::string all() const {
        switch (error_.code) {
            using enum capture_error_code;
        case file_not_found: return "there is no such file.";
        case permission_denied: return "permission to read the file is denied.";
        case is_a_directory: return "is a directory, not a capture file.";
        case open_failed: return "cannot be opened" + system() + ".";
        case empty: return "is empty: there is not even the header of a capture.";
        case not_a_capture: return not_a_capture_text();
        case compressed: return compressed_text();
        case unsupported_version: return unsupported_version_text();
        case read_failed: return "reading failed at byte " + number(error_.offset) + system() + "." + packets_read();
        case truncated:
            return "cut off " + place() + " (needs " + number(error_.needed) + " bytes, " + number(error_.available) +
                   " are left)." + packets_read();
        default: return "damaged " + place() + ": " + damage() + "." + packets_read();
        }
    }

private:
    /// What is wrong in the part of the capture that place() names.
    [[nodiscard]] std::string damage() const {
        const std::string needed = number(error_.needed);
        const std::string available = number(error_.available);
        switch (error_.code) {
            using enum capture_error_code;
        case bad_byte_order_magic:
            return "the byte-order magic is " + hexadecimal(error_.available) +
                   " (0x1a2b3c4d is right, in either byte order)";
        case bad_block_length:
            if (error_.needed == error_.available) return "the block length " + needed + " is impossible";
            return "the block length is " + needed + " at its start and " + available + " at its end";
        case bad_captured_length: return "it claims " + needed + " captured bytes and has room for " + available;
        case bad_option: return "an option claims " + needed + " bytes, " + available + " are left";
        case record_too_long: return "it claims " + needed + " bytes, at most " + available + " are possible";
        case unknown_interface:
            return "it names interface " + needed + " (counted from 0), and " + available + " are described";
        case too_many_interfaces:
            return "the section describes " + needed + " interfaces, at most " + available + " are possible";
        default: return "unknown error";
        }
    }

    [[nodiscard]] std::string not_a_capture_text() const {
        std::string text = "is neither a pcap nor a pcapng capture";
        if (error_.available != 0) text += " (begins with " + hexadecimal(error_.available) + ")";
        return text + ". Wireshark's editcap converts other capture formats: editcap -F pcapng FILE NEW_FILE.";
    }
    [[nodiscard]] std::string compressed_text() const {
        std::string text = "is compressed (";
        text += error_.subject;
        text += "). Unpack it first, or read the output of '";
        if (error_.subject == "zip") text += "unzip -p";
        else (text += error_.subject) += " -dc";
        return text + " FILE' through a pipe.";
    }
    [[nodiscard]] std::string unsupported_version_text() const {
        const bool is_section = error_.subject == "section header";
        std::string text = "unsupported version " + number(error_.available) + " in the ";
        text += error_.subject;
        text += " at byte " + number(error_.offset) + " (version " + number(error_.needed) + " is read).";
        if (is_section) text += " The packets of this section were skipped; all other packets were read.";
        return text;
    }

    /// "at byte 98,218 in packet 588", or in a part of the capture that is no packet.
    [[nodiscard]] std::string place() const {
        std::string text = "at byte " + number(error_.offset) + " in ";
        const bool is_packet = error_.subject.find("packet") != std::string_view::npos;
        if (is_packet && error_.packet_number != 0) return text + "packet " + number(error_.packet_number);
        if (error_.subject.empty()) return text + "the capture";
        text += error_.subject == "block" ? "a " : "the ";
        text += error_.subject;
        if (error_.packet_number != 0) text += " before packet " + number(error_.packet_number);
        return text;
    }
    [[nodiscard]] std::string packets_read() const {
        switch (error_.packet_number) {
        case 0:
        case 1: return " No packet was read.";
        case 2: return " The packet before it was read.";
        default: return " The " + number(error_.packet_number - 1) + " packets before it were read.";
        }
    }
    [[nodiscard]] std::string system() const {
        if (error_.system_error == 0) return {};
        return " (" + std::generic_category().message(error_.system_error) + ")";
    }

    [[nodiscard]] static std::string number(std::uint64_t value) {
        std::string digits = std::to_string(value);
        for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
        return digits;
    }
    [[nodiscard]] static std::string hexadecimal(std::uint64_t value) {
        std::string digits = "0x";
        for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(value >> shift) & 15];
        return digits;
    }

    const capture_error& error_;
};

} // namespace detail

/// The error as text for people, to be printed behind the name of the file and a colon: what is wrong, where, which packets were
/// read, and what to do. It ends with a full stop.
///
///     cut off at byte 98,218 in packet 588 (needs 146 bytes, 86 are left). The 587 packets before it were read.
[[nodiscard]] inline std::string to_string(const capture_error& error) {
    return detail::capture_error_text{error}.all();
}

} // namespace tcplens::inline v0
