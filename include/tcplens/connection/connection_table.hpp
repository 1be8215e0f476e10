// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/packet.hpp"
#include "../wire/decoder.hpp"
#include "connection.hpp"
#include "connection_index.hpp"
#include "connection_observer.hpp"
#include "evidence_rules.hpp"
#include "hash_key.hpp"
#include "lifecycle.hpp"
#include "prefetch.hpp"
#include "segment_rules.hpp"
#include "tuple_hash.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens {

struct table_options {
    /// Whether a SYN that cannot belong to the connection of its endpoints begins another. Off: one 4-tuple is one
    /// connection, whatever comes.
    bool split_incarnations = true;
    /// The secret of the index. No result depends on it.
    hash_key key = hash_key::random();
    /// How packets are decoded; whether checksums are verified at all.
    decode_options decoding{};
    /// Whether segments whose checksum was verified and is bad are passed over, as the receiver did: they belong to no
    /// connection and count as malformed (decode_statistics::bad_checksums says how many). Off: they count as any other.
    bool pass_over_bad_checksums = false;
};

/// What happened to one packet.
struct add_result {
    packet_outcome outcome = packet_outcome::not_tcp;
    /// Its connection, good as long as the table is; null unless the outcome is tcp.
    const tcplens::connection* connection = nullptr;
    direction way = direction::client_to_server;
    tcplens::verdict verdict{};
    bool begins_connection = false;
};

/// Follows every TCP connection in the packets that it is given, and is a range of all of them, in the order of their first
/// packets. One table is for one thread. One that was moved from can only be destroyed or assigned to.
///
/// `Rules` say what each segment was: see segment_rules. A packet costs no allocation unless it begins a connection, and
/// then only when the storage has to grow by another step.
/// `Observers` add facts to each connection: see connection_observer. Who wants none pays for none.
template <segment_rules Rules = evidence_rules, connection_observer... Observers>
class basic_connection_table {
public:
    /// A connection, and with it the facts of each observer, if there are any.
    using connection_type =
        std::conditional_t<sizeof...(Observers) == 0, connection, connection_with<typename Observers::facts...>>;

    explicit basic_connection_table(const table_options& options = {}, Rules rules = Rules{})
        : options_(options), rules_(std::move(rules)), decoder_(options.decoding) {}
    basic_connection_table(const table_options& options, Rules rules,
                           Observers... observers) requires(sizeof...(Observers) > 0)
        : options_(options), rules_(std::move(rules)), observers_(std::move(observers)...), decoder_(options.decoding) {
    }

    /// Takes in the next packet. Packets are expected in the order in which they were captured; their times may run back.
    /// One that has no time counts as captured at the time of the one before.
    add_result add(const packet& next) {
        segment found;
        const packet_outcome outcome = find_segment(next, found);
        if (outcome != packet_outcome::tcp) return {.outcome = outcome};
        return count_and_follow(found, next.link, hash_of(found));
    }

    /// Takes in all packets of a range, as if one by one. It is faster where there are many connections: what is known of them
    /// is fetched from memory for some packets at a time.
    template <std::ranges::input_range Packets>
    requires std::convertible_to < std::ranges::range_reference_t<Packets>,
    const packet& > void add_all(Packets&& packets) {
        std::array<waiting_segment, batch_size> batch;
        std::size_t count = 0;
        for (const packet& next : packets) {
            waiting_segment& wait = batch[count];
            if (find_segment(next, wait.found) != packet_outcome::tcp) continue;
            wait.link = next.link;
            wait.hash = hash_of(wait.found);
            index_.prefetch(wait.hash);
            if (++count < batch.size()) continue;
            add_batch(batch);
            count = 0;
        }
        add_batch(std::span{batch}.first(count));
    }

    /// Takes in a segment that was decoded elsewhere; it counts as a packet.
    add_result add(const segment& next) {
        const timestamp time = subtractable(next.time);
        if (next.time == time) return count_and_follow(next, link_type::ethernet, hash_of(next));
        segment moved = next;
        moved.time = time;
        return count_and_follow(moved, link_type::ethernet, hash_of(moved));
    }

    /// What a table finds connections by, and a parallel_connection_table deals by: the same for both directions of a connection.
    [[nodiscard]] static std::uint32_t hash_of(const segment& next, const hash_key& key) noexcept {
        const std::uint32_t hash = hash_tuple(next.source, next.destination, key);
        if (next.network == 0) return hash;
        return hash ^ static_cast<std::uint32_t>(next.network * (key.word(5) | 1) >> 32);
    }

    /// For who deals segments out to several tables, batch by batch: a segment with this hash comes soon. First the index
    /// is fetched from memory for all of a batch, then, with that at hand, their connections.
    void prefetch_index(std::uint32_t hash) const noexcept { index_.prefetch(hash); }
    void prefetch_connection(std::uint32_t hash) const noexcept {
        const std::uint32_t likely = index_.first_with(hash);
        if (likely != connection_index::none) prefetch(&at(likely), sizeof(record));
    }
    /// Takes in a segment whose time is subtractable, and whose hash_of() with the key of this table is `hash`.
    add_result add(const segment& next, std::uint32_t hash) {
        return count_and_follow(next, link_type::ethernet, hash);
    }

    /// How many packets there were, and what they were.
    [[nodiscard]] const decode_statistics& statistics() const noexcept { return statistics_; }
    /// What became of fragmented IP packets.
    [[nodiscard]] const reassembly_statistics& reassembly() const noexcept { return decoder_.reassembly(); }

    /// The number of connections.
    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

    /// \pre number < size()
    [[nodiscard]] const connection_type& operator[](std::size_t number) const noexcept { return at(number).seen; }

    /// The observer of that type.
    template <class Observer>
    [[nodiscard]] const Observer& observer() const noexcept {
        return std::get<Observer>(observers_);
    }

    /// Makes room for so many connections in all: up to then nothing is allocated.
    void reserve(std::size_t connections) {
        index_.reserve(connections);
        chunks_.reserve((connections + chunk_size - 1) / chunk_size);
        while (chunks_.size() * chunk_size < connections) chunks_.push_back(std::make_unique<record[]>(chunk_size));
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
        [[nodiscard]] reference operator*() const noexcept { return (*of_)[number_]; }
        [[nodiscard]] pointer operator->() const noexcept { return &**this; }
        iterator& operator++() noexcept {
            ++number_;
            return *this;
        }
        iterator operator++(int) noexcept { return std::exchange(*this, iterator{of_, number_ + 1}); }
        [[nodiscard]] friend bool operator==(const iterator& a, const iterator& b) noexcept {
            return a.number_ == b.number_;
        }

    private:
        friend basic_connection_table;
        iterator(const basic_connection_table* of, std::size_t number) noexcept : of_(of), number_(number) {}

        const basic_connection_table* of_ = nullptr;
        std::size_t number_ = 0;
    };

    [[nodiscard]] iterator begin() const noexcept { return {this, 0}; }
    [[nodiscard]] iterator end() const noexcept { return {this, count_}; }

private:
    /// One connection: what every segment of it touches first, what is told of it after that.
    struct record {
        lifecycle life{};
        typename Rules::connection_state rules{};
        std::uint32_t previous = connection_index::none; ///< the connection that had these endpoints before
        bool to_overtake = false;                        ///< that one is not known to be over yet
        connection_type seen{};
        [[no_unique_address]] std::tuple<typename Observers::connection_state...> observed{};
    };

    // Records stay where they are, so that what `add` returns remains good; the storage grows by whole chunks.
    static constexpr std::size_t chunk_size = 64;

    [[nodiscard]] record& at(std::size_t number) noexcept { return chunks_[number / chunk_size][number % chunk_size]; }
    [[nodiscard]] const record& at(std::size_t number) const noexcept {
        return chunks_[number / chunk_size][number % chunk_size];
    }

    [[nodiscard]] static side sender_in(const record& of, const segment& next) noexcept {
        if (next.source == next.destination) return 0; // one end is both: the sides cannot be told apart
        return of.life.sender_of(next.source == of.seen.client ? direction::client_to_server
                                                               : direction::server_to_client);
    }

    /// Whether `next` is of another connection than the latest one of its endpoints.
    [[nodiscard]] bool begins_another(const segment& next, std::uint32_t latest) const noexcept {
        const record& of = at(latest);
        const side sender = sender_in(of, next);
        if constexpr (splitting_segment_rules<Rules>) {
            return rules_.begins_another({.segment = next, .sender = sender, .connection_number = latest}, of.rules);
        } else {
            return of.life.begins_another(next, sender, of.seen);
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

    add_result count_and_follow(const segment& next, link_type link, std::uint32_t hash) {
        if (options_.pass_over_bad_checksums && next.checksum == checksum_state::bad) {
            statistics_.count_bad_checksum(link);
            return {.outcome = packet_outcome::malformed};
        }
        statistics_.count({packet_outcome::tcp, ip_protocol::tcp}, link);
        return follow(next, hash);
    }

    [[nodiscard]] std::uint32_t hash_of(const segment& next) const noexcept { return hash_of(next, options_.key); }

    /// A segment whose turn comes when what is known of its connection has been fetched.
    struct waiting_segment {
        segment found;
        std::uint32_t hash;
        link_type link;
    };
    static constexpr std::size_t batch_size = 32;

    void add_batch(std::span<const waiting_segment> batch) {
        for (const waiting_segment& each : batch) prefetch_connection(each.hash);
        for (const waiting_segment& each : batch) count_and_follow(each.found, each.link, each.hash);
    }

    add_result follow(const segment& next, std::uint32_t hash) {
        std::uint32_t number = index_.find(hash, [&](std::uint32_t candidate) {
            const connection& seen = at(candidate).seen;
            if (seen.network != next.network) return false;
            return (seen.client == next.source && seen.server == next.destination) ||
                   (seen.server == next.source && seen.client == next.destination);
        });

        bool begins = number == connection_index::none;
        bool reused = false;
        if (begins) {
            number = begin(next);
            index_.insert(hash, number);
        } else if (options_.split_incarnations && begins_another(next, number)) {
            if (const std::uint32_t earlier = at(number).previous;
                !splitting_segment_rules<Rules> && earlier != connection_index::none &&
                at(earlier).life.has_initial(next, sender_in(at(earlier), next))) {
                number = earlier; // a SYN of the connection before, late
            } else {
                const std::uint32_t old = std::exchange(number, begin_after(number, next));
                index_.replace(hash, old, number);
                begins = reused = true;
            }
        } else if (belongs_to_previous(next, at(number))) {
            number = at(number).previous;
        }

        record& of = at(number);
        const side sender = begins ? side{0} : sender_in(of, next);
        [[maybe_unused]] const direction first_way = of.life.way_of(0);
        of.life.follow(next, sender, of.seen);
        if (of.to_overtake && !of.life.is_unanswered()) {
            lifecycle::overtake(at(of.previous).seen);
            of.to_overtake = false;
        }
        verdict said = rules_.judge(
            {.segment = next, .sender = sender, .connection_number = number, .reuses_ports = reused}, of.rules);
        if (reused && !splitting_segment_rules<Rules>) said.names |= verdict_names::reused_ports;
        const direction way = of.life.way_of(sender);
        of.seen.statistics(way).count(next, said);
        if constexpr (sizeof...(Observers) > 0) {
            if (of.life.way_of(0) != first_way) of.seen.swap_roles_of_facts();
            observe({.segment = next,
                     .verdict = said,
                     .connection = of.seen,
                     .sender = sender,
                     .way = way,
                     .begins_connection = begins},
                    of);
        }
        return {.outcome = packet_outcome::tcp,
                .connection = &of.seen,
                .way = way,
                .verdict = said,
                .begins_connection = begins};
    }

    void observe(const observed_segment& next, record& of) noexcept {
        std::apply(
            [&](Observers&... each) {
                (each.observe(next, std::get<typename Observers::connection_state>(of.observed),
                              static_cast<typename Observers::facts&>(of.seen)),
                 ...);
            },
            observers_);
    }

    /// Begins another connection between the endpoints of one. That is over once the new one is more than a SYN: a blind SYN
    /// ends nothing (RFC 5961 4).
    [[nodiscard]] std::uint32_t begin_after(std::uint32_t old, const segment& first) {
        const std::uint32_t number = begin(first);
        record& made = at(number);
        record& before = at(old);
        const bool was_blind = before.to_overtake && before.life.is_unanswered();
        made.previous = was_blind ? before.previous : old;
        made.to_overtake = true;
        if (was_blind || splitting_segment_rules<Rules>) lifecycle::overtake(before.seen);
        return number;
    }

    /// Whether `next` goes on with the connection before, of which the latest is as yet no more than a SYN.
    [[nodiscard]] bool belongs_to_previous(const segment& next, const record& latest) const noexcept {
        if (splitting_segment_rules<Rules> || !latest.to_overtake || next.flags.syn()) return false;
        if (!latest.life.is_unanswered() || latest.life.concerns_syn(next, sender_in(latest, next))) return false;
        const record& previous = at(latest.previous);
        return previous.life.goes_on_with(next, sender_in(previous, next));
    }

    [[nodiscard]] std::uint32_t begin(const segment& first) {
        const auto number = static_cast<std::uint32_t>(count_);
        reserve_chunk_for(count_);
        ++count_;
        record& made = at(number);
        made.seen.number = number;
        made.seen.network = first.network;
        made.life.begin(first, made.seen);
        return number;
    }

    void reserve_chunk_for(std::size_t number) {
        if (number / chunk_size == chunks_.size()) chunks_.push_back(std::make_unique<record[]>(chunk_size));
    }

    table_options options_;
    Rules rules_;
    [[no_unique_address]] std::tuple<Observers...> observers_{};
    decoder decoder_;
    decode_statistics statistics_{};
    connection_index index_{};
    std::vector<std::unique_ptr<record[]>> chunks_{};
    std::size_t count_ = 0;
    timestamp last_time_{};
};

using connection_table = basic_connection_table<>;

} // namespace tcplens
