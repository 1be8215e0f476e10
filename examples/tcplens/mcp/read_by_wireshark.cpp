// SPDX-License-Identifier: MIT
#include "capture_reading_with.hpp"

#include <tcplens/connection/rules/wireshark_rules.hpp>

#include <memory>

namespace program::context_server {

std::shared_ptr<loaded_capture> read_by_wireshark(const opened_file& file, const bounds& most, job& work) {
    auto made = read_with<tcplens::wireshark_rules>(file, most, work);
    made->rules = "wireshark";
    return made;
}

} // namespace program::context_server
