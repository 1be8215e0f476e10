// SPDX-License-Identifier: MIT
#pragma once

#include "capture_format.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace tcplens::inline v1 {

/// What a capture says about one of its sections (draft-ietf-opsawg-pcapng 4.1). A pcap file is one section; a pcapng file has one or
/// more, one behind the other. Strings are as they stand in the file, UTF-8 or not; empty if the file has none.
struct capture_section {
    /// The format of the capture: pcap or pcapng.
    capture_format format{};
    /// The byte order of the section.
    std::endian byte_order = std::endian::native;
    /// The major version of the format, as the section has it.
    std::uint16_t major_version = 0;
    /// The minor version of the format.
    std::uint16_t minor_version = 0;
    /// The hardware that captured.
    std::string hardware{};
    /// The operating system that captured.
    std::string operating_system{};
    /// The program that wrote the section.
    std::string application{};
    /// All comments on the section, in their order.
    std::vector<std::string> comments{};

    friend bool operator==(const capture_section&, const capture_section&) = default;
};

} // namespace tcplens::inline v1
