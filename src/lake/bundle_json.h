// The JSON text of a bundle: docs/formats/bundle.md.
// Thread-safe: functions of their arguments.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ruvector/lake/bundle.h"

namespace ruvector::lake {

// Limits in bytes. The first three are the original's; it has none for a generation.
inline constexpr std::size_t kMaxBundleBytes = 65'536;
inline constexpr std::size_t kMaxBundleText = 4'096;  // data_ref, pii_policy, ...; generation
inline constexpr std::size_t kMaxWitnessBytes = 128;
inline constexpr std::size_t kMaxEncoderBytes = 256;
inline constexpr std::size_t kMaxIndexFileBytes = 255;
inline constexpr std::size_t kMaxDigestBytes = 256;
inline constexpr std::size_t kMaxSignatureBytes = 256;  // and of public_key

// What RuLakeBundle::to_json and from_json promise.
std::string print_bundle(const RuLakeBundle& bundle);
RuLakeBundle parse_bundle(std::string_view text);

}  // namespace ruvector::lake
