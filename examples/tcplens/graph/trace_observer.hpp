// SPDX-License-Identifier: MIT
#pragma once

#include "overview.hpp"
#include "trace.hpp"

#include <tcplens/connection/observers/connection_observer.hpp>
#include <tcplens/tcplens.hpp>

#include <memory>
#include <span>

namespace program::graphs {

/// Hands the segments of some connections to their writers, and counts those of all that are selected.
class trace_observer {
public:
    /// Adds nothing to the connections of the table.
    struct facts {
        void swap_roles() noexcept {}
        [[nodiscard]] bool operator==(const facts&) const noexcept = default;
    };
    struct connection_state {};

    trace_observer() = default;
    /// Writers and overview outlive it.
    /// \param whole gets the segments of the connections that `server` selects, unless it is null
    explicit trace_observer(std::span<const std::unique_ptr<trace_writer>> writers, capture_overview* whole = nullptr,
                            const tcplens::server_filter& server = {})
        : writers_(writers), whole_(whole), server_(server) {}

    void observe(const tcplens::observer_input& input, connection_state&, facts&) const {
        for (const std::unique_ptr<trace_writer>& each : writers_) { // a few
            if (each->number() == input.connection.number) each->add(input);
        }
        if (whole_ == nullptr || !is_selected(input.connection)) return;
        const bool is_client = input.direction == tcplens::direction::client_to_server;
        interval_counts counts;
        counts.sides[is_client ? tcplens::side::first : tcplens::side::second] = {
            .packets = 1,
            .payload_bytes = input.segment.payload_length,
            .retransmissions = input.verdict.is_retransmission()};
        counts.first_packet = counts.last_packet = input.segment.packet_number;
        whole_->intervals.add(input.segment.time, counts);
    }

private:
    [[nodiscard]] bool is_selected(const tcplens::connection& of) const {
        return server_.matches(of.server) || (of.role_guessed() && server_.matches(of.client));
    }

    std::span<const std::unique_ptr<trace_writer>> writers_{};
    capture_overview* whole_ = nullptr;
    tcplens::server_filter server_{};
};

} // namespace program::graphs
