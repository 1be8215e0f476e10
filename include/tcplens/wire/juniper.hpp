// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "cisco_hdlc.hpp"
#include "ethernet.hpp"
#include "frame_relay.hpp"
#include "ppp.hpp"
#include "raw_ip.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// What Juniper's routers capture: a magic number, flags, extensions behind a length of their own if a flag says so, and the
/// frame of a link layer, or without one four bytes and an IP packet (LINKTYPE_JUNIPER_ETHER and its kin). Those whose
/// frames begin with a service card's cookie are not read.
struct juniper {
    static constexpr std::array types{link_type::juniper_ether, link_type::juniper_ppp, link_type::juniper_frelay,
                                      link_type::juniper_chdlc};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type link, const layer& frame) noexcept {
        std::size_t header = 4;
        if (!frame.has(header)) return frame.shortfall(header);
        const std::uint32_t magic_and_flags = load_big<std::uint32_t>(frame.bytes.data());
        enum flag_bits : std::uint32_t { without_link_layer = 0x02, has_extensions = 0x80 };
        if (magic_and_flags >> 8 != 0x4d4743) return packet_outcome::malformed;
        if ((magic_and_flags & has_extensions) != 0) {
            if (!frame.has(header + 2)) return frame.shortfall(header + 2);
            header += 2 + std::size_t{load_big<std::uint16_t>(frame.bytes.data() + header)};
        }
        const bool bare = (magic_and_flags & without_link_layer) != 0;
        if (bare) header += 4;
        if (!frame.has(header)) return frame.shortfall(header);
        const layer content = frame.after(header);
        if (bare) return raw_ip::payload(link_type::raw, content);
        switch (link) {
        case link_type::juniper_ppp: return ppp_payload(content);
        case link_type::juniper_frelay: return frame_relay_payload(content);
        case link_type::juniper_chdlc: return cisco_hdlc_payload(content);
        default: return ethernet::payload(link_type::ethernet, content);
        }
    }
};

} // namespace tcplens
