// SPDX-License-Identifier: MIT
#include "watch_file.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace program::watching {

namespace {

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // SIGPIPE is ignored
#endif

constexpr std::size_t longest_text = std::size_t{1} << 16; ///< the metrics take a quarter of that

std::string failure() {
    return std::string{"It could not be written: "} + std::strerror(errno) + '.';
}

/// Puts a text in place of the file. Says why it cannot; empty if it can.
std::string replace(const std::string& name, std::string_view text) {
    const std::string next = name + ".new";
    unlink(next.c_str()); // of a run that was killed
    const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file < 0) return failure();
    bool good = true;
    while (good && !text.empty()) {
        const ssize_t count = ::write(file, text.data(), text.size());
        good = count > 0 || (count < 0 && errno == EINTR);
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    }
    std::string why = good ? "" : failure();
    if (close(file) != 0 && why.empty()) why = failure();
    if (why.empty() && std::rename(next.c_str(), name.c_str()) != 0) why = failure();
    if (!why.empty()) unlink(next.c_str());
    return why;
}

std::string folder_of(const std::string& name) {
    const std::filesystem::path folder = std::filesystem::path{name}.parent_path();
    return folder.empty() ? "." : folder.string();
}

/// Writes each text that comes, until there are no more; then the process ends.
[[noreturn]] void write_all(int socket, const std::string& name) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        std::signal(signal, SIG_IGN); // the end comes by the socket
    constexpr int most_open = 1024;
    for (int each = 3; each < most_open; ++each) { // what the others have open is theirs
        if (each != socket) close(each);
    }
    static std::array<char, longest_text> text;
    while (true) {
        const ssize_t count = recv(socket, text.data(), text.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) _exit(0);
        const std::string why = replace(name, {text.data(), static_cast<std::size_t>(count)});
        if (!why.empty()) (void)send(socket, why.data(), why.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

} // namespace

metrics_file::~metrics_file() {
    if (socket_ >= 0) close(socket_);
    if (writer_ > 0) waitpid(writer_, nullptr, 0);
}

std::string metrics_file::open(const std::string& name, const user& unprivileged, const std::string& first) {
    struct stat there {};
    if (lstat(name.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode)) {
        return "It is something else than a file, and was left as it is.";
    }
    user writer = unprivileged;
    if (!is_root()) {
        if (std::string why = replace(name, first); !why.empty()) return why;
    } else if (!ask_as(unprivileged, [&] { return replace(name, first).empty(); })) {
        struct stat folder {};
        if (stat(folder_of(name).c_str(), &folder) != 0) return failure();
        writer = {"of its folder", folder.st_uid, folder.st_gid};
        if (!ask_as(writer, [&] { return replace(name, first).empty(); })) {
            return "Neither the user " + unprivileged.name + " nor the owner of the folder can write it.";
        }
    }
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return failure();
    writer_ = fork();
    if (writer_ < 0) return failure();
    if (writer_ == 0) {
        close(ends[0]);
        if (!drop_privileges(writer).empty()) _exit(1);
        write_all(ends[1], name);
    }
    close(ends[1]);
    socket_ = ends[0];
    fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
    fcntl(socket_, F_SETFD, FD_CLOEXEC);
    return {};
}

void metrics_file::write(const std::string& text) {
    if (socket_ < 0) return;
    // One text waits at most: that of another second is newer.
    pollfd waiting{socket_, POLLOUT, 0};
    if (poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLOUT) != 0)
        (void)send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
}

std::string metrics_file::problem() {
    if (socket_ < 0) return {};
    std::array<char, 512> text;
    const ssize_t count = recv(socket_, text.data(), text.size(), 0);
    if (count > 0) return {text.data(), static_cast<std::size_t>(count)};
    if (count < 0) return {}; // it says nothing
    close(socket_);
    socket_ = -1;
    return "The process that writes it has ended.";
}

} // namespace program::watching
