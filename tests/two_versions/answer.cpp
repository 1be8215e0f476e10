// SPDX-License-Identifier: MIT
// Compiled with each of the two versions. ANSWER is the name of the function.
#include "answer.hpp"

#include <tcplens/tcplens.hpp>
#include <tcplens/text.hpp>

#include <sstream>
#include <typeinfo>
#include <unordered_map>

version_answer ANSWER(const char* path) {
    tcplens::capture_file capture{path};
    tcplens::connection_table table;
    std::unordered_map<tcplens::endpoint, int> segments; // std::hash of one version must not be that of the other
    std::ostringstream text;
    for (const tcplens::packet& packet : capture) {
        const auto added = table.add(packet);
        text << packet.number << ' ' << added.outcome << ' ' << added.verdict << '\n';
        if (added.connection != nullptr) ++segments[added.connection->client];
    }
    if (capture.error()) text << *capture.error() << '\n';
    for (const tcplens::connection& each : table) {
        text << each.client << ' ' << each.server << ' ' << each.handshake << ' ' << each.close_reason << ' '
             << segments[each.client] << '\n';
    }
    const auto anomalies = tcplens::analyze_anomalies(table);
    for (const tcplens::anomaly_pattern& each : anomalies.patterns) text << each.description << '\n';
    text << tcplens::analyze_connections(table).summary.total_connections << ' '
         << tcplens::analyze_retransmissions(table).total_packets << ' '
         << tcplens::analyze_traffic_flow(table).analysis.interpretation << '\n';
    return {TCPLENS_VERSION_MAJOR, typeid(tcplens::connection_table).name(), text.str()};
}
