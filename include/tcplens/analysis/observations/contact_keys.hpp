// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../../base/hash_key.hpp"
#include "../../wire/address.hpp"
#include "contact.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// What contacts have in common where a kind of observation looks at them together.
enum class shared : std::uint8_t {
    source,  ///< the address of the source
    target,  ///< the address of the target, in any network
    service, ///< the endpoint of the target, in its network
    path,    ///< the source, and the address of the target, in its network
    pair,    ///< the source and the service
};

/// Hashes of what contacts share: those of addresses are made once for all kinds of observations.
class contact_keys {
public:
    contact_keys(std::span<const contact> contacts, const hash_key& key) : contacts_(contacts), key_(key) {
        ends_.reserve(contacts.size());
        for (const contact& each : contacts) {
            ends_.push_back({mixed(hash(each.source.address)), mixed(hash(each.target.address) + hash(each.network))});
        }
    }

    /// A hash of what a contact shares with others. @pre it is one of the contacts
    template <shared What>
    [[nodiscard]] std::uint32_t hash(const contact& of) const noexcept {
        const ends& both = ends_[static_cast<std::size_t>(&of - contacts_.data())];
        // Each summand was hashed with the secret key, so a sender cannot choose addresses whose sums are equal.
        if constexpr (What == shared::source) return both.source;
        else if constexpr (What == shared::target) return mixed(hash(of.target.address));
        else if constexpr (What == shared::service) return both.host + of.target.port;
        else if constexpr (What == shared::path) return both.host + both.source;
        else return both.host + both.source + of.target.port;
    }
    /// A hash of a number.
    [[nodiscard]] std::uint32_t hash(std::uint32_t number) const noexcept {
        return mixed((number + key_.word(0)) * (key_.word(1) | 1));
    }

private:
    struct ends {
        std::uint32_t source = 0;
        std::uint32_t host = 0;
    };

    // Sums of products of pairs of words that the key shifts (NH of Black et al.: UMAC, 1999): whoever does not know the key cannot
    // make collisions.
    [[nodiscard]] std::uint64_t hash(const address& of) const noexcept {
        return (load_little<std::uint64_t>(of.bytes().data()) + key_.word(2)) *
               (load_little<std::uint64_t>(of.bytes().data() + 8) + key_.word(3));
    }
    [[nodiscard]] std::uint64_t hash(const segment::network_id& of) const noexcept {
        return ((of.words[0] | std::uint64_t{of.words[1]} << 32) + key_.word(4)) * (of.words[2] + key_.word(5));
    }
    [[nodiscard]] static std::uint32_t mixed(std::uint64_t hash) noexcept {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio
        return static_cast<std::uint32_t>(((hash ^ hash >> 32) * odd) >> 32);
    }

    std::span<const contact> contacts_;
    hash_key key_;
    std::vector<ends> ends_{}; ///< in the order in which the contacts lie
};

/// What contacts of a group share, for heavy_groups.
template <shared What>
struct shared_key {
    const contact_keys& keys;

    [[nodiscard]] std::uint32_t hash(const contact& of) const noexcept { return keys.hash<What>(of); }
    [[nodiscard]] static bool is_same(const contact& a, const contact& b) noexcept {
        return value_of(a) == value_of(b);
    }
    [[nodiscard]] static bool comes_before(const contact& a, const contact& b) noexcept {
        return value_of(a) < value_of(b);
    }

private:
    [[nodiscard]] static auto value_of(const contact& of) noexcept {
        if constexpr (What == shared::source) return std::tie(of.source.address);
        else if constexpr (What == shared::target) return std::tie(of.target.address);
        else if constexpr (What == shared::service) return std::tie(of.target, of.network);
        else if constexpr (What == shared::path) return std::tie(of.source.address, of.target.address, of.network);
        else return std::tie(of.source.address, of.target, of.network);
    }
};

/// The same for the source together with an unsigned number of at most 32 bits.
template <class NumberOf>
struct source_and {
    const contact_keys& keys;
    NumberOf number_of;

    [[nodiscard]] std::uint32_t hash(const contact& of) const noexcept {
        return keys.hash<shared::source>(of) + keys.hash(number_of(of));
    }
    [[nodiscard]] bool is_same(const contact& a, const contact& b) const noexcept {
        return a.source.address == b.source.address && number_of(a) == number_of(b);
    }
    [[nodiscard]] bool comes_before(const contact& a, const contact& b) const noexcept {
        if (a.source.address != b.source.address) return a.source.address < b.source.address;
        return number_of(a) < number_of(b);
    }
};
template <class NumberOf>
source_and(const contact_keys&, NumberOf) -> source_and<NumberOf>;

/// Numbers from 0 on for what contacts share, in the order in which it first comes.
template <class Key>
class contact_numbering {
public:
    static constexpr std::uint32_t none = UINT32_MAX;

    /// Fast for about as many different ones.
    contact_numbering(const Key& key, std::size_t different)
        : key_(key), latest_(std::bit_ceil((std::max)(different, std::size_t{1})), none),
          mask_(static_cast<std::uint32_t>(latest_.size() - 1)) {}

    /// The number of what a contact shares with one before; none if there was none. `hash`: what the key makes of it.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t find(const contact& of, std::uint32_t hash) const noexcept {
        std::uint32_t found = latest_[hash & mask_];
        while (found != none && !key_.is_same(*known_[found].first, of)) found = known_[found].before;
        return found;
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t find(const contact& of) const noexcept {
        return find(of, key_.hash(of));
    }
    /// The same; a new one if there was none.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t number(const contact& of, std::uint32_t hash) {
        const std::uint32_t found = find(of, hash);
        return found != none ? found : add(of, hash);
    }
    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t number(const contact& of) { return number(of, key_.hash(of)); }
    /// How many numbers there are.
    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(known_.size()); }

private:
    struct known {
        const contact* first;
        std::uint32_t before; ///< the one before at the same place
    };

    TCPLENS_NOINLINE std::uint32_t add(const contact& of, std::uint32_t hash) {
        const std::uint32_t added = size();
        known_.push_back({&of, std::exchange(latest_[hash & mask_], added)});
        return added;
    }

    Key key_;
    std::vector<std::uint32_t> latest_; ///< the latest number at each place
    std::uint32_t mask_;
    std::vector<known> known_{};
};

} // namespace tcplens::inline v1::detail::observing
