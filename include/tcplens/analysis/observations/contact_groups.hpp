// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../connection/observers/direction_skew.hpp"
#include "../../wire/address.hpp"
#include "../../wire/endpoint.hpp"
#include "../../wire/segment.hpp"
#include "contact.hpp"
#include "contact_keys.hpp"
#include "findings.hpp"
#include "observation.hpp"
#include "observation_options.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// Contacts of one group, in the order of time.
using contact_group = std::span<const contact* const>;

/// How many contacts are of each kind, so that what is not there is not looked for.
struct contact_counts {
    static constexpr outcome_set common{outcome::answered, outcome::midstream};

    std::array<std::size_t, outcomes> came_out{};
    std::uint64_t bytes_out = 0;
    std::size_t one_sided = 0;
    std::size_t lost = 0;
    std::size_t sampled = 0;
    std::array<const contact*, 5>
        targets{}; ///< contacts with different targets, as far as there are so many; null at the end

    void add(const contact& of) noexcept {
        for (std::size_t i = 0; targets.back() == nullptr; ++i) {
            if (targets[i] == nullptr) targets[i] = &of;
            if (targets[i]->target.address == of.target.address) break;
        }
        ++came_out[static_cast<std::size_t>(of.came_out)];
        bytes_out += of.bytes_out;
        one_sided += of.one_sided;
        lost += of.lost;
        sampled += of.sampled;
    }
};

class frequent_pairs;

/// What every kind of observation gets.
struct observed_contacts {
    contact_group contacts{};     ///< in the order of time
    contact_group unanswered{};   ///< those of them that did not come out as one of `common`, in the order of time
    const contact_keys& keys;     ///< of the same
    const contact_counts& counts; ///< of the same
    std::span<const signed_contact* const>
        with_signs{};                             ///< those with signs, in the order of time; perhaps fewer of them
    const direction_skew::totals* skew = nullptr; ///< of all connections; null if it was not measured
    unsigned level = 0;                           ///< each stands for 2^level
    const observation_options& options;
    const frequent_pairs* pairs = nullptr; ///< those with enough contacts for any kind

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
        for (std::size_t i = 0; i < outcomes; ++i) {
            if (which.has(static_cast<outcome>(i))) counted += counts.came_out[i];
        }
        return counted;
    }
    /// All contacts that came out in one of these ways are among those: few, where most were answered.
    [[nodiscard]] contact_group among(outcome_set which) const noexcept {
        return (which - contact_counts::common).is_same(which) ? unanswered : contacts;
    }
    /// A number in the sample that stands for this one.
    [[nodiscard]] double scaled(double number) const noexcept {
        return number / static_cast<double>(std::uint64_t{1} << level);
    }
};

/// Which groups of contacts are looked at, and who is in them.
template <class WeightOf, class Belongs>
struct group_rule {
    double least = 0;      ///< the weight that a group needs; lighter ones are passed over
    WeightOf weight_of;    ///< of a contact, a number or bool; 0 for contacts that do not belong to a group
    Belongs belongs;       ///< whether a contact is in the group of those that it shares something with
    contact_group weighty; ///< all whose weight is above 0 are among these, in the order of time
    contact_group members; ///< all that belong to a group are among these, in the order of time
};
template <class WeightOf, class Belongs>
group_rule(double, WeightOf, Belongs, contact_group, contact_group) -> group_rule<WeightOf, Belongs>;

/// The groups of contacts that weigh enough: group by group, in the order of time in each.
///
/// First the weights are summed by a hash of what contacts share. What has a hash whose sum is too light is in no heavy group; as a
/// rule that is nearly everything, and nothing else is done with it. What is left is told apart, first the contacts with weight alone.
class heavy_groups {
public:
    /// `total`: all weights together, or more. `may_be(contacts)`: whether a group with these contacts that have weight is looked at.
    template <class Key, class Rule, class MayBe>
    heavy_groups(const Key& key, const Rule& rule, double total, MayBe may_be) {
        const double least = (std::max)(rule.least, 1.0);
        if (rule.weighty.empty() || total < least) return;
        using weight = decltype(rule.weight_of(*rule.weighty[0]));
        using sum = std::conditional_t<std::is_same_v<weight, bool>, std::uint8_t, weight>;
        std::vector<sum> sums(sum_count<sum>(rule.weighty.size(), total, least));
        const bool any_heavy = sum_up(key, rule, least, sums);
        if (!any_heavy) return;
        if (rule.weighty.data() == rule.members.data()) {
            collect(key, rule, least, sums);
            sort(key);
            return;
        }
        const auto has_weight = [&](const contact& of) { return rule.weight_of(of) != 0; };
        collect(key, group_rule{rule.least, rule.weight_of, has_weight, rule.weighty, rule.weighty}, least, sums);
        std::erase_if(groups_, [&](const extent& each) { return !may_be(part(each)); });
        if (!groups_.empty()) add_members(key, rule);
        sort(key);
    }

    /// Calls `use(contacts)` for each group, in the order of what they share.
    template <class Use>
    void for_each(Use use) const {
        for (const extent& each : groups_) use(part(each));
    }

private:
    static constexpr std::uint32_t none = UINT32_MAX;

    struct candidate {
        std::uint64_t weight = 0;
        std::uint32_t members = 0;
        std::uint32_t next = none; ///< the place of its next member; none if it is too light
    };
    struct extent {
        std::uint32_t begin = 0;
        std::uint32_t count = 0;
    };

    template <class Key>
    void sort(const Key& key) {
        std::sort(groups_.begin(), groups_.end(), [&](const extent& a, const extent& b) {
            return key.comes_before(*members_[a.begin], *members_[b.begin]);
        });
    }
    [[nodiscard]] contact_group part(const extent& of) const noexcept {
        return contact_group{members_}.subspan(of.begin, of.count);
    }

    /// So many that most sums hold a fraction of the least weight, unless the contacts are too few for that.
    template <class Sum>
    [[nodiscard]] static std::size_t sum_count(std::size_t contacts, double total, double least) noexcept {
        const double sums_for_each = least < 8 ? 32 : 8; // few contacts come together by chance more often than many
        constexpr double least_sums = 64;
        constexpr double most_for_contact = sizeof(Sum) == 1 ? 4 : 2;
        const double most_sums = (std::max)(most_for_contact * static_cast<double>(contacts), least_sums);
        return std::bit_ceil(
            static_cast<std::size_t>((std::clamp)(sums_for_each * total / least, least_sums, most_sums)));
    }

    /// The least sum that is heavy. Counts stop at 255; no other sum comes near 2^53.
    template <class Sum>
    [[nodiscard]] static Sum heavy_sum(double least) noexcept {
        constexpr double most = sizeof(Sum) == 1 ? 255 : 0x1p53;
        return static_cast<Sum>((std::min)(std::ceil(least), most));
    }

    /// Sums up the weights. Whether any sum is heavy.
    template <class Key, class Rule, class Sum>
    [[nodiscard]] static bool sum_up(const Key& key, const Rule& rule, double least, std::vector<Sum>& sums) {
        bool any_heavy = false;
        const std::size_t mask = sums.size() - 1;
        const auto enough = heavy_sum<Sum>(least);
        for (const contact* const each : rule.weighty) {
            const auto weight = rule.weight_of(*each);
            if (weight == 0) continue;
            Sum& sum = sums[key.hash(*each) & mask];
            if constexpr (sizeof(Sum) == 1) sum = static_cast<std::uint8_t>(sum + (sum != UINT8_MAX));
            else sum += weight;
            any_heavy |= sum >= enough;
        }
        return any_heavy;
    }

    /// Tells the contacts with heavy sums apart.
    template <class Key, class Rule, class Sum>
    void collect(const Key& key, const Rule& rule, double least, const std::vector<Sum>& sums) {
        const auto enough = heavy_sum<Sum>(least);
        const std::size_t mask = sums.size() - 1;
        contact_numbering numbering{key, sums.size() / 4};
        std::vector<candidate> candidates;
        std::vector<std::uint32_t> numbers(rule.members.size()); // counted from 1; 0 is none
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const contact& each = *rule.members[i];
            if (!rule.belongs(each)) continue;
            const std::uint32_t hash = key.hash(each);
            if (sums[hash & mask] < enough) continue;
            const std::uint32_t number = numbering.number(each, hash);
            if (number == candidates.size()) candidates.emplace_back();
            candidate& of = candidates[number];
            of.weight += rule.weight_of(each);
            ++of.members;
            numbers[i] = number + 1;
        }
        std::uint32_t members = 0;
        for (candidate& each : candidates) {
            if (static_cast<double>(each.weight) < least) continue;
            each.next = members;
            groups_.push_back({members, each.members});
            members += each.members;
        }
        members_.resize(members);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (numbers[i] == 0) continue;
            candidate& of = candidates[numbers[i] - 1];
            if (of.next != none) members_[of.next++] = rule.members[i];
        }
    }

    /// Takes in all members of the groups, in place of those that have weight.
    template <class Key, class Rule>
    void add_members(const Key& key, const Rule& rule) {
        if (groups_.size() == 1) return add_members_of_one(key, rule);
        contact_numbering numbering{key, 4 * groups_.size()};
        for (extent& each : groups_) {
            static_cast<void>(numbering.number(*members_[each.begin]));
            each.count = 0;
        }
        std::vector<std::uint32_t> numbers(rule.members.size()); // counted from 1; 0 is none
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const contact& each = *rule.members[i];
            if (!rule.belongs(each)) continue;
            const std::uint32_t number = numbering.find(each);
            if (number == numbering.none) continue;
            ++groups_[number].count;
            numbers[i] = number + 1;
        }
        std::vector<std::uint32_t> next;
        std::uint32_t members = 0;
        for (extent& each : groups_) {
            each.begin = members;
            next.push_back(members);
            members += each.count;
        }
        members_.resize(members);
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            if (numbers[i] != 0) members_[next[numbers[i] - 1]++] = rule.members[i];
        }
    }

    /// The same for a single group, in fewer steps.
    template <class Key, class Rule>
    void add_members_of_one(const Key& key, const Rule& rule) {
        const contact& first = *members_[groups_[0].begin];
        std::vector<const contact*> members;
        members.reserve(rule.members.size());
        for (const contact* const each : rule.members) {
            if (rule.belongs(*each) && key.is_same(first, *each)) members.push_back(each);
        }
        groups_[0] = {0, static_cast<std::uint32_t>(members.size())};
        members_ = std::move(members);
    }

    std::vector<extent> groups_{};
    std::vector<const contact*> members_{};
};

/// Every group is looked at.
struct any_group {
    [[nodiscard]] constexpr bool operator()(contact_group) const noexcept { return true; }
};

/// Calls `use(contacts)` for those that share something and weigh enough together, in the order of what they share. `total`: all weights
/// together, or more.
template <class Key, class WeightOf, class Belongs, class Use>
void for_each_group(const Key& key, const group_rule<WeightOf, Belongs>& rule, double total, Use use) {
    heavy_groups heavy{key, rule, total, any_group{}};
    heavy.for_each(use);
}
/// The same where contacts with one of the outcomes `counted` weigh 1, and those with one of `members` belong to a group.
/// `may_be(contacts)`: see heavy_groups.
template <shared What, class Use, class MayBe = any_group>
void for_each_group(const observed_contacts& in, double least, outcome_set counted, outcome_set members, Use use,
                    MayBe may_be = MayBe{}) {
    const shared_key<What> key{in.keys};
    const group_rule rule{least, [&](const contact& of) { return counted.has(of.came_out); },
                          [&](const contact& of) { return members.has(of.came_out); }, in.among(counted),
                          in.among(members)};
    heavy_groups heavy{key, rule, static_cast<double>(in.count(counted)), may_be};
    heavy.for_each(use);
}

/// The pairs of a source and a service with so many contacts that more than one kind of observation looks at them.
class frequent_pairs {
public:
    /// What came out so says something of a pair.
    static constexpr outcome_set telling = outcome_set::all() - outcome_set{outcome::unsolicited, outcome::midstream};

    frequent_pairs(const observed_contacts& in, double least)
        : groups_(shared_key<shared::pair>{in.keys},
                  group_rule{least, [](const contact& of) { return telling.has(of.came_out); },
                             [](const contact& of) { return telling.has(of.came_out); }, in.contacts, in.contacts},
                  static_cast<double>(in.count(telling)), any_group{}) {}

    /// Calls `use(contacts)` for each, in the order of the sources and services.
    template <class Use>
    void for_each(Use use) const {
        groups_.for_each(use);
    }

private:
    heavy_groups groups_;
};

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

/// An observation about contacts: their times, and the first eight of their packets.
template <class Kind>
[[nodiscard]] observation observe(Kind kind, observation_category category, const observation::subject_type& subject,
                                  contact_group evidence) {
    constexpr std::size_t most_packets = 8;
    observation made{.kind = kind, .category = category, .subject = subject};
    made.first_time = evidence[0]->first;
    made.last_time = evidence[0]->last;
    made.packets.reserve(most_packets);
    for (const contact* each : evidence) {
        const auto [earlier, later] = std::minmax(each->first, each->last); // clocks are set back at times
        made.first_time = (std::min)(made.first_time, earlier);
        made.last_time = (std::max)(made.last_time, later);
        const std::uint64_t packet = each->first_packet;
        const bool is_full = made.packets.size() == most_packets;
        if (is_full && packet >= made.packets.back()) continue;
        const auto place = std::lower_bound(made.packets.begin(), made.packets.end(), packet);
        if (place != made.packets.end() && *place == packet) continue;
        const auto at = place - made.packets.begin();
        if (is_full) made.packets.pop_back(); // it lies behind the new one
        made.packets.insert(made.packets.begin() + at, packet);
    }
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
