// SPDX-License-Identifier: MIT
#pragma once

// Answers of bounded length: pages of rows, and cursors that go on with the same question about the same file and with no other.

#include "arguments.hpp"
#include "capture_store.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace program::context_server {

/// An answer whose arguments ask for no more has fewer bytes than that, text and all: what a model reads at once.
inline constexpr std::size_t most_default_bytes = 24'000;
/// And this many whatever they ask for.
inline constexpr std::size_t most_bytes = 200'000;
/// Of these, so many are for the text and what the protocol adds.
inline constexpr std::size_t bytes_around = 2'500;

/// A question that is answered page by page.
class page {
public:
    /// Reads `limit` and `cursor`. `question`: names the tool and what else the rows depend on.
    page(arguments& given, const loaded_capture& of, const std::string& question, std::size_t default_limit,
         std::size_t most_limit);

    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
    /// How many bytes the answer may have beside its text.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Makes rows from `offset()` on, until the page is full: row(i) gives the one at place i of `total`. `used`: bytes of the answer
    /// without them. Adds `name`, `name_total`, `name_left_out` (behind this page) and, if there are more, `next_cursor`.
    template <class Row>
    void add_rows(json& into, const std::string& name, std::size_t total, Row row) const;

    /// The cursor of the page that begins at this place.
    [[nodiscard]] std::string cursor_at(std::size_t place) const;

private:
    std::uint64_t key_; ///< of question and file
    std::size_t offset_ = 0;
    std::size_t limit_;
    std::size_t bytes_;
};

/// How many bytes a value has as JSON.
[[nodiscard]] std::size_t size_of(const json& value);

template <class Row>
void page::add_rows(json& into, const std::string& name, std::size_t total, Row row) const {
    constexpr std::size_t bytes_of_counts = 200;
    std::size_t used = size_of(into) + bytes_of_counts;
    json rows = json::array();
    std::size_t place = std::min(offset_, total);
    for (; place < total && rows.size() < limit_; ++place) {
        json next = row(place);
        const std::size_t size = size_of(next) + 1;
        if (used + size > bytes_ && !rows.empty()) break;
        used += size;
        rows.push_back(std::move(next));
    }
    into[name] = std::move(rows);
    into[name + "_total"] = total;
    into[name + "_left_out"] = total - place;
    if (place < total) into["next_cursor"] = cursor_at(place);
}

} // namespace program::context_server
