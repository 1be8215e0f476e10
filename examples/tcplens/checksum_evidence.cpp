// SPDX-License-Identifier: MIT
#include "checksum_evidence.hpp"

#include <algorithm>
#include <iterator>

namespace program {

// --- sender

std::uint64_t checksum_evidence::sender::position_of(tcplens::sequence_number of) const noexcept {
    return position_ + static_cast<std::uint64_t>(std::int64_t{distance(reference_, of)});
}

void checksum_evidence::sender::add(const tcplens::segment& next, std::uint64_t packet_number) {
    if (!is_known) {
        is_known = true;
        address = next.source;
        reference_ = next.sequence;
        sent_ = acknowledged_ = acknowledged_by_any_ = position_;
    }
    const bool is_bad = next.checksum == tcplens::checksum_state::bad;
    if (is_bad) ++bad_;
    else ++intact_;
    if (next.checksum == tcplens::checksum_state::offloaded) ++offloaded_;

    const std::uint64_t begin = position_of(next.payload_begin());
    const std::uint64_t end = begin + next.payload_length;
    if (!is_bad) {
        if (end > begin) add_range(begin, end);
        if (end > position_) { // the reference follows, so that distances stay small
            position_ = end;
            reference_ = next.payload_begin() + next.payload_length;
        }
    } else if (doubtful_.size() < most_doubtful) {
        doubtful_.push_back({packet_number, begin, end});
    } else {
        const auto place = static_cast<std::size_t>(packet_number);
        if (place >= more_doubtful_.size()) more_doubtful_.resize(place + place / 2 + 1);
        more_doubtful_[place] = true;
    }
    sent_ = std::max(sent_, end);
}

void checksum_evidence::sender::acknowledge(tcplens::sequence_number up_to, bool is_intact) {
    if (!is_known) return;
    const std::uint64_t position = position_of(up_to);
    if (position > sent_ + 1) return; // of what was not captured, or of nothing; a FIN counts as one byte
    acknowledged_by_any_ = std::max(acknowledged_by_any_, position);
    if (is_intact) acknowledged_ = std::max(acknowledged_, position);
}

void checksum_evidence::sender::add_range(std::uint64_t begin, std::uint64_t end) {
    auto at = ranges_.upper_bound(begin);
    if (at != ranges_.begin() && std::prev(at)->second >= begin) {
        at = std::prev(at);
        if (at->second >= end) return;
        at->second = end;
    } else if (ranges_.size() < most_ranges) {
        at = ranges_.emplace_hint(at, begin, end);
    } else {
        return;
    }
    while (std::next(at) != ranges_.end() && std::next(at)->first <= at->second) {
        at->second = std::max(at->second, std::next(at)->second);
        ranges_.erase(std::next(at));
    }
}

bool checksum_evidence::sender::has_copy(const doubtful_segment& of) const {
    const auto behind = ranges_.upper_bound(of.begin);
    return of.end > of.begin && behind != ranges_.begin() && std::prev(behind)->second >= of.end;
}

void checksum_evidence::sender::decide(bool peer_tells_nothing, decision& into) const {
    outcome& told = into.senders.emplace_back(outcome{.sender = address});
    const std::uint64_t acknowledged = peer_tells_nothing ? acknowledged_by_any_ : acknowledged_;
    for (const doubtful_segment& each : doubtful_) {
        if (!has_copy(each)) {
            if (each.end > each.begin && each.end <= acknowledged) {
                if (!tells_nothing() && told.taken++ == 0) told.first_taken = each.packet_number;
                continue;
            }
            if (tells_nothing()) continue;
            if (told.dropped++ == 0) told.first_dropped = each.packet_number;
        }
        into.left_out.push_back(each.packet_number);
    }
    if (tells_nothing()) return;
    for (std::size_t number = 0; number < more_doubtful_.size(); ++number) {
        if (!more_doubtful_[number]) continue;
        ++told.dropped; // after more than 65,536 others: one of those came first
        into.left_out.push_back(number);
    }
}

// --- checksum_evidence

void checksum_evidence::add(const tcplens::segment& next, std::uint64_t packet_number) {
    const bool is_first = !senders_[0].is_known || senders_[0].address == next.source;
    senders_[is_first ? 0 : 1].add(next, packet_number);
    if (next.flags.ack())
        senders_[is_first ? 1 : 0].acknowledge(next.acknowledgment, next.checksum != tcplens::checksum_state::bad);
}

checksum_evidence::decision checksum_evidence::decide() const {
    decision decided;
    if (senders_[0].is_known) senders_[0].decide(senders_[1].tells_nothing(), decided);
    if (senders_[1].is_known) senders_[1].decide(senders_[0].tells_nothing(), decided);
    return decided;
}

} // namespace program
