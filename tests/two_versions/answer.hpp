// SPDX-License-Identifier: MIT
#pragma once

#include <string>

/// What one version of tcplens says of a capture.
struct version_answer {
    int major = 0;
    std::string table_type{}; ///< As the linker knows it.
    std::string text{};
};

version_answer answer_of_this_version(const char* capture);
version_answer answer_of_next_version(const char* capture);
