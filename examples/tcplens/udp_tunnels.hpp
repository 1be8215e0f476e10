// SPDX-License-Identifier: MIT
#pragma once

// UDP ports and the tunnels behind them: the option --tunnel, and what is said of datagrams that no tunnel was found in.

#include <tcplens/wire.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace program {

/// "ayiya, capwap, ... or vxlan": what --tunnel can name.
[[nodiscard]] inline std::string udp_tunnel_names() {
    std::string all;
    std::string last;
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
        const std::string_view name = to_string(tcplens::tunnel_set{bit});
        if (name.empty() || !tcplens::tunnels::with_udp_port(name)) continue;
        if (!last.empty()) all.append(all.empty() ? "" : ", ").append(last);
        last = name;
    }
    return all + " or " + last;
}

/// Takes the value of `--tunnel vxlan=10800`: the tunnel is found at that UDP port, too. Returns a sentence that says what is wrong with
/// the value, or nothing.
[[nodiscard]] inline std::string add_tunnel_port(tcplens::decode_options& into, std::string_view value) {
    const std::string said{value};
    const std::size_t equals = value.find('=');
    if (equals == std::string_view::npos)
        return "--tunnel needs a tunnel and its UDP port, such as vxlan=10800, not '" + said + "'.";
    const std::string_view name = value.substr(0, equals);
    const std::string_view number = value.substr(equals + 1);
    const auto tunnel = tcplens::tunnels::with_udp_port(name);
    if (!tunnel) {
        return "--tunnel knows no tunnel '" + std::string{name} + "' with a UDP port: it is one of " +
               udp_tunnel_names() + ".";
    }
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
    if (error != std::errc{} || end != number.data() + number.size() || port == 0)
        return "--tunnel needs a UDP port from 1 to 65535, not '" + std::string{number} + "'.";
    if (!into.ports.add(*tunnel, port))
        return "--tunnel can be given for " + std::to_string(tcplens::tunnel_ports::capacity) + " ports at most.";
    return {};
}

/// E.g. "UDP port 10800; they look like VXLAN: --tunnel vxlan=10800".
[[nodiscard]] inline std::string describe(const tcplens::udp_port_counts::entry& port) {
    std::string text = "UDP port " + std::to_string(port.port);
    if (port.resembling == 0) return text + ", not TCP";
    const std::string name{to_string(port.tunnel)};
    std::string shown = name; // as people write it
    for (char& each : shown) each = each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
    if (name == "teredo") shown = "Teredo";
    if (name == "sflow") shown = "sFlow";
    const std::string who = port.resembling == port.packets ? "they" : std::to_string(port.resembling) + " of them";
    const std::string verb = port.resembling == 1 && port.packets != 1 ? " looks like " : " look like ";
    return text + "; " + (port.packets == 1 ? "it looks like " : who + verb) + shown + ": --tunnel " + name + "=" +
           std::to_string(port.port);
}

} // namespace program
