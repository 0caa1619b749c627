# The targets GTest::gmock and GTest::gtest_main, for the machine that the tests run on.

if(CMAKE_CROSSCOMPILING)
  # Debian's libraries serve the build machine only; its package `googletest` is the source.
  set(INSTALL_GTEST OFF)
  add_subdirectory(/usr/src/googletest ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)
else()
  find_package(GTest REQUIRED)
endif()
