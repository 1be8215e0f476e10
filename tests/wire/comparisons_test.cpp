// SPDX-License-Identifier: MIT
// What the wire's results are equal by: all of their members.
#include <tcplens/wire.hpp>
#include <tcplens/wire/ip/ip_reassembly.hpp>

#include "../support/comparisons.hpp"

#include <doctest/doctest.h>

using namespace tcplens;
using comparisons::check_members;

TEST_CASE("segments are equal if all members are") {
    check_members(segment{});
    segment full;
    full.ip_id = 1;
    full.options.timestamps = {1, 2};
    full.options.maximum_segment_size = 1460;
    full.options.window_scale = 7;
    full.options.fast_open = 8;
    check_members(full);
    check_members(sack_block{});
    check_members(tcp_timestamps{});
}

TEST_CASE("what was decoded is equal if all counts are") {
    check_members(decode_statistics{});
    check_members(reassembly_statistics{});
    check_members(icmp_notice{});
    check_members(tunnels::port_counts::entry{});
    check_members(undecoded_counts::kind{});
    check_members(endpoint{});
}
