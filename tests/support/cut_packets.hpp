// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/capture/packet.hpp>
#include <tcplens/wire/decode/decoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// All that a decoder found in one packet.
struct found_in_packet {
    tcplens::decode_result first{};
    std::vector<tcplens::segment> segments{};
    std::vector<tcplens::icmp_notice> notices{};
    std::uint64_t impossible_fragments = 0;
};

inline found_in_packet all_in(const tcplens::packet& from, const tcplens::decode_options& options) {
    tcplens::decoder decoder{options};
    found_in_packet all;
    tcplens::segment segment;
    tcplens::decode_result result = all.first = decoder.decode(from, segment);
    for (;; result = decoder.decode_next(from, segment)) {
        if (result.outcome == tcplens::packet_outcome::tcp) all.segments.push_back(segment);
        if (result.has_notice) all.notices.push_back(decoder.notice());
        if (!result.more) break;
    }
    all.impossible_fragments = decoder.reassembly().malformed;
    return all;
}

/// Whether a segment of a packet that the capture cut says nothing else than the same segment of the whole packet.
inline bool is_cut_of(tcplens::segment cut, const tcplens::segment& whole) {
    if (whole.options.cut && !cut.options.cut) return false;
    if (cut.options.cut) cut.options = whole.options;
    if (cut.captured_payload > whole.captured_payload) return false;
    cut.captured_payload = whole.captured_payload;
    if (cut.checksum == tcplens::checksum_state::not_verified) cut.checksum = whole.checksum;
    return cut == whole;
}

/// In what a packet contradicts itself if the capture keeps only so many of its bytes: empty if it is the same, or less. What was not
/// captured decides nothing.
inline std::string contradiction_of_cut(const tcplens::packet& whole, std::size_t captured,
                                        const tcplens::decode_options& options = {}) {
    using enum tcplens::packet_outcome;
    const auto copy = std::make_unique<std::byte[]>(captured); // ends where the bytes do
    std::copy_n(whole.bytes.begin(), captured, copy.get());
    tcplens::packet cut = whole;
    cut.bytes = {copy.get(), captured};
    const found_in_packet of_whole = all_in(whole, options);
    const found_in_packet of_cut = all_in(cut, options);
    if (of_whole.impossible_fragments > 0) return {}; // which are read only where they were cut

    const tcplens::decode_result& now = of_cut.first;
    if (now.outcome != truncated) {
        if (now.outcome != of_whole.first.outcome) return "outcome";
        if (now.stopped_at != of_whole.first.stopped_at) return "protocol";
    }
    if (now.resembled() != tcplens::tunnel_set::none && now.resembled() != of_whole.first.resembled())
        return "resembled tunnel";
    const auto is_among = [](auto& next, const auto& end, const auto& is_same) { // in the same order
        next = std::find_if(next, end, is_same);
        return next != end && (++next, true);
    };
    auto segment = of_whole.segments.begin();
    for (const tcplens::segment& each : of_cut.segments) {
        if (!is_among(segment, of_whole.segments.end(), [&](const auto& one) { return is_cut_of(each, one); }))
            return "segment";
    }
    auto notice = of_whole.notices.begin();
    for (const tcplens::icmp_notice& each : of_cut.notices) {
        if (!is_among(notice, of_whole.notices.end(), [&](const auto& one) { return each == one; })) return "notice";
    }
    return {};
}
