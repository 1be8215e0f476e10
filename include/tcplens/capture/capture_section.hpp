// SPDX-License-Identifier: MIT
#pragma once

#include "capture_format.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

namespace tcplens::inline v0 {

/// What a capture says of one of its sections: a pcap file is one, a pcapng file may be several, one behind the other
/// (draft-ietf-opsawg-pcapng 4.1). Strings are as they stand in the file, UTF-8 or not; empty if they don't.
struct capture_section {
    capture_format format{};
    std::endian byte_order = std::endian::native;
    std::uint16_t major_version = 0;
    std::uint16_t minor_version = 0;
    std::string hardware{};         ///< that it was captured with
    std::string operating_system{}; ///< likewise
    std::string application{};      ///< that wrote it
    std::vector<std::string> comments{};

    friend bool operator==(const capture_section&, const capture_section&) = default;
};

} // namespace tcplens::inline v0
