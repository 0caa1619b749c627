// RuLakeBundle.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "gil.h"
#include "lake_values.h"
#include "numbers.h"
#include "rooms.h"
#include "ruvector/lake/bundle.h"
#include "store_docs.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Path = std::filesystem::path;
using Text = std::optional<std::string>;
using Class = nb::class_<RuLakeBundle>;

void make(RuLakeBundle* self, const std::string& data_ref, nb::handle dim, nb::handle rotation_seed,
          nb::handle rerank_factor, nb::handle generation, const Text& pii_policy,
          const Text& lineage_id, const Text& memory_class, const Text& encoder) {
  RuLakeBundle bundle =
      RuLakeBundle::make(data_ref, to_unsigned<std::uint64_t>(dim, "dim"),
                         to_unsigned<std::uint64_t>(rotation_seed, "rotation_seed"),
                         to_unsigned<std::uint64_t>(rerank_factor, "rerank_factor"),
                         to_generation(generation, "generation"));
  bundle.pii_policy = pii_policy;
  bundle.lineage_id = lineage_id;
  bundle.memory_class = memory_class;
  bundle.encoder = encoder;
  new (self) RuLakeBundle(std::move(bundle));
}

RuLakeBundle read(const Path& directory, bool lenient, nb::handle trusted_keys) {
  const ReadParams params{lenient, to_ed25519_keys(trusted_keys, "trusted_keys")};
  const ReleasedGil unlocked;
  return RuLakeBundle::read_from_dir(directory, params);
}

// In the order of the file.
nb::object repr(nb::handle self) {
  return nb::str(
             "RuLakeBundle(data_ref={!r}, dim={}, rotation_seed={}, rerank_factor={}, "
             "generation={!r}, witness={}...)")
      .attr("format")(self.attr("data_ref"), self.attr("dim"), self.attr("rotation_seed"),
                      self.attr("rerank_factor"), self.attr("generation"),
                      nb::cast<std::string>(self.attr("rvf_witness")).substr(0, 12));
}

void bind_fields(Class& c) {
  c.def_ro("format_version", &RuLakeBundle::format_version,
           nb::sig("def format_version(self) -> int"), "Version of the format.");
  c.def_ro("data_ref", &RuLakeBundle::data_ref, nb::sig("def data_ref(self) -> str"),
           "Where the data lie.");
  c.def_ro("dim", &RuLakeBundle::dim, nb::sig("def dim(self) -> int"), "Dimensions of a vector.");
  c.def_ro("rotation_seed", &RuLakeBundle::rotation_seed, nb::sig("def rotation_seed(self) -> int"),
           "Seed of the random rotation.");
  c.def_ro("rerank_factor", &RuLakeBundle::rerank_factor, nb::sig("def rerank_factor(self) -> int"),
           "Exact distances for each wanted hit.");
  c.def_prop_ro(
      "generation", [](const RuLakeBundle& self) { return to_python(self.generation); },
      nb::sig("def generation(self) -> int | str"), "Version of the data.");
  c.def_ro("rvf_witness", &RuLakeBundle::rvf_witness, nb::sig("def rvf_witness(self) -> str"),
           "SHAKE-256 over the fields that say which data it is, 64 hexadecimal digits.");
}

void bind_more_fields(Class& c) {
  c.def_ro("pii_policy", &RuLakeBundle::pii_policy, nb::sig("def pii_policy(self) -> str | None"),
           "How personal data in the collection are to be treated.");
  c.def_ro("lineage_id", &RuLakeBundle::lineage_id, nb::sig("def lineage_id(self) -> str | None"),
           "Where the data come from.");
  c.def_ro("memory_class", &RuLakeBundle::memory_class,
           nb::sig("def memory_class(self) -> str | None"), "Kind of memory the data belong to.");
  c.def_ro("encoder", &RuLakeBundle::encoder, nb::sig("def encoder(self) -> str | None"),
           "What made the vectors: the recipe digest of an ``Embedder``, or another name.");
  c.def_ro("index_file", &RuLakeBundle::index_file, nb::sig("def index_file(self) -> str | None"),
           "Name of the index file beside the bundle.");
  c.def_ro("index_digest", &RuLakeBundle::index_digest,
           nb::sig("def index_digest(self) -> str | None"), "Digest of the index file.");
  c.def_ro("public_key", &RuLakeBundle::public_key, nb::sig("def public_key(self) -> str | None"),
           "Ed25519 key of who signed, hexadecimal.");
  c.def_ro("signature", &RuLakeBundle::signature, nb::sig("def signature(self) -> str | None"),
           "Ed25519 signature over all other fields, hexadecimal.");
}

void bind_trust(Class& c) {
  c.def("verify_witness", &RuLakeBundle::verify_witness,
        nb::sig("def verify_witness(self) -> bool"),
        "Whether the witness is that of the other fields.");
  c.def("require_witness", &RuLakeBundle::require_witness,
        nb::sig("def require_witness(self) -> None"), docs::kRequireWitness);
  c.def(
      "sign", [](RuLakeBundle& self, nb::handle key) { self.sign(to_ed25519_key(key, "key")); },
      "key"_a.none(), nb::sig("def sign(self, key: bytes) -> None"), docs::kSign);
  c.def(
      "verify_signature",
      [](const RuLakeBundle& self, nb::handle key) {
        return self.verify_signature(to_ed25519_key(key, "key"));
      },
      "key"_a.none(), nb::sig("def verify_signature(self, key: bytes) -> bool"),
      "Whether the holder of the Ed25519 public ``key``, 32 bytes, signed this very content.");
}

void bind_text(Class& c) {
  c.def("to_json", &RuLakeBundle::to_json, nb::sig("def to_json(self) -> str"), docs::kToJson);
  c.def_static(
      "from_json", [](nb::handle text) { return RuLakeBundle::from_json(to_name(text, "text")); },
      "text"_a.none(), nb::sig("def from_json(text: str) -> RuLakeBundle"), docs::kFromJson);
  c.def("write_to_dir", &RuLakeBundle::write_to_dir, "directory"_a, nb::call_guard<ReleasedGil>(),
        nb::sig("def write_to_dir(self, directory: str | os.PathLike[str]) -> Path"),
        docs::kWriteToDir);
  c.def_static("read_from_dir", &read, "directory"_a, nb::kw_only(), "lenient"_a = false,
               "trusted_keys"_a = nb::make_tuple(),
               nb::sig("def read_from_dir(directory: str | os.PathLike[str], *, "
                       "lenient: bool = False, trusted_keys: Sequence[bytes] = ()) "
                       "-> RuLakeBundle"),
               docs::kReadFromDir);
  c.def_static("exists_in", &RuLakeBundle::exists_in, "directory"_a, nb::call_guard<ReleasedGil>(),
               nb::sig("def exists_in(directory: str | os.PathLike[str]) -> bool"),
               "Whether a directory holds a bundle.");
}

}  // namespace

void init_lake_bundle(nb::module_& m) {
  Class c(m, "RuLakeBundle", nb::is_final(), nb::sig("@final\nclass RuLakeBundle(object)"),
          docs::kBundle);
  c.def("__init__", &make, nb::kw_only(), "data_ref"_a, "dim"_a.none(), "rotation_seed"_a.none(),
        "rerank_factor"_a.none(), "generation"_a.none(), "pii_policy"_a = nb::none(),
        "lineage_id"_a = nb::none(), "memory_class"_a = nb::none(), "encoder"_a = nb::none(),
        nb::sig("def __init__(self, *, data_ref: str, dim: int, rotation_seed: int, "
                "rerank_factor: int, generation: int | str, pii_policy: str | None = None, "
                "lineage_id: str | None = None, memory_class: str | None = None, "
                "encoder: str | None = None) -> None"));
  c.attr("FILE_NAME") = RuLakeBundle::kFileName;
  bind_fields(c);
  bind_more_fields(c);
  bind_trust(c);
  bind_text(c);
  c.def(
      "__eq__",
      [](const RuLakeBundle& self, nb::handle other) -> nb::object {
        if (!nb::isinstance<RuLakeBundle>(other)) return nb::borrow(Py_NotImplemented);
        return nb::bool_(self == nb::cast<const RuLakeBundle&>(other));
      },
      "other"_a, nb::sig("def __eq__(self, other: object, /) -> bool"));
  c.attr("__hash__") = nb::none();
  c.def("__repr__", &repr, nb::sig("def __repr__(self) -> str"));
  c.def(
      "__reduce__",
      [](nb::handle self) {
        return nb::make_tuple(nb::module_::import_("ruvector.lake").attr("restore_bundle"),
                              nb::make_tuple(self.attr("to_json")()));
      },
      nb::sig("def __reduce__(self) -> tuple[Any, ...]"));
}

}  // namespace ruvector::bindings
