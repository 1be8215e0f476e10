// SPDX-License-Identifier: MIT
#include "require.hpp"
#include "segment_script.hpp"

#include <tcplens/connection/filters/connection_filter.hpp>
#include <tcplens/connection/filters/segment_filter.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace tcplens;

namespace {

/// An error names the part that is wrong, and where it is.
void require_sound(const segment_filter::text_error& error, std::string_view text) {
    require(error.position <= text.size());
    require(text.substr(error.position).starts_with(error.part));
    require(to_string(error).ends_with('.'));
}

/// Reads both kinds of lists, and reads again what they say.
segment_filter read(std::string_view text) {
    segment_filter made;
    if (auto networks = segment_filter::parse_networks(text)) {
        require(!networks.value.empty());
        std::string again;
        for (const segment_filter::network& each : networks.value) {
            require(each.contains(each.base));
            require(each.prefix_length <= (each.base.is_v4() ? 32 : 128));
            again += (again.empty() ? "" : ", ") + to_string(each.base) + "/" + std::to_string(each.prefix_length);
        }
        require(segment_filter::parse_networks(again).value == networks.value);
        made.networks = std::move(networks.value);
    } else {
        require_sound(*networks.error, text);
    }
    if (auto ports = segment_filter::parse_ports(text)) {
        require(!ports.value.empty());
        for (const segment_filter::port_range& each : ports.value) {
            require(each.first <= each.last && each.contains(each.first) && each.contains(each.last));
        }
        made.ports = std::move(ports.value);
    } else {
        require_sound(*ports.error, text);
    }
    return made;
}

/// A segment is chosen by both ends if by either one and by the other; a connection is chosen as its segments are.
void choose(const segment_filter& by, std::span<const segment> segments) {
    segment_filter at_source = by;
    at_source.network_ends = at_source.port_ends = segment_filter::ends::first;
    segment_filter at_destination = by;
    at_destination.network_ends = at_destination.port_ends = segment_filter::ends::second;
    segment_filter at_both = by;
    at_both.network_ends = at_both.port_ends = segment_filter::ends::both;
    connection_filter connections{.networks = by.networks, .ports = by.ports};
    connection_table table;
    for (const segment& each : segments) {
        require(at_both(each) == (at_source(each) && at_destination(each)));
        if (at_source(each) || at_destination(each)) require(by(each));
        segment back = each;
        std::swap(back.source, back.destination);
        require(by(back) == by(each) && at_source(back) == at_destination(each));
        require(connections(*table.add(each).connection) == by(each));
    }
}

} // namespace

// Input: the length of a text, the text, a script of segments.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > 4096) return 0;
    const std::span<const std::uint8_t> rest = std::span{data, size}.subspan(1);
    const std::size_t length = std::min<std::size_t>(data[0], rest.size());
    const std::string text{rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length)};
    choose(read(text), segment_script::read(rest.subspan(length)));
    return 0;
}
