// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

class story;

/// One segment of a story: what its sender puts into it, and the verdict that is expected. Without a call of expect() no verdict
/// is expected.
class story_segment {
public:
    // These hold for the later segments of the host, too.
    story_segment& acking(std::int64_t number); ///< relative to the peer's initial sequence number
    story_segment& window(std::uint16_t unscaled);
    // These are of one segment only.
    story_segment& at(std::int64_t sequence); ///< relative to its sender's initial sequence number
    story_segment& without_ack();
    story_segment& with_ack();
    story_segment& with_fin();
    story_segment& carrying(std::uint32_t length); ///< data in a SYN
    story_segment& ip_id(std::uint16_t id);
    story_segment& hop_limit(std::uint8_t limit); ///< as captured behind routers, in place of story_opening::hop_limit
    story_segment& timestamps(std::uint32_t value,
                              std::uint32_t echo);              ///< in place of those of story_opening::timestamps
    story_segment& sack(std::int64_t left, std::int64_t right); ///< relative, as acknowledgments are
    story_segment& uncaptured(); ///< lost before the capture, or by it; or late: see story::captures

    /// Exactly these verdicts.
    story_segment& expect(tcplens::verdict_kinds exactly);
    /// Exactly this evidence. Without a call any evidence is accepted.
    story_segment& because(tcplens::evidence_set exactly);
    /// Other evidence over IPv6, which has no Identification.
    story_segment& because(tcplens::evidence_set exactly, tcplens::evidence_set over_ipv6);
    /// How sure the verdict is, and what else the segment can be. Without a call any certainty is accepted.
    story_segment& graded(tcplens::verdict::certainty_level exactly,
                          tcplens::verdict::reading_set alternatives = tcplens::verdict::reading_set::none);
    /// The number of the earlier packet that the verdict points to, 0 for none, and the time since then.
    story_segment& earlier(std::uint64_t packet, std::optional<std::chrono::nanoseconds> elapsed = {});
    /// The number of the connection that the segment belongs to.
    story_segment& of(std::uint64_t connection);

private:
    friend class story;
    friend class story_host;

    story* in_ = nullptr;
    unsigned line_ = 0; ///< of the test's source
    std::size_t pair_ = 0;
    unsigned side_ = 0; ///< 0: the client of the pair
    std::chrono::nanoseconds time_{};
    std::int64_t sequence_ = 0;
    bool sequence_is_absolute_ = false;
    std::int64_t acknowledgment_ = 0;
    std::uint16_t flags_ = 0;
    std::uint32_t length_ = 0;
    std::uint16_t window_ = 0;
    std::uint16_t ip_id_ = 0;
    std::optional<std::uint8_t> hop_limit_{};
    std::optional<tcplens::tcp_timestamps> timestamps_{};
    std::optional<std::array<std::int64_t, 2>> sack_{};
    bool captured_ = true;
    bool begins_handshake_ = false; ///< a segment of established(), which may be captured in another order
    tcplens::verdict_kinds expected_ = tcplens::verdict_kinds::none;
    std::optional<std::array<tcplens::evidence_set, 2>> reason_{}; ///< over IPv4, over IPv6
    std::optional<std::pair<tcplens::verdict::certainty_level, tcplens::verdict::reading_set>> grade_{};
    std::optional<std::uint64_t> earlier_packet_{};
    std::optional<std::chrono::nanoseconds> elapsed_{};
    std::optional<std::uint64_t> connection_{};
};

/// One end of a connection of a story. Sequence numbers are relative: the SYN is 0, data begins at 1. Where no sequence
/// number is asked for, a host uses the one after the highest that it has used.
class story_host {
public:
    story_segment& syn(unsigned line = __builtin_LINE());
    story_segment& syn_ack(unsigned line = __builtin_LINE());
    story_segment& sends(std::int64_t sequence, std::uint32_t length, unsigned line = __builtin_LINE());
    story_segment& acks(std::int64_t number, unsigned line = __builtin_LINE());
    /// A FIN; the same one each time.
    story_segment& fins(unsigned line = __builtin_LINE());
    /// The RST of a host that has the connection.
    story_segment& resets(unsigned line = __builtin_LINE());
    /// The RST that answers a SYN to a closed port: its sequence number is 0, of whatever connection (RFC 9293 3.5.2).
    story_segment& refuses(unsigned line = __builtin_LINE());
    /// A keep-alive: just below the number that the peer expects, with or without a byte of garbage.
    story_segment& keeps_alive(std::uint32_t length = 0, unsigned line = __builtin_LINE());
    /// A zero window probe: one byte beyond the window.
    story_segment& probes(unsigned line = __builtin_LINE());

    /// Its address and port in the setting of story::connections().
    [[nodiscard]] tcplens::endpoint endpoint() const;

private:
    friend class story;
    story_host(story& in, std::size_t pair, unsigned side) : in_(&in), pair_(pair), side_(side) {}
    story_segment& say(std::uint16_t flags, std::int64_t sequence, std::uint32_t length, unsigned line);

    story* in_;
    std::size_t pair_;
    unsigned side_;
};

struct story_hosts {
    story_host client;
    story_host server;
};

/// What a host writes into the IPv4 Identifications of its packets.
enum class story_ids : std::uint8_t { counted, constant, random, zero };

/// Two hosts, and how they send. The same hosts and ports with other initial sequence numbers are another incarnation.
struct story_opening {
    std::chrono::nanoseconds rtt = std::chrono::milliseconds{10};
    unsigned client = 0; ///< one of several hosts
    unsigned server = 0;
    std::uint16_t client_port = 40000;
    std::uint16_t server_port = 443;
    std::uint32_t client_ahead = 0; ///< added to its default initial sequence number
    std::uint32_t server_ahead = 0;
    bool timestamps = false; ///< at each end a clock of milliseconds, and its echo as RFC 7323 4.3 has it
    bool sack = false;       ///< permitted by the SYNs
    std::uint16_t mss = 0;   ///< the option of the SYNs; 0: without it
    std::optional<std::uint16_t> server_mss{}; ///< another one in the server's SYN-ACK
    story_ids ids = story_ids::counted;
    std::uint8_t hop_limit = 64;
};

/// The IP versions over which a story is told. IPv6 has no Identification, so evidence may differ.
enum class story_families : std::uint8_t { both, v4, v6 };
enum class story_rules : std::uint8_t { evidence, repeated_sequence };

struct story_options {
    story_rules rules = story_rules::evidence;
    story_families families = story_families::both;
    bool split_incarnations = true;
};

/// A packet story: hosts send segments, and each segment has to get exactly the verdicts that are expected of it.
///
///     story s;
///     auto [client, server] = s.established({.rtt = 10ms});
///     client.sends(1, 100);
///     s.after(200ms);
///     client.sends(1, 100).expect(retransmission);
///     CHECK(s.connection().client_to_server.retransmissions == 1);
///
/// A story is told when the test asks for its connections, and when it ends: its packets are written into a capture that is read
/// back, once in each setting. Settings differ in the initial sequence numbers, IPv4 or IPv6, pcap or pcapng, which host has the higher
/// address, and (IPv4) the order in which the handshake of established() was captured; connections must come out alike.
///
/// A story that fails prints itself. If the environment variable TCPLENS_STORY_FOLDER names a folder, it is written there
/// too, as a capture.
class story {
public:
    explicit story(const story_options& options = {});
    story(const story&) = delete;
    story& operator=(const story&) = delete;
    ~story() noexcept(false);

    /// Two hosts that have not sent anything yet.
    [[nodiscard]] story_hosts hosts(const story_opening& opening = {});
    /// Two hosts and their handshake.
    story_hosts established(const story_opening& opening = {}, unsigned line = __builtin_LINE());
    /// Two hosts whose handshake was before the capture, as all that they sent so far.
    [[nodiscard]] story_hosts midstream(const story_opening& opening = {});

    /// Time passes. A negative duration sets the clock back.
    void after(std::chrono::nanoseconds duration) { now_ += duration; }

    /// A segment that was sent before is captured now: late, if it was not captured yet, else once more.
    story_segment& captures(const story_segment& sent, unsigned line = __builtin_LINE());

    /// The connections in the first of the settings: IPv4, pcap, in order.
    /// A story of IPv6 alone is told as if that were IPv4.
    [[nodiscard]] const std::vector<tcplens::connection>& connections();
    /// The only connection.
    [[nodiscard]] tcplens::connection connection();
    /// The same connections with the facts of all observers.
    [[nodiscard]] std::vector<tcplens::detailed_connection> all_detailed();
    /// The only one of them.
    [[nodiscard]] tcplens::detailed_connection detailed();
    /// The pcap file of that setting.
    [[nodiscard]] const std::vector<std::byte>& capture();

    /// Tells the story without failing the test. Returns what was not as expected, in the first setting where anything was not.
    [[nodiscard]] std::string what_went_wrong();

private:
    friend class story_host;
    friend class story_segment;

    struct host_state {
        std::int64_t next = 0;
        std::optional<std::int64_t> acknowledged{};
        std::optional<std::int64_t> fin{};
        std::uint16_t window = 8192;
        std::uint16_t ip_id = 0;
        std::uint32_t clock_to_echo = 0; ///< TS.Recent of RFC 7323 4.3
        std::size_t heard = 0;           ///< how many of the segments clock_to_echo takes into account
    };
    struct pair_state {
        story_opening opening{};
        std::array<host_state, 2> hosts{};
    };
    struct printer {
        const story* of;
        void operator()(std::ostream* out) const { of->print(*out); }
    };

    struct setting;
    struct telling;

    [[nodiscard]] tcplens::tcp_timestamps stamp(std::size_t pair, unsigned side);
    void check();
    [[nodiscard]] telling tell_in(const setting& how) const;
    [[nodiscard]] std::string differences(const telling& told, const setting& how);
    [[nodiscard]] std::string lines_of(const telling& told, const setting& how,
                                       const std::vector<std::string>& wrong) const;
    void print(std::ostream& out) const;

    story_options options_;
    std::chrono::nanoseconds now_{};
    std::vector<pair_state> pairs_{};
    std::deque<story_segment> segments_{};

    std::size_t told_ = 0;                           ///< how many of the segments were written and read
    std::vector<tcplens::connection> connections_{}; ///< of the first setting
    std::vector<tcplens::time_attribution> times_{}; ///< likewise
    std::vector<std::byte> capture_{};               ///< likewise
    std::string shown_{};                            ///< as lines: of the first setting, or of the one that failed
    std::vector<std::byte> shown_capture_{};
    unsigned wrong_line_ = 0;
    int exceptions_;
    doctest::detail::ContextScope<printer> context_; ///< like INFO: if the test fails anywhere, the story is shown
};
