// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/hash_key.hpp"
#include "../../wire/address.hpp"
#include "contact.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// What contacts have in common where a kind of observation looks at them together.
enum class shared : std::uint8_t {
    source,  ///< the address of the source
    target,  ///< the address of the target, in any network
    host,    ///< the address of the target, in its network
    service, ///< the endpoint of the target, in its network
    path,    ///< the source, and the address of the target, in its network
    pair,    ///< the source and the service
};

/// Whether what `a` shares with others comes before what `b` shares.
[[nodiscard]] inline bool comes_before(shared what, const contact& a, const contact& b) noexcept {
    switch (what) {
    case shared::source: return a.source.address < b.source.address;
    case shared::target: return a.target.address < b.target.address;
    case shared::host: return std::tie(a.target.address, a.network) < std::tie(b.target.address, b.network);
    case shared::service: return std::tie(a.target, a.network) < std::tie(b.target, b.network);
    case shared::path:
        return std::tie(a.source.address, a.target.address, a.network) <
               std::tie(b.source.address, b.target.address, b.network);
    default: return std::tie(a.source.address, a.target, a.network) < std::tie(b.source.address, b.target, b.network);
    }
}

/// A number from 0 on for each contact: those that share something have the same one.
struct contact_numbering {
    std::vector<std::uint32_t> numbers{}; ///< in the order in which the contacts lie
    std::uint32_t count = 0;              ///< how many different ones
};

/// The numberings of some contacts. Each is made when it is first needed, and once for all kinds of observations: they compare numbers, and
/// neither hash nor compare addresses.
class contact_numbers {
public:
    contact_numbers(std::span<const contact> contacts, const hash_key& key) : contacts_(contacts), key_(key) {}

    /// The numbering by what contacts share.
    [[nodiscard]] const contact_numbering& by(shared what) {
        switch (what) {
        case shared::service: return by_service();
        case shared::path:
            return once(what, [&] { return number_both(by_address(shared::source), by_address(shared::host)); });
        case shared::pair: return once(what, [&] { return number_both(by_address(shared::source), by_service()); });
        default: return by_address(what);
        }
    }
    /// A numbering by what contacts share and `value_of(contact)`, an unsigned number of at most 32 bits.
    template <class ValueOf>
    [[nodiscard]] contact_numbering by_number_and(shared what, ValueOf value_of) {
        return number_with(by(what), value_of);
    }
    /// Whether `least` of the contacts that have a value may have the same one. False is certain, and cheap.
    template <class ValueOf, class Has>
    [[nodiscard]] bool may_repeat(double least, ValueOf value_of, Has has_it) const {
        std::vector<std::uint8_t> counts(std::bit_ceil(4 * contacts_.size()));
        const double enough = (std::min)(least, 255.0);
        const std::size_t mask = counts.size() - 1;
        for (const contact& each : contacts_) {
            if (has_it(each) && ++counts[mixed(hash(value_of(each), 0)) & mask] >= enough) return true;
        }
        return false;
    }
    /// The place of a contact in a numbering. @pre it is one of the contacts
    [[nodiscard]] std::size_t place(const contact& of) const noexcept {
        return static_cast<std::size_t>(&of - contacts_.data());
    }

private:
    /// The numbering of the first call for `what`, which `make()` returns.
    template <class Make>
    [[nodiscard]] const contact_numbering& once(shared what, Make make) {
        contact_numbering& known = known_[static_cast<std::size_t>(what)];
        if (known.numbers.empty()) known = make();
        return known;
    }
    [[nodiscard]] const contact_numbering& by_address(shared what) {
        const auto number_hosts = [&] {
            return number(
                [&](std::size_t at) { return hash(contacts_[at].target.address) + hash(contacts_[at].network); },
                [&](std::size_t a, std::size_t b) {
                    return contacts_[a].target.address == contacts_[b].target.address &&
                           contacts_[a].network == contacts_[b].network;
                });
        };
        const auto number_ends = [&](endpoint contact::*end) {
            return number([&](std::size_t at) { return hash((contacts_[at].*end).address); },
                          [&](std::size_t a, std::size_t b) {
                              return (contacts_[a].*end).address == (contacts_[b].*end).address;
                          });
        };
        return once(what, [&] {
            if (what == shared::host) return number_hosts();
            return number_ends(what == shared::source ? &contact::source : &contact::target);
        });
    }
    [[nodiscard]] const contact_numbering& by_service() {
        return once(shared::service, [&] {
            return number_with(by_address(shared::host), [](const contact& of) { return of.target.port; });
        });
    }

    [[nodiscard]] contact_numbering number_both(const contact_numbering& one, const contact_numbering& other) const {
        return number([&](std::size_t at) { return hash(one.numbers[at], other.numbers[at]); },
                      [&](std::size_t a, std::size_t b) {
                          return one.numbers[a] == one.numbers[b] && other.numbers[a] == other.numbers[b];
                      });
    }
    template <class ValueOf>
    [[nodiscard]] contact_numbering number_with(const contact_numbering& known, ValueOf value_of) const {
        const auto value = [&](std::size_t at) { return std::uint32_t{value_of(contacts_[at])}; };
        return number(
            [&](std::size_t at) { return hash(known.numbers[at], value(at)); },
            [&](std::size_t a, std::size_t b) { return known.numbers[a] == known.numbers[b] && value(a) == value(b); });
    }

    /// Numbers the contacts by a hash table of the first ones with each number. `hash_of` and `is_same` take places.
    template <class HashOf, class IsSame>
    [[nodiscard]] contact_numbering number(HashOf hash_of, IsSame is_same) const {
        constexpr std::uint32_t none = UINT32_MAX;
        std::vector<std::uint32_t> firsts(std::bit_ceil(2 * contacts_.size()), none);
        const std::size_t mask = firsts.size() - 1;
        contact_numbering made;
        made.numbers.resize(contacts_.size());
        for (std::uint32_t at = 0; at < contacts_.size(); ++at) {
            std::size_t slot = mixed(hash_of(at)) & mask;
            while (firsts[slot] != none && !is_same(firsts[slot], at)) slot = (slot + 1) & mask;
            const bool is_first = firsts[slot] == none;
            if (is_first) firsts[slot] = at;
            made.numbers[at] = is_first ? made.count++ : made.numbers[firsts[slot]];
        }
        return made;
    }

    // Sums of products of pairs of words that the key shifts (NH of Black et al.: UMAC, 1999): whoever does not know the key cannot
    // make collisions.
    [[nodiscard]] std::uint64_t hash(std::uint64_t a, std::uint64_t b) const noexcept {
        return (a + key_.word(0)) * (b + key_.word(1));
    }
    [[nodiscard]] std::uint64_t hash(const address& of) const noexcept {
        return (load_little<std::uint64_t>(of.bytes().data()) + key_.word(2)) *
               (load_little<std::uint64_t>(of.bytes().data() + 8) + key_.word(3));
    }
    [[nodiscard]] std::uint64_t hash(const segment::network_id& of) const noexcept {
        return ((of.words[0] | std::uint64_t{of.words[1]} << 32) + key_.word(4)) * (of.words[2] + key_.word(5));
    }
    [[nodiscard]] static std::size_t mixed(std::uint64_t hash) noexcept {
        constexpr std::uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio
        return static_cast<std::size_t>(((hash ^ hash >> 32) * odd) >> 32);
    }

    std::span<const contact> contacts_;
    hash_key key_;
    std::array<contact_numbering, 6> known_{};
};

} // namespace tcplens::inline v1::detail::observing
