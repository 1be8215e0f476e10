// SPDX-License-Identifier: MIT
#include "watch_privileges.hpp"

#include "command_line.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

namespace program::watching {

namespace {

std::string failure(const std::string& what) {
    return what + ": " + std::strerror(errno) + '.';
}

#ifdef __linux__

/// The capabilities of the process, as capget(2) has them.
struct capabilities {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct words[2]{};

    [[nodiscard]] bool read() noexcept { return syscall(SYS_capget, &header, words) == 0; }
    [[nodiscard]] bool write() noexcept { return syscall(SYS_capset, &header, words) == 0; }
    [[nodiscard]] bool none() const noexcept {
        for (const auto& each : words) {
            if ((each.effective | each.permitted | each.inheritable) != 0) return false;
        }
        return true;
    }
};

/// What programs that are started could get. Only a process with CAP_SETPCAP can forbid it; no_new_privs does so for all others.
void clear_bounds() noexcept {
    constexpr unsigned long most = 64; // EINVAL at the first that the kernel does not know
    for (unsigned long each = 0; each < most && prctl(PR_CAPBSET_DROP, each, 0, 0, 0) == 0; ++each) {
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

#endif

/// Becomes the user. An id that has no meaning in this user namespace cannot be taken: root of such a namespace is nobody special
/// outside.
std::string become(const user& to) {
    const bool without_groups = setgroups(0, nullptr) == 0;
    if (setregid(to.group, to.group) != 0 || setreuid(to.id, to.id) != 0) {
        if (errno == EINVAL) return {};
        return failure("It could not become the user " + to.name);
    }
    if (!without_groups) return failure("It could not leave its groups");
    const bool is_it = getuid() == to.id && geteuid() == to.id && getgid() == to.group && getegid() == to.group;
    if (!is_it || (to.id != 0 && setuid(0) == 0)) {
        return "It could not become the user " + to.name + '.';
    }
    return {};
}

} // namespace

std::optional<user> find_user(const std::string& name) {
    const passwd* found = getpwnam(name.c_str());
    if (found == nullptr) {
        if (const auto number = parse_number<uid_t>(name)) found = getpwuid(*number);
    }
    constexpr uid_t overflow_id = 65534; // nobody, where no file says so
    if (found == nullptr && name == "nobody") return user{name, overflow_id, overflow_id};
    if (found == nullptr) return std::nullopt;
    return user{found->pw_name, found->pw_uid, found->pw_gid};
}

bool is_root() noexcept {
    return geteuid() == 0;
}

std::string drop_privileges(const user& to) {
#ifdef __linux__
    clear_bounds();
#endif
    if (is_root()) {
        if (std::string why = become(to); !why.empty()) return why;
    }
#ifdef __linux__
    if (!capabilities{}.write()) return failure("It could not give up its capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failure("no_new_privs");
    capabilities left;
    if (!left.read() || !left.none()) return "It could not give up its capabilities.";
#endif
    return {};
}

bool ask_as(const user& who, const std::function<bool()>& question) {
    const uid_t id = geteuid();
    const gid_t group = getegid();
    const int count = getgroups(0, nullptr);
    std::vector<gid_t> groups(static_cast<std::size_t>(count > 0 ? count : 0));
    if (count > 0 && getgroups(count, groups.data()) != count) return false;
    if (setgroups(0, nullptr) != 0) return false;
    bool answer = false;
    if (setegid(who.group) == 0 && seteuid(who.id) == 0) answer = question();
    const bool restored = seteuid(id) == 0 && setegid(group) == 0 && setgroups(groups.size(), groups.data()) == 0;
    return answer && restored;
}

} // namespace program::watching
