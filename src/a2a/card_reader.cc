#include "a2a/card_reader.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "a2a/json_fields.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {
namespace {

bool has_members_of(const Json& card, std::string_view name, Json::Kind kind) {
  const Json* const found = card.find(name);
  return found != nullptr && found->is(kind);
}

const std::string& required_text(const JsonFields& fields, std::string_view name) {
  const std::string& text = fields.required_string(name);
  if (text.empty()) fields.fail(name, "is empty");
  return text;
}

AgentCapabilities capabilities_of(const JsonFields& card) {
  AgentCapabilities capabilities;
  const auto fields = card.optional_object("capabilities");
  if (!fields.has_value()) return capabilities;
  capabilities.streaming = fields->optional_bool("streaming");
  capabilities.push_notifications = fields->optional_bool("pushNotifications");
  capabilities.state_transition_history = fields->optional_bool("stateTransitionHistory");
  capabilities.extended_agent_card = fields->optional_bool("extendedAgentCard");
  fields->for_each_object("extensions", [&](const JsonFields& extension) {
    capabilities.extensions.push_back(extension.required_string("uri"));
  });
  return capabilities;
}

std::vector<AgentSkill> skills_of(const JsonFields& card) {
  std::vector<AgentSkill> skills;
  card.for_each_object("skills", [&](const JsonFields& fields) {
    AgentSkill& skill = skills.emplace_back();
    skill.id = required_text(fields, "id");
    skill.name = fields.optional_string("name");
    skill.description = fields.optional_string("description");
    skill.tags = fields.optional_strings("tags");
    skill.examples = fields.optional_strings("examples");
    skill.input_modes = fields.optional_strings("inputModes");
    skill.output_modes = fields.optional_strings("outputModes");
  });
  return skills;
}

std::optional<AgentProvider> provider_of(const JsonFields& card) {
  const auto fields = card.optional_object("provider");
  if (!fields.has_value()) return std::nullopt;
  return AgentProvider{.organization = fields->optional_string("organization"),
                       .url = fields->optional_string("url")};
}

// --- security schemes

// 0.3. A scheme without `type` is what its other members make of it.
AuthScheme scheme_0_3(const JsonFields& fields) {
  AuthScheme scheme;
  scheme.type = fields.optional_string("type");
  const std::string place = fields.optional_string("in");
  const std::string word = fields.optional_string("scheme");
  if (scheme.type.empty()) {
    scheme.type = !place.empty()                   ? "apiKey"
                  : !word.empty()                  ? "http"
                  : fields.has("flows")            ? "oauth2"
                  : fields.has("openIdConnectUrl") ? "openIdConnect"
                                                   : "mutualTLS";
  }
  if (scheme.type == "apiKey") {
    scheme.scheme = place;
    scheme.parameter = fields.optional_string("name");
  } else if (scheme.type == "http") {
    scheme.scheme = word;
  }
  return scheme;
}

// 1.0. {"NAME": {...}}, which @a2a-js/sdk 1.x writes as it holds it in memory:
// {"scheme": {"$case": "NAME", "value": {...}}}.
std::optional<JsonFields> scheme_named(const JsonFields& fields, std::string_view name) {
  if (auto plain = fields.optional_object(name)) return plain;
  if (!has_members_of(fields.value(), "scheme", Json::Kind::object)) return std::nullopt;
  const JsonFields wrapped = fields.required_object("scheme");
  if (wrapped.optional_string("$case") != name) return std::nullopt;
  return wrapped.optional_object("value");
}

AuthScheme scheme_1_0(const JsonFields& fields) {
  AuthScheme scheme;
  if (const auto key = scheme_named(fields, "apiKeySecurityScheme")) {
    scheme.type = "apiKey";
    scheme.scheme = key->optional_string("location");
    scheme.parameter = key->optional_string("name");
  } else if (const auto http = scheme_named(fields, "httpAuthSecurityScheme")) {
    scheme.type = "http";
    scheme.scheme = http->optional_string("scheme");
  } else if (scheme_named(fields, "oauth2SecurityScheme")) {
    scheme.type = "oauth2";
  } else if (scheme_named(fields, "openIdConnectSecurityScheme")) {
    scheme.type = "openIdConnect";
  } else if (scheme_named(fields, "mtlsSecurityScheme")) {
    scheme.type = "mutualTLS";
  }
  return scheme;
}

std::vector<AuthScheme> schemes_of(const JsonFields& card, Protocol dialect) {
  std::vector<AuthScheme> schemes;
  const auto named = card.optional_object("securitySchemes");
  if (!named.has_value()) return schemes;
  for (const Json::Member& member : named->value().members) {
    const JsonFields fields = named->required_object(member.first);
    AuthScheme& scheme =
        schemes.emplace_back(dialect == Protocol::v1_0 ? scheme_1_0(fields) : scheme_0_3(fields));
    scheme.name = member.first;
    std::transform(scheme.scheme.begin(), scheme.scheme.end(), scheme.scheme.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  }
  return schemes;
}

// --- dialects

void read_rvagent(const JsonFields& fields, AgentCard& card) {
  card.url = required_text(fields, "url");
  card.interfaces.push_back({card.url, "JSONRPC", "", ""});
  for (const char* demanded : {"description", "version"}) fields.required_string(demanded);
  for (const char* demanded : {"provider", "capabilities"}) fields.required_object(demanded);
  if (fields.optional_array("skills") == nullptr) fields.fail("skills", "is missing");
  const auto authentication = fields.optional_object("authentication");
  if (!authentication.has_value()) return;
  for (const std::string& scheme : authentication->optional_strings("schemes")) {
    card.auth_schemes.push_back({scheme, "http", scheme, ""});
  }
}

void read_0_3(const JsonFields& fields, AgentCard& card) {
  card.url = required_text(fields, "url");
  card.protocol_version = fields.optional_string("protocolVersion");
  if (card.protocol_version.empty()) card.protocol_version = "0.3.0";
  std::string preferred = fields.optional_string("preferredTransport");
  if (preferred.empty()) preferred = "JSONRPC";
  card.interfaces.push_back({card.url, std::move(preferred), card.protocol_version, ""});
  fields.for_each_object("additionalInterfaces", [&](const JsonFields& other) {
    AgentInterface entry{required_text(other, "url"), required_text(other, "transport"),
                         card.protocol_version, ""};
    if (std::find(card.interfaces.begin(), card.interfaces.end(), entry) == card.interfaces.end()) {
      card.interfaces.push_back(std::move(entry));
    }
  });
  card.capabilities.extended_agent_card = fields.optional_bool("supportsAuthenticatedExtendedCard");
}

void read_1_0(const JsonFields& fields, AgentCard& card) {
  fields.for_each_object("supportedInterfaces", [&](const JsonFields& entry) {
    card.interfaces.push_back({.url = required_text(entry, "url"),
                               .binding = required_text(entry, "protocolBinding"),
                               .version = required_text(entry, "protocolVersion"),
                               .tenant = entry.optional_string("tenant")});
  });
  if (card.interfaces.empty()) fields.fail("supportedInterfaces", "is empty");
  card.url = card.interfaces.front().url;
  card.protocol_version = card.interfaces.front().version;
}

}  // namespace

Protocol card_dialect(const Json& card) {
  const JsonFields fields(card, "card");
  const Json* const interfaces = card.find("supportedInterfaces");
  if (interfaces != nullptr && !interfaces->items.empty()) return Protocol::v1_0;
  if (has_members_of(card, "protocolVersion", Json::Kind::string)) {
    const std::string& version = card.find("protocolVersion")->text;
    if (version.starts_with("0.2") || version.starts_with("0.3")) return Protocol::v0_3;
    fields.fail("protocolVersion", "\"" + version.substr(0, 32) +
                                       "\" is none of 0.2 and 0.3, and there are no "
                                       "supportedInterfaces");
  }
  const Json* const metadata = card.find("metadata");
  if (metadata != nullptr && has_members_of(*metadata, "ruvector", Json::Kind::object)) {
    return Protocol::rvagent;
  }
  if (has_members_of(card, "defaultInputModes", Json::Kind::array)) return Protocol::v0_3;
  if (has_members_of(card, "authentication", Json::Kind::object)) return Protocol::rvagent;
  throw ProtocolError(
      "card has none of supportedInterfaces, protocolVersion, defaultInputModes, authentication "
      "and metadata.ruvector: this is no agent's card");
}

AgentCard read_card(const Json& card, Protocol dialect) {
  const JsonFields fields(card, "card");
  AgentCard read;
  read.protocol = dialect;
  read.name = required_text(fields, "name");
  read.description = fields.optional_string("description");
  read.version = fields.optional_string("version");
  read.documentation_url = fields.optional_string("documentationUrl");
  read.icon_url = fields.optional_string("iconUrl");
  read.provider = provider_of(fields);
  read.capabilities = capabilities_of(fields);
  read.skills = skills_of(fields);
  read.default_input_modes = fields.optional_strings("defaultInputModes");
  read.default_output_modes = fields.optional_strings("defaultOutputModes");
  read.metadata = fields.optional_object_text("metadata");
  if (dialect != Protocol::rvagent) read.auth_schemes = schemes_of(fields, dialect);
  switch (dialect) {
    case Protocol::rvagent:
      read_rvagent(fields, read);
      break;
    case Protocol::v0_3:
      read_0_3(fields, read);
      break;
    case Protocol::v1_0:
      read_1_0(fields, read);
      break;
  }
  return read;
}

}  // namespace ruvector::a2a
