// SPDX-License-Identifier: MIT
#pragma once

#include "iterator.hpp"

#include <utility>

namespace tcplens::inline v1::detail {

/// What iterators of a range return. Like std::ranges::range_reference_t, without <ranges>, which takes long to compile.
template <class Range>
using range_reference = decltype(*std::ranges::begin(std::declval<Range&>()));

/// Like std::ranges::input_range, without <ranges>.
template <class Range>
concept input_range = requires(Range& range) {
    std::ranges::end(range);
    requires std::input_iterator<decltype(std::ranges::begin(range))>;
};

} // namespace tcplens::inline v1::detail
