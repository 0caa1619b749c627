# Cross compilers for macOS by zig (tools/zig_compilers.sh); CMAKE_SYSTEM_PROCESSOR, arm64 or x86_64,
# comes from the preset. What is built cannot run here: it proves that the sources compile, and that
# they name nothing that the system's libraries lack.
set(CMAKE_SYSTEM_NAME Darwin)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CMAKE_SYSTEM_PROCESSOR)
set(macos_build "${CMAKE_CURRENT_LIST_DIR}/../build")
set(macos_tools "${macos_build}/zig-macos-${CMAKE_SYSTEM_PROCESSOR}")
set(CMAKE_C_COMPILER "${macos_tools}/cc")
set(CMAKE_CXX_COMPILER "${macos_tools}/c++")
set(CMAKE_AR "${macos_tools}/ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "${macos_tools}/ranlib" CACHE FILEPATH "")
set(CMAKE_INSTALL_NAME_TOOL true)
# Of the machine that builds nothing is of use but headers that are complete by themselves.
set(CMAKE_FIND_ROOT_PATH "${macos_build}/macos-libraries")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# Of tools/macos_libraries.sh.
set(macos_include "${macos_build}/macos-libraries/include")
set(macos_lib "${macos_build}/macos-libraries/lib")
set(OPENSSL_INCLUDE_DIR "${macos_include}" CACHE PATH "")
set(OPENSSL_CRYPTO_LIBRARY "${macos_lib}/libcrypto.tbd" CACHE FILEPATH "")
set(OPENSSL_SSL_LIBRARY "${macos_lib}/libssl.tbd" CACHE FILEPATH "")
set(CURL_INCLUDE_DIR "${macos_include}" CACHE PATH "")
set(CURL_LIBRARY "${macos_lib}/libcurl.tbd" CACHE FILEPATH "")
set(utf8proc_INCLUDE_DIR "${macos_include}" CACHE PATH "")
set(utf8proc_LIBRARY "${macos_lib}/libutf8proc.tbd" CACHE FILEPATH "")
