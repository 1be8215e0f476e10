// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../wire/segment.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../tracking/likely_server_port.hpp"
#include "zeek_end_state.hpp"
#include "zeek_endpoint.hpp"
#include "zeek_history_writer.hpp"
#include "zeek_options.hpp"
#include "zeek_record.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace tcplens::inline v1::detail {

/// One connection as Zeek 9.1 follows it, segment by segment. The results are written into a zeek_record.
///
/// Zeek's own arithmetic fails near some initial sequence numbers. Here positions in the stream are counted in 64 bits from the SYN,
/// so no initial sequence number is special, nor is what lies more than 2 GiB beyond it.
class zeek_connection {
public:
    /// Events of a segment that start Zeek's timers.
    struct changes {
        bool attempted = false;    ///< the originator sent its first SYN
        bool half_closed = false;  ///< one end closed, the other is still there
        bool fully_closed = false; ///< nothing more is expected
    };

    /// Takes in the next segment. @pre `record` is the one that all segments of the connection get
    constexpr changes follow(const segment& next, side sender, zeek_record& record,
                             const zeek_options& options) noexcept {
        changes_ = {};
        if (!begun_) begin(next, sender, record, options);
        process(next, sender, record, options);
        update(record);
        return changes_;
    }

    /// The side that is the originator by now.
    [[nodiscard]] constexpr side originator() const noexcept { return originator_; }

    /// Whether `next` is a SYN with which Zeek begins another connection between the same endpoints.
    [[nodiscard]] constexpr bool reuses(const segment& next) const noexcept {
        if (!next.flags.syn()) return false;
        const zeek_endpoint& orig = ends_[originator_];
        const zeek_endpoint& resp = ends_[opposite(originator_)];
        if (next.flags.ack() && orig.state != zeek_end_state::inactive) return false;
        if (orig.closed || resp.closed) return true;
        // Zeek looks at the roles that it knows, not at the sender.
        const zeek_endpoint& compared = next.flags.ack() ? resp : orig;
        if (next.sequence == compared.start) return false;
        const bool swapped = !next.flags.ack() && compared.state == zeek_end_state::syn_ack_sent &&
                             resp.state == zeek_end_state::inactive && next.sequence == resp.start;
        return !swapped;
    }

    /// The time of the last segment that counts for Zeek's timers.
    [[nodiscard]] constexpr timestamp last_time() const noexcept { return last_time_; }
    /// Whether nothing answered the originator's SYN, or SYN-ACK.
    [[nodiscard]] constexpr bool unanswered() const noexcept {
        const zeek_end_state orig = ends_[originator_].state;
        return (orig == zeek_end_state::syn_sent || orig == zeek_end_state::syn_ack_sent) &&
               ends_[opposite(originator_)].state == zeek_end_state::inactive;
    }
    /// Whether the connection is likely to be over once it is silent.
    [[nodiscard]] constexpr bool likely_over() const noexcept {
        const auto any = [this](zeek_end_state state) {
            return ends_[side::first].state == state || ends_[side::second].state == state;
        };
        const bool both_inactive = ends_[side::first].state == zeek_end_state::inactive &&
                                   ends_[side::second].state == zeek_end_state::inactive;
        if (!ends_[side::first].closed && !ends_[side::second].closed) return both_inactive;
        return (ends_[side::first].closed && ends_[side::second].closed) || any(zeek_end_state::reset) ||
               any(zeek_end_state::inactive);
    }
    /// Whether Zeek still checks the connection from time to time.
    [[nodiscard]] constexpr bool watched() const noexcept { return !aborted_; }
    /// How long the connection may be silent.
    [[nodiscard]] constexpr std::chrono::nanoseconds longest_silence() const noexcept {
        using namespace std::chrono_literals;
        if (interactive_) return 1h;
        return left_handshake_ ? 5min : 1min;
    }

private:
    using letter = zeek_history_writer;

    constexpr void begin(const segment& first, side sender, zeek_record& record, const zeek_options& options) noexcept {
        begun_ = true;
        originator_ = sender;
        first_time_ = last_time_ = first.time;
        if (first.flags.syn() && !first.flags.ack()) return;
        if (!options.standard_ports || !is_likely_server_port(first.source.port)) return;
        const bool both = is_likely_server_port(first.destination.port);
        if (both && (first.flags.syn() || first.source.port >= first.destination.port)) return;
        if (is_broadcast(first.destination.address)) return;
        swap_roles(record);
    }

    [[nodiscard]] static constexpr bool is_broadcast(const address& to) noexcept {
        return to.is_v4() && std::ranges::all_of(std::span{to.bytes()}.subspan(12),
                                                 [](std::byte byte) { return byte == std::byte{0xff}; });
    }

    constexpr void process(const segment& next, side sender, zeek_record& record,
                           const zeek_options& options) noexcept {
        zeek_endpoint& self = ends_[sender];
        if (next.options.cut) return; // Zeek wants the whole header
        if (next.checksum == checksum_state::bad || next.checksum == checksum_state::offloaded) {
            if (self.counts.add(zeek_endpoint::bad_checksum)) write('C', sender, record);
            return;
        }
        // The roles may be exchanged by this very segment; for most of what follows Zeek goes by the old ones.
        const bool was_originator = sender == originator_;
        const std::uint32_t length = next.flags.rst() ? 0 : next.payload_length; // data in a RST is not of the stream
        const sequence_number end =
            next.sequence + (length + (next.flags.syn() ? 1u : 0u) + (next.flags.fin() ? 1u : 0u));

        note_partial(next, was_originator);
        self.find_start(next, end);
        const std::int64_t position = self.position(next.sequence, self.last);
        write_flags(next, position, sender, record, options);
        note_zero_window(next, sender, record);
        if (!self.closed || !ends_[opposite(sender)].closed) last_time_ = next.time;
        if (next.flags.fin()) {
            self.sent_fin = true;
            self.after_fin = self.position(end, position);
        }
        take_numbers(next, end, sender, was_originator, record, options, position, length);

        zeek_record::end_counts& counts = sender == originator_ ? record.orig : record.resp;
        ++counts.packets;
        counts.ip_bytes += next.ip_length;
    }

    /// Whether an end was picked up without its SYN shows in its first segment.
    constexpr void note_partial(const segment& next, bool from_originator) noexcept {
        if (from_originator ? originator_seen_ : responder_seen_ || partial_) return;
        partial_ = !next.flags.syn() || (from_originator && next.flags.ack());
    }

    constexpr void note_zero_window(const segment& next, side sender, zeek_record& record) noexcept {
        zeek_endpoint& self = ends_[sender];
        if (next.window != 0 || next.flags.rst() || ends_[opposite(sender)].state == zeek_end_state::closed ||
            self.state == zeek_end_state::reset) {
            return;
        }
        if (self.counts.add(zeek_endpoint::zero_window)) write('W', sender, record);
    }

    /// Sequence numbers, states and data of a segment, in Zeek's order.
    constexpr void take_numbers(const segment& next, sequence_number end, side sender, bool was_originator,
                                zeek_record& record, const zeek_options& options, std::int64_t position,
                                std::uint32_t length) noexcept {
        zeek_endpoint& self = ends_[sender];
        std::int64_t acknowledged = 0;
        if (next.flags.ack()) acknowledged = ends_[opposite(sender)].take_acknowledgment(next);
        take_sequence(next, end, sender, record);

        const bool closes = change_state(next, sender, was_originator, record, options);
        if (next.flags.ack()) acknowledge_data(acknowledged, opposite(sender), record);
        (was_originator ? originator_seen_ : responder_seen_) = true;

        // Data that was not captured whole cannot be delivered, nor what lies before the start.
        if (length > 0 && next.captured_payload >= next.payload_length && position >= 0) {
            const std::int64_t begin = position + (next.flags.syn() ? 1 : 0);
            self.deliveries.take(begin, begin + length, self.acknowledged, self.size());
        }
        check_end(sender);
        if (closes) close(sender);
    }

    // History

    constexpr void write(char upper_case, side by, zeek_record& record) noexcept {
        writer_.write(upper_case, by == originator_, record.history);
    }

    constexpr void swap_roles(zeek_record& record) noexcept {
        originator_ = opposite(originator_);
        std::swap(originator_seen_, responder_seen_);
        partial_ = false;
        std::swap(record.orig, record.resp);
        writer_.write_swap(record.history);
    }

    constexpr void write_flags(const segment& next, std::int64_t position, side sender, zeek_record& record,
                               const zeek_options& options) noexcept {
        zeek_endpoint& self = ends_[sender];
        zeek_history& history = record.history;
        const tcp_flags flags = next.flags;
        const bool originator = sender == originator_;
        if (flags.syn() + flags.fin() + flags.rst() > 1) {
            const bool both_ends = flags.fin() && flags.rst();
            writer_.write_once(both_ends ? letter::fin_and_rst : letter::odd, both_ends ? 'I' : 'Q', originator,
                               history);
        } else if (flags.syn()) {
            writer_.write_at(letter::syn, flags.ack() ? 'H' : 'S', position, self.last_syn, originator, history);
        } else if (flags.fin()) {
            writer_.write_at(letter::fin, 'F', position + next.payload_length, self.last_fin, originator, history);
        } else if (flags.rst()) {
            writer_.write_at(letter::rst, 'R', position, self.last_rst, originator, history);
        } else if (next.payload_length > 0 || flags.ack()) {
            if (history.view() == "H") take_for_missed_syn(record, options);
            const bool data = next.payload_length > 0;
            writer_.write_once(data ? letter::data : letter::ack, data ? 'D' : 'A', sender == originator_, history);
        }
    }

    /// The connection began with a SYN-ACK, and goes on: that was no scan, the capture has missed the SYN.
    constexpr void take_for_missed_syn(zeek_record& record, const zeek_options& options) noexcept {
        swap_roles(record);
        record.history = {};
        record.history.add('^');
        record.history.add('h');
        originator_seen_ = true;
        const zeek_endpoint& server = ends_[opposite(originator_)];
        if (options.handshake_shows_server && server.state == zeek_end_state::syn_ack_sent) {
            set_state(opposite(originator_), zeek_end_state::established);
        }
    }

    // Sequence numbers

    constexpr void take_sequence(const segment& next, sequence_number end, side sender, zeek_record& record) noexcept {
        zeek_endpoint& self = ends_[sender];
        const std::int64_t step = self.position(end, self.last) - self.last;
        if ((next.flags.syn() || next.flags.rst()) &&
            (step > zeek_endpoint::max_believed_step || step < -zeek_endpoint::max_believed_step))
            return;
        if (next.flags.fin() && self.last == 1) {
            // Only SYN and FIN were captured: there may be more than 2 GiB between them.
            self.last += end.value - (self.start + 1).value;
        } else if (self.state == zeek_end_state::reset) {
            return;
        } else if (step > 0) {
            self.last += step;
        } else if (next.payload_length > 0 && self.counts.add(zeek_endpoint::sent_again)) {
            write('T', sender, record);
        }
    }

    constexpr void acknowledge_data(std::int64_t up_to, side end, zeek_record& record) noexcept {
        zeek_endpoint& self = ends_[end];
        if (self.sent_fin && self.after_fin >= 0 && up_to >= self.after_fin) up_to = self.after_fin - 1;
        const bool believed = ends_[side::first].is_clean() && ends_[side::second].is_clean();
        self.deliveries.acknowledge(up_to, partial_, [&](std::int64_t bytes) {
            if (!believed) return;
            record.missed_bytes += static_cast<std::uint64_t>(bytes);
            if (self.counts.add(zeek_endpoint::gap)) write('G', end, record);
        });
        check_end(end);
    }

    // States

    static constexpr bool in_handshake(zeek_end_state state) noexcept {
        return state == zeek_end_state::inactive || state == zeek_end_state::syn_sent ||
               state == zeek_end_state::syn_ack_sent;
    }

    constexpr void set_state(side end, zeek_end_state state) noexcept {
        if (!in_handshake(state)) left_handshake_ = true;
        ends_[end].change_to(state);
    }

    /// Returns whether the sender closes. SYN, FIN and RST take effect one after another.
    constexpr bool change_state(const segment& next, side sender, bool was_originator, zeek_record& record,
                                const zeek_options& options) noexcept {
        zeek_endpoint& self = ends_[sender];
        const zeek_endpoint& peer = ends_[opposite(sender)];
        switch (self.state) {
        case zeek_end_state::inactive: return leave_inactive(next, sender, was_originator, record, options);
        case zeek_end_state::syn_sent:
        case zeek_end_state::syn_ack_sent:
            if (next.flags.fin()) set_state(sender, zeek_end_state::closed);
            if (next.flags.rst()) {
                set_state(sender, zeek_end_state::reset);
                aborted_ = true;
            }
            return next.flags.fin() || next.flags.rst();
        case zeek_end_state::established:
        case zeek_end_state::partial: return leave_established(next, sender);
        case zeek_end_state::closed:
            if (!next.flags.rst() || peer.state == zeek_end_state::closed) return false;
            set_state(sender, zeek_end_state::reset);
            return !self.closed;
        case zeek_end_state::reset: break;
        }
        return false;
    }

    constexpr bool leave_established(const segment& next, side sender) noexcept {
        const zeek_endpoint& self = ends_[sender];
        const zeek_endpoint& peer = ends_[opposite(sender)];
        if (next.flags.syn() && !next.flags.ack() && self.state == zeek_end_state::partial &&
            peer.state == zeek_end_state::inactive) {
            set_state(sender, zeek_end_state::syn_sent);
        }
        if (next.flags.fin() && !next.flags.rst()) {
            set_state(sender, zeek_end_state::closed);
            // FIN and RST, and then the other FIN, is a normal end.
            if (peer.state == zeek_end_state::reset && peer.previous_state == zeek_end_state::closed) {
                set_state(opposite(sender), zeek_end_state::closed);
            }
        }
        if (next.flags.rst()) {
            set_state(sender, zeek_end_state::reset);
            if (peer.state != zeek_end_state::reset || peer.previous_state != zeek_end_state::established) {
                aborted_ = true;
            }
        }
        return next.flags.fin() || next.flags.rst();
    }

    constexpr bool leave_inactive(const segment& next, side sender, bool was_originator, zeek_record& record,
                                  const zeek_options& options) noexcept {
        const auto other = opposite(sender);
        zeek_endpoint& self = ends_[sender];
        const zeek_endpoint& peer = ends_[other];
        if (next.flags.syn() && was_originator) {
            set_state(sender, next.flags.ack() ? zeek_end_state::syn_ack_sent : zeek_end_state::syn_sent);
            changes_.attempted = true;
        } else if (next.flags.syn()) {
            if (!next.flags.ack() && peer.state == zeek_end_state::syn_ack_sent) {
                // The capture has swapped SYN and SYN-ACK; with another number it would be a reuse.
                swap_roles(record);
                set_state(other, zeek_end_state::established);
                originator_seen_ = true;
            }
            if (peer.state == zeek_end_state::syn_sent) set_state(other, zeek_end_state::established);
            set_state(sender, zeek_end_state::established);
            if (peer.state != zeek_end_state::partial) establish(next, sender, options);
        }
        if (next.flags.fin()) set_state(sender, zeek_end_state::closed);
        if (next.flags.rst()) set_state(sender, zeek_end_state::reset);
        if (self.state != zeek_end_state::inactive) return next.flags.fin() || next.flags.rst();

        // Some acknowledge a SYN before they answer it.
        const bool early =
            !was_originator && next.payload_length == 0 && ends_[originator_].state == zeek_end_state::syn_sent;
        if (early) return false;
        if (next.flags.ack() && peer.state == zeek_end_state::established) {
            // The capture has missed the SYN.
            set_state(sender, zeek_end_state::established);
            partial_ = false;
            (was_originator ? originator_seen_ : responder_seen_) = true;
        } else {
            set_state(sender, zeek_end_state::partial);
        }
        return false;
    }

    constexpr void establish(const segment& next, side sender, const zeek_options& options) noexcept {
        if (!options.standard_ports) return;
        const bool from_responder = sender != originator_;
        const std::uint16_t originator_port = from_responder ? next.destination.port : next.source.port;
        std::uint16_t service = from_responder ? next.source.port : next.destination.port;
        if (ends_[originator_].state == zeek_end_state::inactive && !is_likely_server_port(service) &&
            is_likely_server_port(originator_port)) {
            service = originator_port;
        }
        interactive_ = interactive_ || is_interactive_port(service);
    }

    // The end

    /// An end that could not close before may close once all that it sent was captured.
    constexpr void check_end(side end) noexcept {
        zeek_endpoint& self = ends_[end];
        if (self.at_end) return;
        if (!self.sent_fin && self.state != zeek_end_state::closed && self.state != zeek_end_state::reset) return;
        if (self.awaits_data(ends_[opposite(end)])) return;
        self.at_end = true;
        if (!close_deferred_) return;
        close(end);
        close_deferred_ = false;
    }

    constexpr void close(side end) noexcept {
        zeek_endpoint& self = ends_[end];
        const zeek_endpoint& peer = ends_[opposite(end)];
        close_deferred_ = self.awaits_data(peer);
        if (close_deferred_ || self.closed) return;
        self.closed = true;
        if (self.state == zeek_end_state::reset || peer.closed || peer.state == zeek_end_state::inactive) {
            changes_.fully_closed = true;
        } else if (self.previous_state != zeek_end_state::inactive) {
            changes_.half_closed = true;
        }
    }

    constexpr void update(zeek_record& record) const noexcept {
        const zeek_endpoint& orig = ends_[originator_];
        const zeek_endpoint& resp = ends_[opposite(originator_)];
        record.duration = (std::max)(std::chrono::nanoseconds{0}, last_time_ - first_time_);
        record.orig.bytes = orig.counted_bytes(resp);
        record.resp.bytes = resp.counted_bytes(orig);
        record.missed_is_estimate = !orig.deliveries.exact() || !resp.deliveries.exact();
        record.conn_state = conn_state_of(orig.state, resp.state, record.orig.bytes == 0 && record.resp.bytes == 0,
                                          writer_.is_syn_then_reset());
    }

    /// All but `changes_`, which are of the last segment only.
    friend void archive(auto& ar, zeek_connection& connection) {
        auto& [ends, first_time, last_time, changed, originator, writer, begun, originator_seen, responder_seen,
               partial, close_deferred, left_handshake, interactive, aborted] = connection;
        ar(ends, first_time, last_time);
        ar.bounded(originator, side::second);
        ar(writer, begun, originator_seen, responder_seen, partial, close_deferred, left_handshake, interactive,
           aborted);
    }

    per_side<zeek_endpoint> ends_{};
    timestamp first_time_{};
    timestamp last_time_{};
    changes changes_{};
    side originator_ = side::first;
    zeek_history_writer writer_{};
    bool begun_ = false;
    bool originator_seen_ = false; ///< a segment of it was captured
    bool responder_seen_ = false;
    bool partial_ = false;        ///< picked up without its SYN
    bool close_deferred_ = false; ///< an end waits to close until missing data is captured
    bool left_handshake_ = false;
    bool interactive_ = false;
    bool aborted_ = false;
};

} // namespace tcplens::inline v1::detail
