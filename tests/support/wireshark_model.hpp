// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection/verdict.hpp>
#include <tcplens/wire/segment.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

/// A second, slow implementation of Wireshark's TCP sequence analysis, to compare `wireshark_rules` with. It follows the published
/// description step by step: it keeps the list of unacknowledged segments that Wireshark keeps, finds connections by itself, and takes nothing
/// from the rules but the names of what is said. Memory grows with what it hears.
class wireshark_model {
public:
    /// What is said of a segment.
    struct answer {
        std::size_t stream = 0; ///< tcp.stream
        tcplens::verdict_kinds kinds = tcplens::verdict_kinds::none;
    };

    /// \param most_unacknowledged how many segments of a direction the list holds
    explicit wireshark_model(std::size_t most_unacknowledged = 10'000) : most_unacknowledged_(most_unacknowledged) {}

    [[nodiscard]] answer hear(const tcplens::segment& packet) {
        using enum tcplens::verdict_kinds;
        kinds_ = none;
        const std::size_t number = find_stream(packet);
        stream& of = streams_[number];
        const bool forward = of.first == packet.source;
        way& f = of.ways[forward ? 0 : 1];
        way& r = of.ways[forward ? 1 : 0];
        if (packet.flags.syn() && f.base_set) check_base(packet, f);
        set_bases(packet, f, r);
        analyse(packet, of, f, r);
        after(packet, of, f, r);
        // An option that the capture cut ends the dissection of the packet before anything of it is shown.
        return {number, packet.options.cut ? none : kinds_};
    }

private:
    using u32 = std::uint32_t;
    using u64 = std::uint64_t;

    static constexpr u32 minus_one = std::numeric_limits<u32>::max();

    struct unacknowledged {
        u32 sequence = 0;
        u32 next = 0;
    };
    struct way {
        u32 next = 0;
        u64 next_time = 0;
        u32 most_acknowledgeable = 0;
        u32 last_acknowledgment = 0;
        u64 last_time = 0;
        u32 duplicates = 0;
        u32 window = minus_one;
        int shift = -1; // not known; -2: known not to be in use
        bool first_acknowledgment = false;
        tcplens::verdict_kinds last_kinds = tcplens::verdict_kinds::none;
        std::vector<unacknowledged> list{}; // oldest first
        u32 base = 0;
        bool base_set = false;
    };
    struct stream {
        tcplens::endpoint first{};
        std::array<way, 2> ways{};
        u64 syn_time = 0;
        u64 initial_rtt = 0;
    };

    static bool gt(u32 a, u32 b) { return static_cast<std::int32_t>(b - a) < 0; }
    static bool lt(u32 a, u32 b) { return static_cast<std::int32_t>(a - b) < 0; }
    static bool le(u32 a, u32 b) { return static_cast<std::int32_t>(a - b) <= 0; }

    static u64 time_of(const tcplens::segment& packet) {
        return static_cast<u64>(packet.time.time_since_epoch().count());
    }
    static u32 length_of(const tcplens::segment& packet) { return packet.payload_length - packet.payload_beyond_frame; }
    static bool is_plain(const tcplens::segment& packet) {
        return !packet.flags.syn() && !packet.flags.fin() && !packet.flags.rst();
    }

    void flag(tcplens::verdict_kinds what) { kinds_ |= what; }
    [[nodiscard]] bool flagged(tcplens::verdict_kinds what) const { return contains_any(kinds_, what); }

    /// The conversation of the two endpoints that began last; another one for a SYN with another number.
    std::size_t find_stream(const tcplens::segment& packet) {
        const auto key = std::minmax(packet.source, packet.destination);
        const auto known = latest_.find(key);
        if (known != latest_.end()) {
            stream& of = streams_[known->second];
            way& f = of.ways[of.first == packet.source ? 0 : 1];
            const bool pure_syn = packet.flags.syn() && !packet.flags.ack();
            if (!pure_syn || !f.base_set || packet.sequence.value == f.base) return known->second;
            flag(tcplens::verdict_kinds::reused_ports);
        }
        streams_.push_back({.first = packet.source});
        latest_[key] = streams_.size() - 1;
        return streams_.size() - 1;
    }

    void check_base(const tcplens::segment& packet, way& f) {
        if (!packet.flags.ack()) {
            f.next = f.most_acknowledgeable; // a pure SYN with the same number
        } else if (packet.sequence.value != f.base) {
            f.base = packet.sequence.value;
            flag(tcplens::verdict_kinds::reused_ports);
        }
    }

    static void set_bases(const tcplens::segment& packet, way& f, way& r) {
        if (!f.base_set) {
            f.base = packet.flags.syn() ? packet.sequence.value : packet.sequence.value - 1;
            f.base_set = true;
        }
        if (!r.base_set && packet.flags.ack()) {
            r.base = packet.acknowledgment.value - 1;
            r.base_set = true;
        }
    }

    void analyse(const tcplens::segment& packet, const stream& of, way& f, way& r) {
        rules_1_to_9(packet, f, r);
        if (packet.acknowledgment.value != f.last_acknowledgment) f.duplicates = 0; // 10
        rule_11(packet, r);
        rule_12(packet, of, f, r);
        rules_13_and_14(packet, f);
        f.window = packet.window; // 15
        f.last_acknowledgment = packet.acknowledgment.value;
        f.last_time = time_of(packet);
        f.last_kinds = kinds_;
        rule_16(packet.acknowledgment.value, r);
    }

    void rules_1_to_9(const tcplens::segment& packet, way& f, const way& r) {
        using enum tcplens::verdict_kinds;
        const u32 seq = packet.sequence.value;
        const u32 length = length_of(packet);
        const u32 window = packet.window;
        const bool plain = is_plain(packet);
        if (length == 1 && seq == f.next && r.window == 0) { // 1
            flag(zero_window_probe);
            return;
        }
        if (window == 0 && plain) flag(zero_window);                                      // 2
        if (f.next != 0 && gt(seq, f.next) && !packet.flags.rst()) flag(lost_segment);    // 3
        if ((length == 0 || length == 1) && seq == f.next - 1 && plain) flag(keep_alive); // 4
        // What rules 5 and 7 to 9 have in common
        const bool repeats =
            length == 0 && seq == f.next && packet.acknowledgment.value == f.last_acknowledgment && plain;
        if (repeats && window != 0 && window != f.window) flag(window_update); // 5
        if (length > 0 && r.shift != -1 && plain) {                            // 6
            const bool unscaled = r.first_acknowledgment || r.shift == -2;
            const u32 edge = r.last_acknowledgment + (r.window << (unscaled ? 0 : r.shift));
            if (seq + length == edge) flag(window_full);
        }
        if (!repeats || window != f.window) return;
        if (window != 0 && contains_any(r.last_kinds, keep_alive)) { // 7
            flag(keep_alive_ack);
            return;
        }
        if (window == 0) { // 8
            if (contains_any(r.last_kinds, zero_window_probe)) flag(zero_window_probe_ack);
            return;
        }
        f.duplicates = f.duplicates == minus_one ? 1 : f.duplicates + 1; // 9
        flag(duplicate_ack);
    }

    void rule_11(const tcplens::segment& packet, way& r) {
        if (r.most_acknowledgeable == 0 || !packet.flags.ack()) return;
        if (!gt(packet.acknowledgment.value, r.most_acknowledgeable)) return;
        if (lt(r.most_acknowledgeable, r.next)) {
            r.most_acknowledgeable = r.next;
            flag(tcplens::verdict_kinds::ack_lost_segment);
        } else {
            if (r.duplicates == 0) flag(tcplens::verdict_kinds::ack_lost_segment);
            r.duplicates = minus_one;
        }
    }

    void rule_12(const tcplens::segment& packet, const stream& of, const way& f, const way& r) {
        using enum tcplens::verdict_kinds;
        using namespace std::chrono_literals;
        constexpr u64 fast = std::chrono::nanoseconds{20ms}.count();
        constexpr u64 soon = std::chrono::nanoseconds{3ms}.count();
        const u32 seq = packet.sequence.value;
        const u32 length = length_of(packet);
        const bool syn_or_fin = packet.flags.syn() || packet.flags.fin();
        if (length == 0 && !syn_or_fin) return;
        if (flagged(keep_alive)) return;
        bool back = f.next != 0 && lt(seq, f.next);
        if (length > 1 && seq == f.next - 1) back = false;
        if (length > 0 && r.last_acknowledgment != 0 && le(seq + length, r.last_acknowledgment)) {
            flag(retransmission | spurious_retransmission);
            return;
        }
        if (!back) return;
        if (r.duplicates >= 2 && r.last_acknowledgment == seq && time_of(packet) - r.last_time < fast) {
            flag(retransmission | fast_retransmission);
            return;
        }
        const bool is_soon = time_of(packet) - f.next_time < (of.initial_rtt != 0 ? of.initial_rtt : soon);
        if (is_soon && f.next != seq + length + (syn_or_fin ? 1 : 0)) {
            flag(out_of_order);
            return;
        }
        flag(retransmission);
    }

    void rules_13_and_14(const tcplens::segment& packet, way& f) {
        const u32 seq = packet.sequence.value;
        const bool syn_or_fin = packet.flags.syn() || packet.flags.fin();
        u32 next = seq + length_of(packet);
        if ((length_of(packet) > 0 || syn_or_fin) && f.list.size() < most_unacknowledged_) { // 13
            if (syn_or_fin) ++next;
            f.list.push_back({seq, next});
        }
        if (flagged(tcplens::verdict_kinds::zero_window_probe)) return;
        if (gt(next, f.next) || f.next == 0) { // 14
            f.next = next;
            f.next_time = time_of(packet);
        }
        if (seq == f.most_acknowledgeable || f.most_acknowledgeable == 0) f.most_acknowledgeable = f.next;
    }

    static void rule_16(u32 ack, way& r) {
        std::erase_if(r.list, [ack](unacknowledged& each) {
            if (ack == each.next) return true;
            if (gt(ack, each.sequence) && le(ack, each.next)) each.sequence = ack;
            return !gt(each.next, ack);
        });
    }

    /// What is remembered of the packet behind the analysis.
    static void after(const tcplens::segment& packet, stream& of, way& f, way& r) {
        const bool syn = packet.flags.syn();
        const bool ack = packet.flags.ack();
        if (syn && !ack) of.syn_time = time_of(packet);
        if (syn) f.first_acknowledgment = true;
        if (ack && !syn && of.syn_time != 0 && of.initial_rtt == 0) of.initial_rtt = time_of(packet) - of.syn_time;
        if (ack && !syn) f.first_acknowledgment = false;
        if (packet.options.window_scale) f.shift = std::min<int>(*packet.options.window_scale, 14);
        if (!syn || packet.options.cut) return;
        if (f.shift == -1) f.shift = r.shift = -2;
        else if (ack && r.shift == -2) f.shift = -2;
    }

    std::size_t most_unacknowledged_;
    std::vector<stream> streams_{};
    std::map<std::pair<tcplens::endpoint, tcplens::endpoint>, std::size_t> latest_{};
    tcplens::verdict_kinds kinds_ = tcplens::verdict_kinds::none; // of the packet that is heard
};
