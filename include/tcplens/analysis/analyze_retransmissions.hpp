// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/late.hpp"
#include "../base/ratio.hpp"
#include "terms/begin_order.hpp"
#include "terms/bounded_list.hpp"
#include "terms/connection_range.hpp"
#include "terms/connection_retransmissions.hpp"
#include "terms/first_items.hpp"
#include "terms/rate_order.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1 {

/// What analyze_retransmissions() returns.
struct retransmission_report {
    /// Options of analyze_retransmissions().
    struct options {
        server_filter server{};  ///< Counts only the connections of this server; by default all connections.
        double threshold = 0.02; ///< The report notes rates above this one. From 0 to 1; 0.02 is the default of mcpcap.
        std::size_t limit = 10;  ///< How many connections the report lists at most.
        /// Connections with fewer packets come after all others with retransmissions, since their rates say little: below 50 packets a
        /// single retransmission exceeds the default threshold.
        std::uint64_t minimum_packets = 50;

        /// Whether all options are equal.
        [[nodiscard]] friend constexpr bool operator==(const options&, const options&) noexcept = default;
    };

    template <class Counted>
    class basic_accumulator;
    /// Counts connections one at a time.
    using accumulator = basic_accumulator<connection>;

    /// The worst connections in short.
    struct worst_summary {
        /// The connection that comes first in the order of `by_connection`; nullopt without retransmissions.
        std::optional<connection_name> worst_connection{};
        double worst_retransmission_rate = 0;          ///< The rate of `worst_connection`; 0 if there is none.
        std::uint64_t connections_above_threshold = 0; ///< Connections whose rate exceeds the threshold.
    };

    std::uint64_t total_packets = 0;         ///< TCP segments of both directions, with or without data.
    std::uint64_t total_retransmissions = 0; ///< Segments that the rules of the table judged to be retransmissions.
    double retransmission_rate = 0; ///< `total_retransmissions / total_packets`, from 0 to 1; 0 without packets.
    double threshold = 0;           ///< options::threshold
    bool exceeds_threshold = false; ///< `retransmission_rate > threshold`
    /// The connections with the highest rates, the highest first: those with at least options::minimum_packets, then those with fewer, then
    /// those without retransmissions. Of equal rates the connection that began first. At most options::limit.
    bounded_list<connection_retransmissions> by_connection{};
    worst_summary summary{}; ///< The worst connections in short.
};

/// Counts connections for analyze_retransmissions(), one at a time: as they end in a monitor, or in several parts that are merged.
///
/// Results do not depend on the order in which connections are added and accumulators merged. Memory is that of the list.
///
/// A template, to reduce the compile time of programs that do not use it: retransmission_report::accumulator counts `connection`.
template <class Counted>
class retransmission_report::basic_accumulator {
public:
    /// Begins without connections.
    explicit basic_accumulator(const retransmission_report::options& options = {})
        : options_(options), worst_(options.limit), worst_of_all_(1) {}

    /// Counts a connection, if the filter selects it. Allocates until the list is full.
    void add(const Counted& counted) {
        detail::use_if_selected(counted, options_.server, [this](const Counted& each) { add_selected(each); });
    }

    /// Adds the connections that another accumulator counted. @pre `other` has the same options, and is not this object
    void merge(const basic_accumulator& other) {
        TCPLENS_CHECK(this != &other && options_ == other.options_, "another accumulator with the same options");
        packets_ += other.packets_;
        retransmissions_ += other.retransmissions_;
        above_threshold_ += other.above_threshold_;
        worst_.merge(other.worst_);
        worst_of_all_.merge(other.worst_of_all_);
    }

    /// The report on all connections so far. Connections can be added afterwards.
    [[nodiscard]] retransmission_report result() const {
        detail::late<retransmission_report, Counted> report{.total_packets = packets_,
                                                            .total_retransmissions = retransmissions_,
                                                            .retransmission_rate =
                                                                detail::ratio(retransmissions_, packets_),
                                                            .threshold = options_.threshold,
                                                            .by_connection = worst_.list()};
        report.exceeds_threshold = report.retransmission_rate > options_.threshold;
        report.summary.connections_above_threshold = above_threshold_;
        for (const connection_retransmissions& worst : worst_of_all_.list()) {
            if (worst.retransmission_rate == 0) continue;
            report.summary.worst_connection = worst.connection;
            report.summary.worst_retransmission_rate = worst.retransmission_rate;
        }
        return report;
    }

    /// What archive_writer and archive_reader save and restore. Restoring needs an accumulator with the same options.
    static void archive(auto& ar, basic_accumulator& of) {
        auto& [options, packets, retransmissions, above_threshold, worst, worst_of_all] = of;
        ar.expect_equal("server", options.server);
        ar.expect_equal("threshold", options.threshold);
        ar.expect_equal("minimum_packets", options.minimum_packets);
        ar(packets, retransmissions, above_threshold, worst, worst_of_all);
    }

private:
    struct place {
        detail::rate_order rate{};
        detail::begin_order begin{};

        [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const place&, const place&) noexcept = default;
    };
    using selection = detail::first_items<place, connection_retransmissions>;

    void add_selected(const Counted& counted) {
        const connection_retransmissions found = connection_retransmissions::of(counted);
        packets_ += found.packets;
        retransmissions_ += found.retransmissions;
        above_threshold_ += found.retransmission_rate > options_.threshold;
        const place at{.rate = detail::rate_order::of(found.retransmissions, found.packets, options_.minimum_packets),
                       .begin = detail::begin_order::of(counted)};
        worst_.add(at, [&found] { return found; });
        worst_of_all_.add(at, [&found] { return found; });
    }

    retransmission_report::options options_;
    std::uint64_t packets_ = 0;
    std::uint64_t retransmissions_ = 0;
    std::uint64_t above_threshold_ = 0;
    selection worst_;
    selection worst_of_all_; ///< whatever the limit is
};

/// Counts the retransmissions in the connections of a range, and lists the connections with the highest rates.
///
/// What a retransmission is, the rules of the table decided. Reads the range once. Time is linear in the number of connections,
/// times the logarithm of options::limit; memory is that of the list.
template <connection_range Connections>
[[nodiscard]] retransmission_report analyze_retransmissions(Connections&& connections,
                                                            const retransmission_report::options& options = {}) {
    return detail::accumulate<retransmission_report>(connections, options);
}

} // namespace tcplens::inline v1
