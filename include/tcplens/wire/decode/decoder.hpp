// SPDX-License-Identifier: MIT
#pragma once

#include "../../capture/packet.hpp"
#include "../decode_options.hpp"
#include "../decode_result.hpp"
#include "../ip/ip_reassembly.hpp"
#include "../segment.hpp"
#include "decode.hpp"

#include <cstddef>

namespace tcplens::inline v0 {

/// decode(), for packets that come one after the other: it remembers fragments of IP packets, and finds the segment in
/// them when the last one has come. The others are counted as packet_outcome::fragment, or as what they carry.
class decoder {
public:
    explicit decoder(const decode_options& options = {}) : options_(options), fragments_(options.reassembly) {}

    /// As decode(). A segment from fragments has the time and number of the packet that completed it.
    [[nodiscard]] decode_result decode(const packet& from, segment& into) {
        fragments_.begin_packet();
        return detail::decode_with(from, into, options_, fragments_);
    }

    /// Takes the memory for all fragments that are ever waited for, see reassembly_options: after that nothing is allocated.
    void reserve() { fragments_.reserve(); }

    [[nodiscard]] const decode_options& options() const noexcept { return options_; }
    /// What became of fragments.
    [[nodiscard]] const detail::reassembly_statistics& reassembly() const noexcept { return fragments_.statistics(); }
    /// Bytes held of packets whose fragments have not all come.
    [[nodiscard]] std::size_t held_bytes() const noexcept { return fragments_.held_bytes(); }

private:
    friend void archive(auto& ar, decoder& of) {
        auto& [options, fragments] = of;
        ar.expect_equal("the options of decoding", options);
        ar(fragments);
    }

    decode_options options_;
    detail::ip_reassembly fragments_;
};

} // namespace tcplens::inline v0
