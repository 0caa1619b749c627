// What makes an agent's card believed. Thread-safe: functions of their arguments, no I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "a2a/json.h"
#include "ruvector/a2a/agent_card.h"
#include "ruvector/a2a/client.h"

namespace ruvector::a2a {

struct CardTrust {
  bool strict_verify = true;
  Trust trust = Trust::signature;
  bool is_https = false;                      // how the card came
  std::string expected_agent_id{};            // 64 lower-case hexadecimal digits, or empty
  std::vector<std::string> trusted_agents{};  // the same
  std::string card_keys{};                    // a JSON Web Key Set's text, or empty
};

// Throws std::invalid_argument when the identities or the keys of `trust` are none.
void check_trust(const CardTrust& trust);

// Reads and verifies a card. Only what the signature covers is in what it gives, but for `raw`.
//
// CardSignatureInvalid when the signature is missing, unless `trust` admits that; when it is
// malformed or does not verify, whatever `trust` says; when the card's identity is another than the
// one that it states or than those of `trust`. ProtocolError for what is no card, and for one that
// has less than it must without what is not signed. std::invalid_argument as check_trust().
AgentCard verify_card(std::string_view bytes, const CardTrust& trust,
                      const JsonLimits& limits = {});

}  // namespace ruvector::a2a
