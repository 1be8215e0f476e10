// SPDX-License-Identifier: MIT
#include "svg.hpp"

#include "../text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace program::graphs {

namespace {

// Contrast with the ground: 4.5 and more for text, 3 and more for lines (WCAG 2.2, 1.4.3 and 1.4.11).
constexpr std::string_view style_text = R"(
svg.graph{--back:#fff;--ink:#1b1f24;--soft:#57606a;--grid:#e1e5ea;--data:#0b5fa5;--ack:#2a7a2f;--window:#8a6400;
--sack:#7b3fb3;--resent:#c62828;--fast:#b84300;--spurious:#b0006d;--probe:#7a4a12;--late:#006d77;--copy:#5f6670;--hole:#fbe3c4;
--hole-edge:#b26a00;background:var(--back);font:12px system-ui,"DejaVu Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){svg.graph{--back:#14171a;--ink:#e8eaed;--soft:#a9b1ba;--grid:#2d333b;--data:#6cb6ff;
--ack:#6fd08c;--window:#e0b84c;--sack:#c79bff;--resent:#ff7b72;--fast:#ffa657;--spurious:#ff8ad1;--probe:#d8a878;--late:#5fd3dd;
--copy:#a0a8b2;--hole:#4a3517;--hole-edge:#e0a050}}
@media print{svg.graph{--back:#fff;--ink:#000;--soft:#333;--grid:#ddd;--data:#0b5fa5;--ack:#2a7a2f;--window:#8a6400;
--sack:#7b3fb3;--resent:#c62828;--fast:#b84300;--spurious:#b0006d;--probe:#7a4a12;--late:#006d77;--copy:#5f6670;--hole:#fbe3c4;
--hole-edge:#b26a00}}
svg.graph text{fill:var(--ink)}
svg.graph text.title{font-size:17px;font-weight:600}
svg.graph text.soft{fill:var(--soft)}
svg.graph text.name{font-weight:600}
svg.graph text.small{font-size:10px}
svg.graph path{fill:none;stroke-width:1.5;stroke:var(--ink)}
svg.graph path.ground{fill:var(--back);stroke:none}
svg.graph path.grid{stroke:var(--grid);stroke-width:1}
svg.graph path.axis{stroke:var(--soft);stroke-width:1}
svg.graph path.data{stroke:var(--data);stroke-width:2}
svg.graph path.ack{stroke:var(--ack)}
svg.graph path.window{stroke:var(--window);stroke-dasharray:5 2}
svg.graph path.sack{stroke:var(--sack);stroke-width:2.5}
svg.graph path.resent{stroke:var(--resent);stroke-width:2.5}
svg.graph path.fast{stroke:var(--fast);stroke-width:2.5}
svg.graph path.spurious{stroke:var(--spurious);stroke-width:2.5}
svg.graph path.probe{stroke:var(--probe);stroke-width:2.5}
svg.graph path.late{stroke:var(--late);stroke-width:2.5}
svg.graph path.copy{stroke:var(--copy);stroke-width:2.5}
svg.graph path.note{stroke:var(--ack);stroke-width:2}
svg.graph path.shut{stroke:var(--resent);stroke-width:4}
svg.graph path.hole{fill:var(--hole);stroke:var(--hole-edge);stroke-width:1}
svg.graph path.end{stroke:var(--ink);stroke-width:2.5}
svg.graph path.fill-data{fill:var(--data);stroke:none}
svg.graph path.fill-ack{fill:var(--ack);stroke:none}
svg.graph path.fill-window{fill:var(--window);stroke:none}
svg.graph path.fill-sack{fill:var(--sack);stroke:none}
svg.graph path.fill-resent{fill:var(--resent);stroke:none}
svg.graph path.fill-late{fill:var(--late);stroke:none}
svg.graph path.fill-copy{fill:var(--copy);stroke:none}
)";
constexpr std::string_view standalone_style =
    "svg:root{width:100%;min-width:700px;max-width:1500px;height:auto;display:block}"
    ":root{color-scheme:light dark}\n";

struct unit_size {
    double size;
    std::string_view name;
};
constexpr std::array<unit_size, 7> time_units{
    {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}, {60e9, "min"}, {3600e9, "h"}, {86400e9, "days"}}};
constexpr std::array<unit_size, 6> byte_units{
    {{1, "B"}, {1e3, "kB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}, {1e15, "PB"}}};
constexpr std::array<unit_size, 5> rate_units{
    {{1, "B/s"}, {1e3, "kB/s"}, {1e6, "MB/s"}, {1e9, "GB/s"}, {1e12, "TB/s"}}};
constexpr std::array<unit_size, 3> packet_units{
    {{1, "packets/s"}, {1e3, "thousand packets/s"}, {1e6, "million packets/s"}}};

/// The largest unit of which the range has two at least.
template <std::size_t N>
unit_size unit_for(const std::array<unit_size, N>& units, double range) {
    unit_size best = units[0];
    for (const unit_size& each : units) {
        if (range >= 2 * each.size) best = each;
    }
    return best;
}

unit_size unit_for(quantity what, double range) {
    switch (what) {
    case quantity::time: return unit_for(time_units, range);
    case quantity::bytes: return unit_for(byte_units, range);
    case quantity::bytes_per_second: return unit_for(rate_units, range);
    case quantity::packets_per_second: break;
    }
    return unit_for(packet_units, range);
}

constexpr double letter_width = 6.4; // of 12 px system fonts, on average

/// How wide words are in the picture, roughly.
double width_of(std::string_view words) {
    return letter_width * static_cast<double>(columns(words));
}

} // namespace

std::string_view graph_style() {
    return style_text;
}

std::string xml_escaped(std::string_view text) {
    std::string safe;
    for (const char each : escaped(text)) { // control characters and what is no UTF-8 are gone then
        switch (each) {
        case '&': safe += "&amp;"; break;
        case '<': safe += "&lt;"; break;
        case '>': safe += "&gt;"; break;
        case '"': safe += "&quot;"; break;
        case '\'': safe += "&#39;"; break;
        default: safe += each;
        }
    }
    constexpr std::string_view no_characters[]{"\xef\xbf\xbe", "\xef\xbf\xbf"}; // U+FFFE, U+FFFF: XML 1.0 section 2.2
    for (const std::string_view each : no_characters) {
        for (std::size_t at = safe.find(each); at != std::string::npos; at = safe.find(each, at)) {
            safe.replace(at, each.size(), "\xef\xbf\xbd");
        }
    }
    return safe;
}

std::string coordinate(double value) {
    constexpr double most = 1e6; // far outside of any picture
    if (!std::isfinite(value)) value = 0;
    const auto tenths = static_cast<std::int64_t>(std::llround(std::clamp(value, -most, most) * 10));
    const std::int64_t size = tenths < 0 ? -tenths : tenths;
    std::string text = tenths < 0 ? "-" : "";
    text += std::to_string(size / 10);
    if (size % 10 != 0) text.append(1, '.').append(1, static_cast<char>('0' + size % 10));
    return text;
}

std::string milliseconds_text(std::chrono::nanoseconds time) {
    return fixed(static_cast<double>(time.count()) / 1e6, 3) + " ms";
}

double axis::at(double value) const {
    const double part = std::clamp((value - low_) / (high_ - low_), 0.0, 1.0);
    return begin_ + part * (end_ - begin_);
}

tick_list round_ticks(const axis& values, quantity what, std::size_t most) {
    const double range = values.high() - values.low();
    const unit_size unit = unit_for(what, std::max(std::abs(values.low()), std::abs(values.high())));
    const double wanted = range / unit.size / static_cast<double>(std::max<std::size_t>(most, 2));
    const double power = std::pow(10.0, std::floor(std::log10(std::max(wanted, 1e-12))));
    double step = 10 * power;
    for (const double each : {1.0, 2.0, 5.0}) {
        if (each * power < wanted * 0.999) continue;
        step = each * power;
        break;
    }
    if (what == quantity::packets_per_second || what == quantity::bytes) {
        if (unit.size <= 1) step = std::max(step, 1.0); // no half packets and bytes
    }
    const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 9);
    tick_list found{.ticks = {}, .unit = std::string{unit.name}};
    const double first = std::ceil(values.low() / unit.size / step - 1e-9);
    const double last = std::floor(values.high() / unit.size / step + 1e-9);
    for (double number = first; number <= last && found.ticks.size() <= most + 2; number += 1) {
        const double value = number * step;
        found.ticks.push_back({value * unit.size, fixed(value == 0 ? 0 : value, decimals)});
    }
    return found;
}

picture::picture(std::string_view title, std::string_view subtitle, const picture_options& options)
    : title_(title), subtitle_(subtitle), options_(options) {}

void picture::text(double x, double y, std::string_view css, std::string_view words, std::string_view anchor) {
    body_ += "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + '"';
    if (!css.empty()) body_.append(" class=\"").append(css).append("\"");
    if (anchor != "start") body_.append(" text-anchor=\"").append(anchor).append("\"");
    body_ += ">" + xml_escaped(words) + "</text>\n";
}

void picture::line(std::string_view css, std::string_view path) {
    body_.append("<path class=\"").append(css).append("\" d=\"").append(path).append("\"/>");
}

void picture::begin_mark(std::string_view tooltip, std::string_view attributes) {
    body_.append("<g").append(attributes).append("><title>").append(xml_escaped(tooltip)).append("</title>");
}

double picture::legend(double top, const std::vector<legend_entry>& entries) {
    constexpr double line_height = 18;
    constexpr double glyph_width = 20;
    constexpr double left = 20;
    double x = left;
    double y = top;
    for (const legend_entry& each : entries) {
        const double width = glyph_width + width_of(each.text) + 14;
        if (x + width > picture_width - left && x > left) {
            x = left;
            y += line_height;
        }
        body_ += "<g transform=\"translate(" + coordinate(x + 7) + " " + coordinate(y) + ")\">";
        line(each.css, each.path);
        body_ += "</g>";
        text(x + glyph_width, y + 4, "", each.text);
        x += width;
    }
    return entries.empty() ? 0 : y - top + line_height;
}

void picture::axes(const axis& x, const axis& y, std::string_view name, quantity of_x, quantity of_y,
                   std::string_view x_title, std::string_view y_title) {
    constexpr std::size_t x_ticks = 10;
    const auto y_ticks = static_cast<std::size_t>(std::max(2.0, (y.begin() - y.end()) / 45));
    const tick_list along = round_ticks(x, of_x, x_ticks);
    const tick_list up = round_ticks(y, of_y, y_ticks);
    std::string grid;
    for (const tick& each : along.ticks) {
        grid += "M" + coordinate(x.at(each.value)) + " " + coordinate(y.end()) + "V" + coordinate(y.begin());
    }
    for (const tick& each : up.ticks) {
        grid += "M" + coordinate(x.begin()) + " " + coordinate(y.at(each.value)) + "H" + coordinate(x.end());
    }
    line("grid", grid);
    line("axis", "M" + coordinate(x.begin()) + " " + coordinate(y.end()) + "V" + coordinate(y.begin()) + "H" +
                     coordinate(x.end()));
    for (const tick& each : along.ticks) text(x.at(each.value), y.begin() + 15, "soft", each.label, "middle");
    for (const tick& each : up.ticks) text(x.begin() - 6, y.at(each.value) + 4, "soft", each.label, "end");
    text((x.begin() + x.end()) / 2, y.begin() + 31, "soft", std::string{x_title} + " [" + along.unit + "]", "middle");
    text(x.begin() - 52, y.end() - 10, "soft", std::string{y_title} + " [" + up.unit + "]");
    text(x.end(), y.end() - 10, "name", name, "end");
}

std::string picture::finish(double height) && {
    const std::string tall = coordinate(height);
    std::string all;
    if (!options_.is_part_of_page) all += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    all += "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" viewBox=\"0 0 " + coordinate(picture_width) +
           " " + tall + "\" role=\"img\" aria-label=\"" + xml_escaped(title_ + ". " + subtitle_) + "\"";
    if (!options_.is_part_of_page) {
        all += " width=\"" + coordinate(picture_width) + "\" height=\"" + tall + "\"";
    }
    all += ">\n<title>" + xml_escaped(title_) + "</title>\n";
    if (!options_.is_part_of_page)
        all.append("<style>").append(style_text).append(standalone_style).append("</style>\n");
    all += "<path class=\"ground\" d=\"M0 0H" + coordinate(picture_width) + "V" + tall + "H0Z\"/>\n";
    picture head{"", "", options_};
    head.text(20, 26, "title", title_);
    head.text(20, 45, "soft", subtitle_);
    return all + head.body_ + body_ + "</svg>\n";
}

} // namespace program::graphs
