// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cmath>
#include <cstdint>
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
    constexpr outcome_set failing = failures - outcome_set{outcome::fin_probe};
    constexpr outcome_set reaching{outcome::answered, outcome::idle};
    enum class result : std::uint8_t { unknown, failed, reached };
    std::vector<result> came_out; // of each endpoint that one source tried
    const double enough = std::floor(threshold / failure);
    // What a source reached only makes its value less.
    const auto may_fail_often = [&](contact_group failed) {
        contact_numbering tried{shared_key<shared::service>{in.keys}, failed.size()};
        for (const contact* each : failed) static_cast<void>(tried.number(*each));
        return tried.size() * failure >= threshold;
    };
    const auto observe_source = [&](contact_group group) {
        contact_numbering tried{shared_key<shared::service>{in.keys}, group.size()};
        came_out.clear();
        std::uint64_t failed_targets = 0;
        std::uint64_t successes = 0;
        for (const contact* each : group) {
            const std::uint32_t number = tried.number(*each);
            if (number == came_out.size()) came_out.push_back(result::unknown);
            result& of_endpoint = came_out[number];
            const result next = reaching.has(each->came_out) ? result::reached : result::failed;
            if (next <= of_endpoint) continue;
            failed_targets -= of_endpoint == result::failed;
            ++(next == result::reached ? successes : failed_targets);
            of_endpoint = next;
        }
        // Of a sample the walk over what it holds is a valid test by itself.
        const double value = static_cast<double>(failed_targets) * failure + static_cast<double>(successes) * success;
        if (value < threshold) return;
        const auto failed = select(group, [&](const contact& of) { return failing.has(of.came_out); });
        const address& source = group[0]->source.address;
        if (!found.wants(value, failed[0]->first)) return;
        observation made = observe(observation_kind::sequential_test, observation_category::reconnaissance,
                                   {.source = source}, failed);
        made.value = value;
        made.threshold = threshold;
        made.threshold_source = "Jung et al. 2004: ln((1 - beta) / alpha)";
        made.counts = {{"failed_targets", in.estimate(failed_targets)}, {"reached_targets", in.estimate(successes)}};
        made.limits = "A host whose services are down fails as often as one that looks for services.";
        made.text = to_string(source) + " failed at " + counted(in.estimate(failed_targets), "endpoint") +
                    " and reached " + std::to_string(in.estimate(successes)) + ".";
        found.add(std::move(made));
    };
    for_each_group<shared::source>(in, enough, failing, failing | reaching, observe_source, may_fail_often);
}
} // namespace tcplens::inline v1::detail::observing
