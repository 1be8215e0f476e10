// SPDX-License-Identifier: MIT
#pragma once

#include "pcapng_options.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tcplens::inline v1 {

/// What a pcapng capture has about one packet besides its time and its bytes: a view that is valid as long as the packet.
///
/// It is read only when it is asked for. It is also a range of option_list::option, which gives all comments and the options that have no
/// function here:
///
///     for (const tcplens::option_list::option& each : capture.options())
///         if (each.code == tcplens::option_list::option::comment) std::cout << each.text() << '\n';
///
/// Options of a wrong length are ignored.
class packet_options : public option_list {
public:
    /// The flags of an Enhanced Packet Block (draft-ietf-opsawg-pcapng 4.3.1).
    struct packet_flags {
        /// The word as it stands in the file.
        std::uint32_t bits = 0;

        /// Whether the packet arrived at the interface or left it.
        enum class direction : std::uint8_t {
            unknown,  ///< the capture does not say
            inbound,  ///< it arrived
            outbound, ///< it left
            invalid,  ///< the reserved value 3
        };
        /// How the packet was addressed.
        enum class reception : std::uint8_t {
            unknown,     ///< the capture does not say
            unicast,     ///< to this interface
            multicast,   ///< to a group
            broadcast,   ///< to all
            promiscuous, ///< to another interface
        };

        /// Whether the packet arrived at the interface or left it.
        [[nodiscard]] constexpr enum direction direction() const noexcept {
            return static_cast<enum direction>(bits & 3);
        }
        /// How the packet was addressed. Reserved values give `unknown`.
        [[nodiscard]] constexpr enum reception reception() const noexcept {
            const std::uint32_t value = (bits >> 2) & 7;
            return value <= 4 ? static_cast<enum reception>(value) : reception::unknown;
        }
        /// Length of the frame check sequence behind the packet, in bytes; `nullopt` if the capture does not say.
        [[nodiscard]] constexpr std::optional<std::uint8_t> fcs_length() const noexcept {
            const std::uint32_t value = (bits >> 5) & 15;
            if (value == 0) return std::nullopt;
            return static_cast<std::uint8_t>(value);
        }
        /// Whether the checksum was left to the network adapter, so that the packet does not have it.
        [[nodiscard]] constexpr bool checksum_not_ready() const noexcept { return (bits & (1u << 9)) != 0; }
        /// Whether the checksum was verified before the packet was captured.
        [[nodiscard]] constexpr bool checksum_valid() const noexcept { return (bits & (1u << 10)) != 0; }
        /// Whether the packet was, or will be, several packets on the wire: joined before the capture, or divided after it.
        [[nodiscard]] constexpr bool segmentation_offloaded() const noexcept { return (bits & (1u << 11)) != 0; }
        /// Errors of the link layer, as bits: 0x0100 CRC, 0x0200 too long, 0x0400 too short, 0x0800 gap, 0x1000 alignment,
        /// 0x2000 start of frame, 0x4000 preamble, 0x8000 symbol.
        [[nodiscard]] constexpr std::uint16_t link_errors() const noexcept {
            return static_cast<std::uint16_t>(bits >> 16);
        }
    };

    /// No options.
    constexpr packet_options() noexcept = default;
    /// The options of a packet block; `dropped` is the field of the obsolete packet block.
    constexpr explicit packet_options(const option_list& options,
                                      std::optional<std::uint64_t> dropped = std::nullopt) noexcept
        : option_list(options), dropped_(dropped) {}

    /// The first comment; `nullopt` if there is none.
    [[nodiscard]] std::optional<std::string_view> comment() const noexcept {
        for (const option_list::option& each : *this) {
            if (each.code == option_list::option::comment) return each.text();
        }
        return std::nullopt;
    }
    /// The flags of the packet: epb_flags, or pack_flags in the obsolete packet block. `nullopt` if the capture has none.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Flags = packet_flags>
    [[nodiscard]] constexpr std::optional<Flags> flags() const noexcept {
        if (const auto bits = number<std::uint32_t>(2)) return Flags{*bits};
        return std::nullopt;
    }
    /// Packets that were lost between the packet before it on the same interface and this one: epb_dropcount, or the field of the
    /// obsolete packet block. `nullopt` if the capture does not say.
    [[nodiscard]] constexpr std::optional<std::uint64_t> dropped() const noexcept {
        return dropped_ ? dropped_ : number<std::uint64_t>(4);
    }
    /// epb_packetid: the same number for one packet that was captured on several interfaces. `nullopt` if there is none.
    [[nodiscard]] constexpr std::optional<std::uint64_t> packet_id() const noexcept { return number<std::uint64_t>(5); }
    /// epb_queue: the queue of the interface on which the packet arrived. `nullopt` if the capture does not say.
    [[nodiscard]] constexpr std::optional<std::uint32_t> queue() const noexcept { return number<std::uint32_t>(6); }

private:
    template <typename Unsigned>
    [[nodiscard]] constexpr std::optional<Unsigned> number(std::uint16_t code) const noexcept {
        for (const option_list::option& each : *this) {
            if (each.code != code) continue;
            if (const auto value = each.number<Unsigned>()) return value;
        }
        return std::nullopt;
    }

    std::optional<std::uint64_t> dropped_{};
};

} // namespace tcplens::inline v1
