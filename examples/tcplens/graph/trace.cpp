// SPDX-License-Identifier: MIT
#include "trace.hpp"

#include <cstdlib>
#include <limits>
#include <utility>

namespace program::graphs {

namespace {

using tcplens::side;
using tcplens::verdict_kinds;

constexpr std::int64_t most_distance = 1 << 24; // no window in use is larger (RFC 7323 section 2.3 allows 2^30)
constexpr std::size_t most_pending = 4096;      // transmissions that wait for their acknowledgment
constexpr std::size_t most_holes = 512;         // open at the same time
packet_group group_of(const tcplens::segment& sent) {
    return {.first_packet = sent.packet_number,
            .last_packet = sent.packet_number,
            .packets = 1,
            .first_time = sent.time,
            .last_time = sent.time};
}

} // namespace

void packet_group::absorb(const packet_group& next) {
    first_packet = std::min(first_packet, next.first_packet);
    last_packet = std::max(last_packet, next.last_packet);
    packets += next.packets;
    first_time = std::min(first_time, next.first_time);
    last_time = std::max(last_time, next.last_time);
}

void trace_mark::absorb(const trace_mark& next) {
    packet_group::absorb(next);
    sequence.absorb(next.sequence);
    bytes += next.bytes;
    if (!next.acknowledges) return;
    if (acknowledges) {
        acknowledged.absorb(next.acknowledged);
        window_end.absorb(next.window_end);
    } else {
        acknowledged = next.acknowledged;
        window_end = next.window_end;
        acknowledges = true;
    }
}

void trace_block::absorb(const trace_block& next) {
    packet_group::absorb(next);
    sequence.absorb(next.sequence);
    is_duplicate = is_duplicate && next.is_duplicate;
}

void trace_hole::absorb(const trace_hole& next) {
    packet_group::absorb(next);
    sequence.absorb(next.sequence);
    filled = filled && next.filled;
}

void trace_shut::absorb(const trace_shut& next) {
    packet_group::absorb(next);
    sequence.absorb(next.sequence);
    opened = opened && next.opened;
}

void trace_round_trip::absorb(const trace_round_trip& next) {
    packet_group::absorb(next);
    nanoseconds.absorb(next.nanoseconds);
}

void trace_level::absorb(const trace_level& next) {
    packet_group::absorb(next);
    in_flight.absorb(next.in_flight);
    if (knows_window && next.knows_window) window.absorb(next.window);
    else if (next.knows_window) window = next.window;
    knows_window = knows_window || next.knows_window;
}

void interval_counts::absorb(const interval_counts& next) {
    if (next.empty()) return;
    for (const side each : {side::first, side::second}) {
        sides[each].packets += next.sides[each].packets;
        sides[each].payload_bytes += next.sides[each].payload_bytes;
        sides[each].new_bytes += next.sides[each].new_bytes;
        sides[each].retransmissions += next.sides[each].retransmissions;
    }
    first_packet = empty() ? next.first_packet : std::min(first_packet, next.first_packet);
    last_packet = std::max(last_packet, next.last_packet);
}

void interval_series::widen() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < intervals_.size(); i += 2, ++kept) {
        if (kept != i) intervals_[kept] = intervals_[i];
        if (i + 1 < intervals_.size()) intervals_[kept].absorb(intervals_[i + 1]);
    }
    intervals_.resize(kept);
    width_ *= 2;
}

void interval_series::add(tcplens::timestamp time, const interval_counts& counts) {
    if (intervals_.empty()) begin_ = time;
    const auto place = [&] { return time <= begin_ ? 0 : static_cast<std::size_t>((time - begin_) / width_); };
    while (place() >= most_) widen();
    if (place() >= intervals_.size()) intervals_.resize(place() + 1);
    intervals_[place()].absorb(counts); // what was captured before the first goes to the first, where a clock ran back
}

std::string trace::name() const {
    return "connection " + std::to_string(number) + ", " + to_string(client_side().end) +
           (roles_guessed ? " ? " : " > ") + to_string(server_side().end);
}

trace_writer::trace_writer(std::uint64_t number, const trace_options& options) : options_(options) {
    trace_.number = number;
}

std::int64_t trace_writer::relative(const side_state& of, std::uint32_t raw) {
    const std::uint32_t near = of.base + static_cast<std::uint32_t>(of.nearby);
    return of.nearby + static_cast<std::int32_t>(raw - near);
}

/// Where a segment begins, or nothing if that is far from all else of its side. A second segment near such a place shows that the side
/// is there now: the capture has a gap.
std::optional<std::int64_t> trace_writer::place_sequence(const tcplens::segment& sent, side_state& own) {
    const std::uint32_t raw = sent.sequence.value;
    if (!own.known || (sent.flags.syn() && !own.has_captured)) {
        own.base = sent.flags.syn() ? raw : raw - 1; // data begins at 1, as if the SYN had been seen
        own.nearby = sent.flags.syn() ? 0 : 1;
        own.known = true;
    }
    const std::int64_t begin = relative(own, raw);
    const bool follows_far =
        own.far_next && std::abs(std::int64_t{static_cast<std::int32_t>(raw - *own.far_next)}) <= most_distance;
    if (std::abs(begin - own.nearby) > most_distance && !follows_far) {
        own.far_next = sent.sequence_end().value;
        return std::nullopt;
    }
    const std::int64_t end = begin + sent.sequence_length();
    if (std::abs(begin - own.nearby) > most_distance || end > own.nearby) own.nearby = end;
    own.far_next.reset();
    return begin;
}

/// The bytes of holes that are filled; what is filled of each is kept.
std::uint64_t trace_writer::fill_holes(const tcplens::segment& sent, side sender, value_range bytes) {
    side_state& own = states_[sender];
    std::uint64_t filled = 0;
    auto at = own.holes.upper_bound(bytes.low);
    if (at != own.holes.begin()) --at;
    while (at != own.holes.end() && at->first < bytes.high) {
        const auto [begin, hole] = *at;
        const value_range piece{std::max(begin, bytes.low), std::min(hole.end, bytes.high)};
        if (piece.low >= piece.high) {
            ++at;
            continue;
        }
        at = own.holes.erase(at);
        if (begin < piece.low) own.holes.insert({begin, {piece.low, hole.packet, hole.time}});
        if (piece.high < hole.end) at = own.holes.insert({piece.high, hole}).first;
        filled += static_cast<std::uint64_t>(piece.high - piece.low);
        trace_hole found;
        static_cast<packet_group&>(found) = {hole.packet, sent.packet_number, 1, hole.time, sent.time};
        found.sequence = piece;
        trace_.sides[sender].holes.add(found);
    }
    return filled;
}

/// How many bytes of data are new.
std::uint64_t trace_writer::take_bytes(const tcplens::segment& sent, side sender, value_range bytes) {
    side_state& own = states_[sender];
    if (bytes.low >= bytes.high || sent.flags.rst()) return 0;
    std::uint64_t fresh = 0;
    if (!own.has_captured) {
        own.has_captured = true;
        own.captured = bytes.low;
    }
    if (bytes.low > own.captured) {
        own.holes[own.captured] = {bytes.low, sent.packet_number, sent.time};
        if (own.holes.size() > most_holes) { // the oldest place is given up: it is told as never filled
            const auto [begin, hole] = *own.holes.begin();
            trace_hole lost;
            static_cast<packet_group&>(lost) = {hole.packet, sent.packet_number, 1, hole.time, sent.time};
            lost.sequence = {begin, hole.end};
            lost.filled = false;
            trace_.sides[sender].holes.add(lost);
            own.holes.erase(own.holes.begin());
        }
    } else if (bytes.low < own.captured) {
        fresh = fill_holes(sent, sender, {bytes.low, std::min(bytes.high, own.captured)});
    }
    if (bytes.high > own.captured) {
        fresh += static_cast<std::uint64_t>(bytes.high - std::max(bytes.low, own.captured));
        own.captured = bytes.high;
    }
    return std::min<std::uint64_t>(fresh, sent.payload_length);
}

void trace_writer::take_transmission(const tcplens::observer_input& input, value_range bytes) {
    std::vector<pending>& waiting = states_[input.sender].unacknowledged;
    if (bytes.low >= bytes.high || input.segment.flags.rst()) return;
    const bool is_last = waiting.empty() || bytes.high > waiting.back().end;
    if (input.verdict.has(verdict_kinds::retransmission | verdict_kinds::out_of_order | verdict_kinds::duplicate) ||
        !is_last) {
        for (pending& each : waiting) each.ambiguous = each.ambiguous || each.end > bytes.low;
        if (!is_last) return;
    }
    if (bytes.high <= states_[input.sender].acknowledged && states_[input.sender].has_acknowledged) return;
    if (waiting.size() == most_pending) waiting.erase(waiting.begin());
    waiting.push_back({.end = bytes.high,
                       .packet = input.segment.packet_number,
                       .time = input.segment.time,
                       .ambiguous = input.verdict.is_retransmission()});
}

void trace_writer::take_acknowledgment(const tcplens::observer_input& input, trace_mark& mark) {
    const tcplens::segment& sent = input.segment;
    if (!sent.flags.ack() || sent.flags.rst()) return;
    side_state& peer = states_[opposite(input.sender)];
    const std::uint32_t raw = sent.acknowledgment.value;
    if (!peer.known) {
        peer.base = raw - 1;
        peer.nearby = 1;
        peer.known = true;
    }
    const std::int64_t acknowledged = relative(peer, raw);
    if (std::abs(acknowledged - peer.nearby) > most_distance) return;
    peer.nearby = std::max(peer.nearby, acknowledged);
    mark.acknowledges = true;
    mark.acknowledged = {acknowledged, acknowledged};
    take_window(sent, input.sender, acknowledged, mark);
    if (peer.has_acknowledged && acknowledged <= peer.acknowledged) return;
    peer.has_acknowledged = true;
    peer.acknowledged = acknowledged;

    std::optional<pending> answered;
    bool ambiguous = false;
    std::size_t done = 0;
    for (; done < peer.unacknowledged.size() && peer.unacknowledged[done].end <= acknowledged; ++done) {
        answered = peer.unacknowledged[done];
        ambiguous = ambiguous || answered->ambiguous;
    }
    peer.unacknowledged.erase(peer.unacknowledged.begin(),
                              peer.unacknowledged.begin() + static_cast<std::ptrdiff_t>(done));
    if (!answered || ambiguous || sent.time < answered->time) return;
    trace_round_trip found;
    static_cast<packet_group&>(found) = {answered->packet, sent.packet_number, 1, sent.time, sent.time};
    const std::int64_t took = (sent.time - answered->time).count();
    found.nanoseconds = {took, took};
    trace_.sides[opposite(input.sender)].round_trips.add(found);
}

void trace_writer::take_window(const tcplens::segment& sent, side sender, std::int64_t acknowledged, trace_mark& mark) {
    const std::optional<std::uint8_t> own = trace_.sides[sender].window_scale;
    const bool is_scaled =
        own && trace_.sides[opposite(sender)].window_scale && !sent.flags.syn(); // RFC 7323 section 2.2
    const std::int64_t window = std::int64_t{sent.window} << (is_scaled ? *own : 0);
    mark.window_end = {acknowledged + window, acknowledged + window};
    states_[opposite(sender)].window_end = acknowledged + window;
    std::optional<trace_shut>& shut = states_[sender].shut;
    if (window == 0 && !sent.flags.syn()) {
        if (shut) return;
        shut.emplace();
        static_cast<packet_group&>(*shut) = group_of(sent);
        shut->sequence = {acknowledged, acknowledged};
    } else if (shut) {
        shut->last_packet = sent.packet_number;
        shut->last_time = std::max(sent.time, shut->first_time);
        trace_.sides[sender].shut.add(*shut);
        shut.reset();
    }
}

void trace_writer::take_blocks(const tcplens::segment& sent, side sender) {
    const side_state& peer = states_[opposite(sender)];
    if (!peer.known) return;
    bool is_first = true;
    for (const tcplens::sack_block& each : sent.options.sack_blocks()) {
        trace_block found;
        static_cast<packet_group&>(found) = group_of(sent);
        found.sequence.low = relative(peer, each.left.value);
        found.sequence.high = found.sequence.low + distance(each.left, each.right);
        found.is_duplicate = std::exchange(is_first, false) && sent.reports_duplicate();
        if (found.sequence.high > found.sequence.low && std::abs(found.sequence.low - peer.nearby) <= most_distance) {
            trace_.sides[sender].blocks.add(found);
        }
    }
}

void trace_writer::note_level(const tcplens::segment& sent, side of) {
    const side_state& state = states_[of];
    if (!state.has_captured) return;
    const std::int64_t acknowledged = state.has_acknowledged ? state.acknowledged : state.captured;
    trace_level found;
    static_cast<packet_group&>(found) = group_of(sent);
    const std::int64_t in_flight = std::max<std::int64_t>(state.captured - acknowledged, 0);
    found.in_flight = {in_flight, in_flight};
    if (state.window_end) {
        const std::int64_t window = std::max<std::int64_t>(*state.window_end - acknowledged, 0);
        found.window = {window, window};
        found.knows_window = true;
    }
    trace_.sides[of].levels.add(found);
}

void trace_writer::keep(const mark_class& of, const trace_mark& mark) {
    constexpr std::size_t no_bound = std::numeric_limits<std::size_t>::max();
    constexpr std::size_t weight_of_plain = 8; // those without a verdict are put together first
    if (kept_ >= options_.most_marks) {
        std::size_t heaviest = 0;
        bounded_series<trace_mark>* best = nullptr;
        for (auto& [kind, list] : trace_.marks) {
            const std::size_t weight = list.items().size() * (kind.is_odd() ? 1 : weight_of_plain);
            if (weight <= heaviest) continue;
            heaviest = weight;
            best = &list;
        }
        if (best != nullptr) {
            kept_ -= best->items().size();
            best->halve();
            kept_ += best->items().size();
        }
    }
    trace_.marks.try_emplace(of, no_bound).first->second.add(mark);
    ++kept_;
}

void trace_writer::keep_step(const tcplens::segment& sent, const mark_class& of, const trace_mark& mark) {
    trace_.odd += of.is_odd();
    const bool is_first = trace_.first_steps.size() < options_.steps;
    const bool is_listed = of.is_odd() && trace_.odd_steps.size() < options_.steps;
    if (!is_first && !is_listed) return;
    trace_step step{.time = sent.time,
                    .packet = sent.packet_number,
                    .kind = of,
                    .sequence = mark.sequence,
                    .bytes = sent.payload_length,
                    .window = sent.window,
                    .has_ack = sent.flags.ack(),
                    .acknowledged = {}};
    if (mark.acknowledges) step.acknowledged = mark.acknowledged.low;
    if (is_first) trace_.first_steps.push_back(step);
    if (is_listed) trace_.odd_steps.push_back(step);
}

void trace_writer::add(const tcplens::observer_input& input) {
    const tcplens::segment& sent = input.segment;
    side_trace& side_of_sender = trace_.sides[input.sender];
    if (trace_.packets == 0) trace_.first_time = trace_.earliest = trace_.latest = sent.time;
    ++trace_.packets;
    trace_.last_packet = sent.packet_number;
    trace_.earliest = std::min(trace_.earliest, sent.time);
    trace_.latest = std::max(trace_.latest, sent.time);
    trace_.client = input.direction == tcplens::direction::client_to_server ? input.sender : opposite(input.sender);
    trace_.roles_guessed = input.connection.role_guessed();
    trace_.has_samples = input.connection.sampled;
    side_of_sender.end = sent.source;
    trace_.sides[opposite(input.sender)].end = sent.destination;
    if (sent.flags.syn()) {
        side_of_sender.saw_syn = true;
        side_of_sender.window_scale = sent.options.window_scale;
    }
    side_state& own = states_[input.sender];
    trace_mark mark;
    static_cast<packet_group&>(mark) = group_of(sent);
    mark.bytes = sent.payload_length;
    const std::optional<std::int64_t> begin = place_sequence(sent, own);
    const value_range bytes{begin.value_or(own.nearby),
                            begin.value_or(own.nearby) + (begin ? sent.sequence_length() : 0)};
    mark.sequence = bytes;
    take_acknowledgment(input, mark);
    const std::uint64_t fresh = begin ? take_bytes(sent, input.sender, bytes) : 0;
    if (begin) take_transmission(input, bytes);
    take_blocks(sent, input.sender);
    if (bytes.low < bytes.high) note_level(sent, input.sender);
    if (mark.acknowledges) note_level(sent, opposite(input.sender));
    if (sent.payload_length > 0) {
        ++side_of_sender.data_packets;
        side_of_sender.data_bytes += sent.payload_length;
    }
    if (begin && !sent.flags.rst()) side_of_sender.sequence_end = std::max(side_of_sender.sequence_end, bytes.high);
    constexpr std::uint16_t ends = 0x007; // FIN, SYN, RST
    const mark_class kind{.sender = input.sender,
                          .kinds = input.verdict.kinds,
                          .ends = static_cast<std::uint16_t>(sent.flags.bits & ends),
                          .has_data = sent.payload_length > 0,
                          .is_far = !begin};
    keep(kind, mark);
    keep_step(sent, kind, mark);
    interval_counts counts;
    counts.sides[input.sender] = {.packets = 1,
                                  .payload_bytes = sent.payload_length,
                                  .new_bytes = fresh,
                                  .retransmissions = input.verdict.is_retransmission()};
    counts.first_packet = counts.last_packet = sent.packet_number;
    trace_.intervals.add(sent.time, counts);
}

trace trace_writer::finish(const tcplens::connection& of) {
    for (const side each : {side::first, side::second}) {
        side_state& state = states_[each];
        for (const auto& [begin, hole] : state.holes) {
            trace_hole lost;
            static_cast<packet_group&>(lost) = {hole.packet, trace_.last_packet, 1, hole.time, trace_.latest};
            lost.sequence = {begin, hole.end};
            lost.filled = false;
            trace_.sides[each].holes.add(lost);
        }
        if (state.shut) {
            state.shut->opened = false;
            state.shut->last_packet = trace_.last_packet;
            state.shut->last_time = std::max(trace_.latest, state.shut->first_time);
            trace_.sides[each].shut.add(*state.shut);
        }
        trace_.sides[each].sequence_end =
            std::max(trace_.sides[each].sequence_end, state.has_acknowledged ? state.acknowledged : 0);
    }
    if (trace_.packets == 0) { // all of its segments are samples
        trace_.first_time = trace_.earliest = of.first_time;
        trace_.latest = of.last_time;
        trace_.sides[side::first].end = of.client;
        trace_.sides[side::second].end = of.server;
    }
    trace_.has_samples = of.sampled;
    trace_.roles_guessed = of.role_guessed();
    return std::move(trace_);
}

} // namespace program::graphs
