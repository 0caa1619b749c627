// Turns texts or images into vectors, by encoders that run in the library's own kernels.
//
// A vector depends on its text or image, the model and the precision alone: not on the batch it
// came in, its place there, the number of threads or the processor, bit for bit.
//
// Thread-safe: nothing changes after it is made; any number of threads may embed at once. Copies
// share the weights.
#pragma once

#include <atomic>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ruvector/base/progress.h"
#include "ruvector/embed/image.h"
#include "ruvector/embed/recipe.h"

namespace ruvector {

enum class Precision {
  float32,
  int16,  // twice the speed; cosine to float32 at least 0.9999
  int8,   // four times the speed; scales per token and per output channel
};

enum class Prompt {
  none,
  query,  // puts the model's query prefix before the text, when it has one
};

struct EmbedderParams {
  Precision precision = Precision::float32;
  // Packed weights are kept in cache_directory()/packed and mapped at the next start; false: they
  // are packed anew each time.
  bool cache_packed_weights = true;
};

struct EmbedParams {
  Prompt prompt = Prompt::none;
  std::optional<std::size_t> threads = {};  // absent: num_threads()
  Progress progress = {};                   // in texts or images; not used by asynchronous calls
};

// An asynchronous call in flight. Thread-safe.
class PendingEmbedding {
 public:
  // The work need not be finished; its callback comes with Cancelled if it has not yet.
  void cancel();

 private:
  friend class Embedder;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

class Embedder {
 public:
  // The name of a known model whose files are in the cache or the Hugging Face cache; or a
  // directory with model.safetensors, tokenizer.json and config.json (a checkout of the hub, or a
  // snapshot in its cache), or with the weights of torchvision's mobilenet_v3_small alone, as
  // mobilenet_v3_small-047dcff4.pth or model.safetensors. Never uses the network. Throws
  // ModelNotFound, which names the missing files and where they are looked for;
  // ModelDigestMismatch; EmbedError for files that cannot be used; std::invalid_argument for a
  // precision that the model does not have.
  static Embedder from_pretrained(const std::string& name_or_directory,
                                  const EmbedderParams& params = {});

  const std::string& name() const;  // of the model, or the directory
  std::size_t dim() const;
  Precision precision() const;
  const Recipe& recipe() const;
  std::string recipe_digest() const;  // see Model; of a directory its files are read once
  std::size_t memory_bytes() const;   // of memory; what is mapped from files is not counted

  // --- texts (UTF-8). Throws EmbedError when the model takes images, and, naming the text, for
  // bytes that are no UTF-8.
  // `out` has dim() floats.
  void embed(std::string_view text, std::span<float> out, const EmbedParams& params = {}) const;
  // `out` has texts.size() * dim() floats, a row for each text.
  void embed_batch(std::span<const std::string_view> texts, std::span<float> out,
                   const EmbedParams& params = {}) const;
  // The ids of the word pieces that the encoder sees, [CLS] and [SEP] included.
  std::vector<std::uint32_t> tokenize(std::string_view text, const EmbedParams& params = {}) const;

  // --- images. Throws EmbedError when the model takes texts; std::invalid_argument for an image
  // without pixels or above the limits.
  void embed_image(const ImageView& image, std::span<float> out,
                   const EmbedParams& params = {}) const;
  void embed_images(std::span<const ImageView> images, std::span<float> out,
                    const EmbedParams& params = {}) const;

  // --- the same without waiting: `done` is called once, on a thread of the library, with the rows
  // or an exception; it must not block.
  using Done = std::function<void(std::vector<float> rows, std::exception_ptr error)>;
  PendingEmbedding embed_batch_async(std::vector<std::string> texts, const EmbedParams& params,
                                     Done done) const;
  // The images' memory must stay until `done` is called.
  PendingEmbedding embed_images_async(std::vector<ImageView> images, const EmbedParams& params,
                                      Done done) const;

 private:
  class Encoder;
  explicit Embedder(std::shared_ptr<const Encoder> encoder) : encoder_(std::move(encoder)) {}
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace ruvector
