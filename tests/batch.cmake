# SPDX-License-Identifier: MIT
# Many sources compiled as one, which takes a quarter of the time.
#
#     include(batch.cmake)
#     tcplens_add_batch(OUTPUT RENAME FILES)
#
# adds the rule that writes OUTPUT, with this file as the script: first what all of FILES include, then each of them in a namespace of
# its own, so that their names cannot meet. What a file includes stands before, at global scope; its own lines then include nothing more.
# RENAME: a function that each of them has, or ""; in NAME.cpp it becomes NAME_function.
cmake_minimum_required(VERSION 3.25)
if(NOT CMAKE_SCRIPT_MODE_FILE)
    set(tcplens_batch_script ${CMAKE_CURRENT_LIST_FILE})
    function(tcplens_add_batch output rename files)
        cmake_path(GET output FILENAME name)
        add_custom_command(OUTPUT ${output}
            COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D "FILES=${files}" -D RENAME=${rename} -P ${tcplens_batch_script}
            DEPENDS ${files} ${tcplens_batch_script} VERBATIM COMMENT "Writing ${name}")
    endfunction()
    return()
endif()

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
    set(text "#include \"${file}\"\n")
    if(RENAME)
        cmake_path(GET file STEM name)
        set(text "#define ${RENAME} ${name}_function\n${text}#undef ${RENAME}\n")
    endif()
    string(APPEND namespaces "namespace file_${number} {\n${text}}\n")
endforeach()
list(REMOVE_DUPLICATES includes)
list(JOIN includes "" includes)
file(WRITE ${OUTPUT} "${includes}${namespaces}")
