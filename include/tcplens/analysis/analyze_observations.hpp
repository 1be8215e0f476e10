// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../connection/observers/direction_skew.hpp"
#include "../connection/observers/irregularity_observer.hpp"
#include "observations/address_scan.hpp"
#include "observations/asymmetric_transfer.hpp"
#include "observations/backscatter.hpp"
#include "observations/blocked_service.hpp"
#include "observations/capture_limits.hpp"
#include "observations/connection_flood.hpp"
#include "observations/connection_signs.hpp"
#include "observations/contact_sample.hpp"
#include "observations/findings.hpp"
#include "observations/observation.hpp"
#include "observations/observation_options.hpp"
#include "observations/path_trouble.hpp"
#include "observations/port_scan.hpp"
#include "observations/regular_contact.hpp"
#include "observations/sequential_test.hpp"
#include "observations/stealth_probe.hpp"
#include "observations/syn_flood.hpp"
#include "terms/connection_range.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

/// What analyze_observations() returns.
struct observation_report {
    /// The observations, kind by kind in the order of observation_kind, of one kind the highest value first; of equal values the one
    /// that began earlier.
    std::vector<observation> items{};
    std::uint64_t total = 0; ///< how many there were
    std::uint64_t left_out =
        0; ///< how many of them are not in `items`, since observation_options::per_kind bounds these
    std::uint64_t connections = 0; ///< how many connections were added
    /// Each kept connection stands for so many. 1 as long as no more than observation_options::kept_contacts were added: then every
    /// count is exact. Above it counts are estimates, and what is rare may be missed.
    std::uint64_t sampled_one_in = 1;
    std::vector<observation_kind> not_available{}; ///< kinds that need facts which the connection type does not have
    bool options_refused = false; ///< observation_options::is_valid() was false, and nothing was observed
};

/// Collects connections for the observations: one that a monitor feeds as connections end, or one a thread.
///
/// Memory is bounded by observation_options::kept_contacts. Beyond that the accumulator keeps a sample that depends on the set of
/// connections and not on their order, so merge() is exact, associative and commutative. Not thread-safe.
///
/// What adds and observes are templates, to reduce the compile time of programs that do not use them.
class observation_accumulator {
public:
    /// An accumulator without connections.
    explicit observation_accumulator(const observation_options& options = {})
        : options_(options), refused_(!options.is_valid()), contacts_(options.kept_contacts, options.key),
          with_signs_(options.kept_contacts / share_with_signs + 1, options.key) {}

    /// Adds a connection, which should be finished: what happens to it later is not seen. Amortised constant time.
    ///
    /// The kinds reset_out_of_place, takeover_signs and covert_field_use need a connection with the facts of irregularity_observer. With
    /// those of profile_observer and skew_observer, path_trouble and capture_limits tell more.
    template <std::derived_from<connection> Connection>
    void add(const Connection& added) {
        if (refused_) return;
        using namespace detail::observing;
        constexpr bool has_signs = std::derived_from<Connection, irregularity_observer::facts>;
        has_signs_ |= has_signs;
        if constexpr (requires { skew_.add(added.skew); }) {
            skew_.add(added.skew);
            has_skew_ = true;
        }
        const std::uint64_t hash = contacts_.hash(added);
        const bool is_kept = contacts_.takes(hash);
        bool has_sign_packets = false;
        if constexpr (has_signs) {
            has_sign_packets = (added.irregularities.bits() & used_signs) != 0 && with_signs_.takes(hash);
        }
        if (!is_kept && !has_sign_packets) return;
        const contact_ways ways{added, server_probes(added)};
        const auto complete = [&](contact& made) {
            if constexpr (requires { added.profile.client_to_server.round_trip; }) add_profile(made, added.profile);
            if constexpr (has_signs) {
                add_signs(made, added.irregularities,
                          ways.turned ? direction::server_to_client : direction::client_to_server);
            }
        };
        if (is_kept) {
            complete(contacts_.emplace(added, ways, hash));
            contacts_.settle();
        }
        if constexpr (has_signs) {
            if (has_sign_packets) {
                signed_contact& made = with_signs_.emplace(added, ways, hash);
                complete(made);
                add_sign_packets(made, added.irregularities);
                with_signs_.settle();
            }
        }
    }

    /// Adds each connection of a range, see add(): the same result, with fewer steps where the range tells its size. Linear time.
    template <connection_range Connections>
    void add_all(Connections&& connections) {
        if constexpr (requires { connections.size(); }) contacts_.expect(connections.size());
        for (const auto& each : connections) add(each);
    }

    /// Adds the connections of another accumulator. @pre both have the same options
    template <std::same_as<observation_accumulator> Accumulator>
    void merge(const Accumulator& other) {
        TCPLENS_CHECK(contacts_.chooses_as(other.contacts_), "both have the same options");
        contacts_.merge(other.contacts_);
        with_signs_.merge(other.with_signs_);
        skew_.add(other.skew_);
        has_signs_ |= other.has_signs_;
        has_skew_ |= other.has_skew_;
    }

    /// What can be observed in the connections so far. Time n log n in the kept connections; allocates less than they take.
    template <class Observed = detail::observing::observed_contacts>
    [[nodiscard]] observation_report result() const {
        observation_report report{.connections = contacts_.seen(),
                                  .sampled_one_in = std::uint64_t{1} << contacts_.level(),
                                  .options_refused = refused_};
        if (report.options_refused) return report;
        if (!has_signs_) {
            report.not_available = {observation_kind::reset_out_of_place, observation_kind::takeover_signs,
                                    observation_kind::covert_field_use};
        }
        using namespace detail::observing;
        const std::vector<const contact*> contacts = contacts_.sorted();
        const std::vector<const signed_contact*> with_signs = with_signs_.sorted();
        contact_counts counts;
        std::vector<const contact*> unanswered;
        for (const contact* const each : contacts) {
            counts.add(*each);
            if (!contact_counts::common.has(each->came_out)) unanswered.push_back(each);
        }
        const contact_keys keys{contacts_.unsorted(), options_.key};
        Observed in{.contacts = contacts,
                    .unanswered = unanswered,
                    .keys = keys,
                    .counts = counts,
                    .with_signs = with_signs,
                    .skew = has_skew_ ? &skew_ : nullptr,
                    .level = contacts_.level(),
                    .options = options_};
        // Of a sample there are no regular contacts.
        const double open = in.least(options_.open_connections);
        const frequent_pairs pairs{in, in.level > 0 ? open : (std::min)(open, options_.regular_contacts)};
        in.pairs = &pairs;
        // A new kind is a file in observations/, its enumerator, and its line here, in their order.
        constexpr void (*kinds[])(const Observed&, findings&) = {
            find_port_scans,          find_address_scans,  find_failing_sources,      find_stealth_probes,
            find_syn_floods,          find_backscatter,    find_connection_floods,    find_blocked_services,
            find_resets_out_of_place, find_takeover_signs, find_asymmetric_transfers, find_regular_contacts,
            find_covert_field_use,    find_path_trouble,   find_capture_limits};
        for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
            findings found{static_cast<observation_kind>(kind), options_.per_kind};
            kinds[kind](in, found);
            report.total += found.total();
            report.left_out += found.total() - found.size();
            std::move(found).move_to(report.items);
        }
        return report;
    }

private:
    static constexpr std::size_t share_with_signs = 8; ///< one in so many connections has signs, as a rule far less

    observation_options options_;
    bool refused_; ///< the options are not valid
    detail::observing::contact_sample<detail::observing::contact> contacts_;
    detail::observing::contact_sample<detail::observing::signed_contact> with_signs_; ///< with the packets of the signs
    direction_skew::totals skew_{};
    bool has_signs_ = false; ///< the connections have the facts of irregularity_observer
    bool has_skew_ = false;  ///< they have those of skew_observer
};

/// Observes what deserves a look in a range of connections: scans, floods, services that are not reached, and more. Observations are
/// counts with packet numbers; they do not say why.
///
/// Reads the range once. Memory is bounded, see observation_accumulator.
template <connection_range Connections>
[[nodiscard]] observation_report analyze_observations(Connections&& connections,
                                                      const observation_options& options = {}) {
    observation_accumulator observations{options};
    observations.add_all(connections);
    return observations.result();
}

} // namespace tcplens::inline v1
