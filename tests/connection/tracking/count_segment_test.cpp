// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/count_segment.hpp>

#include <doctest/doctest.h>

using namespace tcplens;

namespace {

direction_statistics counted(const segment& sent, const verdict& said = {}) {
    direction_statistics counts;
    detail::count_segment(sent, said, counts);
    return counts;
}

} // namespace

TEST_CASE("a segment with data is a data packet, and an acknowledgment alone is none") {
    const auto data = counted({.payload_length = 100, .wire_length = 154, .flags = {0x18}});
    CHECK(data.packets == 1);
    CHECK(data.data_packets == 1);
    CHECK(data.payload_bytes == 100);
    CHECK(data.wire_bytes == 154);
    CHECK(data.ack == 1);
    CHECK(data.syn + data.syn_ack + data.rst + data.fin + data.retransmissions == 0);
    const auto bare = counted({.wire_length = 54, .flags = {0x10}});
    CHECK(bare.packets == 1);
    CHECK(bare.data_packets == 0);
    CHECK(bare.payload_bytes == 0);
    CHECK(bare.ack == 1);
    CHECK(counted({.payload_length = 1, .flags = {0x08}}).ack == 0);
    CHECK(counted({.payload_length = 1}).data_packets == 1);
}

TEST_CASE("flags are counted each by itself, and a SYN-ACK by both of its flags together") {
    const auto syn = counted({.flags = {0x02}});
    CHECK(syn.syn == 1);
    CHECK(syn.syn_ack == 0);
    const auto both = counted({.flags = {0x12}});
    CHECK(both.syn == 1);
    CHECK(both.syn_ack == 1);
    CHECK(both.ack == 1);
    const auto fin = counted({.flags = {0x11}});
    CHECK(fin.fin == 1);
    CHECK(fin.rst == 0);
    CHECK(fin.syn_ack == 0);
    const auto rst = counted({.flags = {0x04}});
    CHECK(rst.rst == 1);
    CHECK(rst.fin == 0);
    CHECK(rst.ack == 0);
}

TEST_CASE("a segment is a retransmission if its verdict calls it one") {
    CHECK(counted({.payload_length = 1}, {.kinds = verdict_kinds::retransmission}).retransmissions == 1);
    CHECK(counted({.payload_length = 1}, {.kinds = verdict_kinds::out_of_order}).retransmissions == 0);
    CHECK(counted({.payload_length = 1}, {.kinds = verdict_kinds::duplicate}).retransmissions == 0);
}

TEST_CASE("counts of several segments are their sums") {
    direction_statistics counts;
    for (int i = 0; i < 3; ++i) detail::count_segment({.payload_length = 10, .wire_length = 64}, {}, counts);
    CHECK(counts.packets == 3);
    CHECK(counts.data_packets == 3);
    CHECK(counts.payload_bytes == 30);
    CHECK(counts.wire_bytes == 192);
}
