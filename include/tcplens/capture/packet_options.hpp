// SPDX-License-Identifier: MIT
#pragma once

#include "pcapng_options.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tcplens::inline v0 {

/// The flags word of an enhanced packet block (draft-ietf-opsawg-pcapng 4.3.1).
struct packet_flags {
    std::uint32_t bits = 0;

    enum class direction : std::uint8_t { unknown, inbound, outbound, invalid };
    enum class reception : std::uint8_t { unknown, unicast, multicast, broadcast, promiscuous };

    [[nodiscard]] constexpr enum direction direction() const noexcept { return static_cast<enum direction>(bits & 3); }
    /// Values without a meaning are unknown.
    [[nodiscard]] constexpr enum reception reception() const noexcept {
        const std::uint32_t value = (bits >> 2) & 7;
        return value <= 4 ? static_cast<enum reception>(value) : reception::unknown;
    }
    /// Bytes of frame check sequence behind the packet; nothing if the word does not say.
    [[nodiscard]] constexpr std::optional<std::uint8_t> fcs_length() const noexcept {
        const std::uint32_t value = (bits >> 5) & 15;
        if (value == 0) return std::nullopt;
        return static_cast<std::uint8_t>(value);
    }
    /// The checksum was left to the network adapter: what stands in the packet is none.
    [[nodiscard]] constexpr bool checksum_not_ready() const noexcept { return (bits & (1u << 9)) != 0; }
    /// The checksum was found good before the packet was captured.
    [[nodiscard]] constexpr bool checksum_valid() const noexcept { return (bits & (1u << 10)) != 0; }
    /// Several packets on the wire: joined before the capture, or to be divided after it.
    [[nodiscard]] constexpr bool segmentation_offloaded() const noexcept { return (bits & (1u << 11)) != 0; }
    /// Errors of the link layer: 0x0100 CRC, 0x0200 too long, 0x0400 too short, 0x0800 gap, 0x1000 alignment,
    /// 0x2000 start of frame, 0x4000 preamble, 0x8000 symbol.
    [[nodiscard]] constexpr std::uint16_t link_errors() const noexcept {
        return static_cast<std::uint16_t>(bits >> 16);
    }
};

/// What a pcapng capture tells of one packet besides its time and its bytes: a view with the packet's lifetime, read
/// only when it is asked. A range of block_option, so that all comments and what has no name here can be had:
///
///     for (const tcplens::block_option& each : capture.options())
///         if (each.code == tcplens::comment_option) std::cout << each.text() << '\n';
///
/// Options of a wrong length are as if they were not there.
class packet_options : public option_list {
public:
    constexpr packet_options() noexcept = default;
    constexpr explicit packet_options(const option_list& options,
                                      std::optional<std::uint64_t> dropped = std::nullopt) noexcept
        : option_list(options), dropped_(dropped) {}

    /// The first comment; nothing if there is none.
    [[nodiscard]] std::optional<std::string_view> comment() const noexcept {
        for (const block_option& each : *this) {
            if (each.code == comment_option) return each.text();
        }
        return std::nullopt;
    }
    /// epb_flags (pack_flags in the obsolete packet block)
    [[nodiscard]] constexpr std::optional<packet_flags> flags() const noexcept {
        if (const auto bits = number<std::uint32_t>(2)) return packet_flags{*bits};
        return std::nullopt;
    }
    /// Packets that were lost between the one before on the same interface and this one: epb_dropcount, or the field
    /// of the obsolete packet block.
    [[nodiscard]] constexpr std::optional<std::uint64_t> dropped() const noexcept {
        return dropped_ ? dropped_ : number<std::uint64_t>(4);
    }
    /// epb_packetid: the same for one packet that was captured on several interfaces.
    [[nodiscard]] constexpr std::optional<std::uint64_t> packet_id() const noexcept { return number<std::uint64_t>(5); }
    /// epb_queue: on which queue of the interface it arrived.
    [[nodiscard]] constexpr std::optional<std::uint32_t> queue() const noexcept { return number<std::uint32_t>(6); }

private:
    template <typename Unsigned>
    [[nodiscard]] constexpr std::optional<Unsigned> number(std::uint16_t code) const noexcept {
        for (const block_option& each : *this) {
            if (each.code != code) continue;
            if (const auto value = each.number<Unsigned>()) return value;
        }
        return std::nullopt;
    }

    std::optional<std::uint64_t> dropped_{};
};

} // namespace tcplens::inline v0
