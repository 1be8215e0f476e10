// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/iterator.hpp"
#include "../capture_error.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../format/packet_iterator.hpp"
#include "../packet.hpp"
#include "../packet_options.hpp"
#include "../skipped_parts.hpp"
#include "../source/file_stream.hpp"
#include "../source/stream_source.hpp"
#include "capture_reader.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

/// What capture_file does, with any type of file. A template, to reduce the compile time of programs that do not use it.
template <class File>
class basic_capture_file {
public:
    /// Opens the file at a path: a string, a std::filesystem::path, whatever file_stream takes. error() tells whether that failed.
    template <typename Path>
    requires std::constructible_from<File, const Path&>
    explicit basic_capture_file(const Path& path) : basic_capture_file(File{path}) {}

    /// Reads an open file, such as file_stream::standard_input().
    explicit basic_capture_file(File file) : open_error_(file.error()), reader_(stream_source{std::move(file)}) {}

    /// Reads the next packet, which is valid until the next call. Returns nullptr at the end of the capture and after an error: see
    /// error().
    const packet* next() { return reader_.next(); }

    /// Reads the next packet and returns an iterator to it. The range begins at the current position.
    [[nodiscard]] detail::packet_iterator<basic_capture_file> begin() {
        return detail::packet_iterator<basic_capture_file>{*this};
    }
    /// The end of the range: no packet is left, or there is an error.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

    /// Why the file could not be opened, or why reading ended before its end; `nullopt` while there is no error.
    [[nodiscard]] const std::optional<capture_error>& error() const noexcept {
        return open_error_ ? open_error_ : reader_.error();
    }
    /// Packets delivered so far.
    [[nodiscard]] std::uint64_t packets() const noexcept { return reader_.packets(); }
    /// Bytes read so far.
    [[nodiscard]] std::uint64_t position() const noexcept { return reader_.position(); }
    /// Length of a regular file in bytes: what it was when the file was opened, or position() if the file has grown beyond that.
    /// `nullopt` for pipes and devices.
    [[nodiscard]] std::optional<std::uint64_t> size() const noexcept { return reader_.size(); }

    /// Whether the bytes of packets are valid as long as this object: false, they are valid until the next packet is read.
    [[nodiscard]] static constexpr bool bytes_stay() noexcept { return false; }

    /// Descriptions of all sections that were read so far; a pcap file is one section. Each call makes them anew. Their number is
    /// bounded: see capture_limits.
    [[nodiscard]] std::vector<capture_section> sections() const { return reader_.sections(); }
    /// Descriptions of all interfaces of all sections that were read so far. Each call makes them anew. `packet::interface_id` is an
    /// index into them. Their number is bounded: see capture_limits. Most captures have the statistics at their end.
    [[nodiscard]] std::vector<capture_interface> interfaces() const { return reader_.interfaces(); }
    /// The options of the current packet, such as comments, valid as long as the packet. Empty before the first packet, after the
    /// last, and in pcap.
    [[nodiscard]] packet_options options() const noexcept { return reader_.options(); }
    /// Counts of what was skipped so far.
    [[nodiscard]] skipped_parts skipped() const noexcept { return reader_.skipped(); }

private:
    std::optional<capture_error> open_error_;
    capture_reader<stream_source<File>> reader_;
};

/// A capture in a file, a pipe or a device. It is a single-pass range of packets:
///
///     tcplens::capture_file capture{"trace.pcapng"};
///     for (const tcplens::packet& packet : capture) …
///     if (capture.error()) std::cerr << to_string(*capture.error()) << '\n'; // all before it counts
///
/// The file is read through a buffer of 64 KiB, which grows only with larger packets, whatever the length of the file. Nothing that
/// happens to the file meanwhile ends the program: what is appended is read; a file that another program cuts or overwrites ends with
/// the error file_shrank or file_overwritten, and a failing disk with read_failed; the packets before were delivered. A file that
/// another one is renamed over is read to its end.
///
/// A file that cannot be opened is an empty range with an error. No packet costs an allocation. Moving a capture invalidates its
/// iterators and the current packet. One object is used by one thread at a time.
using capture_file = basic_capture_file<file_stream>;

} // namespace tcplens::inline v1
