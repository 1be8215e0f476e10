// SPDX-License-Identifier: MIT
#include "require.hpp"

#include <tcplens/wire/decode.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

using namespace tcplens;

namespace {

constexpr std::array links{link_type::ethernet,  link_type::null,       link_type::loop, link_type::raw,
                           link_type::raw_dlt,   link_type::raw_bsd,    link_type::ipv4, link_type::ipv6,
                           link_type::linux_sll, link_type::linux_sll2, link_type{105}};

struct decoding {
    packet_outcome outcome{};
    segment found{};
};

/// Decodes from memory that ends where the bytes do.
decoding decode_copy(packet of) {
    const auto copy = std::make_unique<std::byte[]>(of.bytes.size());
    std::ranges::copy(of.bytes, copy.get());
    of.bytes = {copy.get(), of.bytes.size()};
    decoding made;
    made.outcome = decode(of, made.found);
    return made;
}

void require_sound(const packet& from, const decoding& made) {
    require(made.outcome <= packet_outcome::unsupported_link);
    require((made.outcome == packet_outcome::unsupported_link) == !link_layers::supports(from.link));
    const segment& found = made.found;
    if (made.outcome != packet_outcome::tcp) {
        require(found == segment{}); // not touched
        return;
    }
    require(from.bytes.size() >= 40); // the shortest headers of IP and TCP
    require(found.time == from.time);
    require(found.packet_number == from.number);
    require(found.wire_length == from.wire_length);
    require(found.captured_payload <= found.payload_length && found.captured_payload <= from.bytes.size());
    require(found.payload_length < found.ip_length);
    require(found.source.address.is_v4() || !found.ip_id || found.destination.address.is_v4());
    // No jumbogram in IPv4: the length is that of the field, or of the frame.
    require(!found.ip_id || found.payload_length <= std::max<std::uint32_t>(from.wire_length, 0xffff) - 40);
    require(found.flags.bits <= 0x1ff);
    require(found.ecn <= 3);
    require(found.options.sack_block_count <= 4);
    require(found.options.window_scale.value_or(0) <= 14);
    require(found.sequence_end() - found.sequence_length() == found.sequence);
}

} // namespace

// Input: the link type, by its place in the list; how many bytes the capture cut, and how many a shorter snapshot would
// keep, two bytes each; the packet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    const auto input = std::as_bytes(std::span{data, size});
    packet whole{.time = timestamp{std::chrono::nanoseconds{12345}},
                 .bytes = input.subspan(5),
                 .link = links[std::to_integer<std::size_t>(input[0]) % links.size()],
                 .number = 7};
    whole.wire_length = static_cast<std::uint32_t>(whole.bytes.size() + load_little<std::uint16_t>(&input[1]));
    const decoding made = decode_copy(whole);
    require_sound(whole, made);

    // With fewer bytes of the same packet it says the same, or that it was cut.
    packet cut = whole;
    cut.bytes = cut.bytes.first(load_little<std::uint16_t>(&input[3]) % (cut.bytes.size() + 1));
    decoding less = decode_copy(cut);
    require_sound(cut, less);
    require(less.outcome == made.outcome || less.outcome == packet_outcome::truncated);
    if (less.outcome == packet_outcome::tcp) {
        require(!made.found.options.cut || less.found.options.cut);
        if (less.found.options.cut) less.found.options = made.found.options;
        require(less.found.captured_payload <= made.found.captured_payload);
        less.found.captured_payload = made.found.captured_payload;
        require(less.found == made.found);
    }
    return 0;
}
