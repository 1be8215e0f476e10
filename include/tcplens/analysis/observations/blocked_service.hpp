// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// A service that some or all connections do not reach, with the stage at which they end: after the SYN (ignored, refused, or answered by
/// an ICMP error), after the SYN-ACK, after the handshake, after the first data. Source: the stages are those of Sundara Raman et al.:
/// Global, Passive Detection of Connection Tampering, 2023; what ICMP says, RFC 1812 section 5.2.7.
template <class Observed>
// NOLINTNEXTLINE(readability-function-size): the stages in order, then one observation put together from all of them
void find_blocked_services(const Observed& in, findings& found) {
    constexpr outcome_set failed_ones{outcome::ignored,         outcome::refused,       outcome::unreachable,
                                      outcome::half_open_reset, outcome::reset_at_once, outcome::reset_after_data,
                                      outcome::stalled};
    constexpr outcome_set telling = failed_ones | outcome_set{outcome::answered};
    const auto failed_here = [&](const contact& of) { return failed_ones.has(of.came_out); };
    const auto was_answered = [](const contact& of) { return of.came_out == outcome::answered; };
    const double least = in.least(in.options.blocked);
    std::vector<std::uint32_t> tries; // of each source at one service, without those of sources that were answered
    for_each_group(in, shared::service, least, failed_ones, telling, [&](contact_group group) {
        const auto failed = select(group, failed_here);
        if (!in.reaches(failed.size(), in.options.blocked)) return;
        const auto answered = select(group, was_answered);
        const auto address_of = [](const contact& of) { return of.source.address; };
        // Blocked for most, or for some sources, which it never answers though they try several times.
        const contact_numbering& sources = in.numbers.by(shared::source);
        tries.resize(sources.count);
        const auto tries_of = [&](const contact* of) -> std::uint32_t& {
            return tries[sources.numbers[in.numbers.place(*of)]];
        };
        for (const contact* each : failed) ++tries_of(each);
        for (const contact* each : answered) tries_of(each) = 0;
        const auto of_these =
            select(failed, [&](const contact& of) { return in.reaches(tries_of(&of), in.options.blocked); });
        for (const contact* each : failed) tries_of(each) = 0;
        const bool for_most = 2 * failed.size() >= group.size();
        const bool for_some = !of_these.empty();
        if (!for_most && !for_some) return;
        const auto value = static_cast<double>(in.estimate(failed.size()));
        if (!found.wants(value, (for_most ? failed : of_these)[0]->first)) return;
        std::array<std::uint64_t, outcomes> came_out{};
        for (const contact* each : group) ++came_out[static_cast<std::size_t>(each->came_out)];
        const auto count = [&](outcome which) { return came_out[static_cast<std::size_t>(which)] << in.level; };
        const std::size_t failed_sources = count_distinct(contact_group{failed}, address_of);
        const std::size_t answered_sources = count_distinct(contact_group{answered}, address_of);
        const endpoint& target = group[0]->target;
        observation made = observe(observation_kind::blocked_service, observation_category::path,
                                   {.target = target.address, .port = target.port}, for_most ? failed : of_these);
        const std::uint64_t after_syn = count(outcome::ignored) + count(outcome::refused) + count(outcome::unreachable);
        const std::uint64_t after_data = count(outcome::reset_after_data) + count(outcome::stalled);
        made.value = value;
        made.threshold = in.options.blocked;
        made.threshold_source = "ours; the stages are those of Sundara Raman et al. 2023";
        made.counts = {{"answered", in.estimate(answered.size())},
                       {"after_syn", after_syn},
                       {"after_syn_ack", count(outcome::half_open_reset)},
                       {"after_handshake", count(outcome::reset_at_once)},
                       {"after_first_data", after_data},
                       {"ignored", count(outcome::ignored)},
                       {"refused", count(outcome::refused)},
                       {"icmp_errors", count(outcome::unreachable)},
                       {"reset_after_syn_ack", count(outcome::half_open_reset)},
                       {"reset_after_handshake", count(outcome::reset_at_once)},
                       {"reset_after_first_data", count(outcome::reset_after_data)},
                       {"ignored_after_first_data", count(outcome::stalled)},
                       {"failed_sources", in.estimate(failed_sources)},
                       {"answered_sources", in.estimate(answered_sources)},
                       {"never_answered_sources", in.estimate(count_distinct(of_these, address_of))}};
        made.limits = "Nothing tells the service itself from a filter before it.";
        made.text = to_string(target) + " failed for " + counted(in.estimate(failed.size()), "connection") + " of " +
                    counted(in.estimate(failed_sources), "source") + ": " + std::to_string(after_syn) +
                    " after the SYN (" + std::to_string(count(outcome::ignored)) + " ignored, " +
                    std::to_string(count(outcome::refused)) + " refused, " +
                    std::to_string(count(outcome::unreachable)) + " by ICMP), " +
                    std::to_string(count(outcome::half_open_reset) + count(outcome::reset_at_once)) +
                    " after the SYN-ACK or the handshake, " + std::to_string(after_data) +
                    " after the first data; it answered " + counted(in.estimate(answered.size()), "connection") + ".";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
