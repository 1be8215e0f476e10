// SPDX-License-Identifier: MIT
#pragma once

// Sequence numbers as people read them: relative to where their side began.

#include <tcplens/tcplens.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace program {

/// Where the sequence numbers of the sides of connections begin: at the first that was seen of a side, or, before that, at what the
/// other side acknowledged of it first.
class sequence_bases {
public:
    /// What stands in a segment, relative to that.
    struct relative {
        std::uint32_t sequence;
        std::uint32_t acknowledgment;
    };

    [[nodiscard]] relative numbers(const tcplens::segment& sent, const tcplens::add_result<>& added) {
        const std::uint64_t number = added.connection->number;
        if (number >= bases_.size()) bases_.resize(static_cast<std::size_t>(number) + 1);
        sides& here = bases_[static_cast<std::size_t>(number)];
        if (!here.end) here.end = sent.source; // roles may change places later, ends do not
        const bool is_first = *here.end == sent.source;
        std::optional<std::uint32_t>& own = is_first ? here.first : here.second;
        std::optional<std::uint32_t>& peer = is_first ? here.second : here.first;
        // Data begins at 1, as if the SYN had been seen.
        if (sent.flags.syn()) own = sent.sequence.value;
        else if (!own) own = sent.sequence.value - 1;
        if (sent.flags.ack() && !peer) peer = sent.acknowledgment.value - 1;
        return {sent.sequence.value - *own, sent.flags.ack() ? sent.acknowledgment.value - *peer : 0};
    }

private:
    struct sides {
        std::optional<tcplens::endpoint> end{}; ///< who sent the first segment
        std::optional<std::uint32_t> first{};
        std::optional<std::uint32_t> second{};
    };
    std::vector<sides> bases_{}; ///< by the number of the connection
};

} // namespace program
