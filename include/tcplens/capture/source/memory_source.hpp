// SPDX-License-Identifier: MIT
#pragma once

#include "byte_source.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tcplens::inline v1 {

/// A byte_source over bytes in memory. Nothing is copied: packets point into the memory.
class memory_source {
public:
    /// The bytes that peek() returned are valid as long as the memory.
    static constexpr bool bytes_stay = true;

    /// A source without bytes.
    constexpr memory_source() noexcept = default;

    /// @pre The memory outlives the source and every packet that is read from it.
    constexpr memory_source(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

    /// All bytes from the position on.
    [[nodiscard]] constexpr std::span<const std::byte> peek(std::size_t) const noexcept {
        return bytes_.subspan(position_);
    }

    /// Moves the position, at most to the end; returns by how many bytes.
    constexpr std::uint64_t skip(std::uint64_t distance) noexcept {
        const std::size_t left = bytes_.size() - position_;
        const std::size_t step = distance < left ? static_cast<std::size_t>(distance) : left;
        position_ += step;
        return step;
    }

    /// Bytes before the position.
    [[nodiscard]] constexpr std::uint64_t position() const noexcept { return position_; }
    /// All bytes.
    [[nodiscard]] constexpr std::uint64_t size() const noexcept { return bytes_.size(); }
    /// Always `nullopt`.
    [[nodiscard]] constexpr std::optional<int> read_error() const noexcept { return std::nullopt; }

private:
    std::span<const std::byte> bytes_{};
    std::size_t position_ = 0;
};

static_assert(byte_source<memory_source>);

} // namespace tcplens::inline v1
