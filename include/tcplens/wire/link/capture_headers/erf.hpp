// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../header_limits.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Records of Endace's capture cards, ERF (Extensible Record Format).
///
/// Read: Ethernet, HDLC and PPP over SONET, multichannel HDLC, AAL5, IPv4 and IPv6. Extension headers are skipped.
/// Not read: ATM cells, AAL2, InfiniBand, counters and metadata.
struct erf {
    static constexpr std::array types{link_type::erf};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t fixed = 16; // time, type, flags, record length, loss counter or colour, wire length
        if (!frame.has(fixed)) return frame.truncation_error(fixed);
        const auto type = std::to_integer<unsigned>(frame.bytes[8]);
        const std::size_t on_wire = load_big<std::uint16_t>(frame.bytes.data() + 14);
        constexpr unsigned more = 0x80; // another extension header of eight bytes follows
        std::size_t header = fixed;
        int extensions = 0;
        for (unsigned continues = type & more; continues != 0; header += 8) {
            if (++extensions > max_repeats) return packet_outcome::not_tcp;
            if (!frame.has(header + 8)) return frame.truncation_error(header + 8);
            continues = std::to_integer<unsigned>(frame.bytes[header]) & more;
        }
        const parse_result<kind> found = kind_of(type & 0x7f);
        if (!found) return found.error();
        header += found->skipped;
        if (!frame.has(header)) return frame.truncation_error(header);
        frame_view content = frame.subview(header);
        if (on_wire > found->counted) {
            const std::size_t length = on_wire - found->counted;
            content.bytes = content.bytes.first(lesser(content.bytes.size(), length));
            content.wire_length = length;
        }
        return other_payload(found->link, content);
    }

private:
    struct kind {
        link_type link{};
        std::size_t skipped = 0; ///< bytes between the headers and the frame
        std::size_t counted = 0; ///< how many of them the wire length includes
    };

    [[nodiscard]] static constexpr parse_result<kind> kind_of(unsigned type) noexcept {
        switch (type) {
        case 2:                                          // Ethernet behind an offset and a pad byte,
        case 11:                                         // with a colour
        case 16:                                         // of a filter
        case 20: return kind{link_type::ethernet, 2, 0}; // or a hash
        case 1:                                          // HDLC over SONET
        case 10:
        case 15:
        case 19: return kind{link_type::ppp_hdlc, 0, 0};
        case 5: // multichannel HDLC
        case 17: return kind{link_type::ppp_hdlc, 4, 0};
        case 4: return kind{link_type::atm_rfc1483, 4, 4}; // AAL5 behind an ATM header
        case 9: return kind{link_type::atm_rfc1483, 8, 4};
        case 22: return kind{link_type::ipv4, 0, 0};
        case 23: return kind{link_type::ipv6, 0, 0};
        default: return packet_outcome::not_tcp;
        }
    }
};

} // namespace tcplens::inline v1::detail
