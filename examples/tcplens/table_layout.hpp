// SPDX-License-Identifier: MIT
#pragma once

// Which columns of a table there is room for, and how wide they are.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A column of a table for people.
struct layout_column {
    std::string_view title;
    int priority = 0;         ///< 0: it is always there; of the others those with the highest number are left out first
    bool is_number = false;   ///< set to the right
    bool is_endpoint = false; ///< may be cut, so that its port stays
    std::string_view part_of{}; ///< the title of the column that it is a part of, without which it is not shown
};

/// Lays out a table: first each text is measured, then each line is put together. So no text has to be kept.
class table_layout {
public:
    /// \param room columns of a line
    table_layout(std::vector<layout_column> columns, std::size_t room);

    /// Takes a row into account. @pre fit() was not called
    template <class TextOf>
    void measure(TextOf text_of) {
        for (std::size_t i = 0; i < columns_.size(); ++i) measure(i, text_of(i));
    }
    /// Chooses the columns and their widths.
    void fit();

    /// The line of a row. @pre fit() was called
    template <class TextOf>
    [[nodiscard]] std::string line(TextOf text_of) const {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (widths_[i] > 0) append(line, i, cut(i, text_of(i)));
        }
        return finished(line);
    }
    [[nodiscard]] std::string header() const;

private:
    void measure(std::size_t column, std::string_view text);
    void append(std::string& line, std::size_t column, const std::string& text) const;
    [[nodiscard]] std::string cut(std::size_t column, std::string_view text) const;
    [[nodiscard]] std::string finished(std::string& line) const;
    [[nodiscard]] std::size_t total() const;
    [[nodiscard]] bool has_sum(const layout_column& column) const;
    void add_priority(int priority);
    void give_rest_to_endpoints();

    std::vector<layout_column> columns_;
    std::size_t room_;
    std::vector<std::size_t> natural_; ///< the widest text of each column
    std::vector<std::size_t> widths_;  ///< 0: left out
};

} // namespace program
