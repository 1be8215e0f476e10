// SPDX-License-Identifier: MIT
#pragma once

#include "story.hpp"

#include "packet_builder.hpp"

#include <tcplens/analysis.hpp>
#include <tcplens/capture.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

/// Seven connections of one client to port 443 of one server, which begin and end in different ways. The tests of the analyses
/// expect their sums. Up and down are the packets of the client and of the server.
///
/// | number | what                                   | up | down |
/// | ------ | -------------------------------------- | -- | ---- |
/// | 0      | data, sent again, both FINs            | 6  | 3    |
/// | 1      | established, the server resets         | 2  | 2    |
/// | 2      | refused                                | 1  | 1    |
/// | 3      | not answered                           | 1  | 0    |
/// | 4      | picked up midstream: ten bytes         | 1  | 0    |
/// | 5      | half-open scan: the client resets      | 2  | 1    |
/// | 6      | established                            | 2  | 1    |
inline void tell_seven_connections(story& s) {
    using enum tcplens::verdict_kinds;
    {
        auto [client, server] = s.established({.client_port = 40000});
        client.sends(1, 100);
        s.after(std::chrono::milliseconds{200});
        client.sends(1, 100).expect(retransmission);
        server.acks(101);
        client.fins();
        server.fins().acking(102);
        client.acks(2);
    }
    {
        auto [client, server] = s.established({.client_port = 40001});
        server.resets();
    }
    {
        auto [client, server] = s.hosts({.client_port = 40002});
        client.syn();
        server.refuses();
    }
    s.hosts({.client_port = 40003}).client.syn();
    s.midstream({.client_port = 40004}).client.sends(1, 10);
    {
        auto [client, server] = s.hosts({.client_port = 40005});
        client.syn();
        server.syn_ack();
        client.resets();
    }
    s.established({.client_port = 40006});
}

/// The connections for which a predicate holds, as an input range that can be read once: the least that an analysis requires.
/// std::views::filter does not compile with clang 14 and the standard library of g++ 12.
template <class Predicate>
class chosen {
public:
    chosen(const std::vector<tcplens::connection>& from, Predicate which) : from_(&from), which_(std::move(which)) {}

    class iterator {
    public:
        using value_type = tcplens::connection;
        using difference_type = std::ptrdiff_t;

        explicit iterator(chosen& of) : of_(&of) { skip(); }
        iterator(iterator&&) = default;
        iterator& operator=(iterator&&) = default;

        const tcplens::connection& operator*() const { return (*of_->from_)[of_->next_]; }
        iterator& operator++() {
            ++of_->next_;
            skip();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return of_->next_ == of_->from_->size(); }

    private:
        void skip() {
            while (of_->next_ < of_->from_->size() && !of_->which_((*of_->from_)[of_->next_])) ++of_->next_;
        }
        chosen* of_;
    };

    iterator begin() { return iterator{*this}; }
    std::default_sentinel_t end() const { return {}; }

private:
    const std::vector<tcplens::connection>* from_;
    Predicate which_;
    std::size_t next_ = 0;
};

inline const tcplens::address client_address = packet_builder::address_of("192.0.2.1");
inline const tcplens::address server_address = packet_builder::address_of("198.51.100.1");

/// A connection with a completed handshake that is open, from a client port of 40000 + `number` to port 443 of one server.
inline tcplens::connection hand_made(std::uint64_t number, const tcplens::direction_statistics& up = {},
                                     const tcplens::direction_statistics& down = {}) {
    return {.client = {client_address, static_cast<std::uint16_t>(40000 + number)},
            .server = {server_address, 443},
            .role_basis = tcplens::role_basis::syn,
            .handshake = tcplens::handshake_state::completed,
            .close_reason = tcplens::close_reason::active,
            .client_to_server = up,
            .server_to_client = down,
            .number = number};
}
