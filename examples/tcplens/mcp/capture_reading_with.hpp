// SPDX-License-Identifier: MIT
#pragma once

// The part of reading a capture that depends on the rules.

#include "capture_reading.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace program::context_server {

template <class Rules>
std::shared_ptr<loaded_capture> read_with(const opened_file& file, const bounds& most, job& work) {
    auto made = std::make_shared<loaded_capture>();
    made->shown = file.shown;
    made->identity = file.identity;
    input_file input{file.path};
    tcplens::basic_detailed_connection_table<Rules> table{};
    const auto note = [&](const tcplens::segment& sent, const auto& added) {
        if (added.connection == nullptr) return;
        const auto number = static_cast<std::size_t>(added.connection->number);
        if (number >= made->evidence.size()) made->evidence.resize(number + 1);
        made->evidence[number].add(sent, added.verdict);
    };
    std::optional<file_problem> problem;
    std::uint32_t since_look = 0;
    while (const tcplens::packet* const next = input.next()) {
        count_packet(*made, *next);
        table.add_each(*next, note);
        if (++since_look < packets_between_looks) continue;
        since_look = 0;
        work.look(input.position(), file.identity.size, input.packets());
        if (table.size() <= most.connections) continue;
        problem = too_many_connections(file, next->number, most);
        break;
    }
    made->connections.reserve(table.size());
    made->brief.reserve(table.size());
    for (const tcplens::detailed_connection& each : table) {
        made->connections.push_back(each);
        made->brief.push_back(each);
    }
    finish_reading(*made, input, table.statistics(), std::move(problem));
    return made;
}

} // namespace program::context_server
