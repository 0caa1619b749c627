#include "base/base64.h"

#include <array>
#include <cstddef>

namespace ruvector::base {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 64;

using Values = std::array<std::uint8_t, 256>;

constexpr Values values_of(std::string_view digits) {
  Values values{};
  for (std::uint8_t& value : values) value = kNoDigit;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr Values kStandardValues = values_of(kStandard);
constexpr Values kUrlSafeValues = values_of(kUrlSafe);

std::uint32_t byte_of(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
}

// The text without its padding, when that is as it must be.
std::optional<std::string_view> unpadded(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with("==")) return text.substr(0, text.size() - 2);
  if (text.ends_with('=')) return text.substr(0, text.size() - 1);
  return text;
}

std::optional<std::string> decode(std::string_view digits, const Values& values) {
  if (digits.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that are not written yet
  for (const char digit : digits) {
    const std::uint8_t value = values[static_cast<unsigned char>(digit)];
    if (value == kNoDigit) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_base64(std::string_view bytes, Base64 alphabet) {
  const std::string_view digits = alphabet == Base64::standard ? kStandard : kUrlSafe;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group =
        byte_of(bytes, i) << 16 | byte_of(bytes, i + 1) << 8 | byte_of(bytes, i + 2);
    const std::size_t wanted = bytes.size() - i >= 3 ? 4 : bytes.size() - i + 1;
    for (std::size_t k = 0; k < wanted; ++k) text += digits[group >> (18 - 6 * k) & 63];
    if (alphabet == Base64::standard) text.append(4 - wanted, '=');
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text, Base64 alphabet) {
  if (alphabet == Base64::url_safe) return decode(text, kUrlSafeValues);
  const std::optional<std::string_view> digits = unpadded(text);
  if (!digits.has_value()) return std::nullopt;
  return decode(*digits, kStandardValues);
}

}  // namespace ruvector::base
