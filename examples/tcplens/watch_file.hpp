// SPDX-License-Identifier: MIT
#pragma once

// The metrics in a file, which others find complete whenever they look.

#include "watch_privileges.hpp"

#include <string>

#include <sys/types.h>

namespace program::watching {

/// Writes a file again and again, each time in one step: a new file takes the place of the one before.
///
/// A process of its own writes, so that no disk delays packets. It has no capabilities, and it is the unprivileged user, too; but
/// where that user may not write in the folder it stays, or becomes, the folder's owner.
class metrics_file {
public:
    metrics_file() = default;
    metrics_file(const metrics_file&) = delete;
    metrics_file& operator=(const metrics_file&) = delete;
    ~metrics_file(); // what was written last is in the file by then

    /// Begins, with a first text. Says why it cannot; empty if it can. Call it before there are threads, and before privileges are
    /// dropped.
    [[nodiscard]] std::string open(const std::string& name, const user& unprivileged, const std::string& first);
    /// Hands a text to the process that writes; passes it over if that is busy still. Never waits.
    void write(const std::string& text);
    /// What went wrong since it was asked the last time; empty if nothing did.
    [[nodiscard]] std::string problem();

private:
    int socket_ = -1;
    pid_t writer_ = -1;
};

} // namespace program::watching
