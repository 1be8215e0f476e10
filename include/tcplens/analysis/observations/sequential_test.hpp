// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// Threshold random walk (Jung, Paxson, Berger, Balakrishnan: Fast Portscan Detection Using Sequential Hypothesis Testing, 2004): the
/// sum of the log-likelihood ratios over the distinct endpoints that a source tried. An endpoint counts as a success if any contact
/// with it succeeded, so the order does not matter.
template <class Observed>
void find_failing_sources(const Observed& in, findings& found) {
    const observation_options& options = in.options;
    const double failure = std::log((1 - options.scanner_success) / (1 - options.ordinary_success));
    const double success = std::log(options.scanner_success / options.ordinary_success);
    const double threshold = std::log((1 - options.error_rate) / options.error_rate);
    // An old connection that is closed late fails like a probe.
    const auto fails = [](const contact& of) { return is_failure(of.came_out) && of.came_out != outcome::fin_probe; };
    const auto source_of = [&](const contact& of) {
        const bool tells = fails(of) || of.came_out == outcome::answered || of.came_out == outcome::idle;
        return tells ? std::optional{of.source.address} : std::nullopt;
    };
    const group_weight enough{std::floor(threshold / failure),
                              [&](const contact& of) { return std::uint64_t{fails(of)}; }};
    for_each_group(in.contacts, enough, source_of, [&](const address& source, contact_group group) {
        std::map<std::pair<endpoint, network_id>, bool> reached;
        for (const contact* each : group) {
            reached[{each->target, each->network}] |= !is_failure(each->came_out);
        }
        std::uint64_t successes = 0;
        for (const auto& [target, answered] : reached) successes += answered;
        const std::uint64_t failures = reached.size() - successes;
        // Of a sample the walk over what it holds is a valid test by itself.
        const double value = static_cast<double>(failures) * failure + static_cast<double>(successes) * success;
        if (value < threshold) return;
        const auto failed = select(group, fails);
        if (!found.wants(value, failed[0]->first)) return;
        observation made = observe(observation_kind::sequential_test, observation_category::reconnaissance,
                                   {.source = source}, failed);
        made.value = value;
        made.threshold = threshold;
        made.threshold_source = "Jung et al. 2004: ln((1 - beta) / alpha)";
        made.counts = {{"failed_targets", in.estimate(failures)}, {"reached_targets", in.estimate(successes)}};
        made.limits = "A host whose services are down fails as often as one that looks for services.";
        made.text = to_string(source) + " failed at " + counted(in.estimate(failures), "endpoint") + " and reached " +
                    std::to_string(in.estimate(successes)) + ".";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
