// SPDX-License-Identifier: MIT
#include "watch_server.hpp"

#include "watch_http.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace program::watching {

namespace {

constexpr std::size_t most_clients = 16;           ///< when another comes, the one that is there longest has to go
constexpr std::size_t most_accepted = 4;           ///< in one go
constexpr std::chrono::seconds longest_visit{5};   ///< from its first byte to its last
constexpr std::chrono::milliseconds page_life{50}; ///< whoever asks again sooner gets the same page

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // SIGPIPE is ignored
#endif

bool would_wait() noexcept {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

bool make_nonblocking(int socket) noexcept {
    const int flags = fcntl(socket, F_GETFL);
    return flags >= 0 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(socket, F_SETFD, FD_CLOEXEC) == 0;
}

/// An address and a port as bind(2) takes them.
struct socket_address {
    sockaddr_storage bytes{};
    socklen_t length = 0;

    socket_address(const tcplens::address& address, std::uint16_t port) noexcept {
        const auto from = address.bytes(); // of IPv4: mapped into IPv6
        if (address.is_v4()) {
            sockaddr_in v4{};
            v4.sin_family = AF_INET;
            v4.sin_port = htons(port);
            std::memcpy(&v4.sin_addr, from.data() + from.size() - sizeof v4.sin_addr, sizeof v4.sin_addr);
            take(v4);
        } else {
            sockaddr_in6 v6{};
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(port);
            std::memcpy(&v6.sin6_addr, from.data(), sizeof v6.sin6_addr);
            take(v6);
        }
    }

private:
    template <class Address>
    void take(const Address& from) noexcept {
        std::memcpy(&bytes, &from, sizeof from);
        length = sizeof from;
    }
};

} // namespace

metrics_server::~metrics_server() {
    for (const client& each : clients_) close(each.socket);
    if (listener_ >= 0) close(listener_);
}

std::string metrics_server::listen(const tcplens::address& address, std::uint16_t port) {
    const socket_address at{address, port};
    listener_ = socket(at.bytes.ss_family, SOCK_STREAM, 0);
    const int on = 1;
    if (listener_ >= 0 && make_nonblocking(listener_) &&
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(listener_, reinterpret_cast<const sockaddr*>(&at.bytes), at.length) == 0 &&
        ::listen(listener_, static_cast<int>(most_clients)) == 0) {
        return {};
    }
    if (errno == EADDRINUSE) return "The port is taken by another program.";
    if (errno == EADDRNOTAVAIL) return "This machine has no address " + to_string(address) + ": see --metrics-address.";
    return std::string{"It cannot be listened to: "} + std::strerror(errno) + '.';
}

void metrics_server::add_to(std::vector<pollfd>& waiting) const {
    if (listener_ >= 0) waiting.push_back({listener_, POLLIN, 0});
    for (const client& each : clients_) {
        const bool has_to_send = each.sent < each.answer.size();
        waiting.push_back({each.socket, static_cast<short>(has_to_send ? POLLOUT : POLLIN), 0});
    }
}

void metrics_server::serve(clock::time_point now) {
    if (listener_ < 0) return;
    accept_clients(now);
    std::erase_if(clients_, [&](client& each) {
        if (now < each.end && advance(each, now)) return false;
        close(each.socket);
        return true;
    });
}

void metrics_server::accept_clients(clock::time_point now) {
    for (std::size_t accepted = 0; accepted < most_accepted; ++accepted) {
        const int socket = accept(listener_, nullptr, nullptr);
        if (socket < 0) return; // nobody waits, or there are no descriptors left
        if (!make_nonblocking(socket)) {
            close(socket);
            continue;
        }
        if (clients_.size() == most_clients) {
            close(clients_.front().socket); // they stand in the order in which they came
            clients_.erase(clients_.begin());
        }
        clients_.push_back({.socket = socket, .end = now + longest_visit});
    }
}

bool metrics_server::advance(client& of, clock::time_point now) {
    if (!read(of)) return false;
    if (of.answer.empty()) {
        const http_request request = read_request(of.asked);
        if (request.is == http_request::state::incomplete) return true;
        const auto format = request.openmetrics ? metrics_format::openmetrics : metrics_format::prometheus;
        const bool is_page = request.is == http_request::state::metrics;
        of.answer = http_answer(request, is_page ? page(format, now) : std::string{}, content_type(format));
    }
    return send(of);
}

bool metrics_server::read(client& of) {
    std::array<char, longest_request> bytes;
    const ssize_t count = recv(of.socket, bytes.data(), bytes.size(), 0);
    if (count < 0) return would_wait();
    if (count == 0) return !of.answer.empty() && !of.is_answered; // it may have closed its half only
    if (of.answer.empty()) of.asked.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

bool metrics_server::send(client& of) {
    if (of.is_answered) return true;
    const ssize_t count = ::send(of.socket, of.answer.data() + of.sent, of.answer.size() - of.sent, MSG_NOSIGNAL);
    if (count < 0) return would_wait();
    of.sent += static_cast<std::size_t>(count);
    if (of.sent < of.answer.size()) return true;
    // To close at once would throw away what the client has not read yet, if something of its own is unread here (RFC 9112
    // section 9.6).
    shutdown(of.socket, SHUT_WR);
    of.is_answered = true;
    return true;
}

const std::string& metrics_server::page(metrics_format format, clock::time_point now) {
    kept_page& kept = pages_[static_cast<std::size_t>(format)];
    if (kept.text.empty() || now >= kept.made + page_life) kept = {make_page_(format), now};
    return kept.text;
}

} // namespace program::watching
