// SPDX-License-Identifier: MIT
#include "connection_story.hpp"

#include <algorithm>
#include <limits>

namespace program {

namespace {

using tcplens::verdict_kinds;

constexpr std::size_t most_stretches = 1024; // 200 bytes each

/// Less would be told apart by the clock alone: a pause that is shorter does not begin a stretch.
constexpr std::chrono::milliseconds least_pause{10};

[[nodiscard]] bool is_event(stretch_kind kind) noexcept {
    return kind < stretch_kind::data;
}

/// How much is lost by telling two stretches as one: the longer they last together, the more, since a reader looks for where the time
/// went; and the more different they are, the more.
[[nodiscard]] double loss_by_joining(const stretch& a, const stretch& b) noexcept {
    constexpr double same = 1;
    constexpr double similar = 2; // data and data that was repaired, of one side
    constexpr double turn = 4;    // a request and its answer
    constexpr double event = 1e9; // a SYN, a FIN, a RST
    constexpr double other_event = 1e18;
    const bool same_side = a.begun_by == b.begun_by;
    double weight = same_side ? similar : turn;
    if (is_event(a.kind) || is_event(b.kind)) weight = a.kind == b.kind && same_side ? event : other_event;
    else if (a.kind == b.kind && same_side) weight = same;
    const double lasts = std::chrono::duration<double, std::nano>{b.last_time - a.first_time}.count();
    return weight * std::max(lasts, 1.0);
}

[[nodiscard]] stretch stretch_of(const tcplens::observer_input& input, stretch_kind kind) noexcept {
    const tcplens::segment& sent = input.segment;
    const tcplens::verdict& said = input.verdict;
    stretch found{.kind = kind,
                  .begun_by = input.sender,
                  .first_packet = sent.packet_number,
                  .last_packet = sent.packet_number,
                  .first_time = sent.time,
                  .last_time = sent.time};
    found.sides[input.sender] = {.packets = 1,
                                 .data_packets = sent.payload_length > 0,
                                 .data_bytes = sent.payload_length,
                                 .retransmissions = said.is_retransmission(),
                                 .out_of_order = said.has(verdict_kinds::out_of_order),
                                 .duplicates = said.has(verdict_kinds::duplicate),
                                 .holes = said.has(verdict_kinds::lost_segment),
                                 .duplicate_acks = said.has(verdict_kinds::duplicate_ack),
                                 .zero_windows = said.has(verdict_kinds::zero_window),
                                 .probes = said.has(verdict_kinds::keep_alive | verdict_kinds::zero_window_probe)};
    return found;
}

} // namespace

void stretch_side::add(const stretch_side& more) noexcept {
    packets += more.packets;
    data_packets += more.data_packets;
    data_bytes += more.data_bytes;
    retransmissions += more.retransmissions;
    out_of_order += more.out_of_order;
    duplicates += more.duplicates;
    holes += more.holes;
    duplicate_acks += more.duplicate_acks;
    zero_windows += more.zero_windows;
    probes += more.probes;
}

std::uint64_t stretch::packets() const noexcept {
    return sides[tcplens::side::first].packets + sides[tcplens::side::second].packets;
}

void stretch::append(const stretch& next) noexcept {
    longest_silence = std::max({longest_silence, next.first_time - last_time, next.longest_silence});
    if (kind == stretch_kind::acks && !is_event(next.kind)) {
        kind = next.kind;
        begun_by = next.begun_by;
    } else if (next.kind != stretch_kind::acks && (kind != next.kind || begun_by != next.begun_by)) {
        kind = stretch_kind::mixed;
    }
    last_packet = next.last_packet;
    last_time = std::max(last_time, next.last_time); // a clock may run back
    for (const tcplens::side each : {tcplens::side::first, tcplens::side::second}) sides[each].add(next.sides[each]);
}

void connection_story::add(const stretch& next) {
    if (!stretches_.empty()) {
        stretch& last = stretches_.back();
        const bool same = last.kind == next.kind && last.begun_by == next.begun_by && !is_event(next.kind);
        const bool only_acknowledges = next.kind == stretch_kind::acks && !is_event(last.kind);
        if ((same || only_acknowledges) && next.first_time - last.last_time < least_pause) {
            last.append(next);
            return;
        }
    }
    // Half of them go at once, so that the search for the best costs little for each.
    if (stretches_.size() == most_stretches) shorten(most_stretches / 2);
    stretches_.push_back(next);
}

void connection_story::shorten(std::size_t most) {
    while (stretches_.size() > std::max<std::size_t>(most, 1)) {
        std::size_t best = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i + 1 < stretches_.size(); ++i) {
            const double loss = loss_by_joining(stretches_[i], stretches_[i + 1]);
            if (loss >= least) continue;
            least = loss;
            best = i;
        }
        join(best);
    }
}

void connection_story::join(std::size_t first) {
    stretches_[first].append(stretches_[first + 1]);
    stretches_.erase(stretches_.begin() + static_cast<std::ptrdiff_t>(first) + 1);
}

stretch_kind story_writer::kind_of(const tcplens::observer_input& input) noexcept {
    const tcplens::segment& sent = input.segment;
    const tcplens::verdict& said = input.verdict;
    if (sent.flags.rst()) return stretch_kind::rst;
    if (sent.flags.syn()) {
        answered_ = sent.flags.ack();
        return sent.flags.ack() ? stretch_kind::syn_ack : stretch_kind::syn;
    }
    const bool completes = answered_ && input.sender == client_ && sent.flags.ack();
    if (completes) answered_ = false;
    if (sent.flags.fin()) return stretch_kind::fin;
    if (said.has(verdict_kinds::keep_alive | verdict_kinds::zero_window_probe)) return stretch_kind::probe;
    if (said.has(verdict_kinds::retransmission | verdict_kinds::out_of_order | verdict_kinds::lost_segment |
                 verdict_kinds::ack_lost_segment | verdict_kinds::duplicate_ack | verdict_kinds::zero_window |
                 verdict_kinds::duplicate)) {
        return stretch_kind::trouble;
    }
    if (sent.payload_length > 0) return stretch_kind::data;
    return completes ? stretch_kind::handshake_ack : stretch_kind::acks;
}

void story_writer::add(const tcplens::observer_input& input) {
    client_ = input.direction == tcplens::direction::client_to_server ? input.sender : opposite(input.sender);
    story_.add(stretch_of(input, kind_of(input)));
}

} // namespace program
