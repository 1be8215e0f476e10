// SPDX-License-Identifier: MIT
#pragma once

#include "../packet.hpp"

#include <cstddef>
#include <iterator>

namespace tcplens::inline v0::detail {

/// Walks once through the packets of a reader: an input iterator over what its next() gives. The end is
/// std::default_sentinel. All iterators of one reader share its position.
template <typename Reader>
class packet_iterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = packet;
    using difference_type = std::ptrdiff_t;

    constexpr packet_iterator() noexcept = default;
    /// Reads the next packet. \pre the reader outlives the iterator and is not moved
    constexpr explicit packet_iterator(Reader& reader) : reader_(&reader), packet_(reader.next()) {}

    [[nodiscard]] constexpr const packet& operator*() const noexcept { return *packet_; }
    [[nodiscard]] constexpr const packet* operator->() const noexcept { return packet_; }

    constexpr packet_iterator& operator++() {
        packet_ = reader_->next();
        return *this;
    }
    constexpr void operator++(int) { ++*this; }

    [[nodiscard]] friend constexpr bool operator==(const packet_iterator& iterator, std::default_sentinel_t) noexcept {
        return iterator.packet_ == nullptr;
    }

private:
    Reader* reader_ = nullptr;
    const packet* packet_ = nullptr;
};

} // namespace tcplens::inline v0::detail
