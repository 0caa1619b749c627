// An agent's card: who it is, what it can do, how it is reached; and what is known of its truth.
// Plain values, the same for every dialect.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector {

// The dialects of the protocol.
enum class Protocol : std::uint8_t {
  rvagent,  // A2A 0.1 with rvAgent's own routes, parameters and codes
  v0_3,     // 0.2 and 0.3
  v1_0,
};
std::string_view protocol_name(Protocol protocol) noexcept;  // "rvagent", "0.3", "1.0"

enum class Binding : std::uint8_t { jsonrpc, http_json };
std::string_view binding_name(Binding binding) noexcept;  // "JSONRPC", "HTTP+JSON"

struct AgentCapabilities {
  bool streaming = false;
  bool push_notifications = false;
  bool state_transition_history = false;
  bool extended_agent_card = false;
  std::vector<std::string> extensions;  // URIs

  bool operator==(const AgentCapabilities&) const = default;
};

struct AgentSkill {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> tags;
  std::vector<std::string> examples;
  std::vector<std::string> input_modes;
  std::vector<std::string> output_modes;

  bool operator==(const AgentSkill&) const = default;
};

struct AgentProvider {
  std::string organization;
  std::string url;

  bool operator==(const AgentProvider&) const = default;
};

// One way to log in that the card names.
struct AuthScheme {
  std::string name;       // the card's own name of it; rvAgent: the scheme itself
  std::string type;       // "apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"
  std::string scheme;     // http: "bearer", "basic", ...; apiKey: "header", "query", "cookie"
  std::string parameter;  // apiKey: the name of the header, parameter or cookie

  bool operator==(const AuthScheme&) const = default;
};

struct AgentInterface {
  std::string url;
  std::string binding;  // as the card has it: "JSONRPC", "HTTP+JSON", "GRPC", ...
  std::string version;  // "0.3", "1.0", ...
  std::string tenant;

  bool operator==(const AgentInterface&) const = default;
};

// What the verifier found out.
struct CardVerification {
  enum class Method : std::uint8_t {
    none,     // unsigned, and admitted by the caller's choice
    ed25519,  // rvAgent's signature, with the key inside of the card
    jws,      // a signature by a key that the caller knows
    tls,      // unsigned; only the server's certificate speaks for it
  };
  Method method = Method::none;
  std::string canonical_form;  // which form of the card the signature is of, such as "raw-jcs"
  std::string key_id;          // jws: kid of the key that verified
  std::vector<std::string> covered_fields;  // top-level keys under the signature, sorted
  std::vector<std::string>
      uncovered_fields;    // keys that the signature says nothing of; not exposed
  bool is_pinned = false;  // the caller named this identity

  bool operator==(const CardVerification&) const = default;
};

struct AgentCard {
  std::string name;
  std::string description;
  std::string version;
  std::string url;  // as the card has it
  std::string protocol_version;
  std::string documentation_url;
  std::string icon_url;
  std::optional<AgentProvider> provider;
  AgentCapabilities capabilities;
  std::vector<AgentSkill> skills;
  std::vector<std::string> default_input_modes;
  std::vector<std::string> default_output_modes;
  std::vector<AgentInterface> interfaces;  // in the card's order of preference
  std::vector<AuthScheme> auth_schemes;
  std::string agent_id;  // SHAKE-256 of the Ed25519 key, 64 hexadecimal digits; empty without one
  std::string metadata;  // a JSON object's text
  Protocol protocol = Protocol::v1_0;  // the dialect that the card is written in
  CardVerification verification;
  std::string raw;  // the bytes that were verified

  bool operator==(const AgentCard&) const = default;
};

}  // namespace ruvector
