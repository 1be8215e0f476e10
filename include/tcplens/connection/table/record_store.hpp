// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/huge_pages.hpp"
#include "../../base/iterator.hpp"
#include "../../base/prefetch.hpp"
#include "../connection.hpp"
#include "../idle_class.hpp"
#include "../observers/connection_observer.hpp"
#include "../side.hpp"
#include "connection_index.hpp"
#include "connection_state_machine.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// What one observer remembers of a connection.
template <class State>
struct observer_state {
    [[no_unique_address]] State state{};
};
/// What all observers of a table remember of a connection. No std::tuple: that is not copied byte by byte, even if all in it may be.
template <class... States>
struct observer_states : observer_state<States>... {
    template <class State>
    [[nodiscard]] constexpr State& get() noexcept {
        return static_cast<observer_state<State>&>(*this).state;
    }
    template <class State>
    [[nodiscard]] constexpr const State& get() const noexcept {
        return static_cast<const observer_state<State>&>(*this).state;
    }
};

/// What a table knows of one connection. What every segment of it reads or writes lies in few cache lines: the first of
/// `connection` and the one with the counters of its direction, the one of `listed_at`, and those of `rules`; once in a clock tick
/// also the one behind `listed_at`.
template <class Rules, class... Observers>
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): what each segment touches stands together
struct alignas(64) connection_record {
    using rules_type = Rules;
    using connection_type = std::conditional_t<sizeof...(Observers) == 0, tcplens::connection,
                                               connection_with<typename Observers::facts...>>;
    static constexpr std::uint32_t none = connection_index::none;

    connection_type connection{};
    alignas(64) std::uint32_t listed_at = 0; ///< the clock tick at which it went to the end of its idle queue
    idle_class stage = idle_class::attempt;
    bool used = false;
    bool is_latest = false;        ///< the latest connection of its endpoints: the index holds it
    bool to_overtake = false;      ///< `previous` may still go on: this connection is only a SYN so far
    std::uint32_t previous = none; ///< the slot of the connection that had these endpoints before
    connection_state_machine machine{};
    std::uint64_t number =
        0; ///< how many connections of the table began before: connection.number, unless number_from() moved that
    std::uint32_t hash = 0;        ///< of its endpoints and network
    std::uint32_t slot = 0;        ///< its place in the store
    std::uint64_t listed = 0;      ///< its rank in the order in which records went to the end of a queue
    std::uint32_t follower = none; ///< the slot of the connection whose `previous` this is
    alignas(64) typename Rules::connection_state rules{};
    [[no_unique_address]] observer_states<typename Observers::connection_state...> observed{};

    /// How many bytes of a record segments touch, at most: all but what observers that read little remember and tell, of which it is a line or
    /// two. Whole lines.
    [[nodiscard]] static consteval std::size_t touched_bytes() noexcept {
        constexpr std::size_t line = 64;
        return (sizeof(connection_record) - (std::size_t{0} + ... + seldom_touched_of<Observers>())) / line * line;
    }
    template <class Observer>
    [[nodiscard]] static consteval std::size_t seldom_touched_of() noexcept {
        if constexpr (!reads_little<Observer>) return 0;
        else return sizeof(typename Observer::connection_state) + sizeof(typename Observer::facts);
    }
    /// Fetches what observers need of each segment: state and facts, or what an observer says that it needs.
    TCPLENS_ALWAYS_INLINE void prefetch_observed() const noexcept { (prefetch_observed_by<Observers>(), ...); }
    template <class Observer>
    TCPLENS_ALWAYS_INLINE void prefetch_observed_by() const noexcept {
        const auto& state = observed.template get<typename Observer::connection_state>();
        if constexpr (reads_little<Observer>) {
            detail::prefetch<Observer::touched_first>(&state);
        } else {
            using facts = typename Observer::facts;
            detail::prefetch<sizeof state>(&state);
            detail::prefetch<sizeof(facts)>(&static_cast<const facts&>(connection));
        }
    }

    /// The archive list of a used record. Derived members are made anew after restoring: stage, number, hash, slot, follower.
    template <class Archive>
    void archive(Archive& ar, Rules& shared_rules) {
        // Names all members, so that a new one is not forgotten.
        [[maybe_unused]] auto& [connection_, listed_at_, stage_, used_, is_latest_, to_overtake_, previous_, machine_,
                                number_, hash_, slot_, listed_, follower_, rules_, observed_] = *this;
        ar(static_cast<tcplens::connection&>(connection), listed_at, machine);
        ar(is_latest, to_overtake, listed, previous);
        if constexpr (has_hook<Rules, rule_hooks::archive_connection>) {
            shared_rules.archive_connection(ar, rules);
        } else {
            ar(rules);
        }
        (ar(observed.template get<typename Observers::connection_state>()), ...);
        (ar(static_cast<typename Observers::facts&>(connection)), ...);
    }
};

/// Memory for records that are not made yet.
template <class Record>
class record_memory {
public:
    explicit record_memory(std::size_t records)
        : begin_(std::allocator<Record>{}.allocate(records)), left_(records), size_(records) {}
    record_memory(const record_memory&) = delete;
    record_memory& operator=(const record_memory&) = delete;
    record_memory(record_memory&& other) noexcept
        : begin_(std::exchange(other.begin_, nullptr)), left_(other.left_), size_(other.size_) {}
    record_memory& operator=(record_memory&& other) noexcept {
        std::swap(begin_, other.begin_);
        std::swap(left_, other.left_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~record_memory() {
        if (begin_ != nullptr) std::allocator<Record>{}.deallocate(begin_, size_);
    }

    void prefer_huge_pages() noexcept { detail::prefer_huge_pages(begin_, size_ * sizeof(Record)); }

    [[nodiscard]] bool has_left(std::size_t records) const noexcept { return left_ >= records; }
    /// @pre has_left(records)
    [[nodiscard]] Record* take(std::size_t records) noexcept {
        left_ -= records;
        return begin_ + (size_ - left_ - records);
    }

private:
    Record* begin_;
    std::size_t left_;
    std::size_t size_;
};

/// Some records, which are made all at once or one by one: pages of memory that no record is made in are not taken from the system.
template <class Record>
class record_chunk {
public:
    static constexpr std::size_t size = 64;

    /// The memory must outlive the chunk. @pre `memory.has_left(size)`
    explicit record_chunk(record_memory<Record>& memory) noexcept : records_(memory.take(size)) {}
    record_chunk(const record_chunk&) = delete;
    record_chunk& operator=(const record_chunk&) = delete;
    record_chunk(record_chunk&& other) noexcept : records_(other.records_), made_(std::exchange(other.made_, 0)) {}
    record_chunk& operator=(record_chunk&& other) noexcept {
        std::swap(records_, other.records_);
        std::swap(made_, other.made_);
        return *this;
    }
    ~record_chunk() {
        for (std::size_t i = 0; i < size; ++i) {
            if (is_made(i)) records_[i].~Record();
        }
    }

    /// @pre is_made(place), to look at it
    [[nodiscard]] Record& operator[](std::size_t place) noexcept { return records_[place]; }
    [[nodiscard]] const Record& operator[](std::size_t place) const noexcept { return records_[place]; }
    [[nodiscard]] bool is_made(std::size_t place) const noexcept { return (made_ >> place & 1) != 0; }

    /// A new record, in place of the one that may be there.
    Record& make(std::size_t place) noexcept {
        if (is_made(place)) records_[place].~Record(); // an assignment would build a record elsewhere first
        made_ |= std::uint64_t{1} << place;
        return *make_at(records_ + place);
    }

    /// Makes all records. As a table grows this is faster than one by one (7 % of the time of a packet with many connections).
    /// @pre None is made.
    void make_all() noexcept {
        for (std::size_t i = 0; i < size; ++i) make_at(records_ + i);
        made_ = ~std::uint64_t{0};
    }

private:
    /// g++ 12 makes a record by `rep stos`, which takes long to begin. Where a record may be copied byte by byte, one that was made before
    /// is copied line by line: a SYN of a flood took 17 of 132 ns less.
    static Record* make_at(Record* at) noexcept {
        if constexpr (std::is_trivially_copyable_v<Record>) {
            static constexpr std::size_t line = 64;
            static_assert(sizeof(Record) % line == 0);
            static const Record blank{};
            const auto* const from = reinterpret_cast<const std::byte*>(&blank);
            auto* const to = reinterpret_cast<std::byte*>(at);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 32
#endif
            for (std::size_t i = 0; i < sizeof(Record); i += line) std::memcpy(to + i, from + i, line);
            return std::launder(at);
        } else {
            return ::new (static_cast<void*>(at)) Record; // with () it would be filled with zeros first
        }
    }

    Record* records_;
    std::uint64_t made_ = 0; ///< a bit for each
};

/// The records of a table. A record keeps its address; storage grows by whole chunks; a freed slot is used again.
template <class Record>
class record_store {
public:
    static constexpr std::uint32_t none = Record::none;
    static constexpr std::size_t chunk_size = record_chunk<Record>::size;

    record_store() = default;
    record_store(const record_store&) = delete;
    record_store& operator=(const record_store&) = delete;
    record_store(record_store&&) noexcept = default;
    record_store& operator=(record_store&& other) noexcept {
        chunks_ = std::move(other.chunks_); // before the memory that its records are in
        memories_ = std::move(other.memories_);
        slots_ = other.slots_;
        free_ = std::move(other.free_);
        return *this;
    }
    ~record_store() = default;

    /// @pre The slot was taken once: is_used() is true of it, or was.
    [[nodiscard]] Record& at(std::size_t slot) noexcept { return chunks_[slot / chunk_size][slot % chunk_size]; }
    [[nodiscard]] const Record& at(std::size_t slot) const noexcept {
        return chunks_[slot / chunk_size][slot % chunk_size];
    }
    [[nodiscard]] bool is_used(std::size_t slot) const noexcept {
        return chunks_[slot / chunk_size].is_made(slot % chunk_size) && at(slot).used;
    }

    /// The number of slots that were ever used.
    [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }
    /// The number of slots that there is memory for.
    [[nodiscard]] std::size_t capacity() const noexcept { return chunks_.size() * chunk_size; }

    /// The first used slot from `slot` on; slots() if there is none.
    [[nodiscard]] std::uint32_t next_used(std::uint32_t slot) const noexcept {
        if (free_.empty()) return slot; // all are used
        while (slot < slots_ && !is_used(slot)) ++slot;
        return slot;
    }

    /// Makes room for `count` records in all.
    void reserve(std::size_t count) {
        const std::size_t chunks = (count + chunk_size - 1) / chunk_size;
        if (chunks <= chunks_.size()) return;
        const std::size_t slots = chunks * chunk_size;
        if (free_.capacity() < slots)
            free_.reserve((std::max)(slots, 2 * free_.capacity())); // so that give_back() never allocates
        while (chunks_.size() < chunks) add_chunk(chunks - chunks_.size()).make_all();
    }

    [[nodiscard]] bool has_room() const noexcept { return !free_.empty() || slots_ < capacity(); }

    /// A fresh record. @pre has_room()
    [[nodiscard]] Record& take() noexcept {
        std::uint32_t slot = slots_;
        if (free_.empty()) {
            ++slots_;
            if (!chunks_[slot / chunk_size].is_made(slot % chunk_size)) make(slot);
        } else {
            slot = free_.back();
            free_.pop_back();
            make(slot);
        }
        Record& record = at(slot);
        record.slot = slot;
        record.used = true;
        return record;
    }

    void give_back(Record& record) noexcept {
        record.used = false;
        record.is_latest = false;
        free_.push_back(record.slot);
    }

    /// The archive list of all records, used or not, and of the order in which free slots are used again.
    /// A free slot has five bytes there, and takes none of the pages that its record would be in before it is taken.
    /// `most`: the largest number of slots that can be there. `accept(slots)` tells whether so many are restored; `each(record)` is
    /// called after a used record.
    template <class Archive, class Accept, class Each>
    void archive(Archive& ar, typename Record::rules_type& rules, std::size_t most, Accept accept, Each each) {
        std::uint32_t count = slots_;
        ar.count(count, most);
        if constexpr (Archive::restores) {
            constexpr std::size_t least =
                5; // bytes of a slot: that it is free, and its number in the list of free slots
            ar.require(count <= ar.left() / least);
            if (ar.good()) ar.require(accept(count));
            for (std::uint32_t slot = 0; slot < count && ar.good(); ++slot) {
                if (slot == capacity()) { // no huge pages, since a few used slots would take all of them
                    chunks_.emplace_back(memories_.emplace_back(chunk_size));
                }
                slots_ = slot + 1;
                bool used = false;
                ar(used);
                if (!used) continue;
                Record& record = make(slot);
                record.used = true;
                record.archive(ar, rules);
                each(record);
            }
            if (!ar.good()) return;
            free_.reserve(capacity()); // so that give_back() never allocates
            restore_free_slots(ar);
        } else {
            ar.expect((slots_ - free_.size()) * sizeof(Record));
            for (std::uint32_t slot = 0; slot < count; ++slot) {
                bool used = is_used(slot);
                ar(used);
                if (used) at(slot).archive(ar, rules);
            }
            for (const std::uint32_t slot : free_) ar(slot);
        }
    }
    [[nodiscard]] std::size_t used() const noexcept { return slots_ - free_.size(); }

private:
    static constexpr std::size_t chunk_bytes = chunk_size * sizeof(Record);
    /// A table with twice as many bytes takes memory in blocks of huge pages, each an eighth of what the table has, within these bounds:
    /// so the unused rest is small, and a block serves many connections. glibc maps blocks from 32 MiB on apart, whatever was freed before.
    static constexpr std::size_t least_block = huge_page_size;
    static constexpr std::size_t greatest_block = 16 * huge_page_size;

    /// Another chunk, in which no record is made. `wanted`: how many chunks are going to be added, this one included.
    record_chunk<Record>& add_chunk(std::size_t wanted) {
        if (memories_.empty() || !memories_.back().has_left(chunk_size)) add_memory(wanted);
        return chunks_.emplace_back(memories_.back());
    }
    void add_memory(std::size_t wanted) {
        // A block with what glibc puts before it is a whole number of huge pages: Linux 6.7 and later places such a mapping at one.
        constexpr std::size_t before_block = 256;
        const std::size_t block = (std::clamp)(chunks_.size() * chunk_bytes / 8, least_block, greatest_block) /
                                  huge_page_size * huge_page_size;
        const std::size_t bytes = (std::max)(block - before_block, wanted * chunk_bytes);
        const bool is_large = (chunks_.size() + wanted) * chunk_bytes >= 2 * least_block;
        memories_.emplace_back(is_large ? bytes / sizeof(Record) : wanted * chunk_size);
        if (is_large) memories_.back().prefer_huge_pages();
    }

    Record& make(std::uint32_t slot) noexcept {
        Record& record = chunks_[slot / chunk_size].make(slot % chunk_size);
        record.slot = slot;
        return record;
    }

    void restore_free_slots(auto& ar) {
        std::size_t count = 0;
        for (std::uint32_t slot = 0; slot < slots_; ++slot) count += !is_used(slot);
        std::vector<bool> taken(slots_);
        for (std::size_t i = 0; i < count && ar.good(); ++i) {
            std::uint32_t slot = 0;
            ar(slot);
            const bool possible = slot < slots_ && !is_used(slot) && !taken[slot];
            ar.require(possible);
            if (!possible) return;
            taken[slot] = true;
            free_.push_back(slot);
        }
    }

    std::vector<record_memory<Record>>
        memories_{}; ///< of the chunks, which are destroyed before it; the last one may have room for more
    std::vector<record_chunk<Record>> chunks_{};
    std::uint32_t slots_ = 0;
    std::vector<std::uint32_t> free_{};
};

/// A forward iterator over connections. `Cursor` says where: `get()` is the connection, `advance()` goes to the next one.
template <class Cursor>
class connection_iterator {
public:
    using value_type = typename Cursor::connection_type;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using pointer = const value_type*;
    using reference = const value_type&;

    connection_iterator() = default;
    explicit connection_iterator(Cursor at) noexcept : at_(at) {}

    [[nodiscard]] reference operator*() const noexcept { return at_.get(); }
    [[nodiscard]] pointer operator->() const noexcept { return &at_.get(); }
    connection_iterator& operator++() noexcept {
        at_.advance();
        return *this;
    }
    connection_iterator operator++(int) noexcept {
        const connection_iterator before = *this;
        ++*this;
        return before;
    }
    [[nodiscard]] friend bool operator==(const connection_iterator&, const connection_iterator&) noexcept = default;

private:
    Cursor at_{};
};

/// A used slot of a store, or its end.
template <class Record>
struct record_cursor {
    using connection_type = typename Record::connection_type;

    const record_store<Record>* records = nullptr;
    std::uint32_t slot = 0;

    [[nodiscard]] const connection_type& get() const noexcept { return records->at(slot).connection; }
    void advance() noexcept { slot = records->next_used(slot + 1); }
    [[nodiscard]] friend bool operator==(const record_cursor& a, const record_cursor& b) noexcept {
        return a.slot == b.slot;
    }
};

} // namespace tcplens::inline v1::detail
