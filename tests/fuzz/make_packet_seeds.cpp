// SPDX-License-Identifier: MIT
// Writes the first inputs of fuzz_decode and fuzz_pipeline into the folder that is its argument (tests/fuzz/corpus).

#include "../support/packet_builder.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace packet_builder;
using tcplens::link_type;

namespace {

/// In the order of fuzz_decode's list; what more there is in it has its headers below.
constexpr std::array links{link_type::ethernet,  link_type::null,      link_type::loop, link_type::raw,
                           link_type::raw_dlt,   link_type::raw_bsd,   link_type::ipv4, link_type::ipv6,
                           link_type::linux_sll, link_type::linux_sll2};

const byte_vector all_options = join({mss(1460), sack_permitted(), timestamps(1, 2), no_operation(), window_scale(7)});

tcp_packet_options v6(std::vector<extension_header> headers) {
    return {.source = at("2001:db8::1", 40000),
            .destination = at("2001:db8::2", 443),
            .extension_headers = std::move(headers),
            .options = sack({{1, 2}, {3, 4}, {5, 6}, {7, 8}}),
            .payload_length = 3};
}

/// What a client sends, if `up`, or else the server, with relative numbers as they follow a SYN with 0.
struct said {
    bool up = true;
    std::uint16_t flags = packet_builder::flags::ack;
    std::uint32_t sequence = 1;
    std::uint32_t acknowledgment = 1;
    std::size_t length = 0;
    std::uint16_t window = 8192;
};

std::vector<byte_vector> packets_of(const std::vector<said>& conversation, const tcp_packet_options& like) {
    std::vector<byte_vector> packets;
    for (const said& each : conversation) {
        tcp_packet_options packet = like;
        if (!each.up) std::swap(packet.source, packet.destination);
        packet.sequence = each.sequence - 10; // so that it goes on beyond 2^32
        packet.acknowledgment = (each.flags & flags::ack) != 0 ? each.acknowledgment - 10 : 0;
        packet.flags = each.flags;
        packet.payload_length = each.length;
        packet.window = each.window;
        if ((each.flags & flags::syn) != 0) packet.options = all_options;
        packets.push_back(tcp_packet(packet));
    }
    return packets;
}

} // namespace

int main(int count, char** arguments) {
    using namespace flags;
    if (count != 2) return 2;
    const std::filesystem::path corpus{arguments[1]};
    const auto write = [&](const char* target, const std::string& name, std::span<const std::byte> bytes) {
        std::filesystem::create_directories(corpus / target);
        std::ofstream file{corpus / target / name, std::ios::binary};
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    };
    const auto decode_seed = [&](const std::string& name, std::size_t link, const byte_vector& frame,
                                 std::uint16_t cut = 0) {
        const byte_vector kept(frame.begin(), frame.end() - cut);
        const auto shorter = static_cast<std::uint16_t>(kept.size() - 1);
        write("fuzz_decode", name,
              byte_writer{}.put(static_cast<std::uint8_t>(link)).put(cut).put(shorter).put(kept).bytes());
    };

    for (std::size_t i = 0; i < links.size(); ++i) {
        const std::string link = "_link_" + std::to_string(static_cast<unsigned>(links[i]));
        if (links[i] != link_type::ipv6)
            decode_seed("v4" + link, i, tcp_packet({.link = links[i], .payload_length = 3}));
        if (links[i] == link_type::ipv4) continue;
        tcp_packet_options six = v6({});
        six.link = links[i];
        decode_seed("v6" + link, i, tcp_packet(six));
    }
    decode_seed("options", 3, tcp_packet({.link = link_type::raw, .options = all_options}));
    decode_seed("options_cut", 3, tcp_packet({.link = link_type::raw, .options = all_options, .payload_length = 5}), 9);
    decode_seed("ip_options", 3, tcp_packet({.link = link_type::raw, .ip_options = hex("94040000")}));
    decode_seed("vlan", 0, tcp_packet({.vlan_tags = {{0x88a8, 1}, {0x9100, 2}, {0x8100, 3}}}));
    decode_seed("vlan_cooked", 8, tcp_packet({.link = link_type::linux_sll, .vlan_tags = {{}}}));
    decode_seed("padded", 0, tcp_packet({.minimum_frame_length = 60}));
    decode_seed("fragment", 0, tcp_packet({.more_fragments = true, .fragment_offset = 1}));
    for (auto [name, headers] : std::vector<std::pair<const char*, std::vector<extension_header>>>{
             {"extensions", {padding_options(0), padding_options(60, 16), routing(), authentication()}},
             {"atomic_fragment", {fragment(0, false)}},
             {"first_fragment", {fragment(0, true), padding_options(60)}},
             {"last_fragment", {fragment(2, false)}},
             {"jumbogram", {{.protocol = 0, .rest = hex("00 c204 00011170")}}}}) {
        tcp_packet_options six = v6(headers);
        six.link = link_type::raw;
        byte_vector packet = tcp_packet(six);
        if (headers[0].protocol == 0 && headers.size() == 1) overwrite(packet, 4, hex("0000"));
        decode_seed(name, 3, packet);
    }
    decode_seed("udp", 0, framed_ip_packet({}, 17, byte_vector(8)));
    decode_seed("arp", 0, link_frame({}, 0x0806, byte_vector(28)));
    decode_seed("unknown_link", links.size(), byte_vector(20));
    for (const char* const head :
         {"0031 aaaa03 000000 0800", "893f 0001 0002 0003 0800", "8926 00010002 0800", "892f 0029 0001 0800",
          "f1c1 0000 0001 0800", "8909 01 01 0001 0005 0800", "8903 0001 020000000004 020000000003 0800",
          "88e7 00000001 020000000004 020000000003 0800", "22f3 0041 0001 0002 00000000 020000000004 020000000003 0800",
          "88e5 20 00 00000001 0200000000050001 0800"}) {
        const std::string type{head, 4};
        decode_seed("ethernet_" + type, 0,
                    join({hex("020000000002 020000000001"), hex(head),
                          tcp_packet({.link = link_type::raw, .payload_length = 3})}));
    }
    struct header {
        const char* name;
        std::size_t link; ///< by its place in the list
        const char* bytes;
    };
    constexpr const char* mac = "0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800";
    for (const auto& [name, link, bytes] : {
             header{"sll_frame_relay", 8, "0000 0302 0000 000000000000 0000 0000  1841 03cc"},
             header{"sll_llc", 8, "0000 0001 0006 020000000001 0000 0004  aaaa03 000000 0800"},
             header{"sll_frame", 8, "0000 0001 0006 020000000001 0000 0003  020000000002 020000000001 0800"},
             header{"token_ring", 11, "10 40 020000000002 820000000001 c670 0012 0023 aaaa03 000000 0800"},
             header{"arcnet_bsd", 12, "0102 d4 ff ffff d4 00 0001"},
             header{"arcnet_linux", 13, "0102 0050 d4 00 0001"},
             header{"slip", 14, "00 45000000000000 0000000000000000"},
             header{"ppp", 15, "ff03 0021"},
             header{"ppp_hdlc", 15, "0f00 0800"},
             header{"ppp_ether", 16, "11 00 0001 002e 0021"},
             header{"ppp_pppd", 17, "01 03 21"},
             header{"ppp_with_direction", 18, "01 21"},
             header{"fddi", 19, "50 020000000002 020000000001 aaaa03 000000 0800"},
             header{"pflog_old", 20, "00000002 000000000000000000000000 000000000000000000000000"},
             header{
                 "pflog", 21,
                 "2d02 0000000000000000000000000000 00000000000000000000000000000000 00000000000000000000000000000000"},
             header{"atm_rfc1483", 22, "aaaa03 000000 0800"},
             header{"atm_clip", 23, ""},
             header{"cisco_hdlc", 24, "0f00 0800"},
             header{"cisco_hdlc_with_direction", 25, "01 0f00 0800"},
             header{"ieee802_11", 26, mac},
             header{"ieee802_11_prism", 27,
                    "44000000 08000000 0801 0000 020000000001 020000000002 020000000003 1000 060603"},
             header{"ieee802_11_radiotap", 28,
                    "00 00 1100 03000000 0000000000000000 20 8801 0000 020000000001 020000000002 020000000003 1000 "
                    "8000 0000"
                    "020000000003 020000000002 0034 aaaa03 000000 0800"},
             header{"frame_relay", 29, "1841 03 00 80 000000 0800"},
             header{"enc", 30, "02000000 00001234 00000000"},
             header{"ip_over_fc", 31, "1000020000000001 1000020000000002 aaaa03 000000 0800"},
             header{"apple_ip_over_ieee1394", 32, "1000020000000001 1000020000000002 0800"},
             header{"docsis", 33, "01 04 0042 03020001 abcd 020000000002 020000000001 0800"},
             header{"juniper_ether", 34, "4d4743 80 0006 010101 020104 020000000002 020000000001 0800"},
             header{"juniper_ppp", 35, "4d4743 02 00000002"},
             header{"juniper_frelay", 36, "4d4743 00 1841 03cc"},
             header{"juniper_chdlc", 37, "4d4743 00 0f00 0800"},
             header{"ppi", 38, "00 00 0c00 01000000 00000000 020000000002 020000000001 0800"},
             header{"mpls", 39, "00001140"},
             header{"nflog", 40, "02 00 0020 0800 0100 0800 0100 0500 0a00 00000000 2f00 0900"},
             header{"ipoib", 41,
                    "0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000 0800 0000"},
             header{"pktap", 42, "10000000 01000000 00000000 656e3000 02000000"},
             header{"dsa_tag_brcm", 43, "020000000002 020000000001 20000001 0800"},
             header{"dsa_tag_edsa", 44, "020000000002 020000000001 dada 0000 20000001 0800"},
             header{"erf", 45,
                    "0000000000f15365 82 04 0048 0000 0000 0300000000000000 0000 020000000002 020000000001 0800"},
             header{"exported_pdu", 46, "000c 0004 69700000 00000000"},
             header{"exported_table", 46, "000e 000c 657468657274797065000000 0020 0004 00000800 00000000"},
             header{"netlink_log", 47,
                    "0004 0338 0000 0000000000000000 000c 43000000 0004 0000 00000000 00000000 02 00 0000 2f00 0900"},
             header{"netlink_queue", 47,
                    "0004 0338 0000 0000000000000000 000c 43000000 0003 0000 00000000 00000000 02 00 0000 2f00 0a00"},
             header{"symantec", 48,
                    "000000000000 0800 000000000000000000000000000000000000000000000000000000000000000000000000"},
             header{"sll2_hidden_tag", 9, "0800 0000 00000002 0001 00 06 0200000000010000 0064 0800"},
             header{"amsdu", 26,
                    "8801 0000 020000000001 020000000002 020000000003 1000 8000 020000000004 020000000005 0008 aaaa03 "
                    "000000 0806"
                    "020000000004 020000000005 0037 aaaa03 000000 0800"},
             header{"mesh", 26,
                    "8803 0000 020000000001 020000000002 020000000003 0000 020000000006 0001 00 1f 01000000 aaaa03 "
                    "000000 0800"},
             header{"mesh_amsdu", 26,
                    "8802 0000 020000000001 020000000002 020000000003 1000 8001 020000000004 020000000005 003d"
                    "00 1f 00000001 aaaa03 000000 0800"},
             header{"ppp_multilink", 15, "ff03 003d c0000001 0021"},
             header{"arista_time", 0, "020000000002 020000000001 d28b 0001 0010 0000000100000002 0800"},
             header{"jumbo_llc", 0, "020000000002 020000000001 8870 aaaa03 000000 0800"},
         }) {
        decode_seed(std::string{"on_"} + name, link,
                    join({hex(bytes), tcp_packet({.link = link_type::raw, .payload_length = 3})}));
    }

    const byte_vector inner = tcp_ip_packet({.payload_length = 3});
    const byte_vector bridged = ethernet_frame(0x0800, inner);
    const auto in_udp = [](std::uint16_t port, const byte_vector& content) {
        return framed_ip_packet({}, 17, udp_datagram(1, port, content));
    };
    const std::vector<std::pair<const char*, byte_vector>> in_tunnels{
        {"ip_in_ip", framed_ip_packet({}, 4, inner)},
        {"authentication", framed_ip_packet({}, 51, join({hex("04 01 0000 00000100 00000001"), inner}))},
        {"gre", framed_ip_packet({}, 47, join({hex("b000 0800 1234 0000 00000007 00000001"), inner}))},
        {"gre_routed",
         framed_ip_packet({}, 47, join({hex("4000 0800 0000 0004 0800 00 04 0a000009 00000000"), inner}))},
        {"pptp", framed_ip_packet({}, 47, join({hex("3081 880b 0040 0007 00000001 00000002 ff030021"), inner}))},
        {"nvgre", framed_ip_packet({}, 47, join({hex("2000 6558 00beef 01"), bridged}))},
        {"erspan_2", framed_ip_packet({}, 47, join({hex("1000 88be 00000001 1001 0002 00000003"), bridged}))},
        {"erspan_3", framed_ip_packet({}, 47, join({hex("1000 22eb 00000001 2001 0002 00000003 00000000"), bridged}))},
        {"wccp", framed_ip_packet({}, 47, join({hex("0000 883e 00000000"), inner}))},
        {"mpls", ethernet_frame(0x8847, join({hex("00064040 00065140"), inner}))},
        {"mpls_ethernet", ethernet_frame(0x8847, join({hex("00064140 00000000"), bridged}))},
        {"pppoe", ethernet_frame(0x8864, join({hex("1100 0007 0040 0021"), inner}))},
        {"l2tp", in_udp(1701, join({hex("4a02 0040 0001 0002 0003 0004 0003 aabbcc ff030021"), inner}))},
        {"l2tp_3", framed_ip_packet({}, 115, join({hex("00000009 11111111 40000001"), bridged}))},
        {"vxlan", in_udp(4789, join({hex("08000000 012345 00"), bridged}))},
        {"vxlan_gpe_nsh", in_udp(4790, join({hex("0c000004 012345 00 0fc2 0201 00000001"), inner}))},
        {"geneve", in_udp(6081, join({hex("0240 6558 000007 00 0102 80 01 cafecafe"), bridged}))},
        {"gtp", in_udp(2152, join({hex("34ff 0040 00000001 0000 00 85 01 1000 00"), inner}))},
        {"teredo",
         in_udp(3544, join({hex("0001 00 00 1122334455667788 00 0000 1234 01020304"), tcp_ip_packet(v6({}))}))},
        {"ayiya", in_udp(5072, join({hex("43 52 11 29 12345678"), byte_vector(36), tcp_ip_packet(v6({}))}))},
        {"capwap", in_udp(5247, join({hex("00 100200 00000000"), bridged}))},
        {"lisp", in_udp(4341, join({hex("8012345600000001"), inner}))},
        {"vxlan_linux", in_udp(8472, join({hex("08000000 012345 00"), bridged}))},
        {"vxlan_elsewhere", in_udp(10800, join({hex("08000000 012345 00"), bridged}))},
        {"gtp_ethernet", in_udp(2152, join({hex("30ff 0040 00000001"), bridged}))},
        {"batman", ethernet_frame(0x4305, join({hex("40 0f 32 01 020000000003"), bridged}))},
        {"batman_2011", ethernet_frame(0x4305, join({hex("04 0e 32 00 00000001 020000000003"), bridged}))},
        {"edsa", ethernet_frame(0xdada, join({hex("0000 c0180000 0800"), inner}))},
        {"inter_switch_link", join({hex("01000c000000 020000000001 0060 aaaa03 00000c 000a 0001 0000"), bridged})},
        {"ipv6_named_ipv4", ethernet_frame(0x0800, tcp_ip_packet(v6({})))},
        {"lwapp", in_udp(12222, join({hex("00 00 0048 0000 0108 0000 020000000001 020000000002 020000000003 1000"
                                          "aaaa03 000000 0800"),
                                      inner}))},
        {"sflow",
         in_udp(6343,
                join({hex("00000005 00000001 0a000009 00000000 00000001 00000064 00000002 00000002 00000004 00000000"
                          "00000001 00000060 00000001 00000003 00000200 00000200 00000000 00000003 00000004 00000001"
                          "00000001 00000038 0000000b 00000028 00000000 00000028"),
                      inner}))},
        {"icmp_quote", framed_ip_packet({}, 1, join({hex("0304 0000 00000578"), inner}))},
        {"icmp6_quote", framed_ip_packet(v6({}), 58, join({hex("0200 0000 00000500"), tcp_ip_packet(v6({}))}))},
        {"etherip", framed_ip_packet({}, 97, join({hex("3000"), bridged}))},
        {"tzsp", in_udp(37008, join({hex("01 00 0001 00 0a 01 ff 01"), bridged}))}};
    for (const auto& [name, frame] : in_tunnels) decode_seed(std::string{"tunnel_"} + name, 0, frame);

    const auto fragment_seed = [&](const std::string& name, const tcp_packet_options& like, std::size_t length,
                                   std::uint8_t cut) {
        const byte_vector content = tcp_segment(like);
        byte_writer packets;
        for (std::size_t begin = 0; begin < content.size(); begin += length) {
            tcp_packet_options part = like;
            const std::size_t end = std::min(begin + length, content.size());
            const bool more = end < content.size();
            const auto offset = static_cast<std::uint16_t>(begin / 8);
            part.more_fragments = more;
            part.fragment_offset = offset;
            part.extension_headers = {packet_builder::fragment(offset, more)};
            const byte_vector packet = ip_packet(part, 6, std::span{content}.subspan(begin, end - begin));
            const auto kept = static_cast<std::uint16_t>(packet.size() - cut);
            packets.put(kept).put(cut).put(std::uint8_t{1}).put(std::span{packet}.first(kept));
        }
        write("fuzz_fragments", name, packets.bytes());
    };
    fragment_seed("v4", {.options = all_options, .payload_length = 100}, 40, 0);
    fragment_seed("v4_cut", {.options = all_options, .payload_length = 100}, 40, 8);
    tcp_packet_options six = v6({});
    six.payload_length = 100;
    fragment_seed("v6", six, 24, 0);
    fragment_seed("v6_many", six, 8, 0);

    const std::vector<std::pair<const char*, std::vector<said>>> conversations{
        {"whole",
         {{.flags = syn, .sequence = 0},
          {.up = false, .flags = syn | ack, .sequence = 0, .acknowledgment = 1},
          {},
          {.flags = ack | psh, .length = 20},
          {.up = false, .acknowledgment = 21, .length = 30},
          {.flags = ack | fin, .sequence = 21, .acknowledgment = 31},
          {.up = false, .flags = ack | fin, .sequence = 31, .acknowledgment = 22},
          {.sequence = 22, .acknowledgment = 32}}},
        {"sent_again",
         {{.flags = syn, .sequence = 0},
          {.up = false, .flags = syn | ack, .sequence = 0, .acknowledgment = 1},
          {.length = 10},
          {.sequence = 21, .length = 10},
          {.up = false},
          {.sequence = 11, .length = 10},
          {.length = 10},
          {.up = false, .acknowledgment = 31},
          {.up = false, .acknowledgment = 31},
          {.up = false, .acknowledgment = 31},
          {.up = false, .acknowledgment = 31},
          {.sequence = 31, .length = 10},
          {.sequence = 5, .length = 60}}},
        {"window",
         {{.length = 10},
          {.up = false, .acknowledgment = 11, .window = 0},
          {.sequence = 11, .length = 1},
          {.up = false, .acknowledgment = 11, .window = 0},
          {.up = false, .acknowledgment = 11, .window = 100},
          {.sequence = 10},
          {.up = false, .acknowledgment = 11, .window = 100},
          {.sequence = 10, .length = 1}}},
        {"refused", {{.flags = syn, .sequence = 0}, {.up = false, .flags = rst | ack, .sequence = 10}}},
        {"reused",
         {{.flags = syn, .sequence = 0},
          {.up = false, .flags = syn | ack, .sequence = 0, .acknowledgment = 1},
          {.length = 1},
          {.flags = rst, .sequence = 2},
          {.flags = syn, .sequence = 5'000'000},
          {.up = false, .flags = syn | ack, .sequence = 7'000'000, .acknowledgment = 5'000'001},
          {.flags = syn, .sequence = 0}}},
        {"lost",
         {{.up = false, .flags = syn | ack, .sequence = 0, .acknowledgment = 1},
          {.up = false, .sequence = 100, .length = 10},
          {.acknowledgment = 500},
          {.up = false, .flags = fin | ack, .sequence = 400}}},
    };
    for (const auto& [name, conversation] : conversations) {
        capture_writer::pcap_writer pcap{{.link = 101}};
        capture_writer::pcapng_writer pcapng;
        pcapng.interface({.link = 101, .resolution = 9}).interface({.link = 113});
        std::uint32_t time = 0;
        for (const byte_vector& packet : packets_of(conversation, {.link = link_type::raw}))
            pcap.record(1, ++time, packet);
        for (const byte_vector& packet : packets_of(
                 conversation,
                 {.link = link_type::raw, .source = at("2001:db8::1", 1), .destination = at("2001:db8::2", 2)})) {
            pcapng.enhanced(0, ++time * 1000, packet);
        }
        for (const byte_vector& packet : packets_of(conversation, {.link = link_type::linux_sll})) {
            pcapng.enhanced(1, ++time, std::span{packet}.first(56), static_cast<std::uint32_t>(packet.size()));
        }
        write("fuzz_pipeline", std::string{"pcap_"} + name, pcap.bytes());
        write("fuzz_pipeline", std::string{"pcapng_"} + name, pcapng.bytes());
    }
    capture_writer::pcap_writer mixed{{.order = std::endian::big, .nanoseconds = true}};
    mixed.record(1, 2, tcp_packet(), 60).record(0, 3, framed_ip_packet({}, 17, byte_vector(8)));
    const byte_vector whole = tcp_packet();
    mixed.record(2, 0, tcp_packet({.more_fragments = true})).record(2, 1, std::span{whole}.first(40), 54);
    mixed.record(2, 2, hex("0102")).record_header(3, 3, 60, 60).raw(byte_vector(20));
    write("fuzz_pipeline", "mixed_and_cut", mixed.bytes());
    write("fuzz_pipeline", "empty", {});
}
