# nlohmann's JSON, a header. It is included by sources only, so that no user of ours needs it.

# A link to its folder is the include path, because a cross compiler must not see the rest of the
# folder it lies in.
find_path(RUVECTOR_JSON_DIR nlohmann/json.hpp REQUIRED NO_CMAKE_FIND_ROOT_PATH)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/json)
file(CREATE_LINK ${RUVECTOR_JSON_DIR}/nlohmann ${PROJECT_BINARY_DIR}/json/nlohmann SYMBOLIC)

function(ruvector_use_json target)
  target_include_directories(${target} SYSTEM PRIVATE ${PROJECT_BINARY_DIR}/json)
endfunction()
