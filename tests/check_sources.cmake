# SPDX-License-Identifier: MIT
# What the compiler does not see: files that no list names, a storey that includes a higher one, a second version.
# Run as: cmake -D VERSION=1.2.3 -P check_sources.cmake
cmake_minimum_required(VERSION 3.25)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# Each file in `folder` that matches `pattern` is named in each of the lists.
function(every_file folder pattern)
    file(GLOB_RECURSE files RELATIVE ${root}/${folder} ${root}/${folder}/${pattern})
    if(NOT files)
        message(SEND_ERROR "${folder}: no ${pattern}")
    endif()
    foreach(list IN LISTS ARGN)
        file(READ ${root}/${list} text)
        foreach(file IN LISTS files)
            if(NOT text MATCHES "[ ']${file}[\n' )]")
                message(SEND_ERROR "${folder}/${file} is not named in ${list}")
            endif()
        endforeach()
    endforeach()
endfunction()

every_file(tests/fuzz *.cpp tests/fuzz/CMakeLists.txt)
every_file(examples *.cpp examples/CMakeLists.txt examples/meson.build)
every_file(bench *.cpp bench/CMakeLists.txt)

# The rooms, from the ground up. A header includes its own room and rooms that stand before it in this list.
set(rooms
    base
    archive
    capture
    capture/source
    capture/format
    capture/file
    capture/write
    wire
    wire/ip
    wire/link/ethernet
    wire/link/point_to_point
    wire/link/wireless
    wire/link/ip_over
    wire/link/capture_headers
    wire/link
    wire/tcp
    wire/tunnel
    wire/decode
    connection
    connection/filters
    connection/tracking
    connection/rules/evidence
    connection/rules
    connection/observers
    connection/streams
    connection/table
    connection/zeek
    connection/saved
    connection/parallel
    connection/joined
    connection/detailed
    analysis/terms
    analysis/patterns
    analysis/observations
    analysis
)
set(max_headers_per_room 30)

# Sets `room` to that of a header, given relative to include/tcplens. The umbrella headers are in no room and stand above all.
function(room_of header)
    get_filename_component(room "${header}" DIRECTORY)
    set(room "${room}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE headers RELATIVE ${root}/include/tcplens ${root}/include/tcplens/*.hpp)
foreach(header IN LISTS headers)
    room_of(${header})
    if(room STREQUAL "")
        continue()
    endif()
    list(FIND rooms ${room} height)
    if(height LESS 0)
        message(SEND_ERROR "${header}: ${room} is no room of tests/check_sources.cmake")
    endif()
    string(MAKE_C_IDENTIFIER ${room} id)
    math(EXPR count_${id} "${count_${id}} + 1")
    if(count_${id} GREATER max_headers_per_room)
        message(SEND_ERROR "${room} has more than ${max_headers_per_room} headers")
    endif()
    file(STRINGS ${root}/include/tcplens/${header} includes REGEX "^ *#include")
    foreach(include IN LISTS includes)
        if(include MATCHES "<tcplens/")
            message(SEND_ERROR "${header}: ${include} should be a relative path")
        elseif(include MATCHES "\"(.*)\"")
            cmake_path(SET path NORMALIZE "${room}/${CMAKE_MATCH_1}")
            if(NOT path IN_LIST headers)
                message(SEND_ERROR "${header}: ${include} is no header")
                continue()
            endif()
            room_of(${path})
            list(FIND rooms "${room}" included_height)
            if(path STREQUAL "version.hpp")
                set(included_height 0)
            endif()
            if(included_height GREATER height OR included_height LESS 0)
                message(SEND_ERROR "${header}: ${include} is in a room above")
            endif()
            room_of(${header})
        endif()
    endforeach()
endforeach()

# Two versions can be in one program only if everything is in the inline namespace of the major version.
string(REGEX MATCH "^[0-9]+" major ${VERSION})
foreach(header IN LISTS headers)
    file(STRINGS ${root}/include/tcplens/${header} namespaces REGEX "^namespace ")
    foreach(line IN LISTS namespaces)
        if(NOT line MATCHES "^namespace detail(::[a-z_]+)? {$"
            AND NOT line MATCHES "^namespace tcplens::inline v${major}(::detail[a-z_:]*|::tunnels)? {}?$")
            message(SEND_ERROR "${header}: '${line}' should be in 'tcplens::inline v${major}'")
        endif()
    endforeach()
endforeach()

file(GLOB_RECURSE sources ${root}/include/*.?pp ${root}/tests/*.?pp ${root}/examples/*.?pp ${root}/bench/*.?pp)
foreach(source IN LISTS sources)
    file(STRINGS ${source} first_line LIMIT_COUNT 1)
    if(NOT first_line STREQUAL "// SPDX-License-Identifier: MIT")
        message(SEND_ERROR "${source} does not begin with its SPDX line")
    endif()
endforeach()

# The command of the documentation installs what Debian's package is built with.
file(STRINGS ${root}/packaging/debian/control build_depends REGEX "^ [a-z0-9.+-]+( \\(.*\\))?,$")
list(TRANSFORM build_depends REPLACE "^ ([a-z0-9.+-]+).*$" "\\1")
list(TRANSFORM build_depends REPLACE "^debhelper-compat$" "debhelper")
file(STRINGS ${root}/docs/getting-started.md install REGEX "^apt-get install .*debhelper")
foreach(package IN LISTS build_depends)
    if(NOT install MATCHES " ${package}( |$)")
        message(SEND_ERROR "docs/getting-started.md does not install ${package} for Debian's package")
    endif()
endforeach()
if(NOT build_depends)
    message(SEND_ERROR "packaging/debian/control has no Build-Depends")
endif()

# What repeats the address of the project.
file(STRINGS ${root}/packaging/address.py address REGEX "^ADDRESS = ")
string(REGEX REPLACE "^.*\"(.*)\"$" "\\1" address "${address}")
foreach(file IN ITEMS conan/all/conandata.yml conan/all/conanfile.py debian/control debian/copyright debian/upstream/metadata debian/watch
        meson/tcplens.wrap vcpkg/portfile.cmake vcpkg/vcpkg.json README.md)
    file(READ ${root}/packaging/${file} text)
    string(FIND "${text}" "${address}" position)
    if(position LESS 0)
        message(SEND_ERROR "packaging/${file} does not have the address of packaging/address.py, ${address}")
    endif()
endforeach()

# What repeats the version. Debian writes a tilde, which sorts before the release.
string(REPLACE "-" "~" debian_version ${VERSION})
foreach(repeated IN ITEMS
        "packaging/conan/config.yml|\"${VERSION}\":"
        "packaging/conan/all/conandata.yml|\"${VERSION}\":"
        "packaging/conan/all/conandata.yml|/v${VERSION}/tcplens-${VERSION}.tar.gz"
        "packaging/vcpkg/vcpkg.json|\"version-semver\": \"${VERSION}\""
        "packaging/meson/tcplens.wrap|/v${VERSION}/tcplens-${VERSION}.tar.gz"
        "packaging/debian/changelog|tcplens (${debian_version}-"
        "tests/consumer/fetch_content/CMakeLists.txt|GIT_TAG v${VERSION})"
        "tests/consumer/cpm/CMakeLists.txt|GIT_TAG v${VERSION})"
        "CHANGELOG.md|## [${VERSION}]")
    string(REPLACE "|" ";" repeated "${repeated}")
    list(POP_FRONT repeated file)
    file(READ ${root}/${file} text)
    string(FIND "${text}" "${repeated}" position)
    if(position LESS 0)
        message(SEND_ERROR "${file} does not have '${repeated}', which is the version of version.hpp")
    endif()
endforeach()
