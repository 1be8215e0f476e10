// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "basic_connection_table.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The parts of a table, for the rooms that need more than its public members: saved/ archives them, parallel/ deals segments out to
/// several tables.
struct table_access {
    [[nodiscard]] static auto& options(auto& table) noexcept { return table.options_; }
    [[nodiscard]] static auto& rules(auto& table) noexcept { return table.rules_; }
    [[nodiscard]] static auto& observers(auto& table) noexcept { return table.observers_; }
    [[nodiscard]] static auto& decoding(auto& table) noexcept { return table.decoder_; }
    [[nodiscard]] static auto& statistics(auto& table) noexcept { return table.statistics_; }
    [[nodiscard]] static auto& lookup(auto& table) noexcept { return table.lookup_; }
    [[nodiscard]] static auto& records(auto& table) noexcept { return table.records_; }
    [[nodiscard]] static auto& expiring(auto& table) noexcept { return table.expiry_; }
    [[nodiscard]] static auto& last_time(auto& table) noexcept { return table.last_time_; }

    /// Whether the table is larger than the caches probably are: see connection_lookup::stays_cached().
    template <class Table>
    [[nodiscard]] static bool stays_cached(const Table& table) noexcept {
        return Table::lookup::stays_cached(table.records_);
    }

    template <class Table>
    static constexpr std::size_t batch_size = Table::batch_size;

    TCPLENS_ALWAYS_INLINE static void prefetch_index(const auto& table, std::uint32_t hash) noexcept {
        table.lookup_.prefetch(hash);
    }
    /// Adds segments for whose hashes prefetch_index() was called: `batch` has size() up to batch_size, segment_at() and hash_at().
    /// Their times are clamped for arithmetic, and none of them has a bad checksum that is to be ignored.
    /// `on_added(i, result)` gets each result.
    TCPLENS_ALWAYS_INLINE static void add_batch(auto& table, const auto& batch, const auto& on_added) {
        no_sink keep;
        table.add_batch(batch, keep, on_added);
    }

    /// Adds a segment of which add_batch() takes none: one that is a sample.
    template <class Table>
    static auto add_sample(Table& table, const segment& next, std::uint32_t hash) {
        no_sink keep;
        table.statistics_.count_tcp();
        return table.template follow<true>(next, hash, {}, keep);
    }
    /// Hands a notice to the observers of a table.
    static void take_notice(auto& table, const icmp_notice& notice) { table.take_notice(notice); }

    /// The connection that a table handed out as const, to the owner of the table.
    template <class Table>
    [[nodiscard]] static typename Table::connection_type*
    owned(Table&, const typename Table::connection_type* handed_out) noexcept {
        return const_cast<typename Table::connection_type*>(handed_out); // records are not const
    }
};

} // namespace tcplens::inline v1::detail
