// Checks push notifications, for programs that receive them. Thread-safe: functions of their
// arguments. Each is false for whatever does not verify, without a reason: a sender that is not
// trusted shall learn nothing.
#pragma once

#include <string_view>

namespace ruvector {

// Whether `signature`, the value of the header X-A2A-Signature ("sha256=" and 64 hexadecimal
// digits), is HMAC-SHA256 of `body`, to the byte as it came, with the `token` that the receiver was
// registered with. Takes as long wherever it differs. False for an empty token.
bool verify_webhook_hmac(std::string_view token, std::string_view body, std::string_view signature);

// Whether `signature`, the value of the header X-A2A-Signature-Ed25519, is the Ed25519 signature of
// `body` by `public_key`: both base64, the key as it is in the sender's card at
// metadata.ruvector.webhook_ed25519_pubkey.
bool verify_webhook_ed25519(std::string_view public_key, std::string_view body,
                            std::string_view signature);

}  // namespace ruvector
