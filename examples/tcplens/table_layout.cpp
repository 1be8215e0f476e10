// SPDX-License-Identifier: MIT
#include "table_layout.hpp"

#include "text.hpp"

#include <algorithm>
#include <utility>

namespace program {

namespace {

constexpr std::size_t least_endpoint = 8; // "~" and a port

/// The end of an endpoint, which has its port.
std::string last_of(std::string_view endpoint, std::size_t width) {
    if (endpoint.size() <= width) return std::string{endpoint};
    return '~' + std::string{endpoint.substr(endpoint.size() - width + 1)};
}

} // namespace

table_layout::table_layout(std::vector<layout_column> columns, std::size_t room)
    : columns_(std::move(columns)), room_(room), widths_(columns_.size()) {
    for (const layout_column& each : columns_) natural_.push_back(program::columns(each.title));
}

void table_layout::measure(std::size_t column, std::string_view text) {
    natural_[column] = std::max(natural_[column], program::columns(text));
}

std::size_t table_layout::total() const {
    std::size_t all = 0;
    for (const std::size_t each : widths_) all += each == 0 ? 0 : each + 1; // a space between two
    return all == 0 ? 0 : all - 1;
}

bool table_layout::has_sum(const layout_column& column) const {
    if (column.part_of.empty()) return true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].title == column.part_of) return widths_[i] > 0;
    }
    return false;
}

void table_layout::fit() {
    int last = 0;
    for (const layout_column& each : columns_) last = std::max(last, each.priority);
    for (int priority = 0; priority <= last; ++priority) add_priority(priority);
    give_rest_to_endpoints();
}

/// Columns of one priority come together, or not at all.
void table_layout::add_priority(int priority) {
    // What endpoints get at least, if other columns need the room: with 80 columns, what leaves `connections` the place for where
    // most of the time went.
    const std::size_t cap = std::max(least_endpoint, room_ * 22 / 100);
    const std::vector<std::size_t> before = widths_;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].priority != priority || !has_sum(columns_[i])) continue;
        widths_[i] = columns_[i].is_endpoint ? std::min(natural_[i], cap) : natural_[i];
    }
    if (priority > 0 && total() > room_) widths_ = before;
}

/// They take what is left, and give what is too much.
void table_layout::give_rest_to_endpoints() {
    std::size_t used = total();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (!columns_[i].is_endpoint || widths_[i] == 0) continue;
        if (used > room_) {
            const std::size_t given = std::min(widths_[i] - std::min(widths_[i], least_endpoint), used - room_);
            widths_[i] -= given;
            used -= given;
        } else {
            const std::size_t taken = std::min(natural_[i] - widths_[i], room_ - used);
            widths_[i] += taken;
            used += taken;
        }
    }
}

void table_layout::append(std::string& line, std::size_t column, const std::string& text) const {
    if (!line.empty()) line += ' ';
    line += padded(text, widths_[column], columns_[column].is_number);
}

std::string table_layout::cut(std::size_t column, std::string_view text) const {
    return columns_[column].is_endpoint ? last_of(text, widths_[column]) : std::string{text};
}

std::string table_layout::finished(std::string& line) const {
    line.erase(line.find_last_not_of(' ') + 1);
    return cut_to(line, room_);
}

std::string table_layout::header() const {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (widths_[i] > 0) append(line, i, cut_to(columns_[i].title, widths_[i]));
    }
    return finished(line);
}

} // namespace program
