// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace tcplens::inline v1 {

/// Why a capture, or a packet of it, could not be written.
///
/// The first group of codes ends writing: what was written is no whole file, and it does not take its place. The second group refuses one
/// packet: the capture is sound without it, and writing goes on.
struct write_error {
    /// What is wrong.
    enum class reason : std::uint8_t {
        // Writing ends.
        open_failed,  ///< the file could not be made: `system_error` says why
        is_input,     ///< the file is one of those that are read
        write_failed, ///< the system, or the callable, refused bytes: `system_error` says why; ENOSPC: the disk is full
        short_write,  ///< the callable took no more bytes and gave no reason
        replace_failed, ///< the whole file could not take its place: `system_error` says why
        // One packet is refused.
        other_link_type,     ///< pcap has one link type a file, and the packet has another
        link_type_too_large, ///< pcapng has 16 bits for a link type, pcap 26
        time_out_of_range,   ///< pcap has times from 1970 to 2106, an interface of pcapng those that its clock reaches
        packet_too_long,     ///< more than `capture_limits::max_record_length` bytes, which no reader accepts
        too_many_interfaces, ///< pcapng: `capture_limits::max_interfaces_per_section` interfaces are described already
    };

    /// What is wrong.
    reason code{};
    /// The errno of open_failed, write_failed and replace_failed; 0 if it is not known, and for all other codes.
    int system_error = 0;
    /// Bytes of the capture that were written before; they may still be in the buffer of the writer.
    std::uint64_t offset = 0;
    /// packet::number of the packet that was refused; 0 for errors of the file.
    std::uint64_t packet_number = 0;

    /// Whether only one packet was refused, and writing goes on.
    [[nodiscard]] constexpr bool refuses_packet() const noexcept { return code >= reason::other_link_type; }

    friend constexpr bool operator==(const write_error&, const write_error&) = default;
};

/// The name of the enumerator, e.g. "short_write".
[[nodiscard]] constexpr std::string_view to_string(write_error::reason code) noexcept {
    constexpr std::string_view names[]{"open_failed",         "is_input",          "write_failed",
                                       "short_write",         "replace_failed",    "other_link_type",
                                       "link_type_too_large", "time_out_of_range", "packet_too_long",
                                       "too_many_interfaces"};
    const auto index = static_cast<std::size_t>(code);
    return index < std::size(names) ? names[index] : "unknown";
}

/// The error as text for people, to be printed behind the name of the file and a colon. It ends with a full stop. Allocates.
///
///     writing failed at byte 65,536 (No space left on device). The output is not whole.
[[nodiscard]] inline std::string to_string(const write_error& error) {
    std::string digits = std::to_string(error.offset);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
    const std::string why =
        error.system_error == 0 ? std::string{} : " (" + std::generic_category().message(error.system_error) + ")";
    const std::string packet = "packet " + std::to_string(error.packet_number);
    switch (error.code) {
        using enum write_error::reason;
    case open_failed: return "cannot be written" + why + ".";
    case is_input: return "is read as input and is not overwritten. Name another file.";
    case write_failed: return "writing failed at byte " + digits + why + ". The output is not whole.";
    case short_write:
        return "writing failed at byte " + digits + ": no more bytes were taken. The output is not whole.";
    case replace_failed: return "the whole file cannot take its place" + why + ". The output is not whole.";
    case other_link_type:
        return packet + " has another link type than the file, and pcap has one for all. Write pcapng instead.";
    case link_type_too_large: return packet + " has a link type that the format has no room for.";
    case time_out_of_range: return packet + " has a time that the format cannot hold.";
    case packet_too_long: return packet + " is longer than any reader accepts.";
    case too_many_interfaces: return packet + " is of another interface, and no more can be described.";
    }
    return "unknown error.";
}

} // namespace tcplens::inline v1
