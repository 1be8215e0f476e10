// SPDX-License-Identifier: MIT
#pragma once

// Which segments of one connection their receiver dropped because of their checksums. A wrong checksum alone does not tell: adapters make
// checksums after the capture, and tools rewrite packets without them.

#include <tcplens/wire.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace program {

/// Collects the segments of one connection, decoded with decode_options::verify_checksums, and decides about those with a wrong checksum:
///
/// 1. If intact copies of all its bytes were captured, the segment is left out: the receiver took the copies.
/// 2. Otherwise, if the receiver acknowledged its bytes, it is taken: the packet was changed after it was captured, or beside the capture.
/// 3. Otherwise it is left out, unless its sender's checksums tell nothing: the capture shows that the sender leaves checksums to its
///    adapter, or more of the sender's segments have a wrong checksum than a right one.
///
/// Segments without data are decided by the third rule alone.
class checksum_evidence {
public:
    /// What was decided about one sender.
    struct outcome {
        tcplens::endpoint sender{};
        std::uint64_t dropped = 0; ///< segments left out without an intact copy
        std::uint64_t first_dropped = 0;
        std::uint64_t taken =
            0; ///< segments taken by the second rule, although most of the sender's checksums are right
        std::uint64_t first_taken = 0;
    };
    struct decision {
        std::vector<std::uint64_t> left_out{}; ///< numbers of packets
        std::vector<outcome> senders{};
    };

    void add(const tcplens::segment& next, std::uint64_t packet_number);
    [[nodiscard]] decision decide() const;

private:
    /// Bounds for what is remembered of each sender. What is beyond is decided by the third rule alone.
    static constexpr std::size_t most_doubtful = 65536;
    static constexpr std::size_t most_ranges = 65536;

    struct doubtful_segment {
        std::uint64_t packet_number;
        std::uint64_t begin; ///< of its data
        std::uint64_t end;
    };
    /// One sender. Positions are sequence numbers that do not wrap.
    class sender {
    public:
        tcplens::endpoint address{};
        bool is_known = false;

        void add(const tcplens::segment& next, std::uint64_t packet_number);
        /// The peer acknowledged bytes. `is_intact`: by a segment whose checksum is not wrong.
        void acknowledge(tcplens::sequence_number up_to, bool is_intact);
        void decide(bool peer_tells_nothing, decision& into) const;
        /// Whether its checksums tell nothing.
        [[nodiscard]] bool tells_nothing() const noexcept { return offloaded_ > 0 || bad_ > intact_; }

    private:
        [[nodiscard]] std::uint64_t position_of(tcplens::sequence_number of) const noexcept;
        void add_range(std::uint64_t begin, std::uint64_t end);
        [[nodiscard]] bool has_copy(const doubtful_segment& of) const;

        tcplens::sequence_number reference_{};
        std::uint64_t position_ = std::uint64_t{1} << 40; ///< of the reference; so much that nothing lies before 0
        std::uint64_t sent_ = 0;                          ///< behind the last byte that was captured
        std::uint64_t acknowledged_ = 0;                  ///< by segments that are intact
        std::uint64_t acknowledged_by_any_ = 0;
        std::uint64_t intact_ = 0;
        std::uint64_t bad_ = 0;
        std::uint64_t offloaded_ = 0;
        std::map<std::uint64_t, std::uint64_t> ranges_{}; ///< intact data: where it begins and ends
        std::vector<doubtful_segment> doubtful_{};
        std::vector<bool> more_doubtful_{}; ///< by packet number
    };

    std::array<sender, 2> senders_{};
};

} // namespace program
