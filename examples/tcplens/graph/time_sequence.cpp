// SPDX-License-Identifier: MIT
#include "time_sequence.hpp"

#include "../text.hpp"
#include "appearance.hpp"
#include "thinning.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace program::graphs {

namespace {

using tcplens::side;

constexpr double left = 90;
constexpr double right = 980;
constexpr double high_plot = 330;
constexpr double low_plot = 110; // of a direction without data
constexpr double least_bar = 2;

/// The plot of what one side sent.
struct plot {
    axis x;
    axis y;
};

class drawing {
public:
    drawing(const trace& of, const picture_options& options, mark_budget budget)
        : of_(of), budget_(budget), to_("Time-sequence graph: " + of.name(), subtitle_of(of), options) {}

    std::string draw();

private:
    static std::string subtitle_of(const trace& of);
    [[nodiscard]] double height_of(side sender) const {
        return of_.sides[sender].data_packets > 0 ? high_plot : low_plot;
    }
    [[nodiscard]] plot plot_of(side sender, double top) const;

    void draw_legend(double& top);
    void draw_ground(side sender, const plot& in);
    void draw_data(side sender, const plot& in);
    void draw_acknowledgments(side sender, const plot& in);
    void draw_blocks(side sender, const plot& in);
    void draw_odd(const class_marks& all, const plot& own, const plot& other);

    [[nodiscard]] double x_of(const plot& in, tcplens::timestamp time) const {
        return in.x.at(static_cast<double>(of_.since_begin(time).count()));
    }
    [[nodiscard]] static double y_of(const plot& in, std::int64_t sequence) {
        return in.y.at(static_cast<double>(sequence));
    }
    /// A bar at one time, or the outline of several.
    [[nodiscard]] std::string bar(const plot& in, const packet_group& of, const value_range& sequence) const;
    void glyph(const appearance& looks, double x, double y);

    const trace& of_;
    mark_budget budget_;
    picture to_;
};

std::string drawing::subtitle_of(const trace& of) {
    std::string text = counted(of.packets, "packet", "packets") + " in " + duration_text(of.latest - of.earliest) +
                       " from " + time_text(of.earliest) + " UTC; sequence numbers are relative";
    if (of.roles_guessed) text += "; which end is the client is a guess";
    const bool knows_scale = of.sides[side::first].saw_syn && of.sides[side::second].saw_syn;
    if (!knows_scale && of.packets > 0) text += "; windows as in the header, since their scale was not captured";
    if (of.has_samples) text += "; segments that a sampling device chose are left out";
    return text;
}

plot drawing::plot_of(side sender, double top) const {
    const side_trace& sent = of_.sides[sender];
    const double begin = static_cast<double>(of_.since_begin(of_.earliest).count());
    const double end = static_cast<double>(of_.since_begin(of_.latest).count());
    std::int64_t low = 0;
    std::int64_t high = sent.sequence_end;
    std::int64_t window = 0;
    for (const auto& [kind, list] : of_.marks) {
        for (const trace_mark& each : list.items()) {
            if (kind.sender == sender) low = std::min(low, each.sequence.low);
            else if (each.acknowledges) window = std::max(window, each.window_end.high);
        }
    }
    constexpr std::int64_t most_zoom = 3; // a window so many times larger than the data would hide it
    if (window > high && window <= most_zoom * high) high = window;
    constexpr double least_time = 1000; // ns
    constexpr double margin = 1.04;
    return {axis{begin, std::max(end, begin + least_time), left, right},
            axis{static_cast<double>(low), static_cast<double>(std::max<std::int64_t>(high, low + 1)) * margin,
                 top + height_of(sender), top}};
}

std::string drawing::bar(const plot& in, const packet_group& of, const value_range& sequence) const {
    const double x = x_of(in, of.first_time);
    const double to_x = x_of(in, of.last_time);
    const double y = y_of(in, sequence.low);
    const double to_y = std::min(y_of(in, sequence.high), y - least_bar);
    const std::string at = "M" + coordinate(x) + " " + coordinate(y);
    if (to_x - x < 1) return at + "V" + coordinate(to_y);
    return at + "H" + coordinate(to_x) + "V" + coordinate(to_y) + "H" + coordinate(x) + "Z";
}

void drawing::glyph(const appearance& looks, double x, double y) {
    to_.raw("<path class=\"" + std::string{looks.css} + "\" transform=\"translate(" + coordinate(x) + " " +
            coordinate(y) + ")\" d=\"" + std::string{looks.glyph} + "\"/>");
}

void drawing::draw_legend(double& top) {
    std::vector<legend_entry> entries{{"data", "M0-6V6", "data"},
                                      {"ack", "M-7 0H7", "acknowledged"},
                                      {"window", "M-7 0H7", "end of the window (at the top: beyond it)"}};
    bool has_blocks = false;
    std::uint64_t holes = 0;
    std::uint64_t shut = 0;
    for (const side_trace& each : of_.sides) {
        has_blocks = has_blocks || !each.blocks.items().empty();
        for (const trace_hole& hole : each.holes.items()) holes += hole.packets;
        for (const trace_shut& time : each.shut.items()) shut += time.packets;
    }
    if (has_blocks) entries.push_back({"sack", "M0-6V6", "SACK block"});
    if (holes > 0) entries.push_back({"hole", "M-7-5H7V5H-7Z", "hole in what was captured (" + grouped(holes) + ")"});
    if (shut > 0) entries.push_back({"shut", "M-7 0H7", "window closed (" + grouped(shut) + ")"});
    std::vector<std::pair<appearance, std::uint64_t>> counts;
    for (const auto& [kind, list] : of_.marks) {
        if (!kind.is_odd()) continue;
        const appearance looks = appearance_of(kind);
        auto known = std::ranges::find(counts, looks.name, [](const auto& each) { return each.first.name; });
        if (known == counts.end()) known = counts.insert(counts.end(), {looks, 0});
        for (const trace_mark& each : list.items()) known->second += each.packets;
    }
    for (const auto& [looks, count] : counts) {
        entries.push_back(
            {std::string{looks.css}, std::string{looks.glyph}, std::string{looks.name} + " (" + grouped(count) + ")"});
    }
    top += to_.legend(top, entries);
}

/// What lies under the segments: holes and closed windows.
void drawing::draw_ground(side sender, const plot& in) {
    const std::size_t most = budget_.plain;
    for (const auto& each : thinned(of_.sides[sender].holes.items(), of_, in.x, most)) {
        const trace_hole& hole = each.item;
        std::string words = "Hole of bytes " + range_text(hole.sequence) + ", noticed by packet " +
                            std::to_string(hole.first_packet) + " at " +
                            milliseconds_text(of_.since_begin(hole.first_time));
        if (hole.packets > 1) words = grouped(hole.packets) + " holes of " + words.substr(8);
        words += hole.filled ? ", filled by packet " + std::to_string(hole.last_packet) + " after " +
                                   milliseconds_text(hole.last_time - hole.first_time)
                             : ", never filled";
        to_.begin_mark(words, " data-hole=\"" + std::to_string(hole.first_packet) + "\"");
        const double x = x_of(in, hole.first_time);
        const double to_x = std::max(x_of(in, hole.last_time), x + 1.5);
        const double y = y_of(in, hole.sequence.low);
        to_.line("hole", "M" + coordinate(x) + " " + coordinate(y) + "H" + coordinate(to_x) + "V" +
                             coordinate(std::min(y_of(in, hole.sequence.high), y - least_bar)) + "H" + coordinate(x) +
                             "Z");
        to_.end_mark();
    }
    const side receiver = opposite(sender);
    for (const auto& each : thinned(of_.sides[receiver].shut.items(), of_, in.x, most)) {
        const trace_shut& shut = each.item;
        std::string words = "The " + std::string{role_of(of_, receiver)} + "'s window is closed from packet " +
                            std::to_string(shut.first_packet) + " on, at " +
                            milliseconds_text(of_.since_begin(shut.first_time)) + ", for " +
                            milliseconds_text(shut.last_time - shut.first_time);
        if (shut.packets > 1) words += ", " + grouped(shut.packets) + " times";
        if (shut.opened) words += ", up to packet " + std::to_string(shut.last_packet);
        to_.begin_mark(words, " data-closed-window=\"" + std::to_string(shut.first_packet) + "\"");
        to_.line("shut", "M" + coordinate(x_of(in, shut.first_time)) + " " + coordinate(y_of(in, shut.sequence.high)) +
                             "H" + coordinate(std::max(x_of(in, shut.last_time), x_of(in, shut.first_time) + 2)));
        to_.end_mark();
    }
}

void drawing::draw_data(side sender, const plot& in) {
    const auto found = of_.marks.find({.sender = sender, .has_data = true});
    if (found == of_.marks.end()) return;
    for (const auto& each : thinned(found->second.items(), of_, in.x, budget_.plain)) {
        const trace_mark& mark = each.item;
        to_.begin_mark(packets_text(of_, mark, each.numbers) + ": data " + range_text(mark.sequence) +
                           (mark.packets > 1 ? ", " + bytes_text(mark.bytes) + " in all" : ""),
                       attributes_of(static_cast<const packet_group&>(mark)));
        to_.line("data", bar(in, mark, mark.sequence));
        to_.end_mark();
    }
}

void drawing::draw_acknowledgments(side sender, const plot& in) {
    std::optional<double> x_before;
    double acknowledged_before = 0;
    double window_before = 0;
    for (const auto& each : thinned(acknowledgments_from(of_, opposite(sender)), of_, in.x, budget_.plain)) {
        const trace_mark& mark = each.item;
        const double x = x_of(in, mark.first_time);
        const double to_x = x_of(in, mark.last_time);
        const double low = y_of(in, mark.acknowledged.low);
        const double high = y_of(in, mark.acknowledged.high);
        const double window = y_of(in, mark.window_end.low);
        const double to_window = y_of(in, mark.window_end.high);
        const double from = x_before.value_or(x);
        std::string line = "M" + coordinate(from) + " " + coordinate(x_before ? acknowledged_before : low) + "H" +
                           coordinate(x) + "V" + coordinate(low);
        if (mark.packets > 1) line += "L" + coordinate(to_x) + " " + coordinate(high);
        std::string edge = "M" + coordinate(from) + " " + coordinate(x_before ? window_before : window) + "H" +
                           coordinate(x) + "V" + coordinate(window);
        if (mark.packets > 1) edge += "V" + coordinate(to_window) + "H" + coordinate(to_x);
        to_.begin_mark(
            packets_text(of_, mark, each.numbers) + ": acknowledges up to " +
                (mark.packets > 1
                     ? range_text(mark.acknowledged)
                     : grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(mark.acknowledged.low, 0)))) +
                ", window " +
                (mark.packets > 1 ? "end " + range_text(mark.window_end)
                                  : grouped(static_cast<std::uint64_t>(mark.window_end.low - mark.acknowledged.low))),
            attributes_of(static_cast<const packet_group&>(mark)));
        to_.line("window", edge);
        to_.line("ack", line);
        to_.end_mark();
        x_before = to_x;
        acknowledged_before = mark.packets > 1 ? high : low;
        window_before = to_window;
    }
    if (x_before) { // to the end of the connection
        to_.line("ack", "M" + coordinate(*x_before) + " " + coordinate(acknowledged_before) + "H" + coordinate(right));
    }
}

void drawing::draw_blocks(side sender, const plot& in) {
    const side receiver = opposite(sender);
    for (const auto& each : thinned(of_.sides[receiver].blocks.items(), of_, in.x, budget_.plain)) {
        const trace_block& block = each.item;
        to_.begin_mark(packets_text(of_, block) + (block.is_duplicate ? ": D-SACK " : ": SACK ") +
                           range_text(block.sequence),
                       " data-sack=\"" + std::to_string(block.first_packet) + "\"");
        to_.line("sack", bar(in, block, block.sequence));
        to_.end_mark();
    }
}

void drawing::draw_odd(const class_marks& all, const plot& own, const plot& other) {
    const appearance looks = appearance_of(all.kind);
    const bool is_acknowledgment = contains_any(all.kind.kinds, acknowledgment_kinds);
    const bool has_other_kinds = (all.kind.kinds & ~acknowledgment_kinds) != tcplens::verdict_kinds::none;
    const bool is_in_own = all.kind.has_data || all.kind.ends != 0 || has_other_kinds || !is_acknowledgment;
    const std::string words = words_of(all.kind);
    for (const auto& each : all.marks) {
        const trace_mark& mark = each.item;
        const double x = (x_of(own, mark.first_time) + x_of(own, mark.last_time)) / 2;
        std::string tooltip = packets_text(of_, mark, each.numbers) + ": " + words + "; " +
                              std::string{role_of(of_, all.kind.sender)} + ", sequence " + range_text(mark.sequence);
        if (mark.acknowledges && is_acknowledgment) {
            tooltip += ", acknowledges up to " +
                       grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(mark.acknowledged.high, 0)));
        }
        to_.begin_mark(tooltip, attributes_of(static_cast<const packet_group&>(mark)) + attributes_of(all.kind));
        if (is_in_own) {
            if (all.kind.has_data) to_.line(looks.css, bar(own, mark, mark.sequence));
            glyph(looks, x, y_of(own, mark.sequence.high));
        }
        if (is_acknowledgment && mark.acknowledges) glyph(looks, x, y_of(other, mark.acknowledged.high));
        if (is_acknowledgment && !mark.acknowledges && !is_in_own) glyph(looks, x, y_of(own, mark.sequence.high));
        to_.end_mark();
    }
}

std::string drawing::draw() {
    const side client = of_.client;
    double top = 62;
    draw_legend(top);
    top += 18;
    const plot to_server = plot_of(client, top);
    top = to_server.y.begin() + 62;
    const plot to_client = plot_of(opposite(client), top);
    for (const side sender : {client, opposite(client)}) {
        const plot& in = sender == client ? to_server : to_client;
        to_.axes(in.x, in.y,
                 std::string{role_of(of_, sender)} + " to " + std::string{role_of(of_, opposite(sender))} + ", " +
                     bytes_text(of_.sides[sender].data_bytes) + " in " +
                     counted(of_.sides[sender].data_packets, "packet", "packets"),
                 quantity::time, quantity::bytes, "time since the first packet", "sequence number");
        draw_ground(sender, in);
        draw_acknowledgments(sender, in);
        draw_data(sender, in);
        draw_blocks(sender, in);
    }
    for (const class_marks& each : odd_marks(of_, to_server.x, budget_.odd)) {
        const bool is_client = each.kind.sender == client;
        draw_odd(each, is_client ? to_server : to_client, is_client ? to_client : to_server);
    }
    return std::move(to_).finish(to_client.y.begin() + 44);
}

} // namespace

std::string time_sequence(const trace& of, const picture_options& options) {
    return drawn_within(options.most_bytes, [&](mark_budget budget) { return drawing{of, options, budget}.draw(); });
}

} // namespace program::graphs
