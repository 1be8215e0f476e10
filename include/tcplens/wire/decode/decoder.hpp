// SPDX-License-Identifier: MIT
#pragma once

#include "../../capture/packet.hpp"
#include "../decode_options.hpp"
#include "../decode_result.hpp"
#include "../icmp_notice.hpp"
#include "../ip/ip_reassembly.hpp"
#include "../reassembly_statistics.hpp"
#include "../segment.hpp"
#include "../segment_with_payload.hpp"
#include "decode.hpp"
#include "decode_memory.hpp"

#include <concepts>
#include <cstddef>

namespace tcplens::inline v1 {

/// Finds the TCP segments in packets that follow each other, and puts fragmented IP packets together.
///
/// One decoder is for one thread. Its memory is limited by decode_options::reassembly.
class decoder {
public:
    /// A decoder without fragments. Does not allocate.
    explicit decoder(const decode_options& options = {})
        : options_(options), memory_{.fragments = detail::ip_reassembly{options.reassembly}} {}

    /// As tcplens::decode(), and finds the segment in a fragmented IP packet when its last missing fragment arrives.
    ///
    /// That segment has the time and number of the packet that completed it. The packets with the other fragments count as
    /// packet_outcome::fragment, or as what they carry. Allocates only for fragments, and not at all after reserve().
    template <std::derived_from<segment> Segment>
    [[nodiscard]] decode_result decode(const packet& from, Segment& into) {
        memory_.fragments.begin_packet();
        return detail::decode_with(from, into, options_, memory_);
    }

    /// Finds the next segment or notice of a packet, if the last call of decode() or decode_next() for it returned decode_result::more.
    ///
    /// `from` is the same packet, with the same bytes. The outcome is packet_outcome::tcp for a segment; for anything else it has no
    /// meaning. Without `more` in the result there are no others.
    ///
    ///     tcplens::decode_result result = decoder.decode(packet, segment);
    ///     for (;; result = decoder.decode_next(packet, segment)) {
    ///         if (result.outcome == tcplens::packet_outcome::tcp) use(segment);
    ///         if (result.has_notice) use(decoder.notice());
    ///         if (!result.more) break;
    ///     }
    template <std::derived_from<segment> Segment>
    [[nodiscard]] decode_result decode_next(const packet& from, Segment& into) {
        return detail::decode_more(from, into, options_, memory_);
    }

    /// What an ICMP error says. Valid after a decode() or decode_next() whose result has decode_result::has_notice, until the next one.
    [[nodiscard]] const icmp_notice& notice() const noexcept { return memory_.notice; }

    /// Allocates the memory for as many fragments as reassembly_options permits. Then decode() never allocates.
    void reserve() { memory_.fragments.reserve(); }

    /// The options that the decoder was constructed with.
    [[nodiscard]] const decode_options& options() const noexcept { return options_; }
    /// What became of the fragments. Valid as long as the decoder, and up to date after each decode().
    [[nodiscard]] const reassembly_statistics& reassembly() const noexcept { return memory_.fragments.statistics(); }
    /// Bytes of the fragments of all incomplete packets.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return memory_.fragments.held_bytes(); }

private:
    friend void archive(auto& ar, decoder& saved) {
        auto& [options, memory] = saved;
        ar.expect_equal("the options of decoding", options);
        ar(memory.fragments);
    }

    decode_options options_;
    detail::decoder_memory memory_;
};

} // namespace tcplens::inline v1
