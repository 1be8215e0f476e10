// SPDX-License-Identifier: MIT
#pragma once

// What Zeek's scan policy and Snort's sfPortscan call a scan, as rules over connections: to compare with, not to run them.

#include <tcplens/connection/connection.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace scan_rules {

/// What one of the rules finds: sources that scan the ports of a target, and sources that scan hosts.
struct findings {
    std::set<std::pair<tcplens::address, tcplens::address>> port_scans{};
    std::set<tcplens::address> address_scans{};

    [[nodiscard]] bool any() const { return !port_scans.empty() || !address_scans.empty(); }
};

/// One attempt to open a connection.
struct attempt {
    tcplens::timestamp time{};
    tcplens::endpoint source{};
    tcplens::endpoint target{};
    bool failed = false;  ///< unanswered, refused, or reset by the source before any data (Zeek's scan.zeek)
    bool refused = false; ///< answered by a RST before it was open: what sfPortscan counts as an error
};

template <class Connections>
[[nodiscard]] std::vector<attempt> attempts_of(const Connections& connections) {
    std::vector<attempt> all;
    for (const tcplens::connection& each : connections) {
        const auto& up = each.client_to_server;
        const auto& down = each.server_to_client;
        if (up.syn == 0 || up.syn_ack > 0) continue; // both follow connections that begin with a SYN
        const bool no_data = up.payload_bytes + down.payload_bytes == 0;
        const bool refused = down.rst > 0 && down.syn_ack == 0;
        const bool unanswered = down.packets == 0;
        const bool given_up = up.rst > 0 && down.syn_ack > 0 && no_data;
        all.push_back({each.first_time, each.client, each.server, refused || unanswered || given_up, refused});
    }
    std::sort(all.begin(), all.end(), [](const attempt& a, const attempt& b) { return a.time < b.time; });
    return all;
}

/// Whether, of items in the order of time, those within some window satisfy a condition.
template <class Condition>
[[nodiscard]] bool within(const std::vector<const attempt*>& of, std::chrono::seconds window, Condition holds) {
    std::size_t begin = 0;
    for (std::size_t end = 0; end < of.size(); ++end) {
        while (of[end]->time - of[begin]->time > window) ++begin;
        if (holds(of.begin() + static_cast<std::ptrdiff_t>(begin), of.begin() + static_cast<std::ptrdiff_t>(end) + 1)) {
            return true;
        }
    }
    return false;
}

template <class Iterator, class Value>
[[nodiscard]] std::size_t distinct(Iterator begin, Iterator end, Value value) {
    std::set<decltype(value(**begin))> values;
    for (; begin != end; ++begin) values.insert(value(**begin));
    return values.size();
}

constexpr std::size_t zeek_ports = 15;
constexpr std::size_t zeek_hosts = 25;

/// Zeek, policy/misc/scan.zeek: 15 ports of one host, or 25 hosts at one port, that failed within five minutes.
[[nodiscard]] inline findings zeek(const std::vector<attempt>& attempts) {
    constexpr std::chrono::seconds window{300};
    std::map<std::pair<tcplens::address, tcplens::address>, std::vector<const attempt*>> by_pair;
    std::map<std::pair<tcplens::address, std::uint16_t>, std::vector<const attempt*>> by_port;
    for (const attempt& each : attempts) {
        if (!each.failed) continue;
        by_pair[{each.source.address, each.target.address}].push_back(&each);
        by_port[{each.source.address, each.target.port}].push_back(&each);
    }
    findings found;
    for (const auto& [pair, of] : by_pair) {
        const auto enough = [](auto begin, auto end) {
            return distinct(begin, end, [](const attempt& a) { return a.target.port; }) >= zeek_ports;
        };
        if (within(of, window, enough)) found.port_scans.insert(pair);
    }
    for (const auto& [port, of] : by_port) {
        const auto enough = [](auto begin, auto end) {
            return distinct(begin, end, [](const attempt& a) { return a.target.address; }) >= zeek_hosts;
        };
        if (within(of, window, enough)) found.address_scans.insert(port.first);
    }
    return found;
}

/// The thresholds of one sense level of sfPortscan: attempts (0: they do not count), errors, hosts and ports.
struct portscan_level {
    std::chrono::seconds window;
    std::size_t attempts;
    std::size_t errors;
    std::size_t ports;
    std::size_t sweep_attempts;
    std::size_t sweep_errors;
    std::size_t sweep_hosts;
    std::size_t sweep_ports; ///< fewer ports than this
};
constexpr portscan_level low{std::chrono::seconds{60}, 0, 5, 5, 0, 5, 5, 15};
constexpr portscan_level medium{std::chrono::seconds{90}, 200, 10, 15, 30, 7, 7, 10};

/// Snort, sfPortscan: errors or attempts of one source at many ports of one target (portscan), or at many targets (portsweep).
[[nodiscard]] inline findings portscan(const std::vector<attempt>& attempts, const portscan_level& level) {
    std::map<std::pair<tcplens::address, tcplens::address>, std::vector<const attempt*>> by_pair;
    std::map<tcplens::address, std::vector<const attempt*>> by_source;
    for (const attempt& each : attempts) {
        by_pair[{each.source.address, each.target.address}].push_back(&each);
        by_source[each.source.address].push_back(&each);
    }
    const auto reaches = [](auto begin, auto end, std::size_t errors, std::size_t count) {
        const auto refused = std::count_if(begin, end, [](const attempt* a) { return a->refused; });
        return static_cast<std::size_t>(refused) >= errors ||
               (count > 0 && static_cast<std::size_t>(end - begin) >= count);
    };
    const auto port_of = [](const attempt& a) { return a.target.port; };
    const auto host_of = [](const attempt& a) { return a.target.address; };
    findings found;
    for (const auto& [pair, of] : by_pair) {
        const auto enough = [&](auto begin, auto end) {
            return reaches(begin, end, level.errors, level.attempts) && distinct(begin, end, port_of) >= level.ports;
        };
        if (within(of, level.window, enough)) found.port_scans.insert(pair);
    }
    for (const auto& [source, of] : by_source) {
        const auto enough = [&](auto begin, auto end) {
            return reaches(begin, end, level.sweep_errors, level.sweep_attempts) &&
                   distinct(begin, end, host_of) >= level.sweep_hosts &&
                   distinct(begin, end, port_of) < level.sweep_ports;
        };
        if (within(of, level.window, enough)) found.address_scans.insert(source);
    }
    return found;
}

} // namespace scan_rules
