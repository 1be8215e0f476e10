// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tcplens::inline v0 {

/// Where a reader gets its bytes from: a position that only moves forward, and a window of contiguous bytes at it.
///
/// - `peek(n)`: the bytes from the position on: at least n (there may be more), fewer only where fewer are left.
///   They stay good until the next peek(), or a skip() beyond them.
/// - `skip(n)`: moves the position by n bytes, or to the end; returns by how many.
/// - `position()`: bytes from the start.
/// - `read_error()`: once reading failed (which is why the bytes seem to end there): the errno, or 0 if unknown.
///
/// A source that knows its length has also `size()`, in bytes. One whose bytes stay good has `bytes_stay`, true.
template <typename Source>
concept byte_source = std::move_constructible<Source> &&
    requires(Source& source, const Source& constant, std::size_t n, std::uint64_t distance) {
    { source.peek(n) } -> std::same_as<std::span<const std::byte>>;
    { source.skip(distance) } -> std::same_as<std::uint64_t>;
    { constant.position() } -> std::same_as<std::uint64_t>;
    { constant.read_error() } -> std::same_as<std::optional<int>>;
};

} // namespace tcplens::inline v0
