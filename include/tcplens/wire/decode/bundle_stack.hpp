// SPDX-License-Identifier: MIT
#pragma once

#include "../bundle_kind.hpp"
#include "../frame_view.hpp"
#include "../network_id.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// What is left of the bundles of a packet: behind each packet in them, how decoding goes on. Bounded: where bundles are nested deeper
/// than `capacity`, only the first packet of the deepest is found.
class bundle_stack { // NOLINT(cppcoreguidelines-special-member-functions): a copy is empty, so a move is one
public:
    /// Bundles within bundles. sFlow, whose samples are bundles, of frames that are an A-MSDU has three.
    static constexpr std::size_t capacity = 4;

    /// What is left of a bundle, and what the headers before it said. Without initializers, so that an array of them costs next to nothing.
    struct entry { // NOLINT(cppcoreguidelines-pro-type-member-init)
        bundle_kind kind;
        bool sampled;
        std::uint8_t depth;
        std::uint8_t headers; ///< how many were read
        network_id network;
        const std::byte* data;
        std::size_t captured;
        std::size_t wire_length;
        std::size_t beyond_frame;

        [[nodiscard]] constexpr frame_view rest() const noexcept {
            return {{data, captured}, wire_length, beyond_frame};
        }
        constexpr void keep(const frame_view& rest) noexcept {
            data = rest.bytes.data();
            captured = rest.bytes.size();
            wire_length = rest.wire_length;
            beyond_frame = rest.beyond_frame;
        }
    };

    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init,modernize-use-equals-default): entries are written before they are read
    constexpr bundle_stack() noexcept {}
    /// A copy is empty: what is left of a packet is only looked for right after it was decoded.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): as above
    constexpr bundle_stack(const bundle_stack&) noexcept {}
    constexpr bundle_stack& operator=(const bundle_stack&) noexcept {
        clear();
        return *this;
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] constexpr bool full() const noexcept { return size_ == capacity; }
    /// @pre !empty()
    [[nodiscard]] constexpr entry& top() noexcept { return entries_[size_ - 1]; }
    /// @pre !full()
    constexpr void push(const entry& next) noexcept { entries_[size_++] = next; }
    constexpr void pop() noexcept { --size_; }
    constexpr void clear() noexcept {
        size_ = 0;
        taken_ = 0;
    }
    /// How many packets were taken out of bundles since clear(), with the next one.
    [[nodiscard]] constexpr int count_taken() noexcept { return ++taken_; }

private:
    std::size_t size_ = 0;
    int taken_ = 0;
    std::array<entry, capacity> entries_;
};

} // namespace tcplens::inline v1::detail
