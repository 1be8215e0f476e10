// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/prefetch.hpp"
#include "../../base/timestamp.hpp"
#include "../../capture/packet.hpp"
#include "../../wire/decode/decoder.hpp"
#include "../../wire/decode_statistics.hpp"
#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/evidence_rules.hpp"
#include "../rules/segment_rules.hpp"
#include "../table/basic_connection_table.hpp"
#include "../table/record_store.hpp"
#include "../table/table_access.hpp"
#include "../table/table_options.hpp"
#include "chunk_schedule.hpp"
#include "partitioned_packets.hpp"
#include "thread_crew.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace tcplens::inline v1 {

namespace detail {

/// Rules or an observer whose results for one connection depend on no other connection: an object for some of the connections
/// gives the same as one for all of them.
template <class Part>
concept looks_at_one_connection = requires {
    requires Part::per_connection;
};

/// A range of packets that says whether their bytes stay valid as long as the range is there, not only until the next packet is
/// read.
template <class Packets>
concept tells_whether_bytes_stay = requires(const Packets& packets) {
    { packets.bytes_stay() } -> std::same_as<bool>;
};

/// The iterators of a range of packets. They are used by several threads, by one at a time.
template <class Packets>
concept packet_range =
    std::ranges::input_range<Packets> && std::convertible_to < std::ranges::range_reference_t<Packets>,
const packet& > ;

} // namespace detail

/// Several tables that share the connections of a capture among them, each worked on by a thread of its own; together they are one
/// range of connections. The result is that of one basic_connection_table to which the same packets are added one by one,
/// connection numbers included, whatever the number of tables:
///
///     tcplens::parallel_connection_table table{2};
///     table.add_all(capture);
///     auto report = tcplens::analyze_connections(table);
///
/// It differs where a bound is reached that holds for each table by itself: table_options::max_connections, the busy connections
/// of evidence_rules, the memory of repeated_sequence_rules and of wireshark_round_trips. The bounds of fragments
/// (decode_options::reassembly) hold for all packets together. Connections never leave.
///
/// Rules and observers must declare `static constexpr bool per_connection = true`. In their calls connection::number and
/// rule_input::connection_number are numbers within one of the tables.
///
/// Allocates a megabyte a table for packets; up to 1 MiB and one packet more for each of two chunks a table where bytes are
/// copied.
///
/// No other header includes this one, since the standard header of threads takes long to compile. Link with the system's threads: Threads::Threads
/// in CMake, dependency('threads') in meson, or -pthread.
template <segment_rules Rules, connection_observer... Observers>
class basic_parallel_connection_table {
    static_assert(
        detail::looks_at_one_connection<Rules>,
        "tcplens: a parallel table takes only rules that declare: static constexpr bool per_connection = true");
    static_assert(
        (detail::looks_at_one_connection<Observers> && ...),
        "tcplens: a parallel table takes only observers that declare: static constexpr bool per_connection = true");

    using table_type = basic_connection_table<Rules, Observers...>;
    using access = detail::table_access;

    /// A connection, and the number that it has in its table. Between calls, `connection->number` is its number among all.
    struct numbered_connection {
        typename table_type::connection_type* connection = nullptr;
        std::uint64_t number_in_table = 0;
    };
    /// A place in the list of all connections.
    struct cursor {
        using connection_type = typename table_type::connection_type;

        const numbered_connection* at = nullptr;
        const numbered_connection* end = nullptr;

        [[nodiscard]] const connection_type& get() const noexcept { return *at->connection; }
        void advance() noexcept {
            ++at;
            constexpr std::ptrdiff_t ahead = 16; // each lies in the memory of its own table
            if (end - at > ahead)
                detail::prefetch<sizeof(tcplens::connection)>(
                    static_cast<const tcplens::connection*>(at[ahead].connection));
        }
        [[nodiscard]] friend bool operator==(const cursor&, const cursor&) noexcept = default;
    };

public:
    /// A connection, with the facts of each observer if there are observers.
    using connection_type = typename table_type::connection_type;
    /// The rules.
    using rules_type = Rules;
    /// A forward iterator over the connections. Valid until packets are added.
    using iterator = detail::connection_iterator<cursor>;

    /// The largest number of tables.
    static constexpr std::size_t max_tables = 256;

    /// `tables`: their number, which is the number of threads, up to max_tables; 0 for as many as there are processors.
    /// Each table gets a copy of the rules and of the observers. Each gets the whole of table_options::max_connections.
    explicit basic_parallel_connection_table(std::size_t tables = 0, const table_options& options = {},
                                             const Rules& rules = Rules{})
        : basic_parallel_connection_table(count_tables(tables), options, [&] {
              return share{table_type{options_of_each(options), rules}};
          }) {}
    /// The same with observers.
    basic_parallel_connection_table(std::size_t tables, const table_options& options, const Rules& rules,
                                    const Observers&... observers) requires(sizeof...(Observers) > 0)
        : basic_parallel_connection_table(count_tables(tables), options, [&] {
              return share{table_type{options_of_each(options), rules, observers...}};
          }) {}

    /// A table is not copied.
    basic_parallel_connection_table(const basic_parallel_connection_table&) = delete;
    /// A table is not copied.
    basic_parallel_connection_table& operator=(const basic_parallel_connection_table&) = delete;
    /// Takes over all connections; references to them stay valid.
    basic_parallel_connection_table(basic_parallel_connection_table&&) noexcept = default;
    /// Destroys the connections of this table and takes over those of the other.
    basic_parallel_connection_table& operator=(basic_parallel_connection_table&&) noexcept = default;
    /// Destroys all connections.
    ~basic_parallel_connection_table() = default;

    /// Adds all packets of a range, behind those added before: see basic_connection_table::add(). Returns when all of them are in.
    /// The calling thread works too. Iterators of the range are used by all threads, by one at a time. The bytes of packets are copied
    /// unless the range is a forward range, or has a member `bytes_stay()` that returns true: captures in memory have it.
    ///
    /// If the system cannot start a thread, the threads that were started do all of the work, and the result is the same. If the range
    /// throws or memory is not there (std::bad_alloc), in whatever thread, all threads end their work and the first exception is thrown
    /// here; then the table can only be destroyed or assigned to. Compiled without exceptions, the standard library ends the program
    /// instead.
    template <detail::packet_range Packets>
    void add_all(Packets&& packets) {
        auto next = std::ranges::begin(packets);
        const auto end = std::ranges::end(packets);
        const bool copies = !do_bytes_stay(packets);
        for (const numbered_connection& each : connections_) each.connection->number = each.number_in_table;
        detail::chunk_schedule schedule{dealing_.tables, chunks_.size(), next_chunk_};
        detail::first_exception failure;
        const auto work = [&](std::size_t thread) noexcept {
            const bool failed = failure.is_thrown_by([&] {
                for (auto todo = schedule.next(thread); todo.what != task::none; todo = schedule.next(thread)) {
                    perform(schedule, todo, next, end, copies);
                }
            });
            if (failed) schedule.stop();
        };
        {
            detail::thread_crew<> crew{dealing_.tables - 1};
            std::size_t thread = 1;
            while (thread < dealing_.tables && crew.start(work, thread)) ++thread;
            work(0);
        }
        failure.rethrow();
        number_all();
    }

    /// The number of tables.
    [[nodiscard]] std::size_t tables() const noexcept { return dealing_.tables; }

    /// How many packets were added, and what they were.
    [[nodiscard]] const decode_statistics& statistics() const noexcept { return statistics_; }
    /// What became of fragmented IP packets.
    [[nodiscard]] const reassembly_statistics& reassembly() const noexcept { return decoder_.reassembly(); }

    /// The number of connections.
    [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }
    /// Whether there is no connection.
    [[nodiscard]] bool empty() const noexcept { return connections_.empty(); }

    /// The connection with that connection::number.
    /// @pre `number < size()`
    [[nodiscard]] const connection_type& operator[](std::size_t number) const noexcept {
        TCPLENS_CHECK(number < size(), "basic_parallel_connection_table: number < size()");
        return *connections_[number].connection;
    }

    /// The first connection, in the order of their first packets.
    [[nodiscard]] iterator begin() const noexcept { return iterator{{.at = connections_.data(), .end = past_last()}}; }
    /// Behind the last connection.
    [[nodiscard]] iterator end() const noexcept { return iterator{{.at = past_last(), .end = past_last()}}; }

private:
    using task = detail::chunk_schedule::task;

    /// A connection, and the place among all packets of the one that began it.
    struct begun_connection {
        std::uint64_t place = 0;
        connection_type* connection = nullptr;
    };

    /// What one thread at a time works on; in cache lines of its own.
    struct alignas(128) share {
        table_type table;
        std::vector<begun_connection> begun{}; ///< without a number among all so far
    };

    /// Some packets of a chunk that one table gets: see table_access::add_batch().
    struct batch {
        const detail::partitioned_packets* chunk = nullptr;
        std::span<const std::uint32_t> places{};

        [[nodiscard]] std::size_t size() const noexcept { return places.size(); }
        [[nodiscard]] const segment& segment_at(std::size_t i) const noexcept { return chunk->segment_at(places[i]); }
        [[nodiscard]] std::uint32_t hash_at(std::size_t i) const noexcept { return chunk->hash_at(places[i]); }
    };

    template <class Make>
    requires std::invocable<Make&> basic_parallel_connection_table(std::uint32_t tables, const table_options& options,
                                                                   Make make_share)
        : dealing_{.decoding = options.decoding,
                   .ignore_bad_checksums = options.ignore_bad_checksums,
                   .key = options.hash_key,
                   .tables = tables},
          decoder_(options.decoding) {
        if (options.max_connections != 0) decoder_.reserve();
        shares_.reserve(tables);
        for (std::uint32_t i = 0; i < tables; ++i) shares_.push_back(make_share());
        // For each table, one that is decoded and one that is followed.
        for (std::uint32_t i = 0; i < 2 * tables; ++i)
            chunks_.push_back(std::make_unique<detail::partitioned_packets>(tables));
    }

    /// The options of the tables themselves. They get segments, so they wait for no fragments.
    [[nodiscard]] static table_options options_of_each(table_options options) noexcept {
        options.decoding.reassembly.max_packets = 0;
        return options;
    }

    [[nodiscard]] static std::uint32_t count_tables(std::size_t tables) noexcept {
        if (tables == 0) tables = std::thread::hardware_concurrency(); // 0 if it is not known
        return static_cast<std::uint32_t>(std::clamp<std::size_t>(tables, 1, max_tables));
    }

    template <class Packets>
    [[nodiscard]] static bool do_bytes_stay(const Packets& packets) noexcept {
        if constexpr (detail::tells_whether_bytes_stay<Packets>) return packets.bytes_stay();
        else return std::ranges::forward_range<const Packets>;
    }

    /// Does one step of the work on one chunk.
    template <class Iterator, class End>
    void perform(detail::chunk_schedule& schedule, const detail::chunk_schedule::assignment& todo, Iterator& next,
                 const End& end, bool copies) {
        detail::partitioned_packets& chunk = *chunks_[todo.chunk % chunks_.size()];
        switch (todo.what) {
        case task::read:
            next_chunk_ = todo.chunk + 1;
            schedule.has_read(chunk.read(next, end, copies));
            chunk.decode(dealing_);
            schedule.has_decoded(todo.chunk);
            break;
        case task::settle:
            chunk.settle(decoder_, statistics_, last_time_, dealing_);
            schedule.has_settled();
            break;
        case task::follow:
            follow(chunk, todo.chunk, todo.follower);
            schedule.has_followed(todo.follower);
            break;
        case task::none: break;
        }
    }

    void follow(const detail::partitioned_packets& chunk, std::uint64_t number, std::size_t follower) {
        share& own = shares_[follower];
        std::span<const std::uint32_t> places = chunk.of(follower);
        const auto note = [&](std::uint32_t place, const auto& added) {
            if (!added.begins_connection) return;
            own.begun.push_back({number << 32 | place, access::owned(own.table, added.connection)});
        };
        while (!places.empty()) {
            std::size_t ordinary = 0;
            const std::size_t most = (std::min)(access::batch_size<table_type>, places.size());
            while (ordinary < most && chunk.is_ordinary(places[ordinary])) ++ordinary;
            const batch some{&chunk, places.first(ordinary)};
            places = places.subspan(ordinary);
            for (const std::uint32_t place : some.places) {
                access::prefetch_index(own.table, chunk.hash_at(place));
                detail::prefetch<sizeof(segment)>(&chunk.segment_at(place)); // another processor may have written it
            }
            access::add_batch(own.table, some, [&](std::size_t i, const auto& added) { note(some.places[i], added); });
            if (ordinary == most) continue;
            const std::uint32_t place = places.front();
            places = places.subspan(1);
            if (const icmp_notice* const notice = chunk.notice_at(place)) access::take_notice(own.table, *notice);
            else note(place, access::add_sample(own.table, chunk.segment_at(place), chunk.hash_at(place)));
        }
    }

    /// Gives all connections the numbers that one table would have given them.
    void number_all() {
        for (std::size_t number = 0; number < connections_.size(); ++number)
            connections_[number].connection->number = number;
        std::vector<std::span<const begun_connection>> left;
        std::size_t count = connections_.size();
        for (const share& each : shares_) {
            if (!each.begun.empty()) left.emplace_back(each.begun);
            count += each.begun.size();
        }
        connections_.reserve(count);
        while (!left.empty()) {
            auto& first = *std::ranges::min_element(left, {}, [](const auto& each) { return each.front().place; });
            connection_type* const next = first.front().connection;
            connections_.push_back({next, std::exchange(next->number, connections_.size())});
            first = first.subspan(1);
            constexpr std::size_t ahead = 16;
            if (first.size() > ahead) detail::prefetch<1>(&first[ahead].connection->number);
            if (first.empty()) left.erase(left.begin() + (&first - left.data()));
        }
        for (share& each : shares_) each.begun.clear();
    }

    [[nodiscard]] const numbered_connection* past_last() const noexcept {
        return connections_.data() + connections_.size();
    }

    detail::partitioned_packets::dealing dealing_;
    decoder decoder_; ///< for fragments
    decode_statistics statistics_{};
    timestamp last_time_{};
    std::vector<share> shares_{};
    std::vector<std::unique_ptr<detail::partitioned_packets>> chunks_{};
    std::uint64_t next_chunk_ = 0;
    std::vector<numbered_connection> connections_{};
};

/// A parallel table that judges by evidence_rules, without observers.
using parallel_connection_table = basic_parallel_connection_table<evidence_rules>;

} // namespace tcplens::inline v1
