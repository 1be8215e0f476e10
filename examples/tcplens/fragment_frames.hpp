// SPDX-License-Identifier: MIT
#pragma once

// Which packets held the fragments of a segment. Decoders tell only the last one.

#include <tcplens/base/maybe.hpp>
#include <tcplens/capture/packet.hpp>
#include <tcplens/wire.hpp>
#include <tcplens/wire/decode/decode.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

namespace program {

/// Puts fragments together as tcplens::decoder does, and remembers in which packets they were.
class fragment_frames {
public:
    explicit fragment_frames(const tcplens::decode_options& options)
        : options_(options), memory_{.fragments = recorder{options.reassembly}} {}

    /// Takes a packet. Returns the numbers of the packets before it whose fragments it completed; valid until the next call.
    const std::vector<std::uint64_t>& add(const tcplens::packet& next) {
        recorder& fragments = memory_.fragments;
        fragments.begin_packet(next.number);
        tcplens::segment found;
        auto result = tcplens::detail::decode_with(next, found, options_, memory_);
        while (result.more) result = tcplens::detail::decode_more(next, found, options_, memory_);
        return fragments.completed;
    }

    /// How many bytes of the packet that was added last stand before the data in its first fragment; nothing if it holds no fragment.
    /// All of a fragment is data, but for the TCP header where it begins with one.
    [[nodiscard]] std::optional<std::size_t> bytes_before_data(const tcplens::packet& added) const {
        const std::optional<recorder::place>& found = memory_.fragments.first;
        if (!found) return std::nullopt;
        const std::byte* const begin = added.bytes.data();
        const std::byte* const content = found->content.data();
        if (std::less<>{}(content, begin) || !std::less<>{}(content, begin + added.bytes.size())) return 0;
        constexpr std::size_t place_of_length = 12; // RFC 9293 section 3.1: data offset
        std::size_t headers = 0;
        if (found->begins_tcp) {
            headers = found->content.size() > place_of_length
                          ? std::to_integer<std::size_t>(found->content[place_of_length] >> 4) * 4
                          : place_of_length;
        }
        return static_cast<std::size_t>(content - begin) + std::min(headers, found->content.size());
    }

private:
    /// In place of the store of a decoder, see decoder_memory.
    struct recorder {
        static constexpr bool keeps = true;
        using key_type =
            std::tuple<tcplens::address, tcplens::address, std::uint32_t, tcplens::segment::network_id, std::uint32_t>;
        struct incomplete {
            tcplens::timestamp begun{};
            std::vector<std::uint64_t> packets{};
        };

        /// Where a fragment is.
        struct place {
            std::span<const std::byte> content{};
            bool begins_tcp = false;
        };

        tcplens::detail::ip_reassembly whole;
        tcplens::reassembly_options limits;
        std::uint64_t number = 0;
        std::vector<std::uint64_t> completed{};
        std::map<key_type, incomplete> by_key{};
        std::optional<place> first{}; ///< in the current packet

        explicit recorder(const tcplens::reassembly_options& options) : whole(options), limits(options) {}

        void begin_packet(std::uint64_t packet) {
            whole.begin_packet();
            number = packet;
            completed.clear();
            first.reset();
        }
        void note(const tcplens::detail::ip_fragment& next) {
            if (first) return;
            first = place{.content = next.part.content.bytes,
                          .begins_tcp = next.offset == 0 && next.part.protocol == tcplens::ip_protocol::tcp};
        }
        [[nodiscard]] tcplens::detail::maybe<tcplens::detail::ip_payload>
        add(const tcplens::detail::ip_fragment& next, const tcplens::segment::network_id& network,
            tcplens::timestamp now) {
            note(next);
            const std::uint32_t protocol = next.v6 ? 256u : static_cast<std::uint32_t>(next.part.protocol);
            const key_type key{next.part.source, next.part.destination, next.id, network, protocol};
            if (by_key.size() >= most_incomplete) by_key.clear(); // a flood: the store has given up nearly all of them
            incomplete& of = by_key[key];
            if (of.packets.empty() || now - of.begun > limits.max_age || of.packets.size() >= most_fragments)
                of = {.begun = now};
            of.packets.push_back(number);
            const auto found = whole.add(next, network, now);
            if (found) {
                of.packets.pop_back();
                completed.insert(completed.end(), of.packets.begin(), of.packets.end());
                by_key.erase(key);
            }
            return found;
        }
        void ignore(const tcplens::detail::ip_fragment& next, const tcplens::segment::network_id& network,
                    tcplens::timestamp now) {
            note(next);
            whole.ignore(next, network, now);
        }

        static constexpr std::size_t most_incomplete = 4096; // 64 times as many as the store holds by default
        static constexpr std::size_t most_fragments = 8192;  // of 8 bytes, the least, in the longest IP packet
    };
    struct memory {
        static constexpr bool reads_notices = false;
        recorder fragments;
        tcplens::detail::bundle_stack bundles{};
    };

    tcplens::decode_options options_;
    memory memory_;
};

} // namespace program
