// SPDX-License-Identifier: MIT
#pragma once

// The metrics over HTTP. Nothing here waits: a client that is slow, or sends what it likes, delays nobody.

#include "watch_metrics.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <poll.h>

namespace program::watching {

class metrics_server {
public:
    using clock = std::chrono::steady_clock;
    /// Makes the page.
    using page_maker = std::function<std::string(metrics_format)>;

    explicit metrics_server(page_maker make_page) : make_page_(std::move(make_page)) {}
    metrics_server(const metrics_server&) = delete;
    metrics_server& operator=(const metrics_server&) = delete;
    ~metrics_server();

    /// Listens at a port. Says why it cannot; empty if it can.
    [[nodiscard]] std::string listen(const tcplens::address& address, std::uint16_t port);

    /// Adds what poll(2) should wait on.
    void add_to(std::vector<pollfd>& waiting) const;
    /// Does what can be done at once: takes clients in, reads what they ask, sends. Bounded work, whatever they do.
    void serve(clock::time_point now);

private:
    struct client {
        int socket = -1;
        clock::time_point end{}; ///< when it has to be done
        std::string asked{};
        std::string answer{};
        std::size_t sent = 0;
        bool is_answered = false; ///< all was sent: what else comes is read and forgotten, until it closes
    };

    void accept_clients(clock::time_point now);
    /// Whether there is more to do with it.
    [[nodiscard]] bool advance(client& of, clock::time_point now);
    [[nodiscard]] bool read(client& of);
    [[nodiscard]] bool send(client& of);
    [[nodiscard]] const std::string& page(metrics_format format, clock::time_point now);

    struct kept_page {
        std::string text{};
        clock::time_point made{};
    };

    page_maker make_page_;
    int listener_ = -1;
    std::vector<client> clients_{};
    kept_page pages_[2]{}; ///< by metrics_format
};

} // namespace program::watching
