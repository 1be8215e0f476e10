// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/check.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../format/pcapng_blocks.hpp"
#include "../limits.hpp"
#include "../link_type.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "buffered_output.hpp"
#include "output_file.hpp"
#include "pcapng_interfaces.hpp"
#include "pcapng_option_writer.hpp"
#include "write_error.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

/// How a pcapng file is written: pcapng_writer::options.
struct pcapng_writer_options {
    /// What the file says of itself: its strings and comments, and its byte order. The format and the versions are not used.
    capture_section section{};
    /// The largest number of bytes that are kept of a packet: more are cut off. 0: no limit.
    std::uint32_t snapshot_length = 0;
    /// Decimal digits of a second in the times of interfaces for which nothing else is said: 9 (nanoseconds) down to 0.
    std::uint8_t time_digits = 9;
};

/// What is written beside a packet: pcapng_writer::annotation.
struct packet_annotation {
    /// The options that a reader has of the packet: they are copied.
    packet_options options{};
    /// A comment behind those of `options`; empty: none. UTF-8. One of more than 65,535 bytes becomes several.
    std::string_view comment{};
    /// The flags of the packet, in place of those of `options`.
    std::optional<packet_options::packet_flags> flags{};
};

/// A reader that tells of the packet that it gave last.
template <class Reader>
concept describes_packets = requires(const Reader& reader) {
    { reader.options() } -> std::convertible_to<packet_options>;
    { reader.interfaces() } -> std::convertible_to<std::vector<capture_interface>>;
};

} // namespace detail

/// Writes a capture in pcapng format (draft-ietf-opsawg-pcapng): to a file, to memory, or to any callable, as pcap_writer.
///
///     tcplens::pcapng_writer writer{"out.pcapng"};
///     for (const tcplens::packet& each : capture) writer.write(each, capture);  // with its comments and its interface
///     if (!writer.close()) std::cerr << to_string(*writer.error()) << '\n';
///
/// An interface is described when its first packet is written. Interfaces of the file are numbered in that order; `packet::interface_id`
/// only tells them apart. A packet with the interface of another and another link type gets an interface of its own.
///
/// A packet before 1970 gets a second description of its interface, whose clock reaches 1677 (if_tsoffset). A packet without a time
/// becomes a Simple Packet Block; if it does not fit into the current section, another section begins.
///
/// A packet allocates only if it is the first of its interface. One writer is used by one thread at a time.
template <detail::byte_output Output = output_file>
class pcapng_writer {
public:
    /// How the file is written.
    using options = detail::pcapng_writer_options;
    /// What is written beside a packet.
    using annotation = detail::packet_annotation;

    /// Writes to an output_file or to a callable.
    /// @pre `how.time_digits` is at most 9.
    explicit pcapng_writer(Output output, options how = {})
        : out_(std::move(output), how.section.byte_order), how_(std::move(how)) {
        TCPLENS_CHECK(how_.time_digits <= 9, "pcapng_writer::options::time_digits is at most 9");
    }
    /// Writes to the file at a path.
    explicit pcapng_writer(std::string_view path, options how = {}) requires std::same_as<Output, output_file>
        : pcapng_writer(output_file{path}, std::move(how)) {}
    /// Appends to a vector, which must outlive the writer.
    explicit pcapng_writer(std::vector<std::byte>& into,
                           options how = {}) requires std::same_as<Output, detail::memory_output>
        : pcapng_writer(detail::memory_output{into}, std::move(how)) {}

    /// Says what is known of an interface, before its first packet; later it has no effect. `time_digits` (0 to 9) and `time_offset`
    /// (in seconds, added by readers) are its clock. `described.section` and `described.statistics` are not written.
    /// @pre `time_digits` is at most 9.
    void describe(std::uint32_t interface_id, const capture_interface& described, std::uint8_t time_digits = 9,
                  std::int64_t time_offset = 0) {
        TCPLENS_CHECK(time_digits <= 9, "pcapng_writer::describe: time_digits is at most 9");
        const packet of{.link = described.link, .interface_id = interface_id};
        if (interfaces_.find(of) == nullptr)
            interfaces_.add(interface_id, described, {.digits = time_digits, .offset = time_offset});
    }

    /// Writes a packet, with comments and flags. Returns false if it was refused or writing failed: see error() and
    /// write_error::refuses_packet().
    bool write(const packet& next, const annotation& beside = {}) {
        if (out_.error()) return false;
        if (static_cast<std::uint32_t>(next.link) > 0xffff)
            return out_.refuse(write_error::reason::link_type_too_large, next);
        if (next.bytes.size() > capture_limits::max_record_length)
            return out_.refuse(write_error::reason::packet_too_long, next);
        described_interface* of = interfaces_.find(next);
        if (of == nullptr) {
            if (interfaces_.size() >= capture_limits::max_interfaces_per_section)
                return out_.refuse(write_error::reason::too_many_interfaces, next);
            of = &interfaces_.add(
                next.interface_id,
                {.link = next.link, .snapshot_length = how_.snapshot_length, .fcs_bits = {}, .comments = {}},
                {.digits = how_.time_digits});
        }
        if (!has_header_) write_section();
        std::span<const std::byte> kept = next.bytes;
        if (how_.snapshot_length != 0) kept = kept.first((std::min)(kept.size(), std::size_t{how_.snapshot_length}));
        const bool written = next.has_time ? write_enhanced(next, kept, beside, *of) : write_simple(next, kept, *of);
        if (!written || out_.error()) return false;
        ++packets_;
        return true;
    }

    /// Writes the packet that a reader gave last, with its options and with what the reader says of its interface; `comment` is added
    /// to the packet's own. For each new interface the reader is asked for all of its interfaces.
    template <detail::describes_packets Reader>
    bool write(const packet& next, const Reader& reader, std::string_view comment = {}) {
        if (interfaces_.find(next) == nullptr && questions_ < most_questions) {
            ++questions_;
            const std::vector<capture_interface> all = reader.interfaces();
            if (next.interface_id < all.size() && all[next.interface_id].link == next.link)
                describe(next.interface_id, all[next.interface_id], how_.time_digits);
        }
        return write(next, annotation{.options = reader.options(), .comment = comment});
    }

    /// Gives what is in the buffer to the output. Returns false after an error.
    bool flush() {
        if (!has_header_) write_section();
        return out_.flush();
    }
    /// Gives what is in the buffer to the output, and frees the buffer until the next packet: for many writers at a time. Returns false
    /// after an error.
    bool release_buffer() {
        if (!has_header_) write_section();
        return out_.release_buffer();
    }
    /// Gives all to the output, and lets a file take its place. Returns false after an error, and the file is then not made. Packets that
    /// were refused are no such error. Nothing is written after it.
    bool close() {
        if (!has_header_) write_section();
        return out_.close();
    }

    /// The failure that ended writing; without one, why the latest refused packet was refused; `nullopt` without either.
    [[nodiscard]] const std::optional<write_error>& error() const noexcept { return out_.error_or_refusal(); }
    /// Packets written so far.
    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
    /// Bytes written so far; some may still be in the buffer.
    [[nodiscard]] std::uint64_t position() const noexcept { return out_.written(); }

private:
    using described_interface = detail::pcapng_interfaces::entry;

    /// A reader makes all its descriptions anew with each question, so their number is limited; the interfaces beyond have only their
    /// link type. Captures of every device of a machine have a few dozen.
    static constexpr std::uint32_t most_questions = 1024;

    /// A block header, and the same length again behind the body.
    void begin_block(std::uint32_t type, std::size_t body_length) {
        out_.put(type);
        out_.put(static_cast<std::uint32_t>(body_length + detail::pcapng::smallest_block));
    }
    void end_block(std::size_t body_length) {
        out_.put(static_cast<std::uint32_t>(body_length + detail::pcapng::smallest_block));
    }

    void write_section() {
        has_header_ = true;
        interfaces_in_section_ = 0;
        detail::pcapng_option_writer list{out_.order()};
        for (const std::string& each : how_.section.comments) list.text(option_list::option::comment, each);
        list.text_unless_empty(2, how_.section.hardware);
        list.text_unless_empty(3, how_.section.operating_system);
        list.text_unless_empty(4, how_.section.application);
        const std::span<const std::byte> bytes = list.finish();
        const std::size_t length = detail::pcapng::section_header_length - 8 + bytes.size();
        begin_block(detail::pcapng_magic, length);
        out_.put(std::uint32_t{0x1a2b3c4d});
        out_.put(std::uint16_t{1});
        out_.put(std::uint16_t{0});
        out_.put(~std::uint64_t{0}); // the length of the section is not known yet
        out_.put(bytes);
        end_block(length);
    }

    /// Describes the interface in this section, and returns its number there.
    std::uint32_t write_interface(const capture_interface& described, const detail::written_clock& clock) {
        detail::pcapng_option_writer list{out_.order()};
        detail::write_interface_options(list, described, clock);
        const std::span<const std::byte> bytes = list.finish();
        const std::size_t length = detail::pcapng::interface_header_length - 8 + bytes.size();
        begin_block(detail::pcapng::interface_description, length);
        out_.put(static_cast<std::uint16_t>(described.link));
        out_.put(std::uint16_t{0});
        out_.put(described.snapshot_length);
        out_.put(bytes);
        end_block(length);
        if (interfaces_in_section_ == 0) first_snapshot_length_ = described.snapshot_length;
        return interfaces_in_section_++;
    }

    /// Room for two more interfaces in this section, or another section.
    void make_room() {
        if (interfaces_in_section_ + 2 <= capture_limits::max_interfaces_per_section) return;
        interfaces_.begin_section();
        write_section();
    }

    bool write_enhanced(const packet& next, std::span<const std::byte> kept, const annotation& beside,
                        described_interface& of) {
        std::optional<std::uint64_t> units = of.clock(next.time);
        std::uint32_t* number = &of.in_section;
        detail::written_clock clock = of.clock;
        if (!units) {
            clock = {.digits = of.clock.digits, .offset = detail::written_clock::offset_of_earliest};
            number = &of.early_in_section;
            units = clock(next.time);
        }
        if (!units) return out_.refuse(write_error::reason::time_out_of_range, next);
        if (*number == detail::pcapng_interfaces::undescribed) {
            make_room();
            *number = write_interface(of.described, clock);
        }

        const detail::annotation_options list{beside.options, beside.comment,
                                              beside.flags ? std::optional{beside.flags->bits} : std::nullopt};
        const auto captured = static_cast<std::uint32_t>(kept.size());
        const std::size_t padded = (kept.size() + 3) / 4 * 4;
        const std::size_t length = detail::pcapng::packet_header_length - 8 + padded + list.length();
        begin_block(detail::pcapng::enhanced_packet, length);
        out_.put(*number);
        out_.put(static_cast<std::uint32_t>(*units >> 32));
        out_.put(static_cast<std::uint32_t>(*units & 0xffff'ffff));
        out_.put(captured);
        out_.put((std::max)(next.wire_length, static_cast<std::uint32_t>(next.bytes.size())));
        out_.put(kept);
        out_.pad(kept.size());
        list.write(out_);
        end_block(length);
        return true;
    }

    /// A packet without a time: it is of the first interface of its section, and its captured length is the snapshot length there,
    /// or fills the block (draft-ietf-opsawg-pcapng 4.4).
    bool write_simple(const packet& next, std::span<const std::byte> kept, described_interface& of) {
        const auto captured = static_cast<std::uint32_t>(kept.size());
        const std::uint32_t wire_length = (std::max)(next.wire_length, static_cast<std::uint32_t>(next.bytes.size()));
        const auto holds = [&](std::uint32_t snapshot_length) {
            const std::uint32_t limit = snapshot_length == 0 ? wire_length : (std::min)(snapshot_length, wire_length);
            return captured <= limit && (captured == limit || captured % 4 == 0);
        };
        if (of.in_section != 0 || !holds(first_snapshot_length_)) {
            if (interfaces_in_section_ > 0) {
                interfaces_.begin_section();
                write_section();
            }
            capture_interface described = of.described;
            if (!holds(described.snapshot_length)) described.snapshot_length = captured;
            of.in_section = write_interface(described, of.clock);
        }
        const std::size_t length = detail::pcapng::simple_packet_header_length - 8 + (kept.size() + 3) / 4 * 4;
        begin_block(detail::pcapng::simple_packet, length);
        out_.put(wire_length);
        out_.put(kept);
        out_.pad(kept.size());
        end_block(length);
        return true;
    }

    detail::buffered_output<Output> out_;
    options how_;
    detail::pcapng_interfaces interfaces_{};
    std::uint32_t interfaces_in_section_ = 0;
    std::uint32_t questions_ = 0;
    std::uint32_t first_snapshot_length_ = 0; ///< of the first interface of the section
    bool has_header_ = false;
    std::uint64_t packets_ = 0;
};

/// Writes to the file at a path.
pcapng_writer(std::string_view)->pcapng_writer<output_file>;
/// Writes to the file at a path.
pcapng_writer(std::string_view, const detail::pcapng_writer_options&)->pcapng_writer<output_file>;
/// Writes to memory.
pcapng_writer(std::vector<std::byte>&)->pcapng_writer<detail::memory_output>;
/// Writes to memory.
pcapng_writer(std::vector<std::byte>&, const detail::pcapng_writer_options&)->pcapng_writer<detail::memory_output>;

} // namespace tcplens::inline v1
