// SPDX-License-Identifier: MIT
#pragma once

// Which packets of the captures are read: the options --net, --port, --since, --until and --filter, which every subcommand has that
// reads captures.

#include "moment.hpp"
#include "pcap_filter.hpp"

#include <tcplens/connection.hpp>
#include <tcplens/connection/filters/segment_filter.hpp>
#include <tcplens/wire.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace program {

/// What those options say.
struct packet_choice {
    tcplens::segment_filter ends{}; ///< networks and ports
    std::optional<moment> since{};
    std::optional<moment> until{};
    std::string expression{}; ///< of libpcap; empty: none
    std::string as_typed{};   ///< these options and --tunnel, as a shell takes them, each behind a space
    /// How packets are decoded: that of the subcommand, which outlives this.
    const tcplens::decode_options* decoding = nullptr;

    /// Whether none of the options was given.
    [[nodiscard]] bool chooses_all() const noexcept {
        return !looks_at_ends() && !since && !until && expression.empty();
    }
    [[nodiscard]] bool looks_at_ends() const noexcept { return !ends.networks.empty() || !ends.ports.empty(); }
};

/// The captures of a command line, and which of their packets are read.
struct capture_list : std::vector<std::string> {
    packet_choice choice{};
};

/// What those options say of packets that stand alone: their times, libpcap's filter, and the ends of their segments.
class packet_matcher {
public:
    explicit packet_matcher(const packet_choice& choice);

    /// Whether the time of the packet, and the filter, let it pass. Each packet is asked for once, in their order.
    [[nodiscard]] bool passes(const tcplens::packet& next);
    /// Whether the ends of a segment are chosen.
    [[nodiscard]] bool passes(const tcplens::segment& found) const noexcept { return choice_.ends(found); }
    /// Whether the ends do not matter, or cannot be known: only the last fragment tells which segment all of them belong to.
    [[nodiscard]] bool passes_without_ends(tcplens::packet_outcome outcome) const noexcept {
        return !choice_.looks_at_ends() || outcome == tcplens::packet_outcome::fragment;
    }
    /// What was wrong with the filter of libpcap, in a sentence.
    [[nodiscard]] std::optional<std::string> problem() const { return filter_ ? filter_->problem() : std::nullopt; }

private:
    [[nodiscard]] bool is_in_time(const tcplens::packet& next);

    packet_choice choice_;
    std::optional<pcap_filter> filter_{};
    std::optional<tcplens::timestamp> since_{};
    std::optional<tcplens::timestamp> until_{};
    bool has_first_time_ = false;
    tcplens::timestamp last_time_{};
};

/// Tells which numbers connections have in the whole of the captures, where a table gets a part of the segments.
class connection_numbers {
public:
    /// A packet that is left out, or may be, has a segment of this connection.
    void note(std::uint64_t connection) { noted_.push_back(connection); }
    /// The packet is in the part: the number of the connection that begins with it there, else that of its first segment.
    [[nodiscard]] std::uint64_t take();
    /// The packet is left out.
    void leave_out() noexcept { noted_.clear(); }

private:
    std::vector<std::uint64_t> noted_{};
    std::vector<bool> begun_{}; ///< by number: whether a packet of the connection is in the part
    std::uint64_t latest_ = 0;
};

/// Chooses the packets. It follows all connections, so that those that are chosen keep their numbers in the whole.
///
/// With --net or --port a packet is chosen if one of its segments is, or one that an ICMP error in it quotes; and fragments always are.
class packet_chooser {
public:
    explicit packet_chooser(const packet_choice& choice);

    /// Whether a packet is chosen. Each packet is asked for once, in their order.
    [[nodiscard]] bool operator()(const tcplens::packet& next);
    /// Of the packet that was chosen last: see connection_numbers::take().
    [[nodiscard]] std::uint64_t connection_number() const noexcept { return number_; }
    /// Connections among all packets so far.
    [[nodiscard]] std::uint64_t connections() const noexcept { return table_.counters().begun; }
    /// What was wrong with the filter of libpcap, in a sentence.
    [[nodiscard]] std::optional<std::string> problem() const { return matcher_.problem(); }

private:
    [[nodiscard]] bool quotes_chosen(const tcplens::packet& next);

    packet_matcher matcher_;
    tcplens::connection_table table_;
    tcplens::decoder notices_;
    connection_numbers numbers_{};
    std::uint64_t number_ = 0;
};

} // namespace program
