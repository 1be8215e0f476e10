// SPDX-License-Identifier: MIT
#include "watch_interface.hpp"

#include <cerrno>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace program::watching {

interface_state::interface_state(const std::string& name)
    : name_(name), index_(if_nametoindex(name.c_str())), socket_(socket(AF_INET, SOCK_DGRAM, 0)) {}

interface_state::~interface_state() {
    if (socket_ >= 0) close(socket_);
}

interface_state::state interface_state::look() const noexcept {
    if (index_ == 0) return state::up;
    ifreq request{}; // by its index: it may have another name by now
    if (if_indextoname(index_, request.ifr_name) == nullptr) return errno == ENXIO ? state::gone : state::up;
    if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return state::up; // gone since, or this cannot be known
    return (request.ifr_flags & IFF_UP) != 0 ? state::up : state::down;
}

unsigned interface_state::successor() const noexcept {
    return if_nametoindex(name_.c_str());
}

int hardware_type([[maybe_unused]] unsigned index) noexcept {
#ifdef __linux__
    ifreq request{};
    if (if_indextoname(index, request.ifr_name) == nullptr) return -1;
    const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (descriptor < 0) return -1;
    const bool known = ioctl(descriptor, SIOCGIFHWADDR, &request) == 0;
    close(descriptor);
    if (known) return request.ifr_hwaddr.sa_family;
#endif
    return -1;
}

} // namespace program::watching
