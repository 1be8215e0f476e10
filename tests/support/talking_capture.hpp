// SPDX-License-Identifier: MIT
#pragma once

#include "capture_writer.hpp"
#include "packet_builder.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>

/// A capture of connections in which text is sent. A connection is known by the port of its client; sequence numbers begin with 0 for the
/// SYN. Packets are a millisecond apart.
///
///     talking_capture capture;
///     capture.opens(40000).client(40000, 1, "hello");
///     folder.write("a.pcap", capture.bytes());
class talking_capture {
public:
    static constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;

    talking_capture& client(std::uint16_t port, std::uint32_t sequence, std::string_view text,
                            std::uint16_t flags = ack) {
        return add(packet_builder::tcp_packet(segment(port, true, sequence, text, flags)));
    }
    talking_capture& server(std::uint16_t port, std::uint32_t sequence, std::string_view text,
                            std::uint16_t flags = ack) {
        return add(packet_builder::tcp_packet(segment(port, false, sequence, text, flags)));
    }
    talking_capture& opens(std::uint16_t port) {
        return client(port, 0, "", syn).server(port, 0, "", syn | ack).client(port, 1, "");
    }
    /// A frame of anything.
    talking_capture& add(std::span<const std::byte> frame) {
        now_ += std::chrono::milliseconds{1};
        file_.add({.time = now_,
                   .bytes = frame,
                   .wire_length = static_cast<std::uint32_t>(frame.size()),
                   .number = ++number_});
        return *this;
    }
    /// A segment as packet_builder has it. It acknowledges all that the other end sent before.
    packet_builder::tcp_packet_options segment(std::uint16_t port, bool by_client, std::uint32_t sequence,
                                               std::string_view text, std::uint16_t flags = ack) {
        const auto bytes = std::as_bytes(std::span{text});
        std::array<std::uint32_t, 2>& sent_here = sent_[port];
        std::uint32_t& sent = sent_here[by_client ? 0 : 1];
        packet_builder::tcp_packet_options of{.sequence = sequence + 1000,
                                              .acknowledgment = (flags & ack) != 0 ? sent_here[by_client ? 1 : 0] : 0,
                                              .flags = flags,
                                              .payload = {bytes.begin(), bytes.end()}};
        sent = sequence + 1000 + static_cast<std::uint32_t>(text.size()) + ((flags & (syn | fin)) != 0 ? 1 : 0);
        of.source.port = port;
        if (!by_client) std::swap(of.source, of.destination);
        return of;
    }
    [[nodiscard]] std::uint64_t packets() const noexcept { return number_; }
    [[nodiscard]] const capture_writer::byte_vector& bytes() const { return file_.bytes(); }

private:
    capture_writer::pcap_writer file_{};
    tcplens::timestamp now_{std::chrono::seconds{1'700'000'000}};
    std::uint64_t number_ = 0;
    std::map<std::uint16_t, std::array<std::uint32_t, 2>> sent_{}; ///< by port: behind the last byte of each side
};
