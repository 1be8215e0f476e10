// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/hash_key.hpp"
#include "../../base/timestamp.hpp"
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
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tcplens::inline v0::detail {

/// A chunk of packets in their order, with their segments, which are dealt to several tables. The object is used for one chunk after
/// the other: once its vectors have grown, it allocates nothing.
///
/// decode() does what does not depend on earlier packets; several threads do it for several chunks at a time. settle() does
/// the rest for one chunk after the other: fragments, packets without a time, counts.
class partitioned_packets {
public:
    /// How many packets there may be.
    static constexpr std::size_t capacity = 1024;

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

    explicit partitioned_packets(std::uint32_t tables) : begins_(tables + 2) {}

    /// Reads up to `capacity` packets. `copies`: their bytes, too, since they are gone when the next one is read; then it
    /// ends once there are a mebibyte of them. Whether the end was reached.
    template <class Iterator, class End>
    bool read(Iterator& next, const End& end, bool copies) {
        constexpr std::size_t enough_bytes = std::size_t{1} << 20;
        count_ = 0;
        bytes_.clear();
        for (; count_ < capacity && bytes_.size() < enough_bytes; ++next) {
            if (next == end) break;
            packets_[count_] = *next;
            if (copies) bytes_.insert(bytes_.end(), packets_[count_].bytes.begin(), packets_[count_].bytes.end());
            ++count_;
        }
        if (copies) {
            std::size_t at = 0; // now that they do not move any more
            for (packet& each : std::span{packets_}.first(count_)) {
                each.bytes = std::span<const std::byte>{bytes_}.subspan(at, each.bytes.size());
                at += each.bytes.size();
            }
        }
        return next == end;
    }

    /// Decodes what can be decoded without what came before.
    void decode(const dealing& how) {
        depends_ = false;
        segment_count_ = other_count_ = 0;
        last_time_.reset();
        memory_of_chunk memory;
        for (std::size_t at = 0; at < count_; ++at) {
            memory.fragments.any = false;
            const decode_result result = decode_with(packets_[at], segments_[at], how.decoding, memory);
            if (memory.fragments.any) {
                kinds_[at] = kind::fragment;
                depends_ = true;
            } else {
                classify(at, result, how);
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
        statistics.packets += segment_count_;
        statistics.tcp += segment_count_;
        for (const std::uint16_t at : std::span{others_}.first(other_count_)) {
            if (kinds_[at] == kind::ignored) statistics.count_bad_checksum(packets_[at].link);
            else statistics.count(results_[at], packets_[at].link);
        }
    }

    /// The places of the packets that a table gets, in their order.
    [[nodiscard]] std::span<const std::uint16_t> of(std::size_t table) const noexcept {
        return std::span<const std::uint16_t>{dealt_}.first(begins_[table + 1]).subspan(begins_[table]);
    }
    [[nodiscard]] const segment& segment_at(std::size_t place) const noexcept { return segments_[place]; }
    [[nodiscard]] std::uint32_t hash_at(std::size_t place) const noexcept { return hashes_[place]; }

private:
    enum class kind : std::uint8_t {
        segment,
        segment_without_time,
        ignored, ///< for its bad checksum
        other,   ///< than TCP
        fragment,
    };

    /// In the place of reassembly: notes whether the packet is a fragment. If so, the result of decoding does not count.
    struct fragments_met {
        static constexpr bool keeps = true;
        bool any = false;

        std::optional<ip_payload> add(const ip_fragment&, std::uint32_t, timestamp) noexcept {
            any = true;
            return std::nullopt;
        }
        void ignore(const ip_fragment&, std::uint32_t, timestamp) noexcept { any = true; }
    };

    struct memory_of_chunk {
        static constexpr bool reads_notices = true;

        fragments_met fragments{};
        bundle_stack bundles{};
        icmp_notice notice{};
    };

    void classify(std::size_t at, const decode_result& result, const dealing& how) {
        owners_[at] = how.tables; // no table's
        if (result.outcome != packet_outcome::tcp) {
            kinds_[at] = kind::other;
            results_[at] = result;
            others_[other_count_++] = static_cast<std::uint16_t>(at);
            return;
        }
        const bool has_time = packets_[at].has_time;
        if (has_time) last_time_ = segments_[at].time;
        else depends_ = true;
        if (how.ignore_bad_checksums && segments_[at].checksum == checksum_state::bad) {
            kinds_[at] = kind::ignored;
            others_[other_count_++] = static_cast<std::uint16_t>(at);
            return;
        }
        kinds_[at] = has_time ? kind::segment : kind::segment_without_time;
        hashes_[at] = segment_hash(segments_[at], how.key);
        owners_[at] = how.table_of(hashes_[at]);
        ++segment_count_;
    }

    void settle_one_by_one(decoder& with, timestamp& last_time, const dealing& how) {
        other_count_ = 0;
        for (std::size_t at = 0; at < count_; ++at) {
            if (kinds_[at] == kind::fragment) classify(at, with.decode(packets_[at], segments_[at]), how);
            else if (kinds_[at] == kind::other || kinds_[at] == kind::ignored)
                others_[other_count_++] = static_cast<std::uint16_t>(at);
            if (kinds_[at] == kind::other) continue;
            if (packets_[at].has_time) last_time = segments_[at].time;
            else segments_[at].time = last_time;
        }
    }

    /// Sorts the places by the tables that get them.
    void deal() {
        std::ranges::fill(begins_, 0u);
        for (std::size_t at = 0; at < count_; ++at) ++begins_[owners_[at]];
        std::uint32_t begin = 0;
        for (std::uint32_t& each : begins_) begin += std::exchange(each, begin);
        for (std::size_t at = 0; at < count_; ++at) dealt_[begins_[owners_[at]]++] = static_cast<std::uint16_t>(at);
        // Each is now where the next one's begin, so one further up.
        std::copy_backward(begins_.begin(), begins_.end() - 1, begins_.end());
        begins_[0] = 0;
    }

    std::size_t count_ = 0;
    std::size_t segment_count_ = 0;
    std::size_t other_count_ = 0;
    bool depends_ = false;                 ///< on what came before
    std::optional<timestamp> last_time_{}; ///< of the last segment that has one
    std::array<packet, capacity> packets_{};
    std::array<segment, capacity> segments_{};
    std::array<std::uint32_t, capacity> hashes_{};
    std::array<std::uint32_t, capacity> owners_{};
    std::array<kind, capacity> kinds_{};
    std::array<decode_result, capacity> results_{};
    std::array<std::uint16_t, capacity> others_{}; ///< the places of all that are no segments
    std::array<std::uint16_t, capacity> dealt_{};  ///< the places, by table
    std::vector<std::uint32_t> begins_;            ///< where those of each table begin; those of nobody are the last
    std::vector<std::byte> bytes_{};               ///< of all packets, where they were copied
};

} // namespace tcplens::inline v0::detail
