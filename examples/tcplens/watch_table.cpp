// SPDX-License-Identifier: MIT
#include "watch_table.hpp"

#include <tcplens/connection/observers/irregularity_observer.hpp>

#include <algorithm>
#include <utility>

namespace program::watching {

namespace {

using clock = std::chrono::steady_clock;

/// Connections of the last two intervals are observed together: scans take minutes (see observation_options).
constexpr std::chrono::minutes observation_interval{10};
/// So many observations of a kind are told: more than one looks at.
constexpr std::size_t most_of_a_kind = 100;
/// So many times longer than a look took is the time until the next one: looking takes 5 % of the time at most.
constexpr int rest_between_looks = 20;

tcplens::observation_options observation_options_of_watch() {
    tcplens::observation_options options{.per_kind = most_of_a_kind};
    options.key = tcplens::hash_key::random();
    return options;
}

} // namespace

struct watch_table::table_type {
    tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::irregularity_observer, segment_observer> of;
};

template <class Connection>
void watch_table::end_handler::operator()(const Connection& ended, tcplens::end_reason why) const {
    to->recent_.add(ended);
    to->something_ended_ = true;
    if (to->on_end_) to->on_end_(ended, why);
}

watch_table::watch_table(const tcplens::table_options& options, end_teller on_end)
    : on_end_(std::move(on_end)), observing_(observation_options_of_watch()), recent_(observing_), before_(observing_),
      next_interval_(clock::now() + observation_interval),
      table_(new table_type{
          {options, tcplens::evidence_rules{}, tcplens::irregularity_observer{}, segment_observer{&counts_}}}) {}

watch_table::~watch_table() = default;

void watch_table::add(tcplens::timestamp time, tcplens::link_type link, std::span<const std::byte> bytes,
                      std::size_t wire_length) {
    table_->of.add(time, link, bytes, wire_length, end_handler{this});
}

void watch_table::add_all(std::span<const tcplens::packet> packets) {
    table_->of.add_all(packets, end_handler{this});
}

void watch_table::expire(tcplens::timestamp now) {
    table_->of.expire(now, end_handler{this});
}

void watch_table::flush() {
    table_->of.flush(end_handler{this});
}

const tcplens::connection_counters& watch_table::connections() const noexcept {
    return table_->of.counters();
}

const tcplens::decode_statistics& watch_table::packets() const noexcept {
    return table_->of.statistics();
}

std::vector<tcplens::observation> watch_table::new_observations(clock::time_point now, bool is_last) {
    std::vector<tcplens::observation> fresh;
    if (now >= next_interval_) {
        next_interval_ = now + observation_interval;
        before_ = std::exchange(recent_, tcplens::observation_accumulator{observing_});
        std::erase_if(told_, [&](const told_observation& each) { return each.last + observation_interval < now; });
    }
    if (!something_ended_ || (now < next_look_ && !is_last)) return fresh;
    something_ended_ = false;
    const clock::time_point begin = clock::now();
    tcplens::observation_accumulator both = before_;
    both.merge(recent_);
    for (tcplens::observation& each : both.result().items) {
        if (was_told(each, now)) continue;
        ++observed_[static_cast<std::size_t>(each.kind)];
        fresh.push_back(std::move(each));
    }
    next_look_ = now + (clock::now() - begin) * rest_between_looks;
    return fresh;
}

bool watch_table::was_told(const tcplens::observation& of, clock::time_point now) {
    const auto is_same = [&](const told_observation& each) {
        return each.kind == of.kind && each.subject == of.subject;
    };
    const auto found = std::ranges::find_if(told_, is_same);
    if (found != told_.end()) {
        found->last = now;
        return true;
    }
    // Kinds that stay below their bound need no more room than this.
    constexpr std::size_t most_told = 4 * observation_kind_count * most_of_a_kind;
    if (told_.size() == most_told) told_.erase(std::ranges::min_element(told_, {}, &told_observation::last));
    told_.push_back({of.kind, of.subject, now});
    return false;
}

std::uint64_t memory_needed(std::uint64_t connections) noexcept {
    constexpr std::uint64_t of_all = 45'000'000;
    ; // buffers of the kernel, fragments, observations; measured with 1 connection
    constexpr std::uint64_t of_each = 3'600; // observers included; measured with up to 800,000: 3,570
    return of_all + connections * of_each;
}

} // namespace program::watching
