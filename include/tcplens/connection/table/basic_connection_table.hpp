// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/compiler.hpp"
#include "../../base/hash_key.hpp"
#include "../../base/input_range.hpp"
#include "../../base/timestamp.hpp"
#include "../../capture/link_type.hpp"
#include "../../capture/packet.hpp"
#include "../../wire/decode/decoder.hpp"
#include "../../wire/decode_result.hpp"
#include "../../wire/decode_statistics.hpp"
#include "../../wire/packet_outcome.hpp"
#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../end_reason.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/segment_rules.hpp"
#include "add_result.hpp"
#include "connection_counters.hpp"
#include "record_store.hpp"
#include "segment_follower.hpp"
#include "table_options.hpp"
#include "tuple_hash.hpp"

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tcplens::inline v1 {

namespace detail {

/// Packets, or segments.
template <class Range>
concept range_to_add = input_range<Range> &&(std::convertible_to<range_reference<Range>, const packet&> ||
                                             std::convertible_to<range_reference<Range>, const segment&>);

/// The callback of a caller that does not ask for segments.
struct ignore_segment {
    constexpr void operator()(const auto&, const auto&) const noexcept {}
};

/// For the rooms that save tables or deal segments out to several: the parts of a table.
struct table_access;

} // namespace detail

/// Follows every TCP connection in the packets that are added, and is a range of all its connections, in the order of their first
/// packets. `Rules` judge each segment: see segment_rules. `Observers` add facts to each connection: see connection_observer;
/// without observers there is no cost.
///
/// **When connections end.** Without a callback connections never leave. If an `on_end(connection, end_reason)` callback is passed
/// with each packet, each connection leaves once: after it was silent for longer than table_options::timeouts by the time of
/// packets, when it makes room for another, or when the table is flushed. The callback must not use the table. After a connection
/// has left, the order of the others in the range is unspecified.
///
/// If the callback throws, the exception leaves the call. The connection stays in the table, as it was, and is passed again later (observers
/// are then told of its end again). The packet that was being added is counted in statistics() but followed by no connection; of
/// add_all() that holds for up to 32 packets that were read from the range.
///
/// **Allocation.** A packet allocates only if it begins a connection and the storage must grow by another step, if it is an IP
/// fragment, if the rules allocate, or if it is the first with a callback and there are connections already. With
/// table_options::max_connections the constructor allocates everything, and no packet allocates.
///
/// **Threads.** A table may be used by one thread at a time. Tables share nothing.
///
/// A table that was moved from can only be destroyed or assigned to.
template <segment_rules Rules, connection_observer... Observers>
class basic_connection_table : detail::segment_follower<Rules, Observers...> {
    static_assert(check_rules<Rules>());
    static_assert((check_observer<Observers>() && ...));

    using follower = detail::segment_follower<Rules, Observers...>;
    using typename follower::lookup;
    using typename follower::record;

public:
    /// A connection, with the facts of each observer if there are observers.
    using connection_type = typename record::connection_type;
    /// What add() returns.
    using result_type = add_result<connection_type>;
    /// The rules.
    using rules_type = Rules;
    /// A forward iterator over the connections. Valid until a connection begins or leaves, or the table is moved.
    using iterator = detail::connection_iterator<detail::record_cursor<record>>;

    /// A table without connections. Allocates only if table_options::max_connections is set.
    explicit basic_connection_table(const table_options& options = {}, Rules rules = Rules{})
        : follower(options, std::move(rules)), decoder_(options.decoding) {
        reserve_all();
    }
    /// The same with observers.
    basic_connection_table(const table_options& options, Rules rules,
                           Observers... observers) requires(sizeof...(Observers) > 0)
        : follower(options, std::move(rules), std::move(observers)...), decoder_(options.decoding) {
        reserve_all();
    }

    /// A table is not copied: add_result::connection points into it.
    basic_connection_table(const basic_connection_table&) = delete;
    /// A table is not copied.
    basic_connection_table& operator=(const basic_connection_table&) = delete;
    /// Takes over all connections; pointers to them stay valid.
    basic_connection_table(basic_connection_table&&) noexcept = default;
    /// Destroys the connections of this table and takes over those of the other.
    basic_connection_table& operator=(basic_connection_table&&) noexcept = default;
    /// Destroys all connections; no callback is called.
    ~basic_connection_table() = default;

    /// Adds the next packet. Packets are expected in the order of capture; their times may run back. A packet without a time counts as
    /// captured at the time of the segment before it. Constant time on average.
    result_type add(const packet& next) { return add(next, detail::no_sink{}); }
    /// The same; first, connections that were silent for too long leave, at most 16 of them with one packet.
    template <detail::connection_sink<connection_type> OnEnd>
    result_type add(const packet& next, OnEnd&& on_end) {
        held_segment found;
        const decode_result decoded = decoder_.decode(next, found);
        if (!is_lone_segment(decoded)) return add_other(next, decoded, found, on_end, detail::ignore_segment{});
        if (!prepare_decoded(next, found)) return {.outcome = packet_outcome::malformed};
        statistics_.count_tcp();
        return this->template follow<false>(found, hash_of(found), {}, on_end);
    }

    /// Adds the next packet, and passes each of its segments with what happened to it, as `on_segment(segment, result)`. Packets such as an
    /// IEEE 802.11 A-MSDU or an sFlow datagram may carry several. Returns the result of the first one. Neither callback may use the
    /// table.
    template <std::invocable<const segment&, const result_type&> OnSegment, class OnEnd = detail::no_sink>
    requires detail::connection_sink<OnEnd, connection_type>
        result_type add_each(const packet& next, OnSegment&& on_segment, OnEnd&& on_end = OnEnd{}) {
        held_segment found;
        const decode_result decoded = decoder_.decode(next, found);
        return add_other(next, decoded, found, on_end, on_segment);
    }

    /// Adds a packet from anywhere: `bytes` from its link layer on, and its length on the wire in bytes, of which the lower 32 bits count.
    /// Its number is one more than the number of packets before it. The bytes are not kept.
    result_type add(timestamp time, link_type link, std::span<const std::byte> bytes, std::size_t wire_length) {
        return add(time, link, bytes, wire_length, detail::no_sink{});
    }
    /// The same with a callback for connections that leave.
    template <detail::connection_sink<connection_type> OnEnd>
    result_type add(timestamp time, link_type link, std::span<const std::byte> bytes, std::size_t wire_length,
                    OnEnd&& on_end) {
        return add(packet{.time = time,
                          .bytes = bytes,
                          .wire_length = static_cast<std::uint32_t>(wire_length),
                          .link = link,
                          .number = statistics_.packets + 1},
                   on_end);
    }

    /// Adds a segment that was decoded elsewhere. It counts as a packet, of no link type.
    result_type add(const segment& next) { return add(next, detail::no_sink{}); }
    /// The same with a callback for connections that leave.
    template <detail::connection_sink<connection_type> OnEnd>
    result_type add(const segment& next, OnEnd&& on_end) {
        if (is_ignored(next)) {
            statistics_.count_bad_checksum();
            return {.outcome = packet_outcome::malformed};
        }
        statistics_.count_tcp();
        const timestamp time = detail::clamp_for_arithmetic(next.time);
        const auto follow_moved = [&](const held_segment& moved) {
            return moved.sampled ? this->template follow<true>(moved, hash_of(moved), {}, on_end)
                                 : this->template follow<false>(moved, hash_of(moved), {}, on_end);
        };
        if constexpr (!takes_payload) {
            if (next.time == time) return follow_moved(next);
        }
        held_segment moved{next};
        moved.time = time;
        return follow_moved(moved);
    }

    /// Adds all packets or all segments of a range. The result is that of adding them one by one. It is faster where there are many
    /// connections, since the memory that 32 packets touch is fetched before they are followed.
    template <detail::range_to_add Range>
    void add_all(Range&& range) {
        add_all(range, detail::no_sink{});
    }
    /// The same with a callback for connections that leave.
    template <detail::range_to_add Range, detail::connection_sink<connection_type> OnEnd>
    void add_all(Range&& range, OnEnd&& on_end) {
        std::array<waiting_segment, batch_size> waiting;
        waiting_segment* const full = waiting.data() + waiting.size();
        waiting_segment* last = waiting.data(); // a pointer: g++ 12 computes the place of an index again and again
        const auto add_waiting = [&] {
            add_batch(waiting_segments{{waiting.data(), last}}, on_end, ignore_result{});
            last = waiting.data();
        };
        for (const auto& next : range) {
            if (!prepare(next, last->found, add_waiting, on_end)) continue;
            last->hash = hash_of(last->found);
            lookup_.prefetch(last->hash);
            const bool waits = can_wait(range, next, last->found);
            ++last;
            if (!waits || last == full) add_waiting();
        }
        add_waiting();
    }

    /// Ends all connections that were silent for too long at the time `now`. For times at which no packet comes: without packets, the
    /// table's clock stands still. `now` is believed at once, while the time of one packet that leaps ahead is not.
    template <detail::connection_sink<connection_type> OnEnd>
    void expire(timestamp now, OnEnd&& on_end) {
        expiry_.keep_queues(records_);
        expiry_.reach(detail::clamp_for_arithmetic(now));
        end_silent((std::numeric_limits<std::size_t>::max)(), on_end);
    }

    /// Ends all connections with end_reason::flushed, in the order of their first packets unless connections have left before.
    template <detail::connection_sink<connection_type> OnEnd>
    void flush(OnEnd&& on_end) {
        for (std::uint32_t slot = 0; slot < records_.slots(); ++slot) {
            if (records_.is_used(slot)) end_connection(records_.at(slot), end_reason::flushed, on_end);
        }
    }

    /// The hash by which tables find connections, equal for both directions of a connection. A program that deals packets out to several
    /// tables can use it, so that all packets of a connection go to the same table.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static std::uint32_t hash_of(const segment& next,
                                                                     const hash_key& key) noexcept {
        return detail::segment_hash(next, key);
    }

    /// How many packets were added, and what they were.
    [[nodiscard]] const decode_statistics& statistics() const noexcept { return statistics_; }
    /// What became of fragmented IP packets.
    [[nodiscard]] const reassembly_statistics& reassembly() const noexcept { return decoder_.reassembly(); }
    /// How many connections began and ended.
    [[nodiscard]] const connection_counters& counters() const noexcept { return expiry_.counters(); }

    /// The number of connections in the table.
    [[nodiscard]] std::size_t size() const noexcept { return expiry_.open(); }
    /// Whether there is no connection in the table.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// The connection with that connection::number.
    /// @pre `number < size()`, and no connection has left the table
    [[nodiscard]] const connection_type& operator[](std::size_t number) const noexcept {
        TCPLENS_CHECK(number < size() && counters().ended() == 0,
                      "basic_connection_table: number < size(), and no connection has left");
        return records_.at(number).connection;
    }

    /// The observer of that type, with what it holds for all connections.
    template <class Observer>
    [[nodiscard]] const Observer& observer() const noexcept {
        return std::get<Observer>(observers_);
    }

    /// Sets the connection::number of the connection that begins next; those after it count on from there. For a table that gets some
    /// packets of a capture only: so its connections keep the numbers that they have in the whole. Constant time.
    ///
    /// After it, operator[] is not to be used, and the table cannot be saved. Observers see these numbers; rule_input::connection_number
    /// goes on counting the connections of this table.
    /// @pre no connection of the table has one of the numbers from `next` on that connections will get
    void number_from(std::uint64_t next) noexcept { expiry_.number_from(next); }

    /// Allocates room for that many connections in all. Until there are more, only IP fragments allocate.
    void reserve(std::size_t connections) {
        if (connections == 0) return;
        lookup_.index().reserve(connections);
        records_.reserve(connections);
        expiry_.reserve(records_.capacity()); // even if there are no queues yet
        if constexpr (detail::has_hook<Rules, rule_hooks::reserve>) rules_.reserve(connections);
    }

    /// The first connection.
    [[nodiscard]] iterator begin() const noexcept {
        return iterator{{.records = &records_, .slot = records_.next_used(0)}};
    }
    /// Behind the last connection.
    [[nodiscard]] iterator end() const noexcept { return iterator{{.records = &records_, .slot = records_.slots()}}; }

private:
    friend detail::table_access;

    using follower::add_batch;
    using follower::batch_size;
    using follower::end_connection;
    using follower::end_silent;
    using follower::expiry_;
    using follower::lookup_;
    using follower::observers_;
    using follower::options_;
    using follower::records_;
    using follower::rules_;
    using follower::statistics_;
    using follower::take_notice;
    using follower::takes_payload;
    using typename follower::held_segment;

    struct ignore_result {
        void operator()(std::size_t, const result_type&) const noexcept {}
    };

    /// Segments that are followed when what is known of their connections has been fetched.
    struct waiting_segment {
        held_segment found;
        std::uint32_t hash = 0;
    };
    struct waiting_segments {
        std::span<const waiting_segment> segments;

        [[nodiscard]] std::size_t size() const noexcept { return segments.size(); }
        [[nodiscard]] const segment& segment_at(std::size_t i) const noexcept { return segments[i].found; }
        [[nodiscard]] std::uint32_t hash_at(std::size_t i) const noexcept { return segments[i].hash; }
    };

    void reserve_all() {
        if (options_.max_connections == 0) return;
        expiry_.keep_queues(records_);
        reserve(options_.max_connections);
        decoder_.reserve();
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t hash_of(const segment& next) const noexcept {
        return detail::segment_hash(next, options_.hash_key);
    }
    [[nodiscard]] bool is_ignored(const segment& next) const noexcept {
        return options_.ignore_bad_checksums && next.checksum == checksum_state::bad;
    }

    /// Whether a packet is one segment, and nothing else.
    [[nodiscard]] static constexpr bool is_lone_segment(const decode_result& decoded) noexcept {
        return decoded.outcome == packet_outcome::tcp && !decoded.more;
    }

    /// Gives the segment of a packet a time. False, and the packet is counted, if its checksum is bad.
    [[nodiscard]] bool prepare_decoded(const packet& next, held_segment& found) {
        if (next.has_time) last_time_ = found.time;
        else found.time = last_time_;
        if (!is_ignored(found)) return true;
        statistics_.count_bad_checksum(next.link);
        return false;
    }

    /// Whether a segment is to be followed. Packets that are anything else are added at once, behind those that wait.
    template <class OnEnd>
    [[nodiscard]] bool prepare(const packet& next, held_segment& found, const auto& add_waiting, OnEnd& on_end) {
        const decode_result decoded = decoder_.decode(next, found);
        if (is_lone_segment(decoded)) return prepare_decoded(next, found);
        if (decoded.more || decoded.has_notice) add_waiting();
        add_other(next, decoded, found, on_end, detail::ignore_segment{});
        return false;
    }

    /// Adds a packet that is not one segment alone, or each of whose segments is asked for.
    template <class OnEnd, class OnSegment>
    // NOLINTNEXTLINE(readability-function-cognitive-complexity): what may be in a packet, case by case
    TCPLENS_NOINLINE result_type add_other(const packet& next, decode_result decoded, held_segment& found,
                                           OnEnd& on_end, OnSegment&& on_segment) {
        const decode_result first = decoded;
        result_type result{.outcome = first.outcome};
        std::uint64_t followed = 0;
        bool ignored = false;
        for (;; decoded = decoder_.decode_next(next, found)) {
            if (decoded.outcome == packet_outcome::tcp) {
                if (next.has_time) last_time_ = found.time;
                else found.time = last_time_;
                if (is_ignored(found)) {
                    ignored = true;
                } else {
                    if (++followed == 1) statistics_.count_tcp();
                    const std::uint32_t hash = hash_of(found);
                    const result_type added = found.sampled ? this->template follow<true>(found, hash, {}, on_end)
                                                            : this->template follow<false>(found, hash, {}, on_end);
                    on_segment(std::as_const(found), added);
                    if (followed == 1) result = added;
                }
            } else if (decoded.has_notice) {
                ++statistics_.icmp_notices;
                take_notice(decoder_.notice());
            }
            if (!decoded.more) break;
        }
        if (followed > 0) {
            statistics_.count_additional(followed);
        } else if (ignored) {
            statistics_.count_bad_checksum(next.link);
            result.outcome = packet_outcome::malformed;
        } else {
            statistics_.count(first, next.link);
        }
        return result;
    }

    template <class OnEnd>
    [[nodiscard]] bool prepare(const segment& next, held_segment& found, const auto& add_waiting, OnEnd& on_end) {
        if (next.sampled) {
            add_waiting();
            add(next, on_end);
            return false;
        }
        if (is_ignored(next)) {
            statistics_.count_bad_checksum();
            return false;
        }
        found = held_segment{next};
        found.time = detail::clamp_for_arithmetic(next.time);
        return true;
    }
    /// Whether the next packet may be read before a segment is followed: its data stays valid, or is not needed.
    template <class Range>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static bool can_wait(const Range& range, const auto& from,
                                                             const held_segment& found) noexcept {
        if constexpr (!takes_payload || std::convertible_to<decltype(from), const segment&>) {
            return true;
        } else if constexpr (requires {
                                 { range.bytes_stay() } -> std::convertible_to<bool>;
                             }) {
            // What fragments were put together to lies in no packet.
            const std::byte* const begin = from.bytes.data();
            constexpr std::compare_three_way order;
            const bool in_packet =
                order(found.payload.data(), begin) >= 0 && order(found.payload.data(), begin + from.bytes.size()) <= 0;
            return in_packet && range.bytes_stay();
        } else {
            return false;
        }
    }
    decoder decoder_;
    timestamp last_time_{};
};

} // namespace tcplens::inline v1
