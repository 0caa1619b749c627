// Images to vectors. ruvector/images.py makes arrays of files and of Pillow's images.
#include <nanobind/nanobind.h>

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arrays.h"
#include "asyncio_bridge.h"
#include "embed_docs.h"
#include "embed_rooms.h"
#include "gil.h"
#include "held_object.h"
#include "numbers.h"
#include "progress.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

constexpr Array::Wanted kPixels{"uint8 with values 0..255", "np.uint8"};
constexpr std::size_t kChannels = 3;

// Images, read in place: a sequence of arrays (height, width, 3), or one array with a further axis
// in front. Needs the GIL to be made and destroyed.
class ImagesInput {
 public:
  static ImagesInput of_one(nb::handle image) {
    ImagesInput input;
    input.add(image, "image", 3);
    return input;
  }
  static ImagesInput of_many(nb::handle images) {
    ImagesInput input;
    if (PySequence_Check(images.ptr()) == 0 || nb::hasattr(images, "dtype")) {
      input.add(images, "images", 4);
      return input;
    }
    const nb::object kept = nb::steal(PySequence_Tuple(images.ptr()));
    if (!kept.is_valid()) nb::raise_python_error();
    for (nb::handle image : kept) {
      input.add(image, "images: item " + std::to_string(input.arrays_.size()), 3);
    }
    return input;
  }
  const std::vector<ImageView>& views() const { return views_; }

 private:
  // `ndim` axes: all but the last three count images.
  void add(nb::handle source, const std::string& name, std::size_t ndim) {
    auto array = std::make_unique<Array>();
    if (!array->open(source, name.c_str())) {
      throw nb::type_error(
          (name + ": expected an array (height, width, 3) of uint8, got " + class_name(source))
              .c_str());
    }
    array->require(name.c_str(), Array::Type::uint8, kPixels, ndim);
    const std::size_t channels = array->shape(ndim - 1);
    if (channels != kChannels) {
      throw std::invalid_argument(name + ": has " + std::to_string(channels) +
                                  " channels, not 3 (red, green, blue)");
    }
    const std::size_t height = array->shape(ndim - 3);
    const std::size_t width = array->shape(ndim - 2);
    const std::size_t n = ndim == 3 ? 1 : array->shape(0);
    for (std::size_t i = 0; i < n; ++i) {
      views_.push_back(
          {array->data<std::uint8_t>() + i * height * width * kChannels, height, width});
    }
    arrays_.push_back(std::move(array));
  }

  std::vector<std::unique_ptr<Array>> arrays_;
  std::vector<ImageView> views_;
};

nb::object embed_image(const Embedder& self, nb::handle image, nb::handle threads) {
  const ImagesInput input = ImagesInput::of_one(image);
  const EmbedParams params = embed_params(nb::none(), threads);
  std::vector<float> row(self.dim());
  {
    const ReleasedGil unlocked;
    self.embed_image(input.views()[0], row, params);
  }
  return to_numpy(std::move(row), {self.dim()});
}

nb::object embed_images(const Embedder& self, nb::handle images, nb::handle progress,
                        nb::handle threads) {
  const ImagesInput input = ImagesInput::of_many(images);
  EmbedParams params = embed_params(nb::none(), threads);
  ProgressBridge bridge(progress, "embed_images");
  params.progress = bridge.callback();
  const std::size_t n = input.views().size();
  std::vector<float> rows(n * self.dim());
  {
    const ReleasedGil unlocked;
    self.embed_images(input.views(), rows, params);
  }
  return to_numpy(std::move(rows), {n, self.dim()});
}

// --- without waiting

// The images live until the call has ended, which may be later than its loop.
PendingEmbedding start(const Embedder& embedder, ImagesInput input, const EmbedParams& params,
                       Embedder::Done done) {
  std::vector<ImageView> views = input.views();
  auto owned = std::make_unique<ImagesInput>(std::move(input));
  nb::capsule capsule(owned.get(), [](void* p) noexcept { delete static_cast<ImagesInput*>(p); });
  owned.release();
  auto keep_and_tell = [images = HeldObject(capsule), done = std::move(done)](
                           std::vector<float> rows, std::exception_ptr error) {
    done(std::move(rows), std::move(error));
  };
  const ReleasedGil unlocked;
  return embedder.embed_images_async(std::move(views), params, std::move(keep_and_tell));
}

nb::object embed_image_async(nb::handle self, nb::handle image, nb::handle threads) {
  const Embedder& embedder = nb::cast<const Embedder&>(self);
  ImagesInput input = ImagesInput::of_one(image);
  const EmbedParams params = embed_params(nb::none(), threads);
  return start_async({"embed_image_async", "embed_image"}, self, [&](const Reply& reply) {
    auto done = reply_with<std::vector<float>>(
        reply, [](std::vector<float>& row) { return to_numpy(std::move(row), {row.size()}); });
    return canceller(start(embedder, std::move(input), params, std::move(done)));
  });
}

nb::object embed_images_async(nb::handle self, nb::handle images, nb::handle threads) {
  const Embedder& embedder = nb::cast<const Embedder&>(self);
  ImagesInput input = ImagesInput::of_many(images);
  const EmbedParams params = embed_params(nb::none(), threads);
  const std::size_t n = input.views().size();
  return start_async({"embed_images_async", "embed_images"}, self, [&](const Reply& reply) {
    auto done =
        reply_with<std::vector<float>>(reply, [n, dim = embedder.dim()](std::vector<float>& rows) {
          return to_numpy(std::move(rows), {n, dim});
        });
    return canceller(start(embedder, std::move(input), params, std::move(done)));
  });
}

}  // namespace

void bind_embed_images(nb::class_<Embedder>& c) {
  c.def("embed_image", &embed_image, "image"_a.none(), nb::kw_only(), "threads"_a = nb::none(),
        nb::sig(docs::kEmbedImageSignature), docs::kEmbedImage);
  c.def("embed_image_async", &embed_image_async, "image"_a.none(), nb::kw_only(),
        "threads"_a = nb::none(), nb::sig(docs::kEmbedImageAsyncSignature), docs::kEmbedImageAsync);
  c.def("embed_images", &embed_images, "images"_a.none(), nb::kw_only(), "progress"_a = nb::none(),
        "threads"_a = nb::none(), nb::sig(docs::kEmbedImagesSignature), docs::kEmbedImages);
  c.def("embed_images_async", &embed_images_async, "images"_a.none(), nb::kw_only(),
        "threads"_a = nb::none(), nb::sig(docs::kEmbedImagesAsyncSignature),
        docs::kEmbedImagesAsync);
}

}  // namespace ruvector::bindings
