// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "observation.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// The observations of one kind: all are counted, and a bounded number with the highest values is kept. An observation that would not be
/// kept need not be made, so its text costs nothing. A template, to reduce the compile time of programs that do not use it.
template <class Observation>
class basic_findings {
public:
    basic_findings(observation_kind kind, std::size_t most)
        : most_(most), least_first_(kind == observation_kind::regular_contact) {}

    /// Counts an observation. Whether it is among the highest so far: then add() takes it.
    [[nodiscard]] bool wants(double value, timestamp first_time) {
        ++total_;
        if (kept_.size() < most_) return true;
        return most_ > 0 && comes_before(value, first_time, kept_.front().first);
    }
    /// Keeps what wants() asked for.
    void add(Observation&& made) {
        const auto order = [this](const kept& a, const kept& b) { return comes_before(a, b); };
        if (kept_.size() < most_) {
            kept_.emplace_back(std::move(made), total_);
            if (kept_.size() == most_) std::make_heap(kept_.begin(), kept_.end(), order);
        } else {
            std::pop_heap(kept_.begin(), kept_.end(), order);
            kept_.back() = kept{std::move(made), total_};
            std::push_heap(kept_.begin(), kept_.end(), order);
        }
    }

    /// How many were counted.
    [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
    /// How many are kept.
    [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }
    /// Appends those that are kept: the highest value first, of equal ones that which began earlier, then that which was counted earlier.
    void move_to(std::vector<Observation>& items) && {
        std::sort(kept_.begin(), kept_.end(), [this](const kept& a, const kept& b) { return comes_before(a, b); });
        for (kept& each : kept_) items.push_back(std::move(each.first));
    }

private:
    using kept = std::pair<Observation, std::uint64_t>; ///< with its number

    [[nodiscard]] bool comes_before(double value, timestamp first_time, const Observation& other) const noexcept {
        if (value == other.value) return first_time < other.first_time;
        return (value > other.value) != least_first_;
    }
    [[nodiscard]] bool comes_before(const kept& a, const kept& b) const noexcept {
        if (a.first.value == b.first.value && a.first.first_time == b.first.first_time) return a.second < b.second;
        return comes_before(a.first.value, a.first.first_time, b.first);
    }

    std::size_t most_;
    bool least_first_; ///< the value is a spread: the least is the most regular
    std::uint64_t total_ = 0;
    std::vector<kept> kept_{}; ///< a heap with the last one in front, as soon as it is full
};

using findings = basic_findings<observation>;

} // namespace tcplens::inline v1::detail::observing
