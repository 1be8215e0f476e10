// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "capture_interface.hpp"
#include "link_type.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tcplens::inline v0 {

/// What a capture says of one of its interfaces: packets counted from the beginning of the capture until `taken`
/// (draft-ietf-opsawg-pcapng 4.6). Nothing is what it does not say. A capture may say it again and again while it goes
/// on: this is the latest of each.
struct interface_statistics {
    std::optional<std::uint64_t> received{};             ///< from the network
    std::optional<std::uint64_t> dropped_by_interface{}; ///< for lack of resources
    std::optional<std::uint64_t> accepted_by_filter{};
    std::optional<std::uint64_t> dropped_by_system{}; ///< by the operating system; what tcpdump calls the kernel
    std::optional<std::uint64_t> delivered{};         ///< to who captured
    std::optional<timestamp> capture_started{};
    std::optional<timestamp> capture_ended{};
    std::optional<timestamp> taken{}; ///< when this was so

    friend bool operator==(const interface_statistics&, const interface_statistics&) = default;
};

/// What a capture says of an interface that it was taken on (draft-ietf-opsawg-pcapng 4.2); `packet::interface_id` is
/// its place among all of the capture. A pcap file has one. Strings are as they stand in the file, UTF-8 or not; empty
/// if they don't.
struct capture_interface {
    std::size_t section = 0; ///< that describes it, counted from 0
    link_type link = link_type::ethernet;
    std::uint32_t snapshot_length = 0; ///< most bytes that were kept of a packet; 0: all. Files lie about it.
    std::string name{};                ///< e.g. "eth0"
    std::string description{};         ///< for people, e.g. "Local Area Connection"
    std::string filter{};              ///< that packets had to pass, in libpcap's language; empty also for a program
    std::string hardware{};
    std::string operating_system{};               ///< of the machine that it is in
    std::optional<std::uint64_t> speed{};         ///< bit/s; of sending, where the two directions differ
    std::optional<std::uint64_t> receive_speed{}; ///< bit/s
    std::optional<std::uint8_t> fcs_bits{};       ///< of frame check sequence behind each packet
    std::vector<std::string> comments{};
    interface_statistics statistics{};

    friend bool operator==(const capture_interface&, const capture_interface&) = default;
};

} // namespace tcplens::inline v0
