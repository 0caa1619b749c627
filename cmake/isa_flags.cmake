# ruvector_set_isa_flags(<target>): compiler flags of the per-ISA sources of a target.
# A source belongs to a level by its name: avx2.cc or avx2_scan.cc, avx512*.cc, neon*.cc.
# Sources of another architecture must not be in the list: see ruvector_isa_levels().

# Sets `out` to the levels that the target architecture has, beside scalar.
function(ruvector_isa_levels out)
  set(processor "${CMAKE_SYSTEM_PROCESSOR}")
  list(LENGTH CMAKE_OSX_ARCHITECTURES count)
  if(count EQUAL 1)
    set(processor "${CMAKE_OSX_ARCHITECTURES}")
  elseif(count GREATER 1)
    message(FATAL_ERROR "CMAKE_OSX_ARCHITECTURES is '${CMAKE_OSX_ARCHITECTURES}': "
      "kernels are compiled for one processor at a time")
  endif()
  if(processor MATCHES "^(x86_64|AMD64|amd64)$")
    set(levels avx2 avx512)
  elseif(processor MATCHES "^(aarch64|arm64|ARM64)$")
    set(levels neon)
  else()
    set(levels "")
  endif()
  set(${out} "${levels}" PARENT_SCOPE)
endfunction()

function(ruvector_set_isa_flags target)
  # No exceptions and no RTTI: nothing in these objects may be emitted as a weak symbol, because the
  # linker could pick it for code that runs on processors without the level.
  set(common -fno-exceptions -fno-rtti)
  set(avx2 -mavx2 -mfma -mf16c -mbmi2 ${common})
  set(avx512 -march=x86-64-v4 -mavx512vbmi -mavx512vnni -mavx512vpopcntdq -mavx512bitalg
             -mavx512vbmi2 ${common})
  set(neon ${common})

  get_target_property(sources ${target} SOURCES)
  foreach(level IN ITEMS avx2 avx512 neon)
    set(matching ${sources})
    list(FILTER matching INCLUDE REGEX "(^|/)${level}(_[a-z0-9_]+)?\\.cc$")
    list(FILTER matching EXCLUDE REGEX "_test\\.cc$")
    if(matching)
      set_property(SOURCE ${matching} APPEND PROPERTY COMPILE_OPTIONS ${${level}})
    endif()
  endforeach()
endfunction()
