// SPDX-License-Identifier: MIT
#include "xplot.hpp"

#include "../text.hpp"
#include "appearance.hpp"

#include <algorithm>
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

void draw_segments(plot_text& to, const mark_class& kind, const std::vector<trace_mark>& marks) {
    to.colour(colour_of(kind));
    const std::string words = kind.is_odd() ? words_of(kind) : "";
    for (const trace_mark& each : marks) {
        if (kind.has_data) {
            to.line(each.first_time, each.sequence.low, each.last_time, each.sequence.high);
            to.at("dtick", each.first_time, each.sequence.low);
            to.at("utick", each.last_time, each.sequence.high);
        } else {
            to.at("diamond", each.first_time, each.sequence.high);
        }
        if (words.empty()) continue;
        const std::string count = each.packets > 1 ? grouped(each.packets) + " " : "";
        to.words("atext", each.first_time, each.sequence.high,
                 count + words + " #" + std::to_string(each.first_packet));
    }
}

void draw_acknowledgments(plot_text& to, const trace& of, side receiver) {
    std::vector<std::pair<trace_mark, mark_class>> all;
    for (const auto& [kind, list] : of.marks) {
        if (kind.sender != receiver) continue;
        for (const trace_mark& each : list.items()) {
            if (each.acknowledges) all.emplace_back(each, kind);
        }
    }
    std::ranges::stable_sort(all, {}, [](const auto& each) {
        return std::pair{each.first.first_time, each.first.first_packet};
    });
    const trace_mark* before = nullptr;
    for (const auto& [mark, kind] : all) {
        if (before != nullptr) {
            to.colour("green");
            to.line(before->last_time, before->acknowledged.high, mark.first_time, before->acknowledged.high);
            to.line(mark.first_time, before->acknowledged.high, mark.first_time, mark.acknowledged.high);
            to.colour("yellow");
            to.line(before->last_time, before->window_end.high, mark.first_time, before->window_end.high);
            to.line(mark.first_time, before->window_end.high, mark.first_time, mark.window_end.high);
        }
        if (contains_any(kind.kinds, acknowledgment_kinds)) {
            to.colour(colour_of(kind));
            to.words("btext", mark.first_time, mark.acknowledged.low,
                     to_string(kind.kinds & acknowledgment_kinds) + " #" + std::to_string(mark.first_packet));
        }
        before = &mark;
    }
}

} // namespace

std::string xplot(const trace& of, side sender) {
    plot_text to;
    const bool from_client = sender == of.client;
    to.raw("timeval double\ntitle\n" + to_string(of.sides[sender].end) + "_==>_" +
           to_string(of.sides[opposite(sender)].end) + " (time sequence graph, connection " +
           std::to_string(of.number) + (from_client ? ", client to server)" : ", server to client)") +
           "\nxlabel\ntime\nylabel\nsequence number\n");
    for (const auto& [kind, list] : of.marks) {
        const bool is_plain_ack = !kind.is_odd() && !kind.has_data;
        const bool is_acknowledgment = !kind.has_data && kind.ends == 0 && !kind.is_far &&
                                       (kind.kinds & ~acknowledgment_kinds) == tcplens::verdict_kinds::none;
        if (kind.sender != sender || is_plain_ack || is_acknowledgment) continue;
        draw_segments(to, kind, list.items());
    }
    draw_acknowledgments(to, of, opposite(sender));
    to.colour("purple");
    for (const trace_block& each : of.sides[opposite(sender)].blocks.items()) {
        to.line(each.first_time, each.sequence.low, each.last_time, each.sequence.high);
        to.words("rtext", each.first_time, each.sequence.high, each.is_duplicate ? "D" : "S");
    }
    to.colour("orange");
    for (const trace_hole& each : of.sides[sender].holes.items()) {
        to.line(each.first_time, each.sequence.low, each.last_time, each.sequence.low);
    }
    to.colour("red");
    for (const trace_shut& each : of.sides[opposite(sender)].shut.items()) {
        to.line(each.first_time, each.sequence.high, each.last_time, each.sequence.high);
        to.words("atext", each.first_time, each.sequence.high, "Z");
    }
    to.raw("go\n");
    return std::move(to.text());
}

} // namespace program::graphs
