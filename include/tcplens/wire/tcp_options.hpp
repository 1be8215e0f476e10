// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"
#include "../base/compiler.hpp"
#include "sequence_number.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tcplens::inline v1 {

/// One block of a SACK option (RFC 2018 section 3): the receiver has the bytes from `left` up to, not including, `right`.
struct sack_block {
    sequence_number left{};  ///< the first byte of the block
    sequence_number right{}; ///< the byte after the last one

    [[nodiscard]] friend constexpr bool operator==(const sack_block&, const sack_block&) noexcept = default;
};

/// The timestamps option (RFC 7323 section 3.2).
struct tcp_timestamps {
    std::uint32_t value = 0; ///< TSval: the sender's clock, in units that only the sender knows
    std::uint32_t echo = 0;  ///< TSecr: the latest value that came from the other side; valid only with ACK

    [[nodiscard]] friend constexpr bool operator==(const tcp_timestamps&, const tcp_timestamps&) noexcept = default;
};

/// The options of one segment that matter to its analysis. If an option is there twice, the last one counts.
struct tcp_options {
    std::optional<tcp_timestamps> timestamps{};          ///< RFC 7323 section 3.2; `nullopt` if absent
    std::optional<std::uint16_t> maximum_segment_size{}; ///< bytes (RFC 9293 section 3.7.1); `nullopt` if absent
    /// The shift of the window, from 0 to 14; larger values are taken as 14 (RFC 7323 section 2.3). `nullopt` if absent.
    std::optional<std::uint8_t> window_scale{};
    /// Length of the TCP Fast Open cookie in bytes, from 4 to 16; 0 for a request of a cookie; `nullopt` if absent.
    ///
    /// RFC 7413 section 4.1.1, and the experimental option of kind 254 before it (RFC 6994, ExID 0xf989).
    std::optional<std::uint8_t> fast_open{};
    bool sack_permitted = false;       ///< RFC 2018 section 2
    bool cut = false;                  ///< the capture ends before the options do: some may be missing here
    bool malformed = false;            ///< an option has an impossible length; the options before it are valid
    std::uint8_t sack_block_count = 0; ///< number of SACK blocks, from 0 to 4
    /// The first `sack_block_count` elements are the SACK blocks, in the order of the option. The others are zero.
    std::array<sack_block, 4> sack_block_storage{};

    /// The SACK blocks (RFC 2018 section 3), in the order of the option. Valid as long as this object.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Block = const sack_block>
    [[nodiscard]] constexpr std::span<Block> sack_blocks() const noexcept {
        return {sack_block_storage.data(), sack_block_count};
    }

    [[nodiscard]] friend constexpr bool operator==(const tcp_options&, const tcp_options&) noexcept = default;

    /// Reads the bytes between the fixed TCP header and the data.
    ///
    /// `cut` says that the capture ends before the options do. An option that goes beyond the end of `bytes` is then ignored,
    /// otherwise it makes the options malformed (RFC 9293 section 3.1). Does not allocate.
    [[nodiscard]] static constexpr tcp_options parse(std::span<const std::byte> bytes, bool cut) noexcept {
        tcp_options found;
        found.read(bytes, cut);
        return found;
    }

    /// As parse(), into this object, whose former content is replaced.
    TCPLENS_ALWAYS_INLINE constexpr void read(std::span<const std::byte> bytes, bool capture_cut) noexcept {
        maximum_segment_size = std::optional<std::uint16_t>{};
        window_scale = std::optional<std::uint8_t>{};
        fast_open = std::optional<std::uint8_t>{};
        if (sack_block_count != 0) forget_sack_blocks();
        sack_permitted = false;
        cut = capture_cut;
        malformed = false;
        // Nearly all segments have timestamps in this form (RFC 7323 appendix A), few of them more options, or none at all.
        if (bytes.size() >= 12 && detail::load_big<std::uint32_t>(bytes.data()) == 0x0101'080a) {
            read_timestamps(bytes.data() + 4);
            if (bytes.size() > 12) read_each(bytes.subspan(12));
            return;
        }
        timestamps = std::optional<tcp_timestamps>{};
        if (bytes.empty() || read_usual_syn(bytes)) return;
        read_each(bytes);
    }

private:
    static constexpr std::uint8_t max_window_scale = 14;          // RFC 7323 section 2.3
    static constexpr std::size_t max_sack_blocks = 4;             // RFC 2018 section 3: no more fit
    static constexpr std::uint16_t fast_open_experiment = 0xf989; // RFC 7413 appendix A, RFC 6994

    TCPLENS_ALWAYS_INLINE constexpr void read_timestamps(const std::byte* from) noexcept {
        const auto value = detail::load_big<std::uint32_t>(from);
        const auto echo = detail::load_big<std::uint32_t>(from + 4);
        tcp_timestamps& found = timestamps.emplace();
        found.value = value;
        found.echo = echo;
    }

    /// Reads the options in the form that they have in the SYNs and SYN-ACKs of Linux. False for any other.
    TCPLENS_ALWAYS_INLINE constexpr bool read_usual_syn(std::span<const std::byte> bytes) noexcept {
        if (bytes.size() != 20 || detail::load_big<std::uint16_t>(bytes.data()) != 0x0204 ||
            detail::load_big<std::uint32_t>(bytes.data() + 4) != 0x0402'080a ||
            detail::load_big<std::uint32_t>(bytes.data() + 16) >> 8 != 0x01'0303) {
            return false;
        }
        maximum_segment_size = detail::load_big<std::uint16_t>(bytes.data() + 2);
        sack_permitted = true;
        read_timestamps(bytes.data() + 8);
        window_scale = (std::min)(std::to_integer<std::uint8_t>(bytes[19]), max_window_scale);
        return true;
    }

    /// Keeps the elements beyond `sack_block_count` zero.
    TCPLENS_NOINLINE constexpr void forget_sack_blocks() noexcept {
        sack_block_count = 0;
        sack_block_storage = {};
    }

    /// Reads options of any kind. @pre No option was read yet, and `cut` is known.
    TCPLENS_NOINLINE constexpr void read_each(std::span<const std::byte> bytes) noexcept {
        constexpr unsigned end_of_list = 0;
        constexpr unsigned no_operation = 1;
        while (!bytes.empty()) {
            const unsigned kind = std::to_integer<unsigned>(bytes[0]);
            if (kind == end_of_list) break;
            if (kind == no_operation) {
                bytes = bytes.subspan(1);
                continue;
            }
            const std::size_t length = bytes.size() > 1 ? std::to_integer<std::size_t>(bytes[1]) : 0;
            if (length < 2 || length > bytes.size()) {
                malformed = !cut || (bytes.size() > 1 && length < 2);
                break;
            }
            // Where only the length is wrong, the next option can still be found.
            if (!read_option(kind, bytes.data() + 2, length - 2)) malformed = true;
            bytes = bytes.subspan(length);
        }
    }

    /// Reads one option, whose value has `size` bytes. False if its RFC gives another length.
    TCPLENS_ALWAYS_INLINE constexpr bool read_option(unsigned kind, const std::byte* value, std::size_t size) noexcept {
        // IANA: TCP Option Kind Numbers. Those of segments within a connection come first.
        if (kind == 8) {
            if (size != 8) return false;
            read_timestamps(value);
            return true;
        }
        if (kind == 5) return read_sack_blocks(value, size);
        switch (kind) {
        case 2:
            if (size != 2) return false;
            maximum_segment_size = detail::load_big<std::uint16_t>(value);
            return true;
        case 3:
            if (size != 1) return false;
            window_scale = (std::min)(std::to_integer<std::uint8_t>(*value), max_window_scale);
            return true;
        case 4:
            if (size != 0) return false;
            sack_permitted = true;
            return true;
        case 34:
            if (!is_cookie_size(size)) return false;
            fast_open = static_cast<std::uint8_t>(size);
            return true;
        case 254: // experiments: of other experiments, and with another length, it is ignored
            if (size >= 2 && detail::load_big<std::uint16_t>(value) == fast_open_experiment && is_cookie_size(size - 2))
                fast_open = static_cast<std::uint8_t>(size - 2);
            return true;
        default: return true;
        }
    }

    TCPLENS_ALWAYS_INLINE constexpr bool read_sack_blocks(const std::byte* value, std::size_t size) noexcept {
        if (size == 0 || size > 8 * max_sack_blocks || size % 8 != 0) return false;
        forget_sack_blocks();
        for (const std::byte* const end = value + size; value != end; value += 8) {
            sack_block_storage[sack_block_count++] = {.left = {detail::load_big<std::uint32_t>(value)},
                                                      .right = {detail::load_big<std::uint32_t>(value + 4)}};
        }
        return true;
    }

    /// RFC 7413 section 4.1.1: a cookie has 4 to 16 bytes, an even number; an empty one is a request.
    [[nodiscard]] static constexpr bool is_cookie_size(std::size_t size) noexcept {
        return size == 0 || (size >= 4 && size <= 16 && size % 2 == 0);
    }
};

} // namespace tcplens::inline v1
