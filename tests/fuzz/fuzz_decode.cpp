// SPDX-License-Identifier: MIT
#include "../support/cut_packets.hpp"
#include "require.hpp"

#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/decode/decoder.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

/// In the order that the first inputs use (make_packet_seeds.cpp).
constexpr std::array seeded_links{link_type::ethernet,
                                  link_type::null,
                                  link_type::loop,
                                  link_type::raw,
                                  link_type::raw_dlt,
                                  link_type::raw_bsd,
                                  link_type::ipv4,
                                  link_type::ipv6,
                                  link_type::linux_sll,
                                  link_type::linux_sll2,
                                  link_type{1000}, // one that nobody knows
                                  link_type::token_ring,
                                  link_type::arcnet_bsd,
                                  link_type::arcnet_linux,
                                  link_type::slip,
                                  link_type::ppp,
                                  link_type::ppp_ether,
                                  link_type::ppp_pppd,
                                  link_type::ppp_with_direction,
                                  link_type::fddi,
                                  link_type::pflog_old,
                                  link_type::pflog,
                                  link_type::atm_rfc1483,
                                  link_type::atm_clip,
                                  link_type::cisco_hdlc,
                                  link_type::cisco_hdlc_with_direction,
                                  link_type::ieee802_11,
                                  link_type::ieee802_11_prism,
                                  link_type::ieee802_11_radiotap,
                                  link_type::frame_relay,
                                  link_type::enc,
                                  link_type::ip_over_fc,
                                  link_type::apple_ip_over_ieee1394,
                                  link_type::docsis,
                                  link_type::juniper_ether,
                                  link_type::juniper_ppp,
                                  link_type::juniper_frelay,
                                  link_type::juniper_chdlc,
                                  link_type::ppi,
                                  link_type::mpls,
                                  link_type::nflog,
                                  link_type::ipoib,
                                  link_type::pktap,
                                  link_type::dsa_tag_brcm,
                                  link_type::dsa_tag_edsa,
                                  link_type::erf,
                                  link_type::wireshark_upper_pdu,
                                  link_type::netlink,
                                  link_type::symantec_firewall};

/// Those, and all others that can be decoded.
const std::vector<link_type> links = [] {
    std::vector<link_type> all(seeded_links.begin(), seeded_links.end());
    for (const link_type link : link_layers::types) {
        if (std::ranges::find(all, link) == all.end()) all.push_back(link);
    }
    return all;
}();

struct decoding {
    decode_result outcome{};
    segment found{};
};

/// Decodes from memory that ends where the bytes do.
decoding decode_copy(packet of, const decode_options& options = {}) {
    const auto copy = std::make_unique<std::byte[]>(of.bytes.size());
    std::ranges::copy(of.bytes, copy.get());
    of.bytes = {copy.get(), of.bytes.size()};
    decoding made;
    made.outcome = decode(of, made.found, options);
    return made;
}

void require_sound(const packet& from, const decoding& made) {
    require(made.outcome <= packet_outcome::unsupported_link);
    const bool wraps = from.link == link_type::ppi || from.link == link_type::pktap ||
                       from.link == link_type::wireshark_upper_pdu; // perhaps what nobody knows
    const bool unsupported = made.outcome == packet_outcome::unsupported_link;
    require(can_decode(from.link) ? !unsupported || wraps : unsupported);
    const segment& found = made.found;
    if (made.outcome != packet_outcome::tcp) {
        require(found == segment{}); // not touched
        return;
    }
    require(from.bytes.size() >= 40); // the shortest headers of IP and TCP
    require(found.time == from.time);
    require(found.packet_number == from.number);
    require(found.sampled || found.wire_length <= from.wire_length); // less for one of several
    require(found.captured_payload <= found.payload_length && found.captured_payload <= from.bytes.size());
    require(found.payload_length < found.ip_length);
    require(found.source.address.is_v4() || !found.ip_id || found.destination.address.is_v4());
    // No jumbogram in IPv4: the length is that of the field, or of the frame.
    require(!found.ip_id || found.payload_length <= std::max<std::uint32_t>(from.wire_length, 0xffff) - 40);
    require(found.flags.bits <= 0x1ff);
    require(found.ecn <= 3);
    require(found.options.sack_block_count <= 4);
    require(found.options.window_scale.value_or(0) <= 14);
    require(found.sequence_end() - found.sequence_length() == found.sequence);
}

/// What else a packet holds is bounded by its bytes, and found by a table too. The segment that decode() finds without memory is among
/// it, though perhaps not the first: only a decoder makes a segment of a fragment that comes before.
void require_sound_rest(const packet& from, const decoding& plain, decoder& reader, decoding made) {
    std::size_t steps = 0;
    std::size_t segments = 0;
    std::size_t notices = 0;
    bool finds_plain = plain.outcome != packet_outcome::tcp;
    for (;; made.outcome = reader.decode_next(from, made.found)) {
        const decode_result result = made.outcome;
        segments += result.outcome == packet_outcome::tcp;
        finds_plain = finds_plain || (result.outcome == packet_outcome::tcp && made.found == plain.found);
        notices += result.has_notice;
        if (result.has_notice) require(reader.notice().packet_number == from.number);
        require(!result.has_notice || result.outcome != packet_outcome::tcp);
        require(++steps <= from.bytes.size() / 20 + 2);
        if (!result.more) break;
    }
    require(finds_plain);
    connection_table table;
    table.add(from);
    const decode_statistics& counted = table.statistics();
    require(is_consistent(counted));
    require(counted.packets == 1 && counted.tcp + counted.additional_segments == segments);
    require(counted.icmp_notices == notices);
}

/// Options that give a tunnel the port to which a UDP datagram without further headers is sent, so that tunnels are found at any port.
decode_options with_tunnel_at_port(const packet& from) {
    decode_options made;
    const std::size_t udp_header = from.link == link_type::ethernet ? 14 + 20 : 20;
    if (from.bytes.size() < udp_header + 4) return made;
    const auto port = load_big<std::uint16_t>(from.bytes.data() + udp_header + 2);
    const auto tunnel = known_tunnels::bits[port % known_tunnels::size];
    if (tunnels::with_udp_port(to_string(tunnel))) require(made.ports.add(tunnel, port));
    return made;
}

/// Options change what is told of a packet, not what is in it. Nor does it matter that most packets are decoded in a shorter way
/// unless checksums are asked for, and into a segment that was used before.
void require_same_with_options(const packet& from, const decoding& plain) {
    const decoding verified = decode_copy(from, {.verify_checksums = true});
    require(verified.outcome == plain.outcome && verified.outcome.stopped_at == plain.outcome.stopped_at);
    segment found = verified.found;
    found.checksum = plain.found.checksum;
    require(found == plain.found);

    const decoding identified = decode_copy(from, {.identify_networks = true});
    found = identified.found;
    found.network = plain.found.network;
    if (identified.outcome != plain.outcome) { // in more networks than a network_id holds
        require(plain.outcome != packet_outcome::truncated && identified.outcome == packet_outcome::not_tcp);
        require(identified.found == segment{});
    } else {
        require(found == plain.found);
    }

    if (plain.outcome == packet_outcome::tcp) {
        static segment used;
        require(decode(from, used) == packet_outcome::tcp && used == plain.found);
    }

    require_sound(from, decode_copy(from, with_tunnel_at_port(from)));

    const decoding without = decode_copy(from, {.tunnels = tunnel_set::none});
    if (without.outcome == packet_outcome::tcp)
        require(plain.outcome == packet_outcome::tcp && without.found == plain.found);
    require(plain.found.tunnel_depth <= max_headers);

    decoder remembering;
    decoding made;
    made.outcome = remembering.decode(from, made.found);
    require_sound_rest(from, plain, remembering, made);
}

} // namespace

// Input: the link type, by its place in the list; how many bytes the capture cut, and how many a shorter snapshot would
// keep, two bytes each; the packet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    const auto input = std::as_bytes(std::span{data, size});
    packet whole{.time = timestamp{std::chrono::nanoseconds{12345}},
                 .bytes = input.subspan(5),
                 .link = links[std::to_integer<std::size_t>(input[0]) % links.size()],
                 .number = 7};
    whole.wire_length = static_cast<std::uint32_t>(whole.bytes.size() + load_little<std::uint16_t>(&input[1]));
    const decoding made = decode_copy(whole);
    require_sound(whole, made);
    require_same_with_options(whole, made);

    // With fewer bytes of the same packet it says the same, or that it was cut.
    const std::size_t captured = load_little<std::uint16_t>(&input[3]) % (whole.bytes.size() + 1);
    packet cut = whole;
    cut.bytes = cut.bytes.first(captured);
    const decoding less = decode_copy(cut);
    require_sound(cut, less);
    require(less.outcome == made.outcome || less.outcome == packet_outcome::truncated);
    require(less.outcome != packet_outcome::tcp || is_cut_of(less.found, made.found));
    for (const decode_options& options : {decode_options{},
                                          {.verify_checksums = true},
                                          {.identify_networks = true},
                                          {.tunnels = tunnel_set::none},
                                          with_tunnel_at_port(whole)}) {
        require(contradiction_of_cut(whole, captured, options).empty());
    }
    return 0;
}
