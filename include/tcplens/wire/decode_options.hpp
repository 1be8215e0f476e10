// SPDX-License-Identifier: MIT
#pragma once

#include "reassembly_options.hpp"
#include "tunnel_ports.hpp"
#include "tunnel_set.hpp"

namespace tcplens::inline v1 {

/// What decode() and decoder look for in packets, and how far.
struct decode_options {
    /// Whether to verify the checksums of each segment, for segment::checksum.
    ///
    /// Off by default: it costs a pass over all bytes, and in a capture from the sending host most checksums are still to be
    /// filled in by the network adapter.
    bool verify_checksums = false;
    /// Whether segment::network distinguishes VLANs and tunnelled networks, so that two networks with the same private
    /// addresses have separate connections.
    ///
    /// Off by default, since the two directions of a connection may use different VLANs. A segment in more VLANs and tunnels than a
    /// segment::network_id holds (at least seven VLANs, or two tunnels) is not found: packet_outcome::not_tcp.
    bool identify_networks = false;
    /// The tunnels that are entered: `~tunnels::gtp` is all but GTP. A tunnel that is not entered counts as not_tcp.
    tunnel_set tunnels = tunnel_set::all;
    /// UDP ports at which tunnels are looked for beside the ports that docs/protocols.md names. The tunnel must be among `tunnels`.
    tunnels::port_list ports{};
    /// Limits of the reassembly of IP fragments. decoder applies them; decode() keeps no fragments.
    reassembly_options reassembly{};

    [[nodiscard]] friend constexpr bool operator==(const decode_options&, const decode_options&) noexcept = default;
};

} // namespace tcplens::inline v1
