// SPDX-License-Identifier: MIT
#include "terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#ifdef _WIN32
#include <io.h>
#else
#include <sys/ioctl.h>
#include <unistd.h>
#endif

namespace program {

namespace {

constexpr std::size_t usual_width = 100;
constexpr std::size_t least_width = 40; // what is narrower gets lines of this width

bool is_terminal(int descriptor) {
#ifdef _WIN32
    return _isatty(descriptor) != 0;
#else
    return isatty(descriptor) != 0;
#endif
}

std::string_view variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

std::size_t width_of_terminal() {
#ifndef _WIN32
    winsize size{};
    if (ioctl(1, TIOCGWINSZ, &size) == 0) return size.ws_col;
#endif
    return 0;
}

} // namespace

terminal terminal::of_standard_output() {
    const bool is_terminal = program::is_terminal(1);
    std::size_t width = is_terminal ? width_of_terminal() : 0;
    if (width == 0) {
        const std::string_view columns = variable("COLUMNS");
        std::from_chars(columns.data(), columns.data() + columns.size(), width);
    }
    if (width == 0) width = usual_width;
    const bool colours = is_terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
    return {std::max(width, least_width), is_terminal, colours};
}

bool terminal::can_move() const {
    return is_terminal_ && variable("TERM") != "dumb" && !variable("TERM").empty();
}

std::string terminal::painted(style how, std::string_view text) const {
    if (!colours_ || how == style::plain || text.empty()) return std::string{text};
    std::string_view code;
    switch (how) {
    case style::bold: code = "1"; break;
    case style::faint: code = "2"; break;
    case style::good: code = "32"; break;
    case style::warning: code = "33"; break;
    case style::bad: code = "31"; break;
    case style::plain: break;
    }
    return std::string{"\x1b["}.append(code).append("m").append(text).append("\x1b[0m");
}

bool standard_error_is_terminal() {
    return is_terminal(2);
}

} // namespace program
