// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>
#include <vector>

namespace tcplens::inline v1::detail {

/// Pieces of memory of one type, lent by number and given back. It grows in steps up to its limit, and never shrinks.
template <class Piece>
class memory_pool {
public:
    static constexpr std::uint32_t none = (std::numeric_limits<std::uint32_t>::max)();

    /// `limit`: how many pieces there may be at once.
    explicit constexpr memory_pool(std::uint32_t limit = none) noexcept : limit_(limit) {}

    /// A piece as it is made by default, or `none` where the limit is reached.
    [[nodiscard]] constexpr std::uint32_t take() {
        if (free_.empty()) {
            if (made_ >= limit_) {
                is_wanted_ = true;
                return none;
            }
            reserve(made_ + 1);
        }
        const std::uint32_t number = free_.back();
        free_.pop_back();
        Piece& piece = (*this)[number];
        if (std::is_constant_evaluated()) piece = Piece();
        else ::new (static_cast<void*>(&piece)) Piece(); // an assignment would make a piece elsewhere first
        return number;
    }

    /// @pre `number` was taken, and not given back since
    constexpr void give_back(std::uint32_t number) noexcept {
        free_.push_back(number);
        is_wanted_ = false;
    }

    /// Whether somebody got none since the last one was given back.
    [[nodiscard]] constexpr bool is_wanted() const noexcept { return is_wanted_; }

    [[nodiscard]] constexpr Piece& operator[](std::uint32_t number) noexcept {
        return chunks_[number / chunk_size][number % chunk_size];
    }
    [[nodiscard]] constexpr const Piece& operator[](std::uint32_t number) const noexcept {
        return chunks_[number / chunk_size][number % chunk_size];
    }

    /// Makes room for so many pieces in all, but for no more than the limit: up to then nothing is allocated.
    constexpr void reserve(std::uint32_t pieces) {
        if (pieces > limit_) pieces = limit_;
        if (made_ >= pieces) return;
        const std::size_t chunks = (pieces + chunk_size - 1) / chunk_size;
        if (free_.capacity() < chunks * chunk_size) {
            free_.reserve((std::max)(chunks * chunk_size, 2 * free_.capacity())); // so that giving back never allocates
        }
        while (made_ < pieces) {
            chunks_.emplace_back(chunk_size);
            for (std::size_t i = chunk_size; i > 0; --i) {
                const auto number = static_cast<std::uint32_t>(chunks_.size() * chunk_size - (chunk_size - i) - 1);
                if (number < limit_) free_.push_back(number);
            }
            made_ = static_cast<std::uint32_t>(chunks_.size() * chunk_size);
        }
    }

private:
    static constexpr std::size_t chunk_size = 16;

    /// But for the pieces: those who have them archive them.
    friend void archive(auto& ar, memory_pool& of) {
        auto& [chunks, free, made, limit, is_wanted] = of;
        ar.expect_equal("busy connections", limit);
        ar(is_wanted);
    }

    std::vector<std::vector<Piece>> chunks_{}; // each as large as it was made: pieces stay where they are
    std::vector<std::uint32_t> free_{};
    std::uint32_t made_ = 0;
    std::uint32_t limit_;
    bool is_wanted_ = false;
};

} // namespace tcplens::inline v1::detail
