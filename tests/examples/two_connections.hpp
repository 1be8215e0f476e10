// SPDX-License-Identifier: MIT
#pragma once

#include "../support/story.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

/// Two connections; of the second, frames 6 to 10, the data is sent twice, and the server resets it.
inline std::vector<std::byte> two_connections() {
    using namespace std::chrono_literals;
    story s;
    auto [first, first_server] = s.established();
    first.sends(1, 10);
    first_server.acks(11);
    auto [second, second_server] = s.established({.client_port = 40001});
    second.sends(1, 100);
    s.after(300ms);
    second.sends(1, 100).expect(tcplens::verdict_kinds::retransmission);
    second_server.resets();
    return s.capture();
}
