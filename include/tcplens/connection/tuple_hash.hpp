// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../wire/endpoint.hpp"
#include "hash_key.hpp"

#include <cstdint>

namespace tcplens {

/// The hash of a 4-tuple, the same for both of its directions.
/// Each endpoint goes through NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, 1999), of which it is proven that two
/// inputs chosen without the key collide with a probability of 2^-32, and is mixed; the sum makes it symmetric.
[[nodiscard]] constexpr std::uint32_t hash_tuple(const endpoint& a, const endpoint& b, const hash_key& key) noexcept {
    const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
    const auto high = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
    const auto product = [](std::uint32_t x, std::uint32_t y) { return std::uint64_t{x} * y; };
    const auto hash_end = [&](const endpoint& end) {
        const std::byte* bytes = end.address.bytes().data();
        const auto first = load_little<std::uint64_t>(bytes);
        const auto second = load_little<std::uint64_t>(bytes + 8);
        const std::uint64_t hash = product(low(first) + low(key.word(0)), high(first) + high(key.word(0))) +
                                   product(low(second) + low(key.word(1)), high(second) + high(key.word(1))) +
                                   product(end.port + low(key.word(2)), high(key.word(2)));
        // NH is linear in the port: were it not mixed before the sum, all ports with the same sum would collide.
        const std::uint64_t mixed = (hash ^ (hash >> 32)) * (key.word(3) | 1);
        return mixed ^ (mixed >> 29);
    };
    return static_cast<std::uint32_t>((hash_end(a) + hash_end(b)) * (key.word(4) | 1) >> 32);
}

} // namespace tcplens
