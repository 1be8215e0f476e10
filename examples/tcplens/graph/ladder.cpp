// SPDX-License-Identifier: MIT
#include "ladder.hpp"

#include "../text.hpp"
#include "appearance.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace program::graphs {

namespace {

using tcplens::side;

constexpr double client_x = 300;
constexpr double server_x = 620;
constexpr double first_y = 110;
constexpr double row_height = 24;
constexpr double pause_height = 18;
constexpr std::chrono::milliseconds least_pause{50}; // a reader looks for longer ones

std::string arrow_text(const trace_step& of) {
    std::string text = flags_text(of.kind.ends);
    const auto add = [&](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
    if (of.bytes > 0) add(range_text(of.sequence) + " (" + grouped(of.bytes) + " B)");
    if (of.acknowledged) add("ACK " + grouped(static_cast<std::uint64_t>(std::max<std::int64_t>(*of.acknowledged, 0))));
    else if (of.has_ack) add("ACK");
    return text.empty() ? "no flags" : text;
}

void draw_step(picture& to, const trace& in, const trace_step& step, double y) {
    const bool from_client = step.kind.sender == in.client;
    const double from = from_client ? client_x : server_x;
    const double end = from_client ? server_x : client_x;
    const double back = from_client ? -8 : 8;
    const appearance looks = appearance_of(step.kind);
    const bool has_verdict = step.kind.kinds != tcplens::verdict_kinds::none || step.kind.is_far;
    const std::string words = has_verdict ? words_of(step.kind) : "";
    to.begin_mark("packet " + std::to_string(step.packet) + ", " + milliseconds_text(in.since_begin(step.time)) + ": " +
                      std::string{role_of(in, step.kind.sender)} + " sends " + arrow_text(step) + ", window " +
                      grouped(step.window) + " (not scaled)" + (words.empty() ? "" : ": " + words),
                  " data-packet=\"" + std::to_string(step.packet) + "\"" + attributes_of(step.kind));
    to.line(looks.css, "M" + coordinate(from) + " " + coordinate(y) + "L" + coordinate(end) + " " + coordinate(y + 8) +
                           "m" + coordinate(back) + " -5l" + coordinate(-back) + " 5l" + coordinate(back) + " 4");
    to.text(client_x - 110, y + 4, "soft", std::to_string(step.packet), "end");
    to.text(client_x - 12, y + 4, "soft", milliseconds_text(in.since_begin(step.time)), "end");
    to.text((client_x + server_x) / 2, y - 2, "small", arrow_text(step), "middle");
    if (!words.empty()) to.text(server_x + 14, y + 8, "", words);
    to.end_mark();
}

} // namespace

std::string ladder(const trace& of, ladder_rows rows, const picture_options& options) {
    const bool odd = rows == ladder_rows::odd;
    const std::vector<trace_step>& all = odd ? of.odd_steps : of.first_steps;
    const std::uint64_t total = odd ? of.odd : of.packets;
    constexpr std::size_t bytes_of_row = 1200; // at most
    const std::size_t shown = std::min(all.size(), options.most_bytes / bytes_of_row);
    std::string subtitle = odd ? "segments with a verdict, or with SYN, FIN or RST: " : "segments: ";
    subtitle += shown == total ? "all " + grouped(total) : "the first " + grouped(shown) + " of " + grouped(total);
    subtitle += "; times since the first packet, " + time_text(of.first_time) + " UTC";
    picture to{"Ladder: " + of.name(), subtitle, options};
    to.text(client_x, first_y - 32, "name", "client " + to_string(of.client_side().end), "middle");
    to.text(server_x, first_y - 32, "name", "server " + to_string(of.server_side().end), "middle");
    to.text(client_x - 110, first_y - 14, "soft", "packet", "end");
    to.text(client_x - 12, first_y - 14, "soft", "time", "end");
    double y = first_y;
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0 && all[i].time - all[i - 1].time >= least_pause) {
            to.text((client_x + server_x) / 2, y + 2, "soft", duration_text(all[i].time - all[i - 1].time) + " later",
                    "middle");
            y += pause_height;
        }
        draw_step(to, of, all[i], y);
        y += row_height;
    }
    if (shown < total) {
        to.text(client_x, y + 12, "soft", grouped(total - shown) + " further segments are left out.");
        y += row_height;
    }
    to.line("axis", "M" + coordinate(client_x) + " " + coordinate(first_y - 20) + "V" + coordinate(y) + "M" +
                        coordinate(server_x) + " " + coordinate(first_y - 20) + "V" + coordinate(y));
    return std::move(to).finish(y + 24);
}

} // namespace program::graphs
