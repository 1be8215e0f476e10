// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../header_limits.hpp"
#include "../../ip_protocol.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tcplens::inline v1::detail {

/// What Wireshark exported from the middle of a packet ("Export PDUs to file").
///
/// Read: tags, then what the dissector is for whose name is among them: IP, Ethernet, IEEE 802.11, PPP, MPLS, cooked capture, UDP
/// tunnels; or what a table of dissectors has for a value: EtherTypes, IP protocols, PPP protocols, UDP ports.
/// Not read: other dissectors, among them those of what TCP carried.
struct exported_pdu {
    static constexpr std::array types{link_type::wireshark_upper_pdu};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        // Wireshark writes lengths that are multiples of four, and reads others without what would fill them up.
        const auto padded = read_tags(frame, 4);
        if (names_protocol(padded)) return other_payload(padded->what, padded->content);
        if (is_cut(padded)) return packet_outcome::truncated;
        const auto unpadded = read_tags(frame, 1);
        if (names_protocol(unpadded)) return other_payload(unpadded->what, unpadded->content);
        if (is_cut(unpadded)) return packet_outcome::truncated;
        return padded ? packet_outcome::not_tcp : padded.error();
    }

private:
    /// What the tags say of the bytes behind them.
    struct tagged {
        protocol_id what{};
        frame_view content{};
    };
    [[nodiscard]] static constexpr bool names_protocol(const parse_result<tagged>& found) noexcept {
        return found && found->what.in != protocol_id::registry::none;
    }
    [[nodiscard]] static constexpr bool is_cut(const parse_result<tagged>& found) noexcept {
        return !found && found.error() == packet_outcome::truncated;
    }

    /// Each tag has a type, a length, and a value that is padded to a multiple of `alignment`.
    [[nodiscard]] static constexpr parse_result<tagged> read_tags(const frame_view& frame,
                                                                  std::size_t alignment) noexcept {
        enum tag : std::uint16_t { end = 0, dissector = 12, heuristic_dissector = 13, table = 14, value_in_table = 32 };
        std::span<const std::byte> name;
        std::span<const std::byte> table_name;
        std::uint32_t value = 0;
        frame_view rest = frame;
        for (int tags = 0;; ++tags) {
            if (tags == max_repeats) return packet_outcome::not_tcp;
            if (!rest.has(4)) return rest.truncation_error(4);
            const auto type = load_big<std::uint16_t>(rest.bytes.data());
            const std::size_t length = load_big<std::uint16_t>(rest.bytes.data() + 2);
            const std::size_t padded = 4 + (length + alignment - 1) / alignment * alignment;
            if (type == end) {
                if (length != 0) return packet_outcome::not_tcp;
                break;
            }
            if (!rest.has(padded)) return rest.truncation_error(padded);
            const auto content = rest.bytes.subspan(4, length);
            if (type == dissector || type == heuristic_dissector) name = content;
            if (type == table) table_name = content;
            if (type == value_in_table && length == 4) value = load_big<std::uint32_t>(content.data());
            rest = rest.subview(padded);
        }
        return tagged{is_any(name) ? by_name(name) : by_table(table_name, value), rest.subview(4)};
    }

    struct named_protocol {
        std::string_view name;
        protocol_id what;
    };
    static constexpr std::array dissectors{
        named_protocol{"ip", link_type::raw},
        named_protocol{"raw_ip", link_type::raw},
        named_protocol{"ipv4", link_type::ipv4},
        named_protocol{"ipv6", link_type::ipv6},
        named_protocol{"eth", link_type::ethernet},
        named_protocol{"eth_maybefcs", link_type::ethernet},
        named_protocol{"eth_withfcs", link_type::ethernet},
        named_protocol{"eth_withoutfcs", link_type::ethernet},
        named_protocol{"wlan", link_type::ieee802_11},
        named_protocol{"wlan_withfcs", link_type::ieee802_11},
        named_protocol{"wlan_withoutfcs", link_type::ieee802_11},
        named_protocol{"wlan_radio", link_type::ieee802_11},
        named_protocol{"radiotap", link_type::ieee802_11_radiotap},
        named_protocol{"ppi", link_type::ppi},
        named_protocol{"ppp", link_type::ppp},
        named_protocol{"ppp_hdlc", link_type::ppp_hdlc},
        named_protocol{"chdlc", link_type::cisco_hdlc},
        named_protocol{"fr", link_type::frame_relay},
        named_protocol{"mpls", ether_type::mpls},
        named_protocol{"vlan", ether_type::vlan},
        named_protocol{"pppoes", ether_type::pppoe_session},
        named_protocol{"sll_v1", link_type::linux_sll},
        named_protocol{"sll", link_type::linux_sll},
        named_protocol{"sll_v2", link_type::linux_sll2},
        named_protocol{"null", link_type::null},
        named_protocol{"gre", ip_protocol::gre},
        named_protocol{"udp", ip_protocol::udp},
        named_protocol{"gtp", protocol_id::udp_port(2152)},
        named_protocol{"vxlan", protocol_id::udp_port(4789)},
        named_protocol{"geneve", protocol_id::udp_port(6081)},
        named_protocol{"l2tp", protocol_id::udp_port(1701)},
        named_protocol{"capwap.data", protocol_id::udp_port(5247)},
    };

    [[nodiscard]] static constexpr bool is_any(std::span<const std::byte> text) noexcept {
        return !text.empty() && text.front() != std::byte{};
    }
    /// More than any name has, with the zeros behind it: up to a multiple of four.
    static constexpr std::size_t most_of_name = 64;

    /// Whether the text, which may end with zeros, is `name`.
    [[nodiscard]] static constexpr bool is(std::span<const std::byte> text, std::string_view name) noexcept {
        if (text.size() < name.size() || text.size() > most_of_name) return false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto expected = i < name.size() ? static_cast<std::byte>(name[i]) : std::byte{};
            if (text[i] != expected) return false;
        }
        return true;
    }

    [[nodiscard]] static constexpr protocol_id by_name(std::span<const std::byte> name) noexcept {
        for (const named_protocol& each : dissectors) {
            if (is(name, each.name)) return each.what;
        }
        return {};
    }
    [[nodiscard]] static constexpr protocol_id by_table(std::span<const std::byte> table,
                                                        std::uint32_t value) noexcept {
        if (value > 0xffff) return {};
        const auto number = static_cast<std::uint16_t>(value);
        if (is(table, "ethertype")) return ether_type{number};
        if (is(table, "ip.proto") && value <= 0xff) return ip_protocol{static_cast<std::uint8_t>(value)};
        if (is(table, "udp.port")) return protocol_id::udp_port(number);
        if (is(table, "ppp.protocol")) {
            if (value == 0x0021) return ether_type::ipv4;
            if (value == 0x0057) return ether_type::ipv6;
        }
        if (is(table, "wtap_encap")) { // Wireshark's own numbers
            if (value == 1) return link_type::ethernet;
            if (value == 4) return link_type::ppp;
            if (value == 7) return link_type::raw;
            if (value == 20) return link_type::ieee802_11;
            if (value == 129) return link_type::ipv4;
            if (value == 130) return link_type::ipv6;
        }
        return {};
    }
};

} // namespace tcplens::inline v1::detail
