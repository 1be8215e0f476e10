// SPDX-License-Identifier: MIT
#pragma once

#include "../base/compiler.hpp"
#include "ether_type.hpp"
#include "ip_protocol.hpp"
#include "protocol_id.hpp"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tcplens::inline v1::detail {

/// A kind of level in a network_id: what carries the number of a network, and how many bits the number has.
struct network_kind {
    protocol_id carrier{};
    unsigned bits = 0;
    std::string_view name{};
};
/// The kinds beside VLANs. Their places here are part of saved tables. Another tunnel takes more room in a network_id.
inline constexpr std::array<network_kind, 11> network_kinds{{
    {ether_type::backbone_service, 24, "service"},
    {ether_type::pppoe_session, 16, "PPPoE session"},
    {ip_protocol::gre, 32, "GRE key"},
    {ip_protocol::gre, 24, "NVGRE"},
    {ip_protocol::gre, 16, "EoIP"},
    {protocol_id::udp_port(4754), 32, "GRE-in-UDP key"},
    {protocol_id::udp_port(4754), 24, "NVGRE-in-UDP"},
    {protocol_id::udp_port(4789), 24, "VXLAN"},
    {protocol_id::udp_port(8472), 24, "VXLAN at port 8472"},
    {protocol_id::udp_port(4790), 24, "VXLAN-GPE"},
    {protocol_id::udp_port(6081), 24, "GENEVE"},
}};

/// Which network a segment is in, where several networks may use the same addresses: the VLAN tags and the tunnels with a number that are
/// around it. Exact: two values are equal if, and only if, those are the same, in the same order. `{}` if there are none.
///
/// A value holds 12 bytes of them, at least seven VLANs, three numbers of VXLAN or GENEVE, two GRE keys, or a mixture: two VLANs, VXLAN and
/// two VLANs within. Ordered, but the order means nothing.
struct network_id {
    std::array<std::uint32_t, 3> words{}; ///< see inner(); without a meaning of its own

    /// The network with this number within this one. `nullopt` if a value cannot hold so many. `carrier`: the tag or tunnel. `bits`: how many
    /// the number may have; of a larger number, only those count.
    [[nodiscard]] constexpr std::optional<network_id> inner(protocol_id carrier, unsigned bits,
                                                            std::uint32_t number) const noexcept {
        // Each level is appended below those around it: its number, then its kind. Read from the lowest bits, the kind says how long the
        // number is, and 0 is the end. So no two stacks have the same value. VLANs, of which there may be many, have a kind of one bit.
        network_id made = *this;
        if (carrier == ether_type::vlan && bits == vlan_bits)
            return made.append(number, vlan_bits) && made.append(1, 1) ? std::optional{made} : std::nullopt;
        bool fits = true;
        std::uint32_t kind = other_kind;
        for (std::size_t at = 0; at < network_kinds.size(); ++at) {
            if (network_kinds[at].carrier == carrier && network_kinds[at].bits == bits)
                kind = static_cast<std::uint32_t>(at + 1);
        }
        fits = made.append(number, kind == other_kind ? 32 : bits);
        if (kind == other_kind) {
            fits = fits && carrier.number <= 0xffff && made.append(bits, 6) && made.append(carrier.number, 16) &&
                   made.append(static_cast<std::uint32_t>(carrier.in), 3);
        }
        return fits && made.append(kind << 1, kind_bits) ? std::optional{made} : std::nullopt;
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE friend constexpr bool operator==(const network_id& a,
                                                                         const network_id& b) noexcept {
        // Each packet compares them: one branch instead of three, and a compiler reads two words at once.
        return ((a.first_two() ^ b.first_two()) | (a.words[2] ^ b.words[2])) == 0;
    }
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const network_id& a, const network_id& b) noexcept {
        for (std::size_t at = 0; at + 1 < a.words.size(); ++at) { // libc++ 16 compares no arrays
            if (a.words[at] != b.words[at]) return a.words[at] <=> b.words[at];
        }
        return a.words.back() <=> b.words.back();
    }

    /// Text for people: the levels from the outermost, as in "VLAN 10, VXLAN 5000"; "none" for `{}`. Allocates.
    [[nodiscard]] friend std::string to_string(network_id of) {
        std::string text;
        while (of != network_id{}) {
            std::string level = of.take_level();
            if (!text.empty()) level.append(", ").append(text);
            text = std::move(level);
        }
        return text.empty() ? "none" : text;
    }

private:
    static constexpr unsigned vlan_bits = 12;
    static constexpr unsigned kind_bits = 5; ///< the lowest is 0; of VLANs, it is 1, and the only one
    static constexpr std::uint32_t other_kind = 15;
    static_assert(network_kinds.size() < other_kind);

    [[nodiscard]] constexpr std::uint64_t first_two() const noexcept {
        return words[0] | std::uint64_t{words[1]} << 32;
    }

    /// Appends bits below the others. False if the highest ones have no room: then the value means nothing. `bits`: from 1 to 32.
    [[nodiscard]] constexpr bool append(std::uint32_t value, unsigned bits) noexcept {
        const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
        std::uint64_t carry = value & mask;
        for (std::size_t at = words.size(); at-- > 0;) {
            const std::uint64_t shifted = std::uint64_t{words[at]} << bits | carry;
            words[at] = static_cast<std::uint32_t>(shifted);
            carry = shifted >> 32;
        }
        return carry == 0;
    }
    /// Takes the lowest bits. `bits`: from 1 to 32.
    constexpr std::uint32_t take(unsigned bits) noexcept {
        std::uint64_t carry = 0; // the bits that fell out of the word above
        for (std::uint32_t& word : words) {
            const std::uint64_t shifted = (carry << 32 | word) << (32 - bits);
            carry = word & ((std::uint64_t{1} << bits) - 1);
            word = static_cast<std::uint32_t>(shifted >> 32);
        }
        return static_cast<std::uint32_t>(carry);
    }
    /// Takes the innermost level, as text.
    [[nodiscard]] std::string take_level() {
        if (take(1) == 1) return "VLAN " + std::to_string(take(vlan_bits));
        const std::uint32_t kind = take(kind_bits - 1);
        if (kind == other_kind) {
            const std::uint32_t registry = take(3);
            const std::uint32_t carrier = take(16);
            static_cast<void>(take(6));
            return "protocol " + std::to_string(registry) + "/" + std::to_string(carrier) + " " +
                   std::to_string(take(32));
        }
        if (kind == 0 || kind > network_kinds.size()) {
            *this = {}; // not made by inner()
            return "unknown";
        }
        const network_kind& found = network_kinds[kind - 1];
        return std::string{found.name} + " " + std::to_string(take(found.bits));
    }
};

} // namespace tcplens::inline v1::detail
