// SPDX-License-Identifier: MIT
#pragma once

#include "tunnel_set.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::tunnels {

/// UDP ports at which tunnels are found beside their own ports, such as VXLAN at port 10800. At most `capacity`; never allocates.
class port_list {
public:
    /// A port, and the tunnel that is found there.
    struct entry {
        std::uint16_t port = 0;               ///< the UDP port of either side
        tunnel_set tunnel = tunnel_set::none; ///< one tunnel

        [[nodiscard]] friend constexpr bool operator==(const entry&, const entry&) noexcept = default;
    };

    /// The most ports that can be given.
    static constexpr std::size_t capacity = 32;

    /// Gives a port to a tunnel, in place of any tunnel that has it. Returns false if there are `capacity` ports already.
    /// @pre `tunnel` is one tunnel that has a UDP port of its own: see with_udp_port()
    constexpr bool add(tunnel_set tunnel, std::uint16_t port) noexcept {
        const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(size_);
        const auto found = std::find_if(entries_.begin(), end, [&](const entry& each) { return each.port == port; });
        if (found == end) {
            if (size_ == capacity) return false;
            ++size_;
        }
        *found = {port, tunnel};
        return true;
    }

    /// The tunnel that was given this port; `none` if there is none.
    [[nodiscard]] constexpr tunnel_set at(std::uint16_t port) const noexcept {
        for (const entry& each : entries()) {
            if (each.port == port) return each.tunnel;
        }
        return tunnel_set::none;
    }

    /// The ports, in the order in which they were given. Valid until another is added.
    [[nodiscard]] constexpr std::span<const entry> entries() const noexcept { return std::span{entries_}.first(size_); }
    /// Whether no port was given.
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] friend constexpr bool operator==(const port_list& a, const port_list& b) noexcept {
        const auto end = a.entries_.begin() + static_cast<std::ptrdiff_t>(a.size_);
        return a.size_ == b.size_ && std::equal(a.entries_.begin(), end, b.entries_.begin());
    }

private:
    friend void archive(auto& ar, port_list& ports) {
        auto& [entries, size] = ports;
        ar.count(size, capacity);
        for (std::size_t i = 0; i < size; ++i) ar(entries[i]);
    }

    std::array<entry, capacity> entries_{};
    std::size_t size_ = 0;
};

} // namespace tcplens::inline v1::tunnels
