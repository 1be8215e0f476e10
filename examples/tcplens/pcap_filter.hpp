// SPDX-License-Identifier: MIT
#pragma once

// Filters in the language of libpcap (pcap-filter(7)), compiled and run by libpcap, where the build has it.

#include <tcplens/capture/packet.hpp>

#include <memory>
#include <optional>
#include <string>

namespace program {

/// Chooses packets of any link type: the expression is compiled for each link type when its first packet comes.
class pcap_filter {
public:
    /// Whether the build has libpcap.
    [[nodiscard]] static bool is_available() noexcept;
    /// What libpcap says is wrong with an expression: that it can be compiled for no link type.
    /// @pre is_available()
    [[nodiscard]] static std::optional<std::string> problem_of(const std::string& expression);

    /// @pre is_available(), and problem_of() tells of nothing
    explicit pcap_filter(std::string expression);
    pcap_filter(pcap_filter&&) noexcept;
    pcap_filter& operator=(pcap_filter&&) noexcept;
    ~pcap_filter();

    /// Whether the packet is chosen.
    [[nodiscard]] bool operator()(const tcplens::packet& next);
    /// A sentence about packets that were not chosen, since libpcap compiles the expression for other link types only.
    [[nodiscard]] std::optional<std::string> problem() const;

private:
    struct programs;
    std::unique_ptr<programs> programs_;
};

} // namespace program
