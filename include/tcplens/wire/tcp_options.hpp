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

namespace tcplens::inline v0 {

/// One block of a SACK option (RFC 2018 3): bytes from `left` up to, not including, `right` have arrived.
struct sack_block {
    sequence_number left{};
    sequence_number right{};

    [[nodiscard]] friend constexpr bool operator==(const sack_block&, const sack_block&) noexcept = default;
};

/// The timestamps option (RFC 7323 3.2).
struct tcp_timestamps {
    std::uint32_t value = 0; ///< TSval, the sender's clock
    std::uint32_t echo = 0;  ///< TSecr

    [[nodiscard]] friend constexpr bool operator==(const tcp_timestamps&, const tcp_timestamps&) noexcept = default;
};

/// The options of one segment that matter to its analysis. Of an option that comes twice the last counts.
struct tcp_options {
    std::optional<tcp_timestamps> timestamps{};
    std::optional<std::uint16_t> maximum_segment_size{};
    std::optional<std::uint8_t> window_scale{}; ///< the shift, at most 14 (RFC 7323 2.3: more is taken as 14)
    /// TCP Fast Open (RFC 7413 4.1.1): how long the cookie is, 4 to 16 bytes, or 0 of a request for one. Read too from the
    /// experimental option of kind 254 that came before it (RFC 6994, ExID 0xf989).
    std::optional<std::uint8_t> fast_open{};
    bool sack_permitted = false;
    bool cut = false;       ///< the capture ended before the options did: some may be missing here
    bool malformed = false; ///< an option's length was impossible; what came before it counts
    std::uint8_t sack_block_count = 0;
    std::array<sack_block, 4> sack_block_storage{};

    [[nodiscard]] constexpr std::span<const sack_block> sack_blocks() const noexcept {
        return std::span(sack_block_storage).first(sack_block_count);
    }

    [[nodiscard]] friend constexpr bool operator==(const tcp_options&, const tcp_options&) noexcept = default;

    /// Reads the bytes between the fixed header and the data. `cut` says that the capture ended before the options did:
    /// then an option that runs over the end is passed over, else it is malformed (RFC 9293 3.1).
    [[nodiscard]] static constexpr tcp_options parse(std::span<const std::byte> bytes, bool cut) noexcept {
        tcp_options found;
        found.read(bytes, cut);
        return found;
    }

    /// parse(), in the place of what was read before.
    TCPLENS_ALWAYS_INLINE constexpr void read(std::span<const std::byte> bytes, bool capture_cut) noexcept {
        maximum_segment_size = std::optional<std::uint16_t>{};
        window_scale = std::optional<std::uint8_t>{};
        fast_open = std::optional<std::uint8_t>{};
        if (sack_block_count != 0) forget_sack_blocks();
        sack_permitted = false;
        cut = capture_cut;
        malformed = false;
        // Nearly all segments have these, in this form (RFC 7323 appendix A), or none.
        if (bytes.size() == 12 && detail::load_big<std::uint32_t>(bytes.data()) == 0x0101'080a) {
            read_timestamps(bytes.data() + 4);
            return;
        }
        timestamps = std::optional<tcp_timestamps>{};
        if (!bytes.empty()) read_each(bytes);
    }

private:
    TCPLENS_ALWAYS_INLINE constexpr void read_timestamps(const std::byte* from) noexcept {
        const auto value = detail::load_big<std::uint32_t>(from);
        const auto echo = detail::load_big<std::uint32_t>(from + 4);
        tcp_timestamps& found = timestamps.emplace();
        found.value = value;
        found.echo = echo;
    }

    /// Those beyond sack_block_count are always zeros.
    TCPLENS_NOINLINE constexpr void forget_sack_blocks() noexcept {
        sack_block_count = 0;
        sack_block_storage = {};
    }

    /// \pre nothing was found yet, but whether they were cut
    TCPLENS_NOINLINE constexpr void read_each(std::span<const std::byte> bytes) noexcept {
        enum kind : unsigned {
            end_of_list,
            no_operation,
            mss,
            scale,
            sack_ok,
            sack,
            stamps = 8,
            cookie = 34,
            experiment = 254
        };
        // RFC 7413 4.1.1: of another length the option is ignored.
        const auto is_cookie = [](std::size_t size) { return size == 0 || (size >= 4 && size <= 16 && size % 2 == 0); };
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
            const std::byte* value = bytes.data() + 2;
            if (kind == mss && length == 4) {
                maximum_segment_size = detail::load_big<std::uint16_t>(value);
            } else if (kind == scale && length == 3) {
                window_scale = (std::min)(std::to_integer<std::uint8_t>(*value), std::uint8_t{14});
            } else if (kind == sack_ok && length == 2) {
                sack_permitted = true;
            } else if (kind == sack && length >= 10 && length <= 34 && length % 8 == 2) {
                forget_sack_blocks();
                for (std::size_t at = 2; at < length; at += 8, value += 8) {
                    sack_block_storage[sack_block_count++] = {.left = {detail::load_big<std::uint32_t>(value)},
                                                              .right = {detail::load_big<std::uint32_t>(value + 4)}};
                }
            } else if (kind == stamps && length == 10) {
                read_timestamps(value);
            } else if (kind == cookie && is_cookie(length - 2)) {
                fast_open = static_cast<std::uint8_t>(length - 2);
            } else if (kind == experiment && length >= 4 && detail::load_big<std::uint16_t>(value) == 0xf989 &&
                       is_cookie(length - 4)) {
                fast_open = static_cast<std::uint8_t>(length - 4);
            } else if (kind == mss || kind == scale || kind == sack_ok || kind == sack || kind == stamps ||
                       kind == cookie) {
                malformed = true; // its length is not the one that its RFC gives; the next option can be found
            }
            bytes = bytes.subspan(length);
        }
    }
};

} // namespace tcplens::inline v0
