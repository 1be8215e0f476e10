// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// A source that sent one target far more than it got from it, and far more than it sends its other targets. Source: the comparison of
/// hosts with their own history is RITA's; the numbers are ours.
template <class Observed>
void find_asymmetric_transfers(const Observed& in, findings& found) {
    constexpr std::size_t least_targets =
        std::tuple_size_v<decltype(contact_counts::targets)>; // fewer have no usual volume
    if (in.counts.targets.back() == nullptr) return;
    struct transfer {
        const contact* first = nullptr;
        double out = 0;
        double in = 0;
    };
    const auto belongs = [](const contact& of) { return of.came_out != outcome::unsolicited; };
    const auto bytes_of = [&](const contact& of) { return belongs(of) ? of.bytes_out : 0; };
    const group_rule enough{in.options.asymmetric_bytes, bytes_of, belongs, in.contacts, in.contacts};
    const auto all_bytes = static_cast<double>(in.counts.bytes_out);
    for_each_group(shared_key<shared::source>{in.keys}, enough, all_bytes, [&](contact_group group) {
        const address& source = group[0]->source.address;
        std::map<address, transfer> by_target;
        for (const contact* each : group) {
            transfer& to = by_target[each->target.address];
            if (to.first == nullptr) to.first = each;
            to.out += static_cast<double>(each->bytes_out);
            to.in += static_cast<double>(each->bytes_in);
        }
        if (by_target.size() < least_targets) return;
        std::vector<double> volumes;
        volumes.reserve(by_target.size());
        for (const auto& [target, to] : by_target) volumes.push_back(to.out);
        const double usual = median(volumes);
        const double spread = median_deviation(volumes, usual);
        for (const auto& each : by_target) {
            const address& target = each.first;
            const transfer& to = each.second;
            const bool is_far = to.out > usual + in.options.asymmetric_spreads * spread;
            const double ratio = to.out / (to.in > 1 ? to.in : 1);
            if (!is_far || to.out < in.options.asymmetric_bytes || ratio < in.options.asymmetric_ratio) continue;
            if (!found.wants(ratio, to.first->first)) continue;
            const auto evidence = select(group, [&](const contact& of) { return of.target.address == target; });
            observation made = observe(observation_kind::asymmetric_transfer, observation_category::transfer,
                                       {.source = source, .target = target}, evidence);
            made.value = ratio;
            made.threshold = in.options.asymmetric_ratio;
            made.threshold_source = "ours; the comparison with the source's own targets is RITA's";
            made.counts = {{"bytes_out", static_cast<std::uint64_t>(to.out)},
                           {"bytes_in", static_cast<std::uint64_t>(to.in)},
                           {"median_bytes_out", static_cast<std::uint64_t>(usual)},
                           {"median_deviation", static_cast<std::uint64_t>(spread)},
                           {"targets", by_target.size()}};
            made.limits = "A backup or an upload that somebody wanted looks the same.";
            made.text = to_string(source) + " sent " + std::to_string(static_cast<std::uint64_t>(to.out)) +
                        " bytes to " + to_string(target) + " and got " +
                        std::to_string(static_cast<std::uint64_t>(to.in)) + "; to its other targets it sent " +
                        std::to_string(static_cast<std::uint64_t>(usual)) + " in the median.";
            found.add(std::move(made));
        }
    });
}
} // namespace tcplens::inline v1::detail::observing
