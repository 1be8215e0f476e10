// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "../connection/connection.hpp"
#include "../connection/direction.hpp"
#include "../connection/observers/connection_irregularities.hpp"
#include "../wire/endpoint.hpp"
#include "observations/observation.hpp"
#include "terms/connection_range.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

/// What happened to the connections of a source, of a service, or to one connection, in the order of packets.
struct timeline_report {
    /// One event.
    struct event {
        /// What happened.
        enum class kind_type : std::uint8_t {
            begins,       ///< the first packet of a connection
            irregularity, ///< one of the first occurrences of an irregularity, which `found` names
            reset,        ///< one of the first two RSTs
            closes,       ///< the last packet of a connection that was closed
            ends,         ///< the last packet of a connection that was not
        };
        /// The name of the enumerator, e.g. "begins".
        [[nodiscard]] friend constexpr std::string_view to_string(kind_type of) noexcept {
            constexpr std::string_view names[]{"begins", "irregularity", "reset", "closes", "ends"};
            return names[static_cast<unsigned>(of)];
        }

        std::uint64_t packet = 0;      ///< packet::number
        std::uint64_t connection = 0;  ///< connection::number
        kind_type kind{};              ///< what happened
        tcplens::irregularity found{}; ///< valid if `kind` is `irregularity`
        timestamp time{};              ///< capture time of the packet
        endpoint client{};             ///< of the connection
        endpoint server{};             ///< of the connection

        [[nodiscard]] friend constexpr bool operator==(const event&, const event&) noexcept = default;
    };

    std::vector<event> events{}; ///< in the order of packets; of one packet in the order of connections and of kinds
    std::uint64_t total = 0;     ///< how many events there are
    std::uint64_t left_out = 0;  ///< how many of them are not in `events`: the last ones

    [[nodiscard]] friend bool operator==(const timeline_report&, const timeline_report&) noexcept = default;
};

namespace detail {

/// Whether a connection belongs to a subject: its source is the client or the server, its target and port the other end.
[[nodiscard]] constexpr bool concerns(const connection& of, const observation::subject_type& subject) noexcept {
    if (subject.connection && *subject.connection != of.number) return false;
    const auto fits = [&](const endpoint& source, const endpoint& target) {
        return (!subject.source || *subject.source == source.address) &&
               (!subject.target || *subject.target == target.address) &&
               (!subject.port || *subject.port == target.port);
    };
    // Who probes with an odd segment may be taken for the server.
    return fits(of.client, of.server) || (of.role_guessed() && fits(of.server, of.client));
}

[[nodiscard]] constexpr bool comes_before(const timeline_report::event& a, const timeline_report::event& b) noexcept {
    if (a.packet != b.packet) return a.packet < b.packet;
    if (a.connection != b.connection) return a.connection < b.connection;
    return a.kind != b.kind ? a.kind < b.kind : a.found < b.found;
}

/// The events of which `limit` are kept, those of the lowest packets. A template, to reduce compile time.
template <class Report>
class event_list {
public:
    explicit event_list(std::size_t limit) : limit_(limit) {}

    void add(const typename Report::event& next) {
        ++report_.total;
        auto& kept = report_.events;
        if (kept.size() < limit_) {
            kept.push_back(next);
            std::push_heap(kept.begin(), kept.end(), comes_before);
        } else if (limit_ > 0 && comes_before(next, kept.front())) {
            std::pop_heap(kept.begin(), kept.end(), comes_before);
            kept.back() = next;
            std::push_heap(kept.begin(), kept.end(), comes_before);
        }
    }
    [[nodiscard]] Report take() && {
        std::sort_heap(report_.events.begin(), report_.events.end(), comes_before);
        report_.left_out = report_.total - report_.events.size();
        return std::move(report_);
    }

private:
    std::size_t limit_;
    Report report_{};
};

template <class Connection>
void add_events(event_list<timeline_report>& to, const Connection& of) {
    using kind_type = timeline_report::event::kind_type;
    timeline_report::event next{.packet = of.first_packet,
                                .connection = of.number,
                                .time = of.first_time,
                                .client = of.client,
                                .server = of.server};
    to.add(next);
    if (of.last_packet != of.first_packet) {
        next.packet = of.last_packet;
        next.kind = of.closed ? kind_type::closes : kind_type::ends;
        next.time = of.last_time;
        to.add(next);
    }
    if constexpr (requires { of.irregularities.resets(); }) {
        for (const auto& each : of.irregularities.resets()) {
            if (each.packet == 0) continue;
            next.packet = each.packet;
            next.time = each.time;
            next.kind = kind_type::reset;
            to.add(next);
        }
        next.kind = kind_type::irregularity;
        for (const auto& each : of.irregularities.occurrences()) {
            next.found = each.kind;
            next.packet = each.packet;
            next.time = each.time;
            to.add(next);
        }
    }
}

} // namespace detail

/// The events of the connections that belong to a subject: those of a source, of a service (target and port), or one connection.
///
/// Members of `subject` that are `nullopt` fit any connection. Irregularities and RSTs need connections with the facts of
/// irregularity_observer; of these each connection keeps the first ones: see connection_irregularities::kept_occurrences.
/// Reads the range once; holds at most `limit` events, those of the lowest packet numbers.
template <connection_range Connections>
[[nodiscard]] timeline_report timeline(Connections&& connections, const observation::subject_type& subject,
                                       std::size_t limit = 1000) {
    detail::event_list<timeline_report> events{limit};
    for (const auto& each : connections) {
        if (detail::concerns(each, subject)) detail::add_events(events, each);
    }
    return std::move(events).take();
}

} // namespace tcplens::inline v1
