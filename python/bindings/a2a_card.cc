// Cards.
#include <array>
#include <cstddef>

#include "a2a_pieces.h"
#include "a2a_values.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

// Cards are few: their classes are called as a user would call them.
nb::object card_class(const char* name) {
  return nb::module_::import_("ruvector.a2a_card").attr(name);
}

nb::object text(const std::string& value) {
  PyObject* made = new_text(value);
  if (made == nullptr) nb::raise_python_error();
  return nb::steal(made);
}

nb::object to_python(const AgentCapabilities& value) {
  return card_class("AgentCapabilities")(
      "streaming"_a = value.streaming, "push_notifications"_a = value.push_notifications,
      "state_transition_history"_a = value.state_transition_history,
      "extended_agent_card"_a = value.extended_agent_card,
      "extensions"_a = to_tuple(value.extensions));
}

nb::object to_python(const AgentSkill& value) {
  return card_class("AgentSkill")(
      text(value.id), text(value.name), "description"_a = text(value.description),
      "tags"_a = to_tuple(value.tags), "examples"_a = to_tuple(value.examples),
      "input_modes"_a = to_tuple(value.input_modes),
      "output_modes"_a = to_tuple(value.output_modes));
}

nb::object to_python(const AgentProvider& value) {
  return card_class("AgentProvider")(text(value.organization), text(value.url));
}

nb::object to_python(const AuthScheme& value) {
  return card_class("AuthScheme")(text(value.name), text(value.type),
                                  "scheme"_a = text(value.scheme),
                                  "parameter"_a = text(value.parameter));
}

nb::object to_python(const AgentInterface& value) {
  return card_class("AgentInterface")(text(value.url), text(value.binding),
                                      "version"_a = text(value.version),
                                      "tenant"_a = text(value.tenant));
}

nb::object to_python(const CardVerification& value) {
  constexpr std::array kMethods{"none", "ed25519", "jws", "tls"};
  return card_class("CardVerification")(
      kMethods.at(static_cast<std::size_t>(value.method)),
      "canonical_form"_a = text(value.canonical_form), "key_id"_a = text(value.key_id),
      "covered_fields"_a = to_tuple(value.covered_fields),
      "uncovered_fields"_a = to_tuple(value.uncovered_fields), "is_pinned"_a = value.is_pinned);
}

template <class T>
nb::object tuple_of(const std::vector<T>& values) {
  return make_tuple_of(values.size(), [&](std::size_t i) { return to_python(values[i]); });
}

}  // namespace

nb::object to_python(const AgentCard& card) {
  return card_class("AgentCard")(
      text(card.name), text(card.url), "description"_a = text(card.description),
      "version"_a = text(card.version),
      "protocol"_a = text(std::string(protocol_name(card.protocol))),
      "protocol_version"_a = text(card.protocol_version),
      "documentation_url"_a = text(card.documentation_url), "icon_url"_a = text(card.icon_url),
      "provider"_a = card.provider ? to_python(*card.provider) : nb::object(nb::none()),
      "capabilities"_a = to_python(card.capabilities), "skills"_a = tuple_of(card.skills),
      "default_input_modes"_a = to_tuple(card.default_input_modes),
      "default_output_modes"_a = to_tuple(card.default_output_modes),
      "interfaces"_a = tuple_of(card.interfaces), "auth_schemes"_a = tuple_of(card.auth_schemes),
      "agent_id"_a = text(card.agent_id), "metadata"_a = metadata_to_python(card.metadata),
      "verification"_a = to_python(card.verification),
      "raw"_a = nb::bytes(card.raw.data(), card.raw.size()));
}

}  // namespace ruvector::bindings
