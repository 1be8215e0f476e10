// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../base/contains.hpp"
#include "../../base/iterator.hpp"
#include "../capture_error.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../limits.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/byte_source.hpp"
#include "packet_iterator.hpp"
#include "packet_reader.hpp"
#include "pcap_header.hpp"
#include "pcap_records.hpp"
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

/// Reads pcap (draft-ietf-opsawg-pcap): microseconds or nanoseconds, either byte order, all versions from 2.0 on, 543.x
/// of DG/UX, 2.2 of AIX; the variants of Kuznetzov (what stands in its longer record headers is passed over) and of IXIA (both in
/// microseconds, as Wireshark 4.0 reads them).
/// The snapshot length and the time zone are not needed and not believed. Where the reserved bits above the link type
/// are set, they count as a part of it, so that the link type is unknown, not wrong.
/// What headers say falsely is corrected where records prove it: longer record headers under the usual magic, and nanoseconds under
/// that of microseconds.
/// A single-pass range of packets; the header is read when the reader is made. The range ends before the header of another capture.
template <byte_source Source>
class pcap_reader : public packet_reader<Source> {
public:
    constexpr explicit pcap_reader(Source source, captures_before before = {})
        : packet_reader<Source>(std::move(source), before) {
        read_header();
    }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (usual_) [[likely]] {
            const std::span<const std::byte> record = source_.peek(pcap::usual_record_header_length);
            if (record.size() >= pcap::usual_record_header_length) [[likely]] {
                const auto captured = load<std::uint32_t>(record.data() + 8, std::endian::native);
                const auto fraction = load<std::uint32_t>(record.data() + 4, std::endian::native);
                const auto seconds = load<std::uint32_t>(record.data(), std::endian::native);
                // a record without bytes may be the header of another capture, or zeros
                const bool is_usual = captured - 1 < capture_limits::max_record_length && fraction < fraction_end_ &&
                                      seconds < seconds_end &&
                                      pcap::usual_record_header_length + captured <= record.size();
                if (is_usual) [[likely]] {
                    const auto original = load<std::uint32_t>(record.data() + 12, std::endian::native);
                    return deliver(record, pcap::usual_record_header_length, {seconds, fraction, captured, original});
                }
            }
        }
        return read_record();
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] constexpr packet_iterator<pcap_reader> begin() { return packet_iterator<pcap_reader>{*this}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

    /// The file as one section; nothing if it is none.
    [[nodiscard]] std::vector<capture_section> sections() const {
        if (!opened_) return {};
        return {{.format = capture_format::pcap,
                 .byte_order = header_.order,
                 .major_version = header_.major_version,
                 .minor_version = header_.minor_version}};
    }
    /// The one interface of the file; nothing if it is no pcap file.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        if (!opened_) return {};
        return {{.link = packet_.link, .snapshot_length = header_.snapshot_length, .fcs_bits = header_.fcs_bits}};
    }
    /// None: there are no options in pcap.
    [[nodiscard]] constexpr packet_options options() const noexcept { return {}; }
    /// What was corrected: pcap is read whole.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept { return skipped_; }

    /// The number of interfaces, with those of the captures before.
    [[nodiscard]] constexpr std::uint32_t count_interfaces() const noexcept {
        return this->before_.interfaces + (opened_ ? 1 : 0);
    }

private:
    static constexpr std::string_view record_name = "packet record";
    static constexpr std::uint32_t microseconds_per_second = 1'000'000;
    static constexpr std::uint32_t nanoseconds_per_second = 1'000'000'000;
    /// From 2038 on, seconds can be the magic of a file header whose time zone is not 0.
    static constexpr std::uint32_t seconds_end = 0x8000'0000;

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;
    using packet_reader<Source>::usual_;

    /// The next record, whatever it is like.
    TCPLENS_NOINLINE constexpr const packet* read_record() {
        if (this->error_ || this->another_begins()) return nullptr;
        if (!examined_) examine_first_record();

        std::span<const std::byte> record = source_.peek(header_.record_header_length);
        if (record.size() < header_.record_header_length) {
            return begins_another(record) ? this->end_before_another() : finish(record.size());
        }
        const pcap::record_header found = pcap::read_record_header(record.data(), header_);
        const bool is_odd =
            found.captured == 0 || found.captured > capture_limits::max_record_length || found.seconds >= seconds_end;
        if (is_odd && begins_another(record)) return this->end_before_another();
        if (found.captured == 0 && begins_zeros(record)) return this->end_at_zeros(record_name);
        if (found.captured > capture_limits::max_record_length) return fail_too_long(found);

        const std::size_t length = header_.record_header_length + found.captured;
        if (record.size() < length) {
            record = source_.peek(length);
            if (record.size() < length) return fail_truncated(record, length);
        }
        if (found.fraction >= fraction_end_) correct_clock(found);
        return deliver(record, header_.record_header_length, found);
    }

    constexpr const packet* deliver(std::span<const std::byte> record, std::size_t header_length,
                                    const pcap::record_header& found) {
        // at most 2^32 s and 2^32 us after the epoch: within what a timestamp can hold
        packet_.time = timestamp{std::chrono::nanoseconds{std::int64_t{found.seconds} * nanoseconds_per_second +
                                                          std::int64_t{found.fraction} * nanoseconds_per_fraction_}};
        packet_.bytes = record.subspan(header_length, found.captured);
        packet_.wire_length = (std::max)(found.original, found.captured);
        ++packet_.number;
        source_.skip(header_length + found.captured);
        return &packet_;
    }

    constexpr void read_header() {
        std::span<const std::byte> beginning = source_.peek(magic_length);
        if (detect_format(beginning) != capture_format::pcap) {
            this->explain_format("file header", pcap_header_length);
            return;
        }
        pcap::read_magic(header_, beginning);
        beginning = source_.peek(header_.length);
        if (beginning.size() < header_.length) {
            this->ran_out("file header", source_.position(), this->number_in_header(), header_.length,
                          beginning.size());
            return;
        }
        pcap::read_header(header_, beginning);
        if (header_.major_version < 2) {
            this->fail({.code = capture_error_code::unsupported_version,
                        .offset = source_.position(),
                        .packet_number = this->number_in_header(),
                        .needed = 2,
                        .available = header_.major_version,
                        .subject = "file header"});
            return;
        }
        packet_.link = header_.link;
        if (header_.nanoseconds) {
            nanoseconds_per_fraction_ = 1;
            fraction_end_ = no_fraction_end;
        }
        source_.skip(header_.length);
        opened_ = true;
    }

    /// Finds out how long the record headers are, where the first record makes one doubt. Whatever arrives of a stream, the outcome
    /// is the same: so only a doubtful record waits for the one behind it.
    constexpr void examine_first_record() {
        examined_ = true;
        const auto& lengths = pcap::possible_record_headers(header_.magic);
        if (lengths[1] != 0 && first_record_is_doubtful()) {
            const std::uint32_t captured =
                pcap::read_record_header(source_.peek(pcap::usual_record_header_length).data(), header_).captured;
            for (const std::size_t each : lengths) {
                if (each == 0) break;
                const auto record_and_next = peek_at_most(each + captured + pcap::usual_record_header_length);
                if (!pcap::is_record(record_and_next, each, header_)) continue;
                header_.record_header_length = each;
                break;
            }
        }
        usual_ = header_.order == std::endian::native && header_.lengths == pcap::length_order::captured_first &&
                 header_.record_header_length == pcap::usual_record_header_length;
    }

    /// So many bytes from the position on, fewer at the end.
    [[nodiscard]] constexpr std::span<const std::byte> peek_at_most(std::size_t count) {
        const std::span<const std::byte> held = source_.peek(count);
        return held.first((std::min)(held.size(), count));
    }

    [[nodiscard]] constexpr bool first_record_is_doubtful() {
        constexpr std::uint32_t shortest_packet = 40; // of TCP: what is shorter tells nothing
        const auto record = source_.peek(pcap::usual_record_header_length);
        if (record.size() < pcap::usual_record_header_length) return false;
        const std::uint32_t captured = pcap::read_record_header(record.data(), header_).captured;
        if (captured < shortest_packet || captured > pcap::usual_max_captured) return false;
        if (header_.magic != pcap_microseconds_magic) return true;
        const auto whole = source_.peek(pcap::usual_record_header_length + captured);
        if (whole.size() < pcap::usual_record_header_length + captured) return false;
        return pcap::check_frame(packet_.link, whole.subspan(pcap::usual_record_header_length, captured)) !=
               pcap::frame_check::right;
    }

    /// Whether the header of another capture stands here. A record of that kind would be of 1975, 1984 or after 2038.
    [[nodiscard]] static constexpr bool begins_another(std::span<const std::byte> record) noexcept {
        return pcap::is_header(record) || begins_pcapng_section(record);
    }

    /// Whether zeros stand here in which no program means packets: two records of them. One is read as tshark reads it, as a packet
    /// without bytes at the epoch.
    [[nodiscard]] constexpr bool begins_zeros(std::span<const std::byte> record) {
        const std::size_t length = header_.record_header_length;
        if (!are_zeros(record.first(length))) return false;
        const auto two = peek_at_most(2 * length);
        return two.size() == 2 * length && are_zeros(two);
    }

    /// A fraction of a second or more proves that it counts nanoseconds, unless it can be neither, or a carry was forgotten in a
    /// capture whose packets before it prove microseconds.
    constexpr void correct_clock(const pcap::record_header& found) {
        // Of fractions in nanoseconds, one in a thousand is below a million.
        constexpr std::uint64_t packets_that_prove_microseconds = 100;
        if (found.fraction >= nanoseconds_per_second) return;
        if (this->packets() >= packets_that_prove_microseconds && found.fraction < 2 * microseconds_per_second) return;
        fraction_end_ = no_fraction_end;
        nanoseconds_per_fraction_ = 1;
        ++skipped_.corrected_clocks;
    }

    constexpr const packet* fail_too_long(const pcap::record_header& found) {
        return fail_here({.code = capture_error_code::record_too_long,
                          .needed = found.captured,
                          .available = capture_limits::max_record_length});
    }

    constexpr const packet* fail_truncated(std::span<const std::byte> record, std::size_t needed) {
        if (source_.read_error()) {
            return this->ran_out(record_name, source_.position(), packet_.number + 1, needed, record.size());
        }
        return fail_here({.code = capture_error_code::truncated, .needed = needed, .available = record.size()});
    }

    /// Ends reading at this record, for this reason or for one that explains it.
    constexpr const packet* fail_here(capture_error error) {
        error.offset = source_.position();
        error.packet_number = packet_.number + 1;
        error.subject = record_name;
        const auto rest = peek_at_most(unknown_format_length);
        const auto last = std::chrono::floor<std::chrono::seconds>(packet_.time.time_since_epoch()).count();
        if (this->packets() > 0 && pcap::has_crs_before_lfs(rest, header_, static_cast<std::uint32_t>(last))) {
            error.code = capture_error_code::altered;
            error.subject = altered_by::crs_before_lfs;
        } else if (this->packets() > 0 && pcap::has_lost_crs(rest, header_, static_cast<std::uint32_t>(last))) {
            error.code = capture_error_code::altered;
            error.subject = altered_by::line_ends;
        } else {
            explain_something_else(error, rest);
        }
        return this->fail(error);
    }

    constexpr const packet* finish(std::size_t left) {
        if (left == 0 && !source_.read_error()) return this->end_well();
        return this->ran_out(record_name, source_.position(), packet_.number + 1, header_.record_header_length, left);
    }

    static constexpr std::uint32_t no_fraction_end = 0xffff'ffff;

    pcap::header header_{};
    std::int32_t nanoseconds_per_fraction_ = 1000;
    std::uint32_t fraction_end_ = microseconds_per_second; ///< the first that is not as the header says
    bool opened_ = false;
    bool examined_ = false;
    skipped_parts skipped_{};
};

} // namespace tcplens::inline v1::detail
