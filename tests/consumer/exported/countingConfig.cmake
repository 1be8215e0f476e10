# SPDX-License-Identifier: MIT
include(CMakeFindDependencyMacro)
find_dependency(tcplens 0.1)
include(${CMAKE_CURRENT_LIST_DIR}/countingTargets.cmake)
