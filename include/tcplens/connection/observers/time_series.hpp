// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../direction.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v1 {

/// Intervals of the same width, one after another without gaps, in memory of the caller.
///
/// The first interval begins at the first time. Earlier times get intervals before it, as far as room and `overflow` permit.
///
/// A time that is further than `furthest_jump` from the latest has no place, unless the one before it had none either and was near
/// it: so one wrong time neither widens the intervals nor empties them.
class time_series {
public:
    /// One direction in one interval of a time series. Counts are from 0 on.
    struct direction_bin {
        std::uint64_t packets = 0;       ///< Number of captured packets, retransmissions included.
        std::uint64_t wire_bytes = 0;    ///< Bytes of these packets on the wire, link layer included.
        std::uint64_t payload_bytes = 0; ///< Payload bytes of these packets.
        std::uint64_t new_bytes =
            0; ///< Payload bytes that were not captured before: the goodput, if the receiver got them.
        std::uint64_t retransmissions = 0; ///< Number of retransmissions, by the rules of the table.
        /// Largest number of bytes in flight (sent, not acknowledged; a SYN or FIN counts as one) after any packet of the interval.
        std::uint64_t most_in_flight = 0;
        /// Number of round trips between the capture and the receiver of this direction that ended in the interval.
        std::uint64_t rtt_samples = 0;
        std::chrono::nanoseconds least_rtt{}; ///< Shortest of these round trips; 0 without samples.
        std::chrono::nanoseconds most_rtt{};  ///< Longest of these round trips; 0 without samples.
        std::chrono::nanoseconds total_rtt{}; ///< Sum of these round trips; 0 without samples.

        /// Mean of the round trips. Absent without samples.
        [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> mean_rtt() const noexcept {
            if (rtt_samples == 0) return std::nullopt;
            return total_rtt / static_cast<std::int64_t>(rtt_samples);
        }

        /// Adds a round trip.
        constexpr void count_rtt(std::chrono::nanoseconds rtt) noexcept {
            least_rtt = rtt_samples == 0 ? rtt : (std::min)(least_rtt, rtt);
            most_rtt = (std::max)(most_rtt, rtt);
            total_rtt += rtt;
            ++rtt_samples;
        }

        /// Adds what another interval counted of the same direction.
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

    /// One interval of a time series.
    struct time_bin {
        direction_bin client_to_server{}; ///< What clients sent.
        direction_bin server_to_client{}; ///< What servers sent.

        /// The bin of one direction.
        [[nodiscard]] constexpr direction_bin& bin(direction direction) noexcept {
            return direction == direction::client_to_server ? client_to_server : server_to_client;
        }
        /// Adds what another interval counted.
        constexpr void add(const time_bin& other) noexcept {
            client_to_server.add(other.client_to_server);
            server_to_client.add(other.server_to_client);
        }
        /// Exchanges clients and servers.
        constexpr void swap_roles() noexcept { std::swap(client_to_server, server_to_client); }

        [[nodiscard]] friend constexpr bool operator==(const time_bin&, const time_bin&) noexcept = default;
    };

    /// What a time series does when its bins do not reach over the time that there is.
    enum class series_overflow : std::uint8_t {
        widen,         ///< The width of the intervals doubles, two neighbours becoming one, until all fits.
        forget_oldest, ///< The oldest intervals are dropped. Times before the remaining ones then have no place.
    };

    /// The smallest number of bins with which a series holds anything.
    static constexpr std::size_t least_bins = 8;

    /// Makes an empty series in `memory`, which must outlive it. `interval` is limited to 1 ns to 2^60 ns, about 36 years; a negative
    /// `furthest_jump` counts as 0.
    constexpr time_series(std::span<time_bin> memory, std::chrono::nanoseconds interval, series_overflow overflow,
                          std::chrono::nanoseconds furthest_jump) noexcept
        : memory_(memory), width_(std::clamp<std::int64_t>(interval.count(), 1, std::int64_t{1} << 60)),
          furthest_jump_((std::max)(furthest_jump, std::chrono::nanoseconds::zero())), overflow_(overflow) {}

    /// The number of intervals, at most that of the bins. The first and the last are not empty, unless intervals were dropped.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    /// Whether there are no intervals.
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    /// The present width of each interval.
    [[nodiscard]] constexpr std::chrono::nanoseconds interval() const noexcept {
        return std::chrono::nanoseconds{width_};
    }
    /// The time at which an interval begins. @pre number < size()
    [[nodiscard]] constexpr timestamp begin_of(std::size_t number) const noexcept {
        TCPLENS_CHECK(number < size_, "time_series::begin_of: the number of an interval is less than size()");
        return later(begin_, number * width());
    }
    /// The bin of an interval. @pre number < size()
    [[nodiscard]] constexpr const time_bin& operator[](std::size_t number) const noexcept {
        TCPLENS_CHECK(number < size_, "time_series: the number of an interval is less than size()");
        return at(number);
    }

    /// The bin of a time, for which room is made; null if the time has no place. The pointer is valid until the next call. Linear in
    /// the number of bins if intervals have to be added or widened, else constant time. @pre clamp_for_arithmetic(time) == time
    [[nodiscard]] constexpr time_bin* find(timestamp time) noexcept {
        TCPLENS_CHECK(detail::clamp_for_arithmetic(time) == time,
                      "time_series::find: the time can be subtracted from others");
        if (memory_.size() < least_bins || !is_believable(time)) return nullptr;
        latest_ = time;
        if (size_ == 0) begin_ = time;
        if (time < begin_ && !reach_back_to(time)) return nullptr;
        return &at(reach_forward_to(time));
    }

    /// Exchanges clients and servers in all bins.
    constexpr void swap_roles() noexcept {
        for (std::size_t i = 0; i < size_; ++i) at(i).swap_roles();
    }

private:
    [[nodiscard]] constexpr time_bin& at(std::size_t number) const noexcept {
        const std::size_t place = first_ + number;
        return memory_[place < memory_.size() ? place : place - memory_.size()];
    }

    // From the first interval to the last may be a little more than an int64_t holds.
    [[nodiscard]] constexpr std::uint64_t width() const noexcept { return static_cast<std::uint64_t>(width_); }
    [[nodiscard]] static constexpr std::uint64_t elapsed(timestamp from, timestamp to) noexcept {
        return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
               static_cast<std::uint64_t>(from.time_since_epoch().count());
    }
    [[nodiscard]] static constexpr timestamp later(timestamp from, std::uint64_t step) noexcept {
        const std::uint64_t to = static_cast<std::uint64_t>(from.time_since_epoch().count()) + step;
        return timestamp{std::chrono::nanoseconds{static_cast<std::int64_t>(to)}};
    }

    [[nodiscard]] constexpr bool is_believable(timestamp time) noexcept {
        const auto close_to = [&](timestamp other) {
            return time - other <= furthest_jump_ && other - time <= furthest_jump_;
        };
        const bool believed = size_ == 0 || close_to(latest_) || (doubted_ && close_to(*doubted_));
        doubted_ = believed ? std::nullopt : std::optional{time};
        return believed;
    }

    /// The number of the interval of a time. @pre begin_ <= time
    [[nodiscard]] constexpr std::size_t number_of(timestamp time) const noexcept {
        return static_cast<std::size_t>(std::min<std::uint64_t>(elapsed(begin_, time) / width(), SIZE_MAX));
    }

    /// Adds intervals before the first. Returns whether there was room. @pre time < begin_
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
        begin_ = later(begin_, 0 - more * width());
        for (std::size_t i = 0; i < places; ++i) at(i) = {};
        return true;
    }

    /// Adds intervals after the last. Returns the number of the time's interval. @pre begin_ <= time
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
            begin_ = later(begin_, too_many * width());
        }
        for (; size_ <= number; ++size_) at(size_) = {};
        return number;
    }

    /// Doubles the width. No interval gets wider than 2^62 ns: eight of 2^61 reach over all times that can be subtracted.
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
    std::size_t first_ = 0; ///< index in the memory of the first interval
    std::size_t size_ = 0;
    timestamp begin_{};
    timestamp latest_{};
    std::optional<timestamp> doubted_{}; ///< the last time, if it had no place
};

} // namespace tcplens::inline v1
