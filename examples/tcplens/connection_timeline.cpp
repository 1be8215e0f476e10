// SPDX-License-Identifier: MIT
// The timeline of one connection, as text.

#include "connection_text.hpp"
#include "text.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace program {

namespace {

using tcplens::side;

/// Phrases with commas between.
class phrases {
public:
    void add(std::string phrase) {
        if (!text_.empty()) text_ += ", ";
        text_ += phrase;
    }
    void add_if_any(std::uint64_t count, std::string_view one, std::string_view several) {
        if (count > 0) add(counted(count, one, several));
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_{};
};

/// What one side did in a stretch of data; empty if it only acknowledged.
std::string side_text(const stretch_side& did, std::string_view who) {
    phrases all;
    if (did.data_bytes > 0) {
        all.add("sends " + bytes_text(did.data_bytes) + " in " + counted(did.data_packets, "packet", "packets"));
    }
    all.add_if_any(did.retransmissions, "retransmission", "retransmissions");
    all.add_if_any(did.out_of_order, "packet out of order", "packets out of order");
    all.add_if_any(did.holes, "gap before it", "gaps");
    all.add_if_any(did.duplicates, "copy", "copies");
    all.add_if_any(did.duplicate_acks, "duplicate ACK", "duplicate ACKs");
    if (did.zero_windows > 0) all.add("its window is closed");
    all.add_if_any(did.probes, "probe", "probes");
    if (all.text().empty()) return {};
    return std::string{who} + (did.data_bytes > 0 ? " " : ": ") + all.text();
}

std::string times_text(std::uint64_t count) {
    return count > 1 ? ", " + grouped(count) + " times" : "";
}

std::string text_of(const stretch& of, side client) {
    const auto name = [&](side who) -> std::string { return who == client ? "client" : "server"; };
    const std::string who = name(of.begun_by);
    const stretch_side& did = of.sides[of.begun_by];
    const std::string data = did.data_bytes > 0 ? ", with " + bytes_text(did.data_bytes) + " of data" : "";
    switch (of.kind) {
    case stretch_kind::syn: return who + " asks to open (SYN" + times_text(did.packets) + ")" + data;
    case stretch_kind::syn_ack: return who + " agrees (SYN-ACK" + times_text(did.packets) + ")" + data;
    case stretch_kind::handshake_ack: return who + ": the connection is open (ACK)";
    case stretch_kind::fin: return who + " closes its side (FIN" + times_text(did.packets) + ")" + data;
    case stretch_kind::rst: return who + " resets the connection (RST" + times_text(did.packets) + ")";
    case stretch_kind::acks: return who + " acknowledges";
    case stretch_kind::data:
    case stretch_kind::trouble:
    case stretch_kind::probe:
    case stretch_kind::mixed: break;
    }
    std::string text = side_text(did, who);
    const std::string other = side_text(of.sides[opposite(of.begun_by)], name(opposite(of.begun_by)));
    if (!text.empty() && !other.empty()) text += "; ";
    text += other;
    if (text.empty()) text = counted(of.packets(), "packet", "packets");
    if (of.last_time > of.first_time) text += ", within " + duration_text(of.last_time - of.first_time);
    return text;
}

std::string packets_text(const stretch& of, bool both) {
    std::string text = std::to_string(of.first_packet);
    if (both && of.last_packet != of.first_packet)
        text.append(1, '-').append(std::to_string(of.last_packet)); // g++ 12 warns of "-" + falsely
    return text;
}

style style_of(const stretch& of) {
    if (of.kind == stretch_kind::rst) return style::bad;
    for (const stretch_side& each : of.sides) {
        if (each.retransmissions + each.zero_windows + each.holes > 0) return style::warning;
    }
    return style::plain;
}

} // namespace

void print_timeline(session& with, const tcplens::detailed_connection& of, story_writer& written, std::size_t lines) {
    connection_story& story = written.story();
    story.shorten(lines);
    const std::span<const stretch> stretches = story.stretches();
    const std::size_t width = with.screen.width();
    with.out << '\n' << with.screen.painted(style::bold, "What happened") << '\n';

    constexpr std::size_t wide = 60; // from where on there is room for the last packet as well
    std::size_t packets_width = std::string_view{"packet"}.size();
    for (const stretch& each : stretches)
        packets_width = std::max(packets_width, packets_text(each, width >= wide).size());
    std::size_t time_width = 8;
    for (const stretch& each : stretches) {
        time_width = std::max(time_width, duration_text(each.first_time - of.first_time).size());
    }
    const std::size_t indent = 2 + packets_width + 1 + time_width + 2;
    with.out << "  " << padded("packet", packets_width, true) << ' ' << padded("after", time_width, true) << '\n';

    constexpr int silent_share = 10; // a silence is told if it is so large a part of the time: one in 10
    const auto least_silence =
        std::max<std::chrono::nanoseconds>(of.time.duration / silent_share, std::chrono::milliseconds{1});
    const stretch* before = nullptr;
    for (const stretch& each : stretches) {
        if (before != nullptr && each.first_time - before->last_time >= least_silence) {
            with.out << std::string(indent, ' ')
                     << wrapped("(no packet for " + duration_text(each.first_time - before->last_time) + ")", width,
                                indent, false)
                     << '\n';
        }
        std::string text = text_of(each, written.client());
        if (each.longest_silence >= least_silence)
            text += " (no packet for " + duration_text(each.longest_silence) + ")";
        with.out << "  " << padded(packets_text(each, width >= wide), packets_width, true) << ' '
                 << padded(duration_text(each.first_time - of.first_time), time_width, true) << "  "
                 << with.screen.painted(style_of(each), wrapped(text, width, indent, false)) << '\n';
        before = &each;
    }
}

} // namespace program
