// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace tcplens::inline v0 {

/// Why a capture could not be opened, or ended before its end.
enum class capture_error_code : std::uint8_t {
    // opening a file
    file_not_found,
    permission_denied,
    is_a_directory,
    open_failed, ///< any other reason of the system; `system_error` says which
    read_failed, ///< the system, or the source of a stream, failed while reading
    // what kind of file it is
    empty,
    not_a_capture,
    compressed, ///< gzip, zstd, xz, bzip2, lz4 or zip (`subject` says which): to be unpacked first
    unsupported_version,
    // what is in it
    truncated, ///< it ends within a header, a record or a block
    bad_byte_order_magic,
    bad_block_length,    ///< pcapng: impossible, or not the same at both ends of the block
    bad_captured_length, ///< pcapng: a packet claims more bytes than its block holds
    bad_option,          ///< pcapng: an option of an interface, whose clock may be behind it, reaches past its block
    record_too_long,     ///< a record claims more bytes than any link type has (`max_record_length`)
    unknown_interface,   ///< pcapng: a packet of an interface that was not described
    too_many_interfaces, ///< pcapng: a section describes more than `max_interfaces_per_section`
};

/// The enumerator's name, e.g. "record_too_long".
[[nodiscard]] constexpr std::string_view to_string(capture_error_code code) noexcept {
    switch (code) {
    case capture_error_code::file_not_found: return "file_not_found";
    case capture_error_code::permission_denied: return "permission_denied";
    case capture_error_code::is_a_directory: return "is_a_directory";
    case capture_error_code::open_failed: return "open_failed";
    case capture_error_code::read_failed: return "read_failed";
    case capture_error_code::empty: return "empty";
    case capture_error_code::not_a_capture: return "not_a_capture";
    case capture_error_code::compressed: return "compressed";
    case capture_error_code::unsupported_version: return "unsupported_version";
    case capture_error_code::truncated: return "truncated";
    case capture_error_code::bad_byte_order_magic: return "bad_byte_order_magic";
    case capture_error_code::bad_block_length: return "bad_block_length";
    case capture_error_code::bad_captured_length: return "bad_captured_length";
    case capture_error_code::bad_option: return "bad_option";
    case capture_error_code::record_too_long: return "record_too_long";
    case capture_error_code::unknown_interface: return "unknown_interface";
    case capture_error_code::too_many_interfaces: return "too_many_interfaces";
    }
    return "unknown";
}

/// One error of a capture: where, and what was wrong there. All packets before it were delivered and count. (So were
/// those behind a pcapng section of an unsupported_version, which is skipped, and told of at the end.)
struct capture_error {
    capture_error_code code{};
    /// Of the header, record or block that is at fault, in bytes from the start.
    std::uint64_t offset = 0;
    /// Of the packet that could not be delivered, counted from 1; 0 before any could be.
    std::uint64_t packet_number = 0;
    /// Bytes from `offset` on, or the value, that the file calls for; 0 where that says nothing.
    std::uint64_t needed = 0;
    /// Bytes from `offset` on, or the value, that is there.
    std::uint64_t available = 0;
    /// The errno of open_failed and read_failed, otherwise 0.
    int system_error = 0;
    /// What is at fault, e.g. "packet record" or "gzip"; static, may be empty.
    std::string_view subject{};

    friend constexpr bool operator==(const capture_error&, const capture_error&) = default;
};

/// One sentence for a person: what is wrong, where, and, if anything can be done, what. Without the file's name.
[[nodiscard]] inline std::string to_string(const capture_error& error) {
    const auto& [code, offset, packet_number, needed, available, system_error, subject] = error;
    using enum capture_error_code;

    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    const auto hexadecimal = [](std::uint64_t value) {
        std::string digits = "0x";
        for (int shift = 28; shift >= 0; shift -= 4) digits += "0123456789abcdef"[(value >> shift) & 15];
        return digits;
    };
    const auto of_system = [&] {
        return error.system_error != 0 ? ": " + std::generic_category().message(error.system_error) : std::string{};
    };

    std::string place = "The ";
    place += subject.empty() ? std::string_view{"capture"} : subject;
    place += " at byte " + number(offset);
    if (packet_number != 0) place += " (packet " + number(packet_number) + ")";

    std::string what;
    switch (code) {
    case file_not_found: return "There is no such file.";
    case permission_denied: return "There is no permission to read it.";
    case is_a_directory: return "It is a directory, not a capture file.";
    case open_failed: return "It could not be opened" + of_system() + ".";
    case empty: return "It is empty: not even the header of a capture is there.";
    case not_a_capture:
        what = "It is neither a pcap nor a pcapng capture";
        if (available != 0) what += ": it begins with " + hexadecimal(available);
        return what + ".";
    case compressed: {
        std::string tool{subject};
        tool += " -dc";
        if (subject == "zip") tool = "unzip -p";
        what = "It is compressed (";
        what += subject;
        return what + "): unpack it first, for example with '" + tool + "', whose output can be read through a pipe.";
    }
    case unsupported_version:
        what = place + " has major version " + number(available) + ", but only version " + number(needed) + " is known";
        // others behind it were read
        if (subject == "section header") return what + ": the packets of that section were skipped.";
        break;
    case read_failed: what = "Reading failed behind byte " + number(offset) + of_system(); break;
    case truncated:
        what = place + " calls for " + number(needed) + " bytes, but only " + number(available) +
               " are left: the capture was cut short, or its length is damaged";
        break;
    case bad_byte_order_magic:
        what = place + " has " + hexadecimal(available) +
               " for its byte-order magic, which must be 0x1a2b3c4d in either order";
        break;
    case bad_block_length:
        what = place;
        if (needed == available) {
            what += " claims an impossible length of " + number(needed) + " bytes";
        } else {
            what += " claims a length of " + number(needed) + " bytes at its start, but " + number(available) +
                    " at its end";
        }
        break;
    case bad_captured_length:
        what = place + " claims " + number(needed) + " captured bytes, but there is room for " + number(available) +
               " in it";
        break;
    case bad_option:
        what =
            place + " has an option that claims " + number(needed) + " bytes where " + number(available) + " are right";
        break;
    case record_too_long:
        what = place + " claims " + number(needed) + " bytes, more than the " + number(available) +
               " that any link type has: the capture is damaged there";
        break;
    case unknown_interface:
        what = place + " belongs to interface " + number(needed) + " (counted from 0), but its section has described " +
               number(available);
        break;
    case too_many_interfaces:
        what = place + " is number " + number(needed) + " of its section, and no more than " + number(available) +
               " are followed";
        break;
    }
    if (packet_number == 2) what += "; the packet before it is good";
    if (packet_number > 2) what += "; the " + number(packet_number - 1) + " packets before it are good";
    return what + ".";
}

} // namespace tcplens::inline v0
