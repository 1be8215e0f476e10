// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace program {

enum class style { plain, bold, faint, good, warning, bad };

/// What text may look like where it goes.
class terminal {
public:
    /// A terminal's own width and colours; else the width that COLUMNS says, or 100, and no colours. NO_COLOR takes colours away.
    [[nodiscard]] static terminal of_standard_output();

    terminal(std::size_t width, bool is_terminal, bool colours) noexcept
        : width_(width), is_terminal_(is_terminal), colours_(colours) {}

    /// Columns of a line: no line of text is longer.
    [[nodiscard]] std::size_t width() const noexcept { return width_; }
    /// Whether standard output is a terminal, and no file or pipe.
    [[nodiscard]] bool is_terminal() const noexcept { return is_terminal_; }
    [[nodiscard]] bool has_colours() const noexcept { return colours_; }
    /// Whether text can be drawn over text that is there: it is a terminal, and no dumb one.
    [[nodiscard]] bool can_move() const;
    /// The text with what switches to the style and back, or as it is where there are no colours.
    [[nodiscard]] std::string painted(style how, std::string_view text) const;

private:
    std::size_t width_;
    bool is_terminal_;
    bool colours_;
};

/// Whether standard error is a terminal, on which progress is shown.
[[nodiscard]] bool standard_error_is_terminal();

} // namespace program
