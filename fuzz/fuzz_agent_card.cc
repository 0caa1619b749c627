// Reads arbitrary bytes as an agent's card, signed or not, and chooses where it would be called.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "a2a/card_verifier.h"
#include "a2a/endpoint_choice.h"
#include "net/url.h"
#include "ruvector/base/a2a_errors.h"

namespace {

using ruvector::AgentCard;
using ruvector::a2a::CardTrust;
using Method = ruvector::CardVerification::Method;

void require(bool condition) {
  if (!condition) std::abort();
}

// Of tests/golden/a2a/cards.
constexpr const char* kKeys = R"({"keys":[{"kty":"EC","crv":"P-256","kid":"test-1",)"
                              R"("x":"WvXdQ5yllpWXzDcaEViAkJ7yk6GHq6Isf6H6xMfLAdA",)"
                              R"("y":"sndjotuoU3kduR7rGKLSsM5En0V9z5gRTNSrv6xgKbo"}]})";

std::optional<AgentCard> read(std::string_view text, const CardTrust& trust) {
  try {
    return ruvector::a2a::verify_card(text, trust, {.bytes = 1U << 20});
  } catch (const ruvector::CardSignatureInvalid&) {
    return std::nullopt;
  } catch (const ruvector::ProtocolError&) {
    return std::nullopt;
  }
}

void choose(const AgentCard& card) {
  static const ruvector::net::Url base = ruvector::net::Url::parse("http://127.0.0.1:8080/x");
  try {
    const auto endpoint = ruvector::a2a::choose_endpoint(card, base);
    require(ruvector::net::Url::parse(endpoint.url).same_origin(base));
  } catch (const ruvector::A2aError&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const CardTrust strict{.card_keys = kKeys};
  static const CardTrust lax{.strict_verify = false, .card_keys = kKeys};
  const auto believed = read(text, strict);
  const auto admitted = read(text, lax);
  if (believed.has_value()) {
    require(believed->verification.method == Method::ed25519 ||
            believed->verification.method == Method::jws);
    require(admitted == believed);
  }
  if (admitted.has_value()) choose(*admitted);
  return 0;
}
