// SPDX-License-Identifier: MIT
#include "reader_invariants.hpp"

#include <tcplens/capture/format/pcap_reader.hpp>
#include <tcplens/capture/source/memory_source.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span{data, size});
    tcplens::detail::pcap_reader reader{tcplens::memory_source{input}};
    require_sound(reader, input);
    return 0;
}
