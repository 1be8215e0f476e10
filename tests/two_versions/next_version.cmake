# SPDX-License-Identifier: MIT
# Copies the headers below FROM to TO as those of the next major version.
file(GLOB_RECURSE headers RELATIVE ${FROM} ${FROM}/tcplens/*.hpp)
file(STRINGS ${FROM}/tcplens/version.hpp major REGEX "^#define TCPLENS_VERSION_MAJOR [0-9]+$")
string(REGEX REPLACE "^.* " "" major "${major}")
math(EXPR next "${major} + 1")
foreach(header IN LISTS headers)
    file(READ ${FROM}/${header} text)
    string(REPLACE "inline v${major}" "inline v${next}" text "${text}")
    string(REPLACE "TCPLENS_VERSION_MAJOR ${major}" "TCPLENS_VERSION_MAJOR ${next}" text "${text}")
    file(WRITE ${TO}/${header} "${text}")
endforeach()
