// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"
#include "../base/check.hpp"
#include "../base/iterator.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tcplens::inline v1 {

/// The options of one pcapng block: a forward range of option, valid as long as the block.
///
/// The range ends with opt_endofopt, with the block, or before an option that reaches past the block. Nothing is allocated.
class option_list {
public:
    /// One option of a pcapng block (draft-ietf-opsawg-pcapng 3.5), as a view that is valid as long as the block.
    struct option {
        /// The code of a comment. Any block with options may have any number of comments.
        static constexpr std::uint16_t comment = 1;

        /// The code of the option. The meaning of other codes than `comment` depends on the type of the block.
        std::uint16_t code = 0;
        /// The bytes of the value, without padding.
        std::span<const std::byte> value{};
        /// The byte order of the section.
        std::endian order = std::endian::native;

        /// The value as a string, up to its first zero octet. The draft asks for UTF-8; this is not checked.
        [[nodiscard]] std::string_view text() const noexcept {
            const std::string_view characters{reinterpret_cast<const char*>(value.data()), value.size()};
            return characters.substr(0, characters.find('\0'));
        }

        /// The value as a number; `nullopt` if the length of the value is not that of the number.
        template <std::unsigned_integral Unsigned>
        [[nodiscard]] constexpr std::optional<Unsigned> number() const noexcept {
            if (value.size() != sizeof(Unsigned)) return std::nullopt;
            return detail::load<Unsigned>(value.data(), order);
        }
    };

    /// A forward iterator whose operator* returns a option by value.
    class iterator {
    public:
        using iterator_concept = std::forward_iterator_tag;
        using iterator_category = std::input_iterator_tag; // since * gives a value
        using value_type = option;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = option;

        /// An iterator at the end.
        constexpr iterator() noexcept = default;

        /// The option at the iterator. @pre The iterator is not at the end.
        [[nodiscard]] constexpr option operator*() const noexcept {
            TCPLENS_CHECK(!ended_, "option_list::iterator is not at the end");
            return {.code = detail::load<std::uint16_t>(rest_.data(), order_),
                    .value = rest_.subspan(header_length, length()),
                    .order = order_};
        }
        /// Moves to the next option. @pre The iterator is not at the end.
        constexpr iterator& operator++() noexcept {
            TCPLENS_CHECK(!ended_, "option_list::iterator is not at the end");
            const std::size_t padded = header_length + (std::size_t{length()} + 3) / 4 * 4;
            rest_ = rest_.subspan((std::min)(padded, rest_.size()));
            stop_at_end();
            return *this;
        }
        /// Moves to the next option and returns an iterator to this one. @pre The iterator is not at the end.
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

    /// A list without options.
    constexpr option_list() noexcept = default;
    /// The options in these bytes, which must stay valid as long as the list is used.
    constexpr option_list(std::span<const std::byte> bytes, std::endian order) noexcept
        : bytes_(bytes), order_(order) {}

    /// The first option.
    [[nodiscard]] constexpr iterator begin() const noexcept { return {bytes_, order_}; }
    /// The end of the range.
    [[nodiscard]] constexpr std::default_sentinel_t end() const noexcept { return {}; }
    /// Whether there are no options.
    [[nodiscard]] constexpr bool empty() const noexcept { return begin() == end(); }

    /// The length of an option that reaches past its block.
    struct overrun {
        /// The length that the option claims, in bytes.
        std::size_t needed = 0;
        /// The bytes that are left in the block.
        std::size_t available = 0;
    };

    /// The option that reaches past the block; `nullopt` if there is none. Linear in the number of options.
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

} // namespace tcplens::inline v1
