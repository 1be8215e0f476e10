// SPDX-License-Identifier: MIT
// export_connection: the only tool that writes.

#include "answers.hpp"

#include "../text.hpp"

#include <tcplens/capture/write/pcapng_writer.hpp>
#include <tcplens/tcplens.hpp>
#include <tcplens/wire/segment_with_payload.hpp>

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

/// How many bytes of a packet stand before the data of its first segment; all of them if there is no data in it.
std::size_t length_of_headers(tcplens::decoder& decoder, const tcplens::packet& of) {
    tcplens::detail::segment_with_payload found;
    if (decoder.decode(of, found).outcome != tcplens::packet_outcome::tcp || found.payload.empty())
        return of.bytes.size();
    const std::byte* const begin = of.bytes.data();
    const std::byte* const data = found.payload.data();
    const bool in_packet = !std::less<>{}(data, begin) && std::less<>{}(data, begin + of.bytes.size());
    return in_packet ? static_cast<std::size_t>(data - begin) : 0; // data of fragments is nowhere in this packet alone
}

} // namespace

tool_answer export_connection(workshop& with, arguments& given, job& work) {
    const auto capture = capture_of(with, given, work);
    const tcplens::detailed_connection& of = connection_of(*capture, given);
    std::string name = given.text("name");
    const bool headers_only = given.flag("headers_only", false);
    given.finish();
    if (!name.ends_with(".pcapng")) name += ".pcapng";

    const owned_descriptor file = with.written->create(name);
    try {
        tcplens::pcapng_writer<descriptor_output> writer{descriptor_output{file.get()}};
        tcplens::connection_table table;
        tcplens::decoder decoder;
        with.captures.read_again_with_reader(
            *capture, work, [&](const tcplens::packet& next, const input_file& reader) {
                bool belongs = false;
                table.add_each(next, [&](const tcplens::segment&, const auto& added) {
                    belongs |= added.connection != nullptr && added.connection->number == of.number;
                });
                if (belongs) {
                    tcplens::packet kept = next;
                    if (headers_only) kept.bytes = kept.bytes.first(length_of_headers(decoder, next));
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
