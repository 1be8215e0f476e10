// SPDX-License-Identifier: MIT
#include "../support/decoding.hpp"

#include <tcplens/wire/decode/decode.hpp>
#include <tcplens/wire/decode_statistics.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

std::uint64_t sum_of(const undecoded_counts& counts) {
    std::uint64_t sum = counts.others();
    for (const undecoded_counts::kind& each : counts.kinds()) sum += each.packets;
    return sum;
}

decode_result result_of(const byte_vector& frame, const capture_options& how = {}) {
    segment found;
    return decode(*captured_packet{frame, how}, found);
}

} // namespace

TEST_CASE("decode statistics: a packet with any outcome counts in `packets` and in one part") {
    for (unsigned outcome = 0; outcome < 6; ++outcome) {
        decode_statistics counted;
        for (int i = 0; i < 3; ++i) counted.count(packet_outcome{static_cast<std::uint8_t>(outcome)}, link_type::raw);
        CHECK(counted.packets == 3);
        const std::array all{counted.tcp,       counted.not_tcp,   counted.fragments,
                             counted.truncated, counted.malformed, counted.unsupported_link};
        for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == (i == outcome ? 3 : 0));
        CHECK(sum_of(counted.undecoded) == counted.packets - counted.tcp);
    }
}

TEST_CASE("undecoded counts: kinds differ by link type, outcome and protocol, in the order of their first packets") {
    decode_statistics counted;
    const auto count = [&](link_type link, packet_outcome outcome, protocol_id at, int times) {
        for (int i = 0; i < times; ++i) counted.count({outcome, at}, link);
    };
    using enum packet_outcome;
    count(link_type::ethernet, not_tcp, ip_protocol{17}, 2);
    count(link_type::raw, not_tcp, ip_protocol{17}, 1);
    count(link_type::ethernet, tcp, ip_protocol::tcp, 9);
    count(link_type::ethernet, not_tcp, ether_type{17}, 1);
    count(link_type::ethernet, truncated, ip_protocol{17}, 4);
    count(link_type::ethernet, not_tcp, ip_protocol{17}, 3);
    const auto kinds = counted.undecoded.kinds();
    REQUIRE(kinds.size() == 4);
    CHECK(kinds[0] == undecoded_counts::kind{link_type::ethernet, not_tcp, ip_protocol{17}, 5});
    CHECK(kinds[1] == undecoded_counts::kind{link_type::raw, not_tcp, ip_protocol{17}, 1});
    CHECK(kinds[2] == undecoded_counts::kind{link_type::ethernet, not_tcp, ether_type{17}, 1});
    CHECK(kinds[3] == undecoded_counts::kind{link_type::ethernet, truncated, ip_protocol{17}, 4});
    CHECK(counted.undecoded.others() == 0);
    CHECK(sum_of(counted.undecoded) == counted.packets - counted.tcp);
}

TEST_CASE("undecoded counts: kinds beyond the capacity are counted together, and known kinds separately") {
    decode_statistics counted;
    for (unsigned i = 0; i < 200; ++i)
        counted.count({packet_outcome::not_tcp, protocol_id{ether_type(i)}}, link_type::raw);
    counted.count({packet_outcome::not_tcp, ether_type{3}}, link_type::raw);
    CHECK(counted.undecoded.kinds().size() == undecoded_counts::capacity);
    CHECK(counted.undecoded.kinds()[3].packets == 2);
    CHECK(counted.undecoded.others() == 200 - undecoded_counts::capacity);
    CHECK(sum_of(counted.undecoded) == 201);
}

TEST_CASE("undecoded counts: the same packets in the same order give equal counts") {
    undecoded_counts one;
    undecoded_counts other;
    CHECK(one == other);
    one.count(link_type::raw, {});
    CHECK_FALSE(one == other);
    other.count(link_type::raw, {});
    CHECK(one == other);
    for (unsigned i = 0; i < undecoded_counts::capacity; ++i) one.count(link_type{i + 1000}, {});
    other = one;
    other.count(link_type{5000}, {});
    CHECK_FALSE(one == other);
}

TEST_CASE("decode statistics: add() adds the counts of each kind") {
    using enum packet_outcome;
    decode_statistics one;
    one.count({tcp, ip_protocol::tcp}, link_type::raw);
    one.count({not_tcp, ip_protocol{17}}, link_type::raw);
    one.count({fragment, ip_protocol::tcp}, link_type::raw);
    decode_statistics other;
    other.count({truncated, ip_protocol::tcp}, link_type::raw);
    for (int i = 0; i < 3; ++i) other.count({not_tcp, ip_protocol{17}}, link_type::raw);
    other.count({not_tcp, ip_protocol{17}}, link_type::ethernet);
    other.count({unsupported_link, link_type{147}}, link_type{147});
    other.count_bad_checksum(link_type::raw);
    one.add(other);
    CHECK(one.packets == 10);
    CHECK(one.tcp == 1);
    CHECK(one.not_tcp == 5);
    CHECK(one.fragments == 1);
    CHECK(one.truncated == 1);
    CHECK(one.malformed == 1);
    CHECK(one.unsupported_link == 1);
    CHECK(one.bad_checksums == 1);
    const auto kinds = one.undecoded.kinds();
    REQUIRE(kinds.size() == 6);
    CHECK(kinds[0] == undecoded_counts::kind{link_type::raw, not_tcp, ip_protocol{17}, 4});
    CHECK(kinds[1] == undecoded_counts::kind{link_type::raw, fragment, ip_protocol::tcp, 1});
    CHECK(kinds[2] == undecoded_counts::kind{link_type::raw, truncated, ip_protocol::tcp, 1});
    CHECK(kinds[3] == undecoded_counts::kind{link_type::ethernet, not_tcp, ip_protocol{17}, 1});

    undecoded_counts full;
    for (unsigned i = 0; i < undecoded_counts::capacity + 1; ++i) full.count(link_type{i + 1000}, {});
    full.add(full);
    CHECK(full.others() == 2);
    full.add(one.undecoded); // for whose kinds there is no room
    CHECK(full.kinds().size() == undecoded_counts::capacity);
    CHECK(full.others() == 2 + 9);
    CHECK(sum_of(full) == 2 * (undecoded_counts::capacity + 1) + 9);
}

TEST_CASE("decode statistics: a segment with a bad checksum counts as malformed TCP") {
    decode_statistics counted;
    counted.count_bad_checksum(link_type::raw);
    CHECK(counted.packets == 1);
    CHECK(counted.malformed == 1);
    CHECK(counted.bad_checksums == 1);
    REQUIRE(counted.undecoded.kinds().size() == 1);
    CHECK(counted.undecoded.kinds()[0] ==
          undecoded_counts::kind{link_type::raw, packet_outcome::malformed, ip_protocol::tcp, 1});
}

TEST_CASE("decode result: a packet without TCP names the protocol at which decoding stopped") {
    const byte_vector frame = tcp_packet();
    CHECK(result_of(frame).stopped_at == ip_protocol::tcp);
    CHECK(result_of(frame, {.link = link_type{147}}).stopped_at == link_type{147});
    CHECK(result_of(frame, {.snapshot_length = 13}).stopped_at == link_type::ethernet);
    CHECK(result_of(frame, {.snapshot_length = 33}).stopped_at == ether_type::ipv4);
    CHECK(result_of(frame, {.snapshot_length = 53}).stopped_at == ip_protocol::tcp);
    CHECK(result_of(link_frame({}, 0x0806, byte_vector(28))).stopped_at == ether_type{0x0806});
    CHECK(result_of(framed_ip_packet({}, 89, byte_vector(8))).stopped_at == ip_protocol{89});
    CHECK(result_of(tcp_packet({.more_fragments = true})).stopped_at == ip_protocol::tcp);
}

TEST_CASE("protocol id: the same number in another registry is another protocol") {
    CHECK(protocol_id{ip_protocol::tcp} == protocol_id{protocol_id::registry::ip_protocol, 6});
    CHECK_FALSE(protocol_id{ip_protocol::tcp} == protocol_id{ether_type{6}});
    CHECK_FALSE(protocol_id::udp_port(6) == protocol_id::gre(6));
    CHECK_FALSE(protocol_id::udp_port(6) == protocol_id::udp_port(7));
    CHECK(protocol_id{} == protocol_id{protocol_id::registry::none, 0});
}
