// SPDX-License-Identifier: MIT
// Reads a capture that gzip compressed, without unpacking it first: what stands between a file and the library is one
// callable that fills a buffer. A capture that is not compressed is read as it is.

#include "command_line.hpp"
#include "percentage.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace {

/// Unpacks gzip (RFC 1952): any number of members, one behind the other, as `cat a.gz b.gz` and parallel compressors
/// make them. To be called as a tcplens::detail::stream_filler; problem() tells what was wrong, once that has failed.
class gzip_stream {
public:
    explicit gzip_stream(tcplens::file_stream from) : from_(std::move(from)) {
        constexpr int largest_window_gzip_only = 15 + 16;
        if (inflateInit2(&state_, largest_window_gzip_only) != Z_OK) problem_ = "zlib could not be started.";
    }
    gzip_stream(const gzip_stream&) = delete;
    gzip_stream& operator=(const gzip_stream&) = delete;
    ~gzip_stream() { inflateEnd(&state_); }

    std::ptrdiff_t operator()(std::span<std::byte> into) {
        const auto room = static_cast<uInt>(std::min<std::size_t>(into.size(), std::numeric_limits<uInt>::max()));
        state_.next_out = reinterpret_cast<Bytef*>(into.data());
        state_.avail_out = room;
        while (state_.avail_out == room) { // whatever there is goes on at once, as from a live capture
            if (!problem_.empty()) return failure;
            if (state_.avail_in == 0) {
                const std::ptrdiff_t received = from_(input_);
                if (received < 0) return received;
                if (received == 0) {
                    if (inside_ != part::member) return 0;
                    problem_ = "The gzip data is cut short: what is missing can only be had from where it came.";
                    return failure;
                }
                state_.next_in = reinterpret_cast<Bytef*>(input_.data());
                state_.avail_in = static_cast<uInt>(received);
            }
            go_on();
        }
        return static_cast<std::ptrdiff_t>(room - state_.avail_out);
    }

    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    enum class part { beginning, member, between, not_compressed };

    static constexpr std::ptrdiff_t failure = std::numeric_limits<std::ptrdiff_t>::min(); // for no reason of the system
    static constexpr Bytef first_of_gzip = 0x1f; // RFC 1952 2.3.1; a capture can't begin with it

    /// \pre there are bytes to go on with
    void go_on() {
        if (inside_ == part::beginning) {
            inside_ = *state_.next_in == first_of_gzip ? part::member : part::not_compressed;
        }
        switch (inside_) {
        case part::beginning: break;
        case part::not_compressed: {
            const uInt count = std::min(state_.avail_in, state_.avail_out);
            std::copy_n(state_.next_in, count, state_.next_out);
            state_.next_in += count;
            state_.avail_in -= count;
            state_.next_out += count;
            state_.avail_out -= count;
            break;
        }
        case part::between:
            if (*state_.next_in == 0) { // what fills up a block of a tape
                ++state_.next_in;
                --state_.avail_in;
            } else if (*state_.next_in == first_of_gzip) {
                inflateReset(&state_);
                inside_ = part::member;
            } else {
                problem_ = "Behind the gzip data is something that is none; all that was compressed has been read.";
            }
            break;
        case part::member: {
            const int result = inflate(&state_, Z_NO_FLUSH);
            if (result == Z_STREAM_END) inside_ = part::between;
            else if (result != Z_OK && result != Z_BUF_ERROR) describe_damage(result);
        }
        }
    }

    void describe_damage(int result) {
        problem_ = "The gzip data is damaged";
        if (state_.msg != nullptr) problem_.append(" (").append(state_.msg).append(")");
        else if (result == Z_MEM_ERROR) problem_ = "There is not enough memory to unpack it";
        problem_ += ": the last packets before that may be, too. Fetch the file again, or see what 'gzip -t' says.";
    }

    tcplens::file_stream from_;
    std::array<std::byte, 65536> input_{};
    z_stream state_{};
    part inside_ = part::beginning;
    std::string problem_{};
};

} // namespace

int main(int argc, char** argv) {
    using namespace example;
    const arguments given = parse(argc, argv, {&server_port}, one_capture);
    const std::string& name = given.files[0];
    const bool standard_input = name == "-";
    tcplens::file_stream file =
        standard_input ? tcplens::file_stream::standard_input() : tcplens::file_stream{std::filesystem::path{name}};
    const auto complain = [&](const std::string& why) {
        return static_cast<int>(conclude(given, std::vector{file_problem{name_of(name), why}}));
    };
    if (file.error()) return complain(to_string(*file.error()));

    gzip_stream unpacked{std::move(file)};
    tcplens::capture_reader capture{
        tcplens::stream_source{[&unpacked](std::span<std::byte> into) { return unpacked(into); }}};
    tcplens::connection_table table;
    for (const tcplens::packet& packet : capture) table.add(packet);

    const auto connections = tcplens::analyze_connections(table, {.server = {.port = given.server_port}}).summary;
    const auto retransmissions = tcplens::analyze_retransmissions(table, {.server = {.port = given.server_port}});
    std::cout << table.statistics().packets << " packets, " << table.statistics().tcp << " of them TCP\n"
              << connections.total_connections << " connections, " << connections.failed_handshakes
              << " failed handshakes, " << connections.reset_connections << " reset\n"
              << retransmissions.total_retransmissions << " retransmissions ("
              << percentage(retransmissions.retransmission_rate, 2) << ")\n";
    // All before an error counts. Where unpacking failed, that is the reason for whatever the capture lacks.
    if (!unpacked.problem().empty()) {
        return complain(unpacked.problem() + (capture.error() ? " " + to_string(*capture.error()) : ""));
    }
    if (capture.error()) return complain(to_string(*capture.error()));
    return static_cast<int>(conclude(given, std::vector<file_problem>{}));
}
