// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
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

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v0::detail {

/// Reads pcap (draft-ietf-opsawg-pcap): microseconds or nanoseconds, either byte order, all versions from 2.0 on, 543.x
/// of DG/UX; the variants of Kuznetzov (what stands in its longer record headers is passed over) and of IXIA (both in
/// microseconds, as Wireshark 4.0 reads them).
/// The snapshot length and the time zone are not needed and not believed. Where the reserved bits above the link type
/// are set, they count as a part of it, so that it is one that nobody knows, not one that it is not.
/// A single-pass range of packets; the header is read when the reader is made.
template <byte_source Source>
class pcap_reader : public packet_reader<Source> {
public:
    constexpr explicit pcap_reader(Source source) : packet_reader<Source>(std::move(source)) { read_header(); }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (usual_) [[likely]] {
            const std::span<const std::byte> record = source_.peek(usual_record_header_length);
            if (record.size() >= usual_record_header_length) [[likely]] {
                const auto captured = load<std::uint32_t>(record.data() + 8, std::endian::native);
                if (captured <= capture_limits::max_record_length &&
                    usual_record_header_length + captured <= record.size()) [[likely]] {
                    const auto original = load<std::uint32_t>(record.data() + 12, std::endian::native);
                    return deliver(record, std::endian::native, usual_record_header_length, captured, original);
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
                 .byte_order = order_,
                 .major_version = major_version_,
                 .minor_version = minor_version_}};
    }
    /// The one interface of the file; nothing if it is no pcap file.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        if (!opened_) return {};
        return {{.link = packet_.link, .snapshot_length = snapshot_length_, .fcs_bits = fcs_bits_}};
    }
    /// None: there are no options in pcap.
    [[nodiscard]] constexpr packet_options options() const noexcept { return {}; }
    /// Nothing: pcap is read whole.
    [[nodiscard]] constexpr skipped_parts skipped() const noexcept { return {}; }

private:
    enum class length_order : std::uint8_t { captured_first, original_first, larger_is_original };

    static constexpr std::size_t usual_record_header_length = 16;
    /// behind the usual fields: interface index (4 bytes), protocol (2), packet type (1) and one to fill it up
    static constexpr std::size_t kuznetzov_record_header_length = 24;
    /// of the file header of IXIA, which ends with the number of bytes that all records have
    static constexpr std::size_t ixia_header_length = 28;
    static constexpr std::string_view record_name = "packet record";

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;
    using packet_reader<Source>::usual_;

    /// The next record, whatever it is like.
    TCPLENS_NOINLINE constexpr const packet* read_record() {
        if (this->error_) return nullptr;

        std::span<const std::byte> record = source_.peek(record_header_length_);
        if (record.size() < record_header_length_) return finish(record.size());

        auto captured = load<std::uint32_t>(record.data() + 8, order_);
        auto original = load<std::uint32_t>(record.data() + 12, order_);
        if (lengths_ != length_order::captured_first) {
            // until version 2.3, some wrote the length on the wire first
            if (lengths_ == length_order::original_first || captured > original) std::swap(captured, original);
        }
        if (captured > capture_limits::max_record_length) {
            return this->fail({.code = capture_error_code::record_too_long,
                               .offset = source_.position(),
                               .packet_number = packet_.number + 1,
                               .needed = captured,
                               .available = capture_limits::max_record_length,
                               .subject = record_name});
        }

        const std::size_t length = record_header_length_ + captured;
        if (record.size() < length) {
            record = source_.peek(length);
            if (record.size() < length) {
                return this->ran_out(record_name, source_.position(), packet_.number + 1, length, record.size());
            }
        }
        return deliver(record, order_, record_header_length_, captured, original);
    }

    constexpr const packet* deliver(std::span<const std::byte> record, std::endian order, std::size_t header_length,
                                    std::uint32_t captured, std::uint32_t original) {
        const std::int64_t seconds = load<std::uint32_t>(record.data(), order);
        const std::int64_t fraction = load<std::uint32_t>(record.data() + 4, order);
        // at most 2^32 s and 2^32 us after the epoch: within what a timestamp can hold
        packet_.time =
            timestamp{std::chrono::nanoseconds{seconds * 1'000'000'000 + fraction * nanoseconds_per_fraction_}};
        packet_.bytes = record.subspan(header_length, captured);
        packet_.wire_length = (std::max)(original, captured);
        ++packet_.number;
        source_.skip(header_length + captured);
        return &packet_;
    }

    constexpr void read_header() {
        std::span<const std::byte> header = source_.peek(magic_length);
        if (detect_format(header) != capture_format::pcap) {
            if (source_.read_error()) {
                this->ran_out("file header", 0, 0, pcap_header_length, header.size());
            } else {
                this->fail(explain_unknown_format(header));
            }
            return;
        }
        const auto magic_in = [&](std::endian order) { return load<std::uint32_t>(header.data(), order); };
        const bool big =
            std::find(pcap_magics.begin(), pcap_magics.end(), magic_in(std::endian::big)) != pcap_magics.end();
        order_ = big ? std::endian::big : std::endian::little;
        const std::uint32_t magic = magic_in(order_);
        const bool ixia = magic == pcap_ixia_hardware_magic || magic == pcap_ixia_software_magic;
        const std::size_t header_length = ixia ? ixia_header_length : pcap_header_length;
        header = source_.peek(header_length);
        if (header.size() < header_length) {
            this->ran_out("file header", 0, 0, header_length, header.size());
            return;
        }
        if (magic == pcap_nanoseconds_magic) nanoseconds_per_fraction_ = 1;
        if (magic == pcap_kuznetzov_magic) record_header_length_ = kuznetzov_record_header_length;

        major_version_ = load<std::uint16_t>(header.data() + 4, order_);
        minor_version_ = load<std::uint16_t>(header.data() + 6, order_);
        constexpr std::uint16_t dg_ux = 543;
        if (major_version_ < 2) {
            this->fail({.code = capture_error_code::unsupported_version,
                        .needed = 2,
                        .available = major_version_,
                        .subject = "file header"});
            return;
        }
        if (major_version_ == dg_ux || (major_version_ == 2 && minor_version_ < 3)) {
            lengths_ = length_order::original_first;
        }
        if (major_version_ == 2 && minor_version_ == 3) lengths_ = length_order::larger_is_original;

        snapshot_length_ = load<std::uint32_t>(header.data() + 16, order_);
        // draft-ietf-opsawg-pcap 4: from the top, 4 bits of FCS length in units of 16 bits, a reserved one, whether
        // that length is there, 10 reserved ones, 16 of link type
        const std::uint32_t link = load<std::uint32_t>(header.data() + 20, order_);
        packet_.link = static_cast<link_type>(link & 0x03ff'ffff);
        if ((link & 0x0400'0000) != 0) fcs_bits_ = static_cast<std::uint8_t>((link >> 28) * 16);
        source_.skip(header_length);
        opened_ = true;
        usual_ = order_ == std::endian::native && lengths_ == length_order::captured_first &&
                 record_header_length_ == usual_record_header_length;
    }

    constexpr const packet* finish(std::size_t left) {
        if (left == 0 && !source_.read_error()) return nullptr;
        return this->ran_out(record_name, source_.position(), packet_.number + 1, record_header_length_, left);
    }

    std::endian order_ = std::endian::native;
    length_order lengths_ = length_order::captured_first;
    std::int32_t nanoseconds_per_fraction_ = 1000;
    std::size_t record_header_length_ = usual_record_header_length;
    std::uint32_t snapshot_length_ = 0;
    std::uint16_t major_version_ = 0;
    std::uint16_t minor_version_ = 0;
    std::optional<std::uint8_t> fcs_bits_{};
    bool opened_ = false;
};

} // namespace tcplens::inline v0::detail
