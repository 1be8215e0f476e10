// SPDX-License-Identifier: MIT
#include "rows.hpp"

#include "text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <utility>

namespace program {

namespace {

constexpr std::size_t rows_that_decide = 1000;
constexpr std::size_t gap = 2; ///< spaces between two columns

std::string number_text(double value) {
    std::array<char, 64> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return {digits.data(), end.ptr};
}

/// RFC 4180 section 2: in quotes where a comma, a quote or the end of a line is in it.
std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char each : text) quoted.append(each == '"' ? 2 : 1, each);
    return quoted + '"';
}

} // namespace

void declare_format(command_line& line, row_format& to) {
    line.choice<row_format>(
        "--format", {{"table", row_format::table}, {"csv", row_format::csv}, {"json", row_format::json}},
        "a table of what fits the width (the default), csv with a header and all columns, or a JSON "
        "object a line with all columns",
        to);
}

cell cell::count(std::uint64_t number) {
    return {number, grouped(number)};
}
cell cell::whole(std::uint64_t number) {
    return {number, std::to_string(number)};
}
cell cell::bytes(std::uint64_t number) {
    return {number, bytes_text(number)};
}
cell cell::bytes_per_second(double rate) {
    return {rate, rate_text(rate)};
}
cell cell::share(double ratio) {
    return {ratio, percentage(ratio, 2)};
}
cell cell::duration(std::chrono::nanoseconds time) {
    return {std::int64_t{time.count()}, duration_text(time)};
}
cell cell::milliseconds(std::chrono::nanoseconds time) {
    return {std::int64_t{time.count()}, fixed(static_cast<double>(time.count()) / 1e6, 3)};
}
cell cell::moment(tcplens::timestamp time) {
    return {std::int64_t{time.time_since_epoch().count()}, time_text(time)};
}
cell cell::words(std::string_view text) {
    return {escaped(text), escaped(text)};
}
cell cell::yes_or_no(bool yes) {
    return {yes, yes ? "yes" : "no"};
}

std::vector<cell> cell::of_ends(const tcplens::connection& of) {
    const auto number = [](std::uint64_t value) { return cell{value, std::to_string(value)}; };
    return {number(of.number),           words(to_string(of.client)),
            words(to_string(of.server)), words(to_string(of.client.address)),
            number(of.client.port),      words(to_string(of.server.address)),
            number(of.server.port)};
}

std::vector<column> columns_with_ends(std::vector<column> others) {
    std::vector<column> all{
        {.name = "number", .title = "#"},
        {.name = {}, .title = "client", .is_text = true},
        {.name = {}, .title = "server", .is_text = true},
        {.name = "client", .title = {}},
        {.name = "client_port", .title = {}},
        {.name = "server", .title = {}},
        {.name = "server_port", .title = {}},
    };
    all.insert(all.end(), others.begin(), others.end());
    return all;
}

row_writer::row_writer(session& with, row_format format, std::vector<column> columns)
    : with_(with), format_(format), columns_(std::move(columns)) {
    if (format_ != row_format::csv) return;
    bool is_first = true;
    for (const column& each : columns_) {
        if (!each.name.empty()) with_.out << (std::exchange(is_first, false) ? "" : ",") << each.name;
    }
    with_.out << '\n';
}

std::string row_writer::csv_text(const cell& of) const {
    return std::visit(
        [](const auto& value) -> std::string {
            using type = std::remove_cvref_t<decltype(value)>;
            if constexpr (std::is_same_v<type, std::monostate>) return {};
            else if constexpr (std::is_same_v<type, bool>) return value ? "true" : "false";
            else if constexpr (std::is_same_v<type, double>) return std::isfinite(value) ? number_text(value) : "";
            else if constexpr (std::is_same_v<type, std::string>) return quoted(value);
            else return std::to_string(value);
        },
        of.plain());
}

void row_writer::write(std::vector<cell> row) {
    if (format_ == row_format::csv) {
        bool is_first = true;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!columns_[i].name.empty()) with_.out << (std::exchange(is_first, false) ? "" : ",") << csv_text(row[i]);
        }
        with_.out << '\n';
        return;
    }
    if (format_ == row_format::json) {
        nlohmann::ordered_json object = nlohmann::ordered_json::object();
        // Names differ, so none is looked for: looking for each of 200 takes longer than all else.
        auto& fields = object.get_ref<nlohmann::ordered_json::object_t&>();
        fields.reserve(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (columns_[i].name.empty()) continue;
            nlohmann::ordered_json& field = fields.emplace_back(std::string{columns_[i].name}, nullptr).second;
            std::visit(
                [&](const auto& value) {
                    if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(value)>, std::monostate>) field = value;
                },
                row[i].plain());
        }
        with_.out << object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
        return;
    }
    std::vector<std::string> cells;
    for (const cell& each : row) cells.push_back(each.text());
    if (is_fitted_) {
        write_table_row(cells);
        return;
    }
    held_.push_back(std::move(cells));
    if (held_.size() == rows_that_decide) fit();
}

/// Decides which columns there is room for, and writes what was held back.
void row_writer::fit() {
    is_fitted_ = true;
    widths_.assign(columns_.size(), 0);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths_[i] = columns(columns_[i].title);
        for (const auto& row : held_) widths_[i] = std::max(widths_[i], columns(row[i]));
        constexpr std::size_t more_digits = 3; // numbers of connections and frames count on, ports get longer
        if (held_.size() == rows_that_decide) widths_[i] += more_digits;
        if (!columns_[i].title.empty()) shown_.push_back(i);
    }
    const auto width = [&] {
        std::size_t all = 0;
        for (const std::size_t i : shown_) all += widths_[i] + gap;
        return all < gap ? 0 : all - gap;
    };
    while (width() > with_.screen.width()) {
        const auto next = std::ranges::max_element(
            shown_, [&](std::size_t a, std::size_t b) { return columns_[a].dispensable < columns_[b].dispensable; });
        if (next == shown_.end() || columns_[*next].dispensable == 0) break;
        shown_.erase(next);
    }
    // Columns that every table has are cut where they are widest.
    while (width() > with_.screen.width()) {
        const auto widest =
            std::ranges::max_element(shown_, [&](std::size_t a, std::size_t b) { return widths_[a] < widths_[b]; });
        if (widths_[*widest] <= 2) break;
        --widths_[*widest];
    }
    std::vector<std::string> titles;
    for (const column& each : columns_) titles.emplace_back(each.title);
    write_table_row(titles);
    for (const auto& row : held_) write_table_row(row);
    held_.clear();
    held_.shrink_to_fit();
}

void row_writer::write_table_row(const std::vector<std::string>& cells) {
    std::string line;
    for (const std::size_t i : shown_) {
        if (i != shown_.front()) line.append(gap, ' ');
        line += padded(cut_to(cells[i], widths_[i]), widths_[i], !columns_[i].is_text);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    with_.out << line << '\n';
}

void row_writer::finish() {
    if (format_ != row_format::table) return;
    if (!is_fitted_) fit();
    std::string left_out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (std::ranges::find(shown_, i) != shown_.end() || columns_[i].title.empty()) continue;
        left_out += (left_out.empty() ? "" : ", ") + std::string{columns_[i].title};
    }
    if (left_out.empty()) return;
    with_.out << wrapped("No room for: " + left_out + ". --format csv has all columns.", with_.screen.width()) << '\n';
}

} // namespace program
