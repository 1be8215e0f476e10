// SPDX-License-Identifier: MIT
#pragma once

#include "byte_order.hpp"
#include "byte_source.hpp"
#include "capture_error.hpp"
#include "capture_format.hpp"
#include "limits.hpp"
#include "packet.hpp"
#include "packet_iterator.hpp"
#include "packet_reader.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

namespace tcplens {

/// Reads pcap (draft-ietf-opsawg-pcap): microseconds or nanoseconds, either byte order, all versions 2.x.
/// The snapshot length, the time zone and what stands above the link type (FCS length) are not needed and not believed.
/// A single-pass range of packets; the header is read when the reader is made.
template <byte_source Source>
class pcap_reader : public packet_reader<Source> {
public:
    constexpr explicit pcap_reader(Source source) : packet_reader<Source>(std::move(source)) { read_header(); }

    /// The next packet, good until the next call (and as long as the source's memory, over a memory_source);
    /// nullptr at the end of the capture or at an error, which error() then tells.
    constexpr const packet* next() {
        if (this->error_) [[unlikely]]
            return nullptr;

        std::span<const std::byte> record = source_.peek(record_header_length);
        if (record.size() < record_header_length) [[unlikely]]
            return finish(record.size());

        const std::uint32_t seconds = field(record, 0);
        const std::uint32_t fraction = field(record, 4);
        std::uint32_t captured = field(record, 8);
        std::uint32_t original = field(record, 12);
        if (lengths_ != length_order::captured_first) [[unlikely]] {
            // until version 2.3, some wrote the length on the wire first
            if (lengths_ == length_order::original_first || captured > original) std::swap(captured, original);
        }
        if (captured > max_record_length) [[unlikely]] {
            return this->fail({.code = capture_error_code::record_too_long,
                               .offset = source_.position(),
                               .packet_number = packet_.number + 1,
                               .needed = captured,
                               .available = max_record_length,
                               .subject = record_name});
        }

        const std::size_t length = record_header_length + captured;
        record = source_.peek(length);
        if (record.size() < length) [[unlikely]] {
            return this->ran_out(record_name, source_.position(), packet_.number + 1, length, record.size());
        }
        source_.skip(length);

        // at most 2^32 s and 2^32 us after the epoch: within what a timestamp can hold
        packet_.time = timestamp{std::chrono::nanoseconds{std::int64_t{seconds} * 1'000'000'000 +
                                                          std::int64_t{fraction} * nanoseconds_per_fraction_}};
        packet_.bytes = record.subspan(record_header_length, captured);
        packet_.wire_length = std::max(original, captured);
        ++packet_.number;
        return &packet_;
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] constexpr packet_iterator<pcap_reader> begin() { return packet_iterator<pcap_reader>{*this}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }

private:
    enum class length_order : std::uint8_t { captured_first, original_first, larger_is_original };

    static constexpr std::size_t record_header_length = 16;
    static constexpr std::string_view record_name = "packet record";

    using packet_reader<Source>::source_;
    using packet_reader<Source>::packet_;

    [[nodiscard]] constexpr std::uint32_t field(std::span<const std::byte> header, std::size_t at) const noexcept {
        return load<std::uint32_t>(header.data() + at, order_);
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
        header = source_.peek(pcap_header_length);
        if (header.size() < pcap_header_length) {
            this->ran_out("file header", 0, 0, pcap_header_length, header.size());
            return;
        }

        const auto magic = load_big<std::uint32_t>(header.data());
        const bool big = magic == pcap_microseconds_magic || magic == pcap_nanoseconds_magic;
        order_ = big ? std::endian::big : std::endian::little;
        const bool nanoseconds = field(header, 0) == pcap_nanoseconds_magic;
        nanoseconds_per_fraction_ = nanoseconds ? 1 : 1000;

        const auto major = load<std::uint16_t>(header.data() + 4, order_);
        const auto minor = load<std::uint16_t>(header.data() + 6, order_);
        if (major != 2) {
            this->fail({.code = capture_error_code::unsupported_version,
                        .needed = 2,
                        .available = major,
                        .subject = "file header"});
            return;
        }
        if (minor < 3) lengths_ = length_order::original_first;
        if (minor == 3) lengths_ = length_order::larger_is_original;

        packet_.link = static_cast<link_type>(field(header, 20) & 0xffff);
        source_.skip(pcap_header_length);
    }

    constexpr const packet* finish(std::size_t left) {
        if (left == 0 && !source_.read_error()) return nullptr;
        return this->ran_out(record_name, source_.position(), packet_.number + 1, record_header_length, left);
    }

    std::endian order_ = std::endian::native;
    length_order lengths_ = length_order::captured_first;
    std::int32_t nanoseconds_per_fraction_ = 1000;
};

} // namespace tcplens
