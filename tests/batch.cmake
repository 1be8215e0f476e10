# SPDX-License-Identifier: MIT
# Writes OUTPUT, one source of many tests: what all of them include, then each of FILES in a namespace of its own, so that their names
# cannot meet. What a file includes stands before, at global scope; its own lines then include nothing more.
# cmake -D OUTPUT=… -D FILES=…;… -P batch.cmake
cmake_minimum_required(VERSION 3.25)
set(includes)
set(namespaces)
set(number 0)
foreach(file IN LISTS FILES)
    cmake_path(GET file PARENT_PATH folder)
    file(STRINGS ${file} lines REGEX "^#include ")
    foreach(line IN LISTS lines)
        if(line MATCHES "^#include \"(.*)\"" AND EXISTS ${folder}/${CMAKE_MATCH_1})
            cmake_path(ABSOLUTE_PATH CMAKE_MATCH_1 BASE_DIRECTORY ${folder} NORMALIZE OUTPUT_VARIABLE path)
            set(line "#include \"${path}\"")
        endif()
        list(APPEND includes "${line}\n")
    endforeach()
    math(EXPR number "${number} + 1")
    string(APPEND namespaces "namespace file_${number} {\n#include \"${file}\"\n}\n")
endforeach()
list(REMOVE_DUPLICATES includes)
list(JOIN includes "" includes)
file(WRITE ${OUTPUT} "${includes}${namespaces}")
