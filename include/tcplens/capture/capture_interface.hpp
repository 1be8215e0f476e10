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

namespace tcplens::inline v1 {

/// What a capture says about an interface that it was taken on (draft-ietf-opsawg-pcapng 4.2). A pcap file has one interface.
/// Strings are as they stand in the file, UTF-8 or not; empty if the file has none.
struct capture_interface {
    /// Counts that a pcapng capture has about one of its interfaces (draft-ietf-opsawg-pcapng 4.6), from the beginning of the capture
    /// until `taken`. A field that the capture does not have is `nullopt`. Where a capture repeats a count, this is the latest.
    struct interface_statistics {
        /// Packets received from the network.
        std::optional<std::uint64_t> received{};
        /// Packets that the interface dropped, for lack of resources.
        std::optional<std::uint64_t> dropped_by_interface{};
        /// Packets that the capture filter accepted.
        std::optional<std::uint64_t> accepted_by_filter{};
        /// Packets that the operating system dropped; tcpdump says "dropped by kernel".
        std::optional<std::uint64_t> dropped_by_system{};
        /// Packets that were delivered to the program that captured.
        std::optional<std::uint64_t> delivered{};
        /// When the capture began.
        std::optional<timestamp> capture_started{};
        /// When the capture ended.
        std::optional<timestamp> capture_ended{};
        /// When the counts were taken.
        std::optional<timestamp> taken{};

        friend bool operator==(const interface_statistics&, const interface_statistics&) = default;
    };

    /// The section that describes the interface, counted from 0.
    std::size_t section = 0;
    /// The link layer of the packets of this interface.
    link_type link = link_type::ethernet;
    /// The largest number of bytes that were kept of a packet; 0: no limit. Files are often wrong about it; it is not used.
    std::uint32_t snapshot_length = 0;
    /// The name of the interface: "eth0".
    std::string name{};
    /// A description for people: "Local Area Connection".
    std::string description{};
    /// The capture filter in the language of libpcap; empty also if the filter is stored as a program.
    std::string filter{};
    /// The hardware of the interface.
    std::string hardware{};
    /// The operating system of the machine that the interface is in.
    std::string operating_system{};
    /// Speed in bit/s; that of sending, where the two directions differ.
    std::optional<std::uint64_t> speed{};
    /// Speed of receiving, in bit/s.
    std::optional<std::uint64_t> receive_speed{};
    /// Length of the frame check sequence behind each packet, in bits.
    std::optional<std::uint8_t> fcs_bits{};
    /// All comments on the interface, in their order.
    std::vector<std::string> comments{};
    /// The counts of the interface.
    interface_statistics statistics{};

    friend bool operator==(const capture_interface&, const capture_interface&) = default;
};

} // namespace tcplens::inline v1
