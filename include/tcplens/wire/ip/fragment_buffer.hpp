// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/owned_bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

namespace tcplens::inline v1::detail {

/// Room for the bytes of a packet, of which some are not there yet. Unlike std::vector it does not fill gaps: a lone fragment at the end
/// of a packet costs as much as one at its beginning.
class fragment_buffer {
public:
    fragment_buffer() noexcept = default;
    fragment_buffer(const fragment_buffer&) = delete;
    fragment_buffer& operator=(const fragment_buffer&) = delete;
    fragment_buffer(fragment_buffer&& other) noexcept
        : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    fragment_buffer& operator=(fragment_buffer&& other) noexcept {
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, 0);
        return *this;
    }
    ~fragment_buffer() = default;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::byte* data() noexcept { return bytes_.get(); }
    [[nodiscard]] const std::byte* data() const noexcept { return bytes_.get(); }

    /// Grows. What is new has no value until it is written.
    void grow(std::size_t size) {
        if (size > capacity_) reserve((std::max)(size, 2 * capacity_));
        size_ = size;
    }
    void reserve(std::size_t capacity) {
        if (capacity <= capacity_) return;
        owned_bytes larger{capacity};
        if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
        bytes_ = std::move(larger);
        capacity_ = capacity;
    }
    void clear() noexcept { size_ = 0; }

private:
    owned_bytes bytes_{};
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace tcplens::inline v1::detail
