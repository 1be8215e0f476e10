// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/address.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tcplens::inline v1 {

/// What analyze_observations() can observe. Each kind is defined, with its source, in the file of its name in analysis/observations/.
enum class observation_kind : std::uint8_t {
    port_scan,           ///< one source failed at many ports of one target
    address_scan,        ///< one source failed at one port of many targets
    sequential_test,     ///< the contacts of a source fail far more often than those of ordinary hosts
    stealth_probe,       ///< a source sent segments that open no connection: NULL, FIN, Xmas, ACK
    syn_flood,           ///< a service got many attempts, most of which were never completed
    backscatter,         ///< an end sent many SYN-ACKs or RSTs without a captured SYN or segment that they answer
    connection_flood,    ///< many connections that were established and then carried no data
    blocked_service,     ///< connections to a service fail, at a stage that the counts tell
    reset_out_of_place,  ///< a RST does not fit the side that it claims to come from
    takeover_signs,      ///< what a connection shows when a third party writes into it
    asymmetric_transfer, ///< a source sent one target far more than it sends others
    regular_contact,     ///< a source comes back to one service at regular intervals
    covert_field_use,    ///< header fields hold what ordinary stacks do not send; a weak sign
    path_trouble,        ///< retransmissions or round trips that point at the path
    capture_limits,      ///< what the capture itself cannot show
};

/// What an observation is about.
enum class observation_category : std::uint8_t {
    reconnaissance, ///< a host looks for hosts or services
    flood,          ///< a host or service gets more than it can answer
    interference,   ///< something between the ends, or beside them, takes part
    transfer,       ///< how much hosts send to each other, and when
    path,           ///< the path, or a service that is not reached
    capture,        ///< the capture itself
};

/// The name of the enumerator, e.g. "port_scan".
[[nodiscard]] constexpr std::string_view to_string(observation_kind kind) noexcept {
    constexpr std::string_view names[]{"port_scan",          "address_scan",   "sequential_test",     "stealth_probe",
                                       "syn_flood",          "backscatter",    "connection_flood",    "blocked_service",
                                       "reset_out_of_place", "takeover_signs", "asymmetric_transfer", "regular_contact",
                                       "covert_field_use",   "path_trouble",   "capture_limits"};
    return names[static_cast<unsigned>(kind)];
}
/// The name of the enumerator, e.g. "reconnaissance".
[[nodiscard]] constexpr std::string_view to_string(observation_category category) noexcept {
    constexpr std::string_view names[]{"reconnaissance", "flood", "interference", "transfer", "path", "capture"};
    return names[static_cast<unsigned>(category)];
}

/// Something in the connections that deserves a look: counts with their evidence, never a diagnosis.
struct observation {
    /// Whom it is about. What does not apply is nullopt.
    struct subject_type {
        std::optional<address> source{};           ///< who sent it
        std::optional<address> target{};           ///< whom it was sent to
        std::optional<std::uint16_t> port{};       ///< the port of the target
        std::optional<std::uint64_t> connection{}; ///< connection::number, where one connection is the subject

        /// Whether all members are equal.
        [[nodiscard]] friend constexpr bool operator==(const subject_type&, const subject_type&) noexcept = default;
    };
    /// A number that belongs to the observation.
    struct count {
        std::string_view name{}; ///< a string literal, such as `distinct_ports`
        std::uint64_t value = 0; ///< the number

        /// Whether name and value are equal.
        [[nodiscard]] friend constexpr bool operator==(const count&, const count&) noexcept = default;
    };

    observation_kind kind{};              ///< what was observed
    observation_category category{};      ///< what it is about
    subject_type subject{};               ///< whom it is about
    double value = 0;                     ///< what was compared with the threshold, in the unit of `threshold`
    double threshold = 0;                 ///< the option of the kind
    std::string_view threshold_source{};  ///< where the default of the threshold comes from; a string literal
    std::vector<count> counts{};          ///< what else was counted; the names depend on the kind
    timestamp first_time{};               ///< the time of the first packet of the connections that it was observed in
    timestamp last_time{};                ///< the time of their latest packet; not before `first_time`
    std::vector<std::uint64_t> packets{}; ///< 1 to 8 packet numbers to look at, ascending
    std::string_view limits{};            ///< what the capture cannot show about it; a string literal
    std::string text{};                   ///< one sentence for people

    /// Whether all members are equal.
    [[nodiscard]] friend bool operator==(const observation&, const observation&) noexcept = default;
};

} // namespace tcplens::inline v1
