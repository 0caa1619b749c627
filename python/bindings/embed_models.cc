// Models that are known by name, and where their files lie.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gil.h"
#include "rooms.h"
#include "ruvector/embed/model.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;
using Path = std::filesystem::path;
using Unlocked = nb::call_guard<ReleasedGil>;

Pooling to_pooling(const std::string& name) {
  if (name == "mean") return Pooling::mean;
  if (name == "cls") return Pooling::cls;
  throw std::invalid_argument("pooling: '" + name + "' is neither 'mean' nor 'cls'");
}

Verification verification(bool anew) {
  return anew ? Verification::anew : Verification::remembered;
}

const TextRecipe* text_recipe(const Model& model) { return std::get_if<TextRecipe>(&model.recipe); }

void bind_file(nb::module_& m) {
  nb::class_<ModelFile> c(m, "ModelFile", nb::is_final(),
                          nb::sig("@final\nclass ModelFile(object)"),
                          "A file whose bytes are known beforehand.");
  c.def(
      "__init__",
      [](ModelFile* self, std::string name, std::uint64_t size, std::string sha256,
         std::string url) {
        new (self) ModelFile{std::move(name), size, std::move(sha256), std::move(url)};
      },
      "name"_a, nb::kw_only(), "size"_a, "sha256"_a, "url"_a = "",
      nb::sig("def __init__(self, name: str, *, size: int, sha256: str, url: str = '') -> None"));
  c.def_ro("name", &ModelFile::name, nb::sig("def name(self) -> str"), "Within the repository.");
  c.def_ro("size", &ModelFile::size, nb::sig("def size(self) -> int"), "Bytes.");
  c.def_ro("sha256", &ModelFile::sha256, nb::sig("def sha256(self) -> str"),
           "64 lower-case hexadecimal digits.");
  c.def_ro("url", &ModelFile::url, nb::sig("def url(self) -> str"),
           "Where it comes from when that is no Hugging Face repository.");
}

void bind_names(nb::class_<Model>& c) {
  c.def_ro("name", &Model::name, nb::sig("def name(self) -> str"), "What it is called here.");
  c.def_ro("aliases", &Model::aliases, nb::sig("def aliases(self) -> list[str]"),
           "Other names that mean it.");
  c.def_ro("repository", &Model::repository, nb::sig("def repository(self) -> str"),
           "On the Hugging Face hub, empty when it is not from there.");
  c.def_ro("revision", &Model::revision, nb::sig("def revision(self) -> str"),
           "A commit, or the digest of the only file.");
  c.def_ro("licence", &Model::licence, nb::sig("def licence(self) -> str"), "SPDX identifier.");
  c.def_ro("files", &Model::files, nb::rv_policy::copy,
           nb::sig("def files(self) -> list[ModelFile]"), "What it consists of.");
  c.def_prop_ro(
      "directory", [](const Model& self) { return model_directory(self); },
      nb::sig("def directory(self) -> Path"), "Where its files lie once they are pulled.");
}

void bind_recipe(nb::class_<Model>& c) {
  c.def_prop_ro(
      "is_text", [](const Model& self) { return text_recipe(self) != nullptr; },
      nb::sig("def is_text(self) -> bool"), "Whether it takes texts; otherwise images.");
  c.def_prop_ro(
      "max_tokens",
      [](const Model& self) { return text_recipe(self) ? text_recipe(self)->max_tokens : 0; },
      nb::sig("def max_tokens(self) -> int"), "The limit of a text, 0 when it takes images.");
  c.def_prop_ro(
      "pooling",
      [](const Model& self) {
        return text_recipe(self) && text_recipe(self)->pooling == Pooling::cls ? "cls" : "mean";
      },
      nb::sig("def pooling(self) -> Literal['mean', 'cls']"), "How tokens become one vector.");
  c.def_prop_ro(
      "query_prefix",
      [](const Model& self) { return text_recipe(self) ? text_recipe(self)->query_prefix : ""; },
      nb::sig("def query_prefix(self) -> str"), "What is put before a query.");
  c.def("recipe_digest", &Model::recipe_digest, nb::sig("def recipe_digest(self) -> str"),
        "SHA-256 over the recipe and the files: what encoders with comparable vectors share.");
}

void bind_model(nb::module_& m) {
  nb::class_<Model> c(m, "Model", nb::is_final(), nb::sig("@final\nclass Model(object)"),
                      "A model: its pinned files and its recipe.");
  c.def(
      "__init__",
      [](Model* self, std::string name, std::string repository, std::string revision,
         std::vector<ModelFile> files, std::size_t max_tokens, const std::string& pooling,
         std::string query_prefix) {
        new (self) Model{.name = std::move(name),
                         .aliases = {},
                         .repository = std::move(repository),
                         .revision = std::move(revision),
                         .licence = {},
                         .files = std::move(files),
                         .recipe = TextRecipe{.max_tokens = max_tokens,
                                              .pooling = to_pooling(pooling),
                                              .query_prefix = std::move(query_prefix)}};
      },
      "name"_a, nb::kw_only(), "repository"_a, "revision"_a, "files"_a, "max_tokens"_a = 256,
      "pooling"_a = "mean", "query_prefix"_a = "",
      nb::sig("def __init__(self, name: str, *, repository: str, revision: str, "
              "files: list[ModelFile], max_tokens: int = 256, "
              "pooling: Literal['mean', 'cls'] = 'mean', query_prefix: str = '') -> None"));
  bind_names(c);
  bind_recipe(c);
}

}  // namespace

void init_embed_models(nb::module_& m) {
  bind_file(m);
  bind_model(m);
  m.def(
      "known_models",
      [] {
        const auto models = known_models();
        return std::vector<Model>(models.begin(), models.end());
      },
      nb::sig("def known_models() -> list[Model]"), "All of them, sorted by name.");
  m.def(
      "find_model",
      [](const std::string& name) {
        const Model* const found = find_model(name);
        return found ? std::optional<Model>(*found) : std::nullopt;
      },
      "name"_a, nb::sig("def find_model(name: str) -> Model | None"),
      "The one of that name or alias.");
  m.def("model_cache_directory", &cache_directory, nb::sig("def model_cache_directory() -> Path"),
        "``RUVECTOR_CACHE``, else ``ruvector`` in the user's folder of caches.");
  m.def(
      "find_model_file",
      [](const Model& model, const ModelFile& file, bool anew) {
        return find_model_file(model, file, verification(anew));
      },
      "model"_a, "file"_a, nb::kw_only(), "anew"_a = false, Unlocked(),
      nb::sig("def find_model_file(model: Model, file: ModelFile, *, anew: bool = False) "
              "-> Path | None"),
      "A file with its pinned bytes, in our cache or that of another library.");
  m.def(
      "find_model_files",
      [](const Model& model, bool anew) { return find_model_files(model, verification(anew)); },
      "model"_a, nb::kw_only(), "anew"_a = false, Unlocked(),
      nb::sig("def find_model_files(model: Model, *, anew: bool = False) -> list[Path]"),
      "All files of a model, verified; ``ModelNotFound`` lists those that are missing.");
}

}  // namespace ruvector::bindings
