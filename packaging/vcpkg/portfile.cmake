vcpkg_download_distfile(ARCHIVE
    URLS "https://github.com/tcplens/tcplens/releases/download/v${VERSION}/tcplens-${VERSION}.tar.gz"
    FILENAME "tcplens-${VERSION}.tar.gz"
    SHA512 0
)
vcpkg_extract_source_archive(SOURCE_PATH ARCHIVE "${ARCHIVE}")

vcpkg_check_features(
    OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        program TCPLENS_BUILD_PROGRAM
)

set(VCPKG_BUILD_TYPE release) # header-only port

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DTCPLENS_BUILD_TESTS=OFF
        -DTCPLENS_BUILD_EXAMPLES=OFF
        -DTCPLENS_BUILD_BENCHMARKS=OFF
        ${FEATURE_OPTIONS}
)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/tcplens)
vcpkg_fixup_pkgconfig()

if("program" IN_LIST FEATURES)
    vcpkg_copy_tools(TOOL_NAMES tcplens AUTO_CLEAN)
endif()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/share/licenses")

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
