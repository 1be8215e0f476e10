// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../packet.hpp"
#include "output_file.hpp"
#include "write_error.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// Takes the bytes of a capture, as `output(std::span<const std::byte>)`: returns how many of them it took (it is called again with the
/// rest), 0 if it takes no more, -errno after a failure; or returns nothing, and takes all.
template <class Output>
concept byte_output = std::move_constructible<Output> && std::invocable<Output&, std::span<const std::byte>> &&
    (std::is_void_v<std::invoke_result_t<Output&, std::span<const std::byte>>> ||
     std::convertible_to<std::invoke_result_t<Output&, std::span<const std::byte>>, std::ptrdiff_t>);

/// Appends the bytes of a capture to a vector.
class memory_output {
public:
    explicit memory_output(std::vector<std::byte>& into) noexcept : into_(&into) {}
    void operator()(std::span<const std::byte> bytes) { into_->insert(into_->end(), bytes.begin(), bytes.end()); }

private:
    std::vector<std::byte>* into_;
};

/// Collects what a writer makes, and gives it to the output in large pieces. Allocates once, when it is made, and again behind
/// release_buffer().
template <byte_output Output>
class buffered_output {
public:
    explicit buffered_output(Output output, std::endian order) : output_(std::move(output)), order_(order) {
        buffer_.reserve(capacity);
        if constexpr (std::same_as<Output, output_file>) error_ = output_.error();
    }

    buffered_output(const buffered_output&) = delete;
    buffered_output& operator=(const buffered_output&) = delete;
    buffered_output(buffered_output&&) noexcept = default;
    buffered_output& operator=(buffered_output&&) noexcept = default;
    ~buffered_output() = default;

    /// An integer, in the byte order of the capture.
    template <std::unsigned_integral Unsigned>
    void put(Unsigned value) {
        if (order_ != std::endian::native) value = reverse_bytes(value);
        std::byte bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        put(std::span<const std::byte>{bytes});
    }
    void put(std::span<const std::byte> bytes) {
        written_ += bytes.size();
        if (bytes.size() > capacity - buffer_.size()) {
            flush();
            if (bytes.size() > capacity) {
                hand_over(bytes);
                return;
            }
        }
        if (!error_) buffer_.insert(buffer_.end(), bytes.begin(), bytes.end()); // within the capacity
    }
    /// Zeros, up to a length that is a multiple of four.
    void pad(std::size_t length) {
        static constexpr std::byte zeros[3]{};
        put(std::span<const std::byte>{zeros}.first((4 - length % 4) % 4));
    }

    /// Gives all to the output. False after an error.
    bool flush() {
        hand_over(buffer_);
        buffer_.clear();
        return !error_;
    }
    /// Gives all to the output, and has no buffer until more is put in. False after an error.
    bool release_buffer() {
        flush();
        buffer_ = {};
        return !error_;
    }
    /// Gives all to the output; a file takes its place. False after an error.
    bool close() {
        if (!flush()) return false;
        if constexpr (std::same_as<Output, output_file>) {
            if (!output_.commit()) {
                error_ = output_.error().value_or(write_error{.code = write_error::reason::write_failed});
                error_->offset = written_;
            }
        }
        return !error_;
    }

    /// Notes why a packet was not written; writing goes on. Returns false.
    bool refuse(write_error::reason why, const packet& refused) noexcept {
        refusal_ = write_error{.code = why, .offset = written_, .packet_number = refused.number};
        return false;
    }

    /// The failure that ended writing.
    [[nodiscard]] const std::optional<write_error>& error() const noexcept { return error_; }
    /// The failure that ended writing; without one, why the latest refused packet was refused.
    [[nodiscard]] const std::optional<write_error>& error_or_refusal() const noexcept {
        return error_ ? error_ : refusal_;
    }
    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
    [[nodiscard]] std::endian order() const noexcept { return order_; }

private:
    /// Larger pieces were not written faster to a file in memory (measured from 16 KiB to 1 MiB).
    static constexpr std::size_t capacity = std::size_t{64} * 1024;

    void hand_over(std::span<const std::byte> bytes) {
        while (!error_ && !bytes.empty()) {
            if constexpr (std::is_void_v<std::invoke_result_t<Output&, std::span<const std::byte>>>) {
                std::invoke(output_, bytes);
                handed_over_ += bytes.size();
                return;
            } else {
                const auto taken = static_cast<std::ptrdiff_t>(std::invoke(output_, bytes));
                if (taken <= 0 || static_cast<std::size_t>(taken) > bytes.size()) {
                    error_ = write_error{.code = taken < 0 ? write_error::reason::write_failed
                                                           : write_error::reason::short_write,
                                         .system_error = taken < 0 ? static_cast<int>(-taken) : 0,
                                         .offset = handed_over_};
                    return;
                }
                handed_over_ += static_cast<std::uint64_t>(taken);
                bytes = bytes.subspan(static_cast<std::size_t>(taken));
            }
        }
    }

    Output output_;
    std::vector<std::byte> buffer_{};
    std::endian order_;
    std::uint64_t written_ = 0;     ///< with what is in the buffer
    std::uint64_t handed_over_ = 0; ///< to the output
    std::optional<write_error> error_{};
    std::optional<write_error> refusal_{};
};

} // namespace tcplens::inline v1::detail
