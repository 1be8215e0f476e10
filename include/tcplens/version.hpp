// SPDX-License-Identifier: MIT
#pragma once

// The one place where the version is written: CMake, meson, Conan and the tests read it from these three lines.
#define TCPLENS_VERSION_MAJOR 0
#define TCPLENS_VERSION_MINOR 1
#define TCPLENS_VERSION_PATCH 0
