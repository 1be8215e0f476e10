// SPDX-License-Identifier: MIT
#include "xplot.hpp"

#include "../text.hpp"
#include "appearance.hpp"
#include "thinning.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace program::graphs {

namespace {

using tcplens::side;

/// Seconds since 1970 with six decimals, as xplot's timeval has it.
std::string time_of(tcplens::timestamp time) {
    const std::int64_t microseconds = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t seconds =
        microseconds >= 0 ? microseconds / million : -((-microseconds + million - 1) / million);
    return std::to_string(seconds) + "." + std::to_string(million + (microseconds - seconds * million)).substr(1);
}

class plot_text {
public:
    void colour(std::string_view name) { text_.append(name).append("\n"); }
    void at(std::string_view what, tcplens::timestamp time, std::int64_t sequence) {
        text_.append(what).append(" ").append(time_of(time)).append(" ").append(std::to_string(sequence)).append("\n");
    }
    void line(tcplens::timestamp from, std::int64_t low, tcplens::timestamp to, std::int64_t high) {
        text_.append("line ").append(time_of(from)).append(" ").append(std::to_string(low)).append(" ");
        text_.append(time_of(to)).append(" ").append(std::to_string(high)).append("\n");
    }
    void words(std::string_view where, tcplens::timestamp time, std::int64_t sequence, std::string_view what) {
        at(where, time, sequence);
        text_.append(what).append("\n");
    }
    void raw(std::string_view more) { text_ += more; }
    [[nodiscard]] std::string& text() { return text_; }

private:
    std::string text_{};
};

/// xplot's colours, by how segments look in the other pictures.
std::string_view colour_of(const mark_class& of) {
    if (!of.is_odd()) return "white";
    constexpr std::pair<std::string_view, std::string_view> colours[]{
        {"resent", "red"}, {"fast", "orange"}, {"spurious", "magenta"}, {"probe", "yellow"}, {"late", "blue"},
        {"copy", "pink"},  {"shut", "purple"}, {"window", "yellow"},    {"note", "green"},   {"end", "white"}};
    const appearance looks = appearance_of(of);
    const auto found = std::ranges::find(colours, looks.css, [](const auto& each) { return each.first; });
    return found == std::end(colours) ? "white" : found->second;
}

class plot_drawing {
public:
    plot_drawing(const trace& of, side sender, mark_budget budget) : of_(of), sender_(sender), budget_(budget) {}

    std::string draw();

private:
    void draw_segments(const mark_class& kind, const std::vector<drawn_mark<trace_mark>>& marks);
    void draw_acknowledgments();
    void draw_words_of_acknowledgments(const class_marks& all);
    void draw_ground();

    const trace& of_;
    side sender_;
    mark_budget budget_;
    axis x_ = time_axis(of_);
    plot_text to_{};

    static axis time_axis(const trace& of) {
        const double begin = static_cast<double>(of.since_begin(of.earliest).count());
        const double end = static_cast<double>(of.since_begin(of.latest).count());
        return {begin, std::max(end, begin + 1), 0, picture_width};
    }
};

void plot_drawing::draw_segments(const mark_class& kind, const std::vector<drawn_mark<trace_mark>>& marks) {
    to_.colour(colour_of(kind));
    const std::string words = kind.is_odd() ? words_of(kind) : "";
    for (const auto& drawn : marks) {
        const trace_mark& each = drawn.item;
        if (kind.has_data) {
            to_.line(each.first_time, each.sequence.low, each.last_time, each.sequence.high);
            to_.at("dtick", each.first_time, each.sequence.low);
            to_.at("utick", each.last_time, each.sequence.high);
        } else {
            to_.at("diamond", each.first_time, each.sequence.high);
        }
        if (words.empty()) continue;
        const std::string count = each.packets > 1 ? grouped(each.packets) + " " : "";
        to_.words("atext", each.first_time, each.sequence.high,
                  count + words + " #" + std::to_string(each.first_packet));
    }
}

void plot_drawing::draw_acknowledgments() {
    const auto drawn = thinned(acknowledgments_from(of_, opposite(sender_)), of_, x_, budget_.plain);
    for (std::size_t i = 1; i < drawn.size(); ++i) {
        const trace_mark& before = drawn[i - 1].item;
        const trace_mark& mark = drawn[i].item;
        to_.colour("green");
        to_.line(before.last_time, before.acknowledged.high, mark.first_time, before.acknowledged.high);
        to_.line(mark.first_time, before.acknowledged.high, mark.first_time, mark.acknowledged.high);
        to_.colour("yellow");
        to_.line(before.last_time, before.window_end.high, mark.first_time, before.window_end.high);
        to_.line(mark.first_time, before.window_end.high, mark.first_time, mark.window_end.high);
    }
}

/// Duplicate acknowledgments and the like, where they stand in the other direction.
void plot_drawing::draw_words_of_acknowledgments(const class_marks& all) {
    to_.colour(colour_of(all.kind));
    const std::string words = to_string(all.kind.kinds & acknowledgment_kinds);
    for (const auto& each : all.marks) {
        if (!each.item.acknowledges) continue;
        const std::string count = each.item.packets > 1 ? grouped(each.item.packets) + " " : "";
        to_.words("btext", each.item.first_time, each.item.acknowledged.low,
                  count + words + " #" + std::to_string(each.item.first_packet));
    }
}

/// SACK blocks, holes and closed windows.
void plot_drawing::draw_ground() {
    to_.colour("purple");
    for (const auto& drawn : thinned(of_.sides[opposite(sender_)].blocks.items(), of_, x_, budget_.plain)) {
        const trace_block& each = drawn.item;
        to_.line(each.first_time, each.sequence.low, each.last_time, each.sequence.high);
        to_.words("rtext", each.first_time, each.sequence.high, each.is_duplicate ? "D" : "S");
    }
    to_.colour("orange");
    for (const auto& drawn : thinned(of_.sides[sender_].holes.items(), of_, x_, budget_.plain)) {
        const trace_hole& each = drawn.item;
        to_.line(each.first_time, each.sequence.low, each.last_time, each.sequence.low);
    }
    to_.colour("red");
    for (const auto& drawn : thinned(of_.sides[opposite(sender_)].shut.items(), of_, x_, budget_.plain)) {
        const trace_shut& each = drawn.item;
        to_.line(each.first_time, each.sequence.high, each.last_time, each.sequence.high);
        to_.words("atext", each.first_time, each.sequence.high, "Z");
    }
}

std::string plot_drawing::draw() {
    const bool from_client = sender_ == of_.client;
    to_.raw("timeval double\ntitle\n" + to_string(of_.sides[sender_].end) + "_==>_" +
            to_string(of_.sides[opposite(sender_)].end) + " (time sequence graph, connection " +
            std::to_string(of_.number) + (from_client ? ", client to server)" : ", server to client)") +
            "\nxlabel\ntime\nylabel\nsequence number\n");
    if (const auto data = of_.marks.find({.sender = sender_, .has_data = true}); data != of_.marks.end()) {
        draw_segments(data->first, thinned(data->second.items(), of_, x_, budget_.plain));
    }
    const std::vector<class_marks> odd = odd_marks(of_, x_, budget_.odd);
    for (const class_marks& each : odd) {
        const mark_class& kind = each.kind;
        const bool is_acknowledgment = !kind.has_data && kind.ends == 0 && !kind.is_far &&
                                       (kind.kinds & ~acknowledgment_kinds) == tcplens::verdict_kinds::none;
        if (kind.sender == sender_ && !is_acknowledgment) draw_segments(kind, each.marks);
    }
    draw_acknowledgments();
    for (const class_marks& each : odd) {
        if (each.kind.sender != sender_ && contains_any(each.kind.kinds, acknowledgment_kinds))
            draw_words_of_acknowledgments(each);
    }
    draw_ground();
    to_.raw("go\n");
    return std::move(to_.text());
}

} // namespace

std::string xplot(const trace& of, side sender, const picture_options& options) {
    return drawn_within(options.most_bytes, [&](mark_budget budget) {
        return plot_drawing{of, sender, budget}.draw();
    });
}

} // namespace program::graphs
