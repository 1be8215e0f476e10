// SPDX-License-Identifier: MIT
// export_connection: the only tool that writes.

#include "answers.hpp"

#include "../fragment_frames.hpp"
#include "../text.hpp"

#include <tcplens/capture/write/pcapng_writer.hpp>
#include <tcplens/tcplens.hpp>
#include <tcplens/wire/segment_with_payload.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

namespace program::context_server {

namespace {

/// Gives bytes to a descriptor, as the writer wants it.
struct descriptor_output {
    int descriptor;
    std::ptrdiff_t operator()(std::span<const std::byte> bytes) const {
        while (true) {
            const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
            if (written >= 0) return written;
            if (errno != EINTR) return -errno;
        }
    }
};

/// The numbers of the packets that hold fragments of the connection's segments, but for the last of each segment: ascending.
std::vector<std::uint64_t> packets_with_fragments(workshop& with, const loaded_capture& capture,
                                                  const tcplens::detailed_connection& of, job& work) {
    std::vector<std::uint64_t> found;
    if (capture.summary.packets.fragments == 0) return found;
    tcplens::connection_table table;
    fragment_frames fragments{tcplens::decode_options{}};
    with.captures.read_again(capture, work, [&](const tcplens::packet& next) {
        bool belongs = false;
        const std::uint64_t fragments_before = table.reassembly().fragments;
        table.add_each(next, [&](const tcplens::segment&, const auto& added) {
            belongs |= added.connection != nullptr && added.connection->number == of.number;
        });
        if (table.reassembly().fragments != fragments_before) {
            const std::vector<std::uint64_t>& before = fragments.add(next);
            if (belongs) found.insert(found.end(), before.begin(), before.end());
        }
        return next.number < of.last_packet;
    });
    std::ranges::sort(found);
    return found;
}

/// How many bytes of a packet stand before the data of its first segment; all of them if there is no data in it.
std::size_t length_of_headers(tcplens::decoder& decoder, const tcplens::packet& of) {
    tcplens::detail::segment_with_payload found;
    if (decoder.decode(of, found).outcome != tcplens::packet_outcome::tcp || found.payload.empty())
        return of.bytes.size();
    const std::byte* const begin = of.bytes.data();
    const std::byte* const data = found.payload.data();
    const bool in_packet = !std::less<>{}(data, begin) && std::less<>{}(data, begin + of.bytes.size());
    return in_packet ? static_cast<std::size_t>(data - begin) : 0; // of fragments, whose headers fragment_frames finds
}

} // namespace

tool_answer export_connection(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::detailed_connection& of = connection_of(*capture, given);
    std::string name = given.text("name");
    const bool headers_only = given.flag("headers_only", false);
    given.finish();
    if (!name.ends_with(".pcapng")) name += ".pcapng";

    const bool has_fragments = capture->summary.packets.fragments > 0;
    const std::vector<std::uint64_t> earlier = packets_with_fragments(with, *capture, of, work);
    const owned_descriptor file = with.written->create(name);
    try {
        tcplens::pcapng_writer<descriptor_output> writer{descriptor_output{file.get()}};
        tcplens::connection_table table;
        tcplens::decoder decoder;
        fragment_frames fragments{tcplens::decode_options{}};
        with.captures.read_again_with_reader(
            *capture, work, [&](const tcplens::packet& next, const input_file& reader) {
                bool belongs = std::ranges::binary_search(earlier, next.number);
                table.add_each(next, [&](const tcplens::segment&, const auto& added) {
                    belongs |= added.connection != nullptr && added.connection->number == of.number;
                });
                if (headers_only && has_fragments) static_cast<void>(fragments.add(next));
                if (belongs) {
                    tcplens::packet kept = next;
                    if (headers_only) {
                        const auto before_fragment = fragments.bytes_before_data(next);
                        kept.bytes =
                            kept.bytes.first(before_fragment ? *before_fragment : length_of_headers(decoder, next));
                    }
                    writer.write(kept, reader);
                }
                return next.number < of.last_packet && !writer.error();
            });
        if (!writer.close() || writer.error()) {
            throw tool_failure{"The file could not be written: " +
                               (writer.error() ? to_string(*writer.error()) : std::string{"the disk took no more."})};
        }
        tool_answer answer = begin_answer(*capture);
        answer.structured["connection"] = of.number;
        answer.structured["written"] = with.written->path() + "/" + name;
        answer.structured["packets_written"] = writer.packets();
        answer.structured["bytes"] = writer.position();
        answer.structured["headers_only"] = headers_only;
        answer.text += "connection " + std::to_string(of.number) + ": " +
                       counted(writer.packets(), "packet was", "packets were") + " written to " +
                       escaped(with.written->path() + "/" + name) + ".";
        return answer;
    } catch (...) {
        with.written->remove(name); // half a file would mislead
        throw;
    }
}

} // namespace program::context_server
