// Which encoder made vectors: those of two encoders cannot be compared.
// Thread-safe: functions of their arguments.
#pragma once

#include <optional>
#include <string>

#include "ruvector/lake/types.h"

namespace ruvector::lake {

// Throws EncoderMismatch, which begins with `what`, when both name an encoder and not the same.
void require_encoder(const std::string& what, const std::optional<std::string>& expected,
                     const std::optional<std::string>& actual);

// What messages call a query.
std::string query_of(const LakeKey& key);

// Throws std::invalid_argument for a name that a bundle cannot carry.
void require_encoder_name(const std::string& encoder);

}  // namespace ruvector::lake
