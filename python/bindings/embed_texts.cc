// Texts to vectors.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrays.h"
#include "asyncio_bridge.h"
#include "embed_docs.h"
#include "embed_rooms.h"
#include "gil.h"
#include "numbers.h"
#include "progress.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

// The UTF-8 bytes of a str, which keeps them. Throws TypeError, and ValueError for a text that has
// none; both begin with `name`.
std::string_view utf8_of(nb::handle text, const std::string& name) {
  if (!nb::isinstance<nb::str>(text)) {
    throw nb::type_error((name + " is " + class_name(text) + ", not str").c_str());
  }
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (data != nullptr) return {data, static_cast<std::size_t>(size)};
  nb::python_error error;
  if (!error.matches(PyExc_UnicodeEncodeError)) throw error;
  const auto at = nb::cast<std::size_t>(error.value().attr("start"));
  throw std::invalid_argument(name + " has a lone surrogate at character " + std::to_string(at) +
                              ", which has no UTF-8");
}

// The texts of a sequence, read in place. Needs the GIL to be made and destroyed. The sequence may
// change meanwhile: what was in it at first is kept.
class TextsInput {
 public:
  explicit TextsInput(nb::handle source) {
    PyObject* tuple = PySequence_Tuple(source.ptr());
    if (tuple == nullptr) nb::raise_python_error();
    kept_ = nb::steal<nb::tuple>(tuple);
    values_.reserve(nb::len(kept_));
    for (nb::handle text : kept_) {
      values_.push_back(utf8_of(text, "texts: item " + std::to_string(values_.size())));
    }
  }
  std::span<const std::string_view> values() const { return values_; }
  std::vector<std::string> copies() const { return {values_.begin(), values_.end()}; }

 private:
  nb::tuple kept_;
  std::vector<std::string_view> values_;
};

std::unique_ptr<float[]> rows_of(std::size_t rows, const Embedder& self) {
  return std::unique_ptr<float[]>(new float[rows * self.dim()]);
}

nb::object embed(const Embedder& self, nb::handle text, nb::handle prompt, nb::handle threads) {
  const std::string_view bytes = utf8_of(text, "text");
  const EmbedParams params = embed_params(prompt, threads);
  auto row = rows_of(1, self);
  {
    const ReleasedGil unlocked;
    self.embed(bytes, {row.get(), self.dim()}, params);
  }
  return to_numpy(std::move(row), {self.dim()});
}

// `limit` texts at a time, in order.
void embed_in_batches(const Embedder& self, std::span<const std::string_view> texts,
                      std::size_t limit, std::span<float> out, EmbedParams params,
                      ProgressBridge& bridge) {
  for (std::size_t first = 0; first < texts.size(); first += limit) {
    const std::size_t n = std::min(limit, texts.size() - first);
    params.progress = [&](std::size_t done, std::size_t) {
      bridge.report(first + done, texts.size());
    };
    self.embed_batch(texts.subspan(first, n), out.subspan(first * self.dim(), n * self.dim()),
                     params);
  }
}

nb::object embed_batch(const Embedder& self, nb::handle texts, nb::handle batch_size,
                       nb::handle prompt, nb::handle progress, nb::handle threads) {
  const TextsInput input(texts);
  const std::span<const std::string_view> values = input.values();
  const auto limit = to_optional<std::size_t>(batch_size, "batch_size");
  if (limit == std::size_t{0}) throw std::invalid_argument("batch_size: 0 is below 1");
  const EmbedParams params = embed_params(prompt, threads);
  ProgressBridge bridge(progress, "embed_batch");
  auto rows = rows_of(values.size(), self);
  {
    const ReleasedGil unlocked;
    embed_in_batches(self, values, limit.value_or(std::max<std::size_t>(values.size(), 1)),
                     {rows.get(), values.size() * self.dim()}, params, bridge);
  }
  return to_numpy(std::move(rows), {values.size(), self.dim()});
}

nb::object tokenize(const Embedder& self, nb::handle text, nb::handle prompt) {
  const std::string_view bytes = utf8_of(text, "text");
  const EmbedParams params = embed_params(prompt, nb::none());
  std::vector<std::uint32_t> ids;
  {
    const ReleasedGil unlocked;
    ids = self.tokenize(bytes, params);
  }
  nb::list list;
  for (const std::uint32_t id : ids) list.append(id);
  return list;
}

// --- without waiting

nb::object embed_async(nb::handle self, nb::handle text, nb::handle prompt, nb::handle threads) {
  const Embedder& embedder = nb::cast<const Embedder&>(self);
  std::string copy(utf8_of(text, "text"));
  const EmbedParams params = embed_params(prompt, threads);
  return start_async({"embed_async", "embed"}, self, [&](const Reply& reply) {
    auto done = reply_with<std::vector<float>>(
        reply, [](std::vector<float>& row) { return to_numpy(std::move(row), {row.size()}); });
    const ReleasedGil unlocked;
    return canceller(embedder.embed_batch_async({std::move(copy)}, params, std::move(done)));
  });
}

nb::object embed_batch_async(nb::handle self, nb::handle texts, nb::handle prompt,
                             nb::handle threads) {
  const Embedder& embedder = nb::cast<const Embedder&>(self);
  const TextsInput input(texts);
  const EmbedParams params = embed_params(prompt, threads);
  const std::size_t n = input.values().size();
  const std::size_t dim = embedder.dim();
  return start_async({"embed_batch_async", "embed_batch"}, self, [&](const Reply& reply) {
    auto done = reply_with<std::vector<float>>(
        reply, [n, dim](std::vector<float>& rows) { return to_numpy(std::move(rows), {n, dim}); });
    const ReleasedGil unlocked;
    return canceller(embedder.embed_batch_async(input.copies(), params, std::move(done)));
  });
}

}  // namespace

void bind_embed_texts(nb::class_<Embedder>& c) {
  c.def("embed", &embed, "text"_a.none(), nb::kw_only(), "prompt"_a = nb::none(),
        "threads"_a = nb::none(), nb::sig(docs::kEmbedSignature), docs::kEmbed);
  c.def("embed_async", &embed_async, "text"_a.none(), nb::kw_only(), "prompt"_a = nb::none(),
        "threads"_a = nb::none(), nb::sig(docs::kEmbedAsyncSignature), docs::kEmbedAsync);
  c.def("embed_batch", &embed_batch, "texts"_a.none(), nb::kw_only(), "batch_size"_a = nb::none(),
        "prompt"_a = nb::none(), "progress"_a = nb::none(), "threads"_a = nb::none(),
        nb::sig(docs::kEmbedBatchSignature), docs::kEmbedBatch);
  c.def("embed_batch_async", &embed_batch_async, "texts"_a.none(), nb::kw_only(),
        "prompt"_a = nb::none(), "threads"_a = nb::none(), nb::sig(docs::kEmbedBatchAsyncSignature),
        docs::kEmbedBatchAsync);
  c.def("tokenize", &tokenize, "text"_a.none(), nb::kw_only(), "prompt"_a = nb::none(),
        nb::sig(docs::kTokenizeSignature), docs::kTokenize);
}

}  // namespace ruvector::bindings
