// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

namespace tcplens::inline v0 {

/// One option of a pcapng block (draft-ietf-opsawg-pcapng 3.5): a view with the block's lifetime. What the code means
/// depends on the kind of block; 1 is a comment in all of them.
struct block_option {
    std::uint16_t code = 0;
    std::span<const std::byte> value{}; ///< without its padding
    std::endian order = std::endian::native;

    /// The value as a string, which ends at its first zero octet, if there is one. UTF-8 says the draft, but who
    /// wrote it may have meant something else.
    [[nodiscard]] std::string_view text() const noexcept {
        const std::string_view characters{reinterpret_cast<const char*>(value.data()), value.size()};
        return characters.substr(0, characters.find('\0'));
    }

    /// The value as a number; nothing if it is not exactly as long as such a number.
    template <std::unsigned_integral Unsigned>
    [[nodiscard]] constexpr std::optional<Unsigned> number() const noexcept {
        if (value.size() != sizeof(Unsigned)) return std::nullopt;
        return detail::load<Unsigned>(value.data(), order);
    }
};

/// The comment, which any block with options may have any number of times.
inline constexpr std::uint16_t comment_option = 1;

/// The options of one pcapng block: a range of block_option. It ends with opt_endofopt, with the block, or before an
/// option that reaches past the block.
class option_list {
public:
    class iterator {
    public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag; // since * gives a value
        using value_type = block_option;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = block_option;

        constexpr iterator() noexcept = default;

        [[nodiscard]] constexpr block_option operator*() const noexcept {
            return {.code = detail::load<std::uint16_t>(rest_.data(), order_),
                    .value = rest_.subspan(header_length, length()),
                    .order = order_};
        }
        constexpr iterator& operator++() noexcept {
            const std::size_t padded = header_length + (std::size_t{length()} + 3) / 4 * 4;
            rest_ = rest_.subspan((std::min)(padded, rest_.size()));
            stop_at_end();
            return *this;
        }
        constexpr iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }

        [[nodiscard]] friend constexpr bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.ended_ == b.ended_ && (a.ended_ || a.rest_.data() == b.rest_.data());
        }
        [[nodiscard]] friend constexpr bool operator==(const iterator& a, std::default_sentinel_t) noexcept {
            return a.ended_;
        }

    private:
        friend option_list;
        static constexpr std::size_t header_length = 4;

        constexpr iterator(std::span<const std::byte> rest, std::endian order) noexcept : rest_(rest), order_(order) {
            stop_at_end();
        }
        [[nodiscard]] constexpr std::uint16_t length() const noexcept {
            return detail::load<std::uint16_t>(rest_.data() + 2, order_);
        }
        constexpr void stop_at_end() noexcept {
            constexpr std::uint16_t end_of_options = 0;
            ended_ = rest_.size() < header_length ||
                     detail::load<std::uint16_t>(rest_.data(), order_) == end_of_options ||
                     length() > rest_.size() - header_length;
        }

        std::span<const std::byte> rest_{};
        std::endian order_ = std::endian::native;
        bool ended_ = true;
    };

    constexpr option_list() noexcept = default;
    constexpr option_list(std::span<const std::byte> bytes, std::endian order) noexcept
        : bytes_(bytes), order_(order) {}

    [[nodiscard]] constexpr iterator begin() const noexcept { return {bytes_, order_}; }
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }
    [[nodiscard]] constexpr bool empty() const noexcept { return begin() == end(); }

    /// How long an option claims to be, and how much there is for it.
    struct overrun {
        std::size_t needed = 0;
        std::size_t available = 0;
    };

    /// The option that reaches past the block; nothing if none does.
    [[nodiscard]] constexpr std::optional<overrun> damage() const noexcept {
        iterator at = begin();
        while (at != end()) ++at;
        if (at.rest_.empty()) return std::nullopt;
        if (at.rest_.size() < iterator::header_length) return overrun{iterator::header_length, at.rest_.size()};
        const std::size_t room = at.rest_.size() - iterator::header_length;
        if (detail::load<std::uint16_t>(at.rest_.data(), order_) == 0) return std::nullopt;
        return overrun{at.length(), room};
    }

private:
    std::span<const std::byte> bytes_{};
    std::endian order_ = std::endian::native;
};

} // namespace tcplens::inline v0
