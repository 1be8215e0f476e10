// SPDX-License-Identifier: MIT
#include "require.hpp"

#include <tcplens/base/byte_order.hpp>
#include <tcplens/wire/decode/decoder.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

using namespace tcplens;

using namespace tcplens::detail;

// Input: packets that begin with their IP header, each behind four bytes: its length, how many bytes the capture cut,
// and how many seconds after the one before it came.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto input = std::as_bytes(std::span{data, size});
    constexpr reassembly_options bounds{.max_packets = 4, .max_bytes = 3000, .max_age = std::chrono::seconds{100}};
    decoder remembering{{.verify_checksums = true, .reassembly = bounds}};
    packet next{.link = link_type::raw};
    while (input.size() >= 4) {
        const std::size_t length = std::min<std::size_t>(load_little<std::uint16_t>(input.data()), input.size() - 4);
        const auto cut = std::to_integer<std::uint32_t>(input[2]);
        next.time += std::chrono::seconds{std::to_integer<int>(input[3])};
        ++next.number;
        const auto copy = std::make_unique<std::byte[]>(length); // ends where the bytes do
        std::ranges::copy(input.subspan(4, length), copy.get());
        next.bytes = {copy.get(), length};
        next.wire_length = static_cast<std::uint32_t>(length) + cut;
        input = input.subspan(4 + length);

        segment found;
        segment alone;
        const decode_result made = remembering.decode(next, found);
        const decode_result stateless = decode(next, alone, remembering.options());
        require(remembering.held_bytes() <= bounds.max_bytes);
        if (stateless.outcome == packet_outcome::tcp) {
            require(made.outcome == packet_outcome::tcp && found == alone);
        } else if (made.outcome == packet_outcome::tcp) {
            require(found.captured_payload <= found.payload_length && found.payload_length < found.ip_length);
            require(found.packet_number == next.number && found.wire_length == next.wire_length);
        } else {
            require(found == segment{}); // not touched
        }
    }
    const reassembly_statistics& counted = remembering.reassembly();
    require(counted.reassembled + counted.malformed <= counted.fragments);
    require(counted.overlapping <= counted.fragments && counted.evicted <= counted.fragments);
    return 0;
}
