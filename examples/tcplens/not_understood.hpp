// SPDX-License-Identifier: MIT
#pragma once

// What the reports say of packets without TCP, so that nobody takes "no TCP was seen" for "no TCP was there".

#include "udp_tunnels.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

/// The name of a number of a registry; the frequent ones of those that packets without TCP have.
struct named_number {
    std::uint32_t number;
    std::string_view name;
};

inline constexpr named_number ip_protocols[]{
    {0, "IPv6 Hop-by-Hop"},
    {1, "ICMP"},
    {2, "IGMP"},
    {4, "IPv4"},
    {6, "TCP"},
    {17, "UDP"},
    {41, "IPv6"},
    {43, "Routing"},
    {44, "Fragment"},
    {47, "GRE"},
    {50, "ESP"},
    {51, "AH"},
    {58, "ICMPv6"},
    {59, "nothing"},
    {60, "Destination Options"},
    {88, "EIGRP"},
    {89, "OSPF"},
    {97, "EtherIP"},
    {103, "PIM"},
    {112, "VRRP"},
    {115, "L2TP"},
    {132, "SCTP"},
    {136, "UDP-Lite"},
    {137, "MPLS"},
};

inline constexpr named_number ether_types[]{
    {0x0800, "IPv4"},  {0x0806, "ARP"},  {0x22f3, "TRILL"}, {0x6558, "Ethernet"},      {0x8035, "RARP"},
    {0x8100, "VLAN"},  {0x8137, "IPX"},  {0x86dd, "IPv6"},  {0x8808, "PAUSE"},         {0x8809, "slow protocols"},
    {0x880b, "PPP"},   {0x8847, "MPLS"}, {0x8848, "MPLS"},  {0x8863, "PPPoE"},         {0x8864, "PPPoE"},
    {0x888e, "EAPOL"}, {0x88a8, "VLAN"}, {0x88cc, "LLDP"},  {0x88e5, "MACsec"},        {0x88e7, "PBB"},
    {0x88f7, "PTP"},   {0x8902, "CFM"},  {0x8906, "FCoE"},  {0x9000, "loopback test"},
};

/// E.g. "UDP (IP protocol 17)", or "IP protocol 253" if its name is not known here.
[[nodiscard]] inline std::string describe(const tcplens::protocol_id& protocol) {
    const auto named = [&](std::string_view registry, std::string_view name, bool hexadecimal) {
        std::string number{registry};
        number += ' ';
        if (hexadecimal) {
            number += "0x";
            for (int shift = 12; shift >= 0; shift -= 4) number += "0123456789abcdef"[(protocol.number >> shift) & 15];
        } else {
            number += std::to_string(protocol.number);
        }
        return name.empty() ? number : std::string{name} + " (" + number + ")";
    };
    const auto look_up = [&](const auto& registry) {
        for (const named_number& each : registry) {
            if (each.number == protocol.number) return each.name;
        }
        return std::string_view{};
    };

    using enum tcplens::protocol_id::registry;
    switch (protocol.in) {
    case link_type: {
        const std::string_view known = to_string(static_cast<tcplens::link_type>(protocol.number));
        const std::string number = std::to_string(protocol.number);
        return known.empty() ? "link type " + number : "link type " + std::string{known} + " (" + number + ")";
    }
    case ether_type: return named("EtherType", look_up(ether_types), true);
    case ip_protocol: return named("IP protocol", look_up(ip_protocols), false);
    case udp_port: return named("UDP port", {}, false);
    case gre_protocol: return named("GRE protocol", look_up(ether_types), true);
    case none:
    case bundle: break;
    }
    return "something that no number tells";
}

/// Why there was no TCP in packets of this kind, e.g. "link type IEEE802_15_4_WITHFCS (195) is not supported".
[[nodiscard]] inline std::string describe(const tcplens::undecoded_counts::kind& kind) {
    const std::string where = describe(kind.stopped_at);
    switch (kind.outcome) {
    case tcplens::packet_outcome::unsupported_link:
        return describe(tcplens::protocol_id{kind.link}) + " is not supported";
    case tcplens::packet_outcome::fragment:
        return "fragment of " + where + ", which is whole with a later packet or stays incomplete";
    case tcplens::packet_outcome::truncated: return "cut off within " + where;
    case tcplens::packet_outcome::malformed: return "malformed: " + where + " that contradicts itself";
    case tcplens::packet_outcome::not_tcp:
    case tcplens::packet_outcome::tcp: break;
    }
    return where + ", not TCP";
}

/// One reason, and to how many packets it applies.
struct counted_reason {
    std::string reason;
    std::uint64_t packets = 0;
};

/// The reasons why packets had no TCP in them, the most frequent first; kinds with the same reason count together.
/// All of them sum to `packets - tcp`.
[[nodiscard]] inline std::vector<counted_reason> not_understood(const tcplens::decode_statistics& statistics) {
    std::vector<counted_reason> reasons;
    const auto add = [&](const std::string& reason, std::uint64_t packets) {
        const auto same = std::ranges::find(reasons, reason, &counted_reason::reason);
        if (same != reasons.end()) same->packets += packets;
        else if (packets > 0) reasons.push_back({reason, packets});
    };
    // UDP by port: the busiest ports, and the others together.
    constexpr std::size_t most_ports = 5;
    std::uint64_t of_ports = 0;
    const auto ports = statistics.udp_ports.sorted();
    for (std::size_t i = 0; i < std::min(most_ports, statistics.udp_ports.entries().size()); ++i) {
        const std::uint64_t certain = ports[i].packets - ports[i].uncertain;
        add(describe(ports[i]), certain);
        of_ports += certain;
    }
    for (const tcplens::undecoded_counts::kind& kind : statistics.undecoded.kinds()) {
        std::uint64_t packets = kind.packets;
        if (kind.outcome == tcplens::packet_outcome::not_tcp && kind.stopped_at == tcplens::ip_protocol{17}) {
            const std::uint64_t told = std::min(packets, of_ports);
            packets -= told;
            of_ports -= told;
        }
        add(describe(kind), packets);
    }
    add("of further kinds that are not told apart", statistics.undecoded.others());
    std::ranges::stable_sort(reasons, std::ranges::greater{}, &counted_reason::packets);
    return reasons;
}

/// What a reader came past, in sentences; none if it came past nothing.
[[nodiscard]] inline std::vector<std::string> describe(const tcplens::skipped_parts& skipped) {
    std::vector<std::string> sentences;
    const auto add = [&](std::uint64_t count, std::string_view of_one, std::string_view of_many) {
        if (count > 0) sentences.push_back(std::to_string(count) + std::string{count == 1 ? of_one : of_many});
    };
    add(skipped.sections, " section of another version was skipped, with all packets in it",
        " sections of other versions were skipped, with all packets in them");
    add(skipped.numbered_blocks, " block that is no packet has a number all the same",
        " blocks that are no packets have numbers all the same");
    add(skipped.bad_options, " option of a wrong length was not heeded: times or drop counts may be wrong",
        " options of a wrong length were not heeded: times or drop counts may be wrong");
    add(skipped.corrected_clocks,
        " file says that its times are microseconds, but they are nanoseconds: they were corrected",
        " files say that their times are microseconds, but they are nanoseconds: they were corrected");
    return sentences;
}

/// Packets that a capture, or a series of them, says it lost itself, on all interfaces. What is said of one interface, by its name
/// and the time at which capturing began, in several files or sections of a rotating capture is one count that goes on.
template <class Capture>
[[nodiscard]] std::uint64_t dropped(const Capture& capture) {
    std::uint64_t all = 0;
    std::map<std::pair<std::string, tcplens::timestamp>, std::uint64_t> going_on;
    for (const tcplens::capture_interface& each : capture.interfaces()) {
        const tcplens::capture_interface::interface_statistics& said = each.statistics;
        const std::uint64_t lost = said.dropped_by_interface.value_or(0) + said.dropped_by_system.value_or(0);
        if (each.name.empty() || !said.capture_started) {
            all += lost;
            continue;
        }
        std::uint64_t& most = going_on[{each.name, *said.capture_started}];
        all += lost > most ? lost - most : 0;
        most = std::max(most, lost);
    }
    return all;
}

} // namespace program
