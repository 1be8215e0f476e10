// SPDX-License-Identifier: MIT
#pragma once

// Text that is written in large pieces. A stream takes many times as long for each field: it asks its locale how to write a number, and
// its state before every piece.

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <ios>
#include <ostream>
#include <string>
#include <string_view>

namespace program {

class text_writer {
public:
    explicit text_writer(std::ostream& out) : out_(out) { text_.reserve(capacity); }
    text_writer(const text_writer&) = delete;
    text_writer& operator=(const text_writer&) = delete;
    ~text_writer() { flush(); }

    text_writer& operator<<(std::string_view text) {
        if (text_.size() + text.size() > capacity) flush();
        text_.append(text);
        return *this;
    }
    text_writer& operator<<(char character) { return *this << std::string_view{&character, 1}; }
    template <std::integral Number>
    requires(!std::same_as<Number, char> && !std::same_as<Number, bool>) text_writer& operator<<(Number number) {
        std::array<char, 24> digits; // enough for 64 bits and a sign
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
        return *this << std::string_view{digits.data(), static_cast<std::size_t>(end.ptr - digits.data())};
    }

    /// Gives the stream what was written so far.
    void flush() {
        out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
        text_.clear();
    }

private:
    static constexpr std::size_t capacity = 8192; // of a stream, too: who reads along waits no longer

    std::ostream& out_;
    std::string text_{};
};

} // namespace program
