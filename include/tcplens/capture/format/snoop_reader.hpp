// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/chrono.hpp"
#include "../../base/iterator.hpp"
#include "../../base/maybe.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../limits.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/byte_source.hpp"
#include "foreign_formats.hpp"
#include "packet_iterator.hpp"
#include "packet_reader.hpp"
#include "pcap_header.hpp"
#include "unknown_format.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::snoop {

inline constexpr std::size_t header_length = 16;
inline constexpr std::size_t record_header_length = 24;

/// The link layer of a snoop file (RFC 1761 section 3); `nullopt` if there is no link_type for it.
[[nodiscard]] constexpr maybe<link_type> link_of(std::uint32_t datalink) noexcept {
    switch (datalink) {
    case 0: // IEEE 802.3
    case 4: return link_type::ethernet;
    case 2: return link_type::token_ring;
    case 8: return link_type::fddi;
    case 0x8000'0001: return link_type::ipv4; // of Solaris: DL_IPV4, DL_IPV6
    case 0x8000'0002: return link_type::ipv6;
    default: return std::nullopt;
    }
}

/// Whether these bytes are the header of a snoop file that can be read: version 2 and a known link layer.
[[nodiscard]] constexpr bool is_header(std::span<const std::byte> bytes) noexcept {
    return bytes.size() >= header_length && has_at(bytes, 0, {"snoop\0\0\0", 8}) &&
           load_big<std::uint32_t>(bytes.data() + 8) == 2 &&
           static_cast<bool>(link_of(load_big<std::uint32_t>(bytes.data() + 12)));
}

} // namespace tcplens::inline v1::detail::snoop

namespace tcplens::inline v1::detail {

/// Reads snoop (RFC 1761), the captures of Solaris: version 2, microseconds, most significant byte first.
/// A single-pass range of packets. The range ends before the header of another capture.
template <byte_source Source>
class snoop_reader : public packet_reader<Source> {
public:
    /// @pre snoop::is_header() is true of the first bytes.
    constexpr explicit snoop_reader(Source source, captures_before before = {})
        : packet_reader<Source>(std::move(source), before) {
        const auto header = source_.peek(snoop::header_length);
        if (const auto link = snoop::link_of(load_big<std::uint32_t>(header.data() + 12))) packet_.link = *link;
        source_.skip(snoop::header_length);
    }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (this->error_ || this->another_begins()) return nullptr;
        auto record = source_.peek(snoop::record_header_length);
        if (record.empty() && !source_.read_error()) return this->end_well();
        const std::uint64_t offset = source_.position();
        const std::uint64_t number = packet_.number + 1;
        if (record.size() < snoop::record_header_length) {
            return this->ran_out(record_name, offset, number, snoop::record_header_length, record.size());
        }
        const auto field = [&](std::size_t at) { return load_big<std::uint32_t>(record.data() + at); };
        const std::uint32_t original = field(0);
        const std::uint32_t captured = field(4);
        const std::uint32_t length = field(8); // with the header and what fills it up
        if (captured == 0 && length == 0 && original == 0) return this->end_at_zeros(record_name);
        const bool is_odd = captured > capture_limits::max_record_length || length < captured;
        if (is_odd && begins_another(record)) return this->end_before_another();
        if (captured > capture_limits::max_record_length || length > capture_limits::max_record_length) {
            return this->fail({.code = capture_error_code::record_too_long,
                               .offset = offset,
                               .packet_number = number,
                               .needed = (std::max)(captured, length),
                               .available = capture_limits::max_record_length,
                               .subject = record_name});
        }
        if (length < snoop::record_header_length + captured) {
            return this->fail({.code = capture_error_code::bad_captured_length,
                               .offset = offset,
                               .packet_number = number,
                               .needed = captured,
                               .available = length - (std::min)(length, std::uint32_t{snoop::record_header_length}),
                               .subject = record_name});
        }
        record = source_.peek(length);
        // Behind the last packet there may be nothing that fills it up.
        if (record.size() < snoop::record_header_length + captured) {
            return this->ran_out(record_name, offset, number, length, record.size());
        }
        packet_.time = timestamp{std::chrono::seconds{field(16)} + std::chrono::microseconds{field(20)}};
        packet_.bytes = record.subspan(snoop::record_header_length, captured);
        packet_.wire_length = (std::max)(original, captured);
        packet_.number = number;
        source_.skip(length);
        return &packet_;
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] constexpr packet_iterator<snoop_reader> begin() { return packet_iterator<snoop_reader>{*this}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

    /// The file as one section.
    [[nodiscard]] std::vector<capture_section> sections() const {
        return {{.format = capture_format::snoop, .byte_order = std::endian::big, .major_version = 2}};
    }
    /// The one interface of the file.
    [[nodiscard]] std::vector<capture_interface> interfaces() const { return {{.link = packet_.link}}; }
    /// The number of interfaces, with those of the captures before.
    [[nodiscard]] constexpr std::uint32_t count_interfaces() const noexcept { return this->before_.interfaces + 1; }
    /// None: there are no options in snoop.
    [[nodiscard]] constexpr packet_options options() const noexcept { return {}; }
    /// Nothing: snoop is read whole.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept { return {}; }

private:
    static constexpr std::string_view record_name = "packet record";

    /// Whether the header of another capture stands here. As a record it would claim more bytes than there may be.
    [[nodiscard]] static constexpr bool begins_another(std::span<const std::byte> record) noexcept {
        return snoop::is_header(record) || pcap::is_header(record) || begins_pcapng_section(record);
    }

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;
};

} // namespace tcplens::inline v1::detail
