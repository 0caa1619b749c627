// What a signer sees of a card: its SDK reads the card into types, and signs what it writes from
// these. Thread-safe: functions of their arguments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "a2a/json.h"

namespace ruvector::a2a {

enum class CardProjection : std::uint8_t {
  specification,  // A2A 1.0, section 8.4: required members stay when they are empty
  sdk_1,          // the SDKs of 1.x: everything empty is gone, also in what the schema leaves open
  sdk_0_3,        // the Python SDK of 0.3: the same, and members that have their default
  rvagent,        // rvAgent's types: what is missing has its default
};

struct ProjectedCard {
  Json value;
  std::vector<std::string> dropped;  // members with contents that the signer does not see: "a.b"
};

// `card` is an object without its signature.
ProjectedCard project_card(const Json& card, CardProjection projection);

}  // namespace ruvector::a2a
