// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>

namespace tcplens::inline v1::detail {

/// Bytes on the heap that have no value until they are written: what std::unique_ptr<std::byte[]> is, without <memory>, which takes as long to
/// compile as <vector> and <string> together.
class owned_bytes {
public:
    /// No bytes.
    owned_bytes() noexcept = default;
    explicit owned_bytes(std::size_t size) : begin_(new std::byte[size]) {}
    owned_bytes(const owned_bytes&) = delete;
    owned_bytes& operator=(const owned_bytes&) = delete;
    owned_bytes(owned_bytes&& other) noexcept : begin_(std::exchange(other.begin_, nullptr)) {}
    owned_bytes& operator=(owned_bytes&& other) noexcept {
        owned_bytes before{std::move(other)};
        std::swap(begin_, before.begin_);
        return *this;
    }
    ~owned_bytes() { delete[] begin_; }

    /// nullptr if there are none.
    [[nodiscard]] std::byte* get() const noexcept { return begin_; }

private:
    std::byte* begin_ = nullptr;
};

} // namespace tcplens::inline v1::detail
