// RuLake.builder(): the parameters of a lake, one call each.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <utility>

#include "gil.h"
#include "lake_docs.h"
#include "lake_handle.h"
#include "lake_rooms.h"
#include "lake_values.h"
#include "metric.h"
#include "numbers.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

class Builder {
 public:
  LakeParams params;
};

using Class = nb::class_<Builder>;

// Adds a method that changes the parameters and returns the builder. set(params, value).
template <class Set>
void def_setter(Class& c, const char* name, const char* argument, const char* type, Set set,
                const char* doc) {
  const std::string signature =
      std::string("def ") + name + "(self, " + argument + ": " + type + ") -> RuLakeBuilder";
  c.def(
      name,
      [set](nb::handle self, nb::handle value) {
        set(nb::cast<Builder&>(self).params, value);
        return nb::borrow(self);
      },
      nb::arg(argument).none(), nb::sig(signature.c_str()), doc);
}

void bind_index_parameters(Class& c) {
  def_setter(
      c, "rerank_factor", "factor", "int | None",
      [](LakeParams& params, nb::handle value) {
        params.rerank_factor = to_optional<std::uint32_t>(value, "rerank_factor");
      },
      "Exact distances for each wanted hit, 1..1024. None: the error bound decides.");
  def_setter(
      c, "rotation_seed", "seed", "int",
      [](LakeParams& params, nb::handle value) {
        params.rotation_seed = to_unsigned<std::uint64_t>(value, "rotation_seed");
      },
      "Seed of the random rotation; part of the witness. Default 42.");
  def_setter(
      c, "partition_above", "vectors", "int | None",
      [](LakeParams& params, nb::handle value) {
        params.partition_above = to_optional<std::size_t>(value, "vectors");
      },
      docs::kBuilderPartitionAbove);
  def_setter(
      c, "metric", "metric", "MetricName",
      [](LakeParams& params, nb::handle value) {
        params.metric = to_metric(to_name(value, "metric"));
      },
      "``'l2'`` (default), ``'ip'`` or ``'cosine'``.");
}

void bind_encoder(Class& c) {
  def_setter(
      c, "encoder", "encoder", "Embedder | str | None",
      [](LakeParams& params, nb::handle value) { params.encoder = to_encoder(value, "encoder"); },
      docs::kBuilderEncoder);
}

void bind_cache_parameters(Class& c) {
  def_setter(
      c, "consistency", "consistency", "Consistency",
      [](LakeParams& params, nb::handle value) {
        params.consistency = to_consistency(value, "consistency");
      },
      "When a search asks the backend whether what is cached is still right. Default FRESH.");
  def_setter(
      c, "ttl_ms", "ttl_ms", "int",
      [](LakeParams& params, nb::handle value) { params.ttl = to_milliseconds(value, "ttl_ms"); },
      "Under ``Consistency.EVENTUAL``: at most every so many milliseconds. Default 1000.");
  def_setter(
      c, "max_cache_entries", "entries", "int | None",
      [](LakeParams& params, nb::handle value) {
        params.max_cache_entries = to_optional<std::size_t>(value, "max_cache_entries");
      },
      "How many versions may be cached; the one not used for longest is dropped.");
  def_setter(
      c, "max_cache_bytes", "nbytes", "int | None",
      [](LakeParams& params, nb::handle value) {
        params.max_cache_bytes = to_optional<std::size_t>(value, "max_cache_bytes");
      },
      "How much memory the cache may take.");
  def_setter(
      c, "cache_dir", "directory", "str | os.PathLike[str] | None",
      [](LakeParams& params, nb::handle value) {
        params.cache_dir =
            value.is_none() ? std::nullopt : std::optional(nb::cast<std::filesystem::path>(value));
      },
      "Keep the vectors in mapped files here instead of memory; nothing is left behind.");
}

void bind_trust_parameters(Class& c) {
  def_setter(
      c, "signing_key", "key", "bytes | None",
      [](LakeParams& params, nb::handle value) {
        params.signing_key =
            value.is_none() ? std::nullopt : std::optional(to_ed25519_key(value, "signing_key"));
      },
      "Ed25519 private key, 32 bytes, that signs what is published and saved.");
  def_setter(
      c, "trusted_keys", "keys", "Sequence[bytes]",
      [](LakeParams& params, nb::handle value) {
        params.trusted_keys = to_ed25519_keys(value, "trusted_keys");
      },
      "Ed25519 public keys. When there are any, a bundle that none of them signed is refused.");
}

std::unique_ptr<LakeHandle> build(const Builder& self) {
  const ReleasedGil unlocked;
  return std::make_unique<LakeHandle>(self.params);
}

}  // namespace

void bind_lake_builder(nb::module_& m, nb::class_<LakeHandle>& c) {
  Class builder(m, "RuLakeBuilder", nb::is_final(), nb::sig("@final\nclass RuLakeBuilder(object)"),
                docs::kBuilder);
  bind_index_parameters(builder);
  bind_encoder(builder);
  bind_cache_parameters(builder);
  bind_trust_parameters(builder);
  builder.def("build", &build, nb::sig("def build(self) -> RuLake"), docs::kBuilderBuild);
  c.def_static(
      "builder", [] { return Builder(); }, nb::sig("def builder() -> RuLakeBuilder"),
      docs::kRuLakeBuilder);
}

}  // namespace ruvector::bindings
