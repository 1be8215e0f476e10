// SPDX-License-Identifier: MIT
#pragma once

#include "../capture_format.hpp"
#include "../limits.hpp"
#include "../link_type.hpp"
#include "../packet.hpp"
#include "buffered_output.hpp"
#include "output_file.hpp"
#include "write_error.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

/// How a pcap file is written: pcap_writer::options.
struct pcap_writer_options {
    /// The link type of the file; `nullopt`: that of the first packet, and Ethernet in a file without packets.
    std::optional<link_type> link{};
    /// Whether times have nanoseconds. If false they have microseconds, rounded down, for programs that read nothing else.
    bool nanoseconds = true;
    /// The largest number of bytes that are kept of a packet: more are cut off. 0: no limit.
    std::uint32_t snapshot_length = 0;
    /// Length of the frame check sequence behind each packet, in bits, from 0 to 240; `nullopt`: the file does not say.
    std::optional<std::uint8_t> fcs_bits{};
    /// The byte order of the file.
    std::endian byte_order = std::endian::native;
};

} // namespace detail

/// Writes a capture in pcap format (draft-ietf-opsawg-pcap), version 2.4: to a file, to memory, or to any callable.
///
///     tcplens::pcap_writer writer{"out.pcap"};               // or an output_file, a std::vector<std::byte>, a callable
///     for (const tcplens::packet& each : capture) if (!writer.write(each)) …
///     if (!writer.close()) std::cerr << to_string(*writer.error()) << '\n';
///
/// A callable gets `std::span<const std::byte>` and returns how many of the bytes it took (it is called again with the rest), 0 if it
/// takes no more, or -errno; or it returns nothing, and takes all.
///
/// A packet without a time gets the time 0. Comments and interfaces are lost: pcapng_writer keeps them. A file takes its place with
/// close() only: see output_file. No packet costs an allocation. One writer is used by one thread at a time.
template <detail::byte_output Output = output_file>
class pcap_writer {
public:
    /// How the file is written.
    using options = detail::pcap_writer_options;

    /// Writes to an output_file or to a callable.
    explicit pcap_writer(Output output, const options& how = {}) : out_(std::move(output), how.byte_order), how_(how) {}
    /// Writes to the file at a path.
    explicit pcap_writer(std::string_view path, const options& how = {}) requires std::same_as<Output, output_file>
        : pcap_writer(output_file{path}, how) {}
    /// Appends to a vector, which must outlive the writer.
    explicit pcap_writer(std::vector<std::byte>& into,
                         const options& how = {}) requires std::same_as<Output, detail::memory_output>
        : pcap_writer(detail::memory_output{into}, how) {}

    /// Writes a packet. Returns false if it was refused or writing failed: see error() and write_error::refuses_packet().
    bool write(const packet& next) {
        using enum write_error::reason;
        if (out_.error()) return false;
        const std::int64_t nanoseconds = next.has_time ? next.time.time_since_epoch().count() : 0;
        const std::uint64_t seconds = static_cast<std::uint64_t>(nanoseconds) / 1'000'000'000;
        if (nanoseconds < 0 || seconds > 0xffff'ffff) return out_.refuse(time_out_of_range, next);
        if (next.bytes.size() > capture_limits::max_record_length) return out_.refuse(packet_too_long, next);
        if (static_cast<std::uint32_t>(next.link) > 0x03ff'ffff) return out_.refuse(link_type_too_large, next);
        if (!how_.link) how_.link = next.link;
        if (*how_.link != next.link) return out_.refuse(other_link_type, next);
        if (!has_header_) write_header();

        std::span<const std::byte> kept = next.bytes;
        if (how_.snapshot_length != 0) kept = kept.first((std::min)(kept.size(), std::size_t{how_.snapshot_length}));
        const auto fraction = static_cast<std::uint32_t>(nanoseconds % 1'000'000'000);
        out_.put(static_cast<std::uint32_t>(seconds));
        out_.put(how_.nanoseconds ? fraction : fraction / 1000);
        out_.put(static_cast<std::uint32_t>(kept.size()));
        out_.put((std::max)(next.wire_length, static_cast<std::uint32_t>(next.bytes.size())));
        out_.put(kept);
        if (out_.error()) return false;
        ++packets_;
        return true;
    }

    /// Gives what is in the buffer to the output. Returns false after an error.
    bool flush() {
        if (!has_header_) write_header();
        return out_.flush();
    }
    /// Gives what is in the buffer to the output, and frees the buffer until the next packet: for many writers at a time. Returns false
    /// after an error.
    bool release_buffer() {
        if (!has_header_) write_header();
        return out_.release_buffer();
    }
    /// Gives all to the output, and lets a file take its place. Returns false after an error, and the file is then not made. Packets that
    /// were refused are no such error. Nothing is written after it.
    bool close() {
        if (!has_header_) write_header();
        return out_.close();
    }

    /// The failure that ended writing; without one, why the latest refused packet was refused; `nullopt` without either.
    [[nodiscard]] const std::optional<write_error>& error() const noexcept { return out_.error_or_refusal(); }
    /// Packets written so far.
    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
    /// Bytes written so far; some may still be in the buffer.
    [[nodiscard]] std::uint64_t position() const noexcept { return out_.written(); }

private:
    void write_header() {
        has_header_ = true;
        out_.put(how_.nanoseconds ? detail::pcap_nanoseconds_magic : detail::pcap_microseconds_magic);
        out_.put(std::uint16_t{2});
        out_.put(std::uint16_t{4});
        out_.put(std::uint64_t{0}); // reserved
        out_.put(how_.snapshot_length == 0 ? unlimited : how_.snapshot_length);
        // draft-ietf-opsawg-pcap 4: from the top, 4 bits of FCS length in units of 16 bits, a reserved one, whether it is there
        std::uint32_t link = static_cast<std::uint32_t>(how_.link.value_or(link_type::ethernet)) & 0x03ff'ffff;
        if (how_.fcs_bits) link |= 0x0400'0000u | (std::uint32_t{*how_.fcs_bits} / 16 & 15) << 28;
        out_.put(link);
    }

    /// The snapshot length of files without one: libpcap's largest for most link types (MAXIMUM_SNAPLEN); tcpdump writes it too.
    static constexpr std::uint32_t unlimited = 262144;

    detail::buffered_output<Output> out_;
    options how_;
    bool has_header_ = false;
    std::uint64_t packets_ = 0;
};

/// Writes to the file at a path.
pcap_writer(std::string_view)->pcap_writer<output_file>;
/// Writes to the file at a path.
pcap_writer(std::string_view, const detail::pcap_writer_options&)->pcap_writer<output_file>;
/// Writes to memory.
pcap_writer(std::vector<std::byte>&)->pcap_writer<detail::memory_output>;
/// Writes to memory.
pcap_writer(std::vector<std::byte>&, const detail::pcap_writer_options&)->pcap_writer<detail::memory_output>;

} // namespace tcplens::inline v1
