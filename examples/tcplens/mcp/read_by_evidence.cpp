// SPDX-License-Identifier: MIT
#include "capture_reading_with.hpp"

#include <tcplens/connection/rules/evidence_rules.hpp>

#include <memory>

namespace program::context_server {

std::shared_ptr<loaded_capture> read_by_evidence(const opened_file& file, const bounds& most, job& work) {
    return read_with<tcplens::evidence_rules>(file, most, work);
}

} // namespace program::context_server
