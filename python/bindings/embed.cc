// The native Embedder: its models and what they are. Texts are in embed_texts.cc, images in
// embed_images.cc; ruvector/embed.py has the public class.
#include "ruvector/embed/embedder.h"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <stdexcept>
#include <string>
#include <variant>

#include "embed_docs.h"
#include "embed_rooms.h"
#include "gil.h"
#include "numbers.h"
#include "rooms.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

Precision to_precision(const std::string& name) {
  if (name == "float32") return Precision::float32;
  if (name == "int16") return Precision::int16;
  if (name == "int8") return Precision::int8;
  throw std::invalid_argument("precision: '" + name + "' is none of 'float32', 'int16', 'int8'");
}

const char* name_of(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return "float32";
    case Precision::int16:
      return "int16";
    case Precision::int8:
      return "int8";
  }
  return "";
}

Embedder from_pretrained(const std::string& name_or_directory, const std::string& precision,
                         bool cache_packed_weights) {
  const EmbedderParams params{to_precision(precision), cache_packed_weights};
  const ReleasedGil unlocked;
  return Embedder::from_pretrained(name_or_directory, params);
}

nb::object max_tokens(const Embedder& self) {
  const auto* recipe = std::get_if<TextRecipe>(&self.recipe());
  return recipe == nullptr ? nb::none() : nb::object(nb::int_(recipe->max_tokens));
}

std::string recipe_digest(const Embedder& self) {
  const ReleasedGil unlocked;  // reads the files of a directory
  return self.recipe_digest();
}

void bind_properties(nb::class_<Embedder>& c) {
  c.def_prop_ro("name", &Embedder::name, nb::sig("def name(self) -> str"),
                "Name of the model, or its directory.");
  c.def_prop_ro("dim", &Embedder::dim, nb::sig("def dim(self) -> int"), "Dimensions of a vector.");
  c.def_prop_ro(
      "precision", [](const Embedder& self) { return name_of(self.precision()); },
      nb::sig("def precision(self) -> Precision"), "What the weights are multiplied in.");
  c.def_prop_ro(
      "takes_images",
      [](const Embedder& self) { return std::holds_alternative<ImageRecipe>(self.recipe()); },
      nb::sig("def takes_images(self) -> bool"), "Whether it takes images; else it takes texts.");
  c.def_prop_ro("max_tokens", &max_tokens, nb::sig("def max_tokens(self) -> int | None"),
                "Word pieces of a text that count, with [CLS] and [SEP]; None of images.");
  c.def_prop_ro("recipe_digest", &recipe_digest, nb::sig("def recipe_digest(self) -> str"),
                "SHA-256 over the recipe and the model's files.");
  c.def_prop_ro("memory_bytes", &Embedder::memory_bytes, nb::sig("def memory_bytes(self) -> int"),
                "Bytes of memory; what is mapped from files is not counted.");
}

}  // namespace

EmbedParams embed_params(nb::handle prompt, nb::handle threads) {
  EmbedParams params;
  if (!prompt.is_none()) {
    const std::string name = nb::isinstance<nb::str>(prompt) ? nb::cast<std::string>(prompt) : "";
    if (name != "query") {
      throw std::invalid_argument("prompt: " + text(nb::repr(prompt)) +
                                  " is neither None nor 'query'");
    }
    params.prompt = Prompt::query;
  }
  params.threads = to_optional<std::size_t>(threads, "threads");
  return params;
}

void init_embed(nb::module_& m) {
  nb::class_<Embedder> c(m, "NativeEmbedder", nb::is_final(),
                         nb::sig("@final\nclass NativeEmbedder(object)"), docs::kNativeEmbedder);
  c.def_static("from_pretrained", &from_pretrained, "name_or_directory"_a, nb::kw_only(),
               "precision"_a = "float32", "cache_packed_weights"_a = true,
               nb::sig("def from_pretrained(name_or_directory: str, *, precision: str = 'float32', "
                       "cache_packed_weights: bool = True) -> NativeEmbedder"),
               docs::kNativeFromPretrained);
  bind_properties(c);
  bind_embed_texts(c);
  bind_embed_images(c);
}

}  // namespace ruvector::bindings
