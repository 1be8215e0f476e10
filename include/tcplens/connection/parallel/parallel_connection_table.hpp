// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/prefetch.hpp"
#include "../../base/timestamp.hpp"
#include "../../capture/packet.hpp"
#include "../../wire/decode/decoder.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/evidence_rules.hpp"
#include "../rules/segment_rules.hpp"
#include "../table/connection_table.hpp"
#include "chunk_schedule.hpp"
#include "partitioned_packets.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace tcplens::inline v0 {

namespace detail {

/// Rules or an observer whose object says nothing of one connection that depends on others: so one object for some of the
/// connections says what one for all of them would. Those for which it is not so say `static constexpr bool
/// spans_connections = true`.
template <class Part>
concept looks_at_one_connection = !requires {
    requires Part::spans_connections;
};

/// A range of packets that says whether their bytes stay where they are as long as it is there, not only until the next
/// one is read.
template <class Packets>
concept tells_whether_bytes_stay = requires(const Packets& packets) {
    { packets.bytes_stay() } -> std::same_as<bool>;
};

} // namespace detail

/// Several tables that share the connections among them, each with a processor of its own; told as one. What it says is the
/// same as a basic_connection_table says that is given the same packets one by one, to the numbers of the connections,
/// whatever the number of tables:
///
///     tcplens::parallel_connection_table table{2};
///     table.add_all(capture);
///     auto report = tcplens::analyze_connections(table);
///
/// It is not the same where a bound is reached that holds for each table by itself: table_options::max_connections, of
/// evidence_rules the busy connections, of repeated_sequence_rules the memory. Bounds of fragments
/// (decode_options::reassembly) hold for all packets together. Connections do not leave it.
///
/// Rules and observers of your own see other numbers in connection::number and rule_input::connection_number: those that
/// a connection has in its table, which tell it apart from the others of that table.
///
/// Beside the tables it holds two chunks of packets for each, a quarter of a megabyte each; up to 1 MiB more, and a packet,
/// where bytes are copied.
///
/// This header is in no other, since threads take their time to compile. Link with the system's threads: Threads::Threads
/// of CMake, dependency('threads') of meson, -pthread.
template <segment_rules Rules = evidence_rules, connection_observer... Observers>
requires(detail::looks_at_one_connection<Rules> &&
         (detail::looks_at_one_connection<Observers> && ...)) class basic_parallel_connection_table {
    using table_type = basic_connection_table<Rules, Observers...>;

public:
    using rules_type = Rules; ///< The rules that judge each segment.
    using connection_type = typename table_type::connection_type;

    static constexpr std::size_t max_tables = 256;

    /// `tables`: how many, and so how many threads, up to max_tables; 0: as many as there are processors.
    /// Each table has a copy of the rules and of the observers.
    explicit basic_parallel_connection_table(std::size_t tables = 0, const table_options& options = {},
                                             const Rules& rules = Rules{})
        : basic_parallel_connection_table(how_many(tables), options, [&] {
              return share{table_type{of_each(options), rules}};
          }) {}
    basic_parallel_connection_table(std::size_t tables, const table_options& options, const Rules& rules,
                                    const Observers&... observers) requires(sizeof...(Observers) > 0)
        : basic_parallel_connection_table(how_many(tables), options, [&] {
              return share{table_type{of_each(options), rules, observers...}};
          }) {}

    /// Takes in all packets of a range, after those that it has: see basic_connection_table::add. It returns when all of
    /// them are in. The calling thread is one of those that do the work; iterators of the range are used by all, one at a
    /// time. The bytes of packets are copied, unless the range can be walked through several times, or says by a member
    /// bytes_stay() that they are good as long as itself, as captures do that are in memory or mapped.
    ///
    /// Throws std::system_error if a thread cannot be started; nothing else that the range does not throw, and what that
    /// throws ends the program.
    template <std::ranges::input_range Packets>
    requires std::convertible_to < std::ranges::range_reference_t<Packets>,
    const packet& > void add_all(Packets&& packets) {
        auto next = std::ranges::begin(packets);
        const auto end = std::ranges::end(packets);
        const bool copies = !do_bytes_stay(packets);
        for (const numbered_connection& each : connections_) each.told->number = each.number_in_table;
        detail::chunk_schedule schedule{how_.tables, chunks_.size(), next_chunk_};
        const auto work = [&](std::size_t thread) noexcept {
            using task = detail::chunk_schedule::task;
            for (;;) {
                const auto todo = schedule.next(thread);
                detail::partitioned_packets& chunk = *chunks_[todo.chunk % chunks_.size()];
                switch (todo.what) {
                case task::read:
                    next_chunk_ = todo.chunk + 1;
                    schedule.has_read(chunk.read(next, end, copies));
                    chunk.decode(how_);
                    schedule.has_decoded(todo.chunk);
                    break;
                case task::settle:
                    chunk.settle(decoder_, statistics_, last_time_, how_);
                    schedule.has_settled();
                    break;
                case task::follow:
                    follow(chunk, todo.chunk, todo.follower);
                    schedule.has_followed(todo.follower);
                    break;
                case task::none: return;
                }
            }
        };
        {
            crew helpers;
            for (std::size_t thread = 1; thread < how_.tables; ++thread) helpers.threads.emplace_back(work, thread);
            work(0);
        }
        number_all();
    }

    /// How many tables there are.
    [[nodiscard]] std::size_t tables() const noexcept { return how_.tables; }

    /// How many packets there were, and what they were.
    [[nodiscard]] const decode_statistics& statistics() const noexcept { return statistics_; }
    /// What became of fragmented IP packets.
    [[nodiscard]] const detail::reassembly_statistics& reassembly() const noexcept { return decoder_.reassembly(); }

    /// The number of connections.
    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }
    [[nodiscard]] bool empty() const noexcept { return connections_.empty(); }

    /// In the order of their first packets. \pre number < size()
    [[nodiscard]] const connection_type& operator[](std::size_t number) const noexcept {
        return *connections_[number].told;
    }

private:
    /// A connection by its number among all; `told` says that, too, while nothing is added.
    struct numbered_connection {
        connection_type* told = nullptr;
        std::uint64_t number_in_table = 0;
    };

public:
    class iterator {
    public:
        using value_type = connection_type;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::forward_iterator_tag;
        using pointer = const connection_type*;
        using reference = const connection_type&;

        iterator() = default;
        [[nodiscard]] reference operator*() const noexcept { return *at_->told; }
        [[nodiscard]] pointer operator->() const noexcept { return at_->told; }
        iterator& operator++() noexcept {
            ++at_;
            constexpr std::ptrdiff_t ahead = 16; // each lies in the memory of its own table
            if (end_ - at_ > ahead)
                detail::prefetch(static_cast<const connection*>(at_[ahead].told), sizeof(connection));
            return *this;
        }
        iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        [[nodiscard]] friend bool operator==(const iterator&, const iterator&) noexcept = default;

    private:
        friend basic_parallel_connection_table;
        iterator(const numbered_connection* at, const numbered_connection* end) noexcept : at_(at), end_(end) {}

        const numbered_connection* at_ = nullptr;
        const numbered_connection* end_ = nullptr;
    };

    [[nodiscard]] iterator begin() const noexcept { return {connections_.data(), past_last()}; }
    [[nodiscard]] iterator end() const noexcept { return {past_last(), past_last()}; }

private:
    [[nodiscard]] const numbered_connection* past_last() const noexcept {
        return connections_.data() + connections_.size();
    }

    /// A connection that was begun by the packet that has this place among all.
    struct begun_connection {
        std::uint64_t place = 0;
        connection_type* begun = nullptr;
    };

    /// What one thread at a time works on; in cache lines of its own.
    struct alignas(128) share {
        table_type table;
        std::vector<begun_connection> begun{}; ///< those without a number
    };

    /// Threads that are waited for.
    struct crew {
        std::vector<std::thread> threads{};

        crew() = default;
        crew(const crew&) = delete;
        crew& operator=(const crew&) = delete;
        ~crew() {
            for (std::thread& each : threads) each.join();
        }
    };

    template <class Make>
    requires std::invocable<Make&> basic_parallel_connection_table(std::uint32_t tables, const table_options& options,
                                                                   Make make_share)
        : how_{.decoding = options.decoding,
               .ignore_bad_checksums = options.ignore_bad_checksums,
               .key = options.hash_key,
               .tables = tables,
               .hash_of = &table_type::hash_of},
          decoder_(options.decoding) {
        if (options.max_connections != 0) decoder_.reserve();
        shares_.reserve(tables);
        for (std::uint32_t i = 0; i < tables; ++i) shares_.push_back(make_share());
        // One that each thread decodes, and one that each follows.
        for (std::uint32_t i = 0; i < 2 * tables; ++i)
            chunks_.push_back(std::make_unique<detail::partitioned_packets>(tables));
    }

    /// The options of the tables themselves, which get segments: none waits for fragments.
    [[nodiscard]] static table_options of_each(table_options all) noexcept {
        all.decoding.reassembly.max_packets = 0;
        return all;
    }

    [[nodiscard]] static std::uint32_t how_many(std::size_t tables) noexcept {
        if (tables == 0) tables = std::thread::hardware_concurrency(); // 0 if it is not known
        return static_cast<std::uint32_t>(std::clamp<std::size_t>(tables, 1, max_tables));
    }

    template <class Packets>
    [[nodiscard]] static bool do_bytes_stay(const Packets& packets) noexcept {
        if constexpr (detail::tells_whether_bytes_stay<Packets>) return packets.bytes_stay();
        else return std::ranges::forward_range<const Packets>;
    }

    void follow(const detail::partitioned_packets& chunk, std::uint64_t number, std::size_t follower) {
        share& own = shares_[follower];
        std::span<const std::uint16_t> places = chunk.of(follower);
        while (!places.empty()) {
            const auto batch = places.first((std::min)(table_type::batch_size, places.size()));
            places = places.subspan(batch.size());
            for (const std::uint16_t at : batch) {
                own.table.prefetch_index(chunk.hash_at(at));
                detail::prefetch(&chunk.segment_at(at), sizeof(segment)); // another processor may have written it
            }
            std::array<typename table_type::likely_connection, table_type::batch_size> likely;
            for (std::size_t i = 0; i < batch.size(); ++i) {
                likely[i] = own.table.prefetch_connection(chunk.hash_at(batch[i]));
            }
            if (!own.table.stays_cached()) {
                for (std::size_t i = 0; i < batch.size(); ++i) {
                    own.table.prefetch_side(chunk.segment_at(batch[i]), likely[i]);
                }
            }
            for (std::size_t i = 0; i < batch.size(); ++i) {
                const std::uint16_t at = batch[i];
                const add_result added = own.table.add(chunk.segment_at(at), chunk.hash_at(at), likely[i]);
                if (!added.begins_connection) continue;
                // It is ours: the table hands it out as const, since others should not change it.
                auto* const begun = const_cast<connection_type*>(static_cast<const connection_type*>(added.connection));
                own.begun.push_back({number * detail::partitioned_packets::capacity + at, begun});
            }
        }
    }

    /// Gives all connections the numbers that one table would have given them.
    void number_all() {
        for (std::size_t number = 0; number < connections_.size(); ++number) connections_[number].told->number = number;
        std::vector<std::span<const begun_connection>> left;
        std::size_t count = connections_.size();
        for (const share& each : shares_) {
            if (!each.begun.empty()) left.emplace_back(each.begun);
            count += each.begun.size();
        }
        connections_.reserve(count);
        while (!left.empty()) {
            auto& first = *std::ranges::min_element(left, {}, [](const auto& each) { return each.front().place; });
            connection_type* const next = first.front().begun;
            connections_.push_back({next, std::exchange(next->number, connections_.size())});
            first = first.subspan(1);
            constexpr std::size_t ahead = 16;
            if (first.size() > ahead) detail::prefetch(&first[ahead].begun->number, 1);
            if (first.empty()) left.erase(left.begin() + (&first - left.data()));
        }
        for (share& each : shares_) each.begun.clear();
    }

    detail::partitioned_packets::dealing how_;
    decoder decoder_; ///< for fragments
    decode_statistics statistics_{};
    timestamp last_time_{};
    std::vector<share> shares_{};
    std::vector<std::unique_ptr<detail::partitioned_packets>> chunks_{};
    std::uint64_t next_chunk_ = 0;
    std::vector<numbered_connection> connections_{};
};

using parallel_connection_table = basic_parallel_connection_table<>;

} // namespace tcplens::inline v0
