// SPDX-License-Identifier: MIT
#pragma once

// Pictures as SVG text: escaped text, numbers, axes with round ticks, and a frame with a title and a legend. No picture refers to
// anything outside of itself, and none has scripts or style attributes, so a page with a strict Content-Security-Policy can hold them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program::graphs {

/// What may be chosen of any picture.
struct picture_options {
    /// No picture is larger.
    std::size_t most_bytes = 2'000'000;
    /// Whether it goes into a page, which has graph_style() once for all its pictures and gives the language.
    bool is_part_of_page = false;
};

/// The colours and lines of all pictures, for light and dark, as CSS.
[[nodiscard]] std::string_view graph_style();

/// Text that may come from anywhere, as it stands in XML and HTML, in attributes as well.
[[nodiscard]] std::string xml_escaped(std::string_view text);
/// A coordinate with one decimal at most: "12", "12.3".
[[nodiscard]] std::string coordinate(double value);
/// "1234.567 ms"
[[nodiscard]] std::string milliseconds_text(std::chrono::nanoseconds time);

/// Where the values of an axis lie in the picture. Values beyond its ends lie at its ends.
class axis {
public:
    /// @pre low < high
    axis(double low, double high, double begin, double end) : low_(low), high_(high), begin_(begin), end_(end) {}
    [[nodiscard]] double at(double value) const;
    [[nodiscard]] double low() const { return low_; }
    [[nodiscard]] double high() const { return high_; }
    [[nodiscard]] double begin() const { return begin_; }
    [[nodiscard]] double end() const { return end_; }
    [[nodiscard]] bool has(double value) const { return value >= low_ && value <= high_; }

private:
    double low_;
    double high_;
    double begin_;
    double end_;
};

/// What the numbers of an axis are.
enum class quantity { time, bytes, bytes_per_second, packets_per_second };

struct tick {
    double value;
    std::string label;
};
/// Ticks at multiples of 1, 2 or 5 times a power of ten (of times of a minute and more: of seconds, minutes, hours and days).
struct tick_list {
    std::vector<tick> ticks{};
    std::string unit{}; ///< "ms", "MB"
};
/// \param values of time are nanoseconds
[[nodiscard]] tick_list round_ticks(const axis& values, quantity what, std::size_t most);

/// A glyph and what it means.
struct legend_entry {
    std::string css{};
    std::string path{}; ///< around 0 0, 10 wide and high at most
    std::string text{};
};

inline constexpr double picture_width = 1000;

/// SVG that is written part by part.
class picture {
public:
    picture(std::string_view title, std::string_view subtitle, const picture_options& options);

    /// Text. \param anchor "start", "middle" or "end"
    void text(double x, double y, std::string_view css, std::string_view words, std::string_view anchor = "start");
    /// A path without a tooltip.
    void line(std::string_view css, std::string_view path);
    /// Begins a mark: what follows up to end_mark() has this tooltip. `attributes`: " data-packet=…", escaped where that is needed.
    void begin_mark(std::string_view tooltip, std::string_view attributes = {});
    void end_mark() { body_ += "</g>\n"; }
    /// Whole elements.
    void raw(std::string_view elements) { body_ += elements; }

    /// Lines of explained glyphs from here on. Returns how high they are.
    double legend(double top, const std::vector<legend_entry>& entries);
    /// The two axes of a plot, with grid and titles. `name` stands above the plot.
    void axes(const axis& x, const axis& y, std::string_view name, quantity of_x, quantity of_y,
              std::string_view x_title, std::string_view y_title);

    [[nodiscard]] std::size_t size() const { return body_.size(); }
    /// The picture, whose last line is at `height`.
    [[nodiscard]] std::string finish(double height) &&;

private:
    std::string title_;
    std::string subtitle_;
    picture_options options_;
    std::string body_{};
};

} // namespace program::graphs
