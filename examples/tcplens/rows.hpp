// SPDX-License-Identifier: MIT
#pragma once

// Rows of the same columns, as --format has them: a table for people, csv, or a JSON object a line.

#include "command_line.hpp"
#include "session.hpp"

#include <tcplens/base/timestamp.hpp>
#include <tcplens/connection/connection.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace program {

enum class row_format { table, csv, json };

/// Declares --format.
void declare_format(command_line& line, row_format& to);

struct column {
    std::string_view name;  ///< in csv and json, with its unit: "duration_ns"; empty: it is in the table only
    std::string_view title; ///< in the table, whose cells have units: "duration"; empty: it is not in the table
    /// 0: it is in every table; of the others those with the highest number are left out first where the width is too small.
    int dispensable = 0;
    bool is_text = false; ///< set to the left, not to the right
};

/// A plain value for programs, and the same for people; or nothing: "-" in the table, empty in csv, null in json.
class cell {
public:
    using plain_value = std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string>;

    cell() = default;
    cell(plain_value plain, std::string text) : plain_(std::move(plain)), text_(std::move(text)) {}

    [[nodiscard]] static cell count(std::uint64_t number);
    [[nodiscard]] static cell whole(std::uint64_t number); ///< without the commas of count()
    [[nodiscard]] static cell bytes(std::uint64_t number);
    [[nodiscard]] static cell bytes_per_second(double rate);
    [[nodiscard]] static cell share(double ratio);                     ///< "12.50%", and 0.125
    [[nodiscard]] static cell duration(std::chrono::nanoseconds time); ///< nanoseconds
    /// Nanoseconds, and milliseconds with three decimals without a unit, which stands in the title of the column.
    [[nodiscard]] static cell milliseconds(std::chrono::nanoseconds time);
    [[nodiscard]] static cell moment(tcplens::timestamp time); ///< nanoseconds since 1970
    [[nodiscard]] static cell words(std::string_view text);    ///< shown escaped
    [[nodiscard]] static cell yes_or_no(bool yes);
    /// The cells of columns_with_ends(). The number of a connection; both ends for a table; client, client_port, server and server_port for csv and json.
    [[nodiscard]] static std::vector<cell> of_ends(const tcplens::connection& of);
    /// `make(*value)`, or nothing.
    template <class Value, class Make>
    [[nodiscard]] static cell maybe(const std::optional<Value>& value, Make make) {
        return value ? make(*value) : cell{};
    }

    [[nodiscard]] const plain_value& plain() const noexcept { return plain_; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    plain_value plain_{};
    std::string text_ = "-";
};

/// The columns of cell::of_ends(), and behind them others.
[[nodiscard]] std::vector<column> columns_with_ends(std::vector<column> others);

/// Writes rows as they come. For a table it holds the first 1,000 back, whose cells decide how wide the columns are.
class row_writer {
public:
    row_writer(session& with, row_format format, std::vector<column> columns);
    row_writer(const row_writer&) = delete;
    row_writer& operator=(const row_writer&) = delete;

    /// @pre as many cells as columns
    void write(std::vector<cell> row);
    /// Writes what is held back. @pre no row follows
    void finish();

private:
    void write_table_row(const std::vector<std::string>& cells);
    void fit();
    [[nodiscard]] std::string csv_text(const cell& of) const;

    session& with_;
    row_format format_;
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> held_{};
    bool is_fitted_ = false;
    std::vector<std::size_t> shown_{}; ///< the columns that there is room for
    std::vector<std::size_t> widths_{};
};

} // namespace program
