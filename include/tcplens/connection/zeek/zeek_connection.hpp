// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "zeek_endpoint.hpp"
#include "zeek_options.hpp"
#include "zeek_record.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace tcplens::inline v0::detail {

/// One connection as Zeek 9.1 follows it, segment by segment. What it tells is written into a zeek_record.
///
/// Where Zeek's own arithmetic goes astray this does not: positions in the stream are counted in 64 bits from the SYN, so no
/// initial sequence number is special, and what lies more than 2 GiB beyond it is as good as any other.
class zeek_connection {
public:
    /// What a segment brought about that Zeek's timers go by.
    struct changes {
        bool attempted = false;    ///< the originator's first SYN
        bool half_closed = false;  ///< one end closed, the other is still there
        bool fully_closed = false; ///< nothing more is expected
    };

    /// Takes in the next segment. \pre `told` is the one that all segments of the connection get
    constexpr changes follow(const segment& next, side sender, zeek_record& told, const zeek_options& by) noexcept {
        changes_ = {};
        if (!begun_) begin(next, sender, told, by);
        process(next, sender, told, by);
        update(told);
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
        // Zeek looks at the roles that it knows, not at who sent this.
        const zeek_endpoint& compared = next.flags.ack() ? resp : orig;
        if (next.sequence == compared.start) return false;
        const bool swapped = !next.flags.ack() && compared.state == zeek_end_state::syn_ack_sent &&
                             resp.state == zeek_end_state::inactive && next.sequence == resp.start;
        return !swapped;
    }

    /// For Zeek's timers.
    [[nodiscard]] constexpr timestamp last_time() const noexcept { return last_time_; }
    /// Whether nobody answered the originator's SYN, or SYN-ACK.
    [[nodiscard]] constexpr bool unanswered() const noexcept {
        const zeek_end_state orig = ends_[originator_].state;
        return (orig == zeek_end_state::syn_sent || orig == zeek_end_state::syn_ack_sent) &&
               ends_[opposite(originator_)].state == zeek_end_state::inactive;
    }
    /// Whether, once it is silent, it is likely to be over.
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
    /// Whether Zeek still looks at it from time to time.
    [[nodiscard]] constexpr bool watched() const noexcept { return !aborted_; }
    /// How long it may be silent.
    [[nodiscard]] constexpr std::chrono::nanoseconds longest_silence() const noexcept {
        using namespace std::chrono_literals;
        if (interactive_) return 1h;
        return left_handshake_ ? 5min : 1min;
    }

private:
    /// What Zeek writes once a side, as a bit for each.
    enum seen_letter : std::uint8_t { syn = 1, fin = 2, rst = 4, fin_and_rst = 8, data = 16, ack = 32, odd = 64 };
    /// How far the history has come that RSTOS0 needs.
    enum class pattern : std::uint8_t { begin, flipped, syn, syn_then_reset, other };

    /// Beyond this, Zeek does not believe the sequence number of a SYN or a RST, nor an acknowledgment of 0.
    static constexpr std::int32_t too_far = 1 << 20;

    constexpr void begin(const segment& first, side sender, zeek_record& told, const zeek_options& by) noexcept {
        begun_ = true;
        originator_ = sender;
        first_time_ = last_time_ = first.time;
        if (first.flags.syn() && !first.flags.ack()) return;
        if (!by.standard_ports || !is_likely_server_port(first.source.port)) return;
        const bool both = is_likely_server_port(first.destination.port);
        if (both && (first.flags.syn() || first.source.port >= first.destination.port)) return;
        if (is_broadcast(first.destination.address)) return;
        swap_roles(told);
    }

    [[nodiscard]] static constexpr bool is_broadcast(const address& to) noexcept {
        return to.is_v4() && std::ranges::all_of(std::span{to.bytes()}.subspan(12),
                                                 [](std::byte byte) { return byte == std::byte{0xff}; });
    }

    constexpr void process(const segment& next, side sender, zeek_record& told, const zeek_options& by) noexcept {
        zeek_endpoint& own = ends_[sender];
        zeek_endpoint& peer = ends_[opposite(sender)];
        if (next.options.cut) return; // Zeek wants the whole header
        if (next.checksum == checksum_state::bad || next.checksum == checksum_state::offloaded) {
            if (own.counts.add(zeek_endpoint::bad_checksum)) add_letter('C', sender, told);
            return;
        }
        // The roles may be swapped by this very segment; for most of what follows Zeek goes by the old ones.
        const bool was_originator = sender == originator_;
        const std::uint32_t length = next.flags.rst() ? 0 : next.payload_length; // data in a RST is not of the stream
        const sequence_number end =
            next.sequence + (length + (next.flags.syn() ? 1u : 0u) + (next.flags.fin() ? 1u : 0u));

        if (was_originator ? !originator_seen_ : !responder_seen_ && !partial_) {
            partial_ = !next.flags.syn() || (was_originator && next.flags.ack());
        }
        find_start(next, end, own);
        const std::int64_t at = own.position(next.sequence, own.last);

        write_flags(next, at, sender, told, by);
        if (next.window == 0 && !next.flags.rst() && peer.state != zeek_end_state::closed &&
            own.state != zeek_end_state::reset) {
            if (own.counts.add(zeek_endpoint::zero_window)) add_letter('W', sender, told);
        }
        if (!own.closed || !peer.closed) last_time_ = next.time;
        if (next.flags.fin()) {
            own.sent_fin = true;
            own.after_fin = own.position(end, at);
        }

        std::int64_t acknowledged = 0;
        if (next.flags.ack()) acknowledged = take_acknowledgment(next, peer);
        take_sequence(next, end, sender, told);

        const bool closes = change_state(next, sender, was_originator, told, by);
        if (next.flags.ack()) acknowledge_data(acknowledged, opposite(sender), told);
        (was_originator ? originator_seen_ : responder_seen_) = true;

        // Data that was not captured whole can't be delivered; whatever lies before the start neither.
        if (length > 0 && next.captured_payload >= next.payload_length && at >= 0) {
            const std::int64_t begin = at + (next.flags.syn() ? 1 : 0);
            own.deliveries.take(begin, begin + length, own.acknowledged, own.size());
        }
        check_end(sender);
        if (closes) close(sender);

        zeek_end_counts& counts = sender == originator_ ? told.orig : told.resp;
        ++counts.packets;
        counts.ip_bytes += next.ip_length;
    }

    /// Where the sequence numbers of the sender begin: at its SYN, or before the first that it is heard with.
    static constexpr void find_start(const segment& next, sequence_number end, zeek_endpoint& own) noexcept {
        const auto length = static_cast<std::int64_t>(end.value - next.sequence.value);
        switch (own.state) {
        case zeek_end_state::inactive:
            if (next.flags.syn()) own.begin_at(next.sequence, length);
            else own.begin_at(next.sequence - 1, 1);
            break;
        case zeek_end_state::syn_sent:
        case zeek_end_state::syn_ack_sent:
            if (next.flags.syn() && next.sequence != own.start) own.begin_at(next.sequence, length);
            break;
        case zeek_end_state::established:
        case zeek_end_state::partial:
            if (next.flags.syn()) own.begin_at(next.sequence, length); // perhaps it is this one that sets it up
            break;
        case zeek_end_state::reset: // perhaps that RST was forged
            if (next.flags.syn() && own.previous_state == zeek_end_state::inactive) own.begin_at(next.sequence, length);
            break;
        case zeek_end_state::closed: break;
        }
    }

    // History

    constexpr void add_letter(char letter, side by, zeek_record& told) noexcept {
        // The roles of Zeek, and with them the case.
        if (by != originator_) letter = static_cast<char>(letter - 'A' + 'a');
        append(letter, told);
    }
    constexpr void append(char letter, zeek_record& told) noexcept {
        told.history.add(letter);
        switch (pattern_) {
        case pattern::begin:
            pattern_ = letter == '^' ? pattern::flipped : letter == 'S' ? pattern::syn : pattern::other;
            break;
        case pattern::flipped: pattern_ = letter == 'S' ? pattern::syn : pattern::other; break;
        case pattern::syn:
            if (letter == 'R') pattern_ = pattern::syn_then_reset;
            else if (std::string_view{"HAFGIQ"}.find(letter) != std::string_view::npos) pattern_ = pattern::other;
            break;
        case pattern::syn_then_reset:
        case pattern::other: break;
        }
    }

    constexpr void swap_roles(zeek_record& told) noexcept {
        originator_ = opposite(originator_);
        std::swap(originator_seen_, responder_seen_);
        partial_ = false;
        std::swap(told.orig, told.resp);
        append('^', told);
    }

    /// Writes the letter if the side, by its role, has not written it yet. Returns whether it had.
    constexpr bool was_written(seen_letter bit, char letter, side by, zeek_record& told) noexcept {
        std::uint8_t& seen = by == originator_ ? written_by_originator_ : written_by_responder_;
        if ((seen & bit) != 0) return true;
        seen = static_cast<std::uint8_t>(seen | bit);
        add_letter(letter, by, told);
        return false;
    }

    constexpr void write_flags(const segment& next, std::int64_t at, side sender, zeek_record& told,
                               const zeek_options& by) noexcept {
        zeek_endpoint& own = ends_[sender];
        const tcp_flags flags = next.flags;
        if (flags.syn() + flags.fin() + flags.rst() > 1) {
            const bool both_ends = flags.fin() && flags.rst();
            was_written(both_ends ? fin_and_rst : odd, both_ends ? 'I' : 'Q', sender, told);
        } else if (flags.syn()) {
            write_where(syn, flags.ack() ? 'H' : 'S', at, own.last_syn, sender, told);
        } else if (flags.fin()) {
            write_where(fin, 'F', at + next.payload_length, own.last_fin, sender, told);
        } else if (flags.rst()) {
            write_where(rst, 'R', at, own.last_rst, sender, told);
        } else if (next.payload_length > 0 || flags.ack()) {
            if (told.history.view() == "H") take_for_missed_syn(told, by);
            if (next.payload_length > 0) was_written(data, 'D', sender, told);
            else was_written(ack, 'A', sender, told);
        }
    }
    /// Once more where it comes again at another place than the last time.
    constexpr void write_where(seen_letter bit, char letter, std::int64_t at, std::uint32_t& last, side sender,
                               zeek_record& told) noexcept {
        const auto here = static_cast<std::uint32_t>(at);
        if (was_written(bit, letter, sender, told) && here != last) add_letter(letter, sender, told);
        last = here;
    }

    /// It began with a SYN-ACK, and goes on: that was no scan, the capture has missed the SYN.
    constexpr void take_for_missed_syn(zeek_record& told, const zeek_options& by) noexcept {
        swap_roles(told);
        told.history = {};
        told.history.add('^');
        told.history.add('h');
        originator_seen_ = true;
        zeek_endpoint& server = ends_[opposite(originator_)];
        if (by.handshake_shows_server && server.state == zeek_end_state::syn_ack_sent) {
            set_state(opposite(originator_), zeek_end_state::established);
        }
    }

    // Sequence numbers

    /// Returns where in the peer's stream it is, for gaps.
    static constexpr std::int64_t take_acknowledgment(const segment& next, zeek_endpoint& peer) noexcept {
        if (peer.state == zeek_end_state::inactive) {
            peer.begin_at(next.acknowledgment - 1, 0);
            return 1;
        }
        const std::int64_t at = peer.position(next.acknowledgment, peer.acknowledged);
        if (next.flags.rst()) return at; // it is not to be trusted further
        const bool broken = next.acknowledgment.value == 0 && at - peer.acknowledged > too_far;
        if (!broken) peer.acknowledged = (std::max)(peer.acknowledged, at);
        return at;
    }

    constexpr void take_sequence(const segment& next, sequence_number end, side sender, zeek_record& told) noexcept {
        zeek_endpoint& own = ends_[sender];
        const std::int64_t step = own.position(end, own.last) - own.last;
        if ((next.flags.syn() || next.flags.rst()) && (step > too_far || step < -too_far)) return;
        if (next.flags.fin() && own.last == 1) {
            // Only SYN and FIN were captured: there may be more than 2 GiB between them.
            own.last += end.value - (own.start + 1).value;
        } else if (own.state == zeek_end_state::reset) {
            return;
        } else if (step > 0) {
            own.last += step;
        } else if (next.payload_length > 0 && own.counts.add(zeek_endpoint::sent_again)) {
            add_letter('T', sender, told);
        }
    }

    constexpr void acknowledge_data(std::int64_t up_to, side of, zeek_record& told) noexcept {
        zeek_endpoint& own = ends_[of];
        if (own.sent_fin && own.after_fin >= 0 && up_to >= own.after_fin) up_to = own.after_fin - 1;
        const bool believed = ends_[side::first].is_clean() && ends_[side::second].is_clean();
        own.deliveries.acknowledge(up_to, partial_, [&](std::int64_t bytes) {
            if (!believed) return;
            told.missed_bytes += static_cast<std::uint64_t>(bytes);
            if (own.counts.add(zeek_endpoint::gap)) add_letter('G', of, told);
        });
        check_end(of);
    }

    // States

    static constexpr bool in_handshake(zeek_end_state state) noexcept {
        return state == zeek_end_state::inactive || state == zeek_end_state::syn_sent ||
               state == zeek_end_state::syn_ack_sent;
    }

    constexpr void set_state(side of, zeek_end_state state) noexcept {
        if (!in_handshake(state)) left_handshake_ = true;
        ends_[of].change_to(state);
    }

    /// Returns whether the sender closes. SYN, FIN and RST take effect one after another.
    constexpr bool change_state(const segment& next, side sender, bool was_originator, zeek_record& told,
                                const zeek_options& by) noexcept {
        zeek_endpoint& own = ends_[sender];
        const zeek_endpoint& peer = ends_[opposite(sender)];
        switch (own.state) {
        case zeek_end_state::inactive: return leave_inactive(next, sender, was_originator, told, by);
        case zeek_end_state::syn_sent:
        case zeek_end_state::syn_ack_sent:
            if (next.flags.fin()) set_state(sender, zeek_end_state::closed);
            if (next.flags.rst()) {
                set_state(sender, zeek_end_state::reset);
                aborted_ = true;
            }
            return next.flags.fin() || next.flags.rst();
        case zeek_end_state::established:
        case zeek_end_state::partial:
            if (next.flags.syn() && !next.flags.ack() && own.state == zeek_end_state::partial &&
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
        case zeek_end_state::closed:
            if (!next.flags.rst() || peer.state == zeek_end_state::closed) return false;
            set_state(sender, zeek_end_state::reset);
            return !own.closed;
        case zeek_end_state::reset: break;
        }
        return false;
    }

    constexpr bool leave_inactive(const segment& next, side sender, bool was_originator, zeek_record& told,
                                  const zeek_options& by) noexcept {
        const auto other = opposite(sender);
        zeek_endpoint& own = ends_[sender];
        const zeek_endpoint& peer = ends_[other];
        if (next.flags.syn() && was_originator) {
            set_state(sender, next.flags.ack() ? zeek_end_state::syn_ack_sent : zeek_end_state::syn_sent);
            changes_.attempted = true;
        } else if (next.flags.syn()) {
            if (!next.flags.ack() && peer.state == zeek_end_state::syn_ack_sent) {
                // The capture has swapped SYN and SYN-ACK; with another number it would be a reuse.
                swap_roles(told);
                set_state(other, zeek_end_state::established);
                originator_seen_ = true;
            }
            if (peer.state == zeek_end_state::syn_sent) set_state(other, zeek_end_state::established);
            set_state(sender, zeek_end_state::established);
            if (peer.state != zeek_end_state::partial) establish(next, sender, by);
        }
        if (next.flags.fin()) set_state(sender, zeek_end_state::closed);
        if (next.flags.rst()) set_state(sender, zeek_end_state::reset);
        if (own.state != zeek_end_state::inactive) return next.flags.fin() || next.flags.rst();

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

    constexpr void establish(const segment& next, side sender, const zeek_options& by) noexcept {
        if (!by.standard_ports) return;
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

    /// Once all that it sent came in, an end may close that could not before.
    constexpr void check_end(side of) noexcept {
        zeek_endpoint& own = ends_[of];
        if (own.at_end) return;
        if (!own.sent_fin && own.state != zeek_end_state::closed && own.state != zeek_end_state::reset) return;
        if (own.awaits_data(ends_[opposite(of)])) return;
        own.at_end = true;
        if (!close_deferred_) return;
        close(of);
        close_deferred_ = false;
    }

    constexpr void close(side of) noexcept {
        zeek_endpoint& own = ends_[of];
        const zeek_endpoint& peer = ends_[opposite(of)];
        close_deferred_ = own.awaits_data(peer);
        if (close_deferred_ || own.closed) return;
        own.closed = true;
        if (own.state == zeek_end_state::reset || peer.closed || peer.state == zeek_end_state::inactive) {
            changes_.fully_closed = true;
        } else if (own.previous_state != zeek_end_state::inactive) {
            changes_.half_closed = true;
        }
    }

    constexpr void update(zeek_record& told) const noexcept {
        const zeek_endpoint& orig = ends_[originator_];
        const zeek_endpoint& resp = ends_[opposite(originator_)];
        told.duration = (std::max)(std::chrono::nanoseconds{0}, last_time_ - first_time_);
        told.orig.bytes = bytes_of(orig, resp);
        told.resp.bytes = bytes_of(resp, orig);
        told.missed_is_estimate = !orig.deliveries.exact() || !resp.deliveries.exact();
        told.conn_state = conn_state_of(orig.state, resp.state, told.orig.bytes == 0 && told.resp.bytes == 0,
                                        pattern_ == pattern::syn_then_reset);
    }

    [[nodiscard]] static constexpr std::uint64_t bytes_of(const zeek_endpoint& own,
                                                          const zeek_endpoint& peer) noexcept {
        // A half-open connection that was found out and aborted: its numbers are of another one.
        if (own.previous_state == zeek_end_state::syn_sent && own.state == zeek_end_state::reset &&
            peer.state == zeek_end_state::inactive && !own.none_acknowledged()) {
            return 0;
        }
        return static_cast<std::uint64_t>(own.size());
    }

    /// But for what the last segment brought about.
    friend void archive(auto& ar, zeek_connection& of) {
        auto& [ends, first_time, last_time, changed, originator, written_by_originator, written_by_responder, matched,
               begun, originator_seen, responder_seen, partial, close_deferred, left_handshake, interactive, aborted] =
            of;
        ar(ends, first_time, last_time);
        ar.bounded(originator, side::second);
        ar(written_by_originator, written_by_responder);
        ar.bounded(matched, pattern::other);
        ar(begun, originator_seen, responder_seen, partial, close_deferred, left_handshake, interactive, aborted);
    }

    per_side<zeek_endpoint> ends_{};
    timestamp first_time_{};
    timestamp last_time_{};
    changes changes_{};
    side originator_ = side::first;
    std::uint8_t written_by_originator_ = 0; ///< seen_letter
    std::uint8_t written_by_responder_ = 0;
    pattern pattern_ = pattern::begin;
    bool begun_ = false;
    bool originator_seen_ = false; ///< a segment of it
    bool responder_seen_ = false;
    bool partial_ = false;        ///< picked up without its SYN
    bool close_deferred_ = false; ///< an end waits to close until what is missing came in
    bool left_handshake_ = false;
    bool interactive_ = false;
    bool aborted_ = false;
};

} // namespace tcplens::inline v0::detail
