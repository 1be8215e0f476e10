# SPDX-License-Identifier: MIT
# An overlay port of the checkout that it stands in. Try it there, past the binary cache, which does not see the sources:
# vcpkg install tcplens --overlay-ports=packaging/vcpkg --no-binarycaching
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release) # header-only: nothing differs in a debug build
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DTCPLENS_BUILD_TESTS=OFF
        -DTCPLENS_BUILD_EXAMPLES=OFF
        -DTCPLENS_BUILD_PROGRAM=OFF
        -DTCPLENS_BUILD_BENCHMARKS=OFF
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/tcplens)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/licenses")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
