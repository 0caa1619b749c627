#include "ruvector/a2a/webhook.h"

#include <cstddef>
#include <span>
#include <string>

#include "base/base64.h"
#include "base/digest.h"
#include "base/public_key.h"

namespace ruvector {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

bool verify_webhook_hmac(std::string_view token, std::string_view body,
                         std::string_view signature) {
  constexpr std::string_view kPrefix = "sha256=";
  const std::string_view text = trimmed(signature);
  if (token.empty() || !text.starts_with(kPrefix)) return false;
  std::string digits(text.substr(kPrefix.size()));
  for (char& digit : digits) {
    if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
  }
  const std::string code = base::hmac_sha256(token, body);
  return base::equal_in_constant_time(digits, base::to_hex(std::as_bytes(std::span(code))));
}

bool verify_webhook_ed25519(std::string_view public_key, std::string_view body,
                            std::string_view signature) {
  const auto key_bytes = base::from_base64(trimmed(public_key), base::Base64::standard);
  const auto bytes = base::from_base64(trimmed(signature), base::Base64::standard);
  if (!key_bytes.has_value() || !bytes.has_value()) return false;
  const auto key = base::PublicKey::ed25519(*key_bytes);
  return key.has_value() && key->verify(body, *bytes);
}

}  // namespace ruvector
