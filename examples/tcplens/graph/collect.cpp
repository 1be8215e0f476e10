// SPDX-License-Identifier: MIT
#include "collect.hpp"

#include <tcplens/connection/table/basic_connection_table.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <memory>

namespace program::graphs {

namespace {

/// Hands the segments of some connections to their writers.
class trace_observer {
public:
    /// Adds nothing to the connections of the table.
    struct facts {
        void swap_roles() noexcept {}
        [[nodiscard]] bool operator==(const facts&) const noexcept = default;
    };
    struct connection_state {};

    trace_observer() = default;
    /// Both outlive it.
    trace_observer(std::span<const std::unique_ptr<trace_writer>> writers, capture_overview* whole,
                   const tcplens::server_filter& server)
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

} // namespace

collected collect(captures& from, const tcplens::decode_options& decoding, rule_set rules,
                  std::span<const std::uint64_t> numbers, const trace_options& options, capture_overview* whole,
                  const tcplens::server_filter& server) {
    std::vector<std::unique_ptr<trace_writer>> writers;
    for (const std::uint64_t each : numbers) writers.push_back(std::make_unique<trace_writer>(each, options));
    collected found;
    with_rules(rules, [&]<class Rules>(const Rules& chosen) {
        tcplens::basic_connection_table<Rules, trace_observer> table{tcplens::table_options{.decoding = decoding},
                                                                     chosen, trace_observer{writers, whole, server}};
        from.add_to(table);
        found.connections = from.connections(table.size());
        if (whole != nullptr) {
            tcplens::detail::for_each_selected(table, server,
                                               [&](const tcplens::connection& each) { whole->add(each); });
        }
        for (const std::unique_ptr<trace_writer>& each : writers) {
            const auto place = std::find_if(table.begin(), table.end(),
                                            [&](const auto& candidate) { return candidate.number == each->number(); });
            if (place == table.end()) continue;
            trace one = each->finish();
            const auto& of = *place;
            if (one.packets == 0) { // all of its segments are samples
                one.first_time = one.earliest = of.first_time;
                one.latest = of.last_time;
                one.sides[tcplens::side::first].end = of.client;
                one.sides[tcplens::side::second].end = of.server;
            }
            one.has_samples = of.sampled;
            one.roles_guessed = of.role_guessed();
            found.traces.push_back(std::move(one));
        }
    });
    return found;
}

} // namespace program::graphs
