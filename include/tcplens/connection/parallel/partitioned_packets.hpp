// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/hash_key.hpp"
#include "../../base/timestamp.hpp"
#include "../../capture/link_type.hpp"
#include "../../capture/packet.hpp"
#include "../../wire/decode/bundle_stack.hpp"
#include "../../wire/decode/decode.hpp"
#include "../../wire/decode/decoder.hpp"
#include "../../wire/decode_options.hpp"
#include "../../wire/decode_result.hpp"
#include "../../wire/decode_statistics.hpp"
#include "../../wire/icmp_notice.hpp"
#include "../../wire/ip/ip_fragment.hpp"
#include "../../wire/ip_payload.hpp"
#include "../../wire/segment.hpp"
#include "../table/tuple_hash.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// A chunk of packets in their order, with their segments, which are dealt to several tables. The object is used for one chunk after
/// the other: once its vectors have grown, it allocates nothing.
///
/// decode() does what does not depend on earlier packets; several threads do it for several chunks at a time. settle() does
/// the rest for one chunk after the other: fragments, packets without a time, counts.
class partitioned_packets {
public:
    /// How many packets there may be: enough that threads seldom wait for one another. Two threads took 7 % longer on few with 1024, and as
    /// long with 4096.
    static constexpr std::size_t capacity = 2048;

    /// How packets are decoded, and dealt: among so many tables, by the hash of each segment.
    struct dealing {
        decode_options decoding{};
        bool ignore_bad_checksums = false;
        hash_key key{0};
        std::uint32_t tables = 1;

        /// The tables find their connections by the hash, so its bits are mixed: what one table gets is spread over all
        /// hashes, evenly at every scale (multiples of the golden ratio are).
        [[nodiscard]] constexpr std::uint32_t table_of(std::uint32_t hash) const noexcept {
            const std::uint32_t mixed = hash * 0x9e37'79b1u;
            return static_cast<std::uint32_t>(std::uint64_t{mixed} * tables >> 32);
        }
    };

    explicit partitioned_packets(std::uint32_t tables) : begins_(tables + 2) { items_.make_room(capacity); }

    /// Reads up to `capacity` packets. `copies`: their bytes, too, since they are gone when the next one is read: a mebibyte, or one
    /// packet. Whether the end was reached.
    template <class Iterator, class End>
    bool read(Iterator& next, const End& end, bool copies) {
        constexpr std::size_t most_bytes = std::size_t{1} << 20;
        count_ = 0;
        std::size_t held = 0; // bytes
        for (; count_ < capacity && next != end; ++next) {
            const packet& found = *next;
            const std::size_t size = copies ? found.bytes.size() : 0;
            if (held > 0 && held + size > most_bytes) return false;
            packet& kept = packets_[count_++];
            kept = found;
            if (size == 0) continue;
            if (size > bytes_.size() - held) bytes_.resize((std::max)(size, most_bytes)); // nothing is held
            std::byte* const copy = bytes_.data() + held;
            std::memcpy(copy, found.bytes.data(), size);
            kept.bytes = {copy, size};
            held += size;
        }
        return next == end;
    }

    /// Decodes what can be decoded without what came before.
    void decode(const dealing& how) {
        depends_ = false;
        counted_ = {};
        items_.clear();
        last_time_.reset();
        for (std::size_t at = 0; at < count_; ++at) {
            items_.make_room_for_one();
            memory_.fragments.any = false;
            const decode_result result =
                decode_with(packets_[at], items_.segments[items_.count], how.decoding, memory_);
            if (memory_.fragments.any) {
                put_off(at);
            } else if (result.outcome == packet_outcome::tcp && !result.more) {
                if (take_segment(at, how)) ++counted_.tcp;
                else add_ignored(at, how);
            } else {
                const std::size_t first = items_.count;
                const counts before = counted_;
                const auto next = [&] {
                    return decode_more(packets_[at], items_.segments[items_.count], how.decoding, memory_);
                };
                add_any(at, result, next, memory_.notice, how);
                if (memory_.fragments.any) { // in one of several
                    items_.count = first;
                    counted_ = before;
                    put_off(at);
                }
            }
        }
        if (!depends_) deal();
    }

    /// Does what depends on all packets before, which were settled already: it counts, and completes what is missing.
    void settle(decoder& with, decode_statistics& statistics, timestamp& last_time, const dealing& how) {
        if (depends_) {
            settle_one_by_one(with, last_time, how);
            deal();
        } else if (last_time_) {
            last_time = *last_time_;
        }
        statistics.packets += counted_.tcp;
        statistics.tcp += counted_.tcp;
        statistics.additional_segments += counted_.additional;
        statistics.packets_with_several_segments += counted_.several;
        statistics.icmp_notices += counted_.notices;
        for (std::size_t at = 0; at < items_.count; ++at) {
            if (counted_.others == 0) break;
            const item& each = items_.all[at];
            const link_type link = packets_[each.packet].link;
            if (each.what == kind::ignored) statistics.count_bad_checksum(link);
            else if (each.what == kind::other) statistics.count(items_.results[each.of], link);
            else continue;
            --counted_.others;
        }
    }

    /// The places of what a table gets, in their order.
    [[nodiscard]] std::span<const std::uint32_t> of(std::size_t table) const noexcept {
        return std::span<const std::uint32_t>{dealt_}.first(begins_[table + 1]).subspan(begins_[table]);
    }
    [[nodiscard]] const segment& segment_at(std::size_t place) const noexcept { return items_.segments[place]; }
    [[nodiscard]] std::uint32_t hash_at(std::size_t place) const noexcept { return items_.all[place].of; }
    /// Whether a batch may have it: not a sample, nor a notice.
    [[nodiscard]] bool is_ordinary(std::size_t place) const noexcept { return items_.all[place].what == kind::segment; }
    /// The notice at that place; null if it is a segment.
    [[nodiscard]] const icmp_notice* notice_at(std::size_t place) const noexcept {
        const item& found = items_.all[place];
        return found.what == kind::notice ? &items_.notices[found.of] : nullptr;
    }

private:
    enum class kind : std::uint8_t {
        segment,
        sample,   ///< a segment without those around it
        ignored,  ///< for its bad checksum: the packet counts
        other,    ///< a packet without TCP
        notice,   ///< what an ICMP error says; its packet is an item of its own
        fragment, ///< put off until what came before is known
    };

    /// Packets, and what was found beside their first segments.
    struct counts {
        std::uint64_t tcp = 0;
        std::uint64_t others = 0;
        std::uint64_t additional = 0;
        std::uint64_t several = 0;
        std::uint64_t notices = 0;
    };

    /// What is known of a segment, a notice or a packet beside what it says.
    struct item {
        std::uint32_t of = 0; ///< the hash of a segment; of what is no segment, its place in the list of its kind
        std::uint32_t owner = 0;
        std::uint16_t packet = 0; ///< its place
        kind what = kind::segment;
    };

    /// What was found in the packets, in their order. There are about as many as packets; a packet may have several.
    struct items {
        std::size_t count = 0;
        std::vector<item> all{};
        std::vector<segment> segments{}; ///< at the same places
        std::vector<decode_result> results{};
        std::vector<icmp_notice> notices{};

        void make_room_for_one() {
            if (count == all.size()) [[unlikely]]
                make_room(count + 1);
        }
        void make_room(std::size_t wanted) {
            const std::size_t size = (std::max)(wanted, 2 * all.size());
            all.resize(size);
            segments.resize(size);
        }
        void clear() noexcept {
            count = 0;
            results.clear();
            notices.clear();
        }
        /// Appends an item of another list.
        void take(const items& from, std::size_t at) {
            make_room_for_one();
            item& next = all[count] = from.all[at];
            segments[count++] = from.segments[at];
            if (next.what == kind::notice) {
                next.of = static_cast<std::uint32_t>(notices.size());
                notices.push_back(from.notices[from.all[at].of]);
            } else if (next.what == kind::other) {
                next.of = static_cast<std::uint32_t>(results.size());
                results.push_back(from.results[from.all[at].of]);
            }
        }
    };

    /// In the place of reassembly: notes whether the packet is a fragment. If so, the result of decoding does not count.
    struct fragments_met {
        static constexpr bool keeps = true;
        bool any = false;

        maybe<ip_payload> add(const ip_fragment&, const network_id&, timestamp) noexcept {
            any = true;
            return std::nullopt;
        }
        void ignore(const ip_fragment&, const network_id&, timestamp) noexcept { any = true; }
    };

    struct memory_of_chunk {
        static constexpr bool reads_notices = true;

        fragments_met fragments{};
        bundle_stack bundles{};
        icmp_notice notice{};
    };

    /// Appends an item whose segment is there already.
    void append(const item& what) noexcept { items_.all[items_.count++] = what; }

    void put_off(std::size_t packet) {
        append({.packet = place(packet), .what = kind::fragment});
        depends_ = true;
    }

    /// Appends a packet that is not followed.
    void add_other(std::size_t packet, const decode_result& result, const dealing& how) {
        append_other(packet, kind::other, static_cast<std::uint32_t>(items_.results.size()), how);
        items_.results.push_back(result);
    }
    void add_ignored(std::size_t packet, const dealing& how) { append_other(packet, kind::ignored, 0, how); }
    void append_other(std::size_t packet, kind what, std::uint32_t of, const dealing& how) {
        items_.make_room_for_one();
        append({.of = of, .owner = how.tables, .packet = place(packet), .what = what}); // no table's
        ++counted_.others;
    }

    /// Appends the segment at the end of the items, unless its checksum is bad. Whether it did.
    [[nodiscard]] bool take_segment(std::size_t packet, const dealing& how) noexcept {
        const segment& found = items_.segments[items_.count];
        if (packets_[packet].has_time) last_time_ = found.time;
        else depends_ = true;
        if (how.ignore_bad_checksums && found.checksum == checksum_state::bad) return false;
        const std::uint32_t hash = segment_hash(found, how.key);
        append({.of = hash,
                .owner = how.table_of(hash),
                .packet = place(packet),
                .what = found.sampled ? kind::sample : kind::segment});
        return true;
    }

    [[nodiscard]] static constexpr std::uint16_t place(std::size_t packet) noexcept {
        static_assert(capacity <= 1u << 16);
        return static_cast<std::uint16_t>(packet);
    }

    /// Appends all that a packet holds; `next` decodes the next of it.
    template <class Next>
    TCPLENS_NOINLINE void add_any(std::size_t packet, decode_result result, const Next& next, const icmp_notice& notice,
                                  const dealing& how) {
        const decode_result first = result;
        std::uint64_t followed = 0;
        bool ignored = false;
        for (;; result = next()) {
            if (result.outcome == packet_outcome::tcp) {
                if (take_segment(packet, how)) ++followed;
                else ignored = true;
            } else if (result.has_notice) {
                ++counted_.notices;
                add_notice(packet, notice, how);
            }
            if (!result.more) break;
            items_.make_room_for_one();
        }
        if (followed > 0) {
            ++counted_.tcp;
            counted_.additional += followed - 1;
            counted_.several += followed > 1;
        } else if (ignored) {
            add_ignored(packet, how);
        } else {
            add_other(packet, first, how);
        }
    }

    void add_notice(std::size_t packet, const icmp_notice& notice, const dealing& how) {
        if (!packets_[packet].has_time) depends_ = true;
        items_.make_room_for_one();
        const std::uint32_t hash = segment_hash(segment_quoted_by(notice), how.key);
        append({.of = static_cast<std::uint32_t>(items_.notices.size()),
                .owner = how.table_of(hash),
                .packet = place(packet),
                .what = kind::notice});
        items_.notices.push_back(notice);
    }

    void settle_one_by_one(decoder& with, timestamp& last_time, const dealing& how) {
        std::swap(items_, before_);
        items_.clear();
        for (std::size_t at = 0; at < before_.count; ++at) {
            const std::size_t first = items_.count;
            const std::size_t packet = before_.all[at].packet;
            if (before_.all[at].what == kind::fragment) {
                items_.make_room_for_one();
                const decode_result result = with.decode(packets_[packet], items_.segments[items_.count]);
                const auto next = [&] { return with.decode_next(packets_[packet], items_.segments[items_.count]); };
                add_any(packet, result, next, with.notice(), how);
            } else {
                items_.take(before_, at);
            }
            for (std::size_t settled = first; settled < items_.count; ++settled) {
                const item& each = items_.all[settled];
                if (each.what == kind::other) continue;
                timestamp& time =
                    each.what == kind::notice ? items_.notices[each.of].time : items_.segments[settled].time;
                if (!packets_[packet].has_time) time = last_time;
                else if (each.what != kind::notice) last_time = time;
            }
        }
    }

    /// Sorts the places by the tables that get them.
    void deal() {
        dealt_.resize((std::max)(dealt_.size(), items_.count));
        std::ranges::fill(begins_, 0u);
        for (std::size_t at = 0; at < items_.count; ++at) ++begins_[items_.all[at].owner];
        std::uint32_t begin = 0;
        for (std::uint32_t& each : begins_) begin += std::exchange(each, begin);
        for (std::size_t at = 0; at < items_.count; ++at)
            dealt_[begins_[items_.all[at].owner]++] = static_cast<std::uint32_t>(at);
        // Each is now where the next one's begin, so one further up.
        std::copy_backward(begins_.begin(), begins_.end() - 1, begins_.end());
        begins_[0] = 0;
    }

    std::size_t count_ = 0; ///< of the packets
    counts counted_{};
    bool depends_ = false;                 ///< on what came before
    std::optional<timestamp> last_time_{}; ///< of the last segment that has one
    std::array<packet, capacity> packets_{};
    items items_{};
    items before_{}; ///< those that were not settled
    memory_of_chunk memory_{};
    std::vector<std::uint32_t> dealt_{}; ///< the places, by table
    std::vector<std::uint32_t> begins_;  ///< where those of each table begin; those of nobody are the last
    std::vector<std::byte> bytes_{};     ///< of all packets, where they were copied
};

} // namespace tcplens::inline v1::detail
