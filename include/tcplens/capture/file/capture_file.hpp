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

/// A capture in a file, pcap or pcapng: mapped into memory, or read as a stream where that can't be (FIFOs, devices).
/// A single-pass range of packets:
///
///     tcplens::capture_file capture{"trace.pcapng"};
///     for (const tcplens::packet& packet : capture) …
///     if (capture.error()) std::cerr << to_string(*capture.error()) << '\n'; // all before it counts
///
/// Of a mapped file about 8 MiB are in memory at a time, however long it is: see mapped_source.
/// A file that can't be opened is an empty range with an error. Moving a capture invalidates its iterators and the
/// packet at hand, not the bytes of a mapped file.
class capture_file {
public:
    /// Opens the file at a path: a string, a std::filesystem::path, whatever file_stream takes. See mapped_file for what
    /// happens if it is truncated while it is being read.
    template <typename Path>
    requires std::constructible_from<file_stream, const Path&>
    explicit capture_file(const Path& path) { open(file_stream{path}); }

    /// Reads what is open already, without mapping it: file_stream::standard_input(), or a file that somebody may
    /// truncate.
    explicit capture_file(file_stream file) : open_error_(file.error()) {
        if (!open_error_) reader_.emplace<streamed>(stream_source{std::move(file)});
    }

    /// The next packet, good until the next call (over a mapped file: its bytes as long as this object); nullptr at
    /// the end of the capture or at an error, which error() then tells.
    const packet* next() {
        if (auto* const reader = std::get_if<mapped>(&reader_)) [[likely]]
            return reader->next();
        return next_of_stream();
    }

    /// Reads the next packet; the range goes on from where reading stands.
    [[nodiscard]] detail::packet_iterator<capture_file> begin() {
        return detail::packet_iterator<capture_file>{*this};
    }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// Why the file could not be opened, or why reading ended before its end; nothing while all is well.
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
    /// Bytes of the whole file; nothing for a stream.
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept {
        if (const auto* const reader = std::get_if<mapped>(&reader_)) return reader->size();
        return std::nullopt;
    }

    /// Whether the bytes of a packet are good as long as this object, not only until the next packet is read: those of a
    /// mapped file are.
    [[nodiscard]] bool bytes_stay() const noexcept { return std::holds_alternative<mapped>(reader_); }

    /// What the sections that were begun so far say of themselves, made anew with each call; bounded, see
    /// `max_descriptions`. A pcap file is one.
    [[nodiscard]] std::vector<capture_section> sections() const {
        return ask([](const auto& reader) { return reader.sections(); });
    }
    /// What was said so far of the interfaces of all sections, made anew with each call; bounded likewise.
    /// `packet::interface_id` is a place in it. Statistics mostly stand at the end of a capture.
    [[nodiscard]] std::vector<capture_interface> interfaces() const {
        return ask([](const auto& reader) { return reader.interfaces(); });
    }
    /// What the capture tells of the packet at hand besides, such as comments; good as long as that is. None before
    /// the first packet and after the last, and none in pcap.
    [[nodiscard]] packet_options options() const noexcept {
        return ask([](const auto& reader) { return reader.options(); });
    }
    /// What was passed over so far.
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
