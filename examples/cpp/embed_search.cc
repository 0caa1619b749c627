// Embeds texts and searches them by meaning.
//
//   embed_search [QUESTION]     the model's files must be in the cache: ruvector models pull
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "ruvector/base/errors.h"
#include "ruvector/embed/embedder.h"
#include "ruvector/index/rabitq_index.h"

namespace {

constexpr std::string_view kTexts[] = {
    "A cat sleeps on a warm mat.",
    "Kittens play in the garden.",
    "The tax law of Peru was changed last year.",
    "To parse a date from a string, call strptime.",
    "Bread rises because yeast makes gas.",
};

int run(const std::string& question) {
  const auto embedder = ruvector::Embedder::from_pretrained("all-MiniLM-L6-v2");
  std::vector<float> rows(std::size(kTexts) * embedder.dim());
  embedder.embed_batch(kTexts, rows);
  const auto index = ruvector::RabitqPlusIndex::build(
      ruvector::MatrixView{rows.data(), std::size(kTexts), embedder.dim()});

  std::vector<float> query(embedder.dim());
  embedder.embed(question, query, {.prompt = ruvector::Prompt::query});
  for (const ruvector::Hit& hit : index.search(query, 2)) {
    const std::string_view text = kTexts[hit.id];
    std::printf("%.3f  %.*s\n", static_cast<double>(hit.score), static_cast<int>(text.size()),
                text.data());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  return run(argc > 1 ? argv[1] : "how do I read a date?");
} catch (const ruvector::ModelNotFound& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 3;
} catch (const std::exception& error) {
  std::fprintf(stderr, "embed_search: %s\n", error.what());
  return 1;
}
