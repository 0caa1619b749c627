# Options of every target of ours: ruvector_target_options(<target>).

function(ruvector_target_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(
    ${target}
    PROPERTIES CXX_EXTENSIONS OFF
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               POSITION_INDEPENDENT_CODE ON)
  target_compile_options(
    ${target}
    PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
            # GCC 12 warns falsely about "text" + std::string (its bug 105651, fixed in 13).
            $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
            # A fused multiply-add that the compiler chose would make results differ by level.
            -ffp-contract=off)
  if(RUVECTOR_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(RUVECTOR_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${RUVECTOR_SANITIZE}
                                             -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${RUVECTOR_SANITIZE})
  endif()
endfunction()
