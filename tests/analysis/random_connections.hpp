// SPDX-License-Identifier: MIT
#pragma once

#include "../support/connections.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

/// Connections of all kinds, by chance: of `hosts` hosts, with ties in every order, some of them equal in all but their counts.
inline std::vector<tcplens::connection> random_connections(std::size_t count, std::uint32_t seed,
                                                           std::uint32_t hosts = 50) {
    using namespace tcplens;
    std::mt19937 random{seed};
    const auto below = [&random](std::uint32_t bound) { return static_cast<std::uint32_t>(random() % bound); };
    const auto host = [&] {
        std::array<std::byte, 16> bytes{};
        const std::uint32_t number = below(hosts);
        bytes[0] = std::byte{0x20};
        bytes[13] = static_cast<std::byte>(number >> 16);
        bytes[14] = static_cast<std::byte>(number >> 8 & 0xff);
        bytes[15] = static_cast<std::byte>(number & 0xff);
        return number % 3 == 0 ? address::v6(bytes) : address::v4(std::span{bytes}.last<4>());
    };
    const auto sent = [&] {
        direction_statistics made{.packets = below(200), .retransmissions = below(4), .syn = below(3), .rst = below(3)};
        made.payload_bytes = made.packets * below(1000);
        made.wire_bytes = made.payload_bytes + 54 * made.packets;
        made.syn_ack = made.syn > 0 ? below(2) : 0;
        made.fin = below(2);
        made.ack = made.packets;
        return made;
    };
    std::vector<connection> made;
    for (std::size_t i = 0; i < count; ++i) {
        connection next{.client = {host(), static_cast<std::uint16_t>(below(1000))},
                        .server = {host(), static_cast<std::uint16_t>(below(3))},
                        .role_basis = static_cast<role_basis>(below(4)),
                        .handshake = static_cast<handshake_state>(below(3)),
                        .close_reason = static_cast<close_reason>(below(4)),
                        .closed = below(2) == 0,
                        .client_to_server = sent(),
                        .server_to_client = sent(),
                        .number = below(100)};
        next.first_time = timestamp{std::chrono::seconds{below(10)}};
        next.last_time = next.first_time + std::chrono::milliseconds{below(5000)};
        made.push_back(next);
        if (i % 10 == 9) { // the same name and begin, with other counts
            made.push_back(next);
            made.back().client_to_server = sent();
        }
    }
    made.resize(count);
    return made;
}
