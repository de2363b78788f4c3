# One target carries the language standard, the warnings and the sanitizers; everything links it.
add_library(compile_options INTERFACE)
target_compile_features(compile_options INTERFACE c_std_17)
target_compile_definitions(compile_options INTERFACE _GNU_SOURCE)
target_compile_options(compile_options INTERFACE
    -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -Wformat=2 -Wswitch-enum -Wundef -fno-common)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Programs stay where their source is in the tree: build/<preset>/services/store/store.

if(SANITIZE)
    set(flags -fsanitize=${SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(compile_options INTERFACE ${flags})
    target_link_options(compile_options INTERFACE ${flags})
endif()

if(COVERAGE)
    target_compile_options(compile_options INTERFACE --coverage)
    target_link_options(compile_options INTERFACE --coverage)
endif()

# Only for tests: a release has neither the points nor their names.
if(FAILPOINTS)
    target_compile_definitions(compile_options INTERFACE FAILPOINTS)
endif()

# A service is a library with all but main.c, so that tests can link it, and the program.
function(add_service name)
    cmake_parse_arguments(S "" "" "SOURCES;LIBS" ${ARGN})
    string(REPLACE "-" "_" core ${name}_core)
    add_library(${core} STATIC ${S_SOURCES})
    target_include_directories(${core} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${core}
        PUBLIC compile_options base wire loop loop_admin loop_otlp bus ${S_LIBS})
    add_executable(${name} main.c)
    target_link_libraries(${name} PRIVATE ${core})
    install(TARGETS ${name} DESTINATION bin)
endfunction()

# add_unit_test(turn gateway_core [extra sources]): tests/unit/turn_test.c, named unit.turn.
function(add_unit_test name library)
    add_executable(${name}_test ${name}_test.c ${ARGN})
    target_link_libraries(${name}_test PRIVATE compile_options ${library} PkgConfig::CMOCKA)
    add_test(NAME unit.${name} COMMAND ${name}_test)
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 60)
endfunction()

# add_fuzzer(frame wire): tests/fuzz/frame_fuzz.c with libFuzzer; seeds: tests/fuzz/corpus/frame.
function(add_fuzzer name library)
    add_executable(${name}_fuzz ${name}_fuzz.c ${ARGN})
    target_link_libraries(${name}_fuzz PRIVATE compile_options ${library})
    target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()
