// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tcplens::inline v1::detail {

/// The data of one end that was captured, as far as Zeek's reassembler needs it to find gaps: data that the peer acknowledged though
/// it was not captured. Positions count from the SYN, which is 0, so data begins at 1; they do not wrap around.
///
/// At most `capacity` stretches beyond a hole are remembered. If there is another one, the smallest of the holes between them
/// counts as filled; one that lies 4 GiB beyond the first hole counts as not captured. exact() says whether that happened.
class zeek_deliveries {
public:
    static constexpr std::size_t capacity = 8;

    // Where Zeek gives up: nothing is acknowledged (a capture of one direction), or nothing more. Zeek's scripts name the limits
    // tcp_max_initial_window, tcp_max_above_hole_bytes_without_any_acks and tcp_excessive_data_without_further_acks.
    static constexpr std::int64_t max_initial_window = 16'384;
    static constexpr std::int64_t max_above_hole_without_acks = 16'384;
    static constexpr std::int64_t max_without_further_acks = std::int64_t{10} * 1024 * 1024;

    /// Takes in captured data from `begin` up to, not including, `end`. `acknowledged` is the peer's highest acknowledgment, and
    /// `size` the bytes that the end has sent by its sequence numbers.
    constexpr void take(std::int64_t begin, std::int64_t end, std::int64_t acknowledged, std::int64_t size) noexcept {
        if (gave_up_) return;
        begin = (std::max)({begin, acknowledged, trimmed_});
        if (begin >= end) return;
        const bool none_acknowledged = acknowledged <= 1;
        if (begin <= next_) {
            if (next_ < end) {
                advance(end);
                if (none_acknowledged && size > max_initial_window) trimmed_ = (std::max)(trimmed_, next_);
            }
        } else {
            insert(begin, end);
        }
        const std::int64_t above = count_ == 0 ? 0 : get(count_ - 1u).end - next_;
        if ((none_acknowledged && above > max_above_hole_without_acks) || held() > max_without_further_acks) {
            gave_up_ = true;
            count_ = 0;
        }
    }

    /// The peer acknowledged all before `up_to`. Calls `on_gap(bytes)` for each stretch before it that was not captured. `partial`:
    /// the connection was picked up midstream, so the first byte may be no data.
    template <class OnGap>
    constexpr void acknowledge(std::int64_t up_to, bool partial, OnGap on_gap) noexcept {
        if (up_to <= trimmed_) return;
        trimmed_ = up_to;
        if (up_to <= next_ || (up_to <= 2 && partial)) return;
        if (!gave_up_) {
            while (count_ > 0 && get(0).begin < up_to) {
                const range first = get(0);
                on_gap(first.begin - next_);
                close_up(0, 1);
                next_ = first.end;
            }
            if (next_ < up_to) on_gap(up_to - next_);
        }
        advance((std::max)(next_, up_to));
    }

    /// The position after the last byte that was captured or given up, with none missing before it.
    [[nodiscard]] constexpr std::int64_t next() const noexcept { return next_; }
    /// Whether any data waits for its acknowledgment, or for data before it.
    [[nodiscard]] constexpr bool holds_any() const noexcept { return !gave_up_ && (count_ > 0 || next_ > trimmed_); }
    /// Whether Zeek stopped looking for gaps.
    [[nodiscard]] constexpr bool gave_up() const noexcept { return gave_up_; }
    /// Whether no hole had to count as filled.
    [[nodiscard]] constexpr bool exact() const noexcept { return exact_; }

private:
    struct range {
        std::int64_t begin = 0;
        std::int64_t end = 0;
    };
    /// The low halves of a range; both ends lie within 4 GiB beyond `next_`.
    struct packed_range {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };

    [[nodiscard]] constexpr range get(std::size_t at) const noexcept {
        const auto from = static_cast<std::uint32_t>(next_);
        return {next_ + (ranges_[at].begin - from), next_ + (ranges_[at].end - from)};
    }
    constexpr void set(std::size_t at, const range& to) noexcept {
        ranges_[at] = {static_cast<std::uint32_t>(to.begin), static_cast<std::uint32_t>(to.end)};
    }

    [[nodiscard]] constexpr std::int64_t held() const noexcept {
        std::int64_t bytes = std::max<std::int64_t>(0, next_ - trimmed_);
        for (std::size_t i = 0; i < count_; ++i) bytes += ranges_[i].end - ranges_[i].begin;
        return bytes;
    }

    /// Removes `number` ranges, the first of which is at index `at`.
    constexpr void close_up(std::size_t at, std::size_t number) noexcept {
        for (std::size_t i = at; i + number < count_; ++i) ranges_[i] = ranges_[i + number];
        count_ = static_cast<std::uint8_t>(count_ - number);
    }

    /// Nothing is missing up to `next`, so captured data beyond it may follow on it now.
    constexpr void advance(std::int64_t next) noexcept {
        while (count_ > 0 && get(0).begin <= next) {
            next = (std::max)(next, get(0).end);
            close_up(0, 1);
        }
        next_ = next;
    }

    constexpr void insert(std::int64_t begin, std::int64_t end) noexcept {
        if (end - next_ > (std::numeric_limits<std::uint32_t>::max)()) {
            exact_ = false;
            return;
        }
        std::size_t at = 0;
        while (at < count_ && get(at).end < begin) ++at;
        std::size_t touched = at;
        for (; touched < count_ && get(touched).begin <= end; ++touched) {
            begin = (std::min)(begin, get(touched).begin);
            end = (std::max)(end, get(touched).end);
        }
        if (touched > at) {
            set(at, {begin, end});
            close_up(at + 1, touched - at - 1);
            return;
        }
        for (std::size_t i = count_; i > at; --i) ranges_[i] = ranges_[i - 1];
        set(at, {begin, end});
        if (++count_ > capacity) fill_smallest_hole();
    }

    constexpr void fill_smallest_hole() noexcept {
        std::size_t smallest = 0;
        for (std::size_t i = 1; i + 1 < count_; ++i) {
            if (hole_after(i) < hole_after(smallest)) smallest = i;
        }
        ranges_[smallest].end = ranges_[smallest + 1].end;
        close_up(smallest + 1, 1);
        exact_ = false;
    }
    [[nodiscard]] constexpr std::uint32_t hole_after(std::size_t at) const noexcept {
        return ranges_[at + 1].begin - ranges_[at].end;
    }

    friend void archive(auto& ar, zeek_deliveries& deliveries) {
        auto& [next, trimmed, ranges, count, gave_up, exact] = deliveries;
        ar(next, trimmed);
        ar.bounded(count, capacity);
        for (std::size_t i = 0; i < count; ++i) ar(ranges[i]);
        ar(gave_up, exact);
        constexpr std::int64_t farthest = std::int64_t{1} << 60;
        ar.require(next > 0 && next <= farthest && trimmed > 0 && trimmed <= farthest);
    }

    std::int64_t next_ = 1;
    std::int64_t trimmed_ = 1; ///< all before it is acknowledged, or no longer held
    std::array<packed_range, capacity + 1>
        ranges_{}; ///< beyond `next_`, in order, not touching; the last is for one too many
    std::uint8_t count_ = 0;
    bool gave_up_ = false;
    bool exact_ = true;
};

} // namespace tcplens::inline v1::detail
