#include "a2a/card_projection.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace ruvector::a2a {
namespace {

struct Field;
using Shape = std::span<const Field>;

enum class Type : std::uint8_t {
  text,
  texts,
  flag,       // a false that is written stays
  bare_flag,  // a false is the same as nothing
  any,        // a JSON value of any kind
  object,
  objects,
  map,  // of any names to objects
  text_map,
};

struct Field {
  std::string_view name;
  Type type = Type::text;
  Shape shape{};
  bool required = false;
  bool filled = false;                 // rvagent: with the type's default when missing
  std::string_view default_text = {};  // sdk_0_3: is left out when it is this
};

// --- 1.0 (specification/a2a.proto)

constexpr std::array<Field, 1> kTextList = {{{"list", Type::texts}}};
constexpr std::array<Field, 1> kRequirement = {{{"schemes", Type::map, kTextList}}};
constexpr std::array<Field, 6> kFlow = {{{"authorizationUrl"},
                                         {"deviceAuthorizationUrl"},
                                         {"tokenUrl"},
                                         {"refreshUrl"},
                                         {"scopes", Type::text_map, {}, true},
                                         {"pkceRequired", Type::bare_flag}}};
constexpr std::array<Field, 5> kFlows = {{{"authorizationCode", Type::object, kFlow},
                                          {"clientCredentials", Type::object, kFlow},
                                          {"implicit", Type::object, kFlow},
                                          {"password", Type::object, kFlow},
                                          {"deviceCode", Type::object, kFlow}}};
constexpr std::array<Field, 3> kApiKey = {
    {{"description"}, {"location", Type::text, {}, true}, {"name", Type::text, {}, true}}};
constexpr std::array<Field, 3> kHttpAuth = {
    {{"description"}, {"scheme", Type::text, {}, true}, {"bearerFormat"}}};
constexpr std::array<Field, 3> kOauth2 = {
    {{"description"}, {"flows", Type::object, kFlows, true}, {"oauth2MetadataUrl"}}};
constexpr std::array<Field, 2> kOpenId = {
    {{"description"}, {"openIdConnectUrl", Type::text, {}, true}}};
constexpr std::array<Field, 1> kMutualTls = {{{"description"}}};
constexpr std::array<Field, 5> kScheme = {{{"apiKeySecurityScheme", Type::object, kApiKey},
                                           {"httpAuthSecurityScheme", Type::object, kHttpAuth},
                                           {"oauth2SecurityScheme", Type::object, kOauth2},
                                           {"openIdConnectSecurityScheme", Type::object, kOpenId},
                                           {"mtlsSecurityScheme", Type::object, kMutualTls}}};
constexpr std::array<Field, 4> kInterface = {{{"url", Type::text, {}, true},
                                              {"protocolBinding", Type::text, {}, true},
                                              {"tenant"},
                                              {"protocolVersion", Type::text, {}, true}}};
constexpr std::array<Field, 2> kProvider = {
    {{"url", Type::text, {}, true}, {"organization", Type::text, {}, true}}};
constexpr std::array<Field, 4> kExtension = {
    {{"uri"}, {"description"}, {"required", Type::bare_flag}, {"params", Type::any}}};
constexpr std::array<Field, 4> kCapabilities = {{{"streaming", Type::flag},
                                                 {"pushNotifications", Type::flag},
                                                 {"extensions", Type::objects, kExtension},
                                                 {"extendedAgentCard", Type::flag}}};
constexpr std::array<Field, 8> kSkill = {{{"id", Type::text, {}, true},
                                          {"name", Type::text, {}, true},
                                          {"description", Type::text, {}, true},
                                          {"tags", Type::texts, {}, true},
                                          {"examples", Type::texts},
                                          {"inputModes", Type::texts},
                                          {"outputModes", Type::texts},
                                          {"securityRequirements", Type::objects, kRequirement}}};
constexpr std::array<Field, 13> kCard = {{{"name", Type::text, {}, true},
                                          {"description", Type::text, {}, true},
                                          {"supportedInterfaces", Type::objects, kInterface, true},
                                          {"provider", Type::object, kProvider},
                                          {"version", Type::text, {}, true},
                                          {"documentationUrl"},
                                          {"capabilities", Type::object, kCapabilities, true},
                                          {"securitySchemes", Type::map, kScheme},
                                          {"securityRequirements", Type::objects, kRequirement},
                                          {"defaultInputModes", Type::texts, {}, true},
                                          {"defaultOutputModes", Type::texts, {}, true},
                                          {"skills", Type::objects, kSkill, true},
                                          {"iconUrl"}}};

// --- 0.3 (the Python SDK's types)

constexpr std::array<Field, 4> kExtension03 = {
    {{"uri"}, {"description"}, {"required", Type::flag}, {"params", Type::any}}};
constexpr std::array<Field, 4> kCapabilities03 = {{{"streaming", Type::flag},
                                                   {"pushNotifications", Type::flag},
                                                   {"stateTransitionHistory", Type::flag},
                                                   {"extensions", Type::objects, kExtension03}}};
constexpr std::array<Field, 4> kFlow03 = {
    {{"authorizationUrl"}, {"tokenUrl"}, {"refreshUrl"}, {"scopes", Type::text_map}}};
constexpr std::array<Field, 4> kFlows03 = {{{"authorizationCode", Type::object, kFlow03},
                                            {"clientCredentials", Type::object, kFlow03},
                                            {"implicit", Type::object, kFlow03},
                                            {"password", Type::object, kFlow03}}};
// Its `type` is the default of the class that it names, and never signed: the other members say
// which class it is.
constexpr std::array<Field, 8> kScheme03 = {{{"description"},
                                             {"in"},
                                             {"name"},
                                             {"scheme"},
                                             {"bearerFormat"},
                                             {"flows", Type::object, kFlows03},
                                             {"oauth2MetadataUrl"},
                                             {"openIdConnectUrl"}}};
constexpr std::array<Field, 2> kInterface03 = {{{"url"}, {"transport"}}};
constexpr std::array<Field, 8> kSkill03 = {{{"id"},
                                            {"name"},
                                            {"description"},
                                            {"tags", Type::texts},
                                            {"examples", Type::texts},
                                            {"inputModes", Type::texts},
                                            {"outputModes", Type::texts},
                                            {"security", Type::any}}};
constexpr std::array<Field, 17> kCard03 = {
    {{"name"},
     {"description"},
     {"url"},
     {"version"},
     {"protocolVersion", Type::text, {}, false, false, "0.3.0"},
     {"preferredTransport", Type::text, {}, false, false, "JSONRPC"},
     {"additionalInterfaces", Type::objects, kInterface03},
     {"provider", Type::object, kProvider},
     {"documentationUrl"},
     {"iconUrl"},
     {"capabilities", Type::object, kCapabilities03},
     {"securitySchemes", Type::map, kScheme03},
     {"security", Type::any},
     {"defaultInputModes", Type::texts},
     {"defaultOutputModes", Type::texts},
     {"skills", Type::objects, kSkill03},
     {"supportsAuthenticatedExtendedCard", Type::flag}}};

// --- rvAgent

constexpr std::array<Field, 2> kRvProvider = {{{"organization"}, {"url"}}};
constexpr std::array<Field, 2> kRvCapabilities = {
    {{"streaming", Type::flag, {}, false, true},
     {"pushNotifications", Type::flag, {}, false, true}}};
constexpr std::array<Field, 6> kRvSkill = {{{"id"},
                                            {"name"},
                                            {"description"},
                                            {"tags", Type::texts, {}, false, true},
                                            {"inputModes", Type::texts, {}, false, true},
                                            {"outputModes", Type::texts, {}, false, true}}};
constexpr std::array<Field, 1> kRvAuthentication = {{{"schemes", Type::texts, {}, false, true}}};
constexpr std::array<Field, 9> kRvCard = {{{"name"},
                                           {"description"},
                                           {"url"},
                                           {"provider", Type::object, kRvProvider},
                                           {"version"},
                                           {"capabilities", Type::object, kRvCapabilities},
                                           {"skills", Type::objects, kRvSkill},
                                           {"authentication", Type::object, kRvAuthentication},
                                           {"metadata", Type::any, {}, false, true}}};

// --- the walk

bool has_contents(const Json& value) {
  switch (value.kind) {
    case Json::Kind::null:
      return false;
    case Json::Kind::string:
      return !value.text.empty();
    case Json::Kind::array:
      return std::any_of(value.items.begin(), value.items.end(), has_contents);
    case Json::Kind::object:
      return std::any_of(value.members.begin(), value.members.end(),
                         [](const Json::Member& member) { return has_contents(member.second); });
    default:
      return true;
  }
}

// `value` without empty texts, arrays, objects and nulls; nothing when it is one of these.
std::optional<Json> cleaned(const Json& value) {
  if (!has_contents(value)) return std::nullopt;
  if (!value.is(Json::Kind::array) && !value.is(Json::Kind::object)) return value;
  Json kept;
  kept.kind = value.kind;
  for (const Json& item : value.items) {
    if (auto clean = cleaned(item)) kept.items.push_back(*std::move(clean));
  }
  for (const Json::Member& member : value.members) {
    if (auto clean = cleaned(member.second)) {
      kept.members.emplace_back(member.first, *std::move(clean));
    }
  }
  return kept;
}

Json::Kind kind_of(Type type) {
  switch (type) {
    case Type::text:
      return Json::Kind::string;
    case Type::flag:
    case Type::bare_flag:
      return Json::Kind::boolean;
    case Type::texts:
    case Type::objects:
      return Json::Kind::array;
    default:
      return Json::Kind::object;
  }
}

Json default_of(Type type) {
  Json value;
  if (type != Type::any) value.kind = kind_of(type);
  return value;
}

class Projector {
 public:
  explicit Projector(CardProjection projection) : projection_(projection) {}

  Json object(const Json& source, Shape shape, const std::string& way) {
    Json made;
    made.kind = Json::Kind::object;
    for (const Field& field : shape) {
      const Json* const value = source.find(field.name);
      std::optional<Json> kept;
      if (value != nullptr && !value->is(Json::Kind::null)) kept = member(*value, field, way);
      if (!kept.has_value() && projection_ == CardProjection::rvagent && field.filled) {
        kept = default_of(field.type);
      }
      if (kept.has_value()) made.members.emplace_back(field.name, *std::move(kept));
    }
    for (const Json::Member& unknown : source.members) {
      const bool is_known = std::any_of(shape.begin(), shape.end(), [&](const Field& field) {
        return field.name == unknown.first;
      });
      if (!is_known && has_contents(unknown.second)) dropped_.push_back(way + unknown.first);
    }
    return made;
  }

  std::vector<std::string> take_dropped() { return std::move(dropped_); }

 private:
  // `value` as far as the signer sees it; nothing when it does not.
  std::optional<Json> member(const Json& value, const Field& field, const std::string& way) {
    if (field.type != Type::any && !value.is(kind_of(field.type))) {
      dropped_.push_back(way + std::string(field.name));
      return std::nullopt;
    }
    Json kept = contents(value, field, way + std::string(field.name));
    switch (projection_) {
      case CardProjection::rvagent:
        return kept;
      case CardProjection::specification:
        if (field.required || field.type == Type::flag) return kept;
        if (field.type == Type::bare_flag && !kept.boolean) return std::nullopt;
        if (field.type == Type::object || has_contents(kept)) return kept;
        return std::nullopt;
      case CardProjection::sdk_1:
        if (field.type == Type::bare_flag && !kept.boolean) return std::nullopt;
        return cleaned(kept);
      case CardProjection::sdk_0_3:
        if (!field.default_text.empty() && kept.text == field.default_text) return std::nullopt;
        return cleaned(kept);
    }
    return kept;
  }

  Json contents(const Json& value, const Field& field, const std::string& way) {
    if (field.type == Type::object) return object(value, field.shape, way + '.');
    if (field.type != Type::objects && field.type != Type::map) return value;
    Json made;
    made.kind = value.kind;
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      made.items.push_back(
          element(value.items[i], field.shape, way + '[' + std::to_string(i) + ']'));
    }
    for (const Json::Member& entry : value.members) {
      made.members.emplace_back(entry.first,
                                element(entry.second, field.shape, way + '.' + entry.first));
    }
    return made;
  }

  Json element(const Json& value, Shape shape, const std::string& way) {
    if (!value.is(Json::Kind::object)) dropped_.push_back(way);
    return object(value, shape, way + '.');
  }

  CardProjection projection_;
  std::vector<std::string> dropped_;
};

Shape shape_of(CardProjection projection) {
  switch (projection) {
    case CardProjection::sdk_0_3:
      return kCard03;
    case CardProjection::rvagent:
      return kRvCard;
    default:
      return kCard;
  }
}

}  // namespace

ProjectedCard project_card(const Json& card, CardProjection projection) {
  Projector projector(projection);
  ProjectedCard projected;
  projected.value = projector.object(card, shape_of(projection), "");
  projected.dropped = projector.take_dropped();
  std::sort(projected.dropped.begin(), projected.dropped.end());
  return projected;
}

}  // namespace ruvector::a2a
