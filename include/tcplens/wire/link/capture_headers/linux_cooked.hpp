// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../ip/plausible_ip.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ether_tags.hpp"
#include "../ethernet/ethernet.hpp"
#include "../ethernet/llc.hpp"
#include "../point_to_point/frame_relay.hpp"
#include "../point_to_point/ppp.hpp"
#include "../wireless/ieee802_11.hpp"
#include "netlink.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Linux cooked capture, versions 1 and 2, as from the device `any`.
///
/// Read: by hardware type (ARPHRD) and protocol: EtherTypes with any tags, Ethernet, IEEE 802.2 LLC, PPP, Frame Relay,
/// Radiotap, Netlink. A second VLAN tag that libpcap left before the IP packet is found.
/// Not read: CAN, Novell's 802.3.
struct linux_cooked {
    static constexpr std::array types{link_type::linux_sll, link_type::linux_sll2};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const bool first = link == link_type::linux_sll;
        const std::size_t header = first ? 16 : 20;
        if (!frame.has(header)) return frame.truncation_error(header);
        const frame_view content = frame.subview(header);
        // The hardware type decides what the protocol field means: an EtherType or one of Linux's own numbers below those.
        // For Netlink it is another family of numbers, for Frame Relay and Radiotap it says nothing.
        enum arphrd : std::uint16_t { frame_relay = 770, radiotap = 803, netlink = 824 };
        switch (load_big<std::uint16_t>(frame.bytes.data() + (first ? 2 : 8))) {
        case frame_relay: return frame_relay_payload(content);
        case radiotap: return radiotap_payload(content);
        case netlink: return netlink_payload(load_big<std::uint16_t>(frame.bytes.data() + (first ? 14 : 0)), content);
        default: break;
        }
        const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + (first ? 14 : 0));
        enum eth_p : std::uint16_t { whole_frame = 0x0003, ieee802_2 = 0x0004, wan_ppp = 0x0007 };
        switch (protocol) {
        case whole_frame: return ethernet::payload(link_type::ethernet, content);
        case ieee802_2: return payload_behind_llc(content);
        case wan_ppp: return ppp_payload(content);
        default:
            if (protocol < lowest_ether_type) return packet_outcome::not_tcp; // Novell's 802.3, CAN, …
            switch (find_hidden_tag(protocol, content)) {
            case hidden_tag::there: return skip_tags({ether_type::vlan, content});
            case hidden_tag::undecided: return packet_outcome::truncated;
            default: return skip_tags({ether_type{protocol}, content});
            }
        }
    }

    [[nodiscard]] static constexpr network_payload tagged_payload(link_type link, const frame_view& frame) noexcept {
        const bool first = link == link_type::linux_sll;
        const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + (first ? 14 : 0));
        const frame_view content = frame.subview(first ? 16 : 20);
        const bool hidden = find_hidden_tag(protocol, content) == hidden_tag::there;
        return {hidden ? ether_type::vlan : ether_type{protocol}, content};
    }

private:
    enum class hidden_tag : std::uint8_t { none, there, undecided };

    /// Whether a VLAN tag precedes the IP packet or PPPoE session that the header names. libpcap 1.10.3 moves the first of two tags that
    /// the kernel took off into the header, and takes the protocol behind both for that of the frame.
    [[nodiscard]] static constexpr hidden_tag find_hidden_tag(std::uint16_t protocol,
                                                              const frame_view& content) noexcept {
        constexpr std::size_t tag = 4;
        const bool names_pppoe = ether_type{protocol} == ether_type::pppoe_session;
        const bool names_ip = ether_type{protocol} == ether_type::ipv4 || ether_type{protocol} == ether_type::ipv6;
        if ((!names_pppoe && !names_ip) || content.wire_length < tag) return hidden_tag::none;
        if (!content.has(tag)) return hidden_tag::undecided;
        if (load_big<std::uint16_t>(content.bytes.data() + 2) != protocol) return hidden_tag::none;
        const frame_view behind = content.subview(tag);
        if (names_pppoe) {
            constexpr std::uint16_t version_type_and_code = 0x1100;
            if (load_big<std::uint16_t>(content.bytes.data()) == version_type_and_code) return hidden_tag::none;
            if (!behind.has(2)) return behind.wire_length >= 2 ? hidden_tag::undecided : hidden_tag::none;
            return load_big<std::uint16_t>(behind.bytes.data()) == version_type_and_code ? hidden_tag::there
                                                                                         : hidden_tag::none;
        }
        const auto without_tag = plausible_ip(content);
        if (without_tag) return hidden_tag::none;
        const auto found = plausible_ip(behind);
        const bool may_be_behind = found ? *found == ether_type{protocol} : found.error() == packet_outcome::truncated;
        if (!may_be_behind) return hidden_tag::none;
        const bool certain = found && without_tag.error() != packet_outcome::truncated;
        return certain ? hidden_tag::there : hidden_tag::undecided;
    }
};

} // namespace tcplens::inline v1::detail
