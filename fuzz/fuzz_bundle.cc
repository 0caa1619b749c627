// Reads arbitrary bytes as a bundle. What is read must survive being written and read again, and
// asking for its witness and signature.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ruvector/lake/bundle.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void use(ruvector::RuLakeBundle bundle) {
  const std::string text = bundle.to_json();
  const auto again = ruvector::RuLakeBundle::from_json(text);
  require(again == bundle);
  require(again.to_json() == text);

  const std::string witness = ruvector::witness_of(
      bundle.data_ref, bundle.dim, bundle.rotation_seed, bundle.rerank_factor, bundle.generation);
  require(bundle.verify_witness() == (bundle.rvf_witness == witness));

  static const ruvector::Ed25519PrivateKey key{};
  static const ruvector::Ed25519PublicKey public_key = ruvector::public_key_of(key);
  static_cast<void>(bundle.verify_signature(public_key));
  bundle.sign(key);
  require(bundle.verify_signature(public_key));
  bundle.dim ^= 1;
  require(!bundle.verify_signature(public_key));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ruvector::RuLakeBundle bundle;
  try {
    bundle = ruvector::RuLakeBundle::from_json({reinterpret_cast<const char*>(data), size});
  } catch (const ruvector::BundleError&) {
    return 0;
  }
  try {
    use(bundle);
  } catch (const ruvector::BundleError&) {
    // Spaces and a signature can make a text too long that was just short enough.
    require(size > 60'000);
  }
  return 0;
}
