#include "a2a/card_verifier.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "a2a/canonical_json.h"
#include "a2a/card_projection.h"
#include "a2a/card_reader.h"
#include "a2a/card_signature.h"
#include "a2a/jwk_set.h"
#include "base/base64.h"
#include "base/digest.h"
#include "base/public_key.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

constexpr std::size_t kAgentIdDigits = 64;

[[noreturn]] void fail(const std::string& reason) { throw CardSignatureInvalid("card: " + reason); }

// What of the card a signature turned out to be of.
struct Covered {
  Json value;
  std::vector<std::string> dropped;
  std::optional<Protocol> dialect;  // of a projection
  CardVerification verification;
  std::string agent_id;
};

// --- forms

// One way to write a card for signing: `projection`, if any, then `form`.
struct SignedForm {
  const char* name;
  std::optional<CardProjection> projection;
  CanonicalForm form;
  std::optional<Protocol> dialect;
};

CanonicalForm serde_form(CanonicalForm::Numbers numbers) {
  return {.keys = CanonicalForm::Keys::utf8, .numbers = numbers};
}

std::span<const SignedForm> rvagent_forms() {
  static const std::array<SignedForm, 4> forms = {{
      {"raw", std::nullopt, kRawForm, std::nullopt},
      {"rvagent", CardProjection::rvagent, kRawForm, Protocol::rvagent},
      {"rvagent", CardProjection::rvagent, serde_form(CanonicalForm::Numbers::serde_plus),
       Protocol::rvagent},
      {"rvagent", CardProjection::rvagent, serde_form(CanonicalForm::Numbers::serde),
       Protocol::rvagent},
  }};
  return forms;
}

std::span<const SignedForm> jws_forms() {
  static const std::array<SignedForm, 5> forms = {{
      {"raw-jcs", std::nullopt, kRfc8785, std::nullopt},
      {"spec", CardProjection::specification, kRfc8785, Protocol::v1_0},
      {"sdk-1.x", CardProjection::sdk_1, kRfc8785, Protocol::v1_0},
      {"python-1.0", CardProjection::sdk_1, kPythonForm, Protocol::v1_0},
      {"python-0.3", CardProjection::sdk_0_3, kPythonForm, Protocol::v0_3},
  }};
  return forms;
}

// What the signer wrote by `form`; nothing when it cannot have: a number that no double holds.
std::optional<std::string> text_of(const Json& value, const SignedForm& form) {
  try {
    return canonical_text(value, form.form);
  } catch (const ProtocolError&) {
    return std::nullopt;
  }
}

// The first of `forms` whose text of `card`, which has no signature, `verifies`.
template <class Verifies>
std::optional<Covered> find_form(const Json& card, std::span<const SignedForm> forms,
                                 Verifies verifies) {
  for (const SignedForm& form : forms) {
    ProjectedCard projected = form.projection.has_value() ? project_card(card, *form.projection)
                                                          : ProjectedCard{card, {}};
    const auto text = text_of(projected.value, form);
    if (!text.has_value() || !verifies(*text)) continue;
    Covered covered;
    covered.value = std::move(projected.value);
    covered.dropped = std::move(projected.dropped);
    covered.dialect = form.dialect;
    covered.verification.canonical_form = form.name;
    return covered;
  }
  return std::nullopt;
}

std::string agent_id_of(std::string_view public_key) {
  return base::to_hex(base::shake256(std::as_bytes(std::span(public_key))));
}

// --- rvAgent's signature

// Each place where a card may say who it is must say `agent_id`.
void require_stated_identity(const Json& card, const std::string& agent_id) {
  const auto require = [&](const Json* parent, std::string_view name, const std::string& way) {
    const Json* const stated = parent == nullptr ? nullptr : parent->find(name);
    if (stated == nullptr) return;
    if (stated->is(Json::Kind::string) && stated->text == agent_id) return;
    fail(way + std::string(name) + " is not " + agent_id + ", the identity of the signing key");
  };
  const Json* const metadata = card.find("metadata");
  const Json* const ruvector = metadata == nullptr ? nullptr : metadata->find("ruvector");
  require(&card, "agentId", "");
  require(ruvector, "agent_id", "metadata.ruvector.");
  require(ruvector == nullptr ? nullptr : ruvector->find("identity"), "agent_id",
          "metadata.ruvector.identity.");
}

Covered verify_ed25519(const Json& card, const Ed25519CardSignature& signature) {
  const auto key = base::PublicKey::ed25519(signature.public_key);
  if (!key.has_value()) fail("the public key of the signature has a small order");
  auto covered =
      find_form(without_ed25519_signature(card), rvagent_forms(),
                [&](const std::string& text) { return key->verify(text, signature.signature); });
  if (!covered.has_value()) fail("the Ed25519 signature does not verify");
  covered->agent_id = agent_id_of(signature.public_key);
  covered->verification.method = CardVerification::Method::ed25519;
  require_stated_identity(card, covered->agent_id);
  return *std::move(covered);
}

// --- JSON Web Signatures

// The key that verifies one of `signatures` over `payload`: first those that are named in it.
const Jwk* find_key(const std::vector<JwsCardSignature>& signatures, const std::vector<Jwk>& keys,
                    std::string_view payload) {
  const std::string encoded = base::to_base64(payload, base::Base64::url_safe);
  for (const JwsCardSignature& signature : signatures) {
    const std::string input = signature.protected_header + '.' + encoded;
    for (const bool is_named : {true, false}) {
      for (const Jwk& key : keys) {
        if ((key.kid == signature.kid) != is_named) continue;
        if (key.key.algorithm() != signature.algorithm) continue;
        if (key.key.verify(input, signature.signature)) return &key;
      }
    }
  }
  return nullptr;
}

Covered verify_jws(const Json& card, const std::vector<JwsCardSignature>& signatures,
                   const CardTrust& trust) {
  if (trust.card_keys.empty()) fail("it is signed, and there are no card_keys to verify it with");
  if (signatures.empty()) fail("none of its signatures is by EdDSA, ES256 or RS256");
  const std::vector<Jwk> keys = parse_jwk_set(trust.card_keys);
  const Jwk* signer = nullptr;
  auto covered = find_form(without_jws_signatures(card), jws_forms(), [&](const std::string& text) {
    signer = find_key(signatures, keys, text);
    return signer != nullptr;
  });
  if (!covered.has_value()) fail("none of its signatures verifies with a key of card_keys");
  covered->verification.method = CardVerification::Method::jws;
  covered->verification.key_id = signer->kid;
  covered->verification.is_pinned = true;  // by its key
  if (!signer->ed25519.empty()) covered->agent_id = agent_id_of(signer->ed25519);
  return *std::move(covered);
}

// --- trust

Covered admit_unsigned(const Json& card, const CardTrust& trust) {
  const bool by_tls = trust.trust == Trust::tls && trust.is_https;
  if (!by_tls && trust.strict_verify) {
    fail(trust.trust == Trust::tls ? "it has no signature, and did not come by https"
                                   : "it has no signature");
  }
  Covered covered;
  covered.value = card;
  covered.verification.method =
      by_tls ? CardVerification::Method::tls : CardVerification::Method::none;
  return covered;
}

void require_identity(const CardTrust& trust, Covered& covered) {
  if (trust.expected_agent_id.empty() && trust.trusted_agents.empty()) return;
  const std::string who =
      covered.agent_id.empty() ? "an agent without an identity" : "the agent " + covered.agent_id;
  if (!trust.expected_agent_id.empty() && trust.expected_agent_id != covered.agent_id) {
    fail("it is of " + who + ", expected was " + trust.expected_agent_id);
  }
  if (!trust.trusted_agents.empty() &&
      std::find(trust.trusted_agents.begin(), trust.trusted_agents.end(), covered.agent_id) ==
          trust.trusted_agents.end()) {
    fail("it is of " + who + ", which is none of the trusted_agents");
  }
  covered.verification.is_pinned = true;
}

void list_fields(Covered& covered) {
  CardVerification& verification = covered.verification;
  for (const Json::Member& member : covered.value.members) {
    verification.covered_fields.push_back(member.first);
  }
  std::sort(verification.covered_fields.begin(), verification.covered_fields.end());
  verification.uncovered_fields = std::move(covered.dropped);
}

bool is_agent_id(std::string_view text) {
  return text.size() == kAgentIdDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Covered verify(const Json& card, const CardTrust& trust) {
  const auto ed25519 = ed25519_signature_of(card);
  const JwsCardSignatures jws = jws_signatures_of(card);
  if (ed25519.has_value() && jws.has_any) {
    fail("it has signatures of both kinds, metadata.ruvector.signature and signatures");
  }
  if (ed25519.has_value()) return verify_ed25519(card, *ed25519);
  if (jws.has_any) return verify_jws(card, jws.known, trust);
  return admit_unsigned(card, trust);
}

}  // namespace

void check_trust(const CardTrust& trust) {
  const auto require = [](const std::string& name, const std::string& id) {
    if (is_agent_id(id)) return;
    throw std::invalid_argument(name + " \"" + id.substr(0, kAgentIdDigits) +
                                "\" is not 64 lower-case hexadecimal digits");
  };
  if (!trust.expected_agent_id.empty()) require("expected_agent_id", trust.expected_agent_id);
  for (const std::string& id : trust.trusted_agents) require("trusted_agents", id);
  if (!trust.card_keys.empty()) static_cast<void>(parse_jwk_set(trust.card_keys));
}

AgentCard verify_card(std::string_view bytes, const CardTrust& trust, const JsonLimits& limits) {
  check_trust(trust);
  const Json json = parse_json(bytes, "card", limits);
  const Protocol dialect = card_dialect(json);
  Covered covered = verify(json, trust);
  require_identity(trust, covered);
  AgentCard card = read_card(covered.value, covered.dialect.value_or(dialect));
  const bool is_signed = covered.verification.method == CardVerification::Method::ed25519 ||
                         covered.verification.method == CardVerification::Method::jws;
  if (is_signed) list_fields(covered);
  card.verification = std::move(covered.verification);
  card.agent_id = std::move(covered.agent_id);
  card.raw = bytes;
  return card;
}

}  // namespace ruvector::a2a
