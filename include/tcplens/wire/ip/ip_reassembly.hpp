// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../ip_protocol.hpp"
#include "../reassembly_options.hpp"
#include "ip_fragment.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tcplens::inline v0::detail {

/// What became of fragmented IP packets.
struct reassembly_statistics {
    std::uint64_t fragments = 0;   ///< that came
    std::uint64_t reassembled = 0; ///< packets of which all came
    std::uint64_t expired = 0;     ///< packets given up for their age,
    std::uint64_t evicted = 0;     ///< or since others needed the room or they lay in too many pieces
    std::uint64_t overlapping =
        0; ///< packets dropped whole: fragments that overlap and differ (RFC 5722, RFC 8200 4.5)
    std::uint64_t malformed =
        0; ///< fragments that cannot be: of no whole number of eight bytes, beyond the longest packet

    [[nodiscard]] friend constexpr bool operator==(const reassembly_statistics&,
                                                   const reassembly_statistics&) noexcept = default;
};

/// Puts fragmented IP packets together, in bounded memory: see reassembly_options. Of fragments that the capture cut,
/// the bytes up to the first that is missing are told, and the length of all. Nothing is allocated unless a fragment
/// comes, and after reserve() not even then.
class ip_reassembly {
public:
    static constexpr bool keeps = true;

    explicit ip_reassembly(const reassembly_options& options) noexcept : options_(options) {}

    /// Takes the memory for all that may be waited for: the longest packet `max_packets` times, since any of them may get as
    /// long.
    void reserve() {
        reserved_ = true;
        entries_.resize(options_.max_packets);
        for (entry& each : entries_) each.bytes.reserve((std::min)(longest, options_.max_bytes));
    }

    /// Forgets what was put together for the packet before. Called once a packet, before any add().
    void begin_packet() noexcept {
        if (done_ == 0) return;
        for (entry& each : entries_) {
            if (each.state == state::done) release(each);
        }
        done_ = 0;
    }

    /// Takes in a fragment; gives the packet if it was the last that was missing, good up to begin_packet(). `network`
    /// is where it was met: fragments of another are another packet's.
    [[nodiscard]] std::optional<ip_payload> add(const ip_fragment& next, std::uint32_t network, timestamp now) {
        ++statistics_.fragments;
        const std::size_t length = next.part.content.wire_length;
        const std::size_t end = next.offset + length;
        if (length == 0 || end > longest || (next.more && length % 8 != 0)) {
            ++statistics_.malformed;
            return std::nullopt;
        }
        expire(now);
        const key_type key = key_of(next, network);
        entry* of = find(key);
        if (of == nullptr) of = begin(key, now);
        if (of == nullptr || of->state == state::dropped) return std::nullopt;

        if (of->total != unknown ? end > of->total || (!next.more && end != of->total)
                                 : !next.more && end < of->end()) {
            drop(*of, statistics_.overlapping); // two ends: one of them lies
            return std::nullopt;
        }
        if (!next.more) of->total = end;
        switch (store(*of, next, end)) {
        case stored::new_bytes: break;
        case stored::nothing_new: return std::nullopt;
        case stored::conflict: drop(*of, statistics_.overlapping); return std::nullopt;
        case stored::no_room: drop(*of, statistics_.evicted); return std::nullopt;
        }
        if (next.offset == 0) {
            of->first = next.part;
            of->first_header_length = next.header_length;
        }
        if (of->piece_count != 1 || of->pieces[0].begin != 0 || of->pieces[0].end != of->total) return std::nullopt;

        ++statistics_.reassembled;
        of->state = state::done;
        ++done_;
        ip_payload whole = of->first;
        whole.fragment = false;
        whole.length = static_cast<std::uint32_t>(of->first_header_length + of->total);
        whole.content = {std::span<const std::byte>{of->bytes}.first((std::min)(of->total, of->captured)), of->total,
                         0};
        return whole;
    }

    /// Keeps nothing of the packet that this fragment is of, since it cannot be of use.
    void ignore(const ip_fragment& next, std::uint32_t network, timestamp now) {
        expire(now);
        const key_type key = key_of(next, network);
        entry* of = find(key);
        if (of == nullptr) of = begin(key, now);
        if (of == nullptr) return;
        of->state = state::dropped;
        free_bytes(*of);
    }

    [[nodiscard]] const reassembly_options& options() const noexcept { return options_; }
    [[nodiscard]] const reassembly_statistics& statistics() const noexcept { return statistics_; }
    /// Bytes held for packets that are not complete.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return held_; }

private:
    static constexpr std::size_t longest = 65535;
    static constexpr std::size_t unknown = longest + 1;
    /// How many pieces of a packet may lie apart; those that touch are one.
    static constexpr std::size_t max_pieces = 16;

    struct key_type {
        address source{};
        address destination{};
        std::uint32_t id = 0;
        std::uint32_t network = 0;
        ip_protocol protocol{};
        bool v6 = false;
        [[nodiscard]] friend bool operator==(const key_type&, const key_type&) noexcept = default;
    };
    enum class state : std::uint8_t {
        unused,
        waiting,
        dropped, ///< holds no bytes, but knows what is not to be put together
        done,    ///< complete, and in use by the packet that is being decoded
    };
    enum class stored : std::uint8_t { new_bytes, nothing_new, conflict, no_room };
    struct piece {
        std::size_t begin = 0;
        std::size_t end = 0;

        static void archive(auto& ar, piece& of) {
            auto& [begin_, end_] = of;
            ar.index(begin_, longest);
            ar.index(end_, longest);
            ar.require(begin_ < end_);
        }
    };
    struct entry {
        key_type key{};
        timestamp begun{};
        std::uint64_t order = 0;
        ip_payload first{};
        std::uint32_t first_header_length = 0;
        std::size_t total = unknown;
        std::size_t captured = unknown; ///< where the first byte is that the capture cut
        std::array<piece, max_pieces> pieces{};
        std::size_t piece_count = 0; ///< in order, and apart
        enum state state = state::unused;
        std::vector<std::byte> bytes{};

        [[nodiscard]] std::size_t end() const noexcept { return piece_count == 0 ? 0 : pieces[piece_count - 1].end; }

        static void archive(auto& ar, entry& of) {
            auto& [key_, begun_, age_, first_, first_header_length_, total_, captured_, pieces_, piece_count_, state_,
                   bytes_] = of;
            ar(key_, begun_, age_, first_, first_header_length_);
            ar.index(total_, unknown);
            ar.index(captured_, unknown);
            ar.count(piece_count_, max_pieces);
            for (std::size_t i = 0; i < piece_count_; ++i) {
                ar(pieces_[i]);
                ar.require(i == 0 || pieces_[i - 1].end < pieces_[i].begin);
            }
            ar.bounded(state_, state::dropped);
            ar.bytes(bytes_);
            ar.require(state_ != state::unused && bytes_.size() == of.end() && of.end() <= total_);
            // Not all of it has come.
            ar.require(piece_count_ != 1 || pieces_[0].begin != 0 || pieces_[0].end != total_);
        }
    };

    /// RFC 791 3.2 tells packets apart by the protocol, too; RFC 8200 4.5 does not.
    [[nodiscard]] static key_type key_of(const ip_fragment& of, std::uint32_t network) noexcept {
        return {of.part.source, of.part.destination, of.id, network, of.v6 ? ip_protocol{} : of.part.protocol, of.v6};
    }

    [[nodiscard]] entry* find(const key_type& key) noexcept {
        for (entry& each : entries_) {
            if ((each.state == state::waiting || each.state == state::dropped) && each.key == key) return &each;
        }
        return nullptr;
    }

    [[nodiscard]] entry* begin(const key_type& key, timestamp now) {
        if (options_.max_packets == 0) return nullptr;
        entry* place = nullptr;
        for (entry& each : entries_) {
            if (each.state != state::unused) continue;
            place = &each;
            break;
        }
        if (place == nullptr && entries_.size() < options_.max_packets) {
            if (entries_.capacity() == 0) entries_.reserve(options_.max_packets); // those in use must not move
            place = &entries_.emplace_back();
        }
        if (place == nullptr && (place = oldest(state::dropped)) == nullptr) {
            if ((place = oldest(state::waiting)) == nullptr) return nullptr;
            ++statistics_.evicted;
        }
        release(*place);
        place->key = key;
        place->begun = now;
        place->order = ++order_;
        place->state = state::waiting;
        return place;
    }

    [[nodiscard]] entry* oldest(state of) noexcept {
        entry* found = nullptr;
        for (entry& each : entries_) {
            if (each.state == of && (found == nullptr || each.order < found->order)) found = &each;
        }
        return found;
    }

    void expire(timestamp now) noexcept {
        for (entry& each : entries_) {
            if (each.state != state::waiting && each.state != state::dropped) continue;
            if (now - each.begun <= options_.max_age) continue;
            if (each.state == state::waiting) ++statistics_.expired;
            release(each);
        }
    }

    /// Puts the bytes of a fragment where they belong.
    [[nodiscard]] stored store(entry& into, const ip_fragment& next, std::size_t end) {
        const std::size_t begin = next.offset;
        const std::span<const std::byte> from = next.part.content.bytes;
        for (std::size_t i = 0; i < into.piece_count; ++i) {
            const piece& each = into.pieces[i];
            if (end <= each.begin || begin >= each.end) continue;
            // RFC 8200 4.5 lets an exact duplicate pass; a copy of bytes that are there already does no harm.
            const bool within = begin >= each.begin && end <= each.end;
            const std::size_t known = (std::min)(into.captured, begin + from.size());
            const bool same =
                within &&
                (known <= begin || std::equal(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(known - begin),
                                              into.bytes.begin() + static_cast<std::ptrdiff_t>(begin)));
            return same ? stored::nothing_new : stored::conflict;
        }
        std::size_t at = 0; // the piece before which it belongs
        while (at < into.piece_count && into.pieces[at].begin < begin) ++at;
        const bool joins_before = at > 0 && into.pieces[at - 1].end == begin;
        const bool joins_after = at < into.piece_count && into.pieces[at].begin == end;
        if (!joins_before && !joins_after && into.piece_count == max_pieces) return stored::no_room;
        if (end > into.bytes.size()) {
            if (!make_room(into, end - into.bytes.size())) return stored::no_room;
            held_ += end - into.bytes.size();
            into.bytes.resize(end);
        }
        std::copy(from.begin(), from.end(), into.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
        if (from.size() < end - begin) into.captured = (std::min)(into.captured, begin + from.size());

        const auto place = into.pieces.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = into.pieces.begin() + static_cast<std::ptrdiff_t>(into.piece_count);
        if (joins_before && joins_after) {
            into.pieces[at - 1].end = into.pieces[at].end;
            std::copy(place + 1, last, place);
            --into.piece_count;
        } else if (joins_before) {
            into.pieces[at - 1].end = end;
        } else if (joins_after) {
            into.pieces[at].begin = begin;
        } else {
            std::copy_backward(place, last, last + 1);
            *place = {begin, end};
            ++into.piece_count;
        }
        return stored::new_bytes;
    }

    /// Gives up the oldest others until so many bytes more are within the bound.
    [[nodiscard]] bool make_room(const entry& but, std::size_t bytes) noexcept {
        while (held_ + bytes > options_.max_bytes) {
            entry* least = nullptr;
            for (entry& each : entries_) {
                if (each.state == state::waiting && &each != &but && (least == nullptr || each.order < least->order))
                    least = &each;
            }
            if (least == nullptr) return false;
            ++statistics_.evicted;
            release(*least);
        }
        return true;
    }

    void drop(entry& of, std::uint64_t& counter) noexcept {
        ++counter;
        of.state = state::dropped;
        free_bytes(of);
    }

    void free_bytes(entry& of) noexcept {
        held_ -= of.bytes.size();
        of.bytes.clear();
        if (!reserved_) of.bytes = {};
        of.piece_count = 0;
    }

    void release(entry& of) noexcept {
        free_bytes(of);
        of = {.bytes = std::move(of.bytes)};
    }

    /// Packets that are not complete; what is complete was of use for the last packet only.
    template <class Archive>
    friend void archive(Archive& ar, ip_reassembly& of) {
        auto& [options, statistics, entries, held, done, order, reserved] = of;
        const auto waits = [](const entry& each) {
            return each.state == state::waiting || each.state == state::dropped;
        };
        ar(statistics, order);
        auto count = static_cast<std::size_t>(std::ranges::count_if(entries, waits));
        ar.count(count, options.max_packets);
        if constexpr (Archive::restores) {
            // All are unused yet, and have their memory if it was reserved.
            if (count > entries.size()) {
                entries.reserve(options.max_packets); // those in use must not move
                entries.resize(count);
            }
            for (std::size_t i = 0; i < count && ar.good(); ++i) {
                entry& each = entries[i];
                ar(each);
                held += each.bytes.size();
                ar.require(each.order <= order && held <= options.max_bytes);
            }
        } else {
            for (const entry& each : entries) {
                if (waits(each)) ar(each);
            }
        }
    }

    reassembly_options options_;
    reassembly_statistics statistics_{};
    std::vector<entry> entries_{};
    std::size_t held_ = 0;
    std::size_t done_ = 0;
    std::uint64_t order_ = 0;
    bool reserved_ = false; ///< each entry has room for the longest packet, and keeps it
};

} // namespace tcplens::inline v0::detail
