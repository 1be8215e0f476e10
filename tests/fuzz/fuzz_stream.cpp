// SPDX-License-Identifier: MIT
#include "reader_invariants.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/source/memory_source.hpp>
#include <tcplens/capture/source/stream_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace {

/// Gives the bytes in pieces, whose sizes go round.
struct pieces {
    std::span<const std::byte> bytes;
    std::span<const std::byte> sizes;
    std::size_t turn = 0;

    std::size_t operator()(std::span<std::byte> buffer) {
        const auto choice = std::to_integer<std::size_t>(sizes[turn++ % sizes.size()]);
        const std::size_t size = choice < 0xf0 ? choice + 1 : std::size_t{1} << (choice - 0xe8); // up to 8 MiB
        const std::size_t count = std::min({bytes.size(), buffer.size(), size});
        std::ranges::copy(bytes.first(count), buffer.begin());
        bytes = bytes.subspan(count);
        return count;
    }
};

} // namespace

// A stream gives the same as memory, however its bytes arrive. Input: how many sizes, the sizes, the capture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto input = std::as_bytes(std::span{data, size});
    if (input.empty()) return 0;
    const std::size_t count = std::to_integer<std::size_t>(input[0]) % 16 + 1;
    input = input.subspan(1);
    if (input.size() < count) return 0;
    const auto sizes = input.first(count);
    input = input.subspan(count);

    tcplens::capture_reader memory{tcplens::memory_source{input}};
    require_sound(memory, input);

    tcplens::capture_reader expected{tcplens::memory_source{input}};
    tcplens::capture_reader actual{tcplens::stream_source{pieces{input, sizes}}};
    while (const tcplens::packet* const a = expected.next()) {
        const tcplens::packet* const b = actual.next();
        require(b != nullptr);
        require(a->time == b->time && a->has_time == b->has_time);
        require(std::ranges::equal(a->bytes, b->bytes));
        require(a->wire_length == b->wire_length);
        require(a->link == b->link && a->interface_id == b->interface_id);
        require(a->number == b->number);
        require(expected.position() == actual.position());
        auto option = actual.options().begin();
        for (const tcplens::option_list::option& each : expected.options()) {
            require(option != std::default_sentinel && (*option).code == each.code);
            require(std::ranges::equal((*option).value, each.value));
            ++option;
        }
        require(option == std::default_sentinel);
    }
    require(actual.next() == nullptr);
    require(expected.error() == actual.error());
    require(expected.sections() == actual.sections());
    require(expected.interfaces() == actual.interfaces());
    require(expected.skipped() == actual.skipped());
    return 0;
}
