// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/equal_first.hpp"
#include "tunnel_set.hpp"

#include <array>
#include <bit>
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
        TCPLENS_CHECK(std::has_single_bit(static_cast<std::uint32_t>(tunnel)), "tunnel is one tunnel");
        std::size_t at = 0;
        while (at < size_ && entries_[at].port != port) ++at;
        if (at == capacity) return false;
        if (at == size_) ++size_;
        entries_[at] = {port, tunnel};
        return true;
    }

    /// The tunnel that was given this port; `none` if there is none.
    [[nodiscard]] constexpr tunnel_set at(std::uint16_t port) const noexcept {
        for (std::size_t i = 0; i < size_; ++i) {
            if (entries_[i].port == port) return entries_[i].tunnel;
        }
        return tunnel_set::none;
    }

    /// The ports, in the order in which they were given. Valid until another is added.
    /// A template, to reduce the compile time of programs that do not use it.
    template <class Entry = const entry>
    [[nodiscard]] constexpr std::span<Entry> entries() const noexcept {
        return {entries_.data(), size_};
    }
    /// Whether no port was given.
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

    [[nodiscard]] friend constexpr bool operator==(const port_list& a, const port_list& b) noexcept {
        return a.size_ == b.size_ && detail::equal_first(a.entries_, b.entries_, a.size_);
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
