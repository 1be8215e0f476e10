// SPDX-License-Identifier: MIT
#pragma once

// The table of watch: of bounded memory, and what is counted and observed beside it.

#include "watch_observer.hpp"
#include "watch_totals.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/tcplens.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace program::watching {

inline constexpr std::size_t observation_kind_count = 15;

class watch_table {
public:
    /// Called for each connection that ends.
    using end_teller = std::function<void(const tcplens::connection&, tcplens::end_reason)>;

    /// Takes all memory that following connections needs. \throws std::bad_alloc, std::length_error
    watch_table(const tcplens::table_options& options, end_teller on_end);
    watch_table(const watch_table&) = delete; // the observer points here
    watch_table& operator=(const watch_table&) = delete;
    ~watch_table();

    /// Adds a packet. Its number is that of packets so far.
    void add(tcplens::timestamp time, tcplens::link_type link, std::span<const std::byte> bytes,
             std::size_t wire_length);
    /// Adds packets, which are numbered already.
    void add_all(std::span<const tcplens::packet> packets);
    /// While no packet comes: ends connections that were silent for too long.
    void expire(tcplens::timestamp now);
    /// Ends all connections.
    void flush();

    [[nodiscard]] const tcplens::connection_counters& connections() const noexcept;
    [[nodiscard]] const tcplens::decode_statistics& packets() const noexcept;
    [[nodiscard]] const segment_totals& totals() const noexcept { return counts_.totals; }
    /// What the last second was about: it is counted until it is taken.
    [[nodiscard]] worst_connections& worst() noexcept { return counts_.worst; }
    [[nodiscard]] service_counts& services() noexcept { return counts_.services; }

    /// What deserves a look in the connections that ended in the last 10 to 20 minutes, and was not told before. It looks seldom if
    /// that takes long, unless it is the last time.
    [[nodiscard]] std::vector<tcplens::observation> new_observations(std::chrono::steady_clock::time_point now,
                                                                     bool is_last = false);
    /// How many there were, by tcplens::observation_kind.
    [[nodiscard]] const std::array<std::uint64_t, observation_kind_count>& observations() const noexcept {
        return observed_;
    }

private:
    struct table_type;
    struct told_observation {
        tcplens::observation_kind kind{};
        tcplens::observation::subject_type subject{};
        std::chrono::steady_clock::time_point last{}; ///< when it was seen the last time
    };
    struct end_handler {
        watch_table* to;
        template <class Connection>
        void operator()(const Connection& ended, tcplens::end_reason why) const;
    };

    [[nodiscard]] bool was_told(const tcplens::observation& of, std::chrono::steady_clock::time_point now);

    segment_counts counts_{};
    end_teller on_end_;
    tcplens::observation_options observing_;
    tcplens::observation_accumulator recent_;
    tcplens::observation_accumulator before_; ///< the connections of the interval before
    std::chrono::steady_clock::time_point next_interval_{};
    std::chrono::steady_clock::time_point next_look_{};
    bool something_ended_ = false;
    std::vector<told_observation> told_{};
    std::array<std::uint64_t, observation_kind_count> observed_{};
    std::unique_ptr<table_type> table_;
};

/// How many bytes the table takes for so many connections.
[[nodiscard]] std::uint64_t memory_needed(std::uint64_t connections) noexcept;

} // namespace program::watching
