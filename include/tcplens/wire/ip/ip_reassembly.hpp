// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/maybe.hpp"
#include "../../base/timestamp.hpp"
#include "../ip_protocol.hpp"
#include "../network_id.hpp"
#include "../reassembly_options.hpp"
#include "../reassembly_statistics.hpp"
#include "fragment_buffer.hpp"
#include "ip_fragment.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// Puts fragmented IP packets together, in bounded memory: see reassembly_options. If the capture cut fragments, the packet has
/// the bytes up to the first one that is missing, and its full length. Allocates only when a fragment arrives, and not at all
/// after reserve(). A template, to reduce the compile time of programs that do not use it.
template <class Fragment>
class basic_ip_reassembly {
public:
    static constexpr bool keeps = true;

    explicit basic_ip_reassembly(const reassembly_options& options) noexcept : options_(options) {}

    /// Allocates the memory for `max_packets` packets of the greatest length, since each of them may get that long.
    void reserve() {
        reserved_ = true;
        entries_.resize(options_.max_packets);
        for (entry& unused : entries_) unused.bytes.reserve((std::min)(longest, options_.max_bytes));
    }

    /// Frees what was put together for the previous packet. Called for each packet, before any add().
    void begin_packet() noexcept {
        if (done_ == 0) return;
        for (entry& candidate : entries_) {
            if (candidate.state == state::done) release(candidate);
        }
        done_ = 0;
    }

    /// Adds a fragment. Returns the whole packet if this was its last missing fragment; valid until begin_packet(). Fragments of
    /// different networks belong to different packets.
    [[nodiscard]] maybe<ip_payload> add(const Fragment& next, const network_id& network, timestamp now) {
        ++statistics_.fragments;
        const std::size_t length = next.part.content.wire_length;
        const std::size_t end = next.offset + length;
        if (length == 0 || end > longest || (next.more && length % 8 != 0)) {
            ++statistics_.malformed;
            return std::nullopt;
        }
        expire(now);
        const key_type key = key_of(next, network);
        entry* packet = find(key);
        if (packet == nullptr) packet = begin(key, now);
        if (packet == nullptr || packet->state == state::dropped) return std::nullopt;

        if (packet->total != unknown ? end > packet->total || (!next.more && end != packet->total)
                                     : !next.more && end < packet->end()) {
            drop(*packet, statistics_.overlapping); // two fragments contradict each other about the end
            return std::nullopt;
        }
        if (!next.more) packet->total = end;
        switch (store(*packet, next, end)) {
        case stored::new_bytes: break;
        case stored::nothing_new: return std::nullopt;
        case stored::conflict: drop(*packet, statistics_.overlapping); return std::nullopt;
        case stored::no_room: drop(*packet, statistics_.evicted); return std::nullopt;
        }
        const bool tiny = packet->first.tiny_fragment || divides_tcp_header(next, end);
        if (next.offset == 0) {
            packet->first = next.part;
            packet->first_header_length = next.header_length;
        }
        packet->first.tiny_fragment = tiny;
        if (packet->piece_count != 1 || packet->pieces[0].begin != 0 || packet->pieces[0].end != packet->total)
            return std::nullopt;

        ++statistics_.reassembled;
        packet->state = state::done;
        ++done_;
        ip_payload whole = packet->first;
        whole.fragment = false;
        whole.length = static_cast<std::uint32_t>(packet->first_header_length + packet->total);
        whole.content = {std::span<const std::byte>{packet->bytes.data(), (std::min)(packet->total, packet->captured)},
                         packet->total, 0};
        return whole;
    }

    /// Drops the packet that this fragment belongs to, and its later fragments: it does not lead to TCP.
    void ignore(const Fragment& next, const network_id& network, timestamp now) {
        expire(now);
        const key_type key = key_of(next, network);
        entry* packet = find(key);
        if (packet == nullptr) packet = begin(key, now);
        if (packet == nullptr) return;
        packet->state = state::dropped;
        free_bytes(*packet);
    }

    [[nodiscard]] const reassembly_options& options() const noexcept { return options_; }
    [[nodiscard]] const reassembly_statistics& statistics() const noexcept { return statistics_; }
    /// Bytes of the fragments of all incomplete packets.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return held_; }

private:
    static constexpr std::size_t longest = 65535; // RFC 791 section 3.1, RFC 8200 section 4.5
    static constexpr std::size_t unknown = longest + 1;
    /// The most pieces of a packet with gaps between them; adjacent pieces are merged. Senders emit fragments in order or in
    /// reverse order, so pieces appear only where packets are lost or reordered.
    static constexpr std::size_t max_pieces = 16;

    /// Whether a fragment begins or ends within the first 20 bytes: RFC 1858 section 3, RFC 3128.
    [[nodiscard]] static constexpr bool divides_tcp_header(const Fragment& next, std::size_t end) noexcept {
        constexpr std::size_t header = 20;
        return (next.more && end < header) || (next.offset > 0 && next.offset < header);
    }

    struct key_type {
        address source{};
        address destination{};
        std::uint32_t id = 0;
        network_id network{};
        ip_protocol protocol{};
        bool v6 = false;
        [[nodiscard]] friend bool operator==(const key_type&, const key_type&) noexcept = default;
    };
    enum class state : std::uint8_t {
        unused,
        waiting,
        dropped, ///< holds no bytes; its later fragments are ignored
        done,    ///< complete, and in use while the current packet is decoded
    };
    enum class stored : std::uint8_t { new_bytes, nothing_new, conflict, no_room };
    struct piece {
        std::size_t begin = 0;
        std::size_t end = 0;

        static void archive(auto& ar, piece& value) {
            auto& [begin_, end_] = value;
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
        std::size_t captured = unknown; ///< offset of the first byte that was not captured
        std::array<piece, max_pieces> pieces{};
        std::size_t piece_count = 0; ///< pieces are in order, with gaps between them
        enum state state = state::unused;
        fragment_buffer bytes{};

        [[nodiscard]] std::size_t end() const noexcept { return piece_count == 0 ? 0 : pieces[piece_count - 1].end; }

        /// The bytes that were captured, with zeros in the gaps.
        [[nodiscard]] std::vector<std::byte> image() const {
            std::vector<std::byte> made(bytes.size());
            for (std::size_t i = 0; i < piece_count; ++i) {
                const std::size_t known = (std::min)(pieces[i].end, captured);
                if (known <= pieces[i].begin) break;
                std::copy(bytes.data() + pieces[i].begin, bytes.data() + known,
                          made.begin() + static_cast<std::ptrdiff_t>(pieces[i].begin));
            }
            return made;
        }

        template <class Archive>
        static void archive(Archive& ar, entry& packet) {
            auto& [key_, begun_, age_, first_, first_header_length_, total_, captured_, pieces_, piece_count_, state_,
                   bytes_] = packet;
            ar(key_, begun_, age_, first_, first_header_length_);
            ar.index(total_, unknown);
            ar.index(captured_, unknown);
            ar.count(piece_count_, max_pieces);
            for (std::size_t i = 0; i < piece_count_; ++i) {
                ar(pieces_[i]);
                ar.require(i == 0 || pieces_[i - 1].end < pieces_[i].begin);
            }
            ar.bounded(state_, state::dropped);
            if constexpr (Archive::restores) {
                std::vector<std::byte> image;
                ar.bytes(image);
                bytes_.grow(image.size());
                std::copy(image.begin(), image.end(), bytes_.data());
            } else {
                ar.bytes(packet.image());
            }
            ar.require(state_ != state::unused && bytes_.size() == packet.end() && packet.end() <= total_);
            // Some fragments are missing.
            ar.require(piece_count_ != 1 || pieces_[0].begin != 0 || pieces_[0].end != total_);
        }
    };

    /// The protocol identifies a packet by RFC 791 section 3.2, but not by RFC 8200 section 4.5.
    [[nodiscard]] static key_type key_of(const Fragment& fragment, const network_id& network) noexcept {
        return {fragment.part.source,
                fragment.part.destination,
                fragment.id,
                network,
                fragment.v6 ? ip_protocol{} : fragment.part.protocol,
                fragment.v6};
    }

    /// Whether the packet is incomplete, and not just unused memory.
    [[nodiscard]] static bool is_kept(const entry& candidate) noexcept {
        return candidate.state == state::waiting || candidate.state == state::dropped;
    }

    [[nodiscard]] entry* find(const key_type& key) noexcept {
        for (entry& candidate : entries_) {
            if (is_kept(candidate) && candidate.key == key) return &candidate;
        }
        return nullptr;
    }

    /// Starts a packet. nullptr if there is no room.
    [[nodiscard]] entry* begin(const key_type& key, timestamp now) {
        entry* const place = free_place();
        if (place == nullptr) return nullptr;
        release(*place);
        place->key = key;
        place->first.tiny_fragment = false;
        place->begun = now;
        place->order = ++order_;
        place->state = state::waiting;
        return place;
    }

    /// An unused entry, or that of the oldest packet. nullptr if all entries are in use by the current packet.
    [[nodiscard]] entry* free_place() {
        if (options_.max_packets == 0) return nullptr;
        for (entry& candidate : entries_) {
            if (candidate.state == state::unused) return &candidate;
        }
        if (entries_.size() < options_.max_packets) {
            if (entries_.capacity() == 0) entries_.reserve(options_.max_packets); // entries in use must not move
            return &entries_.emplace_back();
        }
        if (entry* const dropped = oldest(state::dropped)) return dropped;
        entry* const waiting = oldest(state::waiting);
        if (waiting != nullptr) ++statistics_.evicted;
        return waiting;
    }

    [[nodiscard]] entry* oldest(state wanted, const entry* except = nullptr) noexcept {
        entry* found = nullptr;
        for (entry& candidate : entries_) {
            if (candidate.state != wanted || &candidate == except) continue;
            if (found == nullptr || candidate.order < found->order) found = &candidate;
        }
        return found;
    }

    void expire(timestamp now) noexcept {
        for (entry& candidate : entries_) {
            if (!is_kept(candidate) || now - candidate.begun <= options_.max_age) continue;
            if (candidate.state == state::waiting) ++statistics_.expired;
            release(candidate);
        }
    }

    /// Copies the bytes of a fragment to their place.
    [[nodiscard]] stored store(entry& into, const Fragment& next, std::size_t end) {
        const std::size_t begin = next.offset;
        const std::span<const std::byte> from = next.part.content.bytes;
        for (std::size_t i = 0; i < into.piece_count; ++i) {
            const piece& present = into.pieces[i];
            if (end <= present.begin || begin >= present.end) continue;
            // RFC 8200 section 4.5 permits an exact duplicate. A copy of bytes that are already there does no harm either.
            const bool within = begin >= present.begin && end <= present.end;
            const std::size_t known = (std::min)(into.captured, begin + from.size());
            const bool same =
                within &&
                (known <= begin || std::equal(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(known - begin),
                                              into.bytes.data() + begin));
            return same ? stored::nothing_new : stored::conflict;
        }
        std::size_t at = 0; // index of the first piece behind the fragment
        while (at < into.piece_count && into.pieces[at].begin < begin) ++at;
        const bool joins_before = at > 0 && into.pieces[at - 1].end == begin;
        const bool joins_after = at < into.piece_count && into.pieces[at].begin == end;
        if (!joins_before && !joins_after && into.piece_count == max_pieces) return stored::no_room;
        if (end > into.bytes.size()) {
            if (!make_room(into, end - into.bytes.size())) return stored::no_room;
            held_ += end - into.bytes.size();
            into.bytes.grow(end);
        }
        std::copy(from.begin(), from.end(), into.bytes.data() + begin);
        if (from.size() < end - begin) into.captured = (std::min)(into.captured, begin + from.size());

        add_piece(into, at, {begin, end}, joins_before, joins_after);
        return stored::new_bytes;
    }

    /// Adds a piece before the one with index `at`, and merges it with its neighbours where it touches them.
    static void add_piece(entry& into, std::size_t at, piece added, bool joins_before, bool joins_after) noexcept {
        const auto place = into.pieces.begin() + static_cast<std::ptrdiff_t>(at);
        const auto last = into.pieces.begin() + static_cast<std::ptrdiff_t>(into.piece_count);
        if (joins_before && joins_after) {
            into.pieces[at - 1].end = into.pieces[at].end;
            std::copy(place + 1, last, place);
            --into.piece_count;
        } else if (joins_before) {
            into.pieces[at - 1].end = added.end;
        } else if (joins_after) {
            into.pieces[at].begin = added.begin;
        } else {
            std::copy_backward(place, last, last + 1);
            *place = added;
            ++into.piece_count;
        }
    }

    /// Gives up the oldest other packets until `bytes` more are within the limit. False if that is not possible.
    [[nodiscard]] bool make_room(const entry& growing, std::size_t bytes) noexcept {
        while (held_ + bytes > options_.max_bytes) {
            entry* const given_up = oldest(state::waiting, &growing);
            if (given_up == nullptr) return false;
            ++statistics_.evicted;
            release(*given_up);
        }
        return true;
    }

    void drop(entry& packet, std::uint64_t& counter) noexcept {
        ++counter;
        packet.state = state::dropped;
        free_bytes(packet);
    }

    void free_bytes(entry& packet) noexcept {
        held_ -= packet.bytes.size();
        packet.bytes.clear();
        if (!reserved_) packet.bytes = {};
        packet.piece_count = 0;
    }

    void release(entry& packet) noexcept {
        free_bytes(packet);
        packet = {.bytes = std::move(packet.bytes)};
    }

    /// Only incomplete packets: a complete one is needed for the current packet only.
    template <class Archive>
    friend void archive(Archive& ar, basic_ip_reassembly& reassembly) {
        auto& [options, statistics, entries, held, done, order, reserved] = reassembly;
        ar(statistics, order);
        auto count = static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), is_kept));
        ar.count(count, options.max_packets);
        if constexpr (Archive::restores) {
            // All entries are still unused, and have their memory if it was reserved.
            if (count > entries.size()) {
                entries.reserve(options.max_packets); // entries in use must not move
                entries.resize(count);
            }
            for (std::size_t i = 0; i < count && ar.good(); ++i) {
                entry& restored = entries[i];
                ar(restored);
                held += restored.bytes.size();
                ar.require(restored.order <= order && held <= options.max_bytes);
            }
        } else {
            for (const entry& packet : entries) {
                if (is_kept(packet)) ar(packet);
            }
        }
    }

    reassembly_options options_;
    reassembly_statistics statistics_{};
    std::vector<entry> entries_{};
    std::size_t held_ = 0;
    std::size_t done_ = 0;
    std::uint64_t order_ = 0;
    bool reserved_ = false; ///< each entry keeps its memory, which is enough for the longest packet
};

using ip_reassembly = basic_ip_reassembly<ip_fragment>;

} // namespace tcplens::inline v1::detail
