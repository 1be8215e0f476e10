// SPDX-License-Identifier: MIT
// The answers of report as one page.

#include "connections_facts.hpp"
#include "graph/graphs.hpp"
#include "help.hpp"
#include "html/page.hpp"
#include "interruption.hpp"
#include "not_understood.hpp"
#include "observations.hpp"
#include "report.hpp"
#include "report_facts.hpp"
#include "report_sections.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace program {

namespace {

using graphs::xml_escaped;
using html::element;

constexpr std::size_t most_rows = 2000;
constexpr std::size_t most_graphs = 8;
constexpr std::size_t most_graph_bytes = 145'000;
constexpr std::size_t most_observations = 50;
constexpr std::size_t most_marks_of_trace = 20'000; // more have no room in so small a graph

struct page_graph {
    std::string id{};
    std::string caption{};
    std::string svg{};
};

/// All graphs of the page, or why there are none of single connections.
struct page_graphs {
    std::vector<page_graph> graphs{};
    std::string missing{};
};

/// Calls `use(connection, time)` for each connection that is asked for. A connection may be a copy, with client and server swapped.
template <class Use>
void for_each_selected(const report_options& given, connection_list& connections, Use use) {
    for (const tcplens::connection& each : connections) {
        const tcplens::time_attribution* const time = connections.time_of(each);
        tcplens::detail::use_if_selected(each, given.server(),
                                         [&](const tcplens::connection& selected) { use(selected, time); });
    }
}

// --- the graphs

/// Why the captures cannot be read a second time; empty if they can.
std::string unrepeatable(const report_options& given, const capture_summary& captures) {
    constexpr std::string_view none = "Connections are not drawn, since ";
    const auto is_once = [](const std::string& file) {
        std::error_code failed;
        return file == "-" || !std::filesystem::is_regular_file(file, failed);
    };
    std::string reason;
    if (!given.resumed.empty()) reason = "the packets before " + escaped(given.resumed) + " are not at hand.";
    else if (given.by_time) reason = "--by-time was given, and packets have other places in the files.";
    else if (std::ranges::any_of(given.files, is_once)) reason = "a pipe can be read only once.";
    else if (interrupted()) reason = "reading was interrupted.";
    else if (captures.packets.tcp == 0) reason = "there is no TCP.";
    return reason.empty() ? reason : std::string{none} + reason;
}

/// The connections that are worth a picture: those of the list of notable ones that have more than an attempt.
std::vector<notable_connection> drawn_connections(const report_facts& facts, std::size_t most) {
    constexpr std::size_t listed = 24;
    constexpr std::uint64_t least_packets = 4;
    std::vector<notable_connection> all = notable_connections(facts, listed);
    std::erase_if(all, [](const notable_connection& each) {
        return packets_of(each.connection) < least_packets || each.reasons.empty();
    });
    if (all.size() > most) all.resize(most);
    return all;
}

page_graphs draw_graphs(const report_options& given, const capture_summary& captures, connection_list& connections,
                        const report_facts& facts) {
    const graphs::picture_options small{.most_bytes = most_graph_bytes, .is_part_of_page = true};
    page_graphs found;
    constexpr std::size_t most_bars = 20;
    graphs::slowest_connections slowest{most_bars};
    graphs::capture_overview whole;
    found.missing = unrepeatable(given, captures);
    const bool reads_again = found.missing.empty();
    for_each_selected(given, connections, [&](const tcplens::connection& each, const tcplens::time_attribution* time) {
        if (time != nullptr) slowest.add(each, *time);
        if (!reads_again) whole.add(each);
    });
    if (slowest.total() == 0) return found;
    const std::vector<notable_connection> drawn =
        reads_again ? drawn_connections(facts, most_graphs - 2) : std::vector<notable_connection>{};
    graphs::collected traced;
    if (reads_again) {
        std::vector<std::uint64_t> numbers;
        for (const notable_connection& each : drawn) numbers.push_back(each.connection.number);
        program::captures again{given.files};
        traced = graphs::collect(again, given.decoding, given.rules, numbers, {.most_marks = most_marks_of_trace},
                                 &whole, given.server());
    }
    found.graphs.push_back({"graph-overview", "The capture", graphs::overview(whole, {}, small)});
    found.graphs.push_back({"graph-time-spent", "Where the time went: the connections that lasted longest",
                            graphs::time_spent(slowest.found(), slowest.total(), small)});
    for (const graphs::trace& each : traced.traces) {
        const auto listed = std::ranges::find(drawn, each.number, [](const auto& of) { return of.connection.number; });
        found.graphs.push_back({"graph-" + std::to_string(each.number),
                                "Connection " + std::to_string(each.number) + ": " + listed->reasons,
                                graphs::time_sequence(each, small)});
    }
    return found;
}

// --- the table of connections

struct table_column {
    std::string_view title;
    bool is_number;
};
constexpr std::array<table_column, 10> table_columns{{{"number", true},
                                                      {"client", false},
                                                      {"server", false},
                                                      {"state", false},
                                                      {"began after", true},
                                                      {"duration", true},
                                                      {"packets", true},
                                                      {"bytes", true},
                                                      {"retransmissions", true},
                                                      {"most time in", false}}};

std::string number_cell(std::int64_t value, std::string_view shown) {
    return "<td class=\"n\" data-v=\"" + std::to_string(value) + "\">" + std::string{shown} + "</td>";
}

/// The parts of the time as a bar, and the longest of them in words.
std::string time_cell(const tcplens::time_attribution* time) {
    const time_part* const longest = time == nullptr ? nullptr : longest_part(*time);
    if (longest == nullptr) return "<td></td>";
    constexpr double least = 0.5; // of 100; less cannot be seen
    std::string bar =
        "<td><svg class=\"graph bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">";
    double begin = 0;
    for (std::size_t i = 0; i < time_parts.size(); ++i) {
        const double width = 100 * share(time_parts[i], *time);
        if (width >= least) {
            bar.append("<path class=\"").append(graphs::css_of_part(i)).append("\" d=\"M");
            bar += graphs::coordinate(begin) + " 0h" + graphs::coordinate(width) + "v8h-" + graphs::coordinate(width) +
                   "z\"/>";
        }
        begin += width;
    }
    return bar + "</svg>" + std::string{longest->label} + " " + percentage(share(*longest, *time), 0) + "</td>";
}

std::string table_row(const tcplens::connection& of, const tcplens::time_attribution* time, tcplens::timestamp begin,
                      bool is_drawn) {
    const std::string number = std::to_string(of.number);
    const std::chrono::nanoseconds lasted = std::max(of.last_time - of.first_time, std::chrono::nanoseconds::zero());
    const std::uint64_t bytes = wire_bytes_of(of);
    std::string row = "<tr><th scope=\"row\" class=\"n\" data-v=\"" + number + "\">";
    row += is_drawn ? "<a href=\"#graph-" + number + "\">" + number + "</a>" : number;
    row += "</th><td>" + to_string(of.client) + (of.role_guessed() ? " ?" : "") + "</td><td>" + to_string(of.server) +
           "</td><td>" + std::string{state_of(of)} + "</td>";
    row += number_cell((of.first_time - begin).count(),
                       duration_text(std::max(of.first_time - begin, std::chrono::nanoseconds::zero())));
    row += number_cell(lasted.count(), duration_text(lasted));
    row += number_cell(static_cast<std::int64_t>(packets_of(of)), grouped(packets_of(of)));
    row += number_cell(static_cast<std::int64_t>(bytes), bytes_text(bytes));
    row += number_cell(static_cast<std::int64_t>(retransmissions_of(of)), grouped(retransmissions_of(of)));
    return row + time_cell(time) + "</tr>\n";
}

std::string connections_table(const report_options& given, connection_list& connections, const report_facts& facts,
                              const page_graphs& pictures) {
    std::string text = "<section aria-labelledby=\"connections\">\n<h2 id=\"connections\">Connections</h2>\n";
    if (facts.connections == 0) return text + "<p>There is none.</p>\n</section>\n";
    const std::uint64_t shown = std::min<std::uint64_t>(facts.connections, most_rows);
    text +=
        element("p", shown == facts.connections ? "All " + counted(shown, "connection", "connections") +
                                                      ". A button above a column sorts by it."
                                                : "The first " + grouped(shown) + " of " + grouped(facts.connections) +
                                                      " connections; " + grouped(facts.connections - shown) +
                                                      " are left out: tcplens connections --all lists them. A button "
                                                      "above a column sorts the table by it.");
    text += "<p id=\"sorted\" class=\"faint\" role=\"status\" aria-live=\"polite\"></p>\n"
            "<div class=\"scroll\" role=\"region\" aria-label=\"Table of connections\" tabindex=\"0\">\n"
            "<table id=\"connections-table\">\n<caption class=\"faint\">Endpoints with ?: no SYN was captured, and the "
            "client "
            "is a guess. Times from the first packet on.</caption>\n<thead><tr>";
    for (const table_column& each : table_columns) {
        text += "<th scope=\"col\" aria-sort=\"" + std::string{each.title == "number" ? "ascending" : "none"} + "\"";
        if (each.is_number) text += " class=\"n\"";
        text += "><button type=\"button\">" + std::string{each.title} + "</button></th>";
    }
    text += "</tr></thead>\n<tbody>\n";
    std::uint64_t rows = 0;
    const tcplens::timestamp begin = facts.first_time.value_or(tcplens::timestamp{});
    for_each_selected(given, connections, [&](const tcplens::connection& each, const tcplens::time_attribution* time) {
        if (rows++ >= shown) return;
        const bool is_drawn = std::ranges::find(pictures.graphs, "graph-" + std::to_string(each.number),
                                                &page_graph::id) != pictures.graphs.end();
        text += table_row(each, time, begin, is_drawn);
    });
    return text + "</tbody>\n</table>\n</div>\n</section>\n";
}

// --- the other parts

/// "What stands out" as a name in a link.
std::string id_of(std::string_view title) {
    std::string id;
    for (const char each : title) {
        if (each >= 'a' && each <= 'z') id += each;
        else if (each >= 'A' && each <= 'Z') id += static_cast<char>(each - 'A' + 'a');
        else if (each == ' ' && !id.empty()) id += '-';
    }
    return id;
}

/// A section of the text: sentences, a list, or lines of a table.
std::string section_html(const report_sections::section& of, std::string_view title) {
    const std::string id = id_of(title);
    std::string text =
        "<section aria-labelledby=\"" + id + "\">\n<h2 id=\"" + id + "\">" + xml_escaped(title) + "</h2>\n";
    enum class block { none, list, rows } open = block::none;
    const auto change_to = [&](block next) {
        if (open == next) return;
        if (open == block::list) text += "</ul>\n";
        if (open == block::rows) text += "</pre></div>\n";
        if (next == block::list) text += "<ul>\n";
        if (next == block::rows) {
            text += "<div class=\"scroll\" role=\"region\" aria-label=\"" + xml_escaped(title) +
                    "\" tabindex=\"0\"><pre class=\"rows\">";
        }
        open = next;
    };
    for (const report_sections::part& each : of.parts) {
        const std::string_view words = std::string_view{each.text}.substr(report_sections::indent);
        if (each.is_row) {
            change_to(block::rows);
            text += xml_escaped(words) + "\n";
        } else if (each.is_item) {
            change_to(block::list);
            text += element("li", words);
        } else {
            change_to(block::none);
            text += element("p", words);
        }
    }
    change_to(block::none);
    if (of.left_out > 0) text += element("p", "and " + grouped(of.left_out) + " more");
    return text + "</section>\n";
}

std::string observations_html(const connection_list& connections, const tcplens::server_filter& server) {
    tcplens::observation_accumulator observations;
    tcplens::direction_skew::totals skew;
    connections.observe(server, observations, skew);
    const tcplens::observation_report report = observations.result();
    std::string text = "<section aria-labelledby=\"observations\">\n<h2 id=\"observations\">Observations</h2>\n";
    if (report.items.empty()) return text + "<p>Nothing deserves a look.</p>\n</section>\n";
    text += "<p class=\"faint\">Counts with their packets, and no diagnosis.</p>\n<ul>\n";
    const std::vector<std::size_t> places = chosen_observations(report, most_observations);
    for (const std::size_t place : places) {
        const tcplens::observation& each = report.items[place];
        std::string packets = each.packets.size() == 1 ? "Packet" : "Packets";
        for (const std::uint64_t packet : each.packets) packets += ' ' + std::to_string(packet);
        text += "<li><strong>" + xml_escaped(to_string(each.kind)) + "</strong>: " + xml_escaped(each.text) + "<br/>" +
                xml_escaped(packets) + "<br/><span class=\"faint\">" + xml_escaped(each.limits) + "</span></li>\n";
    }
    text += "</ul>\n";
    if (report.total > places.size()) {
        text += element("p", counted(report.total - places.size(), "more observation is", "more observations are") +
                                 " left out: tcplens observations --all shows them.");
    }
    if (report.sampled_one_in > 1) {
        text += element("p", "Counts are estimates: one connection in " + grouped(report.sampled_one_in) +
                                 " was looked at.");
    }
    return text + "</section>\n";
}

std::string graphs_html(const page_graphs& pictures) {
    std::string text = "<section aria-labelledby=\"graphs\">\n<h2 id=\"graphs\">Graphs</h2>\n";
    if (!pictures.missing.empty()) text += element("p", pictures.missing);
    if (!pictures.graphs.empty()) {
        text += "<p class=\"faint\">A tooltip on each mark names its packets. tcplens graph --connection N draws any "
                "connection.</p>\n";
    }
    for (const page_graph& each : pictures.graphs) {
        text += "<figure id=\"" + each.id + "\">\n<figcaption>" + xml_escaped(each.caption) +
                "</figcaption>\n<div class=\"scroll\" role=\"region\" aria-label=\"" + xml_escaped(each.caption) +
                "\" tabindex=\"0\">\n" + each.svg + "</div>\n</figure>\n";
    }
    return text + "</section>\n";
}

std::string not_understood_html(const capture_summary& captures) {
    std::string text =
        "<section aria-labelledby=\"not-understood\">\n<h2 id=\"not-understood\">What was not understood</h2>\n";
    std::vector<std::string> all;
    for (const file_problem& each : captures.problems) all.push_back(each.file + ": " + each.sentence);
    for (const std::string& each : describe(captures.skipped)) all.push_back(each + ".");
    for (const counted_reason& each : not_understood(captures.packets)) {
        all.push_back(counted(each.packets, "packet", "packets") + ": " + each.reason + ".");
    }
    if (all.empty()) return text + "<p>Nothing: each packet was read, and held TCP.</p>\n</section>\n";
    constexpr std::size_t most = 200;
    text += "<ul>\n";
    for (std::size_t i = 0; i < std::min(all.size(), most); ++i) text += element("li", all[i]);
    text += "</ul>\n";
    if (all.size() > most) text += element("p", "and " + grouped(all.size() - most) + " more");
    return text + "</section>\n";
}

} // namespace

void write_report_html(session& with, const report_options& given, const capture_summary& captures,
                       connection_list& connections) {
    if (nothing_was_opened(captures)) return;
    report_facts facts;
    tcplens::detail::for_each_selected(connections, given.server(),
                                       [&](const tcplens::connection& each) { facts.add(each); });
    const page_graphs pictures = draw_graphs(given, captures, connections, facts);
    const report_sections sections = sections_of_report(given, captures, connections, report_parts::page, no_width);
    const std::vector<report_sections::section>& parts = sections.sections();

    const std::string title =
        "TCP in " +
        (captures.files.size() == 1 ? captures.files[0] : counted(captures.files.size(), "capture", "captures"));
    std::string main = "<main id=\"main\">\n" + element("h1", title);
    for (const report_sections::part& each : parts.at(0).parts) {
        main += element("p", std::string_view{each.text}.substr(report_sections::indent));
    }
    std::vector<std::string> titles;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const bool is_first = i == 1; // what stands out
        const std::string name = parts[i].title == "Connections" ? "Connections in numbers" : parts[i].title;
        if (!is_first) titles.push_back(name);
        main += section_html(parts[i], name);
        if (!is_first) continue;
        titles.push_back(name);
        if (connections.has_observations() && !given.no_observations) {
            main += observations_html(connections, given.server());
            titles.emplace_back("Observations");
        }
        main += graphs_html(pictures) + connections_table(given, connections, facts, pictures);
        titles.emplace_back("Graphs");
        titles.emplace_back("Connections");
    }
    main += not_understood_html(captures);
    std::string navigation =
        "<a class=\"skip\" href=\"#main\">To the report</a>\n<nav aria-label=\"Parts of the page\"><ul>\n";
    for (const std::string& each : titles)
        navigation += "<li><a href=\"#" + id_of(each) + "\">" + xml_escaped(each) + "</a></li>\n";
    navigation += "<li><a href=\"#not-understood\">What was not understood</a></li>\n</ul></nav>\n";
    const std::string footer =
        "</main>\n<footer class=\"faint\">" +
        element("p", "Made by " + version_line() + ". Times are UTC. Nothing of this page is loaded from elsewhere.") +
        "</footer>\n";
    with.out << html::page(title, navigation + main + footer);
}

} // namespace program
