// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/hash_key.hpp"
#include "../../wire/decode_options.hpp"
#include "idle_timeouts.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1 {

/// What a table does when a connection begins and table_options::max_connections are there already.
enum class full_policy : std::uint8_t {
    /// Another connection leaves for it: of those that are closed, not open yet, or heard from one side only, the one that was
    /// silent for longest. So a flood of SYNs evicts itself. If there is none of these, the one that was silent for longest of all.
    evict,
    /// The segment belongs to no connection, unless a closed one can leave. connection_counters::refused counts such segments.
    refuse,
};

/// How a table decodes packets, tells connections apart, and when connections leave it.
struct table_options {
    /// Whether a SYN that cannot belong to the connection of its endpoints begins another (RFC 9293 sections 3.5.1 and 3.6.1).
    /// If false, all segments between two endpoints are one connection.
    bool split_incarnations = true;
    /// The secret key of the table's hash, against senders who choose ports that collide. No result depends on it.
    tcplens::hash_key hash_key = tcplens::hash_key::random();
    /// How packets are decoded, and whether checksums are verified.
    decode_options decoding{};
    /// Whether segments with a bad checksum are ignored, as their receiver ignored them; with decode_options::verify_checksums, without
    /// which no checksum is looked at. They belong to no connection and count as malformed; decode_statistics::bad_checksums is their
    /// number. If false, they are followed as any other segment.
    bool ignore_bad_checksums = false;
    /// The largest number of connections at a time; 0 for no limit. With a limit, the memory for all of them is allocated when the
    /// table is made, with that of its rules and of `decoding.reassembly`, and none after that.
    std::size_t max_connections = 0;
    /// What happens when a connection begins and there are max_connections.
    tcplens::full_policy full_policy = tcplens::full_policy::evict;
    /// After how much silence connections end, if an `on_end` callback is passed: see basic_connection_table.
    idle_timeouts timeouts{};
};

} // namespace tcplens::inline v1
