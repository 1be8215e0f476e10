// SPDX-License-Identifier: MIT
#pragma once

// The text of report as sections that fit a number of lines.

#include "session.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// Sections of text, each with lists that may be shortened. No line is wider than the terminal.
class report_sections {
public:
    /// Behind so many columns the text of each part begins.
    static constexpr std::size_t indent = 2;

    /// Some lines that stay, followed by an item of a list, or a whole part that stays.
    struct part {
        std::string text{}; ///< without the last line end
        bool is_item = false;
        bool is_row = false; ///< of a table
        [[nodiscard]] std::size_t lines() const;
    };
    struct section {
        std::string title{};
        std::vector<part> parts{};
        std::uint64_t left_out = 0;

        [[nodiscard]] std::size_t lines() const;
        [[nodiscard]] std::size_t lines_of_items() const;
        [[nodiscard]] std::size_t items() const;
        void leave_out_last_item();
    };

    explicit report_sections(std::size_t width) : width_(width) {}

    [[nodiscard]] std::size_t width() const { return width_; }

    /// Begins a section. @pre the title has room in a line
    void begin(std::string title);
    /// A sentence that stays.
    void say(std::string_view sentence);
    /// A line that stays. @pre it has room, indented by 2
    void header(std::string_view line);
    /// An item of a list.
    void list(std::string_view sentence);
    /// A line of a list. @pre it has room, indented by 2
    void row(std::string_view line);
    /// The list has so many more items, which are not shown.
    void leave_out(std::uint64_t items);

    [[nodiscard]] const std::vector<section>& sections() const { return sections_; }

    /// Writes all, in so many lines at most: of the longest lists, the last items are left out.
    void write(session& with, std::size_t most_lines);

private:
    [[nodiscard]] std::size_t lines() const;

    std::size_t width_;
    std::vector<section> sections_{};
};

} // namespace program
