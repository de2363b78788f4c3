# embed_files(name pattern header): makes embedded_<name>.c of the matching files, a list
#   const struct embedded embedded_<name>[] = {{"file", "its text"}, ..., {0}};
# in the order of their names.  The header declares it, and it is written into the same folder.
#
# The same file is run by CMake at build time to write it: cmake -P embed.cmake.
if(CMAKE_SCRIPT_MODE_FILE)
    set(texts "")
    set(rows "")
    set(count 0)
    file(GLOB files ${PATTERN})
    list(SORT files)
    foreach(path IN LISTS files)
        get_filename_component(file ${path} NAME)
        file(READ ${path} bytes HEX)
        string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
        string(APPEND texts "static const char text_${count}[] = {${bytes}0};\n")
        string(APPEND rows "    {\"${file}\", text_${count}},\n")
        math(EXPR count "${count} + 1")
    endforeach()
    file(WRITE ${OUT} "#include \"${HEADER}\"\n\n${texts}\n"
        "const struct embedded embedded_${NAME}[] = {\n${rows}    {0},\n};\n")
    return()
endif()

set(EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(embed_files name pattern header)
    set(pattern ${CMAKE_CURRENT_SOURCE_DIR}/${pattern})
    get_filename_component(folder ${CMAKE_CURRENT_BINARY_DIR}/${header} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    set(out ${folder}/embedded_${name}.c)
    file(GLOB files CONFIGURE_DEPENDS ${pattern})
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUT=${out} -DPATTERN=${pattern}
            -DHEADER=${header} -P ${EMBED_SCRIPT}
        DEPENDS ${files} ${EMBED_SCRIPT} VERBATIM)
endfunction()
