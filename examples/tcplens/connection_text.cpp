// SPDX-License-Identifier: MIT
#include "connection_text.hpp"

#include "connections_facts.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

using tcplens::direction;
using connection = tcplens::detailed_connection;

void print_title(session& with, std::string_view title) {
    with.out << '\n' << with.screen.painted(style::bold, title) << '\n';
}

void print_sentence(session& with, std::string_view sentence, std::size_t indent = 2) {
    with.out << wrapped(sentence, with.screen.width(), indent) << '\n';
}

/// A label, and a value of each end.
struct two_sided {
    std::string label;
    std::string client;
    std::string server;
};

void print_two_sided(session& with, const std::vector<two_sided>& rows) {
    std::array<std::size_t, 3> widths{};
    for (const two_sided& each : rows) {
        widths = {std::max(widths[0], columns(each.label)), std::max(widths[1], columns(each.client)),
                  std::max(widths[2], columns(each.server))};
    }
    const std::size_t used = widths[1] + widths[2] + 6;
    const std::size_t room = with.screen.width() > used ? with.screen.width() - used : 1;
    widths[0] = std::min(widths[0], room);
    for (const two_sided& each : rows) {
        with.out << "  " << padded(cut_to(each.label, widths[0]), widths[0]) << "  "
                 << padded(each.client, widths[1], true) << "  " << padded(each.server, widths[2], true) << '\n';
    }
}

std::string name_of(direction sender) {
    return sender == direction::client_to_server ? "client" : "server";
}

/// How it ended, as a sentence.
std::string ending_of(const connection& of) {
    if (of.close_reason == tcplens::close_reason::reset && of.closing.reset_by) {
        return "The " + name_of(*of.closing.reset_by) + " reset it.";
    }
    if (of.close_reason == tcplens::close_reason::reset) return "It was reset.";
    if (of.close_reason == tcplens::close_reason::normal) {
        return of.closing.begun_by ? "Both ends closed it, the " + name_of(*of.closing.begun_by) + " first."
                                   : "Both ends closed it.";
    }
    if (of.closed) return "Another connection took its endpoints before it was closed.";
    if (of.closing.begun_by) return "Only the " + name_of(*of.closing.begun_by) + " closed its side.";
    switch (of.opening.outcome) {
    case tcplens::opening_outcome::established: return "It was open when the capture ended.";
    case tcplens::opening_outcome::midstream: return "Its end was not captured.";
    default: return "It was never open.";
    }
}

} // namespace

void print_heading(session& with, const connection& of, tcplens::timestamp capture_begins) {
    const std::string name = "Connection " + std::to_string(of.number) + ": " + to_string(of.client) +
                             (of.role_guessed() ? " ? " : " > ") + to_string(of.server) + ", " +
                             std::string{state_of(of)};
    with.out << with.screen.painted(style::bold, wrapped(name, with.screen.width(), 2, false)) << '\n';
    if (of.role_guessed()) {
        const bool by_port = of.role_basis == tcplens::role_basis::port;
        print_sentence(with, "No SYN was captured: which end is the client is a guess, by " +
                                 std::string{by_port ? "the port of a server." : "which end was heard first."});
    }
    print_sentence(with, "It lasted " + duration_text(of.time.duration) + ", from " + time_text(of.first_time) +
                             " UTC (" + duration_text(of.first_time - capture_begins) +
                             " after the first packet of the capture), "
                             "packets " +
                             grouped(of.first_packet) + " to " + grouped(of.last_packet) + ". " + ending_of(of));
    if (const time_part* const most = longest_part(of.time)) {
        print_sentence(with, "For " + percentage(share(*most, of.time), 0) + " of the time " +
                                 std::string{most->meaning} + ".");
    }
}

// --- opening

namespace {

std::string outcome_text(const connection& of) {
    using enum tcplens::opening_outcome;
    switch (of.opening.outcome) {
    case midstream: return "It was not captured: the connection was open before, or its begin is missing.";
    case unsolicited: return "There was none: no captured SYN asked for these SYN-ACKs or RSTs.";
    case ignored: return "It was not completed: nothing answered the SYN.";
    case half_open: return "It was not completed: the SYN-ACK was not acknowledged.";
    case refused: return "It was refused: a RST answered the SYN.";
    case aborted_by_client: return "The client gave it up by a RST.";
    case aborted_by_server: return "The server gave it up by a RST after its SYN-ACK.";
    case established: break;
    }
    std::string text = "It was completed";
    const auto& times = of.opening.times;
    if (times.syn && times.ack) text += " after " + duration_text(*times.ack - *times.syn);
    if (const auto rtt = times.rtt()) {
        text += times.certain() ? ", with a round trip of " : ", with a round trip of at least ";
        text += duration_text(*rtt);
    }
    return text + (of.opening.simultaneous ? ". Both ends sent a SYN." : ".");
}

std::string transmissions_text(const tcplens::connection_opening::syn_transmissions& sent, std::string_view what) {
    std::string text = "The " + std::string{what} + " was sent " + counted(sent.count, "time", "times") + " within " +
                       duration_text(sent.last - sent.first);
    return text + ", at most " + duration_text(sent.longest_wait) + " apart.";
}

std::string yes_or_no(bool value) {
    return value ? "yes" : "-";
}
template <class Number>
std::string number_text(const std::optional<Number>& value) {
    return value ? std::to_string(*value) : "-";
}

void add_option(std::vector<two_sided>& rows, std::string_view label, std::string client, std::string server) {
    if (client == "-" && server == "-") return;
    rows.push_back({std::string{label}, std::move(client), std::move(server)});
}

} // namespace

void print_opening(session& with, const connection& of) {
    print_title(with, "Handshake");
    print_sentence(with, outcome_text(of));
    if (of.opening.client.retries() > 0) print_sentence(with, transmissions_text(of.opening.client, "SYN"));
    if (of.opening.server.retries() > 0) {
        print_sentence(with,
                       transmissions_text(of.opening.server, of.opening.simultaneous ? "server's SYN" : "SYN-ACK"));
    }
    if (of.opening.client.count == 0 && of.opening.server.count == 0) return;
    const auto& client = of.opening.client.offers;
    const auto& server = of.opening.server.offers;
    const auto& times = of.opening.times;
    const auto half_text = [](const auto& half) {
        const auto rtt = half ? half->rtt() : std::nullopt;
        return rtt ? duration_text(*rtt) : "-";
    };
    std::vector<two_sided> rows{{"", "client", "server"}};
    add_option(rows, "answered after", half_text(times.to_client), half_text(times.to_server));
    add_option(rows, "MSS", number_text(client.maximum_segment_size), number_text(server.maximum_segment_size));
    add_option(rows, "window scale", number_text(client.window_scale), number_text(server.window_scale));
    add_option(rows, "SACK", yes_or_no(client.sack), yes_or_no(server.sack));
    add_option(rows, "timestamps", yes_or_no(client.timestamps), yes_or_no(server.timestamps));
    add_option(rows, "ECN", yes_or_no(client.ecn), yes_or_no(server.ecn));
    add_option(rows, "fast open", yes_or_no(client.fast_open.has_value()), yes_or_no(server.fast_open.has_value()));
    add_option(rows, "data in the SYN", client.data > 0 ? bytes_text(client.data) : "-",
               server.data > 0 ? bytes_text(server.data) : "-");
    if (rows.size() > 1) print_two_sided(with, rows);
    if (client.cut || server.cut) print_sentence(with, "The capture does not hold all options.");
}

// --- directions

namespace {

/// Rows of both directions, of which those without a value are left out.
class direction_rows {
public:
    /// Packets or the like; left out where there are none.
    template <class Value>
    void count(std::string_view label, Value value) {
        add(label, value, [](std::uint64_t number) { return grouped(number); });
    }
    template <class Value>
    void bytes(std::string_view label, Value value) {
        add(label, value, [](std::uint64_t number) { return bytes_text(number); });
    }
    template <class Value>
    void time(std::string_view label, Value value) {
        add(label, value, [](std::chrono::nanoseconds number) { return duration_text(number); });
    }
    template <class Value>
    void rate(std::string_view label, Value value) {
        add(label, value, [](double number) { return rate_text(number); });
    }

    [[nodiscard]] const std::vector<two_sided>& rows() const { return rows_; }

private:
    template <class Value, class Show>
    void add(std::string_view label, Value value, Show show) {
        const std::string client = shown(value(direction::client_to_server), show);
        const std::string server = shown(value(direction::server_to_client), show);
        if (client == "-" && server == "-") return;
        rows_.push_back({std::string{label}, client, server});
    }
    template <class Number, class Show>
    static std::string shown(Number number, Show show) {
        return number == Number{} ? "-" : show(number);
    }
    template <class Number, class Show>
    static std::string shown(std::optional<Number> number, Show show) {
        return number ? show(*number) : "-";
    }

    std::vector<two_sided> rows_{{"", "client", "server"}};
};

} // namespace

void print_directions(session& with, const connection& of) {
    print_title(with, "What each end sent");
    direction_rows rows;
    const auto counts = [&](direction way) -> const tcplens::direction_statistics& { return of.statistics(way); };
    const auto profile = [&](direction way) -> const tcplens::direction_profile& { return of.profile[way]; };
    const auto rtt = [&](direction way, auto of_samples) {
        const tcplens::round_trip_statistics& samples = of.profile[way].round_trip;
        return samples.count > 0 ? std::optional{of_samples(samples)} : std::nullopt;
    };
    rows.count("packets", [&](direction way) { return counts(way).packets; });
    rows.bytes("wire bytes", [&](direction way) { return counts(way).wire_bytes; });
    rows.bytes("data", [&](direction way) { return profile(way).unique_bytes; });
    rows.rate("data rate", [&](direction way) { return profile(way).goodput(of.time.duration); });
    rows.count("data packets", [&](direction way) { return counts(way).data_packets; });
    rows.bytes("largest segment", [&](direction way) { return profile(way).largest_segment; });
    rows.count("retransmissions", [&](direction way) { return counts(way).retransmissions; });
    rows.bytes("sent again", [&](direction way) { return profile(way).retransmitted_bytes; });
    rows.count("out of order", [&](direction way) { return profile(way).out_of_order_packets; });
    rows.count("copies", [&](direction way) { return profile(way).duplicate_packets; });
    rows.count("probes", [&](direction way) { return profile(way).probe_packets; });
    rows.bytes("not captured", [&](direction way) { return profile(way).missed_bytes(); });
    rows.count("dup. ACKs for it", [&](direction way) { return profile(way).duplicate_acks; });
    rows.count("FINs", [&](direction way) { return counts(way).fin; });
    rows.count("RSTs", [&](direction way) { return counts(way).rst; });
    rows.time("rtt, least", [&](direction way) { return rtt(way, [](const auto& samples) { return samples.least; }); });
    rows.time("rtt, mean", [&](direction way) { return rtt(way, [](const auto& samples) { return samples.mean(); }); });
    rows.time("rtt, most",
              [&](direction way) { return rtt(way, [](const auto& samples) { return samples.greatest; }); });
    rows.bytes("in flight, most", [&](direction way) { return profile(way).in_flight.greatest; });
    rows.bytes("window, least", [&](direction way) { return profile(way).window.least; });
    rows.bytes("window, most", [&](direction way) { return profile(way).window.greatest; });
    rows.count("window closed", [&](direction way) { return profile(way).window.zeros; });
    rows.time("first data after", [&](direction way) {
        const auto first = profile(way).first_data_time;
        return first ? std::optional{*first - of.first_time} : std::nullopt;
    });
    rows.time("longest silence", [&](direction way) { return profile(way).longest_silence; });
    rows.time("busy sending", [&](direction way) { return of.time.sending(way).busy; });
    rows.time("receiver-limited", [&](direction way) { return of.time.sending(way).receiver_limited; });
    rows.time("buffer-limited", [&](direction way) { return of.time.sending(way).send_buffer_limited; });
    print_two_sided(with, rows.rows());
}

// --- times

void print_times(session& with, const connection& of) {
    print_title(with, "Where the time went");
    if (of.time.duration.count() <= 0) {
        print_sentence(with, "No time passed.");
        return;
    }
    constexpr std::size_t label_width = 9;
    constexpr std::size_t share_width = 4;
    constexpr std::size_t longest_bar = 60;
    std::size_t time_width = 0;
    for (const time_part& each : time_parts) {
        time_width = std::max(time_width, duration_text(of.time.*each.member).size());
    }
    const std::size_t before_bar = 2 + label_width + 1 + time_width + 1 + share_width + 1;
    const std::size_t bar_width = std::min(with.screen.width() - before_bar, longest_bar);
    for (const time_part& each : time_parts) {
        const std::chrono::nanoseconds time = of.time.*each.member;
        if (time.count() == 0) continue;
        const double part = share(each, of.time);
        const auto filled = static_cast<std::size_t>(part * static_cast<double>(bar_width) + 0.5);
        const style how = each.member == &tcplens::time_attribution::loss_recovery ? style::bad : style::good;
        with.out << "  " << padded(each.label, label_width) << ' ' << padded(duration_text(time), time_width, true)
                 << ' ' << padded(percentage(part, 0), share_width, true);
        if (filled > 0) with.out << ' ' << with.screen.painted(how, std::string(filled, '#'));
        with.out << '\n';
    }
    if (of.time.retransmission_timeout.count() > 0) {
        print_sentence(with, "Of the loss, retransmissions waited " + duration_text(of.time.retransmission_timeout) +
                                 " for a timer.");
    }
    for (const time_part& each : time_parts) {
        if ((of.time.*each.member).count() == 0) continue;
        print_sentence(with, std::string{each.label} + ": " + std::string{each.meaning} + ".");
    }
}

} // namespace program
