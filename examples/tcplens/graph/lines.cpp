// SPDX-License-Identifier: MIT
#include "lines.hpp"

#include "../text.hpp"
#include "appearance.hpp"
#include "thinning.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace program::graphs {

namespace {

using tcplens::side;

constexpr double left = 90;
constexpr double right = 980;
constexpr double plot_height = 240;
constexpr double first_top = 110;
constexpr double between = 66;        // from the bottom of a plot to the top of the next
constexpr std::int64_t most_zoom = 3; // a window so many times larger than what is in flight would hide it

double nanoseconds_of(std::chrono::nanoseconds time) {
    return static_cast<double>(time.count());
}

axis time_axis(const trace& of) {
    const double begin = nanoseconds_of(of.since_begin(of.earliest));
    return {begin, std::max(nanoseconds_of(of.since_begin(of.latest)), begin + 1000), left, right};
}

axis value_axis(double most, int number) {
    constexpr double margin = 1.05;
    const double top = first_top + number * (plot_height + between);
    return {0, std::max(most, 1.0) * margin, top + plot_height, top};
}

std::string subtitle_of(const trace& of) {
    return counted(of.packets, "packet", "packets") + " in " + duration_text(of.latest - of.earliest) + " from " +
           time_text(of.earliest) + " UTC" + (of.roles_guessed ? "; which end is the client is a guess" : "");
}

std::string way_of(const trace& of, side sender) {
    return std::string{role_of(of, sender)} + " to " + std::string{role_of(of, opposite(sender))};
}

constexpr double total_height = first_top + 2 * plot_height + between + 44;

std::string rectangle(double x, double y, double to_x, double to_y) {
    return "M" + coordinate(x) + " " + coordinate(y) + "H" + coordinate(to_x) + "V" + coordinate(to_y) + "H" +
           coordinate(x) + "Z";
}

// --- round trips

void draw_round_trips(picture& to, const trace& of, side sender, int number, std::size_t most) {
    const std::vector<trace_round_trip>& samples = of.sides[sender].round_trips.items();
    std::int64_t longest = 0;
    std::uint64_t count = 0;
    for (const trace_round_trip& each : samples) {
        longest = std::max(longest, each.nanoseconds.high);
        count += each.packets;
    }
    const axis x = time_axis(of);
    const axis y = value_axis(static_cast<double>(longest), number);
    to.axes(x, y,
            way_of(of, sender) + ": " + counted(count, "round trip", "round trips") + " from the capture to the " +
                std::string{role_of(of, opposite(sender))} + " and back",
            quantity::time, quantity::time, "time since the first packet", "round trip");
    for (const auto& each : thinned(samples, of, x, most)) {
        const trace_round_trip& sample = each.item;
        const std::chrono::nanoseconds least{sample.nanoseconds.low};
        const std::chrono::nanoseconds greatest{sample.nanoseconds.high};
        const std::string when = milliseconds_text(of.since_begin(sample.last_time));
        const std::string words =
            sample.packets == 1
                ? "packet " + std::to_string(sample.last_packet) + ", " + when + ": acknowledges packet " +
                      std::to_string(sample.first_packet) + " after " + milliseconds_text(least)
                : counted(sample.packets, "round trip", "round trips") + " of packets " +
                      std::to_string(sample.first_packet) + " to " + std::to_string(sample.last_packet) + ", up to " +
                      when + ": " + milliseconds_text(least) + " to " + milliseconds_text(greatest);
        to.begin_mark(words, attributes_of(static_cast<const packet_group&>(sample)));
        const double at = x.at(nanoseconds_of(of.since_begin(sample.first_time)));
        const double low = y.at(static_cast<double>(sample.nanoseconds.low));
        const double high = y.at(static_cast<double>(sample.nanoseconds.high));
        if (sample.packets == 1) to.line("data", "M" + coordinate(at - 2) + " " + coordinate(low) + "h4m-2-2v4");
        else to.line("data", "M" + coordinate(at) + " " + coordinate(low + 1) + "V" + coordinate(high - 1));
        to.end_mark();
    }
    if (count == 0) to.text(left + 20, y.begin() - 20, "soft", "No round trip was captured.");
}

// --- bytes in flight

void draw_in_flight(picture& to, const trace& of, side sender, int number, std::size_t most) {
    const std::vector<trace_level>& levels = of.sides[sender].levels.items();
    std::int64_t greatest = 0;
    std::int64_t window = 0;
    for (const trace_level& each : levels) {
        greatest = std::max(greatest, each.in_flight.high);
        if (each.knows_window) window = std::max(window, each.window.high);
    }
    const bool shows_window = window <= most_zoom * std::max<std::int64_t>(greatest, 1);
    const axis x = time_axis(of);
    const axis y = value_axis(static_cast<double>(shows_window ? std::max(window, greatest) : greatest), number);
    to.axes(x, y, way_of(of, sender) + ": at most " + bytes_text(static_cast<std::uint64_t>(greatest)) + " in flight",
            quantity::time, quantity::bytes, "time since the first packet", "bytes");
    double x_before = left;
    double before = y.begin();
    double window_before = y.end();
    bool is_first = true;
    for (const auto& each : thinned(levels, of, x, most)) {
        const trace_level& level = each.item;
        std::string words = packets_text(of, level, each.numbers) + ": " +
                            (level.packets == 1 ? grouped(static_cast<std::uint64_t>(level.in_flight.low))
                                                : range_text(level.in_flight)) +
                            " bytes in flight";
        if (level.knows_window) {
            words += ", window " + (level.packets == 1 ? grouped(static_cast<std::uint64_t>(level.window.low))
                                                       : range_text(level.window));
        }
        const double at = x.at(nanoseconds_of(of.since_begin(level.first_time)));
        const double to_x = x.at(nanoseconds_of(of.since_begin(level.last_time)));
        const double low = y.at(static_cast<double>(level.in_flight.low));
        const double high = y.at(static_cast<double>(level.in_flight.high));
        if (is_first) x_before = at;
        to.begin_mark(words, attributes_of(static_cast<const packet_group&>(level)));
        if (level.knows_window) {
            const double edge = y.at(static_cast<double>(level.window.low));
            const double to_edge = y.at(static_cast<double>(level.window.high));
            to.line("window", "M" + coordinate(x_before) + " " + coordinate(is_first ? edge : window_before) + "H" +
                                  coordinate(at) + "V" + coordinate(edge) + "V" + coordinate(to_edge) + "H" +
                                  coordinate(to_x));
            window_before = to_edge;
        }
        to.line("data", "M" + coordinate(x_before) + " " + coordinate(is_first ? y.begin() : before) + "H" +
                            coordinate(at) + "V" + coordinate(low) + "V" + coordinate(high) + "H" + coordinate(to_x));
        to.end_mark();
        before = high;
        x_before = to_x;
        is_first = false;
    }
    if (is_first) to.text(left + 20, y.begin() - 20, "soft", "Nothing was sent.");
}

// --- throughput

void draw_throughput(picture& to, const trace& of, side sender, int number, const interval_series& series) {
    const double width = std::chrono::duration<double>{series.width()}.count();
    double most = 0;
    std::uint64_t bytes = 0;
    std::uint64_t fresh = 0;
    for (const interval_counts& each : series.intervals()) {
        most = std::max(most, static_cast<double>(each.sides[sender].payload_bytes) / width);
        bytes += each.sides[sender].payload_bytes;
        fresh += each.sides[sender].new_bytes;
    }
    const axis x = time_axis(of);
    const axis y = value_axis(most, number);
    to.axes(x, y, way_of(of, sender) + ": " + bytes_text(bytes) + " of data, " + bytes_text(fresh) + " of it new",
            quantity::time, quantity::bytes_per_second, "time since the first packet", "data");
    for (std::size_t i = 0; i < series.intervals().size(); ++i) {
        const interval_counts& counts = series.intervals()[i];
        const interval_counts::one_side& sent = counts.sides[sender];
        if (sent.packets == 0) continue;
        const tcplens::timestamp begin = series.begin() + series.width() * static_cast<std::int64_t>(i);
        const tcplens::timestamp end = begin + std::min(series.width(), of.latest - begin);
        const double from_x = x.at(nanoseconds_of(of.since_begin(begin)));
        const double to_x = std::max(x.at(nanoseconds_of(of.since_begin(end))), from_x + 1);
        const double all = static_cast<double>(sent.payload_bytes) / width;
        const double good = static_cast<double>(sent.new_bytes) / width;
        to.begin_mark(milliseconds_text(of.since_begin(begin)) + " to " + milliseconds_text(of.since_begin(end)) +
                          ", packets " + std::to_string(counts.first_packet) + " to " +
                          std::to_string(counts.last_packet) + ": " + rate_text(all) + ", of it new " +
                          rate_text(good) + "; " + counted(sent.packets, "packet", "packets") + ", " +
                          counted(sent.retransmissions, "retransmission", "retransmissions"),
                      " data-packet=\"" + std::to_string(counts.first_packet) + "\" data-last-packet=\"" +
                          std::to_string(counts.last_packet) + "\"");
        to.line("fill-window", rectangle(from_x, y.begin(), to_x, y.at(all)));
        to.line("fill-data", rectangle(from_x, y.begin(), to_x, y.at(good)));
        if (sent.retransmissions > 0)
            to.line("resent", "M" + coordinate((from_x + to_x) / 2) + " " + coordinate(y.begin()) + "v5");
        to.end_mark();
    }
    if (bytes == 0) to.text(left + 20, y.begin() - 20, "soft", "No data was sent.");
}

} // namespace

std::string round_trips(const trace& of, const picture_options& options) {
    return drawn_within(options.most_bytes, [&](mark_budget budget) {
        picture to{"Round trips: " + of.name(), subtitle_of(of), options};
        (void)to.legend(66, {{"data", "M-2 0h4m-2-2v4", "a round trip"},
                             {"data", "M0-6V6", "several, from the least to the longest"}});
        draw_round_trips(to, of, of.client, 0, budget.plain);
        draw_round_trips(to, of, opposite(of.client), 1, budget.plain);
        return std::move(to).finish(total_height);
    });
}

std::string in_flight(const trace& of, const picture_options& options) {
    return drawn_within(options.most_bytes, [&](mark_budget budget) {
        picture to{"Bytes in flight: " + of.name(), subtitle_of(of), options};
        (void)to.legend(66, {{"data", "M-7 0H7", "sent and not acknowledged"},
                             {"window", "M-7 0H7", "window of the receiver (at the top: beyond it)"}});
        draw_in_flight(to, of, of.client, 0, budget.plain);
        draw_in_flight(to, of, opposite(of.client), 1, budget.plain);
        return std::move(to).finish(total_height);
    });
}

std::string throughput(const trace& of, const picture_options& options) {
    return drawn_within(options.most_bytes, [&](mark_budget budget) {
        interval_series series = of.intervals;
        constexpr std::size_t most = 180; // about 5 pixels each
        while (series.intervals().size() > std::min(most, budget.plain)) series.widen();
        picture to{"Throughput: " + of.name(), subtitle_of(of) + "; intervals of " + duration_text(series.width()),
                   options};
        (void)to.legend(66, {{"fill-data", "M-6-6H6V6H-6Z", "goodput: data that was not captured before"},
                             {"fill-window", "M-6-6H6V6H-6Z", "the rest of the throughput: data that was sent before"},
                             {"resent", "M0-3v6", "retransmissions (below the axis)"}});
        draw_throughput(to, of, of.client, 0, series);
        draw_throughput(to, of, opposite(of.client), 1, series);
        return std::move(to).finish(total_height);
    });
}

} // namespace program::graphs
