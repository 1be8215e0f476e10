// SPDX-License-Identifier: MIT
#pragma once

// The one place where the version is written: CMake, meson, the packages and the tests read it from these four lines.
#define TCPLENS_VERSION_MAJOR 1
#define TCPLENS_VERSION_MINOR 0
#define TCPLENS_VERSION_PATCH 0
/// What Semantic Versioning puts behind the three numbers: "-rc.1" in a release candidate, "" in a release.
#define TCPLENS_VERSION_SUFFIX "-rc.1"
