// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../connection/observers/direction_skew.hpp"
#include "../../wire/address.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"
#include "contact.hpp"
#include "contact_numbers.hpp"
#include "findings.hpp"
#include "observation.hpp"
#include "observation_options.hpp"

#include <algorithm>
#include <array>
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
    contact_group contacts{};                     ///< in the order of time
    std::span<const contact> unsorted{};          ///< the same
    contact_numbers& numbers;                     ///< of the same
    std::array<std::size_t, outcomes> came_out{}; ///< how many of them came out so
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
    /// How many contacts came out in one of these ways.
    [[nodiscard]] std::size_t count(outcome_set which) const noexcept {
        std::size_t counted = 0;
        for (std::size_t i = 0; i < came_out.size(); ++i) {
            if (which.has(static_cast<outcome>(i))) counted += came_out[i];
        }
        return counted;
    }
    /// A number in the sample that stands for this one.
    [[nodiscard]] double scaled(double number) const noexcept {
        return number / static_cast<double>(std::uint64_t{1} << level);
    }
};

[[nodiscard]] inline std::array<std::size_t, outcomes> count_outcomes(std::span<const contact> of) noexcept {
    std::array<std::size_t, outcomes> counts{};
    for (const contact& each : of) ++counts[static_cast<std::size_t>(each.came_out)];
    return counts;
}

/// Which groups of contacts are looked at, and who is in them.
template <class WeightOf, class Belongs>
struct group_rule {
    double least;       ///< the weight that a group needs; lighter ones are passed over
    WeightOf weight_of; ///< of a contact: 0 or above; 0 for contacts that do not belong to a group
    Belongs belongs;    ///< whether a contact is in the group of those that it shares something with
};
template <class WeightOf, class Belongs>
group_rule(double, WeightOf, Belongs) -> group_rule<WeightOf, Belongs>;

/// The contacts of those numbers that weigh enough: group by group, in the order of time in each.
class heavy_groups {
public:
    template <class Rule>
    heavy_groups(const observed_contacts& in, const contact_numbering& by, const Rule& rule) {
        std::vector<sums> of_number(by.count);
        for (std::size_t at = 0; at < in.unsorted.size(); ++at) {
            sums& of = of_number[by.numbers[at]];
            of.weight += rule.weight_of(in.unsorted[at]);
            of.members += rule.belongs(in.unsorted[at]);
        }
        constexpr std::uint32_t none = UINT32_MAX;
        std::uint32_t members = 0;
        for (sums& each : of_number) {
            const bool is_heavy = static_cast<double>(each.weight) >= (std::max)(rule.least, 1.0);
            each.next = is_heavy ? members : none;
            if (!is_heavy) continue;
            groups_.push_back({members, each.members});
            members += each.members;
        }
        if (groups_.empty()) return;
        members_.resize(members);
        for (const contact* const each : in.contacts) {
            sums& of = of_number[by.numbers[in.numbers.place(*each)]];
            if (of.next != none && rule.belongs(*each)) members_[of.next++] = each;
        }
    }

    /// Calls `use(contacts)` for each group, in the order of `before(contact, contact)`, which compares what a group shares.
    template <class Before, class Use>
    void for_each(Before before, Use use) {
        std::sort(groups_.begin(), groups_.end(),
                  [&](const auto& a, const auto& b) { return before(*members_[a.begin], *members_[b.begin]); });
        for (const extent& each : groups_) use(contact_group{members_}.subspan(each.begin, each.count));
    }

private:
    struct sums {
        std::uint64_t weight = 0;
        std::uint32_t members = 0;
        std::uint32_t next = 0; ///< the place of the next member; none if it is too light
    };
    struct extent {
        std::uint32_t begin = 0;
        std::uint32_t count = 0;
    };
    std::vector<extent> groups_{};
    std::vector<const contact*> members_{};
};

/// Calls `use(contacts)` for each heavy group of those that share something, in the order of what they share.
template <class Rule, class Use>
void use_heavy_groups(const observed_contacts& in, shared what, const Rule& rule, Use use) {
    heavy_groups heavy{in, in.numbers.by(what), rule};
    heavy.for_each([what](const contact& a, const contact& b) { return comes_before(what, a, b); }, use);
}

/// Calls `use(contacts)` for those that share something and weigh enough together, in the order of what they share.
template <class WeightOf, class Belongs, class Use>
void for_each_group(const observed_contacts& in, shared what, const group_rule<WeightOf, Belongs>& rule, Use use) {
    std::uint64_t total = 0;
    for (const contact& each : in.unsorted) total += rule.weight_of(each);
    if (static_cast<double>(total) < (std::max)(rule.least, 1.0)) return; // all together are too light
    use_heavy_groups(in, what, rule, use);
}
/// The same where contacts with one of the outcomes `counted` weigh 1, and those with one of `members` belong to a group.
template <class Use>
void for_each_group(const observed_contacts& in, shared what, double least, outcome_set counted, outcome_set members,
                    Use use) {
    if (static_cast<double>(in.count(counted)) < (std::max)(least, 1.0)) return;
    const group_rule rule{least, [&](const contact& of) { return std::uint64_t{counted.has(of.came_out)}; },
                          [&](const contact& of) { return members.has(of.came_out); }};
    use_heavy_groups(in, what, rule, use);
}
/// The same for those that share their source and a value of 32 bits, of those that have it.
template <class Value, class Has, class Use>
void for_each_group_of_source(const observed_contacts& in, double least, Value value_of, Has has_it, Use use) {
    if (!in.numbers.may_repeat(least, value_of, has_it)) return;
    const group_rule rule{least, [&](const contact& of) { return std::uint64_t{has_it(of)}; }, has_it};
    heavy_groups heavy{in, in.numbers.by_number_and(shared::source, value_of), rule};
    heavy.for_each(
        [&](const contact& a, const contact& b) {
            return std::pair{a.source.address, value_of(a)} < std::pair{b.source.address, value_of(b)};
        },
        use);
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
