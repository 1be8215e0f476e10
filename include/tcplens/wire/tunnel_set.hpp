// SPDX-License-Identifier: MIT
#pragma once

#include "../base/enum_set.hpp"

#include <cstdint>

namespace tcplens::inline v1 {

/// A set of tunnels, one bit each: `tunnels::gre | tunnels::vxlan`, or `~tunnels::gtp` for all but one.
///
/// A tunnel is any header between a frame and the TCP segment in it that decode() can enter, apart from the tags of Ethernet and
/// the extension headers of IPv6. Its constant is in namespace tunnels. The operators are those of base/enum_set.hpp.
enum class tunnel_set : std::uint32_t {
    none = 0,         ///< no tunnel
    all = 0xffffffff, ///< each tunnel that tcplens knows
};

/// Makes tunnel_set a set: see base/enum_set.hpp.
[[nodiscard]] constexpr tunnel_set tcplens_all_members(tunnel_set) noexcept {
    return tunnel_set::all;
}

} // namespace tcplens::inline v1

/// The members of a tunnel_set.
///
/// Each tunnel declares its constant in its own header in wire/tunnel/. Include `<tcplens/wire.hpp>` for all of them.
namespace tcplens::inline v1::tunnels {}
