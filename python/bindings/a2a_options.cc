#include "a2a_options.h"

#include <nanobind/stl/string.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "a2a_spec.h"
#include "numbers.h"
#include "python_call.h"

namespace ruvector::bindings {
namespace {

// Reads members of a dict into variables, which keep their values for members that are not there.
class Reader {
 public:
  explicit Reader(const nb::dict& values) : values_(values) {}

  // None without such a member.
  nb::object get(const char* name) const { return nb::object(values_.get(name, nb::none())); }
  void read(const char* name, bool& value) const {
    const nb::object object = get(name);
    if (object.is_none()) return;
    if (PyBool_Check(object.ptr()) == 0) {
      throw nb::type_error(
          (std::string(name) + ": expected a bool, got " + class_name(object)).c_str());
    }
    value = object.is(nb::handle(Py_True));
  }
  void read(const char* name, std::string& value) const {
    const nb::object object = get(name);
    if (!object.is_none()) value = to_utf8(object, name);
  }
  void read(const char* name, std::vector<std::string>& value) const {
    const nb::object object = get(name);
    if (!object.is_none()) value = to_texts(object, name);
  }
  void read(const char* name, std::chrono::milliseconds& value) const {
    const nb::object object = get(name);
    if (object.is_none()) return;
    // More than a day is no timeout, and would overflow a clock of nanoseconds at some point.
    value = std::chrono::milliseconds(to_unsigned(object, name, 86'400'000));
  }
  void read(const char* name, std::size_t& value) const {
    const nb::object object = get(name);
    if (!object.is_none()) value = to_unsigned<std::size_t>(object, name);
  }
  // One of named values.
  template <class T>
  void read(const char* name, std::initializer_list<std::pair<const char*, T>> choices,
            T& value) const {
    const nb::object object = get(name);
    if (object.is_none()) return;
    const std::string given = to_utf8(object, name);
    std::string known;
    for (const auto& [choice, meaning] : choices) {
      if (given == choice) {
        value = meaning;
        return;
      }
      known += (known.empty() ? "'" : ", '") + std::string(choice) + "'";
    }
    throw std::invalid_argument(std::string(name) + ": '" + given + "' is none of " + known);
  }

 private:
  const nb::dict& values_;
};

void read_trust(const Reader& reader, ConnectOptions& options) {
  reader.read("strict_verify", options.strict_verify);
  reader.read<Trust>("trust", {{"signature", Trust::signature}, {"tls", Trust::tls}},
                     options.trust);
  reader.read("expected_agent_id", options.expected_agent_id);
  reader.read("trusted_agents", options.trusted_agents);
  reader.read("card_keys", options.card_keys);
  const nb::object card = reader.get("card");
  if (!card.is_none()) {
    const auto bytes = nb::cast<nb::bytes>(card);
    options.card.assign(bytes.c_str(), bytes.size());
  }
}

void read_interface(const Reader& reader, ConnectOptions& options) {
  reader.read<std::optional<Protocol>>("protocol",
                                       {{"auto", std::nullopt},
                                        {"rvagent", Protocol::rvagent},
                                        {"0.3", Protocol::v0_3},
                                        {"1.0", Protocol::v1_0}},
                                       options.protocol);
  reader.read<std::optional<Binding>>(
      "binding",
      {{"auto", std::nullopt}, {"JSONRPC", Binding::jsonrpc}, {"HTTP+JSON", Binding::http_json}},
      options.binding);
  reader.read("allow_other_origin", options.allow_other_origin);
  reader.read("rewrite_to_origin", options.rewrite_to_origin);
  reader.read("allow_downgrade", options.allow_downgrade);
  reader.read("extensions", options.extensions);
}

void read_http(const Reader& reader, HttpOptions& http) {
  reader.read("allow_loopback", http.addresses.allow_loopback);
  reader.read("allow_private", http.addresses.allow_private);
  reader.read("allow_link_local", http.addresses.allow_link_local);
  reader.read("allow_plain_http", http.addresses.allow_plain_http);
  reader.read("ca_file", http.tls.ca_file);
  reader.read("client_certificate", http.tls.client_certificate);
  reader.read("client_key", http.tls.client_key);
  reader.read("client_key_password", http.tls.client_key_password);
  reader.read("connect_timeout_ms", http.timeouts.connect);
  reader.read("timeout_ms", http.timeouts.total);
  reader.read("header_timeout_ms", http.timeouts.header);
  reader.read("idle_timeout_ms", http.timeouts.idle);
  reader.read("max_card_bytes", http.limits.card_bytes);
  reader.read("max_body_bytes", http.limits.body_bytes);
  reader.read("max_event_bytes", http.limits.event_bytes);
  reader.read("user_agent", http.user_agent);
  reader.read("proxy", http.proxy);
  // An empty text is no proxy at all, whatever the environment says.
  http.use_environment_proxy = reader.get("proxy").is_none();
  const nb::object headers = reader.get("headers");
  if (headers.is_none()) return;
  const nb::object iterator = nb::iter(headers);
  while (const nb::object pair = next_of(iterator)) {
    http.headers.emplace_back(to_utf8(nb::object(pair[0]), "headers"),
                              to_utf8(nb::object(pair[1]), "headers"));
  }
}

nb::object callable_or_none(const Reader& reader, const char* name, const char* wanted) {
  nb::object object = reader.get(name);
  if (object.is_none() || PyCallable_Check(object.ptr()) != 0) return object;
  throw nb::type_error(
      (std::string(name) + ": expected " + wanted + ", got " + class_name(object)).c_str());
}

void read_authorization(const Reader& reader, ClientSetup& setup) {
  const nb::object authorization = reader.get("authorization");
  if (nb::isinstance<nb::str>(authorization)) {
    setup.options.authorization = [text = to_utf8(authorization, "authorization")](bool) {
      return text;
    };
    return;
  }
  const nb::object function = callable_or_none(reader, "authorization", "a str or a callable");
  if (function.is_none()) return;
  setup.authorization = std::make_shared<Authorization>(function);
  setup.options.authorization = [shared = setup.authorization](bool is_refresh) {
    return (*shared)(is_refresh);
  };
}

void read_hooks(const Reader& reader, ClientSetup& setup) {
  std::array<nb::object, 4> hooks;
  std::size_t i = 0;
  for (const char* name : {"on_request", "on_response", "on_event", "on_retry"}) {
    hooks.at(i++) = callable_or_none(reader, name, "a callable");
  }
  if (hooks[0].is_none() && hooks[1].is_none() && hooks[2].is_none() && hooks[3].is_none()) return;
  setup.observer = std::make_shared<Observer>(hooks);
  setup.options.observer = [observer = setup.observer](const ConnectOptions::Notice& notice) {
    observer->add(notice);
  };
}

}  // namespace

ClientSetup to_client_setup(const nb::dict& options) {
  ClientSetup setup;
  const Reader reader(options);
  read_trust(reader, setup.options);
  read_interface(reader, setup.options);
  reader.read("api_key", setup.options.api_key);
  reader.read("agent_id", setup.options.agent_id);
  reader.read("send_deep_contexts", setup.options.send_deep_contexts);
  reader.read<MissingEstimate>(
      "on_missing_estimate",
      {{"allow", MissingEstimate::allow}, {"reject", MissingEstimate::reject}},
      setup.options.on_missing_estimate);
  setup.options.budget = to_client_budget(reader.get("budget"));
  read_http(reader, setup.options.http);
  read_authorization(reader, setup);
  read_hooks(reader, setup);
  return setup;
}

}  // namespace ruvector::bindings
