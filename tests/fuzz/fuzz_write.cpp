// SPDX-License-Identifier: MIT
#include "require.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/format/pcap_records.hpp>
#include <tcplens/capture/write/pcap_writer.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace {

using namespace tcplens;

/// The options of a packet, apart from those whose bytes may be in another order.
void require_same_options(const packet_options& a, const packet_options& b) {
    require(a.comment() == b.comment());
    require(a.dropped() == b.dropped());
    require(a.packet_id() == b.packet_id() && a.queue() == b.queue());
    require(a.flags().has_value() == b.flags().has_value() && (!a.flags() || a.flags()->bits == b.flags()->bits));
    auto other = b.begin();
    // The field of an obsolete packet block has become an option.
    const auto count = [](const packet_options& of) { return std::ranges::distance(of); };
    if (count(b) != count(a)) require(count(b) == count(a) + 1 && (*other++).code == 4);
    for (const option_list::option& each : a) {
        require(other != b.end());
        const option_list::option same = *other++;
        require(each.code == same.code && each.value.size() == same.value.size());
        require(each.order != same.order || std::ranges::equal(each.value, same.value));
    }
}

void require_same(const packet& a, const packet& b) {
    require(a.wire_length == b.wire_length && a.link == b.link);
    require(std::ranges::equal(a.bytes, b.bytes));
}

void require_same(const capture_interface& a, const capture_interface& b) {
    require(a.link == b.link && a.name == b.name && a.description == b.description && a.filter == b.filter);
    require(a.hardware == b.hardware && a.operating_system == b.operating_system && a.comments == b.comments);
    // A reader takes a length below 8 for one in bytes.
    require(a.speed == b.speed && a.receive_speed == b.receive_speed && a.fcs_bits == b.fcs_bits);
}

std::vector<std::byte> write_pcapng(std::span<const std::byte> input, std::endian order, std::uint64_t& refused) {
    std::vector<std::byte> written;
    capture_reader reader{input};
    pcapng_writer writer{written, {.section = {.byte_order = order}}};
    for (const packet& each : reader) {
        if (writer.write(each, reader)) continue;
        require(writer.error() && writer.error()->refuses_packet());
        require(static_cast<std::uint32_t>(each.link) > 0xffff);
        ++refused;
    }
    require(writer.packets() + refused == reader.packets());
    require(writer.close());
    require(writer.position() == written.size());
    return written;
}

/// Reading what was written gives the same packets.
void require_identity(std::span<const std::byte> input, std::endian order) {
    std::uint64_t refused = 0;
    const std::vector<std::byte> written = write_pcapng(input, order, refused);
    capture_reader before{input};
    capture_reader after{std::span<const std::byte>{written}};
    for (const packet& each : before) {
        if (static_cast<std::uint32_t>(each.link) > 0xffff) continue;
        const packet* const same = after.next();
        require(same != nullptr);
        require_same(each, *same);
        require(each.time == same->time && each.has_time == same->has_time);
        if (each.has_time) require_same_options(before.options(), after.options());
        if (each.number > 100) continue; // descriptions are made anew with each question
        const auto described = before.interfaces();
        if (each.interface_id < described.size())
            require_same(described[each.interface_id], after.interfaces()[same->interface_id]);
    }
    require(after.next() == nullptr && !after.error());
}

/// Whether pcap holds the packet, in a file of that link type.
bool fits_pcap(const packet& of, link_type link) {
    const std::int64_t nanoseconds = of.has_time ? of.time.time_since_epoch().count() : 0;
    return nanoseconds >= 0 && nanoseconds / 1'000'000'000 <= 0xffff'ffff && of.link == link &&
           static_cast<std::uint32_t>(of.link) <= 0x03ff'ffff;
}

/// Whether the records are like those of real captures. Others may be taken for records with longer headers, or for the zeros behind a
/// cut file: the header of a pcap file does not tell.
bool has_usual_records(std::span<const std::byte> written) {
    constexpr std::uint32_t file_header = 24;
    constexpr std::uint32_t record_header = 16;
    if (written.size() < file_header) return false;
    detail::pcap::header begin;
    detail::pcap::read_magic(begin, written);
    detail::pcap::read_header(begin, written);
    std::optional<std::uint32_t> before;
    for (std::size_t at = file_header; at + record_header <= written.size();) {
        const auto record = detail::pcap::read_record_header(written.data() + at, begin);
        if (!detail::pcap::is_plausible(record, before.value_or(record.seconds))) return false;
        before = record.seconds;
        at += record_header + record.captured;
    }
    return true;
}

void require_pcap(std::span<const std::byte> input, bool nanoseconds, std::endian order, std::uint32_t snapshot) {
    std::vector<std::byte> written;
    capture_reader reader{input};
    pcap_writer writer{written, {.nanoseconds = nanoseconds, .snapshot_length = snapshot, .byte_order = order}};
    std::optional<link_type> link;
    for (const packet& each : reader) {
        if (!link && fits_pcap(each, each.link)) link = each.link;
        require(writer.write(each) == fits_pcap(each, link.value_or(each.link)));
    }
    require(writer.close());
    if (!has_usual_records(written)) return;
    capture_reader before{input};
    capture_reader after{std::span<const std::byte>{written}};
    for (const packet& each : before) {
        if (!fits_pcap(each, link.value_or(each.link))) continue;
        const packet* const same = after.next();
        require(same != nullptr && same->link == each.link && same->wire_length == each.wire_length);
        const std::size_t kept = snapshot == 0 ? each.bytes.size() : std::min<std::size_t>(each.bytes.size(), snapshot);
        require(std::ranges::equal(each.bytes.first(kept), same->bytes));
        const std::int64_t time = each.time.time_since_epoch().count();
        require(same->time.time_since_epoch().count() == (nanoseconds ? time : time - time % 1000));
    }
    require(after.next() == nullptr && !after.error());
}

} // namespace

// Input: a capture, in either format.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span{data, size});
    require_identity(input, std::endian::little);
    require_identity(input, std::endian::big);
    require_pcap(input, true, std::endian::little, 0);
    require_pcap(input, false, std::endian::big, 60);
    return 0;
}
