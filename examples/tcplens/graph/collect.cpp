// SPDX-License-Identifier: MIT
#include "collect.hpp"

#include "trace_observer.hpp"

#include <tcplens/connection/table/basic_connection_table.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <memory>

namespace program::graphs {

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
            found.traces.push_back(each->finish(*place));
        }
    });
    return found;
}

} // namespace program::graphs
