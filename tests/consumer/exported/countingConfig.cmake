# SPDX-License-Identifier: MIT
include(CMakeFindDependencyMacro)
find_dependency(tcplens 1.0)
include(${CMAKE_CURRENT_LIST_DIR}/countingTargets.cmake)
