// SPDX-License-Identifier: MIT
#pragma once

// The numbers of packets that show what answers say, so that each claim can be looked up.

#include <tcplens/connection/verdict.hpp>
#include <tcplens/wire/segment.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace program::context_server {

/// The first few numbers of a kind, in memory for just those.
template <std::size_t Most>
class first_numbers {
public:
    void add(std::uint64_t number) noexcept {
        if (count_ < Most && (count_ == 0 || numbers_[count_ - 1] != number)) numbers_[count_++] = number;
    }
    [[nodiscard]] std::span<const std::uint64_t> numbers() const noexcept { return {numbers_.data(), count_}; }

private:
    std::array<std::uint64_t, Most> numbers_{};
    std::size_t count_ = 0;
};

/// Packets of one connection to look at.
struct packet_evidence {
    first_numbers<3> syn{};
    first_numbers<1> syn_ack{};
    first_numbers<4> retransmission{};
    first_numbers<2> out_of_order{};
    first_numbers<2> zero_window{};
    first_numbers<2> fin{};
    first_numbers<2> rst{};

    void add(const tcplens::segment& sent, const tcplens::verdict& said) noexcept {
        const std::uint64_t number = sent.packet_number;
        if (sent.flags.syn()) {
            if (sent.flags.ack()) syn_ack.add(number);
            else syn.add(number);
        }
        if (sent.flags.fin()) fin.add(number);
        if (sent.flags.rst()) rst.add(number);
        if (said.kinds == tcplens::verdict_kinds::none) return;
        if (said.is_retransmission()) retransmission.add(number);
        if (said.has(tcplens::verdict_kinds::out_of_order)) out_of_order.add(number);
        if (said.has(tcplens::verdict_kinds::zero_window)) zero_window.add(number);
    }

    /// Calls `use(name, numbers)` for each kind that was captured.
    template <class Use>
    void for_each(Use use) const {
        const auto tell = [&](const char* name, const auto& of) {
            if (!of.numbers().empty()) use(name, of.numbers());
        };
        tell("syn", syn);
        tell("syn_ack", syn_ack);
        tell("retransmission", retransmission);
        tell("out_of_order", out_of_order);
        tell("zero_window", zero_window);
        tell("fin", fin);
        tell("rst", rst);
    }
};

} // namespace program::context_server
