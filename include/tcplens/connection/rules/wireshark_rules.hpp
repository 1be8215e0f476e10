// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../side.hpp"
#include "segment_rules.hpp"
#include "unacknowledged_count.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

namespace detail {

inline constexpr std::uint32_t wireshark_unknown_window = 0xffff'ffff;
inline constexpr std::int8_t wireshark_unknown_shift = -1;
inline constexpr std::int8_t wireshark_unused_shift = -2;

/// What wireshark_rules remember of one side. A sequence number of 0 counts as unknown, even where 0 is the true one.
struct wireshark_side {
    sequence_number initial{};      ///< one before its first byte of data, as far as can be told
    sequence_number next{};         ///< after the highest sequence number that it sent
    sequence_number contiguous{};   ///< the highest that its peer may acknowledge
    sequence_number acknowledged{}; ///< the acknowledgment field of its last segment, of whatever kind
    timestamp next_time{};          ///< of the segment that set `next`
    timestamp last_time{};          ///< of its last segment
    std::uint32_t duplicate_acks = 0;
    std::uint32_t window = wireshark_unknown_window; ///< of its last segment, not scaled
    verdict_kinds last_names{};                      ///< of its last segment
    unacknowledged_count unacknowledged{};
    std::int8_t window_shift = wireshark_unknown_shift;
    bool initial_known = false;
    bool window_unscaled = false; ///< its last SYN or ACK was a SYN, whose window is never scaled (RFC 7323 2.2)

    [[nodiscard]] static constexpr bool is_consistent(const wireshark_side& of) noexcept {
        return of.window_shift >= wireshark_unused_shift && of.window_shift <= 14;
    }
};

struct wireshark_state {
    per_side<wireshark_side> sides{};
    timestamp syn_time{};          ///< of the latest SYN without ACK; 1970 is none
    std::uint64_t initial_rtt = 0; ///< in nanoseconds, from that to the first ACK after it; 0 is not known
};

} // namespace detail

/// The names and conditions of Wireshark 4.0's TCP sequence analysis with its default preferences, bit for bit, mistakes included, for
/// comparisons. They split connections as Wireshark does: a connection's number is tshark's tcp.stream.
///
/// Wireshark keeps a list of up to 10,000 unacknowledged segments a direction. It matters to these names in one way: a SYN or a FIN
/// does not count while the list is full. So these rules keep its length without the list. The length is exact unless thousands of
/// segments without a pattern in their lengths wait at once; where that may matter, the verdict has evidence_set::memory_exceeded.
///
/// Wireshark reports nothing of a segment whose options the capture cut; neither do these rules. Wireshark also reports nothing if it
/// cannot read an option (SACK of less than 10 bytes, some malformed ones of kinds 21, 30 and 76); these rules do.
class wireshark_rules {
public:
    /// How many unacknowledged segments Wireshark keeps of one side.
    static constexpr std::uint32_t segment_limit = 10'000;

    /// What the rules remember of each connection; its content is no part of the interface.
    using connection_state = detail::wireshark_state;

    /// The optional members that tables use.
    static constexpr auto hooks = rule_hooks::begins_another | rule_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// Identifies the rule set in a saved table.
    static constexpr std::string_view saved_as = "wireshark_rules";

    /// Whether a segment begins another connection: a SYN with another initial sequence number does, a SYN-ACK never.
    [[nodiscard]] constexpr bool begins_another(const rule_input& next, const connection_state& of) const noexcept {
        const side_state& sender = of.sides[next.sender];
        return is_pure_syn(next.segment) && sender.initial_known && next.segment.sequence != sender.initial;
    }

    /// The verdict on the next segment of a connection.
    [[nodiscard]] constexpr verdict judge(const rule_input& next, connection_state& of) const noexcept {
        judgment now{next.segment, of.sides[next.sender], of.sides[opposite(next.sender)], of};
        if (next.reuses_ports) now.say(verdict_kinds::reused_ports);
        now.find_initial_sequence_numbers();
        now.judge_window_and_acknowledgment();
        now.judge_lost_acknowledged();
        now.judge_sent_again();
        now.remember_sequence();
        now.remember_acknowledgment();
        now.remember_initial_rtt();
        now.remember_window_scale();
        if (next.segment.options.cut) now.said.kinds = {}; // Wireshark stops there, before it tells what it found
        return now.said;
    }

private:
    static constexpr std::uint32_t unseen_by_capture = 0xffff'ffff; ///< of duplicate_acks: "minus one"
    using side_state = detail::wireshark_side;
    static constexpr std::int8_t unknown_shift = detail::wireshark_unknown_shift;
    static constexpr std::int8_t unused_shift = detail::wireshark_unused_shift;

    // Unlike before(), of two numbers that are 2^31 apart each comes before and after the other.
    [[nodiscard]] static constexpr bool greater(sequence_number a, sequence_number b) noexcept {
        return distance(a, b) < 0;
    }
    [[nodiscard]] static constexpr bool less(sequence_number a, sequence_number b) noexcept {
        return distance(b, a) < 0;
    }
    [[nodiscard]] static constexpr bool less_or_equal(sequence_number a, sequence_number b) noexcept {
        return distance(b, a) <= 0;
    }
    [[nodiscard]] static constexpr bool is_known(sequence_number number) noexcept { return number.value != 0; }

    [[nodiscard]] static constexpr bool is_pure_syn(const segment& sent) noexcept {
        return sent.flags.syn() && !sent.flags.ack();
    }

    /// Nanoseconds, without a sign: a time before its reference is longer than any limit.
    [[nodiscard]] static constexpr std::uint64_t elapsed(timestamp from, timestamp to) noexcept {
        return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
               static_cast<std::uint64_t>(from.time_since_epoch().count());
    }
    [[nodiscard]] static constexpr std::uint64_t in_nanoseconds(std::chrono::nanoseconds time) noexcept {
        return static_cast<std::uint64_t>(time.count());
    }

    /// One segment on its way through the rules, which apply in this order.
    struct judgment {
        const segment& sent;
        side_state& sender;
        side_state& receiver;
        connection_state& of;
        verdict said{};
        const std::uint32_t length = sent.payload_length - sent.payload_beyond_frame;
        const bool plain = !sent.flags.syn() && !sent.flags.fin() && !sent.flags.rst();
        const bool syn_or_fin = sent.flags.syn() || sent.flags.fin();

        constexpr void find_initial_sequence_numbers() noexcept {
            if (sent.flags.syn() && sender.initial_known) {
                if (sent.sequence != sender.initial) {
                    sender.initial = sent.sequence;
                    say(verdict_kinds::reused_ports);
                } else if (is_pure_syn(sent)) {
                    sender.next = sender.contiguous;
                }
            }
            if (!sender.initial_known) {
                sender.initial = sent.flags.syn() ? sent.sequence : sent.sequence - 1;
                sender.initial_known = true;
            }
            if (!receiver.initial_known && sent.flags.ack()) {
                receiver.initial = sent.acknowledgment - 1;
                receiver.initial_known = true;
            }
        }

        /// A probe is nothing else of these; an answer to a keep-alive or to a probe is no duplicate ACK.
        constexpr void judge_window_and_acknowledgment() noexcept {
            using enum verdict_kinds;
            if (is_zero_window_probe()) {
                say(zero_window_probe);
            } else {
                if (plain && sent.window == 0) say(zero_window);
                if (skips_bytes()) say(lost_segment);
                if (is_keep_alive()) say(keep_alive);
                if (is_repeated_ack() && sent.window != 0 && sent.window != sender.window) say(window_update);
                if (fills_window()) say(window_full);
                if (answers(keep_alive) && sent.window != 0) say(keep_alive_ack);
                else if (answers(zero_window_probe) && sent.window == 0) say(zero_window_probe_ack);
                else if (is_duplicate_ack()) {
                    say(duplicate_ack);
                    sender.duplicate_acks = sender.duplicate_acks == unseen_by_capture ? 1 : sender.duplicate_acks + 1;
                }
            }
            if (sent.acknowledgment != sender.acknowledged) sender.duplicate_acks = 0;
        }

        [[nodiscard]] constexpr bool is_zero_window_probe() const noexcept {
            return length == 1 && sent.sequence == sender.next && receiver.window == 0;
        }
        [[nodiscard]] constexpr bool skips_bytes() const noexcept {
            return is_known(sender.next) && greater(sent.sequence, sender.next) && !sent.flags.rst();
        }
        [[nodiscard]] constexpr bool is_keep_alive() const noexcept {
            return plain && length <= 1 && sent.sequence == sender.next - 1;
        }
        /// The same acknowledgment as in the segment before, and no data.
        [[nodiscard]] constexpr bool is_repeated_ack() const noexcept {
            return plain && length == 0 && sent.sequence == sender.next && sent.acknowledgment == sender.acknowledged;
        }
        [[nodiscard]] constexpr bool fills_window() const noexcept {
            if (!plain || length == 0 || receiver.window_shift == unknown_shift) return false;
            const bool unscaled = receiver.window_unscaled || receiver.window_shift == unused_shift;
            const std::uint32_t window = unscaled ? receiver.window : receiver.window << receiver.window_shift;
            return sent.sequence + length == receiver.acknowledged + window;
        }
        /// The acknowledgment of a keep-alive or of a probe.
        [[nodiscard]] constexpr bool answers(verdict_kinds question) const noexcept {
            return is_repeated_ack() && sent.window == sender.window &&
                   (receiver.last_names & question) != verdict_kinds::none;
        }
        [[nodiscard]] constexpr bool is_duplicate_ack() const noexcept {
            return is_repeated_ack() && sent.window != 0 && sent.window == sender.window;
        }

        /// An acknowledgment of what the capture did not see.
        constexpr void judge_lost_acknowledged() noexcept {
            if (!sent.flags.ack() || !is_known(receiver.contiguous)) return;
            if (!greater(sent.acknowledgment, receiver.contiguous)) return;
            if (less(receiver.contiguous, receiver.next)) {
                receiver.contiguous = receiver.next;
                say(verdict_kinds::ack_lost_segment);
                return;
            }
            if (receiver.duplicate_acks == 0) say(verdict_kinds::ack_lost_segment);
            receiver.duplicate_acks = unseen_by_capture;
        }

        constexpr void judge_sent_again() noexcept {
            using enum verdict_kinds;
            if (length == 0 && !syn_or_fin) return;
            if (said.has(keep_alive)) return;
            if (is_acknowledged()) say(retransmission | spurious_retransmission);
            else if (!goes_back()) return;
            else if (answers_duplicate_acks()) say(retransmission | fast_retransmission);
            else if (comes_soon() && !ends_at_next()) say(out_of_order);
            else say(retransmission);
        }

        [[nodiscard]] constexpr bool is_acknowledged() const noexcept {
            return length > 0 && is_known(receiver.acknowledged) &&
                   less_or_equal(sent.sequence + length, receiver.acknowledged);
        }
        [[nodiscard]] constexpr bool goes_back() const noexcept {
            const bool over_probe = length > 1 && sent.sequence == sender.next - 1;
            return is_known(sender.next) && less(sent.sequence, sender.next) && !over_probe;
        }
        [[nodiscard]] constexpr bool answers_duplicate_acks() const noexcept {
            using namespace std::chrono_literals;
            return receiver.duplicate_acks >= 2 && receiver.acknowledged == sent.sequence &&
                   elapsed(receiver.last_time, sent.time) < in_nanoseconds(20ms);
        }
        [[nodiscard]] constexpr bool comes_soon() const noexcept {
            using namespace std::chrono_literals;
            return elapsed(sender.next_time, sent.time) < (of.initial_rtt != 0 ? of.initial_rtt : in_nanoseconds(3ms));
        }
        [[nodiscard]] constexpr bool ends_at_next() const noexcept {
            return sender.next == sent.sequence + length + (syn_or_fin ? 1u : 0u);
        }

        constexpr void remember_sequence() noexcept {
            sequence_number end = sent.sequence + length;
            if (length > 0 || syn_or_fin) {
                detail::unacknowledged_count& waiting = sender.unacknowledged;
                if (syn_or_fin && !waiting.exact() && waiting.size() > segment_limit / 2) {
                    said.evidence |= evidence_set::memory_exceeded;
                }
                if (waiting.size() < segment_limit) {
                    if (syn_or_fin) end = end + 1; // one, for both
                    waiting.add(end);
                }
            }
            if (said.has(verdict_kinds::zero_window_probe)) return;
            if (greater(end, sender.next) || !is_known(sender.next)) {
                sender.next = end;
                sender.next_time = sent.time;
            }
            if (sent.sequence == sender.contiguous || !is_known(sender.contiguous)) sender.contiguous = sender.next;
        }

        constexpr void remember_acknowledgment() noexcept {
            sender.window = sent.window;
            sender.acknowledged = sent.acknowledgment;
            sender.last_time = sent.time;
            sender.last_names = said.kinds;
            receiver.unacknowledged.remove_up_to(sent.acknowledgment);
        }

        constexpr void remember_initial_rtt() noexcept {
            if (is_pure_syn(sent)) of.syn_time = sent.time;
            if (!sent.flags.ack() || sent.flags.syn()) return;
            if (of.syn_time != timestamp{} && of.initial_rtt == 0) of.initial_rtt = elapsed(of.syn_time, sent.time);
        }

        constexpr void remember_window_scale() noexcept {
            if (sent.flags.syn()) sender.window_unscaled = true;
            else if (sent.flags.ack()) sender.window_unscaled = false;
            if (sent.options.window_scale) {
                sender.window_shift = static_cast<std::int8_t>(std::min<std::uint8_t>(*sent.options.window_scale, 14));
            }
            if (!sent.flags.syn() || sent.options.cut) return;
            if (sender.window_shift == unknown_shift) sender.window_shift = receiver.window_shift = unused_shift;
            else if (sent.flags.ack() && receiver.window_shift == unused_shift) sender.window_shift = unused_shift;
        }

        constexpr void say(verdict_kinds names) noexcept { said.kinds |= names; }
    };
};

static_assert(check_rules<wireshark_rules>());

} // namespace tcplens::inline v1
