// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/link_type.hpp"
#include "ether_type.hpp"
#include "ip_protocol.hpp"

#include <cstdint>

namespace tcplens::inline v1 {

/// A protocol, by its number in the registry that the header before it uses.
struct protocol_id {
    /// Which registry the number is from.
    enum class registry : std::uint8_t {
        none,         ///< no number names the protocol
        link_type,    ///< link types of captures (LINKTYPE_)
        ether_type,   ///< EtherTypes
        ip_protocol,  ///< IP protocol numbers
        udp_port,     ///< UDP ports
        gre_protocol, ///< protocol types of GRE: EtherTypes, and numbers that only GRE uses
        bundle,       ///< only within the decoder, never in a result: several packets one after the other
    };
    registry in = registry::none; ///< the registry of `number`
    std::uint32_t number = 0;     ///< the number in that registry; 0 without a registry

    /// No protocol.
    constexpr protocol_id() noexcept = default;
    /// The protocol with this number in that registry.
    constexpr protocol_id(registry which, std::uint32_t value) noexcept : in(which), number(value) {}
    /// A link layer.
    constexpr protocol_id(tcplens::link_type value) noexcept
        : protocol_id(registry::link_type, static_cast<std::uint32_t>(value)) {}
    /// A protocol above a link layer.
    constexpr protocol_id(tcplens::ether_type value) noexcept
        : protocol_id(registry::ether_type, static_cast<std::uint32_t>(value)) {}
    /// A protocol above IP.
    constexpr protocol_id(tcplens::ip_protocol value) noexcept
        : protocol_id(registry::ip_protocol, static_cast<std::uint32_t>(value)) {}
    /// The protocol at a UDP port.
    [[nodiscard]] static constexpr protocol_id udp_port(std::uint16_t value) noexcept {
        return {registry::udp_port, value};
    }
    /// A protocol above GRE, by GRE's protocol type.
    [[nodiscard]] static constexpr protocol_id gre(std::uint16_t value) noexcept {
        return {registry::gre_protocol, value};
    }

    [[nodiscard]] friend constexpr bool operator==(const protocol_id&, const protocol_id&) noexcept = default;

    friend void archive(auto& ar, protocol_id& protocol) {
        auto& [in_, number_] = protocol;
        ar.bounded(in_, registry::gre_protocol);
        ar(number_);
    }
};

} // namespace tcplens::inline v1
