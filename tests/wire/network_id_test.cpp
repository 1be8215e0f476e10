// SPDX-License-Identifier: MIT
#include <tcplens/wire/network_id.hpp>
#include <tcplens/wire/segment.hpp>

#include <doctest/doctest.h>

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <set>
#include <tuple>
#include <vector>

using namespace tcplens;
using namespace tcplens::detail;

namespace {

/// One level of a network.
struct level {
    protocol_id carrier{};
    unsigned bits = 0;
    std::uint32_t number = 0;

    [[nodiscard]] friend auto operator<=>(const level& a, const level& b) {
        return std::tuple{a.carrier.in, a.carrier.number, a.bits, a.number} <=>
               std::tuple{b.carrier.in, b.carrier.number, b.bits, b.number};
    }
};

constexpr std::optional<network_id> of(std::initializer_list<level> levels) {
    std::optional<network_id> made = network_id{};
    for (const level& each : levels)
        if (made) made = made->inner(each.carrier, each.bits, each.number);
    return made;
}

constexpr level vlan(std::uint32_t number) {
    return {ether_type::vlan, 12, number};
}
constexpr level vxlan_number(std::uint32_t number) {
    return {protocol_id::udp_port(4789), 24, number};
}
constexpr level gre_key(std::uint32_t number) {
    return {ip_protocol::gre, 32, number};
}
constexpr level own_tunnel(std::uint32_t number) {
    return {protocol_id::udp_port(9999), 32, number};
}

static_assert(of({vlan(1), vlan(2)}) != of({vlan(2), vlan(1)}));
static_assert(of({vlan(1)}) != of({vlan(1), vlan(1)}));
static_assert(of({gre_key(0)}) != of({gre_key(0), gre_key(0)}));
static_assert(of({gre_key(0)}) != network_id{});
static_assert(of({gre_key(0xffff'ffff), gre_key(0)}).has_value());
static_assert(!of({gre_key(0xffff'ffff), gre_key(1), gre_key(1)}));

} // namespace

TEST_CASE("network: two stacks are equal if, and only if, they have the same levels") {
    std::mt19937_64 random{1};
    std::set<std::vector<level>> stacks;
    std::set<network_id> values;
    for (int i = 0; i < 200'000; ++i) {
        std::vector<level> stack(random() % 5);
        std::optional<network_id> made = network_id{};
        for (level& each : stack) {
            const auto number = static_cast<std::uint32_t>(random() % 8 == 0 ? random() : random() % 3);
            const std::size_t kind = random() % (network_kinds.size() + 1);
            each =
                kind == network_kinds.size()
                    ? own_tunnel(number)
                    : level{network_kinds[kind].carrier, network_kinds[kind].bits,
                            static_cast<std::uint32_t>(number & ((std::uint64_t{1} << network_kinds[kind].bits) - 1))};
            if (made) made = made->inner(each.carrier, each.bits, each.number);
        }
        if (!made) continue;
        stacks.insert(stack);
        values.insert(*made);
    }
    CHECK(values.size() == stacks.size());
    CHECK(stacks.size() > 50'000);
}

TEST_CASE("network: a value holds seven VLANs, three VXLANs or two GRE keys, and does not take more") {
    const auto most = [](const level& each) {
        std::optional<network_id> made = network_id{};
        int count = -1;
        for (; made; ++count) made = made->inner(each.carrier, each.bits, each.number);
        return count;
    };
    CHECK(most(vlan(4095)) == 7);
    CHECK(most(vxlan_number(0xff'ffff)) == 3);
    CHECK(most(gre_key(0xffff'ffff)) == 2);
    CHECK(most(own_tunnel(0xffff'ffff)) == 1);
}

TEST_CASE("network: the text names the levels from the outermost") {
    CHECK(to_string(segment::network_id{}) == "none");
    CHECK(to_string(*of({vlan(10)})) == "VLAN 10");
    CHECK(to_string(*of({vlan(10), vxlan_number(5000), vlan(4095)})) == "VLAN 10, VXLAN 5000, VLAN 4095");
    CHECK(to_string(*of({gre_key(0xffff'ffff)})) == "GRE key 4294967295");
    CHECK(to_string(*of({vlan(3), own_tunnel(7)})) == "VLAN 3, protocol 4/9999 7");
    CHECK(to_string(network_id{{0, 0, 26}}) == "unknown"); // from no packet
}
