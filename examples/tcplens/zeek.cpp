// SPDX-License-Identifier: MIT
// What Zeek's conn.log says of the TCP connections: a row for each, in the order in which they began.

#include "ftp_commands.hpp"
#include "subcommands.hpp"
#include "text_writer.hpp"

#include <tcplens/connection/zeek/zeek_observer.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>
#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

using std::chrono::microseconds;

/// Whether the checksum of the IPv4 header verifies, if there is one. Zeek drops other packets before it looks at their TCP;
/// those whose TCP checksum is bad get a C in the history.
bool has_good_header(const tcplens::packet& packet) {
    const auto network = tcplens::detail::link_layers::payload(
        packet.link, {packet.bytes, std::max<std::size_t>(packet.wire_length, packet.bytes.size())});
    if (!network || network->type != tcplens::ether_type::ipv4) return true;
    const auto header = tcplens::detail::ipv4_header::parse(network->content);
    return !header || tcplens::detail::ipv4_header_checksum(network->content.bytes.first(header->length())) ==
                          tcplens::checksum_state::good;
}

/// Where in the histories an X belongs: where Zeek gave up on what is in the data. The library does not read that, and of Zeek's
/// many analyzers just one is looked at here: the one of FTP, outside of tunnels.
class analysis_limits {
public:
    /// A packet was added to the connection.
    template <class Connection>
    void follow(const tcplens::packet& packet, const Connection& of, tcplens::direction direction) {
        const tcplens::zeek_record& zeek = of.zeek;
        const bool to_client = zeek.originator == tcplens::direction::server_to_client;
        if (direction != zeek.originator || !ftp_commands::is_port((to_client ? of.client : of.server).port)) return;
        watched& here = watched_[of.number];
        if (here.limited_at || here.packets == zeek.orig.packets) return; // Zeek passed over this one
        here.packets = zeek.orig.packets;
        const auto network = tcplens::detail::link_layers::payload(
            packet.link, {packet.bytes, std::max<std::size_t>(packet.wire_length, packet.bytes.size())});
        if (!network) return;
        const auto ip = tcplens::detail::ip_payload_of(*network);
        if (!ip || ip->protocol != tcplens::ip_protocol::tcp || ip->fragment) return;
        const auto tcp = tcplens::detail::tcp_header::parse(ip->content);
        if (!tcp || tcp->captured_payload() < tcp->payload_length()) return;
        const auto data = ip->content.bytes.subspan(tcp->length(), tcp->payload_length());
        if (data.empty() || tcp->flags().syn() || tcp->flags().rst()) return;
        if (here.commands.take(tcp->sequence(), data)) here.limited_at = zeek.history.size;
    }

    /// The history of that connection.
    [[nodiscard]] std::string history(std::uint64_t number, std::string_view letters) const {
        std::string text;
        const auto found = watched_.find(number);
        if (found != watched_.end() && found->second.limited_at) {
            text = letters.substr(0, *found->second.limited_at);
            text += 'X';
            letters.remove_prefix(text.size() - 1);
        }
        text += letters;
        return text.empty() ? "-" : text;
    }

private:
    struct watched {
        ftp_commands commands{};
        std::uint64_t packets = 0;
        std::optional<std::size_t> limited_at{};
    };
    std::map<std::uint64_t, watched> watched_{};
};

/// Seconds with six decimals, as Zeek writes times and intervals.
std::string seconds(microseconds time) {
    const std::string sign = time < microseconds{0} ? "-" : "";
    const auto count = static_cast<std::uint64_t>(time < microseconds{0} ? -time.count() : time.count());
    return sign + std::to_string(count / 1'000'000) + '.' + std::to_string(1'000'000 + count % 1'000'000).substr(1);
}

void print_header(std::ostream& out) {
    out << "#separator \\x09\n"
           "#set_separator\t,\n"
           "#empty_field\t(empty)\n"
           "#unset_field\t-\n"
           "#path\tconn\n"
           "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\t"
           "conn_state\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n"
           "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tinterval\tcount\tcount\t"
           "string\tcount\tstring\tcount\tcount\tcount\tcount\n";
}

template <class Connection>
void print(text_writer& out, const Connection& of, const std::string& history) {
    const tcplens::zeek_record& zeek = of.zeek;
    const bool client_began = zeek.originator == tcplens::direction::client_to_server;
    const tcplens::endpoint& orig = client_began ? of.client : of.server;
    const tcplens::endpoint& resp = client_began ? of.server : of.client;
    // Zeek reads times in microseconds, and tells what it derives from a duration only where there is one.
    const auto first = std::chrono::floor<microseconds>(of.first_time);
    const microseconds duration = std::chrono::floor<microseconds>(of.first_time + zeek.duration) - first;
    const bool lasted = duration > microseconds{0};
    const auto with_duration = [&](const std::string& value) { return lasted ? value : "-"; };

    out << seconds(first.time_since_epoch()) << "\tC" << of.number + 1 //
        << '\t' << to_string(orig.address) << '\t' << orig.port        //
        << '\t' << to_string(resp.address) << '\t' << resp.port << "\ttcp\t" << with_duration(seconds(duration)) << '\t'
        << with_duration(std::to_string(zeek.orig.bytes)) << '\t' << with_duration(std::to_string(zeek.resp.bytes))
        << '\t' << to_string(zeek.conn_state) << '\t' << zeek.missed_bytes << '\t' << history << '\t'
        << zeek.orig.packets << '\t' << zeek.orig.ip_bytes << '\t' << zeek.resp.packets << '\t' << zeek.resp.ip_bytes
        << '\n';
}

struct zeek_options {
    capture_list files{};
    tcplens::decode_options decoding{};
    bool ignore_checksums = false;
    bool bare = false;
};

void declare(command_line& line, zeek_options& given) {
    line.flag("-C", "take segments whatever their checksums, as zeek -C", given.ignore_checksums);
    line.flag("-b", "as a bare Zeek (zeek -b), whose standard scripts do not tell which ports are those of servers",
              given.bare);
    line.captures(given.files, given.decoding);
}

exit_status run(const zeek_options& given, session& with) {
    captures input{given.files};
    const tcplens::zeek_options zeek{.standard_ports = !given.bare, .handshake_shows_server = given.bare};
    tcplens::decode_options decoding = given.decoding;
    decoding.verify_checksums = !given.ignore_checksums;
    tcplens::basic_connection_table table{tcplens::table_options{.decoding = decoding}, tcplens::zeek_rules{zeek},
                                          tcplens::zeek_observer{zeek}};
    analysis_limits limits;
    for (const tcplens::packet& packet : input) {
        if (!given.ignore_checksums && !has_good_header(packet)) continue;
        input.number_next(table);
        const tcplens::add_result added = table.add(packet);
        if (added.connection != nullptr) limits.follow(packet, *added.connection, added.direction);
    }
    print_header(with.out);
    {
        text_writer out{with.out};
        for (const auto& each : table) print(out, each, limits.history(each.number, each.zeek.history.view()));
    }
    return with.conclude(input);
}

} // namespace

const subcommand subcommands::zeek{
    .name = "zeek",
    .summary = "Zeek's conn.log of the TCP connections",
    .description = "Prints what Zeek 9.1 would write into conn.log: a header, and a row with tabs between for each TCP "
                   "connection, in the "
                   "order in which they began. Zeek itself writes them in the order in which they ended.",
    .examples = {{"tcplens zeek trace.pcap", "as zeek -r trace.pcap"},
                 {"tcplens zeek -C trace.pcap | cut -f 3-6,11,13",
                  "endpoints, state and history, whatever the checksums"}},
    .prepare = prepare<zeek_options, declare, run>,
};

} // namespace program
