// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/iterator.hpp"
#include "../packet.hpp"

#include <cstddef>

namespace tcplens::inline v1::detail {

/// An input iterator over the packets that next() of a reader returns. The end is std::default_sentinel. All iterators of one reader
/// share its position.
template <typename Reader>
class packet_iterator {
public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = packet;
    using difference_type = std::ptrdiff_t;

    constexpr packet_iterator() noexcept = default;
    /// Reads the next packet. @pre The reader outlives the iterator and is not moved.
    constexpr explicit packet_iterator(Reader& reader) : reader_(&reader), packet_(reader.next()) {}

    /// @pre The iterator is not at the end.
    [[nodiscard]] constexpr const packet& operator*() const noexcept {
        TCPLENS_CHECK(packet_ != nullptr, "the iterator is not at the end");
        return *packet_;
    }
    /// @pre as for operator*
    [[nodiscard]] constexpr const packet* operator->() const noexcept { return &**this; }

    /// @pre as for operator*
    constexpr packet_iterator& operator++() {
        TCPLENS_CHECK(packet_ != nullptr, "the iterator is not at the end");
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

} // namespace tcplens::inline v1::detail
