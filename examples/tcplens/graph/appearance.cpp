// SPDX-License-Identifier: MIT
#include "appearance.hpp"

#include "../text.hpp"
#include "svg.hpp"

#include <cstddef>

namespace program::graphs {

namespace {

using enum tcplens::verdict_kinds;

constexpr std::uint16_t flag_fin = 0x001;
constexpr std::uint16_t flag_syn = 0x002;
constexpr std::uint16_t flag_rst = 0x004;

struct kind_appearance {
    tcplens::verdict_kinds kind;
    appearance looks;
};
/// What tells most comes first.
constexpr kind_appearance kinds[]{
    {fast_retransmission, {"fast", "M-4 3.5L0-4L4 3.5Z", "fast_retransmission"}},
    {spurious_retransmission, {"spurious", "M0-5L4 0L0 5L-4 0Z", "spurious_retransmission"}},
    {tail_loss_probe, {"probe", "M-3.5-3.5H3.5V3.5H-3.5Z", "tail_loss_probe"}},
    {retransmission, {"resent", "M-4-4L4 4M-4 4L4-4", "retransmission"}},
    {duplicate, {"copy", "M-4-2H4M-4 2H4", "duplicate"}},
    {out_of_order, {"late", "M-4-3.5H4L0 4Z", "out_of_order"}},
    {zero_window_probe, {"probe", "M-4 0H4M0-4V4", "zero_window_probe"}},
    {keep_alive, {"probe", "M-3 0A3 3 0 1 0 3 0A3 3 0 1 0-3 0", "keep_alive"}},
    {zero_window, {"shut", "M-5 0H5", "zero_window"}},
    {window_full, {"window", "M-4-4H4V4", "window_full"}},
    {lost_segment, {"late", "M-5 0H-2M2 0H5", "lost_segment"}},
    {ack_lost_segment, {"late", "M-4-4L0 3L4-4", "ack_lost_segment"}},
    {duplicate_ack, {"note", "M-3 0H3M0-3V3", "duplicate_ack"}},
    {zero_window_probe_ack, {"note", "M-4 3H4M0 3V-4", "zero_window_probe_ack"}},
    {keep_alive_ack, {"note", "M-3-3H3V3H-3Z", "keep_alive_ack"}},
    {window_update, {"window", "M0 4V-4M-3-1L0-4L3-1", "window_update"}},
    {reused_ports, {"end", "M-4-4V4H4", "reused_ports"}},
};

} // namespace

appearance appearance_of(const mark_class& of) {
    if ((of.ends & flag_rst) != 0) return {"resent", "M-5 0H5M0-5V5M-4-4L4 4M-4 4L4-4", "RST"};
    for (const kind_appearance& each : kinds) {
        if (contains_any(of.kinds, each.kind)) return each.looks;
    }
    if ((of.ends & flag_fin) != 0) return {"end", "M-5-4H5M-5 4H5", "FIN"};
    if ((of.ends & flag_syn) != 0) return {"end", "M0-5V5M-5 0H5", "SYN"};
    if (of.is_far) return {"copy", "M-4 0L0-4L4 0L0 4Z", "far from all else"};
    return of.has_data ? appearance{"data", "M0-5V5", "data"} : appearance{"ack", "M-5 0H5", "ACK"};
}

std::string flags_text(std::uint16_t ends) {
    std::string text;
    const auto add = [&](std::uint16_t flag, std::string_view name) {
        if ((ends & flag) != 0) text.append(text.empty() ? "" : ",").append(name);
    };
    add(flag_syn, "SYN");
    add(flag_fin, "FIN");
    add(flag_rst, "RST");
    return text;
}

std::string words_of(const mark_class& of) {
    std::string words = to_string(of.kinds);
    if (const std::string flags = flags_text(of.ends); !flags.empty()) words += (words.empty() ? "" : ",") + flags;
    if (of.is_far) words.append(words.empty() ? "" : ",").append("its sequence number is far from all else");
    for (std::size_t at = words.find(','); at != std::string::npos; at = words.find(',', at + 2))
        words.insert(at + 1, " ");
    return words.empty() ? std::string{of.has_data ? "data" : "ACK"} : words;
}

std::string attributes_of(const mark_class& of) {
    std::string text;
    if (of.kinds != none) text += " data-verdict=\"" + to_string(of.kinds) + "\"";
    if (of.ends != 0) text += " data-flags=\"" + flags_text(of.ends) + "\"";
    return text;
}

std::string attributes_of(const packet_group& of) {
    std::string text = " data-packet=\"" + std::to_string(of.first_packet) + "\"";
    if (of.packets > 1) {
        text += " data-last-packet=\"" + std::to_string(of.last_packet) + "\" data-count=\"" +
                std::to_string(of.packets) + "\"";
    }
    return text;
}

std::string packets_text(const trace& in, const packet_group& of, const std::vector<std::uint64_t>& numbers) {
    const std::string begins = milliseconds_text(in.since_begin(of.first_time));
    if (of.packets == 1) return "packet " + std::to_string(of.first_packet) + ", " + begins;
    std::string text = counted(of.packets, "packet", "packets");
    constexpr std::size_t most_ranges = 16; // of a tooltip that can be read
    if (numbers.size() == of.packets) {
        std::size_t ranges = 0;
        std::size_t i = 0;
        text += ':';
        for (; i < numbers.size() && ranges < most_ranges; ++ranges) {
            std::size_t last = i;
            while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
            text += ' ' + std::to_string(numbers[i]);
            if (last > i) text.append(1, '-').append(std::to_string(numbers[last]));
            i = last + 1;
        }
        if (i < numbers.size()) {
            text += " and " + std::to_string(numbers.size() - i) + " more up to " + std::to_string(of.last_packet);
        }
    } else {
        text += " from " + std::to_string(of.first_packet) + " to " + std::to_string(of.last_packet);
    }
    return text + ", " + begins + " to " + milliseconds_text(in.since_begin(of.last_time));
}

std::string_view role_of(const trace& in, tcplens::side of) {
    return of == in.client ? "client" : "server";
}

std::string range_text(const value_range& of) {
    const auto number = [](std::int64_t value) {
        return (value < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(value < 0 ? -value : value));
    };
    return number(of.low) + " to " + number(of.high);
}

} // namespace program::graphs
