// Which sanitizer the tests are built with: GCC says it by macros, Clang by features.
#pragma once

#if defined(__has_feature)
#define RUVECTOR_HAS_FEATURE(feature) __has_feature(feature)
#else
#define RUVECTOR_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || RUVECTOR_HAS_FEATURE(address_sanitizer)
#define RUVECTOR_ADDRESS_SANITIZER 1
#else
#define RUVECTOR_ADDRESS_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__) || RUVECTOR_HAS_FEATURE(thread_sanitizer)
#define RUVECTOR_THREAD_SANITIZER 1
#else
#define RUVECTOR_THREAD_SANITIZER 0
#endif

namespace ruvector {

// ThreadSanitizer does not support it; AddressSanitizer of GCC 12 does not take its allocator's
// locks around fork(), so that a child inherits one that a starting worker held, and hangs.
inline constexpr bool kForkedChildrenMayStartThreads =
    RUVECTOR_ADDRESS_SANITIZER == 0 && RUVECTOR_THREAD_SANITIZER == 0;

}  // namespace ruvector
