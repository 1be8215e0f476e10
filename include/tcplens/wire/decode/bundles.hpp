// SPDX-License-Identifier: MIT
#pragma once

#include "../bundle_kind.hpp"
#include "../frame_view.hpp"
#include "../link/capture_headers/netlink.hpp"
#include "../link/wireless/ieee802_11.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"
#include "../tunnel/sflow_records.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Takes apart several packets that follow each other in one:
/// - `kind`, its enumerator; `sampled`, whether the packets in it are samples;
/// - `take(rest)`, what the next packet carries, or why that cannot be read. It takes at least one byte off `rest`, which is empty
///   (with a wire_length of 0) if no other packet can be found.
template <class Bundle>
concept bundle = requires(frame_view& rest) {
    { Bundle::kind } -> std::convertible_to<bundle_kind>;
    { Bundle::sampled } -> std::convertible_to<bool>;
    { Bundle::take(rest) }
    noexcept->std::same_as<parse_result<network_payload>>;
};

/// Finds what takes a bundle apart.
template <bundle... Bundles>
struct bundle_list {
    [[nodiscard]] static constexpr parse_result<network_payload> take(bundle_kind kind, frame_view& rest) noexcept {
        parse_result<network_payload> found = packet_outcome::not_tcp;
        static_cast<void>(((kind == Bundles::kind && (found = Bundles::take(rest), true)) || ...));
        return found;
    }
    [[nodiscard]] static constexpr bool sampled(bundle_kind kind) noexcept {
        return ((kind == Bundles::kind && Bundles::sampled) || ...);
    }
};

/// The bundles that tcplens takes apart. A new one is an enumerator of bundle_kind, a struct in the file of its link layer or tunnel,
/// and its name here.
using known_bundles =
    bundle_list<aggregate_subframes<false>, aggregate_subframes<true>, netlink_messages, sflow_samples, sflow_records>;

} // namespace tcplens::inline v1::detail
