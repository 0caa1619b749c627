#include "a2a/card_signature.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "a2a/json_fields.h"
#include "base/base64.h"
#include "base/digest.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr std::size_t kMaxSignatures = 16;

[[noreturn]] void fail(const std::string& reason) { throw CardSignatureInvalid("card: " + reason); }

// The object at `names`, or what else is there.
Json* find_at(Json& root, std::initializer_list<std::string_view> names) {
  Json* at = &root;
  for (const std::string_view name : names) {
    const auto member = std::find_if(at->members.begin(), at->members.end(),
                                     [&](const Json::Member& m) { return m.first == name; });
    if (member == at->members.end()) return nullptr;
    at = &member->second;
  }
  return at;
}
const Json* find_at(const Json& root, std::initializer_list<std::string_view> names) {
  const Json* at = &root;
  for (const std::string_view name : names) {
    at = at == nullptr ? nullptr : at->find(name);
  }
  return at;
}

void erase(Json& object, std::string_view name) {
  std::erase_if(object.members, [&](const Json::Member& member) { return member.first == name; });
}

// Of hexadecimal digits of either case.
std::string hex_bytes(const JsonFields& fields, std::string_view name, std::size_t size) {
  std::string digits = fields.required_string(name);
  for (char& digit : digits) {
    if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
  }
  std::string bytes(size, '\0');
  if (!base::from_hex(digits, std::as_writable_bytes(std::span(bytes)))) {
    fields.fail(name, "has not " + std::to_string(2 * size) + " hexadecimal digits");
  }
  return bytes;
}

std::string base64_text(const JsonFields& fields, std::string_view name) {
  auto bytes = base::from_base64(fields.required_string(name), base::Base64::url_safe);
  if (!bytes.has_value()) fields.fail(name, "is no base64url");
  return *std::move(bytes);
}

bool is_shared_secret(std::string_view algorithm) {
  std::string lower(algorithm);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower == "none" || lower.starts_with("hs");
}

std::optional<base::SignatureAlgorithm> algorithm_of(std::string_view name) {
  if (name == "EdDSA" || name == "Ed25519") return base::SignatureAlgorithm::eddsa;
  if (name == "ES256") return base::SignatureAlgorithm::es256;
  if (name == "RS256") return base::SignatureAlgorithm::rs256;
  return std::nullopt;
}

// Nothing for an algorithm that we do not know.
std::optional<JwsCardSignature> read_jws(const JsonFields& fields) {
  JwsCardSignature read;
  read.protected_header = fields.required_string("protected");
  read.signature = base64_text(fields, "signature");
  static_cast<void>(fields.optional_object("header"));
  const Json header = parse_json(base64_text(fields, "protected"), "protected");
  const JsonFields header_fields(header, "protected");
  const std::string& algorithm = header_fields.required_string("alg");
  if (is_shared_secret(algorithm)) header_fields.fail("alg", "is " + algorithm.substr(0, 16));
  if (header_fields.value().find("crit") != nullptr) header_fields.fail("crit", "is not supported");
  read.kid = header_fields.optional_string("kid");
  const auto known = algorithm_of(algorithm);
  if (!known.has_value()) return std::nullopt;
  read.algorithm = *known;
  return read;
}

}  // namespace

std::optional<Ed25519CardSignature> ed25519_signature_of(const Json& card) {
  const Json* const found = find_at(card, {"metadata", "ruvector", "signature"});
  if (found == nullptr) return std::nullopt;
  try {
    const JsonFields fields(*found, "metadata.ruvector.signature");
    if (fields.required_string("alg") != "ed25519-hex") fields.fail("alg", "is not ed25519-hex");
    return Ed25519CardSignature{.public_key = hex_bytes(fields, "public_key", 32),
                                .signature = hex_bytes(fields, "signature", 64)};
  } catch (const ProtocolError& error) {
    fail(std::string("malformed signature: ") + error.what());
  }
}

JwsCardSignatures jws_signatures_of(const Json& card) {
  JwsCardSignatures signatures;
  const Json* const found = card.find("signatures");
  if (found == nullptr || found->is(Json::Kind::null)) return signatures;
  try {
    const JsonFields fields(card, "card");
    if (fields.optional_array("signatures")->items.size() > kMaxSignatures) {
      fields.fail("signatures", "are more than " + std::to_string(kMaxSignatures));
    }
    fields.for_each_object("signatures", [&](const JsonFields& entry) {
      signatures.has_any = true;
      if (auto known = read_jws(entry)) signatures.known.push_back(*std::move(known));
    });
  } catch (const ProtocolError& error) {
    fail(std::string("malformed signature: ") + error.what());
  }
  return signatures;
}

Json without_ed25519_signature(const Json& card) {
  Json copy = card;
  if (Json* const parent = find_at(copy, {"metadata", "ruvector"})) erase(*parent, "signature");
  return copy;
}

Json without_jws_signatures(const Json& card) {
  Json copy = card;
  erase(copy, "signatures");
  return copy;
}

}  // namespace ruvector::a2a
