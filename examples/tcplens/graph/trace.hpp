// SPDX-License-Identifier: MIT
#pragma once

// What was captured of one connection, segment by segment, as pictures need it: in bounded memory, in which neighbours that are
// alike are put together, segments with a verdict last of all.

#include <tcplens/connection/observers/connection_observer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace program::graphs {

/// Some packets that follow each other, one at least.
struct packet_group {
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;
    std::uint64_t packets = 1;
    tcplens::timestamp first_time{};
    tcplens::timestamp last_time{};

    void absorb(const packet_group& next);
};

/// The least and the greatest of some values.
struct value_range {
    std::int64_t low = 0;
    std::int64_t high = 0;

    void absorb(const value_range& other) {
        low = std::min(low, other.low);
        high = std::max(high, other.high);
    }
};

/// What the segments of a mark have in common.
struct mark_class {
    tcplens::side sender = tcplens::side::first;
    tcplens::verdict_kinds kinds = tcplens::verdict_kinds::none;
    std::uint16_t ends = 0; ///< the bits of FIN, SYN and RST
    bool has_data = false;
    bool is_far = false; ///< its sequence number fits no other of its side: it is no place in the picture

    /// Whether it is more than data and acknowledgments in order.
    [[nodiscard]] bool is_odd() const { return kinds != tcplens::verdict_kinds::none || ends != 0 || is_far; }
    [[nodiscard]] friend bool operator<(const mark_class& a, const mark_class& b) {
        const auto key = [](const mark_class& of) {
            return std::tuple{of.sender, static_cast<std::uint32_t>(of.kinds), of.ends, of.has_data, of.is_far};
        };
        return key(a) < key(b);
    }
};

/// A segment, or several of one class. Sequence numbers are relative to the first of their side, which is that of the SYN, and go on
/// beyond 2^32.
struct trace_mark : packet_group {
    value_range sequence{};     ///< from the first byte to the one behind the last
    std::uint64_t bytes = 0;    ///< of data
    bool acknowledges = false;  ///< whether what follows is known
    value_range acknowledged{}; ///< of the other side's sequence numbers
    value_range window_end{};   ///< likewise: where the window ends that is offered

    void absorb(const trace_mark& next);
};

/// A block of a SACK option.
struct trace_block : packet_group {
    value_range sequence{};
    bool is_duplicate = false; ///< it tells of bytes that came twice (RFC 2883)

    void absorb(const trace_block& next);
};

/// Bytes that were missing for some time: until `last_time` and `last_packet`, or to the end.
struct trace_hole : packet_group {
    value_range sequence{};
    bool filled = true; ///< else nothing of it was captured

    void absorb(const trace_hole& next);
};

/// A time without room in the window of a side.
struct trace_shut : packet_group {
    value_range sequence{}; ///< where the window ended
    bool opened = true;     ///< by `last_packet`

    void absorb(const trace_shut& next);
};

/// Round trips between the capture and the receiver of what was sent: `first_packet` was acknowledged by `last_packet`.
struct trace_round_trip : packet_group {
    value_range nanoseconds{};

    void absorb(const trace_round_trip& next);
};

/// Bytes in flight after a packet, and the window that was open for them.
struct trace_level : packet_group {
    value_range in_flight{};
    value_range window{};
    bool knows_window = false;

    void absorb(const trace_level& next);
};

/// A list that puts neighbours together when it has too many.
template <class Item>
class bounded_series {
public:
    explicit bounded_series(std::size_t most = 16'384) : most_(std::max<std::size_t>(most, 2)) {}

    void add(const Item& next) {
        if (items_.size() == most_) halve();
        items_.push_back(next);
    }
    /// Makes one of each two neighbours.
    void halve() {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < items_.size(); i += 2, ++kept) {
            if (kept != i) items_[kept] = items_[i];
            if (i + 1 < items_.size()) items_[kept].absorb(items_[i + 1]);
        }
        items_.resize(kept);
    }
    [[nodiscard]] const std::vector<Item>& items() const { return items_; }

private:
    std::size_t most_;
    std::vector<Item> items_{};
};

/// A segment by itself.
struct trace_step {
    tcplens::timestamp time{};
    std::uint64_t packet = 0;
    mark_class kind{};
    value_range sequence{};
    std::uint32_t bytes = 0;  ///< of data
    std::uint16_t window = 0; ///< as in the header
    bool has_ack = false;
    std::optional<std::int64_t> acknowledged{};
};

/// What was captured within an interval of time.
struct interval_counts {
    struct one_side {
        std::uint64_t packets = 0;
        std::uint64_t payload_bytes = 0;
        std::uint64_t new_bytes = 0; ///< of payload that was not captured before
        std::uint64_t retransmissions = 0;
    };
    tcplens::per_side<one_side> sides{};
    std::uint64_t first_packet = 0;
    std::uint64_t last_packet = 0;

    void absorb(const interval_counts& next);
    [[nodiscard]] bool empty() const { return first_packet == 0; }
};

/// Intervals of one width that follow each other; it doubles when there would be too many.
class interval_series {
public:
    explicit interval_series(std::size_t most) : most_(std::max<std::size_t>(most, 2)) {}

    void add(tcplens::timestamp time, const interval_counts& counts);
    [[nodiscard]] const std::vector<interval_counts>& intervals() const { return intervals_; }
    [[nodiscard]] std::chrono::nanoseconds width() const { return width_; }
    [[nodiscard]] tcplens::timestamp begin() const { return begin_; }
    /// Makes one of each two neighbours.
    void widen();

private:
    std::size_t most_;
    tcplens::timestamp begin_{};
    std::chrono::nanoseconds width_{1000};
    std::vector<interval_counts> intervals_{};
};

/// What one side sent.
struct side_trace {
    tcplens::endpoint end{};
    bounded_series<trace_block> blocks{}; ///< that this side reports, of what the other one sent
    bounded_series<trace_hole> holes{};   ///< in what this side sent
    bounded_series<trace_shut> shut{};    ///< of this side's own window
    bounded_series<trace_round_trip> round_trips{};
    bounded_series<trace_level> levels{};
    std::uint64_t data_packets = 0;
    std::uint64_t data_bytes = 0;
    std::int64_t sequence_end = 0;              ///< behind the highest byte that fits
    std::optional<std::uint8_t> window_scale{}; ///< offered in its SYN
    bool saw_syn = false;
};

/// What was captured of one connection.
struct trace {
    std::uint64_t number = 0;
    tcplens::side client = tcplens::side::first;
    bool roles_guessed = false;
    bool has_samples = false;        ///< segments that a sampling device chose: they are not here
    tcplens::timestamp first_time{}; ///< of its first packet, from which times are counted
    tcplens::timestamp earliest{};   ///< the same, unless a clock ran back
    tcplens::timestamp latest{};
    std::uint64_t last_packet = 0;
    std::uint64_t packets = 0;
    tcplens::per_side<side_trace> sides{};
    std::map<mark_class, bounded_series<trace_mark>> marks{};
    interval_series intervals{512};
    std::vector<trace_step> first_steps{};
    std::vector<trace_step> odd_steps{}; ///< the first of those with a verdict, or with SYN, FIN or RST
    std::uint64_t odd = 0;               ///< how many there are of these

    [[nodiscard]] const side_trace& client_side() const { return sides[client]; }
    [[nodiscard]] const side_trace& server_side() const { return sides[opposite(client)]; }
    /// "connection 3, 192.0.2.1:40000 > 192.0.2.2:443"
    [[nodiscard]] std::string name() const;
    /// Time since the first packet.
    [[nodiscard]] std::chrono::nanoseconds since_begin(tcplens::timestamp time) const { return time - first_time; }
};

/// How much of a connection is kept.
struct trace_options {
    std::size_t most_marks = 65'536; ///< of about 150 bytes each
    std::size_t steps = 60;          ///< of segments that are kept one by one
};

/// Fills a trace, segment by segment.
class trace_writer {
public:
    explicit trace_writer(std::uint64_t number, const trace_options& options = {});
    trace_writer(const trace_writer&) = delete;
    trace_writer& operator=(const trace_writer&) = delete;

    [[nodiscard]] std::uint64_t number() const { return trace_.number; }
    void add(const tcplens::observer_input& input);
    /// The trace up to here, of a connection of the table. Nothing may be added afterwards.
    [[nodiscard]] trace finish(const tcplens::connection& of);

private:
    /// A transmission that was not acknowledged yet.
    struct pending {
        std::int64_t end = 0;
        std::uint64_t packet = 0;
        tcplens::timestamp time{};
        bool ambiguous = false; ///< sent more than once (Karn's algorithm)
    };
    struct open_hole {
        std::int64_t end = 0;
        std::uint64_t packet = 0;
        tcplens::timestamp time{};
    };
    struct side_state {
        bool known = false;                      ///< whether sequence numbers of this side were seen
        std::uint32_t base = 0;                  ///< the sequence number that is 0
        std::int64_t nearby = 0;                 ///< a relative number near which the next ones are
        std::optional<std::uint32_t> far_next{}; ///< behind a number that fitted no other
        std::int64_t captured = 0;               ///< behind the highest byte that was captured
        bool has_captured = false;
        std::int64_t acknowledged = 0;
        bool has_acknowledged = false;
        std::optional<std::int64_t> window_end{}; ///< of what this side may send
        std::map<std::int64_t, open_hole> holes{};
        std::vector<pending> unacknowledged{}; ///< in the order of their ends
        std::optional<trace_shut> shut{};      ///< this side's own window
    };

    [[nodiscard]] static std::int64_t relative(const side_state& of, std::uint32_t raw);
    [[nodiscard]] static std::optional<std::int64_t> place_sequence(const tcplens::segment& sent, side_state& own);
    [[nodiscard]] std::uint64_t take_bytes(const tcplens::segment& sent, tcplens::side sender, value_range bytes);
    [[nodiscard]] std::uint64_t fill_holes(const tcplens::segment& sent, tcplens::side sender, value_range bytes);
    void take_transmission(const tcplens::observer_input& input, value_range bytes);
    void take_acknowledgment(const tcplens::observer_input& input, trace_mark& mark);
    void take_window(const tcplens::segment& sent, tcplens::side sender, std::int64_t acknowledged, trace_mark& mark);
    void take_blocks(const tcplens::segment& sent, tcplens::side sender);
    void note_level(const tcplens::segment& sent, tcplens::side of);
    void keep(const mark_class& of, const trace_mark& mark);
    void keep_step(const tcplens::segment& sent, const mark_class& of, const trace_mark& mark);

    trace trace_{};
    trace_options options_;
    tcplens::per_side<side_state> states_{};
    std::size_t kept_ = 0; ///< marks
};

} // namespace program::graphs
