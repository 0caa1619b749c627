// Cards for tests: those of real servers, edits of them, keys to sign others with, and what comes
// of verifying them.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "a2a/card_verifier.h"
#include "a2a/json.h"
#include "base/digest.h"
#include "ruvector/base/a2a_errors.h"

namespace ruvector::a2a {

// The file `name` below the golden folder of agents.
inline std::string golden_text(const std::string& name) {
  std::ifstream file(std::string(RUVECTOR_GOLDEN_DIR) + "/a2a/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("golden file " + name + " is missing");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// `text` with its only `from` replaced by `to`.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos || text.find(from, at + 1) != std::string::npos) {
    throw std::runtime_error("not once in the text: " + std::string(from));
  }
  return text.replace(at, from.size(), to);
}

// --- keys

inline base::Ed25519Key seed(unsigned char byte) {
  base::Ed25519Key key;
  key.fill(std::byte{byte});
  return key;
}

inline std::string signature_of(unsigned char key, std::string_view message) {
  const auto signature = base::ed25519_sign(seed(key), std::as_bytes(std::span(message)));
  return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}
inline std::string public_hex(unsigned char key) {
  return base::to_hex(base::ed25519_public_key(seed(key)));
}

// The reference page's, of 32 bytes 7 and 9.
inline constexpr std::string_view kId7 =
    "bb42f5a06cec4f36e3e9173236e88cdba7aa1a7bf737f6c6c372aa4c9268573e";
inline constexpr std::string_view kId9 =
    "706db118bee93a17129952fb85e4cd19a1be250dfb2414d2c425a88e0b464d21";

// --- verifying

inline AgentCard verified(std::string_view card, const CardTrust& trust = {}) {
  return verify_card(card, trust);
}

inline std::string refusal(std::string_view card, const CardTrust& trust = {}) {
  try {
    verify_card(card, trust);
  } catch (const CardSignatureInvalid& error) {
    return error.what();
  }
  return "";
}

inline const CardTrust kLax{.strict_verify = false, .trust = Trust::tls, .is_https = true};

// --- edits

// Calls `edited` with copies of `json` in each of which one value or name is another.
inline void for_each_edit(const Json& root, const std::function<void(const std::string&)>& edited) {
  Json copy = root;
  const std::function<void(Json&)> visit = [&](Json& value) {
    const Json before = value;
    const auto edit = [&](Json other) {
      value = std::move(other);
      edited(to_text(copy));
      value = before;
    };
    switch (value.kind) {
      case Json::Kind::null:
        edit(Json::of("null"));
        break;
      case Json::Kind::boolean:
        edit(Json::of(!value.boolean));
        break;
      case Json::Kind::number:
        edit(Json::of(std::uint64_t{987}));
        break;
      case Json::Kind::string:
        edit(Json::of(value.text + "x"));
        break;
      case Json::Kind::array: {
        Json more = value;
        more.items.push_back(Json::of("more"));
        edit(std::move(more));
        if (!value.items.empty()) edit(Json::of(std::vector<Json>{}));
        break;
      }
      case Json::Kind::object:
        for (std::size_t i = 0; i < value.members.size(); ++i) {
          Json renamed = value;
          renamed.members[i].first += "x";
          edit(std::move(renamed));
          Json without = value;
          without.members.erase(without.members.begin() + static_cast<std::ptrdiff_t>(i));
          edit(std::move(without));
        }
        break;
    }
    for (Json& item : value.items) visit(item);
    for (Json::Member& m : value.members) visit(m.second);
  };
  visit(copy);
}

// Nothing for a card that is refused.
inline std::optional<AgentCard> accepted(std::string_view card, const CardTrust& trust) {
  try {
    return verify_card(card, trust);
  } catch (const A2aError&) {
    return std::nullopt;
  }
}

// Edits each value of the golden card `file`. An edit is refused, or is one of what is not signed
// or means the same, and then it changes nothing that is exposed.
inline void expect_no_edit_is_believed(const std::string& file, const CardTrust& trust) {
  const std::string original = golden_text(file);
  const AgentCard expected = verify_card(original, trust);
  int refused = 0;
  for_each_edit(parse_json(original, "test"), [&](const std::string& text) {
    auto card = accepted(text, trust);
    if (!card.has_value()) {
      ++refused;
      return;
    }
    card->raw = expected.raw;
    card->verification = expected.verification;
    EXPECT_EQ(*card, expected) << text;
  });
  EXPECT_GT(refused, 40) << file;
}

}  // namespace ruvector::a2a
