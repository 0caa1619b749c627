# Debian's cross compiler for 64-bit ARM; programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
# This model has no dot-product instructions: a kernel that uses one without asking dies here.
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-cpu;cortex-a72;-L;/usr/aarch64-linux-gnu")
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)

# Of tools/aarch64_libraries.sh; qemu finds no shared library outside of its prefix.
set(OPENSSL_USE_STATIC_LIBS ON)
set(OPENSSL_INCLUDE_DIR "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-libraries/include" CACHE PATH "")
set(OPENSSL_CRYPTO_LIBRARY
    "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-libraries/lib/libcrypto.a" CACHE FILEPATH "")
set(utf8proc_USE_STATIC_LIBS ON)
set(utf8proc_INCLUDE_DIR "${OPENSSL_INCLUDE_DIR}" CACHE PATH "")
set(utf8proc_LIBRARY "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-libraries/lib/libutf8proc.a"
    CACHE FILEPATH "")
