// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/chrono.hpp"
#include "../../base/iterator.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../limits.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/byte_source.hpp"
#include "packet_iterator.hpp"
#include "packet_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

/// Records of Endace's Extensible Record Format (ERF types reference, EDM11-01), which a file consists of: it has no header.
namespace tcplens::inline v1::detail::erf_file {

/// time (8 bytes, the least significant first), type, flags, length of the record (2), loss or color (2), length on the wire (2)
inline constexpr std::size_t record_header_length = 16;
inline constexpr link_type link{197}; ///< LINKTYPE_ERF: packets begin with the header of their record

[[nodiscard]] constexpr unsigned type_of(const std::byte* record) noexcept {
    return std::to_integer<unsigned>(record[8]) & 0x7f;
}
[[nodiscard]] constexpr std::uint32_t seconds_of(const std::byte* record) noexcept {
    return load_little<std::uint32_t>(record + 4);
}

/// Whether a record can begin here: a type that there is, a time from 1990 to 2100, and a length that holds the header.
/// @pre record_header_length bytes can be read.
[[nodiscard]] constexpr bool is_plausible(const std::byte* record) noexcept {
    constexpr unsigned last_type = 27; // that was given out; 48 is padding
    constexpr unsigned padding = 48;
    constexpr std::uint32_t year_1990 = 631'152'000;
    constexpr std::uint32_t year_2100 = 4'102'444'800;
    constexpr unsigned metadata = 27;
    const unsigned type = type_of(record);
    const bool is_dated = seconds_of(record) >= year_1990 && seconds_of(record) < year_2100;
    const auto length = load_big<std::uint16_t>(record + 10);
    // what is longer on the wire than any frame, and has no frame, is none
    return ((type >= 1 && type <= last_type) || type == padding) && (is_dated || type == metadata || type == padding) &&
           length >= record_header_length;
}

/// Whether these bytes are the beginning of an ERF file: several records that follow on each other within a day, or one that is
/// the whole file.
[[nodiscard]] constexpr bool is_beginning(std::span<const std::byte> bytes) noexcept {
    constexpr unsigned enough = 3;
    constexpr std::uint32_t day = 24 * 3600;
    constexpr unsigned metadata = 27;
    std::uint32_t before = 0;
    for (unsigned records = 0; records < enough; ++records) {
        if (bytes.empty()) return records > 0;
        if (bytes.size() < record_header_length || !is_plausible(bytes.data())) return false;
        const std::uint32_t seconds = seconds_of(bytes.data());
        const bool has_time = type_of(bytes.data()) <= metadata && seconds != 0;
        if (has_time && before != 0 && (seconds > before ? seconds - before : before - seconds) > day) return false;
        if (has_time) before = seconds;
        const auto length = load_big<std::uint16_t>(bytes.data() + 10);
        if (length > bytes.size()) return records > 0; // the rest is not there to be looked at
        bytes = bytes.subspan(length);
    }
    return true;
}

} // namespace tcplens::inline v1::detail::erf_file

namespace tcplens::inline v1::detail {

/// Reads ERF files. A packet is a record with its header, of link type ERF (197), as libpcap gives it. Padding and metadata are
/// passed over; Wireshark numbers both like packets, and so does packet::number.
/// A single-pass range of packets.
template <byte_source Source>
class erf_reader : public packet_reader<Source> {
public:
    /// @pre erf_file::is_beginning() is true of the first bytes.
    constexpr explicit erf_reader(Source source) : packet_reader<Source>(std::move(source)) {
        packet_.link = erf_file::link;
    }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (this->error_) return nullptr;
        while (true) {
            auto record = source_.peek(erf_file::record_header_length);
            if (record.empty() && !source_.read_error()) return this->end_well();
            const std::uint64_t offset = source_.position();
            if (record.size() < erf_file::record_header_length) {
                return this->ran_out(record_name, offset, packet_.number + 1, erf_file::record_header_length,
                                     record.size());
            }
            if (std::all_of(record.begin(), record.begin() + erf_file::record_header_length,
                            [](std::byte each) { return each == std::byte{0}; })) {
                return this->end_at_zeros(record_name);
            }
            const auto length = load_big<std::uint16_t>(record.data() + 10);
            if (length < erf_file::record_header_length) {
                return this->fail({.code = capture_error_code::bad_block_length,
                                   .offset = offset,
                                   .packet_number = packet_.number + 1,
                                   .needed = length,
                                   .available = length,
                                   .subject = record_name});
            }
            record = source_.peek(length);
            if (record.size() < length) {
                return this->ran_out(record_name, offset, packet_.number + 1, length, record.size());
            }
            source_.skip(length);
            ++packet_.number;
            if (erf_file::type_of(record.data()) < first_without_packet) return deliver(record.first(length));
            ++skipped_.numbered_blocks;
        }
    }

    /// Packets delivered so far.
    [[nodiscard]] constexpr std::uint64_t packets() const noexcept {
        return packet_reader<Source>::packets() - skipped_.numbered_blocks;
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] constexpr packet_iterator<erf_reader> begin() { return packet_iterator<erf_reader>{*this}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

    /// The file as one section.
    [[nodiscard]] std::vector<capture_section> sections() const {
        return {{.format = capture_format::erf, .byte_order = std::endian::big}};
    }
    /// All interfaces as one.
    [[nodiscard]] std::vector<capture_interface> interfaces() const { return {{.link = erf_file::link}}; }
    /// None: there are no options in ERF.
    [[nodiscard]] constexpr packet_options options() const noexcept { return {}; }
    /// The records that are no packets.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept { return skipped_; }

private:
    static constexpr std::string_view record_name = "packet record";
    static constexpr unsigned first_without_packet = 27; ///< metadata; padding is 48

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;

    constexpr const packet* deliver(std::span<const std::byte> record) noexcept {
        // 32 bits of seconds, and 32 of a fraction of one
        const std::uint64_t fraction = load_little<std::uint32_t>(record.data());
        packet_.time = timestamp{std::chrono::seconds{erf_file::seconds_of(record.data())} +
                                 std::chrono::nanoseconds{(fraction * 1'000'000'000) >> 32}};
        packet_.bytes = record;
        packet_.wire_length = static_cast<std::uint32_t>(record.size());
        if (const std::size_t headers = length_of_headers(record); headers < record.size()) {
            const auto on_wire = static_cast<std::uint32_t>(headers + load_big<std::uint16_t>(record.data() + 14));
            packet_.wire_length = (std::max)(packet_.wire_length, on_wire);
        }
        return &packet_;
    }

    /// Of the record header, the extension headers of 8 bytes each (a bit in the first byte tells of another one), and what stands
    /// before an Ethernet frame.
    [[nodiscard]] static constexpr std::size_t length_of_headers(std::span<const std::byte> record) noexcept {
        constexpr std::byte more{0x80};
        std::size_t length = erf_file::record_header_length;
        bool has_more = (record[8] & more) != std::byte{0};
        while (has_more && length + 8 <= record.size()) {
            has_more = (record[length] & more) != std::byte{0};
            length += 8;
        }
        const unsigned type = erf_file::type_of(record.data());
        const bool is_ethernet = type == 2 || type == 11 || type == 16 || type == 20;
        return length + (is_ethernet ? 2 : 0);
    }

    skipped_parts skipped_{};
};

} // namespace tcplens::inline v1::detail
