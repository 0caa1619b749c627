# cmake --install: static libraries, public headers and the package that find_package(ruvector) finds.

include(CMakePackageConfigHelpers)

install(TARGETS ruvector ruvector_base ruvector_kernels ruvector_index ruvector_embed ruvector_lake
        EXPORT ruvectorTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(RUVECTOR_BUILD_AGENTS)
  install(TARGETS ruvector_net ruvector_a2a
          EXPORT ruvectorTargets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
set(left_out "")
if(NOT RUVECTOR_BUILD_AGENTS)
  set(left_out PATTERN a2a EXCLUDE PATTERN net EXCLUDE PATTERN a2a_errors.h EXCLUDE)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ruvector
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} ${left_out})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ruvector)
install(EXPORT ruvectorTargets NAMESPACE ruvector:: DESTINATION ${package_dir})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/ruvectorConfig.cmake.in
  ${PROJECT_BINARY_DIR}/ruvectorConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ruvectorConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ruvectorConfig.cmake
              ${PROJECT_BINARY_DIR}/ruvectorConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/Findutf8proc.cmake DESTINATION ${package_dir})
