// SPDX-License-Identifier: MIT
// The plain lines of watch: one a second, one for each connection that ended, the totals.

#include "text.hpp"
#include "watch_display.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace program::watching {

namespace {

/// As ISO 8601 has it, in UTC.
std::string date_and_time(tcplens::timestamp now) {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    std::array<char, 32> text{};
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// "closed 1 + reset 0 + …"
std::string reasons(const std::array<std::uint64_t, tcplens::detail::end_reason_count>& counts) {
    std::string text;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        text.append(text.empty() ? "" : " + ").append(to_string(static_cast<tcplens::end_reason>(i))).append(" ");
        text += std::to_string(counts[i]);
    }
    return text;
}

class plain_lines final : public display {
public:
    plain_lines(session& with, const watched& what) : with_(with), interface_(what.interface) {
        with_.out << "listening on " << escaped(what.interface) << ", link type " << to_string(what.link)
                  << ", at most " << what.most_connections << " connections" << std::endl;
    }

    void show(const second_facts& facts) override {
        const moment& last = facts.second.counts;
        std::ostream& out = with_.out;
        out << date_and_time(facts.now) << ' ' << last.packets << " packets, "
            << rate_text(static_cast<double>(last.wire_bytes) / std::max(facts.second.seconds, 1e-3)) << " of TCP; new "
            << last.begun << ", ended " << last.ended() << " (" << reasons(last.ended_by) << "), open " << facts.open
            << "; retransmitted " << last.retransmissions << " of " << last.segments << " segments ("
            << share(last.retransmissions, last.segments) << "); dropped by the kernel " << last.kernel_dropped
            << ", by the bound " << last.bound_dropped;
        std::string_view before = "; worst: ";
        for (std::size_t i = 0; i < std::min(facts.worst.size(), most_shown); ++i) {
            const worst_connections::entry& each = facts.worst[i];
            out << before << to_string(each.client) << " > " << to_string(each.server) << ' ' << each.retransmissions;
            before = ", ";
        }
        before = "; services: ";
        for (std::size_t i = 0; i < std::min(facts.services.size(), most_shown); ++i) {
            const service_counts::service& each = facts.services[i];
            out << before << to_string(each.server) << ' ' << bytes_text(each.wire_bytes);
            before = ", ";
        }
        out << std::endl;
    }

    void tell(tcplens::timestamp now, const tcplens::observation& of) override {
        with_.out << date_and_time(now) << " observation " << to_string(of.kind) << ": " << of.text << std::endl;
    }
    void complain(tcplens::timestamp, const std::string& sentence) override { with_.complain(interface_, sentence); }
    void end() override {}

private:
    static constexpr std::size_t most_shown = 3;

    session& with_;
    std::string interface_;
};

} // namespace

std::string share(std::uint64_t part, std::uint64_t whole) {
    return percentage(whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole), 2);
}

std::unique_ptr<display> make_plain_lines(session& with, const watched& what) {
    return std::make_unique<plain_lines>(with, what);
}

void print_ended(std::ostream& out, const tcplens::connection& ended, tcplens::end_reason why) {
    const tcplens::direction_statistics& up = ended.client_to_server;
    const tcplens::direction_statistics& down = ended.server_to_client;
    const auto milliseconds = (ended.last_time - ended.first_time) / std::chrono::milliseconds{1};
    out << "  " << to_string(why) << ": " << to_string(ended.client) << " > " << to_string(ended.server)
        << ", handshake " << to_string(ended.handshake) << ", close " << to_string(ended.close_reason) << ", packets "
        << up.packets << " + " << down.packets << ", payload " << up.payload_bytes << " + " << down.payload_bytes
        << ", on the wire " << up.wire_bytes << " + " << down.wire_bytes << ", retransmitted " << up.retransmissions
        << " + " << down.retransmissions << ", " << milliseconds << " ms\n";
}

void print_summary(std::ostream& out, const watch_table& table, const kernel_counts& kernel) {
    const tcplens::connection_counters& lives = table.connections();
    const tcplens::decode_statistics& packets = table.packets();
    const segment_totals& totals = table.totals();
    out << "connections: begun " << lives.begun << " = ended " << lives.ended() << " (" << reasons(lives.ended_by)
        << ") + open " << lives.open << "\npackets: " << packets.packets << " = TCP " << packets.tcp << " + not TCP "
        << packets.not_tcp << " + fragments " << packets.fragments << " + truncated " << packets.truncated
        << " + malformed " << packets.malformed << " + of other links " << packets.unsupported_link
        << "\nretransmitted: " << totals.retransmissions() << " of " << totals.segments() << " segments ("
        << share(totals.retransmissions(), totals.segments()) << ")\nhandshakes: completed "
        << totals.handshakes_completed << ", failed " << totals.handshakes_failed << "\ndropped: by the kernel "
        << kernel.dropped << " of " << kernel.received << " packets, by the bound "
        << lives.ended(tcplens::end_reason::evicted) << " connections and " << lives.refused << " segments"
        << "\nobservations: ";
    std::string_view before;
    for (std::size_t i = 0; i < table.observations().size(); ++i) {
        if (table.observations()[i] == 0) continue;
        out << before << to_string(static_cast<tcplens::observation_kind>(i)) << ' ' << table.observations()[i];
        before = ", ";
    }
    out << (before.empty() ? "none" : "") << std::endl;
}

} // namespace program::watching
