// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/late.hpp"
#include "../base/ratio.hpp"
#include "anomaly_patterns.hpp"
#include "terms/begin_order.hpp"
#include "terms/connection_range.hpp"
#include "terms/first_items.hpp"
#include "terms/frequent_keys.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v1 {

/// What analyze_anomalies() returns.
struct anomaly_report {
    using options = anomaly_options; ///< Options of analyze_anomalies().

    template <class Counted>
    class basic_accumulator;
    /// Counts connections one at a time.
    using accumulator = basic_accumulator<connection>;

    /// How many patterns there are, and which of their counts are notable.
    struct overview {
        /// The patterns of one category.
        struct category_count {
            anomaly_category category{}; ///< The category.
            std::uint64_t patterns = 0;  ///< At least 1.
        };

        std::uint64_t total_patterns = 0;          ///< The number of patterns in the report.
        std::vector<category_count> by_category{}; ///< The categories of these patterns, in their order.
        /// In the order of the patterns, at most one of each.
        std::vector<notable_observation> notable_observations{};
    };

    anomaly_statistics statistics{};         ///< The counts in which the patterns were found.
    std::vector<anomaly_pattern> patterns{}; ///< At most one of each kind, in the order of `detail::all_patterns`.
    overview summary{};                      ///< The patterns in short.
};

/// Counts connections for analyze_anomalies(), one at a time: as they end in a monitor, or in several parts that are merged.
///
/// Results do not depend on the order in which connections are added and accumulators merged, but for the limits that
/// anomaly_statistics::reset_distribution::by_source gives if there are more than anomaly_options::tracked_sources addresses: these contain
/// the true counts in any order. Memory is that of the lists and of the tracked addresses.
///
/// A template, to reduce the compile time of programs that do not use it: anomaly_report::accumulator counts `connection`.
template <class Counted>
class anomaly_report::basic_accumulator {
public:
    /// Begins without connections.
    explicit basic_accumulator(const anomaly_report::options& options = {})
        : options_(options), with_rst_(options.limit), resent_(options.limit), sources_(options.tracked_sources) {}

    /// Counts a connection, if the filter selects it. Allocates until the lists are full, and for addresses that sent RST segments.
    void add(const Counted& counted) {
        detail::use_if_selected(counted, options_.server, [this](const Counted& each) { add_selected(each); });
    }

    /// Adds the connections that another accumulator counted. @pre `other` has the same options, and is not this object
    void merge(const basic_accumulator& other) {
        TCPLENS_CHECK(this != &other && options_ == other.options_, "another accumulator with the same options");
        const anomaly_statistics& more = other.counts_;
        counts_.total_connections += more.total_connections;
        counts_.total_packets += more.total_packets;
        counts_.successful_handshakes += more.successful_handshakes;
        counts_.failed_handshakes += more.failed_handshakes;
        counts_.incomplete_handshakes += more.incomplete_handshakes;
        counts_.flags.add(more.flags);
        counts_.syns_without_ack += more.syns_without_ack;
        counts_.syns_answered += more.syns_answered;
        anomaly_statistics::reset_directions& resets = counts_.rst_distribution.by_direction;
        resets.to_server += more.rst_distribution.by_direction.to_server;
        resets.from_server += more.rst_distribution.by_direction.from_server;
        resets.unknown += more.rst_distribution.by_direction.unknown;
        counts_.total_retransmissions += more.total_retransmissions;
        anomaly_statistics::state_counts& states = counts_.connection_states;
        states.established += more.connection_states.established;
        states.reset += more.connection_states.reset;
        states.closed += more.connection_states.closed;
        states.unknown += more.connection_states.unknown;
        with_rst_.merge(other.with_rst_);
        resent_.merge(other.resent_);
        sources_.merge(other.sources_);
    }

    /// The report on all connections so far. Connections can be added afterwards.
    [[nodiscard]] anomaly_report result() const {
        detail::late<anomaly_report, Counted> report{.statistics = counts_};
        anomaly_statistics& counts = report.statistics;
        counts.retransmission_rate = detail::ratio(counts.total_retransmissions, counts.total_packets);
        counts.retransmissions_by_connection = resent_.list();
        counts.rst_distribution.connections_with_rst = with_rst_.list();
        list_sources(counts.rst_distribution);
        report.patterns = detail::find_patterns(detail::all_patterns{}, counts, options_);
        summarize(report.summary, report.patterns);
        return report;
    }

    /// What archive_writer and archive_reader save and restore. Restoring needs an accumulator with the same options.
    static void archive(auto& ar, basic_accumulator& of) {
        auto& [options, counts, with_rst, resent, sources] = of;
        ar.expect_equal("server", options.server);
        ar.expect_equal("retransmission_threshold", options.retransmission_threshold);
        ar(counts.total_connections, counts.total_packets, counts.successful_handshakes, counts.failed_handshakes);
        ar(counts.incomplete_handshakes, counts.flags, counts.syns_without_ack, counts.syns_answered);
        ar(counts.rst_distribution.by_direction, counts.total_retransmissions, counts.connection_states);
        ar(with_rst, resent, sources);
    }

private:
    /// The place of a connection in a list by retransmissions.
    struct resent_order {
        std::uint64_t retransmissions = 0;
        detail::begin_order begin{};

        [[nodiscard]] friend constexpr bool operator<(const resent_order& a, const resent_order& b) noexcept {
            return a.retransmissions != b.retransmissions ? a.retransmissions > b.retransmissions : a.begin < b.begin;
        }
    };

    void add_selected(const Counted& counted) {
        const direction_statistics& up = counted.client_to_server;
        const direction_statistics& down = counted.server_to_client;

        ++counts_.total_connections;
        counts_.total_packets += up.packets + down.packets;
        counts_.successful_handshakes += counted.handshake == handshake_state::completed;
        counts_.failed_handshakes += counted.handshake == handshake_state::failed;
        counts_.incomplete_handshakes += counted.handshake == handshake_state::incomplete;
        counts_.flags.add(up);
        counts_.flags.add(down);
        const std::uint64_t syn_acks = up.syn_ack + down.syn_ack;
        const std::uint64_t syns = (std::max)(up.syn + down.syn, syn_acks) - syn_acks;
        counts_.syns_without_ack += syns;
        counts_.syns_answered += (std::min)(syns, syn_acks);
        add_state(counted);
        if (up.rst + down.rst > 0) add_resets(counted);
        if (const std::uint64_t again = up.retransmissions + down.retransmissions; again > 0) {
            counts_.total_retransmissions += again;
            resent_.add({.retransmissions = again, .begin = detail::begin_order::of(counted)},
                        [&counted] { return connection_retransmissions::of(counted); });
        }
    }

    void add_state(const Counted& counted) noexcept {
        anomaly_statistics::state_counts& states = counts_.connection_states;
        if (counted.close_reason == close_reason::reset) ++states.reset;
        else if (counted.close_reason == close_reason::normal) ++states.closed;
        else if (counted.handshake == handshake_state::completed && !counted.closed) ++states.established;
        else ++states.unknown;
    }

    void add_resets(const Counted& counted) {
        const std::uint64_t up = counted.client_to_server.rst;
        const std::uint64_t down = counted.server_to_client.rst;
        with_rst_.add(detail::begin_order::of(counted), [&counted] { return connection_name::of(counted); });
        if (up > 0) sources_.add(counted.client.address, up);
        if (down > 0) sources_.add(counted.server.address, down);
        anomaly_statistics::reset_directions& directions = counts_.rst_distribution.by_direction;
        if (!options_.server.selects_all() || !counted.role_guessed()) {
            directions.to_server += up;
            directions.from_server += down;
        } else {
            directions.unknown += up + down;
        }
    }

    template <class Distribution>
    void list_sources(Distribution& into) const {
        using address_resets = anomaly_statistics::address_resets;
        auto& items = into.by_source.items;
        items.reserve(sources_.counts().size());
        for (const auto& [sender, sent] : sources_.counts()) {
            items.push_back({.address = sender, .rst = sent.at_most, .rst_at_least = sent.at_least});
        }
        std::sort(items.begin(), items.end(), [](const address_resets& a, const address_resets& b) {
            return a.rst != b.rst ? a.rst > b.rst : a.address < b.address;
        });
        items.resize((std::min)(items.size(), options_.limit));
        items.shrink_to_fit();
        into.by_source_exact = sources_.is_exact();
        into.by_source.total = sources_.key_count().at_least;
        into.sources_at_most = sources_.key_count().at_most;
        into.untracked_at_most = sources_.absent_at_most();
    }

    template <class Overview>
    static void summarize(Overview& summary, const auto& patterns) {
        summary.total_patterns = patterns.size();
        for (const auto& pattern : patterns) {
            const auto same_category =
                std::find_if(summary.by_category.begin(), summary.by_category.end(),
                             [&](const auto& counted) { return counted.category == pattern.category; });
            if (same_category != summary.by_category.end()) ++same_category->patterns;
            else summary.by_category.push_back({.category = pattern.category, .patterns = 1});
            std::optional<notable_observation> notable =
                std::visit([](const auto& details) { return details.notable(); }, pattern.details);
            if (notable) {
                summary.notable_observations.push_back(*std::move(notable));
            }
        }
    }

    anomaly_report::options options_;
    anomaly_statistics counts_{}; ///< without what is filled in by result()
    detail::late<detail::first_items<detail::begin_order, connection_name>, Counted> with_rst_;
    detail::first_items<resent_order, connection_retransmissions> resent_;
    detail::late<detail::frequent_keys<address>, Counted> sources_;
};

/// Counts what may be wrong with the connections of a range, and names the patterns that stand out.
///
/// Reads the range once. Time is linear in the number of connections; memory does not grow with it beyond the limits in the options.
template <connection_range Connections>
[[nodiscard]] anomaly_report analyze_anomalies(Connections&& connections, const anomaly_options& options = {}) {
    return detail::accumulate<anomaly_report>(connections, options);
}

} // namespace tcplens::inline v1
