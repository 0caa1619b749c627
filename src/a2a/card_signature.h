// The two kinds of signatures that cards carry. Thread-safe: functions of their arguments.
// CardSignatureInvalid for a signature that is there and malformed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/json.h"
#include "base/public_key.h"

namespace ruvector::a2a {

// rvAgent's, at metadata.ruvector.signature.
struct Ed25519CardSignature {
  std::string public_key;  // 32 bytes
  std::string signature;   // 64 bytes
};

// One of a card's `signatures`, a JSON Web Signature (RFC 7515) whose payload is the card.
struct JwsCardSignature {
  base::SignatureAlgorithm algorithm = base::SignatureAlgorithm::eddsa;
  std::string kid;               // may be empty
  std::string protected_header;  // as it is in the card
  std::string signature;         // bytes
};

// Nothing when the card has none.
std::optional<Ed25519CardSignature> ed25519_signature_of(const Json& card);
// Those of algorithms that we know; `alg` "none" and those of shared secrets are malformed.
// Whether there are others, too, is in `has_any`.
struct JwsCardSignatures {
  bool has_any = false;
  std::vector<JwsCardSignature> known;
};
JwsCardSignatures jws_signatures_of(const Json& card);

// Copies of `card` without these.
Json without_ed25519_signature(const Json& card);
Json without_jws_signatures(const Json& card);

}  // namespace ruvector::a2a
