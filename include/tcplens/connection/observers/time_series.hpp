// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../direction.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v0 {

/// What went one way in one interval.
struct direction_bin {
    std::uint64_t packets = 0; ///< as captured, retransmissions and all
    std::uint64_t wire_bytes = 0;
    std::uint64_t payload_bytes = 0;
    std::uint64_t new_bytes =
        0; ///< of those, bytes that were not captured before: goodput, where the receiver got them
    std::uint64_t retransmissions = 0; ///< by the rules of the table
    /// The most that was sent and not acknowledged after any packet of the interval, in sequence numbers.
    std::uint64_t most_in_flight = 0;
    std::uint64_t rtt_samples = 0; ///< from what went this way, past the capture, to its acknowledgment, at that time
    std::chrono::nanoseconds least_rtt{}; ///< 0 without samples
    std::chrono::nanoseconds most_rtt{};
    std::chrono::nanoseconds total_rtt{}; ///< of all samples

    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> mean_rtt() const noexcept {
        if (rtt_samples == 0) return std::nullopt;
        return total_rtt / static_cast<std::int64_t>(rtt_samples);
    }

    constexpr void count_rtt(std::chrono::nanoseconds rtt) noexcept {
        least_rtt = rtt_samples == 0 ? rtt : (std::min)(least_rtt, rtt);
        most_rtt = (std::max)(most_rtt, rtt);
        total_rtt += rtt;
        ++rtt_samples;
    }

    constexpr void add(const direction_bin& other) noexcept {
        packets += other.packets;
        wire_bytes += other.wire_bytes;
        payload_bytes += other.payload_bytes;
        new_bytes += other.new_bytes;
        retransmissions += other.retransmissions;
        most_in_flight = (std::max)(most_in_flight, other.most_in_flight);
        if (other.rtt_samples == 0) return;
        least_rtt = rtt_samples == 0 ? other.least_rtt : (std::min)(least_rtt, other.least_rtt);
        most_rtt = (std::max)(most_rtt, other.most_rtt);
        total_rtt += other.total_rtt;
        rtt_samples += other.rtt_samples;
    }

    [[nodiscard]] friend constexpr bool operator==(const direction_bin&, const direction_bin&) noexcept = default;
};

/// One interval.
struct time_bin {
    direction_bin client_to_server{};
    direction_bin server_to_client{};

    [[nodiscard]] constexpr direction_bin& bin(direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    constexpr void add(const time_bin& other) noexcept {
        client_to_server.add(other.client_to_server);
        server_to_client.add(other.server_to_client);
    }
    constexpr void swap_roles() noexcept { std::swap(client_to_server, server_to_client); }

    [[nodiscard]] friend constexpr bool operator==(const time_bin&, const time_bin&) noexcept = default;
};

/// What happens when the bins do not reach over the time that there is.
enum class series_overflow : std::uint8_t {
    widen,         ///< intervals double in width, two neighbours becoming one, until all fits
    forget_oldest, ///< the oldest fall out; what is older than the rest then has no place any more
};

/// Intervals of the same width, one after another without gaps, in memory of the caller. The first begins at the first moment;
/// moments before it are given intervals before it, as room and `overflow` permit.
///
/// A moment that lies further from the latest one than `furthest_jump` has no place, unless the one before it had none either
/// and was near it: one wrong time neither widens the intervals nor empties them.
class time_series {
public:
    /// Fewer bins than that hold nothing.
    static constexpr std::size_t least_bins = 8;

    /// `interval` is taken as at least 1 ns and at most 2^60 ns, about 36 years.
    constexpr time_series(std::span<time_bin> memory, std::chrono::nanoseconds interval, series_overflow overflow,
                          std::chrono::nanoseconds furthest_jump) noexcept
        : memory_(memory), width_(std::clamp<std::int64_t>(interval.count(), 1, std::int64_t{1} << 60)),
          furthest_jump_((std::max)(furthest_jump, std::chrono::nanoseconds::zero())), overflow_(overflow) {}

    /// The number of intervals, the first and the last of which are not empty, unless intervals fell out.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    /// How wide each is now.
    [[nodiscard]] constexpr std::chrono::nanoseconds interval() const noexcept {
        return std::chrono::nanoseconds{width_};
    }
    /// When an interval begins. \pre number < size()
    [[nodiscard]] constexpr timestamp begin_of(std::size_t number) const noexcept {
        return moved(begin_, number * width());
    }
    /// \pre number < size()
    [[nodiscard]] constexpr const time_bin& operator[](std::size_t number) const noexcept { return at(number); }

    /// The bin of a moment, for which room is made; null if it has no place. \pre it is clamp_for_arithmetic()
    [[nodiscard]] constexpr time_bin* find(timestamp time) noexcept {
        if (memory_.size() < least_bins || !is_believable(time)) return nullptr;
        latest_ = time;
        if (size_ == 0) begin_ = time;
        if (time < begin_ && !reach_back_to(time)) return nullptr;
        return &at(reach_forward_to(time));
    }

    /// Client and server change places.
    constexpr void swap_roles() noexcept {
        for (std::size_t i = 0; i < size_; ++i) at(i).swap_roles();
    }

private:
    [[nodiscard]] constexpr time_bin& at(std::size_t number) const noexcept {
        const std::size_t place = first_ + number;
        return memory_[place < memory_.size() ? place : place - memory_.size()];
    }

    // From the first interval to the last may be a little more than an int64_t can tell.
    [[nodiscard]] constexpr std::uint64_t width() const noexcept { return static_cast<std::uint64_t>(width_); }
    [[nodiscard]] static constexpr std::uint64_t elapsed(timestamp from, timestamp to) noexcept {
        return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
               static_cast<std::uint64_t>(from.time_since_epoch().count());
    }
    [[nodiscard]] static constexpr timestamp moved(timestamp from, std::uint64_t by) noexcept {
        const std::uint64_t to = static_cast<std::uint64_t>(from.time_since_epoch().count()) + by;
        return timestamp{std::chrono::nanoseconds{static_cast<std::int64_t>(to)}};
    }

    [[nodiscard]] constexpr bool is_believable(timestamp time) noexcept {
        const auto close_to = [&](timestamp to) { return time - to <= furthest_jump_ && to - time <= furthest_jump_; };
        const bool believed = size_ == 0 || close_to(latest_) || (doubted_ && close_to(*doubted_));
        doubted_ = believed ? std::nullopt : std::optional{time};
        return believed;
    }

    /// \pre time is not before the first interval
    [[nodiscard]] constexpr std::size_t number_of(timestamp time) const noexcept {
        return static_cast<std::size_t>(std::min<std::uint64_t>(elapsed(begin_, time) / width(), SIZE_MAX));
    }

    /// \pre time < begin_
    constexpr bool reach_back_to(timestamp time) noexcept {
        std::uint64_t more = 0;
        const auto count = [&] {
            const std::uint64_t missing = elapsed(time, begin_);
            more = missing / width() + (missing % width() != 0);
        };
        for (count(); more > memory_.size() - size_; count()) {
            if (overflow_ == series_overflow::forget_oldest) return false;
            widen();
        }
        const auto places = static_cast<std::size_t>(more);
        first_ = first_ >= places ? first_ - places : first_ + memory_.size() - places;
        size_ += places;
        begin_ = moved(begin_, 0 - more * width());
        for (std::size_t i = 0; i < places; ++i) at(i) = {};
        return true;
    }

    /// \pre time >= begin_
    constexpr std::size_t reach_forward_to(timestamp time) noexcept {
        std::size_t number = number_of(time);
        for (; number >= memory_.size(); number = number_of(time)) {
            if (overflow_ == series_overflow::widen) {
                widen();
                continue;
            }
            const std::size_t too_many = number - memory_.size() + 1;
            const std::size_t dropped = (std::min)(too_many, size_);
            first_ = (first_ + dropped) % memory_.size();
            size_ -= dropped;
            begin_ = moved(begin_, too_many * width());
        }
        for (; size_ <= number; ++size_) at(size_) = {};
        return number;
    }

    /// No interval gets wider than 2^62 ns: eight of 2^61 reach over all times that can be subtracted.
    constexpr void widen() noexcept {
        for (std::size_t i = 0; i < size_; i += 2) {
            time_bin both = at(i);
            if (i + 1 < size_) both.add(at(i + 1));
            at(i / 2) = both;
        }
        size_ = (size_ + 1) / 2;
        width_ *= 2;
    }

    std::span<time_bin> memory_;
    std::int64_t width_;
    std::chrono::nanoseconds furthest_jump_;
    series_overflow overflow_;
    std::size_t first_ = 0; ///< where in the memory the first interval is
    std::size_t size_ = 0;
    timestamp begin_{};
    timestamp latest_{};
    std::optional<timestamp> doubted_{};
};

} // namespace tcplens::inline v0
