# SPDX-License-Identifier: MIT
# A header-only library is the same for every machine: all of it goes below include/ and share/.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/tcplens)

install(TARGETS tcplens EXPORT tcplens FILE_SET HEADERS)
install(EXPORT tcplens NAMESPACE tcplens:: DESTINATION ${package_dir} FILE tcplensConfig.cmake)

# While the major version is 0, a minor version may break.
write_basic_package_version_file(
    ${CMAKE_CURRENT_BINARY_DIR}/tcplensConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tcplensConfigVersion.cmake DESTINATION ${package_dir})

configure_file(cmake/tcplens.pc.in tcplens.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tcplens.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/tcplens)
