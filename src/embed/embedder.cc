#include "ruvector/embed/embedder.h"

#include <mutex>
#include <stdexcept>
#include <utility>

#include "base/background.h"
#include "base/parallel.h"
#include "embed/image_encoder.h"
#include "embed/image_model.h"
#include "embed/linear.h"
#include "embed/model_source.h"
#include "embed/text_encoder.h"
#include "embed/text_model.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector {
namespace {

embed::LinearForm form_of(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return embed::LinearForm::float32;
    case Precision::int16:
      return embed::LinearForm::int16;
    case Precision::int8:
      return embed::LinearForm::int8;
  }
  throw std::invalid_argument("precision " + std::to_string(static_cast<int>(precision)) +
                              " is none of float32, int16, int8");
}

std::size_t threads_of(const EmbedParams& params) {
  const std::size_t threads = params.threads.value_or(num_threads());
  if (threads >= 1 && threads <= base::kMaxThreads) return threads;
  throw std::invalid_argument("embed: " + std::to_string(threads) + " threads are not within 1.." +
                              std::to_string(base::kMaxThreads));
}

void require_size(std::size_t floats, std::size_t rows, std::size_t dim) {
  if (floats % dim == 0 && floats / dim == rows) return;
  throw std::invalid_argument("embed: room for " + std::to_string(floats) + " floats, " +
                              std::to_string(rows) + " rows of " + std::to_string(dim) +
                              " are wanted");
}

}  // namespace

// A model of texts or of images.
class Embedder::Encoder {
 public:
  Encoder(embed::ModelSource source, const EmbedderParams& params)
      : source_(std::move(source)), precision_(params.precision) {
    if (std::holds_alternative<TextRecipe>(source_.model.recipe)) {
      embed::TextModel model =
          embed::load_text_model(source_, form_of(precision_), params.cache_packed_weights);
      texts_ = std::move(model.encoder);
      memory_bytes_ = model.memory_bytes;
      return;
    }
    if (precision_ != Precision::float32) {
      throw std::invalid_argument("model " + source_.model.name + " has precision float32 only");
    }
    images_ =
        embed::load_image_encoder(source_.weights, std::get<ImageRecipe>(source_.model.recipe));
    memory_bytes_ = images_->memory_bytes();
  }

  const Model& model() const noexcept { return source_.model; }
  Precision precision() const noexcept { return precision_; }
  std::size_t memory_bytes() const noexcept { return memory_bytes_; }
  std::size_t dim() const noexcept {
    return texts_ != nullptr ? texts_->dim() : embed::ImageEncoder::kDim;
  }

  const std::string& recipe_digest() const {
    const std::lock_guard lock(mutex_);
    if (recipe_digest_.empty()) recipe_digest_ = embed::with_digests(source_).recipe_digest();
    return recipe_digest_;
  }

  // The form for texts or for images; throws EmbedError when the model is of the other kind.
  const embed::TextEncoder& texts() const {
    if (texts_ == nullptr) throw EmbedError("model " + model().name + " takes images, not texts");
    return *texts_;
  }
  const embed::ImageEncoder& images() const {
    if (images_ == nullptr) throw EmbedError("model " + model().name + " takes texts, not images");
    return *images_;
  }

  void embed(std::span<const std::string_view> inputs, const EmbedParams& params,
             const std::atomic<bool>* cancelled, std::span<float> out) const {
    const embed::TextEncoder& encoder = texts();
    require_size(out.size(), inputs.size(), dim());
    encoder.embed(inputs,
                  {.is_query = params.prompt == Prompt::query,
                   .threads = threads_of(params),
                   .progress = params.progress,
                   .cancelled = cancelled},
                  out);
  }

  void embed(std::span<const ImageView> inputs, const EmbedParams& params,
             const std::atomic<bool>* cancelled, std::span<float> out) const {
    const embed::ImageEncoder& encoder = images();
    require_size(out.size(), inputs.size(), dim());
    Progress progress = params.progress;
    if (cancelled != nullptr) {
      progress = [cancelled](std::size_t, std::size_t) {
        if (cancelled->load()) throw Cancelled("the embedding was cancelled");
      };
    }
    encoder.embed(inputs, threads_of(params), progress, out);
  }

 private:
  embed::ModelSource source_;
  Precision precision_;
  std::size_t memory_bytes_ = 0;
  // One of them is there.
  std::unique_ptr<const embed::TextEncoder> texts_;
  std::unique_ptr<const embed::ImageEncoder> images_;
  mutable std::mutex mutex_;
  mutable std::string recipe_digest_;  // empty until it is asked for; guarded by mutex_
};

Embedder Embedder::from_pretrained(const std::string& name_or_directory,
                                   const EmbedderParams& params) {
  return Embedder(
      std::make_shared<const Encoder>(embed::find_model_source(name_or_directory), params));
}

const std::string& Embedder::name() const { return encoder_->model().name; }
std::size_t Embedder::dim() const { return encoder_->dim(); }
Precision Embedder::precision() const { return encoder_->precision(); }
const Recipe& Embedder::recipe() const { return encoder_->model().recipe; }
std::string Embedder::recipe_digest() const { return encoder_->recipe_digest(); }
std::size_t Embedder::memory_bytes() const { return encoder_->memory_bytes(); }

void Embedder::embed(std::string_view text, std::span<float> out, const EmbedParams& params) const {
  encoder_->embed(std::span(&text, 1), params, nullptr, out);
}

void Embedder::embed_batch(std::span<const std::string_view> texts, std::span<float> out,
                           const EmbedParams& params) const {
  encoder_->embed(texts, params, nullptr, out);
}

std::vector<std::uint32_t> Embedder::tokenize(std::string_view text,
                                              const EmbedParams& params) const {
  return encoder_->texts().tokenize(text, params.prompt == Prompt::query);
}

void Embedder::embed_image(const ImageView& image, std::span<float> out,
                           const EmbedParams& params) const {
  encoder_->embed(std::span(&image, 1), params, nullptr, out);
}

void Embedder::embed_images(std::span<const ImageView> images, std::span<float> out,
                            const EmbedParams& params) const {
  encoder_->embed(images, params, nullptr, out);
}

namespace {

// Calls `done`, which must not throw, with what `work` fills.
void answer(const std::atomic<bool>& cancelled, const Embedder::Done& done, std::size_t floats,
            const std::function<void(std::span<float>)>& work) noexcept {
  std::vector<float> rows;
  std::exception_ptr error;
  try {
    if (cancelled.load()) throw Cancelled("the embedding was cancelled");
    rows.resize(floats);
    work(rows);
  } catch (...) {
    error = std::current_exception();
    rows.clear();
  }
  try {
    done(std::move(rows), std::move(error));
  } catch (...) {
    return;  // there is nobody to tell
  }
}

EmbedParams without_progress(const EmbedParams& params) {
  EmbedParams copy = params;
  copy.progress = {};
  return copy;
}

}  // namespace

void PendingEmbedding::cancel() { cancelled_->store(true); }

PendingEmbedding Embedder::embed_batch_async(std::vector<std::string> texts,
                                             const EmbedParams& params, Done done) const {
  PendingEmbedding pending;
  base::post(base::Lane::compute,
             [encoder = encoder_, texts = std::move(texts), params = without_progress(params),
              done = std::move(done), cancelled = pending.cancelled_] {
               answer(*cancelled, done, texts.size() * encoder->dim(), [&](std::span<float> out) {
                 const std::vector<std::string_view> views(texts.begin(), texts.end());
                 encoder->embed(views, params, cancelled.get(), out);
               });
             });
  return pending;
}

PendingEmbedding Embedder::embed_images_async(std::vector<ImageView> images,
                                              const EmbedParams& params, Done done) const {
  PendingEmbedding pending;
  base::post(base::Lane::compute, [encoder = encoder_, images = std::move(images),
                                   params = without_progress(params), done = std::move(done),
                                   cancelled = pending.cancelled_] {
    answer(*cancelled, done, images.size() * encoder->dim(),
           [&](std::span<float> out) { encoder->embed(images, params, cancelled.get(), out); });
  });
  return pending;
}

}  // namespace ruvector
