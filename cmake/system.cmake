# Sources that differ by operating system. Each such noun has one header and a file for each system
# that needs its own: foo.h, foo_linux.cc, foo_macos.cc, foo_posix.cc, foo_windows.cc.

if(RUVECTOR_PLAIN_POSIX)
  set(RUVECTOR_SYSTEM posix)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(RUVECTOR_SYSTEM linux)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  set(RUVECTOR_SYSTEM macos)
elseif(UNIX)
  set(RUVECTOR_SYSTEM posix)
elseif(WIN32)
  set(RUVECTOR_SYSTEM windows)
else()
  message(FATAL_ERROR "ruvector does not run on ${CMAKE_SYSTEM_NAME} (docs/guide/platforms.md)")
endif()

# Sets `out` to the files of the nouns for this system: foo_<system>.cc, or else foo_posix.cc.
# Windows is not POSIX: each of its nouns has a file of its own.
function(ruvector_system_sources out)
  set(sources "")
  foreach(noun IN LISTS ARGN)
    set(source ${noun}_${RUVECTOR_SYSTEM}.cc)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      set(source ${noun}_posix.cc)
    endif()
    list(APPEND sources ${source})
  endforeach()
  set(${out} "${sources}" PARENT_SCOPE)
endfunction()
