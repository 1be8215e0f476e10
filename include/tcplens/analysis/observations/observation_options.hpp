// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/hash_key.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1 {

/// Options of analyze_observations(). Each threshold is the least value that is observed.
struct observation_options {
    std::size_t per_kind = 10; ///< The most observations of one kind in a report; the highest values are kept.
    /// The most connections that are kept, at about 150 bytes each, and an eighth of them with their signs, at about 340 bytes each. With
    /// the default the accumulator and its result take less than 4 MiB.
    std::size_t kept_contacts = 12'288;

    double port_scan = 15;    ///< Distinct ports of one target that failed within five minutes (Zeek's scan policy).
    double address_scan = 25; ///< Distinct targets that failed at one port within five minutes (Zeek's scan policy).
    double ordinary_success =
        0.8; ///< theta0 of Jung et al. 2004: how often the contacts of an ordinary host succeed. Below 1.
    double scanner_success =
        0.2; ///< theta1 of Jung et al. 2004: how often those of a scanner do. Below `ordinary_success`.
    double error_rate = 0.01;  ///< alpha and beta of Jung et al. 2004. Below 0.5.
    double stealth_probes = 1; ///< NULL, FIN and Xmas probes by a source.
    double ack_probes =
        5; ///< ACKs on no connection by a source, to distinct endpoints that answered with a RST or not at all.
    double syn_rate = 100;              ///< Attempts on a service within one second.
    double half_open = 256;             ///< Attempts on a service within one minute that were not completed.
    double syn_completed = 0.5;         ///< A flood completes less than this share of its attempts. Up to 1.
    double backscatter = 25;            ///< Unsolicited SYN-ACKs and RSTs of one end (Moore et al. 2001).
    double idle_connections = 100;      ///< Connections of a service that stayed without data for `idle_time`.
    std::chrono::seconds idle_time{30}; ///< See `idle_connections`. Above 0.
    double open_connections = 250;      ///< Connections of one source to one service that are open at once.
    double blocked = 3;                 ///< Failed contacts of a service.
    double asymmetric_ratio = 10;       ///< Bytes sent for each byte received.
    double asymmetric_bytes = 10e6;     ///< Bytes sent.
    double asymmetric_spreads = 6;      ///< How many median deviations above the median of the source's own targets.
    double regular_contacts = 10;       ///< Connections of a pair (RITA).
    double regular_spread = 0.1;        ///< At most this median deviation of the intervals, as a share of their median.
    double path_retransmissions = 0.05; ///< Share of a path's data packets that were sent again. Up to 1.
    double path_packets = 200;          ///< Data packets that a path needs before its share is looked at.
    double path_timeouts = 10;          ///< Times that connections of a path waited for a timer.
    double path_marks = 10;             ///< Packets of a path that were marked CE (RFC 3168).
    double path_zero_windows = 10;      ///< Windows of 0 that the ends of a path offered.
    double path_inflation = 10;  ///< The 95th percentile of the round trips of a connection, divided by their least.
    double path_black_holes = 1; ///< Connections of a path whose large segments never arrived (RFC 8899).
    double repeated_fields = 10; ///< SYNs of a source with the same initial number, or the same Identification.
    double one_sided = 5;        ///< Connections of which one direction alone was captured.
    double incomplete = 5;       ///< Connections of which the capture lost packets, or has samples.
    double skewed = 1;           ///< Connections that prove that the clocks of the directions differ.

    /// The key of the sampling beyond `kept_contacts`. A monitor that attackers know should take hash_key::random(); accumulators
    /// that are merged need the same key.
    tcplens::hash_key key{0x7463706c656e73};

    /// Whether every threshold is a number above 0, and every share below its bound.
    [[nodiscard]] constexpr bool is_valid() const noexcept {
        for (const double each : {port_scan,
                                  address_scan,
                                  ordinary_success,
                                  scanner_success,
                                  error_rate,
                                  stealth_probes,
                                  ack_probes,
                                  syn_rate,
                                  half_open,
                                  syn_completed,
                                  backscatter,
                                  idle_connections,
                                  blocked,
                                  asymmetric_ratio,
                                  asymmetric_bytes,
                                  asymmetric_spreads,
                                  regular_contacts,
                                  regular_spread,
                                  path_retransmissions,
                                  path_packets,
                                  path_timeouts,
                                  path_marks,
                                  path_zero_windows,
                                  path_inflation,
                                  path_black_holes,
                                  repeated_fields,
                                  one_sided,
                                  incomplete,
                                  skewed,
                                  open_connections}) {
            if (!(each > 0) || each > 1e18) return false; // NaN compares false
        }
        return scanner_success < ordinary_success && ordinary_success < 1 && error_rate < 0.5 && syn_completed <= 1 &&
               path_retransmissions <= 1 && idle_time.count() > 0 && kept_contacts > 0;
    }
};

} // namespace tcplens::inline v1
