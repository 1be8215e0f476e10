// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tcplens::inline v1 {

/// Where a reader takes its bytes from: a position that only moves forward, and the contiguous bytes behind it.
///
/// - `peek(n)` returns the bytes from the position on: at least n, and fewer only at the end. They are valid until the next peek(), and
///   until a skip() beyond them.
/// - `skip(n)` moves the position by n bytes, or to the end, and returns by how many.
/// - `position()` is the number of bytes from the start.
/// - `read_error()` is `nullopt`, or after reading failed the errno (0 if it is not known); the bytes end there.
///
/// A source that knows its length also has `size()`, in bytes. A source whose bytes stay valid has a static member `bytes_stay`, true.
/// A source whose bytes other programs can change while they are read can have `change()`: see file_stream::change(). Readers ask for it
/// when reading ends.
template <typename Source>
concept byte_source = std::move_constructible<Source> &&
    requires(Source& source, const Source& constant, std::size_t n, std::uint64_t distance) {
    { source.peek(n) } -> std::same_as<std::span<const std::byte>>;
    { source.skip(distance) } -> std::same_as<std::uint64_t>;
    { constant.position() } -> std::same_as<std::uint64_t>;
    { constant.read_error() } -> std::same_as<std::optional<int>>;
};

} // namespace tcplens::inline v1
