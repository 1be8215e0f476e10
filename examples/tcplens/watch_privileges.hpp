// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

namespace program::watching {

/// A user of this system.
struct user {
    std::string name{};
    uid_t id = 0;
    gid_t group = 0;
};

/// The user of that name, or of that number.
[[nodiscard]] std::optional<user> find_user(const std::string& name);

/// Whether the process runs as root, and so can become another user.
[[nodiscard]] bool is_root() noexcept;

/// Gives up for good all that the process may do beyond any other: it becomes `to` if it is root, loses all capabilities (also those that
/// programs which it might start could have), and can never get others (no_new_privs). Says what could not be given up; empty if
/// all is gone. Call it while there is one thread.
[[nodiscard]] std::string drop_privileges(const user& to);

/// Asks as a user: `question` runs with the ids of that user. @pre is_root()
[[nodiscard]] bool ask_as(const user& who, const std::function<bool()>& question);

} // namespace program::watching
