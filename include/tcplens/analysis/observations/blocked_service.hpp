// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// A service that some or all connections do not reach, with the stage at which they end: after the SYN, after the handshake, after the
/// first data. Source: the stages are those of Sundara Raman et al.: Global, Passive Detection of Connection Tampering, 2023.
inline void find_blocked_services(const observed_contacts& in, std::vector<observation>& found) {
    const auto service_of = [](const contact& of) {
        const bool tells = of.came_out == outcome::answered || of.came_out == outcome::ignored ||
                           of.came_out == outcome::refused || of.came_out == outcome::half_open_reset ||
                           of.came_out == outcome::reset_at_once || of.came_out == outcome::reset_after_data;
        return tells ? std::optional{std::pair{of.target, of.network}} : std::nullopt;
    };
    for_each_group(in.contacts, service_of, [&](const auto& service, contact_group group) {
        const auto count = [&](outcome which) {
            return in.estimate(select(group, [which](const contact& of) { return of.came_out == which; }).size());
        };
        const auto failed = select(group, [](const contact& of) { return of.came_out != outcome::answered; });
        const auto value = static_cast<double>(in.estimate(failed.size()));
        if (!in.reaches(failed.size(), in.options.blocked) || 2 * failed.size() < group.size()) return;
        const auto answered = select(group, [](const contact& of) { return of.came_out == outcome::answered; });
        const auto address_of = [](const contact& of) { return of.source.address; };
        const auto failed_sources = in.estimate(count_distinct(contact_group{failed}, address_of));
        const auto answered_sources = in.estimate(count_distinct(contact_group{answered}, address_of));
        const endpoint& target = service.first;
        observation made = observe(observation_kind::blocked_service, observation_category::path,
                                   {.target = target.address, .port = target.port}, failed);
        made.value = value;
        made.threshold = in.options.blocked;
        made.threshold_source = "ours; the stages are those of Sundara Raman et al. 2023";
        made.counts = {{"answered", in.estimate(answered.size())},
                       {"ignored", count(outcome::ignored)},
                       {"refused", count(outcome::refused)},
                       {"reset_after_syn_ack", count(outcome::half_open_reset)},
                       {"reset_after_handshake", count(outcome::reset_at_once)},
                       {"reset_after_first_data", count(outcome::reset_after_data)},
                       {"failed_sources", failed_sources},
                       {"answered_sources", answered_sources}};
        made.limits = "Nothing tells the service itself from a filter before it.";
        made.text = to_string(target) + " failed for " + counted(in.estimate(failed.size()), "connection") + " of " +
                    counted(failed_sources, "source") + ": " + std::to_string(count(outcome::ignored)) + " ignored, " +
                    std::to_string(count(outcome::refused)) + " refused, " +
                    std::to_string(count(outcome::half_open_reset) + count(outcome::reset_at_once) +
                                   count(outcome::reset_after_data)) +
                    " reset later; it answered " + counted(in.estimate(answered.size()), "connection") + ".";
        found.push_back(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
