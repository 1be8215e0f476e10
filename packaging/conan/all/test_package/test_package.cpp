#include <tcplens/tcplens.hpp>

#include <array>
#include <cstddef>
#include <cstdio>

int main() {
    std::array<std::byte, 40> syn{}; // IPv4 and TCP, from 10.0.0.1:1024 to 10.0.0.2:80
    const unsigned char bytes[] = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 4, 0, 0, 80,
                                   0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff};
    for (std::size_t at = 0; at < sizeof bytes; ++at) syn[at] = std::byte{bytes[at]};
    tcplens::connection_table table;
    table.add({}, tcplens::link_type::ipv4, syn, 40);
    std::printf("tcplens %d.%d.%d%s: %d connection\n", TCPLENS_VERSION_MAJOR, TCPLENS_VERSION_MINOR,
                TCPLENS_VERSION_PATCH, TCPLENS_VERSION_SUFFIX, static_cast<int>(table.size()));
    return table.size() == 1 ? 0 : 1;
}
