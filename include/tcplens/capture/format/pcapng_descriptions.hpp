// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../capture_format.hpp"
#include "../capture_interface.hpp"
#include "../capture_section.hpp"
#include "../limits.hpp"
#include "../link_type.hpp"
#include "../pcapng_options.hpp"
#include "interface_clock.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// Keeps what a pcapng file says of its sections and interfaces, as the bytes that say it, until they are asked for, and what files of
/// other formats say that stand before it in the same stream.
/// Bounded: `capture_limits::max_descriptions` of each, `capture_limits::max_description_bytes` in all; what comes after that is not kept.
/// A template, to reduce the compile time of programs that do not use it.
template <class Section, class Interface>
class basic_capture_descriptions {
public:
    /// False if it is not kept.
    [[nodiscard]] bool add_section(std::endian order, std::uint16_t major, std::uint16_t minor,
                                   std::span<const std::byte> options) {
        section_is_kept_ = sections_.size() < capture_limits::max_descriptions;
        if (!section_is_kept_) return false;
        const bool fits = options.size() <= capture_limits::max_description_bytes - bytes_.size();
        sections_.push_back({capture_format::pcapng, order, major, minor, keep(options)});
        return fits;
    }

    /// A file of another format, which is one section with one interface, or none. Returns how many descriptions are not kept.
    [[nodiscard]] std::uint64_t add_file(const Section& file, std::span<const Interface> interfaces) {
        section_is_kept_ = sections_.size() < capture_limits::max_descriptions;
        if (!section_is_kept_) return 1 + interfaces.size();
        sections_.push_back({file.format, file.byte_order, file.major_version, file.minor_version, {}});
        std::uint64_t lost = 0;
        for (const Interface& each : interfaces) {
            if (interfaces_.size() == capture_limits::max_descriptions) {
                ++lost;
                continue;
            }
            interfaces_.push_back(
                {sections_.size() - 1, each.link, each.snapshot_length, no_statistics, {}, each.fcs_bits});
        }
        return lost;
    }

    /// Of the section added last. False if it is not kept.
    [[nodiscard]] bool add_interface(link_type link, std::uint32_t snapshot_length,
                                     std::span<const std::byte> options) {
        if (!section_is_kept_ || interfaces_.size() == capture_limits::max_descriptions) return false;
        const bool fits = options.size() <= capture_limits::max_description_bytes - bytes_.size();
        interfaces_.push_back({sections_.size() - 1, link, snapshot_length, no_statistics, keep(options)});
        return fits;
    }

    /// \param interface_id counted over the whole capture
    /// \return how many of the options had a wrong length, or reached past the block
    std::uint64_t add_statistics(std::uint32_t interface_id, const interface_clock& clock, timestamp taken,
                                 const option_list& options) {
        if (interface_id >= interfaces_.size()) return 0;
        std::uint32_t& place = interfaces_[interface_id].statistics;
        if (place == no_statistics) {
            place = static_cast<std::uint32_t>(statistics_.size());
            statistics_.emplace_back();
        }
        typename Interface::interface_statistics& into = statistics_[place];
        into.taken = taken;

        std::uint64_t bad = options.damage() ? 1 : 0;
        for (const option_list::option& each : options) {
            constexpr std::uint16_t first = 2;
            constexpr std::uint16_t last = 8;
            if (each.code < first || each.code > last) continue;
            const auto number = each.number<std::uint64_t>();
            if (!number) {
                ++bad;
                continue;
            }
            // two halves of 32 bits, the upper one first (draft-ietf-opsawg-pcapng 4.6)
            const auto time = [&] {
                return clock((std::uint64_t{load<std::uint32_t>(each.value.data(), each.order)} << 32) |
                             load<std::uint32_t>(each.value.data() + 4, each.order));
            };
            switch (each.code) {
            case 2: into.capture_started = time(); break;
            case 3: into.capture_ended = time(); break;
            case 4: into.received = number; break;
            case 5: into.dropped_by_interface = number; break;
            case 6: into.accepted_by_filter = number; break;
            case 7: into.dropped_by_system = number; break;
            default: into.delivered = number;
            }
        }
        return bad;
    }

    [[nodiscard]] std::size_t count_sections() const noexcept { return sections_.size(); }

    [[nodiscard]] std::vector<Section> sections() const {
        std::vector<Section> result;
        result.reserve(sections_.size());
        for (const kept_section& each : sections_) {
            Section described{.format = each.format,
                              .byte_order = each.order,
                              .major_version = each.major,
                              .minor_version = each.minor};
            for (const option_list::option& option : options(each.kept, each.order)) {
                switch (option.code) {
                case option_list::option::comment: described.comments.emplace_back(option.text()); break;
                case 2: described.hardware = option.text(); break;
                case 3: described.operating_system = option.text(); break;
                case 4: described.application = option.text(); break;
                default: break;
                }
            }
            result.push_back(std::move(described));
        }
        return result;
    }

    [[nodiscard]] std::vector<Interface> interfaces() const {
        std::vector<Interface> result;
        result.reserve(interfaces_.size());
        for (const kept_interface& each : interfaces_) {
            Interface described{.section = each.section,
                                .link = each.link,
                                .snapshot_length = each.snapshot_length,
                                .fcs_bits = each.fcs_bits};
            for (const option_list::option& option : options(each.kept, sections_[each.section].order)) {
                describe(described, option);
            }
            if (each.statistics != no_statistics) described.statistics = statistics_[each.statistics];
            result.push_back(std::move(described));
        }
        return result;
    }

private:
    struct range {
        std::size_t at = 0;
        std::size_t size = 0;
    };
    struct kept_section {
        capture_format format{};
        std::endian order{};
        std::uint16_t major = 0;
        std::uint16_t minor = 0;
        range kept{};
    };
    struct kept_interface {
        std::size_t section = 0;
        link_type link{};
        std::uint32_t snapshot_length = 0;
        std::uint32_t statistics = 0; ///< where
        range kept{};
        std::optional<std::uint8_t> fcs_bits{}; ///< where no option tells
    };

    static constexpr std::uint32_t no_statistics = 0xffffffff;

    range keep(std::span<const std::byte> options) {
        if (options.size() > capture_limits::max_description_bytes - bytes_.size()) return {};
        const range kept{bytes_.size(), options.size()};
        bytes_.resize(kept.at + kept.size);
        std::copy_n(options.data(), kept.size, bytes_.data() + kept.at);
        return kept;
    }

    [[nodiscard]] option_list options(range kept, std::endian order) const noexcept {
        return {{bytes_.data() + kept.at, kept.size}, order};
    }

    static void describe(Interface& into, const option_list::option& option) {
        switch (option.code) {
        case option_list::option::comment: into.comments.emplace_back(option.text()); break;
        case 2: into.name = option.text(); break;
        case 3: into.description = option.text(); break;
        case 8: // if_speed, of both directions
            into.speed = into.receive_speed = option.number<std::uint64_t>();
            break;
        case 11: { // the first octet is 0 before a string, 1 before a program
            if (option.value.empty() || option.value.front() != std::byte{0}) break;
            into.filter = option_list::option{.value = option.value.subspan(1)}.text();
            break;
        }
        case 12: into.operating_system = option.text(); break;
        case 13: { // in bits; who wrote less than 8 meant bytes, as earlier drafts let one think
            const auto length = option.number<std::uint8_t>();
            if (length) into.fcs_bits = static_cast<std::uint8_t>(*length < 8 ? *length * 8 : *length);
            break;
        }
        case 15: into.hardware = option.text(); break;
        case 16: into.speed = option.number<std::uint64_t>(); break;
        case 17: into.receive_speed = option.number<std::uint64_t>(); break;
        default: break;
        }
    }

    std::vector<kept_section> sections_{};
    std::vector<kept_interface> interfaces_{};
    std::vector<typename Interface::interface_statistics> statistics_{};
    std::vector<std::byte> bytes_{};
    bool section_is_kept_ = false;
};

using capture_descriptions = basic_capture_descriptions<capture_section, capture_interface>;

} // namespace tcplens::inline v1::detail
