#include "embed/image_encoder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "embed/image_resize.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::embed {
namespace {

constexpr std::size_t kColors = 3;
constexpr float kLeastLength = 1e-12f;

// Scales to length 1.
void normalise(std::span<float> vector) {
  float sums[2];
  kernels::active().sums(vector.data(), vector.size(), sums);
  const float factor = 1.0f / std::max(std::sqrt(sums[1]), kLeastLength);
  for (float& value : vector) value *= factor;
}

}  // namespace

struct ImageEncoder::Scratch {
  ResizeScratch resize;
  std::vector<std::uint8_t> pixels;
  std::vector<float> picture;
  MobileNetV3::Scratch network;
};

// Scratch space on loan: memory that was used before needs no new pages.
class ImageEncoder::Loan {
 public:
  explicit Loan(const ImageEncoder& owner) : owner_(owner) {
    const std::lock_guard lock(owner_.mutex_);
    if (owner_.idle_.empty()) return;
    scratch_ = std::move(owner_.idle_.back());
    owner_.idle_.pop_back();
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() {
    if (scratch_ == nullptr) return;
    const std::lock_guard lock(owner_.mutex_);
    if (owner_.idle_.size() < num_threads()) owner_.idle_.push_back(std::move(scratch_));
  }

  Scratch& get() {
    if (scratch_ == nullptr) scratch_ = std::make_unique<Scratch>();
    return *scratch_;
  }

 private:
  const ImageEncoder& owner_;
  std::unique_ptr<Scratch> scratch_;
};

ImageEncoder::ImageEncoder(std::span<const Tensor> tensors, const ImageRecipe& recipe)
    : network_(tensors), recipe_(recipe) {
  if (recipe.crop == 0 || recipe.crop > recipe.resize || recipe.resize > kMaxImageSide) {
    throw EmbedError("image recipe: crop " + std::to_string(recipe.crop) +
                     " must be from 1 to resize, " + std::to_string(recipe.resize) +
                     ", and that at most " + std::to_string(kMaxImageSide));
  }
  for (std::size_t color = 0; color < kColors; ++color) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const float share = static_cast<float>(byte) / 255.0f;
      normalised_[color][byte] = (share - recipe.mean[color]) / recipe.deviation[color];
    }
  }
}

ImageEncoder::~ImageEncoder() = default;

void ImageEncoder::embed(std::span<const ImageView> images, std::size_t threads,
                         const Progress& progress, std::span<float> out) const {
  for (std::size_t i = 0; i < images.size(); ++i) {
    check_image(images[i], images.size() == 1 ? "image" : "images: item " + std::to_string(i));
  }
  if (threads == 0) threads = num_threads();
  if (images.size() >= threads) {
    std::vector<std::unique_ptr<Loan>> loans(threads);
    const auto body = [&](std::size_t i, std::size_t worker) {
      if (loans[worker] == nullptr) loans[worker] = std::make_unique<Loan>(*this);
      Crew alone;
      embed_one(images[i], alone, loans[worker]->get(), out.subspan(i * kDim, kDim));
    };
    base::parallel_for(images.size(), threads, body, progress);
    return;
  }
  // Too few to go round: the threads share each picture.
  Loan loan(*this);
  for (std::size_t i = 0; i < images.size(); ++i) {
    Crew::run(threads, [&](Crew& crew) {
      embed_one(images[i], crew, loan.get(), out.subspan(i * kDim, kDim));
    });
    if (progress) progress(i + 1, images.size());
  }
}

void ImageEncoder::embed_one(const ImageView& image, Crew& crew, Scratch& scratch,
                             std::span<float> out) const {
  const std::size_t side = recipe_.crop;
  const std::size_t pixels = side * side;
  scratch.pixels.resize(pixels * kColors);
  scratch.picture.resize(pixels * kColors);
  resize_image(image, middle_window(image, recipe_.resize, side), scratch.resize, scratch.pixels);
  const std::uint8_t* byte = scratch.pixels.data();
  float* value = scratch.picture.data();
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t color = 0; color < kColors; ++color) {
      *value++ = normalised_[color][*byte++];
    }
  }
  network_.forward(kernels::active(), scratch.picture, side, crew, scratch.network, out);
  normalise(out);
}

}  // namespace ruvector::embed
