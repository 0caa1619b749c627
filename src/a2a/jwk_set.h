// Public keys as JSON Web Keys (RFC 7517, 7518, 8037).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/public_key.h"

namespace ruvector::a2a {

struct Jwk {
  std::string kid;  // may be empty
  base::PublicKey key;
  std::string ed25519;  // the 32 bytes of such a key
};

// The keys of a set's text that verify EdDSA, ES256 or RS256. Keys of other types and for other
// uses are left out, as the standard wants it. std::invalid_argument for what is no set, has no key
// that can be used, or has one of ours that may not be trusted.
std::vector<Jwk> parse_jwk_set(std::string_view text);

}  // namespace ruvector::a2a
