#include "a2a/jwk_set.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "a2a/json.h"
#include "a2a/json_fields.h"
#include "base/base64.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

std::string bytes_of(const JsonFields& fields, std::string_view name) {
  auto bytes = base::from_base64(fields.required_string(name), base::Base64::url_safe);
  if (!bytes.has_value()) fields.fail(name, "is no base64url");
  return *std::move(bytes);
}

bool is_for_verifying(const JsonFields& fields) {
  const std::string use = fields.optional_string("use");
  const std::vector<std::string> operations = fields.optional_strings("key_ops");
  return (use.empty() || use == "sig") &&
         (operations.empty() ||
          std::find(operations.begin(), operations.end(), "verify") != operations.end());
}

// Whether the key may be used with `algorithm`, when it names one.
bool is_for(const JsonFields& fields, std::string_view algorithm,
            std::string_view other_name = "") {
  const std::string named = fields.optional_string("alg");
  return named.empty() || named == algorithm || named == other_name;
}

// Nothing for a key that is not for us.
std::optional<Jwk> read_key(const JsonFields& fields) {
  const std::string& type = fields.required_string("kty");
  const std::string curve = fields.optional_string("crv");
  if (!is_for_verifying(fields)) return std::nullopt;
  std::optional<base::PublicKey> key;
  std::string ed25519;
  if (type == "OKP" && curve == "Ed25519" && is_for(fields, "EdDSA", "Ed25519")) {
    ed25519 = bytes_of(fields, "x");
    key = base::PublicKey::ed25519(ed25519);
  } else if (type == "EC" && curve == "P-256" && is_for(fields, "ES256")) {
    key = base::PublicKey::p256(bytes_of(fields, "x"), bytes_of(fields, "y"));
  } else if (type == "RSA" && is_for(fields, "RS256")) {
    key = base::PublicKey::rsa(bytes_of(fields, "n"), bytes_of(fields, "e"));
  } else {
    return std::nullopt;
  }
  if (!key.has_value()) fields.fail("", "is no key that may be trusted");
  return Jwk{.kid = fields.optional_string("kid"), .key = *std::move(key), .ed25519 = ed25519};
}

}  // namespace

std::vector<Jwk> parse_jwk_set(std::string_view text) {
  std::vector<Jwk> keys;
  try {
    const Json set = parse_json(text, "card_keys");
    const JsonFields fields(set, "card_keys");
    if (fields.optional_array("keys") == nullptr) fields.fail("keys", "is missing");
    fields.for_each_object("keys", [&](const JsonFields& entry) {
      if (auto key = read_key(entry)) keys.push_back(*std::move(key));
    });
  } catch (const ProtocolError& error) {
    throw std::invalid_argument(error.what());
  }
  if (keys.empty()) {
    throw std::invalid_argument("card_keys has no key for EdDSA with Ed25519, ES256 or RS256");
  }
  return keys;
}

}  // namespace ruvector::a2a
