// SPDX-License-Identifier: MIT
#pragma once

// What live_monitor and packet_ring share: a table of bounded memory that is watched while packets come, a line a second, a line
// for each connection that ends, signals, an interface that goes away.

#include "command_line.hpp"
#include "percentage.hpp"
#include "worst_connections.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <span>
#include <string>
#include <string_view>

#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace example {

inline constexpr operand interface_operand{
    "INTERFACE", "interface", "INTERFACE is the name of a network interface; capturing needs CAP_NET_RAW, or root.",
    "Which interface? Name one, as `ip link` does."};

/// The kernel's buffer, and how long a packet may wait in it: what a burst may fill while nobody reads.
inline constexpr std::size_t kernel_buffer = std::size_t{32} << 20;
inline constexpr std::chrono::milliseconds longest_wait{50};

struct kernel_counts {
    std::uint64_t received = 0; ///< those that were dropped included
    std::uint64_t dropped = 0;  ///< there was no room in the buffer
};

/// Counts what was sent again since somebody looked last.
struct retransmissions_seen {
    std::uint64_t count = 0;
    worst_connections worst{};
};

/// An observer of the table: it tells the above, which has to outlive it, of each retransmission.
struct retransmission_watch {
    struct facts {
        constexpr void swap_roles() noexcept {}
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };
    struct connection_state {};

    retransmissions_seen* seen;

    void observe(const tcplens::observer_input& next, connection_state&, facts&) noexcept {
        if (!next.verdict.is_retransmission()) return;
        ++seen->count;
        seen->worst.count(next.connection);
    }
};

/// The table, and what is said of it on standard output.
class live_table {
public:
    explicit live_table(const arguments& given)
        : brief_(given.brief),
          table_({.max_connections = given.max_connections}, tcplens::evidence_rules{}, retransmission_watch{&seen_}) {}
    live_table(const live_table&) = delete; // the observer points here
    live_table& operator=(const live_table&) = delete;

    void add(tcplens::timestamp time, tcplens::link_type link, std::span<const std::byte> bytes,
             std::size_t wire_length) {
        table_.add(time, link, bytes, wire_length, on_end_);
    }
    template <class Packets>
    void add_all(Packets&& packets) {
        table_.add_all(packets, on_end_);
    }

    /// The line of a second. `quiet`: no packet is waiting, so time passes without them.
    void tell_second(const kernel_counts& kernel, bool quiet) {
        const tcplens::timestamp now = std::chrono::system_clock::now();
        if (quiet) table_.expire(now, on_end_);
        const tcplens::connection_counters& lives = table_.counters();
        const std::uint64_t tcp = table_.statistics().tcp;
        std::cout << date_and_time(now) << " new " << lives.begun - told_.lives.begun << ", ended "
                  << lives.ended() - told_.lives.ended() << " (" << ends_since(told_.lives) << "), open " << lives.open
                  << ", retransmitted " << seen_.count - told_.retransmissions << " of " << tcp - told_.tcp
                  << " TCP packets (" << rate(seen_.count - told_.retransmissions, tcp - told_.tcp) << ')';
        if (kernel.dropped > told_.dropped) std::cout << ", dropped by the kernel " << kernel.dropped - told_.dropped;
        std::string_view before = "; worst: ";
        for (const worst_connections::entry& each : seen_.worst.take(3)) {
            std::cout << before << to_string(each.client) << " > " << to_string(each.server) << ' '
                      << each.retransmissions;
            before = ", ";
        }
        std::cout << std::endl;
        told_ = {lives, tcp, seen_.count, kernel.dropped};
    }

    /// Ends all connections, and tells the totals.
    void finish(const kernel_counts& kernel) {
        table_.flush(on_end_);
        const tcplens::connection_counters& lives = table_.counters();
        const tcplens::decode_statistics& packets = table_.statistics();
        std::cout << "connections: begun " << lives.begun << " = ended " << lives.ended() << " (" << ends_since({})
                  << ") + open " << lives.open << "\npackets: " << packets.packets << " = TCP " << packets.tcp
                  << " + not TCP " << packets.not_tcp << " + fragments " << packets.fragments << " + truncated "
                  << packets.truncated << " + malformed " << packets.malformed << " + of other links "
                  << packets.unsupported_link << "\nretransmitted: " << seen_.count << " of " << packets.tcp
                  << " TCP packets (" << rate(seen_.count, packets.tcp) << ")\nkernel: received " << kernel.received
                  << ", dropped " << kernel.dropped << std::endl;
    }

private:
    void tell_end(const tcplens::connection& ended, tcplens::end_reason why) const {
        if (brief_) return;
        const tcplens::direction_statistics& up = ended.client_to_server;
        const tcplens::direction_statistics& down = ended.server_to_client;
        const auto milliseconds = (ended.last_time - ended.first_time) / std::chrono::milliseconds{1};
        std::cout << "  " << to_string(why) << ": " << to_string(ended.client) << " > " << to_string(ended.server)
                  << ", handshake " << to_string(ended.handshake) << ", close " << to_string(ended.close_reason)
                  << ", packets " << up.packets << " + " << down.packets << ", payload " << up.payload_bytes << " + "
                  << down.payload_bytes << ", on the wire " << up.wire_bytes << " + " << down.wire_bytes
                  << ", retransmitted " << up.retransmissions << " + " << down.retransmissions << ", " << milliseconds
                  << " ms\n";
    }

    [[nodiscard]] std::string ends_since(const tcplens::connection_counters& before) const {
        std::string text;
        for (std::size_t i = 0; i < before.ended_by.size(); ++i) {
            const auto why = static_cast<tcplens::end_reason>(i);
            text.append(text.empty() ? "" : " + ").append(to_string(why)).append(" ");
            text += std::to_string(table_.counters().ended(why) - before.ended(why));
        }
        return text;
    }

    [[nodiscard]] static std::string rate(std::uint64_t part, std::uint64_t whole) {
        return percentage(whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole), 2);
    }

    /// As ISO 8601 has it, in UTC.
    [[nodiscard]] static std::string date_and_time(tcplens::timestamp now) {
        const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
        std::array<char, 32> text{};
        const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds));
        return {text.data(), length};
    }

    /// What the lines before have told.
    struct told_so_far {
        tcplens::connection_counters lives{};
        std::uint64_t tcp = 0;
        std::uint64_t retransmissions = 0;
        std::uint64_t dropped = 0;
    };
    struct end_teller {
        const live_table* of;
        void operator()(const tcplens::connection& ended, tcplens::end_reason why) const { of->tell_end(ended, why); }
    };

    bool brief_;
    retransmissions_seen seen_{};
    told_so_far told_{};
    end_teller on_end_{this};
    tcplens::basic_connection_table<tcplens::evidence_rules, retransmission_watch> table_;
};

/// Whether an interface is there, and up. What is no single interface ("any") always is.
class interface_watch {
public:
    enum class state { up, down, gone };

    explicit interface_watch(const std::string& name)
        : index_(if_nametoindex(name.c_str())), socket_(socket(AF_INET, SOCK_DGRAM, 0)) {}
    interface_watch(const interface_watch&) = delete;
    interface_watch& operator=(const interface_watch&) = delete;
    ~interface_watch() {
        if (socket_ >= 0) close(socket_);
    }

    [[nodiscard]] state look() const noexcept {
        if (index_ == 0) return state::up;
        ifreq request{}; // by its index: it may have another name by now
        if (if_indextoname(index_, request.ifr_name) == nullptr) return errno == ENXIO ? state::gone : state::up;
        if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return state::up; // gone since, or this cannot be known
        return (request.ifr_flags & IFF_UP) != 0 ? state::up : state::down;
    }

private:
    unsigned index_;
    int socket_;
};

/// Whether SIGTERM or SIGINT came.
class end_signals {
public:
    end_signals() {
        struct sigaction action {};
        action.sa_handler = [](int) { came_ = 1; };
        sigaction(SIGTERM, &action, nullptr); // without SA_RESTART: they end a wait
        sigaction(SIGINT, &action, nullptr);
    }
    [[nodiscard]] bool came() const noexcept { return came_ != 0; }

private:
    static inline volatile std::sig_atomic_t came_ = 0;
};

/// Waits until `descriptor` can be read, or for so long.
inline void wait_for(int descriptor, std::chrono::milliseconds time) noexcept {
    pollfd waiting{descriptor, POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(time.count()));
}

/// Where packets come from, as long as they come.
template <class Source>
concept live_source = requires(Source& from, live_table& into) {
    { from.take(into) } -> std::same_as<bool>; ///< gives on some of what is waiting; false: nothing is
    from.wait(std::chrono::milliseconds{});
    { from.counts() } -> std::same_as<kernel_counts>;       ///< since it began
    { from.problem() } -> std::convertible_to<std::string>; ///< why nothing comes any more; empty if all is well
    { from.link() } -> std::same_as<tcplens::link_type>;
};

/// Watches until a signal, the end of the time given, or the end of the interface; whichever it is, all that was captured by
/// then is taken in, and told.
template <live_source Source>
[[nodiscard]] exit_status watch(const arguments& given, Source& from) {
    using namespace std::chrono_literals;
    using clock = std::chrono::steady_clock;
    const auto complain = [&](std::string_view what) {
        std::cout.flush();
        std::cerr << given.program << ": " << given.files[0] << ": " << what << std::endl;
    };
    if (const std::string problem = from.problem(); !problem.empty()) {
        complain(problem);
        return exit_status::bad_input;
    }

    const end_signals signals;
    const interface_watch interface { given.files[0] };
    live_table table{given};
    auto before = interface_watch::state::up;
    std::string problem;
    const clock::time_point until = clock::now() + given.run_time;
    clock::time_point next_second = clock::now() + 1s;
    clock::time_point end = clock::time_point::max(); // until it is known: the kernel has to hand over what it holds
    std::cout << "listening on " << given.files[0] << ", link type " << to_string(from.link()) << ", at most "
              << given.max_connections << " connections" << std::endl;

    while (true) {
        const bool some = from.take(table);
        const clock::time_point now = clock::now();
        if (problem.empty()) problem = from.problem();
        if (now >= next_second) {
            next_second += 1s * (1 + (now - next_second) / 1s);
            table.tell_second(from.counts(), !some);
            if (!std::cout) problem = "The output could not be written.";
            const auto state = interface.look();
            if (state != before && state == interface_watch::state::down) complain("It is down; waiting.");
            if (state != before && state == interface_watch::state::up) complain("It is up again.");
            before = state;
        }
        const bool over = now >= until || signals.came() || !problem.empty() || before == interface_watch::state::gone;
        if (over) end = std::min(end, now + 2 * longest_wait);
        if (now >= end) break;
        if (some) continue;
        // Not for long: a signal that comes just before the wait does not end it.
        const clock::time_point wanted = std::min({next_second, end, now + 250ms});
        from.wait(std::chrono::ceil<std::chrono::milliseconds>(wanted - now));
    }

    table.finish(from.counts());
    if (interface.look() == interface_watch::state::gone) {
        problem = "The interface is gone: it was removed, or moved to another network namespace.";
    } else if (!std::cout) {
        problem = "The output could not be written.";
    }
    if (problem.empty()) return exit_status::good;
    complain(problem);
    return exit_status::bad_input;
}

} // namespace example
