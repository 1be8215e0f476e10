// SPDX-License-Identifier: MIT
#include "overview.hpp"

#include "../report_facts.hpp"
#include "../text.hpp"
#include "thinning.hpp"

#include <algorithm>
#include <utility>

namespace program::graphs {

namespace {

using tcplens::side;

constexpr double left = 90;
constexpr double right = 980;

struct state_colour {
    std::string_view state;
    std::string_view css;
};
constexpr state_colour colours[]{
    {"closed", "ack"},       {"established", "data"}, {"half_closed", "window"}, {"reset", "resent"},
    {"refused", "spurious"}, {"aborted", "fast"},     {"unanswered", "probe"},   {"half_open", "late"},
    {"midstream", "copy"},   {"replaced", "sack"},    {"unsolicited", "end"},
};

std::string_view css_of(std::string_view state) {
    const auto found = std::ranges::find(colours, state, &state_colour::state);
    return found == std::end(colours) ? "copy" : found->css;
}

/// A line for some connections that follow each other and have the same state.
struct shared_line {
    std::uint64_t connections = 0;
    std::uint64_t first_number = 0;
    std::uint64_t last_number = 0;
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;
    std::vector<std::pair<double, double>> pieces{}; ///< from x to x
};

class drawing {
public:
    drawing(const capture_overview& of, std::optional<std::uint64_t> marked, const picture_options& options,
            std::size_t most_lines);
    std::string draw();

private:
    [[nodiscard]] double x_of(tcplens::timestamp time) const {
        return x_.at(static_cast<double>((time - begin_).count()));
    }
    void draw_legend(double& top);
    void draw_connections(double& top);
    void draw_lines_of_row(const std::map<std::string_view, shared_line>& states, double y);
    void draw_rates(double& top);
    void draw_talkers(double& top);

    const capture_overview& of_;
    std::optional<std::uint64_t> marked_;
    std::size_t most_lines_;
    tcplens::timestamp begin_{};
    tcplens::timestamp end_{};
    axis x_;
    picture to_;
};

tcplens::timestamp begin_of(const capture_overview& of) {
    const auto first = std::ranges::min_element(of.connections, {}, &connection_line::first_time);
    return first == of.connections.end() ? tcplens::timestamp{} : first->first_time;
}
tcplens::timestamp end_of(const capture_overview& of) {
    const auto last = std::ranges::max_element(of.connections, {}, &connection_line::last_time);
    return last == of.connections.end() ? tcplens::timestamp{} : last->last_time;
}

drawing::drawing(const capture_overview& of, std::optional<std::uint64_t> marked, const picture_options& options,
                 std::size_t most_lines)
    : of_(of), marked_(marked), most_lines_(std::max<std::size_t>(most_lines, 1)), begin_(begin_of(of)),
      end_(end_of(of)), x_(0, std::max(static_cast<double>((end_ - begin_).count()), 1000.0), left, right),
      to_("Overview of the capture",
          counted(of.connections.size(), "connection", "connections") +
              (of.connections.empty() ? ""
                                      : ", " + duration_text(end_ - begin_) + " from " + time_text(begin_) + " UTC"),
          options) {}

void drawing::draw_legend(double& top) {
    std::map<std::string_view, std::uint64_t> counts;
    for (const connection_line& each : of_.connections) ++counts[each.state];
    std::vector<legend_entry> entries;
    for (const state_colour& each : colours) {
        if (counts[each.state] == 0) continue;
        entries.push_back(
            {std::string{each.css}, "M-7 0H7", std::string{each.state} + " (" + grouped(counts[each.state]) + ")"});
    }
    top += to_.legend(top, entries);
}

void drawing::draw_lines_of_row(const std::map<std::string_view, shared_line>& states, double y) {
    for (const auto& [state, line] : states) {
        std::string words = line.connections == 1
                                ? "connection " + std::to_string(line.first_number)
                                : counted(line.connections, "connection", "connections") + " from " +
                                      std::to_string(line.first_number) + " to " + std::to_string(line.last_number);
        words += ", packets " + std::to_string(line.first_packet) + " to " + std::to_string(line.last_packet) + ": " +
                 std::string{state};
        to_.begin_mark(words, " data-connection=\"" + std::to_string(line.first_number) + "\" data-count=\"" +
                                  std::to_string(line.connections) + "\" data-state=\"" + std::string{state} + "\"");
        std::string path;
        double end = -1;
        std::vector<std::pair<double, double>> pieces = line.pieces;
        std::ranges::sort(pieces);
        for (const auto& [from, to] : pieces) {
            if (to <= end) continue;
            if (from > end + 1 || path.empty())
                path += "M" + coordinate(from) + " " + coordinate(y) + "H" + coordinate(to);
            else path += "H" + coordinate(to);
            end = to;
        }
        to_.line(css_of(state), path);
        to_.end_mark();
    }
}

void drawing::draw_connections(double& top) {
    const std::size_t count = of_.connections.size();
    const std::size_t rows = std::min({count, most_lines_, std::size_t{260}});
    constexpr double least_row = 1.3;
    constexpr double most_row = 14;
    const double row_height = rows == 0 ? most_row : std::clamp(340 / static_cast<double>(rows), least_row, most_row);
    const double height = std::max(row_height * static_cast<double>(rows), 30.0);
    to_.text(right, top - 10, "name",
             rows == count ? "connections, a line each"
                           : "connections, " + grouped((count + rows - 1) / std::max<std::size_t>(rows, 1)) +
                                 " at most in a line",
             "end");
    to_.line("axis",
             "M" + coordinate(left) + " " + coordinate(top) + "V" + coordinate(top + height) + "H" + coordinate(right));
    to_.text(left - 52, top - 10, "soft", "number");
    std::map<std::string_view, shared_line> states;
    double y = top;
    std::uint64_t row_begin = 0;
    for (std::size_t i = 0, row = 0; i < count; ++i) {
        const connection_line& each = of_.connections[i];
        if (states.empty()) row_begin = each.number;
        shared_line& line = states[each.state];
        if (line.connections == 0) {
            line.first_number = each.number;
            line.first_packet = each.first_packet;
        }
        ++line.connections;
        line.last_number = each.number;
        line.last_packet = std::max(line.last_packet, each.last_packet);
        const double from = x_of(each.first_time);
        line.pieces.emplace_back(from, std::max(x_of(each.last_time), from + 1.5));
        const bool ends_row = (i + 1) * rows / count > row;
        if (!ends_row) continue;
        y = top + (static_cast<double>(row) + 0.5) * row_height;
        draw_lines_of_row(states, y);
        if (rows <= 24 || row % (rows / 12) == 0) to_.text(left - 6, y + 4, "soft", std::to_string(row_begin), "end");
        states.clear();
        ++row;
    }
    if (marked_) {
        const auto found = std::ranges::find(of_.connections, *marked_, &connection_line::number);
        if (found != of_.connections.end()) {
            const auto place = static_cast<double>(found - of_.connections.begin());
            y = top + (std::min(place * static_cast<double>(rows) / static_cast<double>(count),
                                static_cast<double>(rows - 1)) +
                       0.5) *
                          row_height;
            to_.begin_mark("connection " + std::to_string(*marked_) + ", packets " +
                           std::to_string(found->first_packet) + " to " + std::to_string(found->last_packet) + ": " +
                           std::string{found->state});
            const double from = x_of(found->first_time);
            to_.line("shut", "M" + coordinate(from) + " " + coordinate(y) + "H" +
                                 coordinate(std::max(x_of(found->last_time), from + 4)));
            to_.end_mark();
        }
    }
    top += height;
}

void drawing::draw_rates(double& top) {
    interval_series series = of_.intervals;
    constexpr std::size_t most = 180;
    while (series.intervals().size() > std::min(most, most_lines_)) series.widen();
    const double width = std::chrono::duration<double>{series.width()}.count();
    const auto both = [](const interval_counts& counts, auto member) {
        return static_cast<double>(counts.sides[side::first].*member + counts.sides[side::second].*member);
    };
    using one_side = interval_counts::one_side;
    double busiest = 0;
    for (const interval_counts& each : series.intervals())
        busiest = std::max(busiest, both(each, &one_side::packets) / width);
    const axis y{0, std::max(busiest, 1.0) * 1.05, top + 130, top};
    to_.axes(x_, y, "TCP packets a second (blue), and retransmissions among them (red)", quantity::time,
             quantity::packets_per_second, "time since the first packet", "rate");
    if (series.intervals().empty() && !of_.connections.empty()) {
        to_.text(left + 20, y.begin() - 20, "soft", "Not drawn: that takes a second reading of the capture.");
    }
    for (std::size_t i = 0; i < series.intervals().size(); ++i) {
        const interval_counts& each = series.intervals()[i];
        if (each.empty()) continue;
        const tcplens::timestamp from = series.begin() + series.width() * static_cast<std::int64_t>(i);
        const auto lasting = std::min(series.width(), std::max(end_ - from, std::chrono::nanoseconds{1}));
        const double x = x_of(from);
        const double to_x = std::max(x_of(from + lasting), x + 1);
        const double packets = both(each, &one_side::packets);
        const double resent = both(each, &one_side::retransmissions);
        const auto box = [&](double value) {
            return "M" + coordinate(x) + " " + coordinate(y.begin()) + "H" + coordinate(to_x) + "V" +
                   coordinate(y.at(value / width)) + "H" + coordinate(x) + "Z";
        };
        to_.begin_mark(milliseconds_text(from - begin_) + " to " + milliseconds_text(from - begin_ + lasting) +
                           ", packets " + std::to_string(each.first_packet) + " to " +
                           std::to_string(each.last_packet) + ": " + grouped(static_cast<std::uint64_t>(packets)) +
                           " of TCP, " + grouped(static_cast<std::uint64_t>(resent)) + " of them retransmissions",
                       " data-packet=\"" + std::to_string(each.first_packet) + "\" data-last-packet=\"" +
                           std::to_string(each.last_packet) + "\"");
        to_.line("fill-data", box(packets));
        if (resent > 0) to_.line("fill-resent", box(resent));
        to_.end_mark();
    }
    top = y.begin() + 44;
}

void drawing::draw_talkers(double& top) {
    constexpr std::size_t most = 10;
    std::vector<std::pair<tcplens::address, capture_overview::talker>> all(of_.talkers.begin(), of_.talkers.end());
    const std::size_t shown = std::min(most, all.size());
    std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(shown), std::ranges::greater{},
                              [](const auto& each) { return each.second.wire_bytes; });
    constexpr double label_x = 330;
    constexpr double row_height = 20;
    to_.text(left - 52, top, "name",
             shown == all.size()
                 ? "Bytes sent, by address"
                 : "Bytes sent, by address: the first " + grouped(shown) + " of " + grouped(all.size()));
    top += 14;
    const double greatest = shown == 0 ? 1 : std::max(static_cast<double>(all[0].second.wire_bytes), 1.0);
    const axis x{0, greatest, label_x, right - 90};
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& [address, sent] = all[i];
        to_.text(label_x - 8, top + 11, "", to_string(address), "end");
        const double end = std::max(x.at(static_cast<double>(sent.wire_bytes)), label_x + 1);
        to_.begin_mark(to_string(address) + " sent " + bytes_text(sent.wire_bytes) + " in " +
                       counted(sent.packets, "packet", "packets"));
        to_.line("fill-data", "M" + coordinate(label_x) + " " + coordinate(top) + "H" + coordinate(end) + "v13H" +
                                  coordinate(label_x) + "Z");
        to_.end_mark();
        to_.text(end + 6, top + 11, "soft", bytes_text(sent.wire_bytes));
        top += row_height;
    }
}

std::string drawing::draw() {
    double top = 66;
    draw_legend(top);
    top += 22;
    draw_connections(top);
    top += 34;
    draw_rates(top);
    top += 22;
    draw_talkers(top);
    return std::move(to_).finish(top + 12);
}

} // namespace

void capture_overview::add(const tcplens::connection& next) {
    connections.push_back({next.number, next.first_time, std::max(next.first_time, next.last_time), next.first_packet,
                           next.last_packet, state_of(next)});
    const auto count = [&](const tcplens::endpoint& end, const tcplens::direction_statistics& sent) {
        if (sent.packets == 0) return;
        talker& there = talkers[end.address];
        there.wire_bytes += sent.wire_bytes;
        there.packets += sent.packets;
    };
    count(next.client, next.client_to_server);
    count(next.server, next.server_to_client);
}

std::string overview(const capture_overview& of, std::optional<std::uint64_t> marked, const picture_options& options) {
    return drawn_within(options.most_bytes, [&](mark_budget budget) {
        return drawing{of, marked, options, budget.plain}.draw();
    });
}

} // namespace program::graphs
