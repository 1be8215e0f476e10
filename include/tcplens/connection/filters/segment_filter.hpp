// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../../wire/tcp_flags.hpp"
#include "../verdict.hpp"
#include "filter_terms.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace tcplens::inline v1 {

/// Chooses segments. A segment is chosen if all members agree; a member as it is by default agrees with every segment.
///
///     const tcplens::segment_filter web{.networks = {tcplens::segment_filter::parse_networks("10.0.0.0/8").value},
///                                       .ports = {{443, 443}, {8000, 8099}}};
///     for (const tcplens::segment& each : segments | std::views::filter(web)) …
///
/// No call allocates, apart from those that read text. Thread-safe as any object that is not changed.
struct segment_filter {
    /// A network in CIDR notation (RFC 4632 section 3.1, RFC 4291 section 2.3).
    using network = detail::address_prefix;
    /// Ports from one to another.
    using port_range = detail::port_interval;
    /// Which of the two ends must match; the first is the source.
    using ends = detail::filtered_ends;
    /// Why a text could not be read; to_string() makes a sentence of it.
    using text_error = detail::filter_text_error;
    /// What a text was read as, or the error.
    template <class Value>
    using parsed = detail::parsed_text<Value>;

    std::vector<network> networks{};  ///< the addresses lie in one of these
    ends network_ends = ends::either; ///< whose addresses
    std::vector<port_range> ports{};  ///< the ports lie in one of these
    ends port_ends = ends::either;    ///< whose ports
    std::optional<timestamp> since{}; ///< captured then or later
    std::optional<timestamp> until{}; ///< captured before that
    tcp_flags flags_set{};            ///< all of these flags are set
    tcp_flags flags_clear{};          ///< none of these flags is set
    /// segment::network is one of these: see network_of_vlan(). Needs decode_options::identify_networks.
    std::vector<segment::network_id> network_numbers{};
    std::uint8_t min_tunnel_depth = 0;                                       ///< at least so many tunnels are around it
    std::uint8_t max_tunnel_depth = 255;                                     ///< at most so many tunnels are around it
    std::uint32_t min_payload = 0;                                           ///< at least so many bytes of data
    std::uint32_t max_payload = (std::numeric_limits<std::uint32_t>::max)(); ///< at most so many bytes of data
    verdict_kinds verdicts =
        verdict_kinds::none; ///< the verdict has one of these kinds; not looked at without a verdict

    /// Whether the segment is chosen, whatever its verdict.
    [[nodiscard]] bool operator()(const segment& of) const noexcept {
        return detail::ends_match(networks, network_ends, of.source.address, of.destination.address) &&
               detail::ends_match(ports, port_ends, of.source.port, of.destination.port) &&
               (!since || *since <= of.time) && (!until || of.time < *until) &&
               (of.flags.bits & flags_set.bits) == flags_set.bits && (of.flags.bits & flags_clear.bits) == 0 &&
               detail::is_listed(network_numbers, of.network) && min_tunnel_depth <= of.tunnel_depth &&
               of.tunnel_depth <= max_tunnel_depth && min_payload <= of.payload_length &&
               of.payload_length <= max_payload;
    }
    /// Whether the segment is chosen, with its verdict.
    [[nodiscard]] bool operator()(const segment& of, const verdict& judged) const noexcept {
        return (verdicts == verdict_kinds::none || judged.has(verdicts)) && (*this)(of);
    }

    /// Reads networks with commas between them: "10.0.0.0/8,2001:db8::/32,192.0.2.1". Without a prefix length it is one address. Of an IPv4
    /// network, zeros at the end may be left out: "10/8". Bits behind the prefix do not count.
    [[nodiscard]] static parsed<std::vector<network>> parse_networks(std::string_view text) {
        return detail::parse_list<network>(text, detail::parse_prefix);
    }
    /// Reads ports and ranges of ports with commas between them: "443,8000-8099".
    [[nodiscard]] static parsed<std::vector<port_range>> parse_ports(std::string_view text) {
        return detail::parse_list<port_range>(text, detail::parse_interval);
    }
    /// The segment::network of segments with one VLAN tag (IEEE 802.1Q) and no tunnel. `vlan`: from 1 to 4095.
    [[nodiscard]] static constexpr segment::network_id network_of_vlan(std::uint16_t vlan) noexcept {
        return *segment::network_id{}.inner(ether_type::vlan, 12, vlan);
    }

    [[nodiscard]] friend bool operator==(const segment_filter&, const segment_filter&) = default;
};

} // namespace tcplens::inline v1
