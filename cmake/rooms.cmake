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

# ruvector_add_test(<name> <source>... [LINK <target>...] [TIMEOUT <seconds>])
# One test program; each of its cases becomes a CTest test `<name>.<Suite>.<Case>`. Tests may
# include private headers.
function(ruvector_add_test name)
  if(NOT RUVECTOR_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT" "LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  include(GoogleTest)
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  ruvector_target_options(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()

# Lets a test read the folder that the macro RUVECTOR_GOLDEN_DIR names. The path is this checkout's,
# so a compiler cache cannot share the test with another: only those that read it get the macro.
function(ruvector_use_golden name)
  if(RUVECTOR_BUILD_TESTS)
    target_compile_definitions(${name}
                               PRIVATE RUVECTOR_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
  endif()
endfunction()
