// The library context that all of our cryptography runs in: neither the host program's OpenSSL
// configuration nor what it frees at exit has an effect there. Thread-safe.
#pragma once

#include <openssl/types.h>

namespace ruvector::base {

// Never freed: a thread may still hash while the process exits. Throws std::runtime_error.
OSSL_LIB_CTX* openssl_library();

// Throws std::runtime_error, which names the function `what`, unless it was `done`.
void require_openssl(bool done, const char* what);

}  // namespace ruvector::base
