// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace tcplens::inline v1 {

/// How far the capture times of the two directions of a connection are apart.
///
/// Two network adapters, an aggregating tap or a virtual switch may time the directions by different clocks or through queues of
/// different length. The skew is how much later the times of `server_to_client` are than those of `client_to_server`. No answer leaves
/// before what it answers has come, so the least time from data to its acknowledgment bounds the skew in each direction.
struct direction_skew {
    /// A direction with fewer early answers proves no skew: a retransmission whose first copy was not captured makes one. A choice.
    static constexpr std::uint64_t least_proof = 3;

    /// The times from data of one direction to its acknowledgment in the other, as captured.
    struct answer_times {
        std::uint64_t count =
            0; ///< Measured answers. Retransmitted data gives none (Karn's algorithm, RFC 6298 section 3).
        std::uint64_t early = 0; ///< Answers whose capture time is before that of the data.
        /// The third least time, or the greatest if there are fewer than three. Nanoseconds, negative if answers are early, within an
        /// hour. Absent without answers.
        std::optional<std::chrono::nanoseconds> least{};

        /// Whether early answers prove a skew.
        [[nodiscard]] constexpr bool prove_skew() const noexcept { return early >= least_proof; }

        [[nodiscard]] friend constexpr bool operator==(const answer_times&, const answer_times&) noexcept = default;
    };

    answer_times to_server{}; ///< From data of the client to the server's acknowledgment.
    answer_times to_client{}; ///< From data of the server to the client's acknowledgment.

    /// The skew is no less. Nanoseconds; absent if no answer of the client was measured.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> lowest() const noexcept {
        return to_client.least ? std::optional{-*to_client.least} : std::nullopt;
    }
    /// The skew is no more. Nanoseconds; absent if no answer of the server was measured. Below lowest() if the skew varies.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> highest() const noexcept { return to_server.least; }
    /// Whether the directions are certainly skewed.
    [[nodiscard]] constexpr bool is_proven() const noexcept { return to_server.prove_skew() || to_client.prove_skew(); }
    /// Whether the skew certainly varies: answers of both sides are early.
    [[nodiscard]] constexpr bool varies() const noexcept { return to_server.prove_skew() && to_client.prove_skew(); }
    /// The bound nearer to 0. The skew exceeds it by the least time from the capture to the end with the early answers and back, which is
    /// nothing beside that end. Nanoseconds; absent if no skew is proven, or if it varies.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> estimate() const noexcept {
        if (!is_proven() || varies()) return std::nullopt;
        return to_server.prove_skew() ? highest() : lowest();
    }

    /// What the skews of several connections say of their capture. The sign is left out, since the clients of two connections may be on
    /// different sides of the capture.
    struct totals {
        std::uint64_t connections = 0; ///< Connections with answers in both directions.
        std::uint64_t skewed = 0;      ///< Connections whose skew is proven.
        std::uint64_t varying = 0;     ///< Connections whose skew certainly varies.
        /// The greatest skew that a connection proves, which is the estimate. Nanoseconds, above 0; absent if none is proven.
        std::optional<std::chrono::nanoseconds> at_least{};
        /// The least upper bound of the skewed connections. Nanoseconds; absent if there is none. Below `at_least` if the skew varies.
        std::optional<std::chrono::nanoseconds> at_most{};

        /// Adds a connection. Constant time.
        constexpr void add(const direction_skew& of) noexcept {
            connections += of.to_server.least && of.to_client.least;
            skewed += of.is_proven();
            varying += of.varies();
            take_proof(of.to_server, of.to_client);
            take_proof(of.to_client, of.to_server);
        }
        /// Adds the totals of other connections. Constant time.
        constexpr void add(const totals& more) noexcept {
            connections += more.connections;
            skewed += more.skewed;
            varying += more.varying;
            take_bounds(more.at_least, more.at_most);
        }

        [[nodiscard]] friend constexpr bool operator==(const totals&, const totals&) noexcept = default;

    private:
        constexpr void take_proof(const answer_times& early, const answer_times& others) noexcept {
            if (!early.prove_skew() || !early.least) return;
            take_bounds(-*early.least, others.prove_skew() ? std::nullopt : others.least);
        }
        constexpr void take_bounds(std::optional<std::chrono::nanoseconds> least,
                                   std::optional<std::chrono::nanoseconds> most) noexcept {
            if (least) at_least = at_least ? (std::max)(*at_least, *least) : *least;
            if (most) at_most = at_most ? (std::min)(*at_most, *most) : *most;
        }
    };

    [[nodiscard]] friend constexpr bool operator==(const direction_skew&, const direction_skew&) noexcept = default;
};

} // namespace tcplens::inline v1
