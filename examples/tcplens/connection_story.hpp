// SPDX-License-Identifier: MIT
#pragma once

// What happened on one connection, in order, in bounded memory.

#include <tcplens/base/timestamp.hpp>
#include <tcplens/connection/observers/connection_observer.hpp>
#include <tcplens/connection/side.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace program {

/// What the segments of a stretch have in common. Those before `data` are single events of which no two are put together if it can
/// be avoided.
enum class stretch_kind : std::uint8_t { syn, syn_ack, handshake_ack, fin, rst, data, trouble, probe, acks, mixed };

/// What one side did in a stretch.
struct stretch_side {
    std::uint64_t packets = 0;
    std::uint64_t data_packets = 0;
    std::uint64_t data_bytes = 0; ///< as captured, retransmissions included
    std::uint64_t retransmissions = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t duplicates = 0; ///< copies that the network or the capture made
    std::uint64_t holes = 0;      ///< data was missing before these packets
    std::uint64_t duplicate_acks = 0;
    std::uint64_t zero_windows = 0;
    std::uint64_t probes = 0; ///< keep-alives and window probes

    void add(const stretch_side& more) noexcept;
};

/// Segments that follow each other and are told in one line.
struct stretch {
    stretch_kind kind = stretch_kind::data;
    tcplens::side begun_by = tcplens::side::first;
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;
    tcplens::timestamp first_time{};
    tcplens::timestamp last_time{};
    std::chrono::nanoseconds longest_silence{}; ///< between two of its segments
    tcplens::per_side<stretch_side> sides{};

    [[nodiscard]] std::uint64_t packets() const noexcept;
    /// Adds the one that follows.
    void append(const stretch& next) noexcept;
};

/// The stretches of a connection. When there are too many, those that are told together at the least loss are put together, so the
/// memory is bounded and nothing is left out.
class connection_story {
public:
    void add(const stretch& next);

    /// Puts stretches together until there are no more than so many, if there is more than one of an event.
    void shorten(std::size_t most);

    [[nodiscard]] std::span<const stretch> stretches() const noexcept { return stretches_; }

private:
    void join(std::size_t first);

    std::vector<stretch> stretches_{};
};

/// Writes down the story of a connection, segment by segment.
class story_writer {
public:
    void add(const tcplens::observer_input& input);

    [[nodiscard]] connection_story& story() noexcept { return story_; }
    /// The side that is the client, by the roles at the end.
    [[nodiscard]] tcplens::side client() const noexcept { return client_; }

private:
    [[nodiscard]] stretch_kind kind_of(const tcplens::observer_input& input) noexcept;

    connection_story story_{};
    tcplens::side client_ = tcplens::side::first;
    bool answered_ = false; ///< a SYN-ACK was sent, and the client has sent nothing since
};

} // namespace program
