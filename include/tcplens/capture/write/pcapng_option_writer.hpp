// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../capture_interface.hpp"
#include "../packet_options.hpp"
#include "../pcapng_options.hpp"
#include "pcapng_interfaces.hpp"

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail {

/// The longest value of an option: its length has 16 bits.
inline constexpr std::size_t longest_option = 65535;

/// The first part of a text that fits into one option, and does not end within a UTF-8 sequence.
[[nodiscard]] constexpr std::string_view first_option_of(std::string_view text) noexcept {
    if (text.size() <= longest_option) return text;
    std::size_t end = longest_option;
    for (int steps = 0; steps < 3 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++steps) --end;
    return text.substr(0, end);
}

/// Makes the option list of a block that is written seldom.
class pcapng_option_writer {
public:
    explicit pcapng_option_writer(std::endian order) noexcept : order_(order) {}

    void bytes(std::uint16_t code, std::span<const std::byte> value) {
        number_field(code);
        number_field(static_cast<std::uint16_t>(value.size()));
        list_.insert(list_.end(), value.begin(), value.end());
        list_.resize((list_.size() + 3) / 4 * 4);
    }
    /// What does not fit into one option is left out.
    void text(std::uint16_t code, std::string_view value) {
        bytes(code, std::as_bytes(std::span{first_option_of(value)}));
    }
    void text_unless_empty(std::uint16_t code, std::string_view value) {
        if (!value.empty()) text(code, value);
    }
    template <std::unsigned_integral Unsigned>
    void number(std::uint16_t code, Unsigned value) {
        if (order_ != std::endian::native) value = reverse_bytes(value);
        bytes(code, std::as_bytes(std::span<const Unsigned, 1>{&value, 1}));
    }
    /// The list, with its end; empty if there are no options. Valid until the next call.
    [[nodiscard]] std::span<const std::byte> finish() {
        if (!list_.empty()) bytes(0, {});
        return list_;
    }

private:
    void number_field(std::uint16_t value) {
        if (order_ != std::endian::native) value = reverse_bytes(value);
        const auto field = std::as_bytes(std::span<const std::uint16_t, 1>{&value, 1});
        list_.insert(list_.end(), field.begin(), field.end());
    }

    std::endian order_;
    std::vector<std::byte> list_{};
};

/// The options of an interface description: the mirror of pcapng_descriptions.
inline void write_interface_options(pcapng_option_writer& list, const capture_interface& described,
                                    const written_clock& clock) {
    for (const std::string& each : described.comments) list.text(option_list::option::comment, each);
    list.text_unless_empty(2, described.name);
    list.text_unless_empty(3, described.description);
    if (described.speed && described.speed == described.receive_speed) {
        list.number(8, *described.speed);
    } else {
        if (described.speed) list.number(16, *described.speed);
        if (described.receive_speed) list.number(17, *described.receive_speed);
    }
    if (clock.digits != 6) list.number(9, clock.digits);
    if (!described.filter.empty()) list.text(11, std::string(1, '\0') + described.filter);
    list.text_unless_empty(12, described.operating_system);
    if (described.fcs_bits) list.number(13, *described.fcs_bits);
    if (clock.offset != 0) list.number(14, static_cast<std::uint64_t>(clock.offset));
    list.text_unless_empty(15, described.hardware);
}

/// The options of a packet that is written: those that a reader had, in the byte order of the output, and what is added.
class annotation_options {
public:
    annotation_options(const packet_options& from, std::string_view comment,
                       std::optional<std::uint32_t> flags) noexcept
        : from_(&from), comment_(comment), flags_(flags) {
        std::optional<std::uint64_t> own_drops;
        for (const option_list::option& each : from) {
            if (is_left_out(each)) continue;
            if (each.code == drop_count && !own_drops) own_drops = each.number<std::uint64_t>();
            length_ += length_of(each.value.size());
        }
        if (own_drops != from.dropped()) drops_ = from.dropped(); // of an obsolete packet block: its field counts
        if (drops_) length_ += length_of(sizeof *drops_);
        if (flags_) length_ += length_of(sizeof *flags_);
        for (std::string_view rest = comment_; !rest.empty();) {
            const std::size_t part = first_option_of(rest).size();
            length_ += length_of(part);
            rest.remove_prefix(part);
        }
        if (length_ > 0) length_ += 4; // its end
    }

    /// Bytes of the list, with its end.
    [[nodiscard]] std::size_t length() const noexcept { return length_; }

    void write(auto& out) const {
        if (length_ == 0) return;
        if (drops_) {
            write_header(drop_count, sizeof *drops_, out);
            out.put(*drops_);
        }
        for (const option_list::option& each : *from_) {
            if (!is_left_out(each)) copy(each, out);
        }
        if (flags_) {
            write_header(flags_code, sizeof *flags_, out);
            out.put(*flags_);
        }
        for (std::string_view rest = comment_; !rest.empty();) {
            const std::string_view part = first_option_of(rest);
            write_header(option_list::option::comment, part.size(), out);
            out.put(std::as_bytes(std::span{part}));
            out.pad(part.size());
            rest.remove_prefix(part.size());
        }
        write_header(0, 0, out);
    }

private:
    // Options of an Enhanced Packet Block (draft-ietf-opsawg-pcapng 4.3) whose values are numbers in the byte order of the section.
    static constexpr std::uint16_t flags_code = 2;
    static constexpr std::uint16_t drop_count = 4;
    static constexpr std::uint16_t packet_id = 5;
    static constexpr std::uint16_t queue = 6;

    [[nodiscard]] bool is_left_out(const option_list::option& each) const noexcept {
        return each.code == flags_code && flags_.has_value();
    }
    [[nodiscard]] static std::size_t length_of(std::size_t value) noexcept { return 4 + (value + 3) / 4 * 4; }

    static void write_header(std::uint16_t code, std::size_t length, auto& out) {
        out.put(code);
        out.put(static_cast<std::uint16_t>(length));
    }

    static void copy(const option_list::option& each, auto& out) {
        write_header(each.code, each.value.size(), out);
        std::span<const std::byte> rest = each.value;
        if (each.order != out.order()) {
            const bool is_number =
                each.code == flags_code || each.code == drop_count || each.code == packet_id || each.code == queue;
            if (is_number && rest.size() == 8) {
                out.put(load<std::uint64_t>(rest.data(), each.order));
                rest = rest.subspan(8);
            } else if ((is_number && rest.size() == 4) || (is_custom(each.code) && rest.size() >= 4)) {
                out.put(load<std::uint32_t>(rest.data(), each.order)); // of a custom option, the number of its maker
                rest = rest.subspan(4);
            }
        }
        out.put(rest);
        out.pad(each.value.size());
    }
    /// draft-ietf-opsawg-pcapng 3.5.1
    [[nodiscard]] static constexpr bool is_custom(std::uint16_t code) noexcept {
        return code == 2988 || code == 2989 || code == 19372 || code == 19373;
    }

    const packet_options* from_;
    std::string_view comment_;
    std::optional<std::uint32_t> flags_;
    std::optional<std::uint64_t> drops_{};
    std::size_t length_ = 0;
};

} // namespace tcplens::inline v1::detail
