// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../../base/hash_key.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/icmp_notice.hpp"
#include "../../wire/segment.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// The hash of a 4-tuple, the same for both of its directions.
/// Each endpoint goes through NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, 1999), of which it is proven that two
/// inputs chosen without the key collide with a probability of 2^-32, and is mixed; the sum makes it symmetric.
class tuple_hash {
public:
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr std::uint32_t of(const endpoint& a, const endpoint& b,
                                                                          const hash_key& key) noexcept {
        // Of IPv4 what varies is enough.
        if (a.address.is_v4() && b.address.is_v4()) return join(hash_v4(a, key) + hash_v4(b, key), key);
        return of_any(a, b, key);
    }

    /// The hash of a network, by NH as well.
    [[nodiscard]] TCPLENS_NOINLINE static constexpr std::uint32_t of_network(const network_id& network,
                                                                             const hash_key& key) noexcept {
        const std::uint64_t sum = product(network.words[0] + low(key.word(0)), network.words[1] + high(key.word(0))) +
                                  product(network.words[2] + low(key.word(5)), high(key.word(5)));
        return join(mix(sum, key), key);
    }

private:
    [[nodiscard]] static constexpr std::uint32_t low(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word);
    }
    [[nodiscard]] static constexpr std::uint32_t high(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> 32);
    }
    [[nodiscard]] static constexpr std::uint64_t product(std::uint32_t x, std::uint32_t y) noexcept {
        return std::uint64_t{x} * y;
    }
    /// NH is linear in the port: were it not mixed before the sum, all ports with the same sum would collide.
    [[nodiscard]] static constexpr std::uint64_t mix(std::uint64_t hash, const hash_key& key) noexcept {
        const std::uint64_t mixed = (hash ^ (hash >> 32)) * (key.word(3) | 1);
        return mixed ^ (mixed >> 29);
    }
    [[nodiscard]] static constexpr std::uint32_t join(std::uint64_t sum, const hash_key& key) noexcept {
        return high(sum * (key.word(4) | 1));
    }
    [[nodiscard]] static constexpr std::uint64_t hash_v4(const endpoint& end, const hash_key& key) noexcept {
        const auto four = load_little<std::uint32_t>(end.address.bytes().data() + 12);
        return mix(product(four + low(key.word(2)), end.port + high(key.word(2))), key);
    }
    [[nodiscard]] static constexpr std::uint64_t hash_any(const endpoint& end, const hash_key& key) noexcept {
        const std::byte* bytes = end.address.bytes().data();
        const auto first = load_little<std::uint64_t>(bytes);
        const auto second = load_little<std::uint64_t>(bytes + 8);
        return mix(product(low(first) + low(key.word(0)), high(first) + high(key.word(0))) +
                       product(low(second) + low(key.word(1)), high(second) + high(key.word(1))) +
                       product(end.port + low(key.word(2)), high(key.word(2))),
                   key);
    }
    [[nodiscard]] TCPLENS_NOINLINE static constexpr std::uint32_t of_any(const endpoint& a, const endpoint& b,
                                                                         const hash_key& key) noexcept {
        return join(hash_any(a, key) + hash_any(b, key), key);
    }
};

/// The hash of the connection of a segment, the same for both of its directions.
[[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t segment_hash(const segment& next, const hash_key& key) noexcept {
    const std::uint32_t hash = tuple_hash::of(next.source, next.destination, key);
    if (next.network == network_id{}) return hash;
    return hash ^ tuple_hash::of_network(next.network, key);
}

/// What is known of the segment that a notice quotes: enough to find its connection.
[[nodiscard]] constexpr segment segment_quoted_by(const icmp_notice& notice) noexcept {
    return {.source = notice.quoted_source,
            .destination = notice.quoted_destination,
            .sequence = notice.quoted_sequence,
            .network = notice.network};
}

} // namespace tcplens::inline v1::detail
