// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/hash_key.hpp"
#include "../../base/prefetch.hpp"
#include "../../capture/packet.hpp"
#include "../../wire/decode/decoder.hpp"
#include "../../wire/decode_result.hpp"
#include "../../wire/ip_protocol.hpp"
#include "../connection.hpp"
#include "../direction_statistics.hpp"
#include "../end_reason.hpp"
#include "../idle_class.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/evidence_rules.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../tracking/count_segment.hpp"
#include "connection_counters.hpp"
#include "connection_index.hpp"
#include "connection_state_machine.hpp"
#include "idle_queues.hpp"
#include "idle_timeouts.hpp"
#include "table_clock.hpp"
#include "tuple_hash.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v0 {

namespace detail {
class saved_table;
}

/// What a table does when there is no room for another connection.
enum class full_policy : std::uint8_t {
    /// The one leaves that was silent for longest among those that are over, those that are not open yet, and what was heard of
    /// one end only: so a flood evicts itself. If there is none of these, the one that was silent for longest of all.
    evict,
    /// What would begin another belongs to no connection, unless one that is over can leave.
    refuse,
};

struct table_options {
    /// Whether a SYN that cannot belong to the connection of its endpoints begins another. Off: one 4-tuple is one
    /// connection, whatever comes.
    bool split_incarnations = true;
    /// The secret of the index. No result depends on it.
    tcplens::hash_key hash_key = tcplens::hash_key::random();
    /// How packets are decoded; whether checksums are verified at all.
    decode_options decoding{};
    /// Whether segments whose checksum was verified and is bad are passed over, as the receiver did: they belong to no
    /// connection and count as malformed (decode_statistics::bad_checksums says how many). Off: they count as any other.
    bool ignore_bad_checksums = false;
    /// How many connections there may be at once; 0 for any number. The memory for all of them is taken when the table is made,
    /// that of its rules and of reassembly_options included, and none after that.
    std::size_t max_connections = 0;
    tcplens::full_policy full_policy = tcplens::full_policy::evict;
    /// When connections end by silence, for who takes them: see basic_connection_table.
    idle_timeouts timeouts{};
};

/// What happened to one packet.
struct add_result {
    packet_outcome outcome = packet_outcome::not_tcp;
    /// Its connection, good until it leaves the table; null unless the outcome is tcp, and where there was no room for it.
    const tcplens::connection* connection = nullptr;
    tcplens::direction direction = direction::client_to_server;
    tcplens::verdict verdict{};
    bool begins_connection = false;
};

/// Packets, or segments.
template <class Range>
concept range_to_add = std::ranges::input_range<Range> &&
    (std::convertible_to<std::ranges::range_reference_t<Range>, const packet&> ||
     std::convertible_to<std::ranges::range_reference_t<Range>, const segment&>);

/// Takes connections that leave a table.
template <class OnEnd, class Connection>
concept connection_sink = std::invocable<OnEnd&, const Connection&, end_reason>;

/// Follows every TCP connection in the packets that it is given, and is a range of all of them, in the order of their first
/// packets. One table is for one thread. One that was moved from can only be destroyed or assigned to.
///
/// Connections stay in it, unless packets are added with somebody who takes those that end: `on_end(connection, end_reason)`, which
/// must not touch the table. Then each one leaves, once and whole, when it was silent for too long by the time of packets, when
/// it has to make room for another, or when it is flushed; after that the order of those that are left is that of nothing.
///
/// `Rules` say what each segment was: see segment_rules. A packet costs no allocation unless it begins a connection, and
/// then only when the storage has to grow by another step; or it is a fragment of an IP packet; or the rules take memory as they
/// go, until it is all that they may have; or it is the first for which somebody takes what ends, and there are connections by
/// then. With table_options::max_connections there is no allocation at all.
/// `Observers` add facts to each connection: see connection_observer. Who wants none pays for none.
template <segment_rules Rules = evidence_rules, connection_observer... Observers>
class basic_connection_table {
    struct record;

public:
    /// A connection, and with it the facts of each observer, if there are any.
    using connection_type =
        std::conditional_t<sizeof...(Observers) == 0, connection, connection_with<typename Observers::facts...>>;

    /// For how many packets at a time what is known of their connections is fetched from memory.
    static constexpr std::size_t batch_size = 32;

    explicit basic_connection_table(const table_options& options = {}, Rules rules = Rules{})
        : options_(options), rules_(std::move(rules)), decoder_(options.decoding) {
        reserve_all();
    }
    basic_connection_table(const table_options& options, Rules rules,
                           Observers... observers) requires(sizeof...(Observers) > 0)
        : options_(options), rules_(std::move(rules)), observers_(std::move(observers)...), decoder_(options.decoding) {
        reserve_all();
    }

    /// Takes in the next packet. Packets are expected in the order in which they were captured; their times may run back.
    /// One that has no time counts as captured at the time of the one before.
    add_result add(const packet& next) { return add(next, keep_all{}); }
    template <connection_sink<connection_type> OnEnd>
    add_result add(const packet& next, OnEnd&& on_end) {
        segment found;
        const packet_outcome outcome = find_segment(next, found);
        if (outcome != packet_outcome::tcp) return {.outcome = outcome};
        return count_and_follow(found, next.link, hash_of(found), {}, on_end);
    }

    /// Takes in a packet from anywhere: its bytes from its link layer on, and how many there were on the wire. It is numbered
    /// by the packets before it.
    add_result add(timestamp time, link_type link, std::span<const std::byte> bytes, std::size_t wire_length) {
        return add(time, link, bytes, wire_length, keep_all{});
    }
    template <connection_sink<connection_type> OnEnd>
    add_result add(timestamp time, link_type link, std::span<const std::byte> bytes, std::size_t wire_length,
                   OnEnd&& on_end) {
        return add(packet{.time = time,
                          .bytes = bytes,
                          .wire_length = static_cast<std::uint32_t>(wire_length),
                          .link = link,
                          .number = statistics_.packets + 1},
                   on_end);
    }

    /// Takes in all packets of a range, or all segments, as if one by one. It is faster where there are many connections: what is
    /// known of them is fetched from memory for some packets at a time.
    template <range_to_add Range>
    void add_all(Range&& range) {
        add_all(range, keep_all{});
    }
    template <range_to_add Range, connection_sink<connection_type> OnEnd>
    void add_all(Range&& range, OnEnd&& on_end) {
        std::array<waiting_segment, batch_size> batch;
        std::size_t count = 0;
        for (const auto& next : range) {
            waiting_segment& wait = batch[count];
            if (!prepare(next, wait)) continue;
            wait.hash = hash_of(wait.found);
            index_.prefetch(wait.hash);
            if (++count < batch.size()) continue;
            add_batch(batch, on_end);
            count = 0;
        }
        add_batch(std::span{batch}.first(count), on_end);
    }

    /// Takes in a segment that was decoded elsewhere; it counts as a packet.
    add_result add(const segment& next) { return add(next, keep_all{}); }
    template <connection_sink<connection_type> OnEnd>
    add_result add(const segment& next, OnEnd&& on_end) {
        const timestamp time = detail::clamp_for_arithmetic(next.time);
        if (next.time == time) return count_and_follow(next, link_type::ethernet, hash_of(next), {}, on_end);
        segment moved = next;
        moved.time = time;
        return count_and_follow(moved, link_type::ethernet, hash_of(moved), {}, on_end);
    }

    /// Ends all connections that were silent for too long by `now`, which is believed at once: for times at which no packet comes.
    template <connection_sink<connection_type> OnEnd>
    void expire(timestamp now, OnEnd&& on_end) {
        keep_queues();
        clock_.reach(detail::clamp_for_arithmetic(now));
        end_silent((std::numeric_limits<std::size_t>::max)(), on_end);
    }

    /// Ends all connections, in the order of their first packets unless some have left before.
    template <connection_sink<connection_type> OnEnd>
    void flush(OnEnd&& on_end) {
        for (std::uint32_t slot = 0; slot < slots_; ++slot) {
            if (at(slot).used) end(at(slot), end_reason::flushed, on_end);
        }
    }

    /// What a table finds connections by, and a parallel_connection_table deals by: the same for both directions of a connection.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static std::uint32_t hash_of(const segment& next,
                                                                     const hash_key& key) noexcept {
        const std::uint32_t hash = detail::tuple_hash::of(next.source, next.destination, key);
        if (next.network == 0) return hash;
        return hash ^ static_cast<std::uint32_t>(next.network * (key.word(5) | 1) >> 32);
    }

    /// A guess at the connection of a segment, and at the side that sent it.
    class likely_connection {
    public:
        constexpr likely_connection() noexcept = default;

    private:
        friend basic_connection_table;
        record* is_ = nullptr;
        side sender_ = neither; ///< or it is not known
    };

    /// For who deals segments out to several tables, batch by batch: a segment with this hash comes soon. First the index is
    /// fetched from memory for all of a batch, then, with that at hand, what all segments of their connections touch, then what
    /// those of one side do.
    TCPLENS_ALWAYS_INLINE void prefetch_index(std::uint32_t hash) const noexcept { index_.prefetch(hash); }
    /// Where that connection probably is.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE likely_connection prefetch_connection(std::uint32_t hash) noexcept {
        likely_connection likely;
        const std::uint32_t number = index_.first_with(hash);
        if (number == none) return likely;
        likely.is_ = &at(number);
        fetch(*likely.is_);
        return likely;
    }
    /// Whether the table probably stays in the caches by itself: then prefetch_side() is of no use. A guess, since nobody knows how
    /// large they are, nor what else is in them.
    [[nodiscard]] bool stays_cached() const noexcept {
        constexpr std::size_t cached = std::size_t{8} * 1024 * 1024;
        return slots_ <= cached / sizeof(record);
    }
    /// \pre prefetch_connection() returned `likely` for this segment
    TCPLENS_ALWAYS_INLINE void prefetch_side(const segment& next, likely_connection& likely) const noexcept {
        if (likely.is_ == nullptr) return;
        const record& of = *likely.is_;
        likely.sender_ = sender_in(of, next);
        if (likely.sender_ != neither) fetch_side(of, likely.sender_);
    }
    /// Takes in a segment whose time is clamp_for_arithmetic, and whose hash_of() with the key of this table is `hash`. `likely`: what was
    /// prefetched for it; no connection has left since.
    add_result add(const segment& next, std::uint32_t hash, const likely_connection& likely) {
        keep_all keep;
        return count_and_follow(next, link_type::ethernet, hash, likely, keep);
    }

    /// How many packets there were, and what they were.
    [[nodiscard]] const decode_statistics& statistics() const noexcept { return statistics_; }
    /// What became of fragmented IP packets.
    [[nodiscard]] const detail::reassembly_statistics& reassembly() const noexcept { return decoder_.reassembly(); }
    /// What became of connections.
    [[nodiscard]] const connection_counters& counters() const noexcept { return lifetimes_; }

    /// The number of connections in it.
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(lifetimes_.open); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// The connection of that number. \pre number < size(), and none has left
    [[nodiscard]] const connection_type& operator[](std::size_t number) const noexcept { return at(number).seen; }

    /// The observer of that type.
    template <class Observer>
    [[nodiscard]] const Observer& observer() const noexcept {
        return std::get<Observer>(observers_);
    }

    /// Makes room for so many connections in all: up to then nothing is allocated, but for fragments of IP packets.
    void reserve(std::size_t connections) {
        if (connections == 0) return;
        index_.reserve(connections);
        grow((connections + chunk_size - 1) / chunk_size);
        queues_.resize(chunks_.size() * chunk_size); // even if there are none yet
        if constexpr (requires { rules_.reserve(connections); }) rules_.reserve(connections);
    }

    class iterator {
    public:
        using value_type = connection_type;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::forward_iterator_tag;
        using pointer = const connection_type*;
        using reference = const connection_type&;

        iterator() = default;
        [[nodiscard]] reference operator*() const noexcept { return of_->at(slot_).seen; }
        [[nodiscard]] pointer operator->() const noexcept { return &**this; }
        iterator& operator++() noexcept {
            slot_ = of_->next_used(slot_ + 1);
            return *this;
        }
        iterator operator++(int) noexcept {
            const iterator before = *this;
            ++*this;
            return before;
        }
        [[nodiscard]] friend bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.slot_ == b.slot_;
        }

    private:
        friend basic_connection_table;
        iterator(const basic_connection_table* of, std::uint32_t slot) noexcept : of_(of), slot_(slot) {}

        const basic_connection_table* of_ = nullptr;
        std::uint32_t slot_ = 0;
    };

    [[nodiscard]] iterator begin() const noexcept { return {this, next_used(0)}; }
    [[nodiscard]] iterator end() const noexcept { return {this, slots_}; }

private:
    friend class detail::saved_table; // which names all members of these

    /// What a table with a bound has from the beginning.
    void reserve_all() {
        if (options_.max_connections == 0) return;
        keep_queues();
        reserve(options_.max_connections);
        decoder_.reserve();
    }

    static constexpr std::uint32_t none = detail::connection_index::none;

    /// One connection. What every segment of it touches lies in few cache lines: the first of `seen` and the one that counts its
    /// direction, the one of `listed_at`, and those of the rules; once a tick the one behind `listed_at`.
    struct alignas(64) record {
        connection_type seen{};
        alignas(64) std::uint32_t listed_at = 0; ///< the tick of the last time that it went to the end of its queue
        idle_class stage = idle_class::attempt;
        bool used = false;
        bool is_latest = false;   ///< of its endpoints: the index knows it
        bool to_overtake = false; ///< the one before is not known to be over yet
        detail::connection_state_machine life{};
        std::uint64_t number = 0;      ///< as `seen` has it, where it need not be fetched for this
        std::uint32_t hash = 0;        ///< of its endpoints and network
        std::uint32_t slot = 0;        ///< its place in the storage
        std::uint64_t listed = 0;      ///< which one that was of all that went to the end of a queue
        std::uint32_t previous = none; ///< the connection that had these endpoints before
        std::uint32_t follower = none; ///< the one that has this one before it
        alignas(64) typename Rules::connection_state rules{};
        [[no_unique_address]] std::tuple<typename Observers::connection_state...> observed{};
    };

    /// Nobody takes what ends, so nothing ends.
    struct keep_all {
        void operator()(const connection&, end_reason) const noexcept {}
    };
    template <class OnEnd>
    static constexpr bool takes = !std::same_as<std::remove_cvref_t<OnEnd>, keep_all>;

    // Records stay where they are, so that what `add` returns remains good; the storage grows by whole chunks.
    static constexpr std::size_t chunk_size = 64;

    [[nodiscard]] record& at(std::size_t number) noexcept { return chunks_[number / chunk_size][number % chunk_size]; }
    [[nodiscard]] const record& at(std::size_t number) const noexcept {
        return chunks_[number / chunk_size][number % chunk_size];
    }
    [[nodiscard]] std::uint32_t next_used(std::uint32_t slot) const noexcept {
        if (free_.empty()) return slot; // all are used: no need to look
        while (slot < slots_ && !at(slot).used) ++slot;
        return slot;
    }
    void grow(std::size_t chunks) {
        if (chunks <= chunks_.size()) return;
        const std::size_t slots = chunks * chunk_size;
        if (keeps_queues_) queues_.resize(slots);
        if (free_.capacity() < slots)
            free_.reserve((std::max)(slots, 2 * free_.capacity())); // so that ends never allocate
        while (chunks_.size() < chunks) chunks_.push_back(std::make_unique<record[]>(chunk_size));
    }

    /// Whether `next` is of another connection than the latest one of its endpoints.
    [[nodiscard]] bool begins_another(const segment& next, side sender, const record& latest) const noexcept {
        if constexpr (incarnation_rules<Rules>) {
            return rules_.begins_another({.segment = next, .sender = sender, .connection_number = latest.number},
                                         latest.rules);
        } else {
            return latest.life.begins_another(next, sender, latest.seen);
        }
    }

    /// The segment in a packet, with a time; a packet without one is counted.
    [[nodiscard]] packet_outcome find_segment(const packet& in, segment& found) {
        const decode_result decoded = decoder_.decode(in, found);
        if (decoded.outcome != packet_outcome::tcp) {
            statistics_.count(decoded, in.link);
            return decoded.outcome;
        }
        if (in.has_time) last_time_ = found.time;
        else found.time = last_time_;
        return packet_outcome::tcp;
    }

    // From here to take_in() inlined: who does not read what is returned, as add_all(), does not pay for it.
    template <class OnEnd>
    TCPLENS_ALWAYS_INLINE add_result count_and_follow(const segment& next, link_type link, std::uint32_t hash,
                                                      const likely_connection& likely, OnEnd& on_end) {
        if (options_.ignore_bad_checksums && next.checksum == checksum_state::bad) {
            statistics_.count_bad_checksum(link);
            return {.outcome = packet_outcome::malformed};
        }
        statistics_.count({packet_outcome::tcp, ip_protocol::tcp}, link);
        return follow(next, hash, likely, on_end);
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::uint32_t hash_of(const segment& next) const noexcept {
        return hash_of(next, options_.hash_key);
    }

    /// A segment whose turn comes when what is known of its connection has been fetched.
    struct waiting_segment {
        segment found;
        std::uint32_t hash;
        likely_connection likely;
        link_type link;
    };

    [[nodiscard]] bool prepare(const packet& next, waiting_segment& wait) {
        wait.link = next.link;
        return find_segment(next, wait.found) == packet_outcome::tcp;
    }
    [[nodiscard]] static bool prepare(const segment& next, waiting_segment& wait) noexcept {
        wait.link = link_type::ethernet;
        wait.found = next;
        wait.found.time = detail::clamp_for_arithmetic(next.time);
        return true;
    }

    TCPLENS_ALWAYS_INLINE static void fetch(const record& of) noexcept {
        detail::prefetch(&of, 1);
        const auto* const hot = reinterpret_cast<const char*>(&of.listed_at);
        detail::prefetch(hot, static_cast<std::size_t>(reinterpret_cast<const char*>(&of.rules) - hot));
        if constexpr (requires { Rules::prefetch(of.rules); }) Rules::prefetch(of.rules);
        else detail::prefetch(&of.rules, sizeof of.rules);
        if constexpr (sizeof...(Observers) > 0) {
            detail::prefetch(&of.observed, sizeof of.observed);
            detail::prefetch(static_cast<const connection*>(&of.seen) + 1,
                             sizeof(connection_type) - sizeof(connection));
        }
    }

    TCPLENS_ALWAYS_INLINE void fetch_side(const record& of, side sender) const noexcept {
        detail::prefetch(&of.seen.statistics(of.life.way_of(sender)), sizeof(direction_statistics));
        if constexpr (requires { rules_.prefetch(of.rules, sender); }) rules_.prefetch(of.rules, sender);
    }

    template <class OnEnd>
    void add_batch(std::span<waiting_segment> batch, OnEnd& on_end) {
        for (waiting_segment& each : batch) each.likely = prefetch_connection(each.hash);
        if (!stays_cached()) {
            for (waiting_segment& each : batch) prefetch_side(each.found, each.likely);
        }
        for (const waiting_segment& each : batch) {
            count_and_follow(each.found, each.link, each.hash, each.likely, on_end);
        }
    }

    /// Which side of a connection sent `next`, or `neither` if that is of others.
    static constexpr side neither{2};
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static side sender_in(const record& of, const segment& next) noexcept {
        const connection& seen = of.seen;
        if (seen.client.port == seen.server.port) return sender_by_address(of, next);
        // Whose packet it is cannot be predicted, so that is worked out without a branch.
        const bool from_client = seen.client.port == next.source.port;
        const endpoint& source = from_client ? seen.client : seen.server;
        const endpoint& destination = from_client ? seen.server : seen.client;
        const bool same_source = source == next.source;
        const bool same_destination = destination == next.destination;
        if (!(same_source & same_destination) || seen.network != next.network) return neither;
        return of.life.sender_of(from_client ? direction::client_to_server : direction::server_to_client);
    }
    [[nodiscard]] TCPLENS_NOINLINE static side sender_by_address(const record& of, const segment& next) noexcept {
        const connection& seen = of.seen;
        if (seen.network != next.network) return neither;
        const bool from_client = seen.client == next.source && seen.server == next.destination;
        if (!from_client && !(seen.server == next.source && seen.client == next.destination)) return neither;
        if (next.source == next.destination) return side::first; // the sides cannot be told apart
        return of.life.sender_of(from_client ? direction::client_to_server : direction::server_to_client);
    }

    /// The latest connection of the endpoints of `next`, and which side of it sent that; null if there is none.
    struct found_connection {
        record* of = nullptr;
        side sender = side::first;
    };
    template <class OnEnd>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE found_connection find(const segment& next, std::uint32_t hash,
                                                              const likely_connection& likely) noexcept {
        if (likely.is_ != nullptr && likely.is_->is_latest) {
            // Where connections end, another one may have begun in the place of this.
            side sender = takes<OnEnd> ? neither : likely.sender_;
            if (sender == neither) sender = sender_in(*likely.is_, next);
            if (sender != neither) return {likely.is_, sender};
        }
        return find(next, hash);
    }
    [[nodiscard]] TCPLENS_NOINLINE found_connection find(const segment& next, std::uint32_t hash) noexcept {
        const bool fetches = !stays_cached(); // all at once, instead of one thing after the other when it is needed
        side sender = side::first;
        const std::uint32_t number = index_.find(hash, [&](std::uint32_t candidate) {
            if (fetches) fetch(at(candidate));
            sender = sender_in(at(candidate), next);
            return sender != neither;
        });
        if (number == none) return {};
        if (fetches) fetch_side(at(number), sender);
        return {&at(number), sender};
    }

    template <class OnEnd>
    TCPLENS_ALWAYS_INLINE add_result follow(const segment& next, std::uint32_t hash, const likely_connection& likely,
                                            OnEnd& on_end) {
        clock_.advance(next.time);
        if constexpr (takes<OnEnd>) {
            keep_queues();
            if (swept_at_ != clock_.ticks()) end_silent(most_ended_at_once, on_end);
        }
        found_connection found = find<OnEnd>(next, hash, likely);
        if constexpr (takes<OnEnd>) {
            for (; found.of != nullptr && is_due(*found.of); found = find(next, hash)) {
                end_for_silence(*found.of, on_end);
            }
        }

        const bool goes_on =
            found.of != nullptr && !incarnation_rules<Rules> && !next.flags.syn() && !found.of->to_overtake;
        if (!goes_on) return begin_or_follow(next, hash, found, on_end);
        return take_in(next, *found.of, found.sender);
    }

    /// Of a segment that may begin a connection, or belong to one before the latest of its endpoints.
    template <class OnEnd>
    TCPLENS_NOINLINE add_result begin_or_follow(const segment& next, std::uint32_t hash, found_connection found,
                                                OnEnd& on_end) {
        if (found.of == nullptr) {
            if (!make_room(on_end)) return refuse();
            record& made = begin(next, hash);
            index_.insert(hash, made.slot);
            return take_in_any(next, made, side::first, {.begins = true});
        }
        if (options_.split_incarnations && begins_another(next, found.sender, *found.of)) {
            if (record* const earlier = previous_of(*found.of, on_end);
                !incarnation_rules<Rules> && earlier != nullptr &&
                earlier->life.has_initial(next, sender_in(*earlier, next))) {
                return take_in_any(next, *earlier, sender_in(*earlier, next)); // a SYN of the connection before, late
            }
            if (!make_room(on_end)) return refuse();
            record* const old = find(next, hash).of; // unless it had to make room
            record& made = begin(next, hash);
            if (old == nullptr) {
                index_.insert(hash, made.slot);
            } else {
                index_.replace(hash, old->slot, made.slot);
                put_behind(made, *old);
            }
            return take_in_any(next, made, side::first, {.begins = true, .reuses_ports = true});
        }
        if (found.of->to_overtake) {
            if (record* const earlier = previous_of(*found.of, on_end);
                earlier != nullptr && belongs_to_previous(next, found.sender, *found.of, *earlier)) {
                return take_in_any(next, *earlier, sender_in(*earlier, next));
            }
        }
        return take_in_any(next, *found.of, found.sender);
    }

    struct beginning {
        bool begins = false;
        bool reuses_ports = false;
    };

    TCPLENS_NOINLINE add_result take_in_any(const segment& next, record& of, side sender, const beginning& how = {}) {
        return take_in(next, of, sender, how);
    }

    /// \pre `next` is of that connection
    TCPLENS_ALWAYS_INLINE add_result take_in(const segment& next, record& of, side sender, const beginning& how = {}) {
        [[maybe_unused]] const direction first_way = of.life.way_of(side::first);
        of.life.follow(next, sender, of.seen);
        if (of.to_overtake && !of.life.is_unanswered()) {
            of.to_overtake = false;
            overtake(at(of.previous));
        }
        const bool still_established = of.life.is_plain() && of.stage == idle_class::established;
        if (!still_established || of.listed_at != clock_.ticks()) list(of);
        verdict said = rules_.judge(
            {.segment = next, .sender = sender, .connection_number = of.number, .reuses_ports = how.reuses_ports},
            of.rules);
        if (how.reuses_ports && !incarnation_rules<Rules>) said.kinds |= verdict_kinds::reused_ports;
        const direction direction = of.life.way_of(sender);
        detail::count_segment(next, said, of.seen.statistics(direction));
        if constexpr (sizeof...(Observers) > 0) {
            if (of.life.way_of(side::first) != first_way) of.seen.swap_roles_of_facts();
            observe({.segment = next,
                     .verdict = said,
                     .connection = of.seen,
                     .sender = sender,
                     .direction = direction,
                     .begins_connection = how.begins},
                    of);
        }
        return {.outcome = packet_outcome::tcp,
                .connection = &of.seen,
                .direction = direction,
                .verdict = said,
                .begins_connection = how.begins};
    }

    void observe(const observer_input& next, record& of) noexcept {
        std::apply(
            [&](Observers&... each) {
                (each.observe(next, std::get<typename Observers::connection_state>(of.observed),
                              static_cast<typename Observers::facts&>(of.seen)),
                 ...);
            },
            observers_);
    }

    // Beginnings

    [[nodiscard]] record& begin(const segment& first, std::uint32_t hash) {
        std::uint32_t slot = slots_;
        if (free_.empty()) {
            grow(slot / chunk_size + 1);
            ++slots_;
        } else {
            slot = free_.back();
            free_.pop_back();
            std::destroy_at(&at(slot)); // an assignment would make a record elsewhere first
            std::construct_at(&at(slot));
        }
        record& made = at(slot);
        made.slot = slot;
        made.used = true;
        made.is_latest = true;
        made.hash = hash;
        made.seen.number = made.number = lifetimes_.begun++;
        ++lifetimes_.open;
        made.seen.network = first.network;
        made.life.begin(first, made.seen);
        list_as(made, made.stage);
        return made;
    }

    /// Places a connection that begins behind the one that had its endpoints. That is over once the new one is more than a SYN: a
    /// blind SYN ends nothing (RFC 5961 4).
    void put_behind(record& made, record& before) {
        before.is_latest = false;
        made.to_overtake = true;
        const bool was_blind = before.to_overtake && before.life.is_unanswered();
        made.previous = was_blind ? std::exchange(before.previous, none) : before.slot;
        at(made.previous).follower = made.slot;
        if (was_blind || incarnation_rules<Rules>) overtake(before);
    }

    void overtake(record& of) noexcept {
        of.life.overtake(of.seen);
        list(of);
    }

    /// Whether `next` goes on with the connection before, of which the latest is as yet no more than a SYN.
    [[nodiscard]] static bool belongs_to_previous(const segment& next, side sender, const record& latest,
                                                  const record& previous) noexcept {
        if (incarnation_rules<Rules> || next.flags.syn()) return false;
        if (!latest.life.is_unanswered() || latest.life.concerns_syn(next, sender)) return false;
        return previous.life.goes_on_with(next, sender_in(previous, next));
    }

    /// The connection that had these endpoints before, if it is still there by now.
    template <class OnEnd>
    [[nodiscard]] record* previous_of(const record& of, OnEnd& on_end) {
        if constexpr (takes<OnEnd>) {
            if (of.previous != none && is_due(at(of.previous))) end_for_silence(at(of.previous), on_end);
        }
        return of.previous == none ? nullptr : &at(of.previous);
    }

    // Ends

    /// How many connections leave with one packet for their silence: a bound for the time that it takes.
    static constexpr std::size_t most_ended_at_once = 16;

    [[nodiscard]] static std::size_t queue_of(idle_class stage) noexcept { return static_cast<std::size_t>(stage); }

    /// Puts a connection at the end of the queue of its stage: it was heard.
    TCPLENS_NOINLINE void list(record& of) noexcept {
        const idle_class stage = of.life.stage(of.seen);
        if (stage == of.stage && (stage == idle_class::attempt || of.listed_at == clock_.ticks())) return;
        move_to_end(of, stage);
    }
    void move_to_end(record& of, idle_class stage) noexcept {
        if (keeps_queues_) queues_.remove(queue_of(of.stage), of.slot);
        list_as(of, stage);
    }
    void list_as(record& of, idle_class stage) noexcept {
        of.stage = stage;
        of.listed_at = clock_.ticks();
        of.listed = ++listings_;
        if (keeps_queues_) queues_.push_back(queue_of(stage), of.slot);
    }

    /// The queues are for who takes what ends: they are kept from the first such call on.
    void keep_queues() {
        if (!keeps_queues_) [[unlikely]]
            begin_queues();
    }
    TCPLENS_NOINLINE void begin_queues() {
        const std::vector<listed_slot> order = by_listing();
        queues_.resize(chunks_.size() * chunk_size);
        keeps_queues_ = true;
        for (const auto [listed, slot] : order) queues_.push_back(queue_of(at(slot).stage), slot);
    }
    struct listed_slot {
        std::uint64_t listed = 0;
        std::uint32_t slot = 0;
    };
    /// All connections, in the order in which they went to the end of a queue.
    [[nodiscard]] std::vector<listed_slot> by_listing() const {
        std::vector<listed_slot> order;
        order.reserve(size());
        for (std::uint32_t slot = next_used(0); slot < slots_; slot = next_used(slot + 1)) {
            order.push_back({at(slot).listed, slot});
        }
        std::ranges::sort(order, {}, &listed_slot::listed);
        return order;
    }

    /// In ticks.
    [[nodiscard]] std::uint32_t silence(const record& of) const noexcept { return clock_.ticks() - of.listed_at; }
    [[nodiscard]] bool is_silent(const record& of) const noexcept {
        return silence(of) >= detail::table_clock::ticks_of(options_.timeouts.of(of.stage));
    }
    /// Whether it is only silent by ticks: the first packet after a long time is taken in before its time is believed.
    [[nodiscard]] TCPLENS_NOINLINE bool was_heard(const record& of) const noexcept {
        const timestamp heard = of.stage == idle_class::attempt ? of.seen.first_time : of.seen.last_time;
        return heard <= clock_.latest() && detail::table_clock::ticks_of(clock_.latest() - heard) <
                                               detail::table_clock::ticks_of(options_.timeouts.of(of.stage));
    }
    [[nodiscard]] bool is_due(const record& of) const noexcept { return is_silent(of) && !was_heard(of); }

    template <class OnEnd>
    void end_silent(std::size_t most, OnEnd& on_end) {
        for (std::size_t queue = 0; queue < idle_class_count; ++queue) {
            for (std::uint32_t first; (first = queues_.front(queue)) != none && is_silent(at(first)); --most) {
                if (most == 0) return; // the next packet goes on
                if (was_heard(at(first))) move_to_end(at(first), at(first).stage);
                else end_for_silence(at(first), on_end);
            }
        }
        swept_at_ = clock_.ticks();
    }

    template <class OnEnd>
    void end_for_silence(record& of, OnEnd& on_end) {
        end(of,
            !of.seen.closed                               ? end_reason::idle
            : of.seen.close_reason == close_reason::reset ? end_reason::reset
                                                          : end_reason::closed,
            on_end);
    }

    /// Whether there is room for another connection, now.
    template <class OnEnd>
    [[nodiscard]] bool make_room(OnEnd& on_end) {
        if (options_.max_connections == 0 || lifetimes_.open < options_.max_connections) return true;
        if constexpr (!takes<OnEnd>) return false;
        using enum idle_class;
        std::uint32_t leaves = longest_silent({closed});
        if (options_.full_policy == full_policy::evict) {
            leaves = longest_silent({closed, one_sided, attempt, opening});
            if (leaves == none) leaves = longest_silent({established, half_closed});
        }
        if (leaves == none) return false;
        fetch_for_end(leaves);
        if (at(leaves).stage == closed) end_for_silence(at(leaves), on_end);
        else end(at(leaves), end_reason::evicted, on_end);
        return true;
    }

    /// Who leaves for another's sake was silent for long: so what its end touches is fetched from memory while those before it
    /// leave, first the connection, then, by the hash that it holds, its place in the index.
    TCPLENS_ALWAYS_INLINE void fetch_for_end(std::uint32_t leaves) const noexcept {
        const std::uint32_t next = queues_.after(leaves);
        if (next == none) return;
        index_.prefetch(at(next).hash);
        const std::uint32_t later = queues_.after(next);
        if (later == none) return;
        detail::prefetch(&at(later), sizeof(record)); // all of it: another connection begins in its place
        queues_.prefetch(later);
    }

    /// Of the connections in these stages, or `none`.
    [[nodiscard]] std::uint32_t longest_silent(std::initializer_list<idle_class> stages) const noexcept {
        std::uint32_t longest = none;
        for (const idle_class stage : stages) {
            const std::uint32_t first = queues_.front(queue_of(stage));
            if (first != none && (longest == none || at(first).listed < at(longest).listed)) longest = first;
        }
        return longest;
    }

    add_result refuse() noexcept {
        ++lifetimes_.refused;
        return {.outcome = packet_outcome::tcp};
    }

    template <class OnEnd>
    void end(record& of, end_reason reason, OnEnd& on_end) {
        on_end(std::as_const(of.seen), reason);
        if (keeps_queues_) queues_.remove(queue_of(of.stage), of.slot);
        if (of.is_latest) {
            if (of.previous == none) {
                index_.erase(of.hash, of.slot);
            } else {
                index_.replace(of.hash, of.slot, of.previous);
                at(of.previous).is_latest = true;
            }
        }
        if (of.previous != none) at(of.previous).follower = of.follower;
        if (of.follower != none) {
            at(of.follower).previous = of.previous;
            at(of.follower).to_overtake = false;
        }
        if constexpr (requires { rules_.forget(of.rules); }) rules_.forget(of.rules);
        of.used = false;
        of.is_latest = false;
        free_.push_back(of.slot);
        --lifetimes_.open;
        ++lifetimes_.ended_by[static_cast<std::size_t>(reason)];
    }

    table_options options_;
    Rules rules_;
    [[no_unique_address]] std::tuple<Observers...> observers_{};
    decoder decoder_;
    decode_statistics statistics_{};
    connection_counters lifetimes_{};
    detail::connection_index index_{};
    std::vector<std::unique_ptr<record[]>> chunks_{};
    std::uint32_t slots_ = 0;           ///< that were ever used
    std::vector<std::uint32_t> free_{}; ///< of those, the ones that are not used now
    detail::idle_queues<idle_class_count> queues_{};
    bool keeps_queues_ = false; ///< see keep_queues()
    std::uint64_t listings_ = 0;
    detail::table_clock clock_{};
    std::uint32_t swept_at_ = 0; ///< the tick at which none was left that was due
    timestamp last_time_{};
};

using connection_table = basic_connection_table<>;

} // namespace tcplens::inline v0
