// SPDX-License-Identifier: MIT
#pragma once

#include "../../connection/observers/direction_skew.hpp"
#include "contact.hpp"
#include "observation.hpp"
#include "observation_options.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
    /// The least number of kept contacts that reaches a threshold, or a little less.
    [[nodiscard]] double least(double threshold) const noexcept {
        return threshold / static_cast<double>(std::uint64_t{1} << level);
    }
    /// Whether a number of contacts shows that a threshold is reached. Of a sample, five must show it, or as many as the threshold if
    /// that is less: one kept contact does not stand for others of its own kind.
    [[nodiscard]] bool reaches(std::size_t kept, double threshold) const noexcept {
        constexpr double least_kept = 5;
        return static_cast<double>(estimate(kept)) >= threshold &&
               static_cast<double>(kept) >= (std::min)(threshold, least_kept);
    }
};

/// Calls `use(key, contacts)` for the contacts of each key, in the order of the keys. `key_of(contact)` returns an optional; contacts
/// without a key are left out. Nothing is called, and little done, if less than `least` contacts have a key.
template <class KeyOf, class Use>
void for_each_group(contact_group contacts, double least, KeyOf key_of, Use use) {
    using key_type = typename decltype(key_of(*contacts[0]))::value_type;
    std::size_t count = 0;
    for (const contact* each : contacts) count += key_of(*each).has_value();
    if (count == 0 || static_cast<double>(count) < least) return;
    std::vector<std::pair<key_type, const contact*>> keyed;
    keyed.reserve(count);
    for (const contact* each : contacts) {
        if (auto key = key_of(*each)) keyed.emplace_back(*std::move(key), each);
    }
    // Those of one key stay in the order of time. Unlike a stable sort this needs no more memory.
    std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
        const auto order = a.first <=> b.first;
        return order != 0 ? order < 0 : *a.second < *b.second;
    });
    std::vector<const contact*> group;
    for (std::size_t begin = 0; begin < keyed.size();) {
        group.clear();
        std::size_t end = begin;
        while (end < keyed.size() && keyed[end].first == keyed[begin].first) group.push_back(keyed[end++].second);
        use(keyed[begin].first, contact_group{group});
        begin = end;
    }
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
