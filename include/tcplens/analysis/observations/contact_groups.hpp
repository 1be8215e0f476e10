// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../connection/observers/direction_skew.hpp"
#include "../../wire/address.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"
#include "contact.hpp"
#include "findings.hpp"
#include "observation.hpp"
#include "observation_options.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// Contacts of one group, in the order of time.
using contact_group = std::span<const contact* const>;

/// What every kind of observation gets.
struct observed_contacts {
    contact_group contacts{}; ///< in the order of time
    std::span<const signed_contact* const>
        with_signs{};                             ///< those with signs, in the order of time; perhaps fewer of them
    const direction_skew::totals* skew = nullptr; ///< of all connections; null if it was not measured
    unsigned level = 0;                           ///< each stands for 2^level
    const observation_options& options;

    /// What a number of contacts in the sample stands for.
    [[nodiscard]] std::uint64_t estimate(std::size_t kept) const noexcept {
        return static_cast<std::uint64_t>(kept) << level;
    }
    /// The least number of kept contacts that shows that a threshold is reached. Of a sample, five must show it, or as many as the
    /// threshold if that is less: one kept contact does not stand for others of its own kind.
    [[nodiscard]] double least(double threshold) const noexcept {
        constexpr double least_kept = 5;
        return (std::max)(scaled(threshold), (std::min)(threshold, least_kept));
    }
    /// Whether a number of contacts shows that a threshold is reached.
    [[nodiscard]] bool reaches(std::size_t kept, double threshold) const noexcept {
        return static_cast<double>(kept) >= least(threshold);
    }
    /// A number in the sample that stands for this one.
    [[nodiscard]] double scaled(double number) const noexcept {
        return number / static_cast<double>(std::uint64_t{1} << level);
    }
};

/// The hash of a key of contacts. Its seed is the hash of a contact, so whoever does not know observation_options::key cannot make
/// collisions.
class key_hasher {
public:
    explicit key_hasher(std::uint64_t seed) noexcept : hash_(seed) {}

    void take(std::uint64_t word) noexcept {
        hash_ = (hash_ ^ word) * odd;
        hash_ ^= hash_ >> 32;
    }
    void take(const address& of) noexcept {
        take(load_little<std::uint64_t>(of.bytes().data()));
        take(load_little<std::uint64_t>(of.bytes().data() + 8));
    }
    void take(const endpoint& of) noexcept {
        take(of.address);
        take(std::uint64_t{of.port});
    }
    void take(const segment::network_id& of) noexcept {
        take(of.words[0] | std::uint64_t{of.words[1]} << 32);
        if (of.words[2] != 0) take(std::uint64_t{of.words[2]});
    }
    template <class First, class Second>
    void take(const std::pair<First, Second>& of) noexcept {
        take(of.first);
        take(of.second);
    }
    template <class... Parts>
    void take(const std::tuple<Parts...>& of) noexcept {
        std::apply([this](const auto&... part) { (this->take(part), ...); }, of);
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_ * odd; }

private:
    static constexpr std::uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 divided by the golden ratio

    std::uint64_t hash_;
};
template <class Key>
[[nodiscard]] std::uint64_t key_hash(const Key& key, std::uint64_t seed) noexcept {
    key_hasher hasher{seed};
    hasher.take(key);
    return hasher.hash();
}

/// What the contacts of a group weigh, and what a group needs: lighter ones are passed over.
template <class WeightOf>
struct group_weight {
    double least;        ///< above 0
    WeightOf of_contact; ///< a number that is 0 or above; 0 for contacts without a key
};
template <class WeightOf>
group_weight(double, WeightOf) -> group_weight<WeightOf>;

/// The groups of contacts with one key each, as they are found: a hash table without deletion.
template <class Key>
class group_table {
public:
    static constexpr std::uint32_t none = UINT32_MAX;
    struct group {
        Key key;
        std::uint64_t weight = 0;
        std::uint32_t begin = 0; ///< of its members
        std::uint32_t end = 0;
    };

    /// For up to so many groups.
    group_table(std::size_t most, std::uint64_t seed) : places_(std::bit_ceil(2 * most), none), seed_(seed) {
        groups_.reserve(most); // twice as much, as it grows, could be a megabyte too much
    }

    /// The number of the group with this key, which is made if there is none.
    [[nodiscard]] std::uint32_t insert(const Key& key) {
        std::uint32_t& place = find_place(key);
        if (place == none) {
            place = static_cast<std::uint32_t>(groups_.size());
            groups_.push_back({.key = key});
        }
        return place;
    }
    /// The number of the group with this key, or none.
    [[nodiscard]] std::uint32_t find(const Key& key) { return find_place(key); }
    [[nodiscard]] std::vector<group>& groups() noexcept { return groups_; }

private:
    [[nodiscard]] std::uint32_t& find_place(const Key& key) {
        const std::size_t mask = places_.size() - 1;
        std::size_t at = static_cast<std::size_t>(key_hash(key, seed_) >> 20) & mask;
        while (places_[at] != none && !(groups_[places_[at]].key == key)) at = (at + 1) & mask;
        return places_[at];
    }

    std::vector<std::uint32_t> places_;
    std::uint64_t seed_;
    std::vector<group> groups_{};
};

/// The groups that weigh enough, in the order of their keys, and their members, in the order of time.
template <class Key>
struct heavy_groups {
    std::vector<typename group_table<Key>::group> groups{};
    std::vector<const contact*> members{};
};

template <class Key, class WeightOf, class KeyOf>
[[nodiscard]] heavy_groups<Key> find_heavy_groups(contact_group contacts, const group_weight<WeightOf>& weight,
                                                  std::size_t weighing, KeyOf key_of) {
    constexpr std::uint32_t none = group_table<Key>::none;
    group_table<Key> table{weighing, contacts.front()->hash};
    auto& groups = table.groups();
    std::vector<std::uint32_t> group_of(contacts.size(), none);
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        const std::uint64_t own = weight.of_contact(*contacts[i]);
        if (own == 0) continue;
        group_of[i] = table.insert(*key_of(*contacts[i]));
        groups[group_of[i]].weight += own;
    }
    const auto is_light = [&](const auto& group) { return static_cast<double>(group.weight) < weight.least; };
    heavy_groups<Key> found;
    if (std::all_of(groups.begin(), groups.end(), is_light)) return found;
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        if (group_of[i] == none) { // weighs nothing
            if (const auto key = key_of(*contacts[i])) group_of[i] = table.find(*key);
        }
        if (group_of[i] != none) ++groups[group_of[i]].end;
    }
    std::uint32_t members = 0;
    for (auto& each : groups) {
        each.begin = members;
        members += std::exchange(each.end, members);
    }
    found.members.resize(members);
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        if (group_of[i] != none) found.members[groups[group_of[i]].end++] = contacts[i];
    }
    std::erase_if(groups, is_light);
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    if (2 * groups.size() < groups.capacity()) groups.shrink_to_fit();
    found.groups = std::move(groups);
    return found;
}

/// Calls `use(key, contacts)` for the contacts of each key that weigh enough together, in the order of the keys; the contacts are in the
/// order of time. `key_of(contact)` returns an optional; contacts without a key are left out.
template <class WeightOf, class KeyOf, class Use>
void for_each_group(contact_group contacts, const group_weight<WeightOf>& weight, KeyOf key_of, Use use) {
    using key_type = typename decltype(key_of(*contacts[0]))::value_type;
    std::uint64_t total = 0;
    std::size_t weighing = 0;
    for (const contact* each : contacts) {
        const std::uint64_t own = weight.of_contact(*each);
        total += own;
        weighing += own != 0;
    }
    if (total == 0 || static_cast<double>(total) < weight.least) return;
    const auto heavy = find_heavy_groups<key_type>(contacts, weight, weighing, key_of);
    for (const auto& each : heavy.groups) {
        use(each.key, contact_group{heavy.members}.subspan(each.begin, each.end - each.begin));
    }
}

/// The same where each contact with a key weighs 1.
template <class KeyOf, class Use>
void for_each_group(contact_group contacts, double least, KeyOf key_of, Use use) {
    const auto has_key = [&](const contact& of) { return std::uint64_t{key_of(of).has_value()}; };
    for_each_group(contacts, group_weight{least, has_key}, key_of, use);
}

/// How many different values `value_of(contact)` has.
template <class ValueOf>
[[nodiscard]] std::size_t count_distinct(contact_group group, ValueOf value_of) {
    std::vector<decltype(value_of(*group[0]))> values;
    values.reserve(group.size());
    for (const contact* each : group) values.push_back(value_of(*each));
    std::sort(values.begin(), values.end());
    return static_cast<std::size_t>(std::unique(values.begin(), values.end()) - values.begin());
}

/// The contacts of a group that satisfy a condition.
template <class Condition>
[[nodiscard]] std::vector<const contact*> select(contact_group group, Condition condition) {
    std::vector<const contact*> selected;
    for (const contact* each : group) {
        if (condition(*each)) selected.push_back(each);
    }
    return selected;
}

[[nodiscard]] inline std::int64_t whole_units(timestamp time, std::chrono::nanoseconds unit) noexcept {
    const std::int64_t count = time.time_since_epoch().count();
    return count / unit.count() - (count % unit.count() < 0 ? 1 : 0);
}

/// The part of a group with the highest `measure(part)`, of all parts that begin in `units` neighbouring units of time. The first of equals.
template <class Measure>
[[nodiscard]] std::pair<contact_group, std::uint64_t> best_window(contact_group group, std::chrono::nanoseconds unit,
                                                                  std::int64_t units, Measure measure) {
    std::pair<contact_group, std::uint64_t> best{};
    std::size_t begin = 0;
    for (std::size_t end = 1; end <= group.size(); ++end) {
        const std::int64_t last = whole_units(group[end - 1]->first, unit);
        if (end < group.size() && whole_units(group[end]->first, unit) == last) continue; // the unit goes on
        while (whole_units(group[begin]->first, unit) <= last - units) ++begin;
        const contact_group part = group.subspan(begin, end - begin);
        const std::uint64_t value = measure(part);
        if (value > best.second) best = {part, value};
    }
    return best;
}

inline constexpr std::chrono::minutes scan_unit{1};
inline constexpr std::int64_t scan_units = 5; ///< Zeek's scan policy counts within five minutes

/// An observation about contacts: their times, and up to eight of their packets.
template <class Kind>
[[nodiscard]] observation observe(Kind kind, observation_category category, const observation::subject_type& subject,
                                  contact_group evidence) {
    constexpr std::size_t most_packets = 8;
    observation made{.kind = kind, .category = category, .subject = subject};
    made.first_time = evidence[0]->first;
    made.last_time = evidence[0]->last;
    for (const contact* each : evidence) {
        made.first_time = (std::min)(made.first_time, each->first);
        made.last_time = (std::max)(made.last_time, each->last);
        made.packets.push_back(each->first_packet);
    }
    std::sort(made.packets.begin(), made.packets.end());
    made.packets.erase(std::unique(made.packets.begin(), made.packets.end()), made.packets.end());
    if (made.packets.size() > most_packets) made.packets.resize(most_packets);
    return made;
}

/// `1 port`, `2 ports`.
[[nodiscard]] inline std::string counted(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + ' ' + std::string{what} + (count == 1 ? "" : "s");
}

/// The middle of some numbers; the lower one of two. Changes their order. @pre there is one
template <class Number>
[[nodiscard]] Number median(std::vector<Number>& of) {
    const auto middle = of.begin() + static_cast<std::ptrdiff_t>((of.size() - 1) / 2);
    std::nth_element(of.begin(), middle, of.end());
    return *middle;
}

/// The median of the distances from `center` (the median absolute deviation). @pre there is one
template <class Number>
[[nodiscard]] Number median_deviation(const std::vector<Number>& of, Number center) {
    std::vector<Number> distances;
    distances.reserve(of.size());
    for (const Number each : of) distances.push_back(each < center ? center - each : each - center);
    return median(distances);
}

/// Bowley's skew, from -1 to 1: where the median stands between the quartiles. 0 if these are equal. @pre there is one
template <class Number>
[[nodiscard]] Number bowley_skew(std::vector<Number> of) {
    std::sort(of.begin(), of.end());
    const auto quantile = [&](std::size_t quarter) { return of[(of.size() - 1) * quarter / 4]; };
    const Number range = quantile(3) - quantile(1);
    return range > 0 ? (quantile(3) + quantile(1) - 2 * quantile(2)) / range : 0;
}

} // namespace tcplens::inline v1::detail::observing
