// SPDX-License-Identifier: MIT
#pragma once

#include "../../capture/packet.hpp"
#include "../decode_options.hpp"
#include "../decode_result.hpp"
#include "../ip/ip_reassembly.hpp"
#include "../reassembly_statistics.hpp"
#include "../segment.hpp"
#include "decode.hpp"

#include <cstddef>

namespace tcplens::inline v0 {

/// Finds the TCP segments in packets that follow each other, and puts fragmented IP packets together.
///
/// One decoder is for one thread. Its memory is limited by decode_options::reassembly.
class decoder {
public:
    /// A decoder without fragments. Does not allocate.
    explicit decoder(const decode_options& options = {}) : options_(options), fragments_(options.reassembly) {}

    /// As tcplens::decode(), and finds the segment in a fragmented IP packet when its last missing fragment arrives.
    ///
    /// That segment has the time and number of the packet that completed it. The packets with the other fragments count as
    /// packet_outcome::fragment, or as what they carry. Allocates only for fragments, and not at all after reserve().
    [[nodiscard]] decode_result decode(const packet& from, segment& into) {
        fragments_.begin_packet();
        return detail::decode_with(from, into, options_, fragments_);
    }

    /// Allocates the memory for as many fragments as reassembly_options permits. Then decode() never allocates.
    void reserve() { fragments_.reserve(); }

    /// The options that the decoder was constructed with.
    [[nodiscard]] const decode_options& options() const noexcept { return options_; }
    /// What became of the fragments. Valid as long as the decoder, and up to date after each decode().
    [[nodiscard]] const reassembly_statistics& reassembly() const noexcept { return fragments_.statistics(); }
    /// Bytes of the fragments of all incomplete packets.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return fragments_.held_bytes(); }

private:
    friend void archive(auto& ar, decoder& saved) {
        auto& [options, fragments] = saved;
        ar.expect_equal("the options of decoding", options);
        ar(fragments);
    }

    decode_options options_;
    detail::ip_reassembly fragments_;
};

} // namespace tcplens::inline v0
