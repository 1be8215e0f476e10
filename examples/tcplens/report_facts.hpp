// SPDX-License-Identifier: MIT
#pragma once

// What the text of report says beyond the four answers: which connections a reader should look at, and what stands out. Its memory
// does not grow with the capture.

#include "capture_summary.hpp"
#include "connection_list.hpp"

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// The state of a connection in one word, as `connections` has it, as far as a table without observers tells.
[[nodiscard]] std::string_view state_of(const tcplens::connection& of);

/// The first few connections by a key; of equals the one with the lower number. Those whose key is 0 are left out.
class top_connections {
public:
    using key = std::int64_t (*)(const tcplens::connection& of);

    top_connections(std::string_view reason, std::size_t most, key by) : reason_(reason), most_(most), by_(by) {}

    void add(const tcplens::connection& next);
    /// Why they are listed; may be empty.
    [[nodiscard]] std::string_view reason() const { return reason_; }
    [[nodiscard]] const std::vector<tcplens::connection>& found() const { return found_; }

private:
    std::string_view reason_;
    std::size_t most_;
    key by_;
    std::vector<tcplens::connection> found_{}; ///< the first one first
};

/// Counts by endpoint, of which the highest is asked for, in memory for 64 (Metwally, Agrawal, El Abbadi: Space-Saving, 2005).
class endpoint_counts {
public:
    void add(const tcplens::endpoint& of);

    struct highest {
        tcplens::endpoint endpoint{};
        std::uint64_t at_least = 0;
    };
    /// Absent if nothing was counted.
    [[nodiscard]] std::optional<highest> most() const;

private:
    struct entry {
        tcplens::endpoint endpoint{};
        std::uint64_t count = 0;
        std::uint64_t too_many = 0; ///< at most
    };
    std::vector<entry> entries_{};
};

/// What one pass over the connections tells.
struct report_facts {
    std::uint64_t connections = 0;
    std::uint64_t refused = 0;    ///< a RST answered the SYN
    std::uint64_t unanswered = 0; ///< nothing answered the SYN
    std::uint64_t half_open = 0;  ///< a SYN-ACK was not acknowledged
    std::uint64_t aborted = 0;    ///< one end gave it up by a RST
    std::uint64_t roles_guessed = 0;
    std::uint64_t one_sided = 0;  ///< not refused or unanswered, and only one direction was captured
    std::uint64_t reset_open = 0; ///< reset after the handshake, or picked up midstream
    std::uint64_t reset_by_client = 0;
    std::optional<tcplens::timestamp> first_time{};
    std::optional<tcplens::timestamp> last_time{};
    endpoint_counts failed_servers{};
    top_connections most_retransmissions;
    top_connections failed;
    top_connections longest;
    top_connections most_bytes;
    top_connections first; ///< to fill the list

    report_facts();
    void add(const tcplens::connection& next);
};

/// A connection that is worth a look, and why.
struct notable_connection {
    tcplens::connection connection{};
    std::string reasons{}; ///< with commas between

    void add(std::string_view reason) {
        if (!reason.empty()) reasons.append(reasons.empty() ? "" : ", ").append(reason);
    }
};
[[nodiscard]] std::vector<notable_connection> notable_connections(const report_facts& facts, std::size_t most);

} // namespace program
