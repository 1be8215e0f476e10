// SPDX-License-Identifier: MIT
#pragma once

// The four answers as text, for mpi_report.

#include "command_line.hpp"
#include "percentage.hpp"
#include "tcplens/capture_summary.hpp"
#include "tcplens/not_understood.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace example {

using program::capture_summary;
using program::file_problem;

namespace report_text {

using std::to_string;

using row = std::vector<std::string>;

// The first `text` columns are set to the left, the others, numbers, to the right.
inline void print(std::size_t text, const std::vector<row>& rows) {
    std::vector<std::size_t> widths;
    for (const row& cells : rows) {
        widths.resize(std::max(widths.size(), cells.size()));
        for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
    }
    for (const row& cells : rows) {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string space(widths[i] - cells[i].size(), ' ');
            line += "  " + (i < text ? cells[i] + space : space + cells[i]);
        }
        std::cout << line.erase(line.find_last_not_of(' ') + 1) << '\n';
    }
}

inline void print(const capture_summary& capture) {
    const std::vector<std::string>& files = capture.files;
    const tcplens::decode_statistics& packets = capture.packets;
    if (files.size() == 1) {
        std::cout << "Capture " << (files[0] == "standard input" ? "from " : "") << files[0];
    } else {
        std::cout << files.size() << " captures, from " << files.front() << " to " << files.back();
    }
    if (!capture.resumed.empty()) {
        std::cout << ", going on from " << capture.resumed << ": " << capture.packets_before
                  << (capture.packets_before == 1 ? " packet before" : " packets before");
    }
    std::cout << '\n';
    std::vector<row> rows{{"packets", to_string(packets.packets)}, {"TCP", to_string(packets.tcp)}};
    const auto add_if_any = [&rows](std::string_view what, std::uint64_t count) {
        if (count > 0) rows.push_back({std::string{what}, to_string(count)});
    };
    add_if_any("not TCP, or in a protocol that is not read", packets.not_tcp);
    add_if_any("fragments of TCP", packets.fragments);
    add_if_any("cut off before the end of the TCP header", packets.truncated);
    add_if_any("malformed", packets.malformed);
    add_if_any("of a link type that is not read", packets.unsupported_link);
    add_if_any("lost while capturing, as the capture says", capture.dropped);
    print(1, rows);
    const std::vector<program::counted_reason> reasons = program::not_understood(packets);
    constexpr std::size_t most = 12; // the rest is in tcplens report --format json
    if (!reasons.empty()) std::cout << "\n  without TCP:\n";
    for (std::size_t i = 0; i < std::min(most, reasons.size()); ++i) {
        std::cout << "  " << reasons[i].packets << (reasons[i].packets == 1 ? " packet: " : " packets: ")
                  << reasons[i].reason << '\n';
    }
    if (reasons.size() > most) std::cout << "  and " << reasons.size() - most << " more reasons\n";
    for (const std::string& sentence : program::describe(capture.skipped)) std::cout << "  " << sentence << '\n';
    for (const file_problem& each : capture.problems) {
        std::cout << "  " << (files.size() > 1 ? each.file + ": " : "") << each.sentence << '\n';
    }
}

/// How client and server were told apart, as people say it.
inline std::string described(tcplens::role_basis basis) {
    using enum tcplens::role_basis;
    switch (basis) {
    case syn: return "SYN";
    case syn_ack: return "SYN-ACK";
    case port: return "port (a guess)";
    case first_packet: return "first packet (a guess)";
    }
    return {};
}

inline void print(const tcplens::connections_report& report) {
    const tcplens::connections_report::totals& all = report.summary;
    std::cout << "\nConnections\n";
    print(1, {{"total", to_string(all.total_connections)},
              {"handshake completed", to_string(all.successful_handshakes)},
              {"handshake failed", to_string(all.failed_handshakes)},
              {"picked up midstream", to_string(all.incomplete_handshakes)},
              {"closed normally", to_string(all.normal_close)},
              {"reset", to_string(all.reset_connections)},
              {"not closed", to_string(all.active_connections)}});
    if (report.connections.empty()) return;

    std::vector<row> rows{{"client", "server", "roles by", "handshake", "state", "close", "packets", "data",
                           "retransmitted", "SYN", "SYN-ACK", "ACK", "FIN", "RST"}};
    for (const tcplens::connections_report::row& each : report.connections) {
        rows.push_back({to_string(each.client), to_string(each.server), described(each.role_basis),
                        each.handshake_completed ? "yes" : "no", std::string{to_string(each.status)},
                        std::string{to_string(each.close_reason)}, to_string(each.packets),
                        to_string(each.data_packets), to_string(each.retransmissions), to_string(each.flags.syn),
                        to_string(each.flags.syn_ack), to_string(each.flags.ack), to_string(each.flags.fin),
                        to_string(each.flags.rst)});
    }
    std::cout << '\n';
    print(6, rows);
    if (const std::uint64_t more = report.connections.left_out(); more > 0) {
        std::cout << "  and " << more << " more: see --detailed\n";
    }
    if (!report.issues.empty()) std::cout << '\n';
    for (const std::string& issue : report.issues) std::cout << "  " << issue << '\n';
}

inline void print(const tcplens::anomaly_report& report) {
    const tcplens::anomaly_statistics& counts = report.statistics;
    const tcplens::anomaly_statistics::reset_directions& rst = counts.rst_distribution.by_direction;
    std::cout << "\nAnomalies\n";
    print(1, {{"SYN, with and without ACK", to_string(counts.flags.syn)},
              {"SYN-ACK", to_string(counts.flags.syn_ack)},
              {"ACK", to_string(counts.flags.ack)},
              {"FIN", to_string(counts.flags.fin)},
              {"RST", to_string(counts.flags.rst)}});
    if (counts.flags.rst > 0) {
        std::vector<row> rows{{"RST to the server", to_string(rst.to_server)},
                              {"RST from the server", to_string(rst.from_server)}};
        if (rst.unknown > 0) rows.push_back({"RST, server unknown", to_string(rst.unknown)});
        for (const auto& each : counts.rst_distribution.by_source) {
            if (rows.size() == 8) break; // who sent most comes first
            rows.push_back(
                {"RST from " + to_string(each.address),
                 (each.rst_at_least < each.rst ? to_string(each.rst_at_least) + " to " : "") + to_string(each.rst)});
        }
        std::cout << '\n';
        print(1, rows);
    }

    std::vector<row> found;
    for (const tcplens::anomaly_pattern& each : report.patterns) {
        found.push_back({std::string{each.name}, std::string{to_string(each.category)}, each.description});
    }
    for (const tcplens::notable_observation& each : report.summary.notable_observations) {
        found.push_back({std::string{each.name}, "notable", each.detail});
    }
    std::cout << '\n';
    if (found.empty()) std::cout << "  no patterns\n";
    print(3, found);
}

inline void print(const tcplens::retransmission_report& report) {
    std::cout << "\nRetransmissions\n  " << report.total_retransmissions << " of " << report.total_packets
              << " packets (" << percentage(report.retransmission_rate, 2) << ")";
    if (report.total_retransmissions == 0) {
        std::cout << '\n';
        return;
    }
    std::cout << (report.exceeds_threshold ? ", above" : ", not above") << " the threshold of "
              << percentage(report.threshold, 2) << "\n  " << report.summary.connections_above_threshold
              << " connections above it\n\n";
    std::vector<row> rows{{"worst connections", "retransmitted", "packets", "rate"}};
    for (const tcplens::connection_retransmissions& each : report.by_connection) {
        if (each.retransmissions == 0) break; // the worst come first
        rows.push_back({to_string(each.connection), to_string(each.retransmissions), to_string(each.packets),
                        percentage(each.retransmission_rate, 2)});
    }
    print(1, rows);
}

inline void print(const tcplens::traffic_flow_report& report) {
    const tcplens::traffic_flow_report::direction_totals& up = report.client_to_server;
    const tcplens::traffic_flow_report::direction_totals& down = report.server_to_client;
    std::cout << "\nTraffic flow of " << to_string(report.server.address.value());
    if (report.server.port) std::cout << " port " << *report.server.port;
    std::cout << '\n';
    print(1, {{"", "to the server", "from the server"},
              {"packets", to_string(up.packets), to_string(down.packets)},
              {"bytes", to_string(up.wire_bytes), to_string(down.wire_bytes)},
              {"data packets", to_string(up.data_packets), to_string(down.data_packets)},
              {"retransmissions", to_string(up.retransmissions), to_string(down.retransmissions)},
              {"SYN", to_string(up.flags.syn), to_string(down.flags.syn)},
              {"FIN", to_string(up.flags.fin), to_string(down.flags.fin)},
              {"RST", to_string(up.flags.rst), to_string(down.flags.rst)}});
    std::cout << "\n  " << to_string(report.analysis.data_flow_direction);
    if (down.packets > 0) {
        std::cout << ": " << percentage(report.analysis.asymmetry_ratio, 0)
                  << " as many packets to the server as from it";
    }
    std::cout << '\n';
    if (up.flags.rst + down.flags.rst > 0) {
        std::cout << "  primary RST source: " << to_string(report.analysis.primary_rst_source) << '\n';
    }
}

} // namespace report_text

/// Complains of what went wrong with reading or writing, if anything did.
[[nodiscard]] inline exit_status conclude(const arguments& given, const std::vector<file_problem>& problems) {
    const bool written = static_cast<bool>(std::cout.flush());
    for (const file_problem& each : problems) {
        std::cerr << given.program << ": " << each.file << ": " << each.sentence << '\n';
    }
    if (!written) std::cerr << given.program << ": The output could not be written.\n";
    return !problems.empty() || !written ? exit_status::bad_input : exit_status::good;
}

/// Prints what the captures hold, and the four answers of the connections in them.
template <tcplens::connection_range Connections>
void print_report(const arguments& given, const capture_summary& captures, const Connections& connections) {
    using report_text::print;
    // Of files that can't be read, what is said of their problems is all that there is to say.
    if (captures.packets.packets > 0 || captures.problems.size() < captures.files.size()) print(captures);
    if (std::ranges::begin(connections) == std::ranges::end(connections)) return;
    const tcplens::server_filter server{.address = given.server_ip, .port = given.server_port};
    constexpr std::size_t first_few = 10;
    const std::size_t most = given.detailed ? SIZE_MAX : first_few;
    print(tcplens::analyze_connections(connections, {.server = server, .limit = most}));
    print(tcplens::analyze_anomalies(connections, {.server = server, .retransmission_threshold = given.threshold}));
    print(tcplens::analyze_retransmissions(connections, {.server = server, .threshold = given.threshold}));
    if (given.server_ip) print(tcplens::analyze_traffic_flow(connections, {.server = server}));
}

} // namespace example
