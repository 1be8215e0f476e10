// SPDX-License-Identifier: MIT
#pragma once

#include "byte_order.hpp"
#include "byte_source.hpp"
#include "capture_error.hpp"
#include "capture_format.hpp"
#include "interface_clock.hpp"
#include "limits.hpp"
#include "packet.hpp"
#include "packet_iterator.hpp"
#include "packet_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens {

/// Reads pcapng (draft-ietf-opsawg-pcapng): any number of sections, each in its own byte order and with its own
/// interfaces, each of these with its own link type and clock; enhanced, simple and obsolete packet blocks. All other
/// blocks are skipped, as are all options but if_tsresol and if_tsoffset. Section lengths are not believed.
/// A single-pass range of packets; the first section header is read when the reader is made.
template <byte_source Source>
class pcapng_reader : public packet_reader<Source> {
public:
    constexpr explicit pcapng_reader(Source source) : packet_reader<Source>(std::move(source)) {
        const std::span<const std::byte> beginning = source_.peek(magic_length);
        if (detect_format(beginning) == capture_format::pcapng) {
            read_section_header();
        } else if (source_.read_error()) {
            this->ran_out(section_header_name, 0, 0, pcapng_section_header_length, beginning.size());
        } else {
            this->fail(explain_unknown_format(beginning));
        }
    }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (this->error_) [[unlikely]]
            return nullptr;

        while (true) {
            const std::span<const std::byte> header = source_.peek(smallest_block);
            if (header.size() < smallest_block) [[unlikely]]
                return finish(header.size());

            const auto type = load<std::uint32_t>(header.data(), order_);
            if (type == pcapng_magic) [[unlikely]] { // in either byte order: its own is known only from within
                if (!read_section_header()) return nullptr;
                continue;
            }

            const auto length = load<std::uint32_t>(header.data() + 4, order_);
            switch (type) {
            case enhanced_packet:
                return read_packet(length, load<std::uint32_t>(header.data() + 8, order_), "enhanced packet block");
            case obsolete_packet: // 16 bits of interface, 16 of packets dropped; otherwise the same
                return read_packet(length, load<std::uint16_t>(header.data() + 8, order_), "packet block");
            case simple_packet: return read_simple_packet(length);
            case interface_description:
                if (!read_interface(length)) return nullptr;
                break;
            default:
                if (!skip_block("block", length)) return nullptr;
            }
        }
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] constexpr packet_iterator<pcapng_reader> begin() { return packet_iterator<pcapng_reader>{*this}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

private:
    struct described_interface {
        link_type link{};
        std::uint32_t snapshot_length = 0; ///< 0: unlimited
        interface_clock clock{};
    };

    // block types (draft-ietf-opsawg-pcapng 11.1)
    static constexpr std::uint32_t interface_description = 1;
    static constexpr std::uint32_t obsolete_packet = 2;
    static constexpr std::uint32_t simple_packet = 3;
    static constexpr std::uint32_t enhanced_packet = 6;

    // bytes before the body's variable part; behind it come four, the length again
    static constexpr std::uint32_t smallest_block = 12;
    static constexpr std::uint32_t trailer_length = 4;
    static constexpr std::uint32_t packet_header_length = 28;
    static constexpr std::uint32_t simple_packet_header_length = 12;
    static constexpr std::uint32_t interface_header_length = 16;

    static constexpr std::string_view section_header_name = "section header";
    static constexpr std::string_view interface_name = "interface description";

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;

    [[nodiscard]] constexpr std::uint64_t next_number() const noexcept { return in_section_ ? packet_.number + 1 : 0; }

    constexpr const packet* fail_here(capture_error_code code, std::string_view subject, std::uint64_t offset,
                                      std::uint64_t needed, std::uint64_t available) {
        return this->fail({.code = code,
                           .offset = offset,
                           .packet_number = next_number(),
                           .needed = needed,
                           .available = available,
                           .subject = subject});
    }

    constexpr const packet* finish(std::size_t left) {
        if (left == 0 && !source_.read_error()) return nullptr;
        return this->ran_out("block", source_.position(), next_number(), smallest_block, left);
    }

    /// Whether a block of this kind can be that long.
    constexpr bool check_length(std::string_view subject, std::uint32_t length, std::uint32_t smallest) {
        if (length >= smallest && length % 4 == 0) [[likely]]
            return true;
        fail_here(capture_error_code::bad_block_length, subject, source_.position(), length, length);
        return false;
    }

    constexpr bool check_trailer(std::string_view subject, std::uint64_t offset, std::uint32_t length,
                                 const std::byte* trailer) {
        const auto again = load<std::uint32_t>(trailer, order_);
        if (again == length) [[likely]]
            return true;
        fail_here(capture_error_code::bad_block_length, subject, offset, length, again);
        return false;
    }

    /// The whole block at the position, its lengths checked; empty after an error. The position is behind it then.
    constexpr std::span<const std::byte> take_block(std::string_view subject, std::uint32_t length,
                                                    std::uint32_t smallest) {
        if (!check_length(subject, length, smallest)) [[unlikely]]
            return {};
        const std::uint64_t offset = source_.position();
        if (length > max_record_length) [[unlikely]] {
            fail_here(capture_error_code::record_too_long, subject, offset, length, max_record_length);
            return {};
        }
        const std::span<const std::byte> block = source_.peek(length);
        if (block.size() < length) [[unlikely]] {
            this->ran_out(subject, offset, next_number(), length, block.size());
            return {};
        }
        if (!check_trailer(subject, offset, length, block.data() + length - trailer_length)) [[unlikely]]
            return {};
        source_.skip(length);
        return block.first(length);
    }

    /// Moves behind a block of which nothing is needed, without holding it in memory.
    constexpr bool skip_block(std::string_view subject, std::uint32_t length) {
        if (!check_length(subject, length, smallest_block)) [[unlikely]]
            return false;
        const std::uint64_t offset = source_.position();
        const std::uint64_t skipped = source_.skip(length - trailer_length);
        const std::span<const std::byte> trailer = source_.peek(trailer_length);
        if (trailer.size() < trailer_length) [[unlikely]] {
            this->ran_out(subject, offset, next_number(), length, skipped + trailer.size());
            return false;
        }
        if (!check_trailer(subject, offset, length, trailer.data())) [[unlikely]]
            return false;
        source_.skip(trailer_length);
        return true;
    }

    constexpr bool read_section_header() {
        const std::uint64_t offset = source_.position();
        std::span<const std::byte> header = source_.peek(smallest_block);
        if (header.size() < smallest_block) {
            this->ran_out(section_header_name, offset, next_number(), pcapng_section_header_length, header.size());
            return false;
        }
        constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
        const auto magic = load_big<std::uint32_t>(header.data() + 8);
        if (magic != byte_order_magic && magic != reverse_bytes(byte_order_magic)) {
            fail_here(capture_error_code::bad_byte_order_magic, section_header_name, offset, byte_order_magic, magic);
            return false;
        }
        order_ = magic == byte_order_magic ? std::endian::big : std::endian::little;

        const auto length = load<std::uint32_t>(header.data() + 4, order_);
        if (!check_length(section_header_name, length, pcapng_section_header_length)) return false;
        header = source_.peek(pcapng_section_header_length);
        if (header.size() < pcapng_section_header_length) {
            this->ran_out(section_header_name, offset, next_number(), length, header.size());
            return false;
        }
        const auto major = load<std::uint16_t>(header.data() + 12, order_);
        if (major != 1) {
            fail_here(capture_error_code::unsupported_version, section_header_name, offset, 1, major);
            return false;
        }
        if (!skip_block(section_header_name, length)) return false;

        interfaces_before_ += static_cast<std::uint32_t>(interfaces_.size());
        interfaces_.clear();
        in_section_ = true;
        return true;
    }

    constexpr bool read_interface(std::uint32_t length) {
        const std::uint64_t offset = source_.position();
        const std::span<const std::byte> block =
            take_block(interface_name, length, interface_header_length + trailer_length);
        if (block.empty()) return false;
        if (interfaces_.size() == max_interfaces_per_section) {
            fail_here(capture_error_code::too_many_interfaces, interface_name, offset, max_interfaces_per_section + 1,
                      max_interfaces_per_section);
            return false;
        }

        constexpr std::uint16_t end_of_options = 0;
        constexpr std::uint16_t if_tsresol = 9;
        constexpr std::uint16_t if_tsoffset = 14;
        constexpr std::size_t option_header_length = 4;

        std::uint8_t resolution = 6;
        std::int64_t clock_offset = 0;
        std::span<const std::byte> options =
            block.subspan(interface_header_length, length - interface_header_length - trailer_length);
        while (!options.empty()) { // all lengths are multiples of four, so at least an option's header is there
            const auto code = load<std::uint16_t>(options.data(), order_);
            const auto size = load<std::uint16_t>(options.data() + 2, order_);
            if (code == end_of_options) break;
            std::size_t room = options.size() - option_header_length;
            if (size <= room && code == if_tsresol) room = sizeof resolution;
            if (size <= room && code == if_tsoffset) room = sizeof clock_offset;
            if (size > room || (size < room && (code == if_tsresol || code == if_tsoffset))) {
                fail_here(capture_error_code::bad_option, interface_name, offset, size, room);
                return false;
            }
            const std::byte* const value = options.data() + option_header_length;
            if (code == if_tsresol) resolution = std::to_integer<std::uint8_t>(*value);
            if (code == if_tsoffset) clock_offset = static_cast<std::int64_t>(load<std::uint64_t>(value, order_));
            options = options.subspan(option_header_length + (size + 3u) / 4 * 4);
        }

        interfaces_.push_back({.link = static_cast<link_type>(load<std::uint16_t>(block.data() + 8, order_)),
                               .snapshot_length = load<std::uint32_t>(block.data() + 12, order_),
                               .clock = interface_clock{resolution, clock_offset}});
        return true;
    }

    constexpr const packet* read_packet(std::uint32_t length, std::uint32_t interface_id, std::string_view subject) {
        const std::uint64_t offset = source_.position();
        const std::span<const std::byte> block = take_block(subject, length, packet_header_length + trailer_length);
        if (block.empty()) [[unlikely]]
            return nullptr;

        const auto captured = load<std::uint32_t>(block.data() + 20, order_);
        const auto original = load<std::uint32_t>(block.data() + 24, order_);
        const std::uint32_t room = length - packet_header_length - trailer_length;
        if (captured > room) [[unlikely]] {
            return fail_here(capture_error_code::bad_captured_length, subject, offset, captured, room);
        }
        if (interface_id >= interfaces_.size()) [[unlikely]]
            return fail_unknown_interface(subject, offset, interface_id);

        const std::uint64_t units = (std::uint64_t{load<std::uint32_t>(block.data() + 12, order_)} << 32) |
                                    load<std::uint32_t>(block.data() + 16, order_);
        packet_.time = interfaces_[interface_id].clock(units);
        packet_.has_time = true;
        return deliver(block.subspan(packet_header_length, captured), original, interface_id);
    }

    constexpr const packet* read_simple_packet(std::uint32_t length) {
        constexpr std::string_view subject = "simple packet block";
        const std::uint64_t offset = source_.position();
        const std::span<const std::byte> block =
            take_block(subject, length, simple_packet_header_length + trailer_length);
        if (block.empty()) [[unlikely]]
            return nullptr;
        if (interfaces_.empty()) [[unlikely]]
            return fail_unknown_interface(subject, offset, 0);

        const auto original = load<std::uint32_t>(block.data() + 8, order_);
        std::uint32_t captured = std::min(original, length - simple_packet_header_length - trailer_length);
        const std::uint32_t snapshot_length = interfaces_.front().snapshot_length;
        if (snapshot_length != 0) captured = std::min(captured, snapshot_length);

        packet_.time = {};
        packet_.has_time = false;
        return deliver(block.subspan(simple_packet_header_length, captured), original, 0);
    }

    constexpr const packet* fail_unknown_interface(std::string_view subject, std::uint64_t offset, std::uint32_t id) {
        return fail_here(capture_error_code::unknown_interface, subject, offset, id, interfaces_.size());
    }

    constexpr const packet* deliver(std::span<const std::byte> bytes, std::uint32_t original,
                                    std::uint32_t interface_id) {
        packet_.bytes = bytes;
        packet_.wire_length = std::max(original, static_cast<std::uint32_t>(bytes.size()));
        packet_.link = interfaces_[interface_id].link;
        packet_.interface_id = interfaces_before_ + interface_id;
        ++packet_.number;
        return &packet_;
    }

    std::vector<described_interface> interfaces_{}; ///< of this section
    std::uint32_t interfaces_before_ = 0;           ///< in the sections before this one
    std::endian order_ = std::endian::native;
    bool in_section_ = false;
};

} // namespace tcplens
