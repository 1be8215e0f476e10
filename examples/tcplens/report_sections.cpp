// SPDX-License-Identifier: MIT
#include "report_sections.hpp"

#include "text.hpp"

#include <algorithm>
#include <utility>

namespace program {

std::size_t report_sections::part::lines() const {
    return 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

std::size_t report_sections::section::lines() const {
    std::size_t all = 2 + (left_out > 0); // an empty line, and the title
    for (const part& each : parts) all += each.lines();
    return all;
}

std::size_t report_sections::section::lines_of_items() const {
    std::size_t all = 0;
    for (const part& each : parts) all += each.is_item ? each.lines() : 0;
    return all;
}

std::size_t report_sections::section::items() const {
    return static_cast<std::size_t>(std::ranges::count(parts, true, &part::is_item));
}

void report_sections::section::leave_out_last_item() {
    for (std::size_t i = parts.size(); i > 0; --i) {
        if (!parts[i - 1].is_item) continue;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) - 1);
        ++left_out;
        return;
    }
}

void report_sections::begin(std::string title) {
    sections_.push_back({.title = std::move(title)});
}

void report_sections::say(std::string_view sentence) {
    sections_.back().parts.push_back({wrapped(sentence, width_, indent)});
}

void report_sections::header(std::string_view line) {
    sections_.back().parts.push_back({.text = std::string(indent, ' ').append(line), .is_row = true});
}

void report_sections::list(std::string_view sentence) {
    sections_.back().parts.push_back({"- " + wrapped(sentence, width_, indent, false), true});
}

void report_sections::row(std::string_view line) {
    sections_.back().parts.push_back({.text = std::string(indent, ' ').append(line), .is_item = true, .is_row = true});
}

void report_sections::leave_out(std::uint64_t items) {
    sections_.back().left_out += items;
}

std::size_t report_sections::lines() const {
    std::size_t all = 0;
    for (const section& each : sections_) all += each.lines();
    return all - 1; // there is no empty line before the first
}

void report_sections::write(session& with, std::size_t most_lines) {
    while (lines() > most_lines) {
        const auto longest = std::ranges::max_element(sections_, {}, [](const section& each) {
            return each.items() > 1 ? each.lines_of_items() : 0; // of each list one item stays
        });
        if (longest->items() <= 1) break;
        longest->leave_out_last_item();
    }
    bool is_first = true;
    for (const section& each : sections_) {
        if (!std::exchange(is_first, false)) with.out << '\n';
        with.out << with.screen.painted(style::bold, each.title) << '\n';
        for (const part& line : each.parts) with.out << line.text << '\n';
        if (each.left_out > 0) with.out << std::string(indent, ' ') << "and " << grouped(each.left_out) << " more\n";
    }
}

} // namespace program
