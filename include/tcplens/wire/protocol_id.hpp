// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/link_type.hpp"
#include "ether_type.hpp"
#include "ip_payload.hpp"
#include "ip_protocol.hpp"

#include <cstdint>

namespace tcplens::inline v0 {

/// A protocol, by its number in the registry that the header before it uses.
struct protocol_id {
    enum class registry : std::uint8_t {
        none, ///< no number tells it
        link_type,
        ether_type,
        ip_protocol,
        udp_port,
        gre_protocol, ///< an EtherType, or one of those that only GRE uses
    };
    registry in = registry::none;
    std::uint32_t number = 0;

    constexpr protocol_id() noexcept = default;
    constexpr protocol_id(registry which, std::uint32_t value) noexcept : in(which), number(value) {}
    constexpr protocol_id(tcplens::link_type value) noexcept
        : protocol_id(registry::link_type, static_cast<std::uint32_t>(value)) {}
    constexpr protocol_id(tcplens::ether_type value) noexcept
        : protocol_id(registry::ether_type, static_cast<std::uint32_t>(value)) {}
    constexpr protocol_id(tcplens::ip_protocol value) noexcept
        : protocol_id(registry::ip_protocol, static_cast<std::uint32_t>(value)) {}
    [[nodiscard]] static constexpr protocol_id udp_port(std::uint16_t value) noexcept {
        return {registry::udp_port, value};
    }
    [[nodiscard]] static constexpr protocol_id gre(std::uint16_t value) noexcept {
        return {registry::gre_protocol, value};
    }

    [[nodiscard]] friend constexpr bool operator==(const protocol_id&, const protocol_id&) noexcept = default;

    friend void archive(auto& ar, protocol_id& of) {
        auto& [in_, number_] = of;
        ar.bounded(in_, registry::gre_protocol);
        ar(number_);
    }
};

} // namespace tcplens::inline v0
