# SPDX-License-Identifier: MIT
# Each NAME.cpp beside this file must not compile, and the compiler must print the message of its comment `// expected: …`.
# Run as: cmake -D CXX=g++ -P check.cmake
cmake_minimum_required(VERSION 3.25)
file(GLOB sources ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
if(NOT sources)
    message(FATAL_ERROR "There is nothing to compile.")
endif()
get_filename_component(include ${CMAKE_CURRENT_LIST_DIR}/../../include ABSOLUTE)
# What they include is compiled once; both compilers find it beside the header of -include.
set(work ${CMAKE_CURRENT_BINARY_DIR}/compile_fail_headers)
file(WRITE ${work}/all.hpp "#include <tcplens/tcplens.hpp>\n")
execute_process(COMMAND ${CXX} -std=c++20 -I${include} -x c++-header ${work}/all.hpp -o ${work}/all.hpp.gch
    COMMAND_ERROR_IS_FATAL ANY)
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME)
    file(READ ${source} text)
    if(NOT text MATCHES "// expected: ([^\n]+)")
        message(SEND_ERROR "${name}: no comment says what message is expected")
        continue()
    endif()
    set(expected "${CMAKE_MATCH_1}")
    execute_process(COMMAND ${CXX} -std=c++20 -fsyntax-only -I${include} -include ${work}/all.hpp ${source}
        RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(FIND "${output}" "${expected}" position)
    if(result STREQUAL "0")
        message(SEND_ERROR "${name} compiles")
    elseif(position LESS 0)
        message(SEND_ERROR "${name}: the compiler does not say: ${expected}\n${output}")
    endif()
endforeach()
file(REMOVE_RECURSE ${work})
