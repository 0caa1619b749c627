#include "base/openssl_library.h"

#include <openssl/crypto.h>

#include <stdexcept>
#include <string>

namespace ruvector::base {

void require_openssl(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

OSSL_LIB_CTX* openssl_library() {
  static OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();
  require_openssl(context != nullptr, "OSSL_LIB_CTX_new");
  return context;
}

}  // namespace ruvector::base
