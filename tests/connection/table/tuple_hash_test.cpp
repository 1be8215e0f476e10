// SPDX-License-Identifier: MIT
#include "../../support/packet_builder.hpp"

#include <tcplens/connection/table/tuple_hash.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <unordered_set>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using packet_builder::at;

namespace {

struct tuple {
    endpoint a;
    endpoint b;
};

constexpr std::array keys{hash_key{0}, hash_key{1}, hash_key{0xffff'ffff'ffff'ffff}};

endpoint host(std::uint32_t number, std::uint16_t port, bool v6) {
    std::array<std::byte, 16> bytes{std::byte{0x20}, std::byte{0x01}, std::byte{0x0d}, std::byte{0xb8}};
    for (std::size_t i = 0; i < 4; ++i) bytes[15 - i] = static_cast<std::byte>(number >> (8 * i) & 0xff);
    return {v6 ? address::v6(bytes) : address::v4(std::span{bytes}.last<4>()), port};
}

std::uint16_t port(std::uint32_t number) {
    return static_cast<std::uint16_t>(number);
}

constexpr std::uint32_t count = 60'000;

/// Tuples as they come, and as somebody would choose them who wants them to collide.
struct family {
    const char* name;
    std::function<tuple(std::uint32_t)> make;
};
std::vector<family> families(bool v6) {
    const auto end = [v6](std::uint32_t number, std::uint32_t port_number) {
        return host(number, port(port_number), v6);
    };
    constexpr std::uint32_t ten = 10u << 24;
    return {
        {"the ports of one client",
         [=](std::uint32_t i) {
             return tuple{end(ten + 1, 1024 + i), end(ten + 2, 443)};
         }},
        {"a scan of ports",
         [=](std::uint32_t i) {
             return tuple{end(ten + 1, 40000), end(ten + 2, i)};
         }},
        {"a scan of addresses",
         [=](std::uint32_t i) {
             return tuple{end(ten, 40000), end(ten + 1 + i, 443)};
         }},
        {"addresses in steps of 256",
         [=](std::uint32_t i) {
             return tuple{end(1, 40000), end(ten + i * 256, 443)};
         }},
        {"many clients",
         [=](std::uint32_t i) {
             return tuple{end(ten + i / 64, 1024 + i % 64), end(1, 443)};
         }},
        {"ports of one sum",
         [=](std::uint32_t i) {
             return tuple{end(ten + 1, i), end(ten + 2, 65535 - i)};
         }},
        {"ports of one difference",
         [=](std::uint32_t i) {
             return tuple{end(ten + 1, i), end(ten + 2, i + 1000)};
         }},
        {"addresses of one sum",
         [=](std::uint32_t i) {
             return tuple{end(ten + i, 1), end(ten + 65535 - i, 2)};
         }},
        {"addresses of one difference",
         [=](std::uint32_t i) {
             return tuple{end(ten + i, 1), end(ten + 70000 + i, 2)};
         }},
        {"addresses with ports of one sum",
         [=](std::uint32_t i) {
             return tuple{end(ten + i, 65535 - i), end(1, 2)};
         }},
        {"a host with itself",
         [=](std::uint32_t i) {
             return tuple{end(ten, i), end(ten, (i * 7) & 0xffff)};
         }},
    };
}

} // namespace

TEST_CASE("the hash of a 4-tuple is that of its opposite direction") {
    std::mt19937_64 random{7};
    for (int i = 0; i < 10'000; ++i) {
        const bool v6 = i % 2 == 0;
        const endpoint a = host(static_cast<std::uint32_t>(random()), port(static_cast<std::uint32_t>(random())), v6);
        const endpoint b = host(static_cast<std::uint32_t>(random()), port(static_cast<std::uint32_t>(random())), v6);
        for (const hash_key& key : keys) CHECK(tuple_hash::of(a, b, key) == tuple_hash::of(b, a, key));
    }
    const endpoint self = at("127.0.0.1", 5000); // one that connects to itself
    CHECK(tuple_hash::of(self, self, keys[0]) == tuple_hash::of(self, self, keys[0]));
}

TEST_CASE("the hash of a 4-tuple depends on the key") {
    std::unordered_set<std::uint32_t> hashes;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        hashes.insert(tuple_hash::of(at("192.0.2.1", 40000), at("198.51.100.1", 443), hash_key{seed}));
    }
    CHECK(hashes.size() >= 999); // two of a thousand collide in one of 8600 such draws
    CHECK(hash_key::random().word(0) != hash_key::random().word(0));
}

TEST_CASE("the hash of a 4-tuple depends on each bit, and on which port belongs to which address") {
    for (const hash_key& key : keys) {
        const endpoint a = at("2001:db8::1", 40000);
        const endpoint b = at("2001:db8::2", 443);
        const std::uint32_t whole = tuple_hash::of(a, b, key);
        for (unsigned bit = 0; bit < 128; ++bit) {
            std::array<std::byte, 16> bytes{};
            std::ranges::copy(a.address.bytes(), bytes.begin());
            bytes[bit / 8] ^= std::byte{1} << (bit % 8);
            CHECK(tuple_hash::of({address::v6(bytes), a.port}, b, key) != whole);
            CHECK(tuple_hash::of({address::v6(bytes), b.port}, b, key) != whole);
        }
        for (unsigned bit = 0; bit < 16; ++bit) {
            CHECK(tuple_hash::of({a.address, static_cast<std::uint16_t>(a.port ^ 1u << bit)}, b, key) != whole);
            CHECK(tuple_hash::of(a, {b.address, static_cast<std::uint16_t>(b.port ^ 1u << bit)}, key) != whole);
        }
        CHECK(tuple_hash::of({a.address, b.port}, {b.address, a.port}, key) != whole);
    }
}

TEST_CASE("whoever picks addresses and ports cannot pick hashes") {
    for (const bool v6 : {false, true}) {
        for (const family& each : families(v6)) {
            for (const hash_key& key : keys) {
                CAPTURE(v6);
                CAPTURE(each.name);
                constexpr std::size_t buckets = 1024;
                std::unordered_set<std::uint32_t> hashes;
                std::array<std::uint32_t, buckets> in_bucket{}; // by the upper bits, which the index uses
                for (std::uint32_t i = 0; i < count; ++i) {
                    const tuple made = each.make(i);
                    const std::uint32_t hash = tuple_hash::of(made.a, made.b, key);
                    hashes.insert(hash);
                    ++in_bucket[hash >> 22];
                }
                // at random 0.42 of 60,000 collide
                CHECK(hashes.size() >= count - 8);
                // At random about 59 fall in a bucket, and hardly ever more than 105.
                CHECK(*std::ranges::max_element(in_bucket) < 130);
            }
        }
    }
}
