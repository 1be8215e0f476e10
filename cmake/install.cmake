# SPDX-License-Identifier: MIT
# A header-only library is the same for every machine: all of it goes below include/ and share/.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/tcplens)

# The rules are there even if nothing is to be installed: whoever exports a library that uses tcplens needs it in an export set.
set(how COMPONENT tcplens)
if(NOT TCPLENS_INSTALL)
    list(APPEND how EXCLUDE_FROM_ALL)
endif()

install(TARGETS tcplens EXPORT tcplens ${how})
install(DIRECTORY include/tcplens DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${how} FILES_MATCHING PATTERN *.hpp)
install(EXPORT tcplens NAMESPACE tcplens:: DESTINATION ${package_dir} FILE tcplensConfig.cmake ${how})
export(EXPORT tcplens NAMESPACE tcplens:: FILE ${CMAKE_CURRENT_BINARY_DIR}/tcplensConfig.cmake)

write_basic_package_version_file(
    ${CMAKE_CURRENT_BINARY_DIR}/tcplensConfigVersion.cmake COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tcplensConfigVersion.cmake DESTINATION ${package_dir} ${how})

configure_file(cmake/tcplens.pc.in tcplens.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tcplens.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig ${how})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/tcplens ${how})
