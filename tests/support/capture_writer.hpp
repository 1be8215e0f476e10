// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/base/timestamp.hpp>
#include <tcplens/capture/link_type.hpp>
#include <tcplens/capture/packet.hpp>

#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// Captures written byte for byte, so that a test knows what it reads.
///
///     const auto bytes = pcap_writer{{.order = std::endian::big}}.record(1, 500, text("hello")).bytes();
///     const auto bytes = pcapng_writer{}.interface({.resolution = 9}).enhanced(0, 1'500, text("hello")).bytes();
///
/// What goes in need not make sense: wrong lengths and versions can be written too.
namespace capture_writer {

using byte_vector = std::vector<std::byte>;

/// The characters as bytes.
inline byte_vector text(std::string_view characters) {
    const auto bytes = std::as_bytes(std::span{characters});
    return {bytes.begin(), bytes.end()};
}

/// The bytes of hello_packet().
inline const byte_vector hello = text("hello");

/// A packet for a writer: of 1,000 bytes, of which five were captured.
inline tcplens::packet hello_packet(std::uint32_t interface, tcplens::timestamp time,
                                    tcplens::link_type link = tcplens::link_type::ethernet) {
    return {.time = time, .bytes = hello, .wire_length = 1000, .link = link, .interface_id = interface, .number = 7};
}

/// `count` bytes that are 0, 1, 2, … modulo 251.
inline byte_vector counting(std::size_t count) {
    byte_vector bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i % 251);
    return bytes;
}

/// One behind the other.
inline byte_vector join(std::initializer_list<byte_vector> parts) {
    byte_vector all;
    for (const byte_vector& each : parts) all.insert(all.end(), each.begin(), each.end());
    return all;
}

/// Integers and bytes, one after the other, in a byte order.
class byte_writer {
public:
    explicit byte_writer(std::endian order = std::endian::little) : order_(order) {}

    template <std::integral Integer>
    byte_writer& put(Integer value) {
        for (std::size_t i = 0; i < sizeof value; ++i) {
            const std::size_t significance = order_ == std::endian::big ? sizeof value - 1 - i : i;
            bytes_.push_back(static_cast<std::byte>((static_cast<std::uint64_t>(value) >> (8 * significance)) & 0xff));
        }
        return *this;
    }
    byte_writer& put(std::span<const std::byte> bytes) {
        for (const std::byte each : bytes) bytes_.push_back(each);
        return *this;
    }
    byte_writer& pad_to_multiple_of_four() {
        while (bytes_.size() % 4 != 0) bytes_.push_back({});
        return *this;
    }

    void use(std::endian order) { order_ = order; }
    [[nodiscard]] const byte_vector& bytes() const { return bytes_; }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }

private:
    std::endian order_;
    byte_vector bytes_;
};

enum class pcap_variant : std::uint8_t { usual, kuznetzov, ixia_hardware, ixia_software };

struct pcap_options {
    std::endian order = std::endian::little;
    bool nanoseconds = false;
    std::uint32_t link = 1; ///< the whole field, with whatever stands above the link type
    std::uint32_t snapshot_length = 262144;
    std::uint16_t major = 2;
    std::uint16_t minor = 4;
    std::int32_t zone = 0;
    pcap_variant variant = pcap_variant::usual;
};

class pcap_writer {
public:
    explicit pcap_writer(pcap_options options = {})
        : nanoseconds_(options.nanoseconds), variant_(options.variant), file_(options.order) {
        file_.put(magic());
        file_.put(options.major).put(options.minor).put(options.zone).put(std::uint32_t{0});
        file_.put(options.snapshot_length).put(options.link);
        const bool ixia = variant_ == pcap_variant::ixia_hardware || variant_ == pcap_variant::ixia_software;
        if (ixia) file_.put(std::uint32_t{0x01020304}); // bytes in all records: not believed
        ends_.push_back(file_.size());
    }

    /// A record; the length on the wire is that of the bytes if none is given.
    pcap_writer& record(std::uint32_t seconds, std::uint32_t fraction, std::span<const std::byte> bytes,
                        std::optional<std::uint32_t> wire_length = {}) {
        const auto captured = static_cast<std::uint32_t>(bytes.size());
        return record_header(seconds, fraction, captured, wire_length.value_or(captured)).raw(bytes);
    }
    pcap_writer& record_header(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t captured,
                               std::uint32_t wire_length) {
        file_.put(seconds).put(fraction).put(captured).put(wire_length);
        if (variant_ == pcap_variant::kuznetzov) { // interface, protocol, packet type, padding
            file_.put(std::uint32_t{3}).put(std::uint16_t{0x0800}).put(std::uint8_t{4}).put(std::uint8_t{0xff});
        }
        return *this;
    }
    /// Any bytes, as they are.
    pcap_writer& raw(std::span<const std::byte> bytes) {
        file_.put(bytes);
        ends_.push_back(file_.size());
        return *this;
    }
    /// A record of a packet. @pre it was captured between 1970 and 2106; microseconds lose the rest
    pcap_writer& add(const tcplens::packet& packet) {
        const std::int64_t nanoseconds = packet.time.time_since_epoch().count();
        const std::int64_t fraction = nanoseconds % 1'000'000'000;
        return record(static_cast<std::uint32_t>(nanoseconds / 1'000'000'000),
                      static_cast<std::uint32_t>(nanoseconds_ ? fraction : fraction / 1000), packet.bytes,
                      packet.wire_length);
    }

    [[nodiscard]] const byte_vector& bytes() const { return file_.bytes(); }
    /// Where the file header and each record end.
    [[nodiscard]] const std::vector<std::size_t>& ends() const { return ends_; }

private:
    [[nodiscard]] std::uint32_t magic() const {
        switch (variant_) {
        case pcap_variant::kuznetzov: return 0xa1b2cd34;
        case pcap_variant::ixia_hardware: return 0x1c0001ac;
        case pcap_variant::ixia_software: return 0x1c0001ab;
        case pcap_variant::usual: break;
        }
        return nanoseconds_ ? 0xa1b23c4d : 0xa1b2c3d4;
    }

    bool nanoseconds_;
    pcap_variant variant_;
    byte_writer file_;
    std::vector<std::size_t> ends_;
};

struct pcapng_section {
    std::endian order = std::endian::little;
    std::uint16_t major = 1;
    std::uint16_t minor = 0;
    std::uint64_t length = ~std::uint64_t{0}; ///< unknown
    byte_vector options{};                    ///< as they are
};

struct pcapng_interface {
    std::uint16_t link = 1;
    std::uint32_t snapshot_length = 0;
    std::optional<std::uint8_t> resolution{}; ///< if_tsresol
    std::optional<std::int64_t> offset{};     ///< if_tsoffset
    byte_vector options{};                    ///< further ones, before these two, as they are
};

class pcapng_writer {
public:
    /// Begins with a section.
    explicit pcapng_writer(const pcapng_section& first = {}) { section(first); }

    pcapng_writer& section(const pcapng_section& section) {
        order_ = section.order;
        file_.use(order_);
        interfaces_.clear();
        byte_writer body{order_};
        body.put(std::uint32_t{0x1a2b3c4d}).put(section.major).put(section.minor).put(section.length);
        return block(0x0a0d0d0a, body.put(section.options).bytes());
    }
    pcapng_writer& interface(const pcapng_interface& interface = {}) {
        interfaces_.push_back(interface);
        byte_writer body{order_};
        body.put(interface.link).put(std::uint16_t{0}).put(interface.snapshot_length).put(interface.options);
        if (interface.resolution) body.put(option(9, byte_writer{order_}.put(*interface.resolution).bytes()));
        if (interface.offset) body.put(option(14, byte_writer{order_}.put(*interface.offset).bytes()));
        if (interface.resolution || interface.offset) body.put(option(0, {}));
        return block(1, body.bytes());
    }
    /// The length on the wire is that of the bytes if none is given.
    pcapng_writer& enhanced(std::uint32_t interface, std::uint64_t units, std::span<const std::byte> bytes,
                            std::optional<std::uint32_t> wire_length = {}, std::span<const std::byte> options = {}) {
        const auto captured = static_cast<std::uint32_t>(bytes.size());
        byte_writer body{order_};
        body.put(interface).put(static_cast<std::uint32_t>(units >> 32)).put(static_cast<std::uint32_t>(units));
        body.put(captured).put(wire_length.value_or(captured)).put(bytes).pad_to_multiple_of_four().put(options);
        return block(6, body.bytes());
    }
    pcapng_writer& simple(std::span<const std::byte> bytes, std::optional<std::uint32_t> wire_length = {}) {
        byte_writer body{order_};
        body.put(wire_length.value_or(static_cast<std::uint32_t>(bytes.size()))).put(bytes).pad_to_multiple_of_four();
        return block(3, body.bytes());
    }
    /// The obsolete Packet Block.
    pcapng_writer& obsolete(std::uint16_t interface, std::uint16_t drops, std::uint64_t units,
                            std::span<const std::byte> bytes, std::optional<std::uint32_t> wire_length = {},
                            std::span<const std::byte> options = {}) {
        const auto captured = static_cast<std::uint32_t>(bytes.size());
        byte_writer body{order_};
        body.put(interface).put(drops);
        body.put(static_cast<std::uint32_t>(units >> 32)).put(static_cast<std::uint32_t>(units));
        body.put(captured).put(wire_length.value_or(captured)).put(bytes).pad_to_multiple_of_four().put(options);
        return block(2, body.bytes());
    }
    /// Interface statistics.
    pcapng_writer& statistics(std::uint32_t interface, std::uint64_t units, std::span<const std::byte> options = {}) {
        byte_writer body{order_};
        body.put(interface).put(static_cast<std::uint32_t>(units >> 32)).put(static_cast<std::uint32_t>(units));
        return block(5, body.put(options).bytes());
    }
    /// A packet of the interface that it names, in this section: enhanced, or simple if it has no time.
    /// @pre not before 1970; the interface's resolution is 10^-9 s or a coarser power of ten
    pcapng_writer& add(const tcplens::packet& packet) {
        if (!packet.has_time) return simple(packet.bytes, packet.wire_length);
        auto units = static_cast<std::uint64_t>(packet.time.time_since_epoch().count());
        for (int exponent = interfaces_.at(packet.interface_id).resolution.value_or(6); exponent < 9; ++exponent) {
            units /= 10;
        }
        return enhanced(packet.interface_id, units, packet.bytes, packet.wire_length);
    }
    /// A block of any type; its lengths are those of the body (a multiple of four bytes), or what is given.
    pcapng_writer& block(std::uint32_t type, std::span<const std::byte> body, std::optional<std::uint32_t> length = {},
                         std::optional<std::uint32_t> length_at_end = {}) {
        const auto right = static_cast<std::uint32_t>(body.size() + 12);
        file_.put(type).put(length.value_or(right)).put(body).put(length_at_end.value_or(length.value_or(right)));
        ends_.push_back(file_.size());
        return *this;
    }
    /// An option whose value is a number.
    template <std::unsigned_integral Unsigned>
    [[nodiscard]] byte_vector option(std::uint16_t code, Unsigned value) const {
        return option(code, byte_writer{order_}.put(value).bytes());
    }
    /// An option with its padding, in the order of this section.
    [[nodiscard]] byte_vector option(std::uint16_t code, std::span<const std::byte> value) const {
        byte_writer option{order_};
        option.put(code).put(static_cast<std::uint16_t>(value.size())).put(value).pad_to_multiple_of_four();
        return option.bytes();
    }

    [[nodiscard]] const byte_vector& bytes() const { return file_.bytes(); }
    /// Where each block ends.
    [[nodiscard]] const std::vector<std::size_t>& ends() const { return ends_; }

private:
    std::endian order_ = std::endian::little;
    byte_writer file_;
    std::vector<pcapng_interface> interfaces_;
    std::vector<std::size_t> ends_;
};

} // namespace capture_writer
