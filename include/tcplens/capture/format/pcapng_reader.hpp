// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../../base/iterator.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../limits.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "../pcapng_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/byte_source.hpp"
#include "interface_clock.hpp"
#include "packet_iterator.hpp"
#include "packet_reader.hpp"
#include "pcap_header.hpp"
#include "pcapng_blocks.hpp"
#include "pcapng_descriptions.hpp"
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

namespace tcplens::inline v1::detail {

/// Reads pcapng (draft-ietf-opsawg-pcapng): any number of sections, each in its own byte order and with its own
/// interfaces, each of these with its own link type and clock; enhanced, simple and obsolete packet blocks. Interface
/// statistics and what is said of sections and interfaces is kept to be asked for; all other blocks are skipped.
/// Section lengths are not believed. A block length that is not a multiple of four, as it must be, is rounded up, as
/// Wireshark does. A section of another major version is skipped, as the draft demands, and told by error() at the end.
/// A single-pass range of packets; the first section header is read when the reader is made.
template <byte_source Source>
class pcapng_reader : public packet_reader<Source> {
public:
    constexpr explicit pcapng_reader(Source source, captures_before before = {}, capture_descriptions descriptions = {})
        : packet_reader<Source>(std::move(source), before), interfaces_before_(before.interfaces),
          descriptions_(std::move(descriptions)) {
        if (detect_format(source_.peek(magic_length)) == capture_format::pcapng) {
            read_section_header();
        } else {
            this->explain_format(section_header_name, pcapng_section_header_length);
        }
    }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    TCPLENS_NOINLINE constexpr const packet* next() {
        if (usual_) [[likely]] {
            const std::span<const std::byte> rest = source_.peek(pcapng::smallest_block);
            if (rest.size() >= pcapng::smallest_packet_block) [[likely]] {
                const std::size_t whole = length_of_sound_packet(rest);
                if (whole != 0) [[likely]] {
                    deliver_timed(rest, std::endian::native, load<std::uint32_t>(rest.data() + 8, std::endian::native),
                                  load<std::uint32_t>(rest.data() + 20, std::endian::native));
                    source_.skip(whole);
                    return &packet_;
                }
            }
        }
        return read_blocks();
    }

    [[nodiscard]] constexpr packet_iterator<pcapng_reader> begin() { return packet_iterator<pcapng_reader>{*this}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

    /// Packets delivered so far.
    [[nodiscard]] constexpr std::uint64_t packets() const noexcept {
        return packet_reader<Source>::packets() - skipped_.numbered_blocks;
    }

    /// What the sections that were begun so far say of themselves, with the captures before.
    [[nodiscard]] std::vector<capture_section> sections() const { return descriptions_.sections(); }
    /// What was said so far of the interfaces of all sections, with the captures before.
    [[nodiscard]] std::vector<capture_interface> interfaces() const { return descriptions_.interfaces(); }
    /// What the capture tells of the packet at hand besides; good as long as that is. None before the first packet and
    /// after the last.
    [[nodiscard]] constexpr packet_options options() const noexcept {
        if (packet_.bytes.data() == nullptr || !packet_.has_time) return {}; // a simple packet has none
        return pcapng::options_of_packet(packet_.bytes, order_);
    }
    /// What was passed over so far.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept { return skipped_; }

    /// The first section of an unknown version, if there is one.
    [[nodiscard]] constexpr const std::optional<capture_error>& unreadable_section() const noexcept {
        return unreadable_section_;
    }
    /// For a reader of a capture behind this one. @pre Nothing is read with this reader afterwards.
    [[nodiscard]] constexpr capture_descriptions take_descriptions() { return std::move(descriptions_); }
    [[nodiscard]] constexpr std::uint32_t count_interfaces() const noexcept {
        return interfaces_before_ + static_cast<std::uint32_t>(interfaces_.size());
    }

private:
    struct described_interface {
        link_type link{};
        std::uint32_t snapshot_length = 0; ///< 0: unlimited
        interface_clock clock{};
    };

    static constexpr std::string_view section_header_name = "section header";
    static constexpr std::string_view interface_name = "interface description";

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;
    using packet_reader<Source>::usual_;

    [[nodiscard]] constexpr std::uint64_t next_number() const noexcept {
        return in_section_ ? packet_.number + 1 : this->number_in_header();
    }

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
        if (left != 0 || source_.read_error()) {
            return this->ran_out("block", source_.position(), next_number(), pcapng::smallest_block, left);
        }
        if (unreadable_section_) return this->fail(*unreadable_section_);
        return this->end_well();
    }

    /// Whether a block of this kind can be that long.
    constexpr bool check_length(std::string_view subject, std::uint32_t length, std::uint32_t smallest) {
        constexpr std::uint32_t largest = 0xffff'fffc; // that can be rounded up
        if (length >= smallest && length <= largest) [[likely]]
            return true;
        fail_here(capture_error_code::bad_block_length, subject, source_.position(), length, length);
        return false;
    }

    constexpr bool check_trailer(std::string_view subject, std::uint64_t offset, std::uint32_t length,
                                 const std::byte* trailer) {
        const auto again = load<std::uint32_t>(trailer, order_);
        if (again == length || pcapng::rounded_up(again) == pcapng::rounded_up(length)) [[likely]]
            return true;
        fail_here(capture_error_code::bad_block_length, subject, offset, length, again);
        return false;
    }

    /// The whole block at the position, its lengths checked; empty after an error. The position is behind it then.
    /// \param header what there is of it already
    constexpr std::span<const std::byte> take_block(std::string_view subject, std::span<const std::byte> header,
                                                    std::uint32_t length, std::uint32_t smallest) {
        if (!check_length(subject, length, smallest)) [[unlikely]]
            return {};
        const std::uint64_t offset = source_.position();
        if (length > capture_limits::max_record_length) [[unlikely]] {
            fail_here(capture_error_code::record_too_long, subject, offset, length, capture_limits::max_record_length);
            return {};
        }
        const std::uint32_t whole = pcapng::rounded_up(length);
        std::span<const std::byte> block = header;
        if (block.size() < whole) {
            block = source_.peek(whole);
            if (block.size() < whole) [[unlikely]] {
                this->ran_out(subject, offset, next_number(), whole, block.size());
                return {};
            }
        }
        if (!check_trailer(subject, offset, length, block.data() + whole - pcapng::trailer_length)) [[unlikely]]
            return {};
        source_.skip(whole);
        return block.first(whole);
    }

    /// Moves behind a block of which nothing is needed, without holding it in memory.
    constexpr bool skip_block(std::string_view subject, std::uint32_t length) {
        if (!check_length(subject, length, pcapng::smallest_block)) [[unlikely]]
            return false;
        const std::uint64_t offset = source_.position();
        const std::uint32_t whole = pcapng::rounded_up(length);
        const std::uint64_t skipped = source_.skip(whole - pcapng::trailer_length);
        const std::span<const std::byte> trailer = source_.peek(pcapng::trailer_length);
        if (trailer.size() < pcapng::trailer_length) [[unlikely]] {
            this->ran_out(subject, offset, next_number(), whole, skipped + trailer.size());
            return false;
        }
        if (!check_trailer(subject, offset, length, trailer.data())) [[unlikely]]
            return false;
        source_.skip(pcapng::trailer_length);
        return true;
    }

    constexpr bool read_section_header() {
        const std::uint64_t offset = source_.position();
        std::span<const std::byte> header = source_.peek(pcapng::smallest_block);
        if (header.size() < pcapng::smallest_block) {
            this->ran_out(section_header_name, offset, next_number(), pcapng_section_header_length, header.size());
            return false;
        }
        constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
        const auto magic = load_big<std::uint32_t>(header.data() + 8);
        if (!begins_pcapng_section(header)) {
            fail_here(capture_error_code::bad_byte_order_magic, section_header_name, offset, byte_order_magic, magic);
            return false;
        }
        order_ = magic == byte_order_magic ? std::endian::big : std::endian::little;

        const auto length = load<std::uint32_t>(header.data() + 4, order_);
        if (!check_length(section_header_name, length, pcapng_section_header_length)) return false;
        header = source_.peek(pcapng_section_header_length);
        if (header.size() < pcapng_section_header_length) {
            this->ran_out(section_header_name, offset, next_number(), pcapng::rounded_up(length), header.size());
            return false;
        }
        const auto major = load<std::uint16_t>(header.data() + 12, order_);
        const auto minor = load<std::uint16_t>(header.data() + 14, order_);
        readable_ = major == 1;
        usual_ = readable_ && order_ == std::endian::native;
        if (!readable_) {
            ++skipped_.sections;
            if (!unreadable_section_) {
                unreadable_section_ = {.code = capture_error_code::unsupported_version,
                                       .offset = offset,
                                       .packet_number = next_number(),
                                       .needed = 1,
                                       .available = major,
                                       .subject = section_header_name};
            }
            return skip_block(section_header_name, length);
        }

        std::span<const std::byte> options;
        if (length <= capture_limits::max_description_bytes) {
            const std::span<const std::byte> block =
                take_block(section_header_name, header, length, pcapng_section_header_length);
            if (block.empty()) return false;
            options = pcapng::options_behind(block, pcapng::section_header_length);
        } else if (!skip_block(section_header_name, length)) {
            return false;
        }
        const bool kept = descriptions_.add_section(order_, major, minor, options);
        if (!kept || length > capture_limits::max_description_bytes) ++skipped_.descriptions;
        if (option_list{options, order_}.damage()) ++skipped_.bad_options;

        interfaces_before_ += static_cast<std::uint32_t>(interfaces_.size());
        interfaces_.clear();
        in_section_ = true;
        return true;
    }

    constexpr bool read_interface(std::span<const std::byte> header, std::uint32_t length) {
        const std::uint64_t offset = source_.position();
        const std::span<const std::byte> block =
            take_block(interface_name, header, length, pcapng::interface_header_length + pcapng::trailer_length);
        if (block.empty()) return false;
        if (interfaces_.size() == capture_limits::max_interfaces_per_section) {
            fail_here(capture_error_code::too_many_interfaces, interface_name, offset,
                      capture_limits::max_interfaces_per_section + 1, capture_limits::max_interfaces_per_section);
            return false;
        }

        const std::span<const std::byte> options = pcapng::options_behind(block, pcapng::interface_header_length);
        const option_list list{options, order_};
        const pcapng::clock_options clock = pcapng::read_clock(list);
        skipped_.bad_options += clock.bad;
        // what says how the clock goes may be behind it
        if (const auto damage = list.damage()) {
            fail_here(capture_error_code::bad_option, interface_name, offset, damage->needed, damage->available);
            return false;
        }

        const auto link = static_cast<link_type>(load<std::uint16_t>(block.data() + 8, order_));
        const auto snapshot_length = load<std::uint32_t>(block.data() + 12, order_);
        interfaces_.push_back({.link = link,
                               .snapshot_length = snapshot_length,
                               .clock = interface_clock{clock.resolution, clock.offset}});
        if (!descriptions_.add_interface(link, snapshot_length, options)) ++skipped_.descriptions;
        return true;
    }

    constexpr bool read_statistics(std::span<const std::byte> header, std::uint32_t length) {
        constexpr std::string_view subject = "interface statistics";
        if (length < pcapng::statistics_header_length + pcapng::trailer_length ||
            length > capture_limits::max_description_bytes) {
            ++skipped_.bad_options;
            return skip_block(subject, length);
        }
        const std::span<const std::byte> block =
            take_block(subject, header, length, pcapng::statistics_header_length + pcapng::trailer_length);
        if (block.empty()) return false;
        const auto interface_id = load<std::uint32_t>(block.data() + 8, order_);
        if (interface_id >= interfaces_.size()) {
            ++skipped_.bad_options;
            return true;
        }
        const interface_clock& clock = interfaces_[interface_id].clock;
        const std::uint64_t units = (std::uint64_t{load<std::uint32_t>(block.data() + 12, order_)} << 32) |
                                    load<std::uint32_t>(block.data() + 16, order_);
        const auto options = pcapng::options_behind(block, pcapng::statistics_header_length);
        skipped_.bad_options += descriptions_.add_statistics(interfaces_before_ + interface_id, clock, clock(units),
                                                             option_list{options, order_});
        return true;
    }

    /// Goes on to the next packet over any blocks.
    TCPLENS_NOINLINE constexpr const packet* read_blocks() {
        if (this->error_ || this->another_begins()) return nullptr;

        while (true) {
            const std::span<const std::byte> header = source_.peek(pcapng::smallest_block);
            if (header.size() < pcapng::smallest_block) [[unlikely]]
                return finish(header.size());

            const auto type = load<std::uint32_t>(header.data(), order_);
            if (readable_) {
                if (type == pcapng::enhanced_packet || type == pcapng::obsolete_packet)
                    return read_packet(header, type);
                if (type == pcapng::simple_packet) return read_simple_packet(header);
            }
            if (!read_other_block(header, type)) return nullptr;
        }
    }

    /// A block that is no packet. False after an error.
    constexpr bool read_other_block(std::span<const std::byte> header, std::uint32_t type) {
        // The type of a section header is the same in either byte order; its length is known only once the order is.
        if (type == pcapng_magic) return read_section_header();
        // As a type of block it would be one for local use, of an impossible length.
        if (detect_format(header) == capture_format::pcap && pcap::is_header(source_.peek(pcap_header_length))) {
            this->end_before_another();
            return false;
        }
        const auto length = load<std::uint32_t>(header.data() + 4, order_);
        if (readable_ && type == pcapng::interface_description) return read_interface(header, length);
        if (readable_ && type == pcapng::interface_statistics_block) return read_statistics(header, length);
        if (type == 0 && length == 0) {
            this->end_at_zeros("block");
            return false;
        }
        if (this->end_at_something_else(header, next_number()) || !skip_block("block", length)) return false;
        if (readable_ && pcapng::is_numbered(type)) {
            ++packet_.number;
            ++skipped_.numbered_blocks;
        }
        return true;
    }

    /// An enhanced packet block, or the obsolete one, which has 16 bits of interface and 16 of packets dropped, and is
    /// otherwise the same.
    constexpr const packet* read_packet(std::span<const std::byte> header, std::uint32_t type) {
        const std::string_view subject = type == pcapng::enhanced_packet ? "enhanced packet block" : "packet block";
        const auto length = load<std::uint32_t>(header.data() + 4, order_);
        const std::uint64_t offset = source_.position();
        const std::span<const std::byte> block = take_block(subject, header, length, pcapng::smallest_packet_block);
        if (block.empty()) [[unlikely]]
            return nullptr;

        const std::uint32_t interface_id = type == pcapng::enhanced_packet
                                               ? load<std::uint32_t>(block.data() + 8, order_)
                                               : load<std::uint16_t>(block.data() + 8, order_);
        const auto captured = load<std::uint32_t>(block.data() + 20, order_);
        const std::size_t room = block.size() - pcapng::smallest_packet_block;
        if (captured > room) [[unlikely]] {
            return fail_here(capture_error_code::bad_captured_length, subject, offset, captured, room);
        }
        if (interface_id >= interfaces_.size()) [[unlikely]]
            return fail_unknown_interface(subject, offset, interface_id);

        return deliver_timed(block, order_, interface_id, captured);
    }

    /// Of an enhanced packet block in the order of this machine that is all there, with nothing to complain of and a
    /// usual clock; otherwise 0. @pre rest.size() >= pcapng::smallest_packet_block
    [[nodiscard]] constexpr std::size_t length_of_sound_packet(std::span<const std::byte> rest) const noexcept {
        const std::uint32_t whole = pcapng::length_of_sound_packet_block(rest);
        const auto interface_id = load<std::uint32_t>(rest.data() + 8, std::endian::native);
        if (whole == 0 || interface_id >= interfaces_.size()) return 0;
        const std::uint64_t units = std::uint64_t{load<std::uint32_t>(rest.data() + 12, std::endian::native)} << 32 |
                                    load<std::uint32_t>(rest.data() + 16, std::endian::native);
        return interfaces_[interface_id].clock.is_simple(units) ? whole : 0;
    }

    /// \param block begins with an enhanced packet block, or an obsolete one, that is sound
    constexpr const packet* deliver_timed(std::span<const std::byte> block, std::endian order,
                                          std::uint32_t interface_id, std::uint32_t captured) {
        const std::uint64_t units = (std::uint64_t{load<std::uint32_t>(block.data() + 12, order)} << 32) |
                                    load<std::uint32_t>(block.data() + 16, order);
        const auto original = load<std::uint32_t>(block.data() + 24, order);
        packet_.time = interfaces_[interface_id].clock(units);
        packet_.has_time = true;
        return deliver(block.subspan(pcapng::packet_header_length, captured), original, interface_id);
    }

    constexpr const packet* read_simple_packet(std::span<const std::byte> header) {
        constexpr std::string_view subject = "simple packet block";
        const auto length = load<std::uint32_t>(header.data() + 4, order_);
        const std::uint64_t offset = source_.position();
        const std::span<const std::byte> block =
            take_block(subject, header, length, pcapng::simple_packet_header_length + pcapng::trailer_length);
        if (block.empty()) [[unlikely]]
            return nullptr;
        if (interfaces_.empty()) [[unlikely]]
            return fail_unknown_interface(subject, offset, 0);

        const auto original = load<std::uint32_t>(block.data() + 8, order_);
        std::uint32_t captured = (std::min)(original, static_cast<std::uint32_t>(block.size()) -
                                                          pcapng::simple_packet_header_length - pcapng::trailer_length);
        const std::uint32_t snapshot_length = interfaces_.front().snapshot_length;
        if (snapshot_length != 0) captured = (std::min)(captured, snapshot_length);

        packet_.time = {};
        packet_.has_time = false;
        return deliver(block.subspan(pcapng::simple_packet_header_length, captured), original, 0);
    }

    constexpr const packet* fail_unknown_interface(std::string_view subject, std::uint64_t offset, std::uint32_t id) {
        return fail_here(capture_error_code::unknown_interface, subject, offset, id, interfaces_.size());
    }

    constexpr const packet* deliver(std::span<const std::byte> bytes, std::uint32_t original,
                                    std::uint32_t interface_id) {
        packet_.bytes = bytes;
        packet_.wire_length = (std::max)(original, static_cast<std::uint32_t>(bytes.size()));
        packet_.link = interfaces_[interface_id].link;
        packet_.interface_id = interfaces_before_ + interface_id;
        ++packet_.number;
        return &packet_;
    }

    std::vector<described_interface> interfaces_{}; ///< of this section
    std::uint32_t interfaces_before_ = 0;           ///< in the sections before this one
    std::endian order_ = std::endian::native;
    bool in_section_ = false;
    bool readable_ = true; ///< this section
    skipped_parts skipped_{};
    std::optional<capture_error> unreadable_section_{}; ///< the first
    capture_descriptions descriptions_{};
};

} // namespace tcplens::inline v1::detail
