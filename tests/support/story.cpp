// SPDX-License-Identifier: MIT
#include "story.hpp"

#include "capture_writer.hpp"
#include "packet_builder.hpp"
#include "sound_time.hpp"

#include <tcplens/capture.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string_view>
#include <utility>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

namespace bit = packet_builder::flags;

/// In which order the first three segments of established() are captured.
constexpr std::array<std::array<std::size_t, 3>, 3> handshake_orders{{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}}};
constexpr std::array handshake_order_names{"in order", "the SYN-ACK before the SYN", "the ACK before the SYN-ACK"};

constexpr timestamp beginning{std::chrono::seconds{1'700'000'000}};

std::string host_name(const story_opening& opening, unsigned side) {
    const unsigned host = side == 0 ? opening.client : opening.server;
    return (side == 0 ? "client" : "server") + (host == 0 ? std::string{} : std::to_string(host));
}

std::string describe(const direction_statistics& of) {
    std::ostringstream out;
    out << of.packets << " packets, " << of.wire_bytes << " bytes, " << of.payload_bytes << " of payload in "
        << of.data_packets << ", SYN " << of.syn << ", SYN-ACK " << of.syn_ack << ", ACK " << of.ack << ", RST "
        << of.rst << ", FIN " << of.fin << ", retransmissions " << of.retransmissions;
    return out.str();
}

std::string describe(const connection& of) {
    std::ostringstream out;
    out << "connection " << of.number << ", " << to_string(of.client) << " -> " << to_string(of.server) << " (by "
        << to_string(of.role_basis) << "), handshake " << to_string(of.handshake) << ", close "
        << to_string(of.close_reason) << (of.closed ? ", closed" : ", open") << (of.closed_by ? " by " : "")
        << (of.closed_by ? to_string(*of.closed_by) : "") << ", packets " << of.first_packet << " to " << of.last_packet
        << ", " << (of.last_time - of.first_time).count() << " ns\n      up: " << describe(of.client_to_server)
        << "\n      down: " << describe(of.server_to_client);
    return out.str();
}

std::string names_of(verdict_kinds names) {
    return names == verdict_kinds::none ? "nothing" : to_string(names);
}

std::string names_of(evidence_set reasons) {
    return reasons == evidence_set::none ? "nothing" : to_string(reasons);
}

} // namespace

// What is said

story_segment& story_segment::acking(std::int64_t number) {
    acknowledgment_ = number;
    flags_ |= bit::ack;
    in_->pairs_[pair_].hosts[side_].acknowledged = number;
    return *this;
}
story_segment& story_segment::window(std::uint16_t unscaled) {
    window_ = in_->pairs_[pair_].hosts[side_].window = unscaled;
    return *this;
}
story_segment& story_segment::at(std::int64_t sequence) {
    sequence_ = sequence;
    return *this;
}
story_segment& story_segment::without_ack() {
    flags_ &= static_cast<std::uint16_t>(~bit::ack);
    acknowledgment_ = 0;
    return *this;
}
story_segment& story_segment::with_ack() {
    flags_ |= bit::ack;
    acknowledgment_ = in_->pairs_[pair_].hosts[side_].acknowledged.value_or(0);
    return *this;
}
story_segment& story_segment::with_fin() {
    flags_ |= bit::fin;
    story::host_state& host = in_->pairs_[pair_].hosts[side_];
    host.fin = sequence_ + length_;
    host.next = std::max(host.next, *host.fin + 1);
    return *this;
}
story_segment& story_segment::carrying(std::uint32_t length) {
    length_ = length;
    std::int64_t& next = in_->pairs_[pair_].hosts[side_].next;
    next = std::max(next, sequence_ + ((flags_ & bit::syn) != 0) + length);
    return *this;
}
story_segment& story_segment::uncaptured() {
    captured_ = false;
    return *this;
}
story_segment& story_segment::timestamps(std::uint32_t value, std::uint32_t echo) {
    timestamps_ = {.value = value, .echo = echo};
    return *this;
}
story_segment& story_segment::sack(std::int64_t left, std::int64_t right) {
    sack_ = {left, right};
    return *this;
}
story_segment& story_segment::hop_limit(std::uint8_t limit) {
    hop_limit_ = limit;
    return *this;
}
story_segment& story_segment::ip_id(std::uint16_t id) {
    ip_id_ = id;
    return *this;
}
story_segment& story_segment::expect(verdict_kinds exactly) {
    expected_ = exactly;
    return *this;
}
story_segment& story_segment::because(evidence_set exactly) {
    return because(exactly, exactly);
}
story_segment& story_segment::graded(verdict::certainty_level exactly, verdict::reading_set alternatives) {
    grade_ = {exactly, alternatives};
    return *this;
}
story_segment& story_segment::because(evidence_set exactly, evidence_set over_ipv6) {
    reason_ = {exactly, over_ipv6};
    return *this;
}
story_segment& story_segment::earlier(std::uint64_t packet, std::optional<std::chrono::nanoseconds> elapsed) {
    earlier_packet_ = packet;
    elapsed_ = elapsed;
    return *this;
}
story_segment& story_segment::of(std::uint64_t connection) {
    connection_ = connection;
    return *this;
}

/// What a host that speaks now writes into its timestamps option.
tcp_timestamps story::stamp(std::size_t pair, unsigned side) {
    host_state& host = pairs_[pair].hosts[side];
    for (; host.heard < segments_.size(); ++host.heard) {
        const story_segment& each = segments_[host.heard];
        if (each.pair_ != pair || each.side_ == side || !each.captured_ || !each.timestamps_) continue;
        // What is in order is echoed, and never an older clock again; of SYNs that come again, the first.
        const std::uint32_t clock = each.timestamps_->value;
        const bool none = host.clock_to_echo == 0;
        const bool newer = none || static_cast<std::int32_t>(clock - host.clock_to_echo) > 0;
        if (host.acknowledged ? newer && each.sequence_ <= *host.acknowledged : none) host.clock_to_echo = clock;
    }
    // Clocks that run over their end, one early in the story and one in the middle of their numbers.
    const auto milliseconds = static_cast<std::uint32_t>(now_ / std::chrono::milliseconds{1});
    return {.value = (side == 0 ? 0xffff'ff9cu : 0x7fff'ff9cu) + milliseconds, .echo = host.clock_to_echo};
}

story_segment& story_host::say(std::uint16_t flags, std::int64_t sequence, std::uint32_t length, unsigned line) {
    const story_opening& opening = in_->pairs_[pair_].opening;
    story::host_state& host = in_->pairs_[pair_].hosts[side_];
    const tcp_timestamps stamp = in_->stamp(pair_, side_);
    story_segment& said = in_->segments_.emplace_back();
    said.in_ = in_;
    said.line_ = line;
    said.pair_ = pair_;
    said.side_ = side_;
    said.time_ = in_->now_;
    said.sequence_ = sequence;
    said.flags_ = flags;
    said.length_ = length;
    said.window_ = host.window;
    ++host.ip_id;
    switch (opening.ids) {
    case story_ids::counted: said.ip_id_ = host.ip_id; break;
    case story_ids::constant: said.ip_id_ = 0x4000; break;
    case story_ids::random: // each far from the one before
        said.ip_id_ = std::array<std::uint16_t, 8>{
            0x9d2c, 0x1b07, 0xe4f1, 0x52a8, 0xc613, 0x07de, 0x7b95, 0x3340}[host.ip_id % 8];
        said.ip_id_ = static_cast<std::uint16_t>(said.ip_id_ + 41 * host.ip_id);
        break;
    case story_ids::zero: break;
    }
    if (opening.timestamps && (flags & bit::rst) == 0) said.timestamps_ = stamp;
    if ((flags & (bit::rst | bit::syn)) == 0 && host.acknowledged) said.with_ack();
    if ((flags & bit::rst) == 0) host.next = std::max(host.next, sequence + length + ((flags & bit::syn) != 0));
    return said;
}

story_segment& story_host::syn(unsigned line) {
    return say(bit::syn, 0, 0, line);
}
story_segment& story_host::syn_ack(unsigned line) {
    return say(bit::syn, 0, 0, line).acking(1);
}
story_segment& story_host::sends(std::int64_t sequence, std::uint32_t length, unsigned line) {
    return say(bit::psh, sequence, length, line);
}
story_segment& story_host::acks(std::int64_t number, unsigned line) {
    return say(0, in_->pairs_[pair_].hosts[side_].next, 0, line).acking(number);
}
story_segment& story_host::fins(unsigned line) {
    const story::host_state& host = in_->pairs_[pair_].hosts[side_];
    return say(0, host.fin.value_or(host.next), 0, line).with_fin();
}
story_segment& story_host::resets(unsigned line) {
    return say(bit::rst, in_->pairs_[pair_].hosts[side_].next, 0, line);
}
story_segment& story_host::refuses(unsigned line) {
    story_segment& said = say(bit::rst, 0, 0, line).acking(1);
    said.sequence_is_absolute_ = true;
    return said;
}
story_segment& story_host::keeps_alive(std::uint32_t length, unsigned line) {
    return say(0, in_->pairs_[pair_].hosts[side_].next - 1, length, line);
}
story_segment& story_host::probes(unsigned line) {
    const std::int64_t next = in_->pairs_[pair_].hosts[side_].next;
    story_segment& said = say(0, next, 1, line);
    in_->pairs_[pair_].hosts[side_].next = next;
    return said;
}

// How it is told

struct story::setting {
    std::array<std::uint32_t, 2> initial{}; ///< the sequence numbers of client and server
    bool v6 = false;
    bool pcapng = false;
    bool client_higher = false; ///< by address
    std::size_t handshake_order = 0;

    [[nodiscard]] tcplens::endpoint endpoint(const story_opening& opening, unsigned side) const {
        const unsigned host = 1 + (side == 0 ? opening.client : opening.server);
        const std::uint16_t port = side == 0 ? opening.client_port : opening.server_port;
        const bool higher = (side == 0) == client_higher;
        const std::string text =
            (v6 ? (higher ? "2001:db8:2::" : "2001:db8:1::") : (higher ? "198.51.100." : "192.0.2."));
        return {address::parse(text + std::to_string(host)).value(), port};
    }

    [[nodiscard]] std::string text() const {
        std::ostringstream out;
        out << "initial sequence numbers " << initial[0] << " and " << initial[1] << ", " << (v6 ? "IPv6" : "IPv4")
            << ", " << (pcapng ? "pcapng" : "pcap") << ", the " << (client_higher ? "client" : "server")
            << " has the higher address, handshake " << handshake_order_names[handshake_order];
        return out.str();
    }
};

struct story::telling {
    std::vector<std::byte> file{};
    std::vector<const story_segment*> segments{}; ///< in the order of the capture
    std::vector<add_result<>> results{};
    std::vector<tcplens::connection> connections{}; ///< told as if in the first setting
    std::vector<time_attribution> times{};          ///< of the same
    std::optional<capture_error> error{};
};

story::story(const story_options& options)
    : options_(options), exceptions_(std::uncaught_exceptions()),
      context_(doctest::detail::MakeContextScope(printer{this})) {}

story::~story() noexcept(false) {
    if (std::uncaught_exceptions() == exceptions_) check();
}

story_segment& story::captures(const story_segment& sent, unsigned line) {
    story_segment& again = segments_.emplace_back(sent);
    again.line_ = line;
    again.time_ = now_;
    again.captured_ = true;
    again.begins_handshake_ = false;
    again.expected_ = verdict_kinds::none;
    again.reason_.reset();
    again.grade_.reset();
    again.earlier_packet_.reset();
    again.elapsed_.reset();
    again.connection_.reset();
    return again;
}

story_hosts story::hosts(const story_opening& opening) {
    pairs_.push_back({.opening = opening});
    const std::size_t pair = pairs_.size() - 1;
    return {story_host{*this, pair, 0}, story_host{*this, pair, 1}};
}

story_hosts story::established(const story_opening& opening, unsigned line) {
    // Only the first handshake between two endpoints may be captured in any order: later ones meet another connection.
    const bool first = std::ranges::none_of(pairs_, [&](const pair_state& pair) {
        return setting{}.endpoint(pair.opening, 0) == setting{}.endpoint(opening, 0) &&
               setting{}.endpoint(pair.opening, 1) == setting{}.endpoint(opening, 1);
    });
    story_hosts made = hosts(opening);
    made.client.syn(line).begins_handshake_ = first;
    after(opening.rtt);
    made.server.syn_ack(line);
    made.client.acks(1, line);
    return made;
}

story_hosts story::midstream(const story_opening& opening) {
    const story_hosts made = hosts(opening);
    for (host_state& host : pairs_.back().hosts) {
        host.next = 1;
        host.acknowledged = 1;
    }
    return made;
}

tcplens::endpoint story_host::endpoint() const {
    return story::setting{}.endpoint(in_->pairs_[pair_].opening, side_);
}

story::telling story::tell_in(const setting& how) const {
    telling told;
    for (const story_segment& each : segments_) {
        if (each.captured_) told.segments.push_back(&each);
    }
    for (std::size_t i = 0; i + 2 < told.segments.size(); ++i) {
        if (!told.segments[i]->begins_handshake_) continue;
        const std::array handshake{told.segments[i], told.segments[i + 1], told.segments[i + 2]};
        for (std::size_t j = 0; j < 3; ++j) told.segments[i + j] = handshake[handshake_orders[how.handshake_order][j]];
        i += 2;
    }

    capture_writer::pcap_writer pcap{{.nanoseconds = true}};
    capture_writer::pcapng_writer pcapng;
    pcapng.interface({.resolution = std::uint8_t{9}});
    for (std::size_t i = 0; i < told.segments.size(); ++i) {
        const story_segment& each = *told.segments[i];
        const pair_state& pair = pairs_[each.pair_];
        const auto initial = [&](unsigned side) {
            return how.initial[side] + (side == 0 ? pair.opening.client_ahead : pair.opening.server_ahead);
        };
        const auto modulo = [](std::int64_t relative) { return static_cast<std::uint32_t>(relative); };
        packet_builder::byte_vector options;
        if (pair.opening.sack && (each.flags_ & bit::syn) != 0) options = packet_builder::sack_permitted();
        const std::uint16_t mss =
            each.side_ == 1 ? pair.opening.server_mss.value_or(pair.opening.mss) : pair.opening.mss;
        if (mss != 0 && (each.flags_ & bit::syn) != 0) {
            options = packet_builder::join({packet_builder::mss(mss), options});
        }
        if (each.timestamps_) {
            options = packet_builder::join(
                {options, packet_builder::timestamps(each.timestamps_->value, each.timestamps_->echo)});
        }
        if (each.sack_) {
            const auto edge = [&](std::size_t which) { return initial(1 - each.side_) + modulo((*each.sack_)[which]); };
            options = packet_builder::join({options, packet_builder::sack({{edge(0), edge(1)}})});
        }
        const bool acknowledges = (each.flags_ & bit::ack) != 0;
        const auto frame = packet_builder::tcp_packet(
            {.source = how.endpoint(pair.opening, each.side_),
             .destination = how.endpoint(pair.opening, 1 - each.side_),
             .hop_limit = each.hop_limit_.value_or(pair.opening.hop_limit),
             .ip_id = each.ip_id_,
             .sequence = (each.sequence_is_absolute_ ? 0 : initial(each.side_)) + modulo(each.sequence_),
             .acknowledgment = acknowledges ? initial(1 - each.side_) + modulo(each.acknowledgment_) : 0,
             .flags = each.flags_,
             .window = each.window_,
             .options = options,
             .payload_length = each.length_});
        const packet captured{
            .time = beginning + each.time_, .bytes = frame, .wire_length = static_cast<std::uint32_t>(frame.size())};
        if (how.pcapng) pcapng.add(captured);
        else pcap.add(captured);
    }
    told.file = how.pcapng ? pcapng.bytes() : pcap.bytes();

    const auto follow = [&]<class Table>(Table table) {
        capture_reader reader{std::span<const std::byte>{told.file}};
        for (const packet& each : reader) told.results.push_back(table.add(each));
        told.error = reader.error();
        told.connections.assign(table.begin(), table.end());
        for (auto& each : told.results) {
            if (each.connection != nullptr) each.connection = &told.connections[each.connection->number];
        }
    };
    const table_options options{.split_incarnations = options_.split_incarnations};
    if (options_.rules == story_rules::evidence) follow(connection_table{options});
    else follow(basic_connection_table{options, repeated_sequence_rules{1000}});

    basic_connection_table<evidence_rules, time_observer> timed{options};
    capture_reader again{std::span<const std::byte>{told.file}};
    for (const packet& each : again) timed.add(each);
    for (const auto& each : timed) told.times.push_back(each.time);

    // As in the first setting: its addresses, and IPv4 headers are 20 bytes shorter.
    for (tcplens::connection& each : told.connections) {
        for (const pair_state& pair : pairs_) {
            for (const unsigned side : {0u, 1u}) {
                if (each.client == how.endpoint(pair.opening, side) &&
                    each.server == how.endpoint(pair.opening, 1 - side)) {
                    each.client = setting{}.endpoint(pair.opening, side);
                    each.server = setting{}.endpoint(pair.opening, 1 - side);
                }
            }
        }
        if (how.handshake_order != 0 && each.number < connections_.size()) { // its first packet is another
            each.first_time = connections_[each.number].first_time;
            each.last_time = connections_[each.number].last_time;
        }
        if (how.v6) {
            each.client_to_server.wire_bytes -= 20 * each.client_to_server.packets;
            each.server_to_client.wire_bytes -= 20 * each.server_to_client.packets;
        }
    }
    return told;
}

void story::check() {
    const std::string wrong = what_went_wrong();
    if (wrong.empty()) return;
    const doctest::TestCaseData& test = *doctest::getContextOptions()->currentTest;
    ADD_FAIL_CHECK_AT(test.m_file.c_str(), static_cast<int>(wrong_line_ == 0 ? test.m_line : wrong_line_),
                      "the story went another way: " << wrong);
}

std::string story::what_went_wrong() {
    if (told_ == segments_.size()) return {};
    told_ = segments_.size();
    const bool any_handshake = std::ranges::any_of(segments_, &story_segment::begins_handshake_);
    bool first = true;
    shown_.clear();
    for (std::size_t order = 0; order < (any_handshake ? handshake_orders.size() : 1); ++order) {
        for (const auto& initial : {std::array{1000u, 2000u}, std::array{0x7fff'ffceu, 0x7fff'ffecu},
                                    std::array{0xffff'ffceu, 0xffff'ffecu}}) {
            for (const bool v6 : {false, true}) {
                if (options_.families == (v6 ? story_families::v4 : story_families::v6)) continue;
                // Times that run back spoil the round trip, which IPv6 without an Identification has to go by.
                if (v6 && order != 0) continue;
                for (const bool pcapng : {false, true}) {
                    for (const bool client_higher : {false, true}) {
                        const setting how{initial, v6, pcapng, client_higher, order};
                        const telling told = tell_in(how);
                        if (std::exchange(first, false)) {
                            capture_ = told.file;
                            connections_ = told.connections;
                            times_ = told.times;
                        }
                        if (std::string wrong = differences(told, how); !wrong.empty()) return wrong;
                    }
                }
            }
        }
    }
    return {};
}

std::string story::differences(const telling& told, const setting& how) {
    std::vector<std::string> wrong(told.segments.size()); // for each segment
    std::uint64_t begun = 0;
    for (std::size_t i = 0; i < told.segments.size(); ++i) {
        const story_segment& each = *told.segments[i];
        const auto expect = [&](bool right, std::string_view what, const std::string& got,
                                const std::string& expected) {
            if (!right) wrong[i].append("; ").append(what).append(" is ").append(got).append(", not ").append(expected);
        };
        if (i >= told.results.size()) {
            expect(false, "the packet", "missing", "there");
            continue;
        }
        const auto& result = told.results[i];
        if (result.connection == nullptr) {
            expect(false, "the outcome", std::string(to_string(result.outcome)), "tcp");
            continue;
        }
        if (result.verdict.kinds != each.expected_) {
            expect(false, "the verdict", names_of(result.verdict.kinds), names_of(each.expected_));
        }
        if (each.reason_ && result.verdict.evidence != (*each.reason_)[how.v6]) {
            expect(false, "the evidence", names_of(result.verdict.evidence), names_of((*each.reason_)[how.v6]));
        }
        if (each.grade_ && std::pair{result.verdict.certainty, result.verdict.alternatives} != *each.grade_) {
            const auto grade = [](verdict::certainty_level level, verdict::reading_set others) {
                return std::string(to_string(level)) + " (" + to_string(others) + ")";
            };
            expect(false, "the certainty", grade(result.verdict.certainty, result.verdict.alternatives),
                   grade(each.grade_->first, each.grade_->second));
        }
        if (each.earlier_packet_ && result.verdict.earlier_packet != *each.earlier_packet_) {
            expect(false, "the earlier packet", std::to_string(result.verdict.earlier_packet),
                   std::to_string(*each.earlier_packet_));
        }
        if (each.elapsed_ && result.verdict.elapsed != *each.elapsed_) {
            expect(false, "the time since", std::to_string(result.verdict.elapsed.count()) + " ns",
                   std::to_string(each.elapsed_->count()) + " ns");
        }
        const std::uint64_t number = result.connection->number;
        if (each.connection_ && number != *each.connection_) {
            expect(false, "the connection", std::to_string(number), std::to_string(*each.connection_));
        }
        const bool begins = number == begun;
        begun += begins;
        expect(result.begins_connection == begins, "begins_connection", begins ? "false" : "true", "so");
    }

    std::string all_wrong;
    wrong_line_ = 0;
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        if (wrong[i].empty()) continue;
        const unsigned line = told.segments[i]->line_;
        if (wrong_line_ == 0) wrong_line_ = line;
        all_wrong += "\n  packet " + std::to_string(i + 1) + ", line " + std::to_string(line) + wrong[i];
    }
    if (told.error) all_wrong += "\n  " + to_string(*told.error);
    if (told.connections.size() != connections_.size()) {
        all_wrong += "\n  " + std::to_string(told.connections.size()) + " connections, but in the first setting " +
                     std::to_string(connections_.size());
    } else {
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            if (told.connections[i] == connections_[i]) continue;
            all_wrong +=
                "\n  " + describe(told.connections[i]) + "\n  but in the first setting\n  " + describe(connections_[i]);
        }
    }
    // Each instant was spent on one thing, wherever sequence numbers begin. Over IPv6 verdicts may differ.
    for (const time_attribution& each : told.times) {
        if (!is_sound(each)) all_wrong += "\n  the parts of its time do not sum to its duration";
    }
    if (!how.v6 && how.handshake_order == 0 && options_.families != story_families::v6 && told.times != times_) {
        all_wrong += "\n  time is divided otherwise than in the first setting";
    }
    // What is counted of connections is what was said of their segments.
    std::uint64_t packets = 0;
    std::uint64_t again = 0;
    for (const tcplens::connection& each : told.connections) {
        packets += each.client_to_server.packets + each.server_to_client.packets;
        again += each.client_to_server.retransmissions + each.server_to_client.retransmissions;
    }
    if (packets != told.segments.size()) all_wrong += "\n  " + std::to_string(packets) + " packets are counted";
    if (again != static_cast<std::uint64_t>(std::ranges::count_if(
                     told.results, [](const auto& each) { return each.verdict.is_retransmission(); }))) {
        all_wrong += "\n  " + std::to_string(again) + " retransmissions are counted";
    }

    if (!all_wrong.empty() || shown_.empty()) {
        shown_ = lines_of(told, how, wrong);
        shown_capture_ = told.file;
    }
    return all_wrong;
}

std::string story::lines_of(const telling& told, const setting& how, const std::vector<std::string>& wrong) const {
    std::ostringstream lines;
    lines << "the story, told with " << how.text() << ":\n" << std::fixed << std::setprecision(6);
    for (std::size_t i = 0; i < told.segments.size(); ++i) {
        const story_segment& each = *told.segments[i];
        const story_opening& opening = pairs_[each.pair_].opening;
        lines << std::setw(4) << i + 1 << std::setw(11) << std::chrono::duration<double>(each.time_).count() << "  "
              << std::setw(8) << host_name(opening, each.side_) << " > " << std::left << std::setw(8)
              << host_name(opening, 1 - each.side_) << std::right << ' ';
        for (const auto& [bit, letter] :
             {std::pair{bit::syn, 'S'}, {bit::fin, 'F'}, {bit::rst, 'R'}, {bit::psh, 'P'}, {bit::ack, 'A'}}) {
            lines << ((each.flags_ & bit) != 0 ? letter : '.');
        }
        lines << "  seq " << std::setw(5) << each.sequence_ << " ack " << std::setw(5) << each.acknowledgment_
              << " len " << std::setw(4) << each.length_ << " win " << std::setw(5) << each.window_;
        if (i < told.results.size() && told.results[i].connection != nullptr) {
            lines << "  [" << told.results[i].connection->number << "] " << to_string(told.results[i].verdict.kinds);
        }
        if (!wrong[i].empty()) lines << "  <-- line " << each.line_ << wrong[i];
        lines << '\n';
    }
    return lines.str();
}

void story::print(std::ostream& out) const {
    out << shown_;
    const char* const folder = std::getenv("TCPLENS_STORY_FOLDER");
    if (folder == nullptr || shown_capture_.empty()) return;
    std::string path = doctest::getContextOptions()->currentTest->m_name;
    for (char& each : path) {
        if (std::isalnum(static_cast<unsigned char>(each)) == 0) each = '_';
    }
    path = std::string(folder) + '/' + path + (shown_capture_[0] == std::byte{0x0a} ? ".pcapng" : ".pcap");
    std::ofstream file{path, std::ios::binary};
    file.write(reinterpret_cast<const char*>(shown_capture_.data()),
               static_cast<std::streamsize>(shown_capture_.size()));
    out << (file ? "written to " : "could not be written to ") << path << '\n';
}

const std::vector<tcplens::connection>& story::connections() {
    check();
    return connections_;
}

namespace {

template <class Connection>
Connection the_only_one(const std::vector<Connection>& connections) {
    if (connections.size() == 1) return connections.front();
    const doctest::TestCaseData& test = *doctest::getContextOptions()->currentTest;
    ADD_FAIL_AT(test.m_file.c_str(), static_cast<int>(test.m_line), connections.size() << " connections, not one");
    return {};
}

} // namespace

tcplens::connection story::connection() {
    return the_only_one(connections());
}

std::vector<tcplens::detailed_connection> story::all_detailed() {
    tcplens::detailed_connection_table table{{.split_incarnations = options_.split_incarnations}};
    tcplens::capture_reader reader{std::span<const std::byte>{capture()}};
    for (const tcplens::packet& each : reader) table.add(each);
    return {table.begin(), table.end()};
}

tcplens::detailed_connection story::detailed() {
    return the_only_one(all_detailed());
}

const std::vector<std::byte>& story::capture() {
    check();
    return capture_;
}
