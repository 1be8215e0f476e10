// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../bundle_kind.hpp"
#include "../frame_view.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The head of an sFlow sample or record: a format, the length of what follows.
struct sflow_head {
    std::uint32_t format = 0;
    frame_view content{};

    /// Takes the next one. `rest` is empty afterwards if that is not possible.
    [[nodiscard]] static constexpr parse_result<sflow_head> take(frame_view& rest) noexcept {
        constexpr std::size_t header = 8;
        const frame_view from = rest;
        rest = {};
        if (!from.has(header)) return from.truncation_error(header);
        const std::size_t length = load_big<std::uint32_t>(from.bytes.data() + 4);
        if (length > from.wire_length - header) return packet_outcome::malformed;
        rest = from.behind(header + length);
        return sflow_head{load_big<std::uint32_t>(from.bytes.data()), from.subview(header).limited_to(length)};
    }
};

/// The samples of an sFlow datagram (sFlow version 5, section 5). Those of packets have records, which are a bundle in turn.
struct sflow_samples {
    static constexpr bundle_kind kind = bundle_kind::sflow_samples;
    static constexpr bool sampled = true;

    [[nodiscard]] static constexpr parse_result<network_payload> take(frame_view& rest) noexcept {
        const auto sample = sflow_head::take(rest);
        if (!sample) return sample.error();
        enum format : std::uint32_t { flow_sample = 1, expanded_flow_sample = 3 };
        if (sample->format != flow_sample && sample->format != expanded_flow_sample) return packet_outcome::not_tcp;
        // Sequence number, source, rate, pool, drops, interfaces and the number of records.
        const std::size_t header = sample->format == flow_sample ? 32 : 44;
        if (!sample->content.has(header)) return sample->content.truncation_error(header);
        return other_payload(bundle_of(bundle_kind::sflow_records), sample->content.subview(header));
    }
};

/// The records of a sample, of which one may have the header of the sampled packet.
struct sflow_records {
    static constexpr bundle_kind kind = bundle_kind::sflow_records;
    static constexpr bool sampled = true;

    [[nodiscard]] static constexpr parse_result<network_payload> take(frame_view& rest) noexcept {
        const auto record = sflow_head::take(rest);
        if (!record) return record.error();
        constexpr std::uint32_t sampled_header = 1;
        if (record->format != sampled_header) return packet_outcome::not_tcp;
        constexpr std::size_t header =
            16; // protocol, length of the packet, how much of it was stripped, length of the header
        if (!record->content.has(header)) return record->content.truncation_error(header);
        const std::byte* const fields = record->content.bytes.data();
        const std::size_t packet_length = load_big<std::uint32_t>(fields + 4);
        const std::size_t stripped = load_big<std::uint32_t>(fields + 8);
        const std::size_t header_length = load_big<std::uint32_t>(fields + 12);
        constexpr std::size_t longest = 1u << 16; // no link layer has longer packets
        if (header_length > record->content.wire_length - header || packet_length > longest)
            return packet_outcome::malformed;
        frame_view packet = record->content.subview(header).limited_to(header_length);
        if (packet_length >= stripped) packet.wire_length = (std::max)(packet.wire_length, packet_length - stripped);
        const protocol_id what = protocol_of(load_big<std::uint32_t>(fields));
        if (what.in == protocol_id::registry::none) return packet_outcome::not_tcp;
        return other_payload(what, packet);
    }

private:
    [[nodiscard]] static constexpr protocol_id protocol_of(std::uint32_t number) noexcept {
        switch (number) {
        case 1: return link_type::ethernet;
        case 3: return link_type::token_ring;
        case 4: return link_type::fddi;
        case 5: return link_type::frame_relay;
        case 7: return link_type::ppp;
        case 11: return ether_type::ipv4;
        case 12: return ether_type::ipv6;
        case 13: return ether_type::mpls;
        case 15: return link_type::ieee802_11;
        default: return {};
        }
    }
};

} // namespace tcplens::inline v1::detail
