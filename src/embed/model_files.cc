// Finds the files of models; see ruvector/embed/model.h.
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/path_text.h"
#include "embed/model_places.h"
#include "embed/verified_files.h"
#include "ruvector/base/errors.h"
#include "ruvector/embed/model.h"

namespace ruvector {
namespace {

using Path = std::filesystem::path;

bool is_there(const Path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// A number with its thousands apart, for people.
std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

[[noreturn]] void remove_and_complain(const Path& path, const ModelFile& file) {
  const std::string actual = embed::sha256_of_file(path);
  std::error_code error;
  std::filesystem::remove(path, error);
  const std::string what = error ? base::path_text(path) + " (not removed: " + error.message() + ")"
                                 : base::path_text(path) + " (removed)";
  throw ModelDigestMismatch(what, file.sha256, actual);
}

std::string missing_message(const Model& model, const std::vector<const ModelFile*>& missing) {
  std::string text = "model '" + model.name + "' is not on this machine; missing:";
  for (const ModelFile* const file : missing) {
    text +=
        "\n  " + file->name + "  " + with_commas(file->size) + " bytes  SHA-256 " + file->sha256;
  }
  text += "\nlooked for in:\n  " + base::path_text(model_directory(model));
  for (const Path& place : embed::places_in_other_caches(model, *missing.front())) {
    text += "\n  " + base::path_text(place.parent_path());
  }
  return text + "\n`ruvector models pull " + model.name +
         "` downloads it; `ruvector models import FILE` takes it from an archive";
}

}  // namespace

std::optional<Path> find_model_file(const Model& model, const ModelFile& file,
                                    Verification verification) {
  Path own = model_directory(model) / file.name;
  if (is_there(own)) {
    if (embed::has_pinned_bytes(own, file, verification)) return own;
    remove_and_complain(own, file);
  }
  for (const Path& place : embed::places_in_other_caches(model, file)) {
    try {
      if (embed::has_pinned_bytes(place, file, verification)) return place;
    } catch (const EmbedError&) {
      continue;  // another library's file, which we may not read
    }
  }
  return std::nullopt;
}

std::vector<Path> find_model_files(const Model& model, Verification verification) {
  std::vector<Path> found;
  std::vector<const ModelFile*> missing;
  for (const ModelFile& file : model.files) {
    if (auto path = find_model_file(model, file, verification)) {
      found.push_back(*std::move(path));
    } else {
      missing.push_back(&file);
    }
  }
  if (!missing.empty()) throw ModelNotFound(missing_message(model, missing));
  return found;
}

}  // namespace ruvector
