// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

constexpr outcome_set failed_here{outcome::ignored,         outcome::refused,       outcome::unreachable,
                                  outcome::half_open_reset, outcome::reset_at_once, outcome::reset_after_data,
                                  outcome::stalled};

/// How often each source failed at a service.
class failed_tries {
public:
    failed_tries(const contact_keys& keys, contact_group failed)
        : sources_(shared_key<shared::source>{keys}, failed.size()) {
        for (const contact* each : failed) {
            const std::uint32_t source = sources_.number(*each);
            if (source == tries_.size()) tries_.push_back(0);
            ++tries_[source];
        }
    }
    /// Its source was answered: its failures do not count.
    void forget(const contact& of) noexcept {
        if (const std::uint32_t source = sources_.find(of); source != decltype(sources_)::none) tries_[source] = 0;
    }
    /// Those of the source of a failed contact.
    [[nodiscard]] std::uint32_t of(const contact& failed) const noexcept { return tries_[sources_.find(failed)]; }
    /// The most of one source.
    [[nodiscard]] std::uint32_t most() const noexcept { return *std::max_element(tries_.begin(), tries_.end()); }

private:
    contact_numbering<shared_key<shared::source>> sources_;
    std::vector<std::uint32_t> tries_{}; ///< of each of them
};

/// The contacts of a service that failed, and those that were answered.
struct service_contacts {
    contact_group failed{};
    std::vector<const contact*> answered{};
    bool some_fail_often = false; ///< a source does, which may have been answered as well

    /// Adds a contact that was answered. Whether that settles that the service is not blocked: then others need not be added.
    [[nodiscard]] bool add_answered(const contact& of) {
        if (!some_fail_often && answered.size() > failed.size()) return false; // it is settled
        answered.push_back(&of);
        return !some_fail_often && answered.size() > failed.size();
    }
    /// The failed contacts of sources that it never answered though they tried several times.
    [[nodiscard]] std::vector<const contact*> of_some(const observed_contacts& in) const {
        if (!some_fail_often) return {};
        failed_tries tries{in.keys, failed};
        for (const contact* each : answered) tries.forget(*each);
        return select(failed, [&](const contact& of) { return in.reaches(tries.of(of), in.options.blocked); });
    }
};

/// Observes a service that is blocked for most, or for some sources.
template <class Observed>
// NOLINTNEXTLINE(readability-function-size): the stages in order, then one observation put together from all of them
void observe_blocked(const Observed& in, const service_contacts& service, findings& found) {
    const contact_group failed = service.failed;
    const contact_group answered = service.answered;
    const auto address_of = [](const contact& of) { return of.source.address; };
    const auto of_these = service.of_some(in);
    const bool for_most = failed.size() >= answered.size();
    if (!for_most && of_these.empty()) return;
    const contact_group evidence = for_most ? failed : contact_group{of_these};
    const auto value = static_cast<double>(in.estimate(failed.size()));
    if (!found.wants(value, evidence[0]->first)) return;
    std::array<std::uint64_t, outcomes> came_out{};
    for (const contact* each : failed) ++came_out[static_cast<std::size_t>(each->came_out)];
    const auto count = [&](outcome which) { return came_out[static_cast<std::size_t>(which)] << in.level; };
    const std::size_t failed_sources = count_distinct(failed, address_of);
    const std::size_t answered_sources = count_distinct(answered, address_of);
    const endpoint& target = failed[0]->target;
    observation made = observe(observation_kind::blocked_service, observation_category::path,
                               {.target = target.address, .port = target.port}, evidence);
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
                counted(in.estimate(failed_sources), "source") + ": " + std::to_string(after_syn) + " after the SYN (" +
                std::to_string(count(outcome::ignored)) + " ignored, " + std::to_string(count(outcome::refused)) +
                " refused, " + std::to_string(count(outcome::unreachable)) + " by ICMP), " +
                std::to_string(count(outcome::half_open_reset) + count(outcome::reset_at_once)) +
                " after the SYN-ACK or the handshake, " + std::to_string(after_data) +
                " after the first data; it answered " + counted(in.estimate(answered.size()), "connection") + ".";
    found.add(std::move(made));
}

/// A service that some or all connections do not reach, with the stage at which they end: after the SYN (ignored, refused, or answered by
/// an ICMP error), after the SYN-ACK, after the handshake, after the first data. Source: the stages are those of Sundara Raman et al.:
/// Global, Passive Detection of Connection Tampering, 2023; what ICMP says, RFC 1812 section 5.2.7.
template <class Observed>
void find_blocked_services(const Observed& in, findings& found) {
    const auto was_answered = [](const contact& of) { return of.came_out == outcome::answered; };
    const shared_key<shared::service> key{in.keys};
    std::vector<service_contacts> services;
    contact_numbering numbering{key, in.count(failed_here)};
    const auto failed = [](const contact& of) { return failed_here.has(of.came_out); };
    const group_rule rule{in.least(in.options.blocked), failed, failed, in.among(failed_here), in.among(failed_here)};
    heavy_groups heavy{key, rule, static_cast<double>(in.count(failed_here)), any_group{}};
    heavy.for_each([&](contact_group group) {
        static_cast<void>(numbering.number(*group[0]));
        const std::uint32_t most = failed_tries{in.keys, group}.most();
        services.push_back({.failed = group, .some_fail_often = in.reaches(most, in.options.blocked)});
    });
    std::size_t undecided = services.size(); // those that may be blocked
    for (auto each = in.contacts.begin(); undecided > 0 && each != in.contacts.end(); ++each) {
        if (!was_answered(**each)) continue;
        const std::uint32_t number = numbering.find(**each);
        if (number != numbering.none && services[number].add_answered(**each)) --undecided;
    }
    for (const service_contacts& each : services) observe_blocked(in, each, found);
}
} // namespace tcplens::inline v1::detail::observing
