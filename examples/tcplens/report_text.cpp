// SPDX-License-Identifier: MIT
// The four answers as text: what matters most comes first, and no capture takes more than 60 lines, unless all connections are asked for.

#include "not_understood.hpp"
#include "observations.hpp"
#include "report.hpp"
#include "report_facts.hpp"
#include "report_sections.hpp"
#include "table_layout.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

namespace {

constexpr std::size_t most_lines = 60;

using tcplens::connection;

// --- what the capture is

void add_head(report_sections& to, const capture_summary& captures, const report_facts& facts) {
    const std::size_t room = to.width();
    std::string name = captures.files.size() == 1
                           ? escaped(captures.files[0])
                           : counted(captures.files.size(), "capture", "captures") + ", " +
                                 escaped(captures.files.front()) + " to " + escaped(captures.files.back());
    to.begin(cut_to(name, room));
    std::string what = counted(captures.packets.packets, "packet", "packets") + ", " + grouped(captures.packets.tcp) +
                       " of TCP, in " + counted(facts.connections, "connection", "connections");
    if (facts.first_time && facts.last_time) {
        what += ", " + duration_text(std::max(*facts.last_time - *facts.first_time, std::chrono::nanoseconds::zero())) +
                " from " + time_text(*facts.first_time) + " UTC";
    }
    to.say(what + ".");
    if (!captures.resumed.empty()) {
        to.say("It goes on from " + escaped(captures.resumed) + ", with " +
               counted(captures.packets_before, "packet", "packets") + " before.");
    }
}

// --- what stands out

/// A sentence, and how far it is beyond what is usual: 1 is the limit.
struct finding {
    double weight;
    std::string sentence;
};

double ratio_of(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// "19 of 587 packets (3.24%)"
std::string part_text(std::uint64_t part, std::uint64_t whole, std::string_view one, std::string_view several) {
    return grouped(part) + " of " + counted(whole, one, several) + " (" + percentage(ratio_of(part, whole), 2) + ")";
}

/// What is wrong with the capture itself. It comes before all else, since all else rests on it.
void find_damage(std::vector<finding>& all, const capture_summary& captures) {
    constexpr double first_of_all = 1e9;
    constexpr std::size_t most_problems = 4;
    const std::vector<file_problem>& problems = captures.problems;
    for (std::size_t i = 0; i < std::min(problems.size(), most_problems); ++i) {
        all.push_back(
            {first_of_all, (captures.files.size() > 1 ? escaped(problems[i].file) + ": " : "") + problems[i].sentence});
    }
    if (problems.size() > most_problems) {
        all.push_back({first_of_all,
                       "So it is with " + counted(problems.size() - most_problems, "further file.", "further files.")});
    }
    if (captures.dropped > 0) {
        all.push_back({first_of_all / 2, "The capture says that it lost " +
                                             counted(captures.dropped, "packet", "packets") +
                                             " itself. They look as if the network had lost them."});
    }
    for (const std::string& each : describe(captures.skipped)) all.push_back({first_of_all / 4, each + "."});
}

void find_unread(std::vector<finding>& all, const capture_summary& captures) {
    constexpr double limit = 0.01;
    const tcplens::decode_statistics& packets = captures.packets;
    // Fragments are none of them: those of a whole packet are read with the last one.
    const std::uint64_t unread = packets.truncated + packets.malformed + packets.unsupported_link;
    if (unread == 0) return;
    std::string sentence = part_text(unread, packets.packets, "packet", "packets") + " could not be read:";
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) sentence += (sentence.back() == ':' ? " " : ", ") + grouped(count) + std::string{what};
    };
    add(packets.unsupported_link, " of a link type that is not supported");
    add(packets.truncated, " cut off before the end of the TCP header");
    add(packets.malformed, " malformed");
    all.push_back({ratio_of(unread, packets.packets) / limit, sentence + "."});
}

void find_failures(std::vector<finding>& all, const report_facts& facts,
                   const tcplens::connections_report::totals& totals) {
    constexpr double limit = 0.1;
    const std::uint64_t failed = totals.failed_handshakes;
    const std::uint64_t attempts = failed + totals.successful_handshakes;
    if (failed == 0) return;
    std::string sentence = part_text(failed, attempts, "attempt", "attempts") + " to open a connection failed:";
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) sentence += (sentence.back() == ':' ? " " : ", ") + grouped(count) + ' ' + std::string{what};
    };
    add(facts.refused, "refused");
    add(facts.unanswered, "unanswered");
    add(facts.half_open, "half open");
    add(facts.aborted, "given up by a RST");
    const auto server = facts.failed_servers.most();
    if (server && server->at_least * 2 > failed && failed > 1) {
        sentence += ". Of " + to_string(server->endpoint) +
                    (server->at_least == failed ? " all" : " at least " + grouped(server->at_least));
    }
    all.push_back({ratio_of(failed, attempts) / limit, sentence + "."});
}

void find_resets(std::vector<finding>& all, const report_facts& facts) {
    constexpr double limit = 0.1; // that of the pattern abnormal_termination
    if (facts.reset_open == 0) return;
    all.push_back({ratio_of(facts.reset_open, facts.connections) / limit,
                   part_text(facts.reset_open, facts.connections, "connection", "connections") +
                       " ended by RST, not counting those that were never open: " + grouped(facts.reset_by_client) +
                       " by the client, " + grouped(facts.reset_open - facts.reset_by_client) + " by the server."});
}

void find_retransmissions(std::vector<finding>& all, const report_facts& facts,
                          const tcplens::retransmission_report& report) {
    constexpr double least_threshold = 1e-6;
    if (report.total_retransmissions == 0) return;
    std::string sentence = part_text(report.total_retransmissions, report.total_packets, "packet", "packets") + " " +
                           (report.total_retransmissions == 1 ? "is a retransmission" : "are retransmissions") + ", " +
                           (report.exceeds_threshold ? "above" : "not above") + " " + percentage(report.threshold, 2);
    if (!facts.most_retransmissions.found().empty()) {
        const connection& worst = facts.most_retransmissions.found().front();
        sentence += "; connection " + std::to_string(worst.number) + " has " +
                    grouped(worst.client_to_server.retransmissions + worst.server_to_client.retransmissions) + " in " +
                    counted(worst.client_to_server.packets + worst.server_to_client.packets, "packet", "packets");
    }
    all.push_back({report.retransmission_rate / std::max(report.threshold, least_threshold), sentence + "."});
}

void find_one_sided(std::vector<finding>& all, const report_facts& facts) {
    constexpr double limit = 0.1;
    if (facts.one_sided == 0) return;
    all.push_back({ratio_of(facts.one_sided, facts.connections) / limit,
                   "Of " + part_text(facts.one_sided, facts.connections, "connection", "connections") +
                       " only one direction was captured."});
}

void add_findings(report_sections& to, std::vector<finding> all, std::string_view if_empty) {
    to.begin("What stands out");
    std::erase_if(all, [](const finding& each) { return each.weight < 1; });
    std::ranges::stable_sort(all, std::ranges::greater{}, &finding::weight);
    for (const finding& each : all) to.list(each.sentence);
    if (all.empty()) {
        to.say(!if_empty.empty()
                   ? if_empty
                   : "Nothing: no damage, and no more failed attempts, resets and retransmissions than is usual.");
    }
}

// --- connections

std::vector<layout_column> notable_columns(bool with_reasons) {
    std::vector<layout_column> all{{.title = "#", .is_number = true},
                                   {.title = "client", .is_endpoint = true},
                                   {.title = ""},
                                   {.title = "server", .is_endpoint = true},
                                   {.title = "state", .priority = 3},
                                   {.title = "duration", .priority = 1, .is_number = true},
                                   {.title = "bytes", .priority = 2, .is_number = true},
                                   {.title = "packets", .priority = 5, .is_number = true},
                                   {.title = "retr", .priority = 4, .is_number = true}};
    if (with_reasons) all.push_back({.title = "listed for", .priority = 6});
    return all;
}

std::vector<std::string> cells_of(const connection& of) {
    return {std::to_string(of.number),
            to_string(of.client),
            of.role_guessed() ? "?" : ">",
            to_string(of.server),
            std::string{state_of(of)},
            duration_text(std::max(of.last_time - of.first_time, std::chrono::nanoseconds::zero())),
            bytes_text(of.client_to_server.wire_bytes + of.server_to_client.wire_bytes),
            grouped(of.client_to_server.packets + of.server_to_client.packets),
            grouped(of.client_to_server.retransmissions + of.server_to_client.retransmissions)};
}

void add_totals(report_sections& to, const report_facts& facts, const tcplens::connections_report::totals& all) {
    to.begin("Connections");
    if (all.total_connections == 0) {
        to.say("none");
        return;
    }
    to.say(grouped(all.total_connections) + " in all: " + grouped(all.successful_handshakes) + " opened, " +
           grouped(all.failed_handshakes) + " failed to open, " + grouped(all.incomplete_handshakes) +
           " picked up midstream.");
    to.say(grouped(all.normal_close) + " closed by both ends, " + grouped(all.reset_connections) + " reset, " +
           grouped(all.active_connections) + " not closed.");
    if (facts.roles_guessed > 0) {
        to.say("Of " + counted(facts.roles_guessed, "connection", "connections") +
               " no SYN was captured: which end is the client is a guess, marked by ? below.");
    }
}

void add_notable(report_sections& to, const report_facts& facts) {
    constexpr std::size_t most = 10;
    const std::vector<notable_connection> listed = notable_connections(facts, most);
    if (listed.empty()) return;
    table_layout layout{notable_columns(true), to.width() - 2};
    const auto texts_of = [](const notable_connection& of) {
        std::vector<std::string> cells = cells_of(of.connection);
        cells.push_back(of.reasons);
        return [cells = std::move(cells)](std::size_t i) -> const std::string& { return cells[i]; };
    };
    for (const notable_connection& each : listed) layout.measure(texts_of(each));
    layout.fit();
    to.header(layout.header());
    for (const notable_connection& each : listed) to.row(layout.line(texts_of(each)));
    to.leave_out(facts.connections - listed.size());
}

/// All connections, which is why this is not a part of the sections: they are written as they come.
void write_all(session& with, const report_options& given, connection_list& connections) {
    table_layout layout{notable_columns(false), with.screen.width() - 2};
    const auto for_each_row = [&](auto use) {
        tcplens::detail::for_each_selected(connections, given.server(), [&](const connection& each) {
            const std::vector<std::string> cells = cells_of(each);
            use([&](std::size_t i) -> const std::string& { return cells[i]; });
        });
    };
    for_each_row([&](auto text_of) { layout.measure(text_of); });
    layout.fit();
    with.out << '\n' << with.screen.painted(style::bold, "All connections") << "\n  " << layout.header() << '\n';
    for_each_row([&](auto text_of) { with.out << "  " << layout.line(text_of) << '\n'; });
}

// --- the other answers

void add_anomalies(report_sections& to, const tcplens::anomaly_report& report) {
    const tcplens::anomaly_statistics& counts = report.statistics;
    to.begin("Anomalies");
    to.say("SYN " + grouped(counts.flags.syn) + ", SYN-ACK " + grouped(counts.flags.syn_ack) + ", ACK " +
           grouped(counts.flags.ack) + ", FIN " + grouped(counts.flags.fin) + ", RST " + grouped(counts.flags.rst) +
           ".");
    for (const tcplens::anomaly_pattern& each : report.patterns)
        to.list(std::string{each.name} + ": " + each.description);
    if (report.patterns.empty()) to.say("No pattern was found.");
}

void add_retransmissions(report_sections& to, const tcplens::retransmission_report& report) {
    to.begin("Retransmissions");
    std::string sentence = part_text(report.total_retransmissions, report.total_packets, "packet", "packets");
    if (report.total_retransmissions == 0) {
        to.say(sentence + ".");
        return;
    }
    sentence += std::string{report.exceeds_threshold ? ", above" : ", not above"} + " the threshold of " +
                percentage(report.threshold, 2);
    to.say(sentence + "; " + counted(report.summary.connections_above_threshold, "connection", "connections") +
           " above it.");

    to.say("The highest rates, those of at least 50 packets first:");
    table_layout layout{{{.title = "connection", .is_endpoint = true},
                         {.title = ""},
                         {.title = "", .is_endpoint = true},
                         {.title = "#", .priority = 2, .is_number = true},
                         {.title = "retr", .priority = 1, .is_number = true},
                         {.title = "packets", .priority = 3, .is_number = true},
                         {.title = "rate", .priority = 1, .is_number = true}},
                        to.width() - 2};
    const auto texts_of = [](const tcplens::connection_retransmissions& of) {
        std::vector<std::string> cells{to_string(of.connection.client),      "-",
                                       to_string(of.connection.server),      std::to_string(of.connection.number),
                                       grouped(of.retransmissions),          grouped(of.packets),
                                       percentage(of.retransmission_rate, 2)};
        return [cells = std::move(cells)](std::size_t i) -> const std::string& { return cells[i]; };
    };
    const auto has_any = [](const tcplens::connection_retransmissions& each) { return each.retransmissions > 0; };
    for (const auto& each : report.by_connection) {
        if (has_any(each)) layout.measure(texts_of(each));
    }
    layout.fit();
    to.header(layout.header());
    for (const auto& each : report.by_connection) {
        if (has_any(each)) to.row(layout.line(texts_of(each)));
    }
}

void add_traffic_flow(report_sections& to, const tcplens::traffic_flow_report& report) {
    const tcplens::traffic_flow_report::direction_totals& up = report.client_to_server;
    const tcplens::traffic_flow_report::direction_totals& down = report.server_to_client;
    std::string title = "Traffic flow of ";
    if (!report.server.address) title += "all servers";
    else title += to_string(*report.server.address);
    if (report.server.port) title += ", port " + std::to_string(*report.server.port);
    to.begin(cut_to(title, to.width()));
    const std::vector<std::vector<std::string>> rows{
        {"packets", grouped(up.packets), grouped(down.packets)},
        {"wire bytes", bytes_text(up.wire_bytes), bytes_text(down.wire_bytes)},
        {"data packets", grouped(up.data_packets), grouped(down.data_packets)},
        {"retransmissions", grouped(up.retransmissions), grouped(down.retransmissions)},
        {"RST", grouped(up.flags.rst), grouped(down.flags.rst)}};
    table_layout layout{
        {{.title = ""}, {.title = "to server", .is_number = true}, {.title = "from server", .is_number = true}},
        to.width() - 2};
    const auto texts_of = [](const std::vector<std::string>& cells) {
        return [&cells](std::size_t i) -> const std::string& { return cells[i]; };
    };
    for (const auto& each : rows) layout.measure(texts_of(each));
    layout.fit();
    to.header(layout.header());
    for (const auto& each : rows) to.row(layout.line(texts_of(each)));
    if (up.packets + down.packets == 0) return;
    std::string sentence{to_string(report.analysis.data_flow_direction)};
    if (down.packets > 0) {
        sentence += ": " + percentage(report.analysis.asymmetry_ratio, 0) + " as many packets to the server as from it";
    }
    to.say(sentence + ".");
}

void add_not_understood(report_sections& to, const tcplens::decode_statistics& packets) {
    constexpr std::size_t most = 8;
    const std::vector<counted_reason> reasons = not_understood(packets);
    if (reasons.empty()) return;
    to.begin("Packets without TCP");
    for (std::size_t i = 0; i < std::min(most, reasons.size()); ++i) {
        to.list(counted(reasons[i].packets, "packet", "packets") + ": " + reasons[i].reason + ".");
    }
    if (reasons.size() > most) to.leave_out(reasons.size() - most);
}

void add_observations(report_sections& to, const connection_list& connections, const tcplens::server_filter& server) {
    tcplens::observation_accumulator observations;
    tcplens::direction_skew::totals skew;
    connections.observe(server, observations, skew);
    const tcplens::observation_report report = observations.result();
    if (report.items.empty()) return;
    to.begin("Observations");
    const std::vector<std::size_t> places = chosen_observations(report, most_reported_observations);
    for (const std::size_t place : places) to.list(observation_sentence(report.items[place]));
    if (report.total > places.size()) to.leave_out(report.total - places.size());
    if (report.sampled_one_in > 1) {
        to.say("Counts are estimates: one connection in " + grouped(report.sampled_one_in) + " was looked at.");
    }
}

/// How a shell takes the name of the only file; a name that cannot be shown as it is is left to the reader.
std::string file_operand(const std::vector<std::string>& files) {
    if (files.size() != 1 || files[0] == "-") return "FILE";
    const std::string word = shell_word(files[0]);
    return word.empty() ? "FILE" : word;
}

/// Commands that look at the same packets, and at the same connections of them.
void add_hints(report_sections& to, const report_options& given) {
    std::string server;
    if (given.server_ip) server += " --server-ip " + to_string(*given.server_ip);
    if (given.server_port) server += " --server-port " + std::to_string(*given.server_port);
    const std::string& packets = given.files.choice.as_typed;
    to.begin("To go on");
    for (const std::string& command :
         {"tcplens connections --sort duration" + server + packets, "tcplens connection N" + packets}) {
        std::string file = " " + file_operand(given.files);
        if (2 + columns(command) + columns(file) > to.width()) file = " FILE"; // in two lines it cannot be copied
        to.say(command + file);
    }
}

} // namespace

bool nothing_was_opened(const capture_summary& captures) {
    using enum tcplens::capture_error_code;
    const auto is_closed = [](const file_problem& of) {
        if (!of.error) return false;
        switch (of.error->code) {
        case file_not_found:
        case permission_denied:
        case is_a_directory:
        case open_failed:
        case empty:
        case not_a_capture:
        case other_format:
        case compressed:
        case altered:
        case unsupported_version: return true;
        default: return false;
        }
    };
    return captures.packets.packets == 0 && captures.problems.size() == captures.files.size() &&
           std::ranges::all_of(captures.problems, is_closed);
}

report_sections sections_of_report(const report_options& given, const capture_summary& captures,
                                   connection_list& connections, report_parts parts, std::size_t width) {
    const tcplens::server_filter server = given.server();
    constexpr std::size_t worst_count = 5;
    const bool is_text = parts == report_parts::text; // the page has a table of its own, and more
    report_facts facts;
    tcplens::detail::for_each_selected(connections, server, [&](const connection& each) { facts.add(each); });
    const auto totals = tcplens::analyze_connections(connections, {.server = server}).summary;
    const auto retransmissions = tcplens::analyze_retransmissions(
        connections, {.server = server, .threshold = given.threshold, .limit = worst_count});

    report_sections sections{width};
    add_head(sections, captures, facts);
    std::vector<finding> findings;
    find_damage(findings, captures);
    find_unread(findings, captures);
    find_failures(findings, facts, totals);
    find_resets(findings, facts);
    find_retransmissions(findings, facts, retransmissions);
    find_one_sided(findings, facts);
    const bool none_chosen = captures.packets.packets == 0 && !given.files.choice.chooses_all();
    add_findings(sections, std::move(findings),
                 none_chosen                                       ? "The options choose no packet."
                 : captures.packets.tcp == 0                       ? "There is no TCP in it."
                 : facts.connections == 0 && !server.selects_all() ? "There is no connection of that server."
                                                                   : std::string_view{});
    if (is_text && connections.has_observations() && !given.no_observations) {
        add_observations(sections, connections, server);
    }
    add_totals(sections, facts, totals);
    if (is_text && !given.detailed) add_notable(sections, facts);
    add_anomalies(sections, tcplens::analyze_anomalies(
                                connections, {.server = server, .retransmission_threshold = given.threshold}));
    add_retransmissions(sections, retransmissions);
    add_traffic_flow(sections, tcplens::analyze_traffic_flow(connections, {.server = server}));
    if (is_text) add_not_understood(sections, captures.packets);
    if (is_text && facts.connections > 0) add_hints(sections, given);
    return sections;
}

void write_report_text(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections) {
    if (nothing_was_opened(captures)) return;
    sections_of_report(given, captures, connections, report_parts::text, with.screen.width()).write(with, most_lines);
    if (given.detailed && std::ranges::distance(connections) > 0) write_all(with, given, connections);
}

} // namespace program
