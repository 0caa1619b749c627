# A room is a folder below src/ = a namespace = a static library `ruvector_<room>`.

# ruvector_add_room(<room> SOURCES <file>... [PUBLIC <target>...] [PRIVATE <target>...])
function(ruvector_add_room room)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target ruvector_${room})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    ruvector_target_options(${target})
    # RelWithDebInfo is -O2, which hardly vectorises with GCC 12; development must time what ships.
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:-O3>)
    target_include_directories(
      ${target}
      PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
      PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(
      ${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                          $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${room})
  add_library(ruvector::${room} ALIAS ${target})
endfunction()

# ruvector_add_test(<name> <source>... [LINK <target>...])
# One test program. Tests may include private headers. Each of its cases becomes a CTest test
# `<name>.<Suite>.<Case>`; under a sanitizer or wine, where a process is slow to start, the program is
# one CTest test.
function(ruvector_add_test name)
  if(NOT RUVECTOR_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  ruvector_target_options(${name})
  # What is tested is in the libraries. Optimising the tests costs more minutes than it saves.
  target_compile_options(${name} PRIVATE -O0)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  ruvector_precompile_googletest(${name})
  if(RUVECTOR_SANITIZE OR WIN32)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 1200)
  else()
    include(GoogleTest)
    gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# GoogleTest's headers are most of what a small test compiles: the first test compiles them for all.
function(ruvector_precompile_googletest name)
  # The compiler cache serves such tests only with these, and with the presets' environment.
  target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
                                         $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
  get_property(first GLOBAL PROPERTY ruvector_first_test)
  if(first)
    target_precompile_headers(${name} REUSE_FROM ${first})
  else()
    target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
    set_property(GLOBAL PROPERTY ruvector_first_test ${name})
  endif()
endfunction()

# Marks tests in which several threads meet: the target `thread_tests` and the label `threads` are
# what ThreadSanitizer looks at in each run of CI.
function(ruvector_threads_meet_in)
  if(NOT RUVECTOR_SANITIZE OR NOT RUVECTOR_BUILD_TESTS)
    return()
  endif()
  if(NOT TARGET thread_tests)
    add_custom_target(thread_tests)
  endif()
  add_dependencies(thread_tests ${ARGN})
  set_tests_properties(${ARGN} PROPERTIES LABELS threads)
endfunction()

# Lets a test read the folder that the macro RUVECTOR_GOLDEN_DIR names. The path is this checkout's,
# so a compiler cache cannot share the test with another: only those that read it get the macro.
function(ruvector_use_golden name)
  if(RUVECTOR_BUILD_TESTS)
    target_compile_definitions(${name}
                               PRIVATE RUVECTOR_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
  endif()
endfunction()
