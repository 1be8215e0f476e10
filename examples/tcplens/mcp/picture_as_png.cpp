// SPDX-License-Identifier: MIT
#include "picture_as_png.hpp"

#include "failures.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT(readability-redundant-declaration): POSIX wants it declared by the program

namespace program::context_server {

namespace {

using clock = std::chrono::steady_clock;

/// A pipe whose ends are closed with this object, and not passed on to other programs.
struct pipe_ends {
    int read = -1;
    int write = -1;

    pipe_ends() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe(ends.data()) != 0) return;
        read = ends[0];
        write = ends[1];
        for (const int each : ends) ::fcntl(each, F_SETFD, FD_CLOEXEC);
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        close(read);
        close(write);
    }
    static void close(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }
};

/// Writes all to one end and reads all from the other, as far as time and bytes allow. False if they do not.
bool exchange(pipe_ends& to, pipe_ends& from, std::string_view input, std::string& output, std::size_t most) {
    constexpr std::chrono::seconds longest{10};
    const clock::time_point ends = clock::now() + longest;
    ::fcntl(to.write, F_SETFL, O_NONBLOCK);
    std::array<char, 65536> buffer{};
    while (clock::now() < ends && output.size() <= most) {
        std::array<pollfd, 2> wanted{
            {{.fd = from.read, .events = POLLIN, .revents = 0}, {.fd = to.write, .events = POLLOUT, .revents = 0}}};
        constexpr int a_second = 1000;
        if (::poll(wanted.data(), to.write >= 0 ? 2 : 1, a_second) < 0 && errno != EINTR) return false;
        if (to.write >= 0 && wanted[1].revents != 0) {
            const ssize_t written = ::write(to.write, input.data(), input.size());
            if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
            if (input.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) pipe_ends::close(to.write);
        }
        if (wanted[0].revents == 0) continue;
        const ssize_t count = ::read(from.read, buffer.data(), buffer.size());
        if (count == 0) return true;
        if (count > 0) output.append(buffer.data(), static_cast<std::size_t>(count));
        else if (errno != EINTR) return false;
    }
    return false;
}

/// Runs rsvg-convert. Nothing if it could not, or there are more bytes.
std::optional<std::string> convert(const std::string& svg, const char* width, std::size_t most) {
    pipe_ends to;
    pipe_ends from;
    if (to.write < 0 || from.read < 0) return std::nullopt;
    std::array<std::string, 5> words{"rsvg-convert", "--width", width, "--keep-aspect-ratio",
                                     "--background-color=white"};
    std::array<char*, 6> values{};
    for (std::size_t i = 0; i < words.size(); ++i) values[i] = words[i].data();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to.read, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from.write, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, "rsvg-convert", &actions, nullptr, values.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        throw tool_failure{
            "PNG needs the program rsvg-convert (Debian: librsvg2-bin), which is not there. Ask for format svg."};
    }
    pipe_ends::close(to.read);
    pipe_ends::close(from.write);
    std::string output;
    const bool is_whole = exchange(to, from, svg, output, most);
    if (!is_whole) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!is_whole || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
    return output;
}

/// Base64 (RFC 4648 section 4).
std::string encoded(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char each : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(each);
        for (held += 8; held >= 6; held -= 6) text += letters[bits >> (held - 6) & 63];
    }
    if (held > 0) text += letters[bits << (6 - held) & 63];
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

} // namespace

std::string as_png(const std::string& svg, std::size_t most_bytes) {
    // Four characters for three bytes.
    const std::size_t most = most_bytes / 4 * 3;
    for (const char* const width : {"1000", "700", "500", "350", "250"}) {
        if (const std::optional<std::string> made = convert(svg, width, most)) return encoded(*made);
    }
    throw tool_failure{
        "The picture could not be made, or has too many bytes in any size: a larger limit, or format svg, may do."};
}

} // namespace program::context_server
