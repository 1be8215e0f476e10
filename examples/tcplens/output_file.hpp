// SPDX-License-Identifier: MIT
#pragma once

// Answers that go to a file, by -o, or to standard output.

#include "command_line.hpp"
#include "session.hpp"
#include "text.hpp"

#include <tcplens/capture/write/output_file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace program {

/// Declares -o.
inline void declare_output(command_line& line, std::string& to) {
    line.file("-o,--output", "FILE",
              "write to this file, and not to standard output; until it is complete, an older file of that name stays",
              to);
}

/// Whether a name is that of standard output: that is written as it is, whatever file it leads to.
[[nodiscard]] inline bool is_standard_output(std::string_view name) {
    constexpr std::string_view names[]{"", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    return std::ranges::find(names, name) != std::end(names);
}

/// Refuses to write over a file that is read. \throws usage_error
inline void check_output(const std::string& output, const std::vector<std::string>& inputs) {
    std::error_code is_not_there;
    if (is_standard_output(output) || !std::filesystem::is_regular_file(output, is_not_there)) return;
    for (const std::string& each : inputs) {
        const std::string_view input = each == "-" ? std::string_view{"/dev/stdin"} : each;
        if (!input.empty() && std::filesystem::equivalent(output, input, is_not_there)) {
            throw usage_error{"-o " + escaped(output) + " would write over a file that is read or saved."};
        }
    }
}

/// A file that takes its place once it is whole, as a buffer of a stream.
class output_buffer final : public std::streambuf {
public:
    explicit output_buffer(const std::string& name) : to_(name), is_open_(!to_.error()) {
        setp(bytes_.data(), bytes_.data() + bytes_.size());
    }

    /// Whether the file could be made.
    [[nodiscard]] bool is_open() const noexcept { return is_open_; }
    /// Whether nothing was written so far, nor refused.
    [[nodiscard]] bool is_empty() const noexcept { return !error_ && written_ == 0 && pptr() == pbase(); }
    /// Gives the file its name. False if something could not be written: then what had the name before is untouched.
    bool commit() { return drain() && to_.commit(); }
    /// Why something could not be written.
    [[nodiscard]] std::string complaint() const {
        return to_string(to_.error() ? *to_.error() : error_.value_or(tcplens::write_error{}));
    }

protected:
    int_type overflow(int_type next) override {
        if (!drain()) return traits_type::eof();
        if (!traits_type::eq_int_type(next, traits_type::eof())) sputc(traits_type::to_char_type(next));
        return traits_type::not_eof(next);
    }
    int sync() override { return drain() ? 0 : -1; }

private:
    bool drain() {
        const char* at = pbase();
        while (!error_ && at != pptr()) {
            const std::ptrdiff_t count = to_(std::as_bytes(std::span{at, static_cast<std::size_t>(pptr() - at)}));
            if (count <= 0) {
                using enum tcplens::write_error::reason;
                error_ = tcplens::write_error{.code = count == 0 ? short_write : write_failed,
                                              .system_error = static_cast<int>(-count),
                                              .offset = written_};
                break;
            }
            at += count;
            written_ += static_cast<std::uint64_t>(count);
        }
        setp(bytes_.data(), bytes_.data() + bytes_.size());
        return !error_;
    }

    tcplens::output_file to_;
    bool is_open_;
    std::array<char, 65536> bytes_{};
    std::uint64_t written_ = 0;
    std::optional<tcplens::write_error> error_{};
};

/// Writes to the file of that name, or to standard output if it is empty. Complains if that fails.
[[nodiscard]] inline exit_status write_output(session& with, const std::string& output, std::string_view content) {
    if (is_standard_output(output)) {
        with.out << content;
        return exit_status::good; // conclude() looks whether it was written
    }
    const auto file = std::make_unique<output_buffer>(output);
    const auto size = static_cast<std::streamsize>(content.size());
    if (file->is_open() && file->sputn(content.data(), size) == size && file->commit()) return exit_status::good;
    with.complain(output, file->complaint());
    return file->is_open() ? exit_status::bad_input : exit_status::bad_usage;
}

} // namespace program
