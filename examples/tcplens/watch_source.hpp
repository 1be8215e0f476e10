// SPDX-License-Identifier: MIT
#pragma once

// Where watch gets its packets from: an interface, through libpcap or a ring of AF_PACKET.

#include "watch_table.hpp"
#include "watch_totals.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace program::watching {

/// The kernel's buffer, and how long a packet may wait in it: what a burst may fill while nobody reads.
inline constexpr std::size_t kernel_buffer = std::size_t{32} << 20;
inline constexpr std::chrono::milliseconds longest_wait{50};

struct source_options {
    std::string interface {};
    int snaplen = 256;
    std::string filter{}; ///< of pcap-filter(7); empty: all packets
};

/// An interface that is captured from.
class packet_source {
public:
    packet_source() = default;
    packet_source(const packet_source&) = delete;
    packet_source& operator=(const packet_source&) = delete;
    virtual ~packet_source() = default;

    /// Gives some of the packets that wait to the table. False: none waited.
    virtual bool take(watch_table& into) = 0;
    /// What poll(2) waits on.
    [[nodiscard]] virtual int descriptor() const = 0;
    /// Since it was opened.
    [[nodiscard]] virtual kernel_counts counts() = 0;
    /// Goes on with the interface of that index: the one before is gone. Needs no privileges. Says why it cannot; empty if it can.
    [[nodiscard]] virtual std::string go_on_with(unsigned index) = 0;
    [[nodiscard]] virtual tcplens::link_type link() const = 0;

    /// Why nothing could be captured, or nothing comes any more: a sentence; empty if all is well.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    /// Whether the problem is source_options::filter.
    [[nodiscard]] bool refuses_filter() const noexcept { return refuses_filter_; }
    /// Forgets the problem: the interface was gone.
    void forget_problem() { problem_.clear(); }

protected:
    /// "what: the text of errno."
    void fail(const std::string& what);

    std::string problem_{};
    bool refuses_filter_ = false;
};

/// Whether this build has it.
[[nodiscard]] bool has_pcap_source() noexcept;
[[nodiscard]] bool has_ring_source() noexcept;
/// Opens it: packet_source::problem() says whether that was possible. @pre this build has it
[[nodiscard]] std::unique_ptr<packet_source> open_pcap_source(const source_options& options);
[[nodiscard]] std::unique_ptr<packet_source> open_ring_source(const source_options& options);

} // namespace program::watching
