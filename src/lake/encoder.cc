#include "lake/encoder.h"

#include <stdexcept>

#include "lake/bundle_json.h"
#include "ruvector/base/errors.h"

namespace ruvector::lake {

void require_encoder(const std::string& what, const std::optional<std::string>& expected,
                     const std::optional<std::string>& actual) {
  if (!expected || !actual || *expected == *actual) return;
  throw EncoderMismatch(what, *expected, *actual);
}

std::string query_of(const LakeKey& key) {
  return "query of collection '" + key.collection + "' of backend '" + key.backend + "'";
}

void require_encoder_name(const std::string& encoder) {
  if (!encoder.empty() && encoder.size() <= kMaxEncoderBytes) return;
  throw std::invalid_argument("encoder: has " + std::to_string(encoder.size()) + " bytes, not 1.." +
                              std::to_string(kMaxEncoderBytes));
}

}  // namespace ruvector::lake
