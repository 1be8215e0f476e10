// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../capture_error.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../format/packet_iterator.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/file_stream.hpp"
#include "../source/mapped_file.hpp"
#include "../source/mapped_source.hpp"
#include "../source/stream_source.hpp"
#include "capture_reader.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tcplens::inline v0 {

/// A capture in a file, pcap or pcapng. The file is mapped into memory, or read as a stream where it cannot be mapped (pipes,
/// devices). It is a single-pass range of packets:
///
///     tcplens::capture_file capture{"trace.pcapng"};
///     for (const tcplens::packet& packet : capture) …
///     if (capture.error()) std::cerr << to_string(*capture.error()) << '\n'; // all before it counts
///
/// About 8 MiB of a mapped file are in memory at a time, whatever its length. A file that cannot be opened is an empty range with an
/// error. No packet costs an allocation. Moving a capture invalidates its iterators and the current packet, but not the bytes of a
/// mapped file. One object is used by one thread at a time.
class capture_file {
public:
    /// Opens the file at a path: a string, a std::filesystem::path, whatever file_stream takes. error() tells whether that failed.
    ///
    /// The capture ends where the file ended when it was opened. On POSIX systems a file that is truncated while it is read raises
    /// SIGBUS; where that can happen, read it as a stream: `capture_file{file_stream{path}}`.
    template <typename Path>
    requires std::constructible_from<file_stream, const Path&>
    explicit capture_file(const Path& path) { open(file_stream{path}); }

    /// Reads an open file as a stream, without mapping it: file_stream::standard_input(), or a file that may be truncated.
    explicit capture_file(file_stream file) : open_error_(file.error()) {
        if (!open_error_) reader_.emplace<streamed>(stream_source{std::move(file)});
    }

    /// Reads the next packet, which is valid until the next call; over a mapped file its bytes are valid as long as this object.
    /// Returns nullptr at the end of the capture and after an error: see error().
    const packet* next() {
        if (auto* const reader = std::get_if<mapped>(&reader_)) [[likely]]
            return reader->next();
        return next_of_stream();
    }

    /// Reads the next packet and returns an iterator to it. The range begins at the current position.
    [[nodiscard]] detail::packet_iterator<capture_file> begin() { return detail::packet_iterator<capture_file>{*this}; }
    /// The end of the range: no packet is left, or there is an error.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// Why the file could not be opened, or why reading ended before its end; `nullopt` while there is no error.
    [[nodiscard]] const std::optional<capture_error>& error() const noexcept {
        if (open_error_) return open_error_;
        if (const auto* const reader = std::get_if<mapped>(&reader_)) return reader->error();
        return std::get_if<streamed>(&reader_)->error();
    }
    /// Packets delivered so far.
    [[nodiscard]] std::uint64_t packets() const noexcept {
        return ask([](const auto& reader) { return reader.packets(); });
    }
    /// Bytes read so far.
    [[nodiscard]] std::uint64_t position() const noexcept {
        return ask([](const auto& reader) { return reader.position(); });
    }
    /// Length of the file in bytes; `nullopt` for a stream.
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept {
        if (const auto* const reader = std::get_if<mapped>(&reader_)) return reader->size();
        return std::nullopt;
    }

    /// Whether the bytes of packets are valid as long as this object, not only until the next packet is read. True for a mapped file.
    [[nodiscard]] bool bytes_stay() const noexcept { return std::holds_alternative<mapped>(reader_); }

    /// Descriptions of all sections that were read so far; a pcap file is one section. Each call makes them anew. Their number is
    /// bounded: see capture_limits.
    [[nodiscard]] std::vector<capture_section> sections() const {
        return ask([](const auto& reader) { return reader.sections(); });
    }
    /// Descriptions of all interfaces of all sections that were read so far. Each call makes them anew. `packet::interface_id` is an
    /// index into them. Their number is bounded: see capture_limits. Most captures have the statistics at their end.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        return ask([](const auto& reader) { return reader.interfaces(); });
    }
    /// The options of the current packet, such as comments, valid as long as the packet. Empty before the first packet, after the
    /// last, and in pcap.
    [[nodiscard]] packet_options options() const noexcept {
        return ask([](const auto& reader) { return reader.options(); });
    }
    /// Counts of what was skipped so far.
    [[nodiscard]] skipped_parts skipped() const noexcept {
        return ask([](const auto& reader) { return reader.skipped(); });
    }

private:
    using mapped = capture_reader<detail::mapped_source>;
    using streamed = capture_reader<stream_source<file_stream>>;

    TCPLENS_NOINLINE const packet* next_of_stream() { return std::get_if<streamed>(&reader_)->next(); }

    void open(file_stream file) {
        if (file.error()) {
            open_error_ = file.error();
            return;
        }
        detail::mapped_file mapping{file};
        if (mapping.bytes().empty()) {
            reader_.emplace<streamed>(stream_source{std::move(file)});
        } else {
            reader_.emplace<mapped>(detail::mapped_source{std::move(mapping)});
        }
    }

    template <typename Question>
    std::invoke_result_t<Question, const mapped&> ask(Question question) const {
        if (const auto* const reader = std::get_if<mapped>(&reader_)) return question(*reader);
        return question(*std::get_if<streamed>(&reader_));
    }

    std::optional<capture_error> open_error_{};
    std::variant<mapped, streamed> reader_{std::in_place_type<mapped>, detail::mapped_source{}};
};

} // namespace tcplens::inline v0
