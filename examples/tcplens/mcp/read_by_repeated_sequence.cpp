// SPDX-License-Identifier: MIT
#include "capture_reading_with.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include <memory>

namespace program::context_server {

std::shared_ptr<loaded_capture> read_by_repeated_sequence(const opened_file& file, const bounds& most, job& work) {
    auto made = read_with<tcplens::repeated_sequence_rules>(file, most, work);
    made->rules = "repeated_sequence";
    return made;
}

} // namespace program::context_server
