# SPDX-License-Identifier: MIT
# Every header below include/tcplens is part of the library: a new one needs no line here.
file(GLOB_RECURSE tcplens_headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include/tcplens
    ${PROJECT_SOURCE_DIR}/include/tcplens/*.hpp)
