#include "embed/image_model.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "embed/test_mobilenet.h"
#include "embed/test_zip.h"
#include "ruvector/base/errors.h"
#include "ruvector/embed/embedder.h"

namespace ruvector::embed {
namespace {

class ImageModel : public ::testing::Test {
 protected:
  ImageModel() {
    path_ =
        std::filesystem::temp_directory_path() / ("image_model_test_" + std::to_string(::getpid()));
  }
  ~ImageModel() override { std::filesystem::remove_all(path_); }

  std::vector<float> embed(const ImageEncoder& encoder) const {
    const SeededPicture picture(20, 30);
    const ImageView view = picture.view();
    std::vector<float> row(ImageEncoder::kDim);
    encoder.embed(std::span(&view, 1), 1, {}, row);
    return row;
  }

  SeededMobileNet weights_;
  std::filesystem::path path_;
};

std::string pickled(const std::string& value) { return "X" + zip_dword(value.size()) + value; }
std::string pickled(std::size_t value) { return "J" + zip_dword(value); }

// What torch.save() makes of float32 tensors, each in a storage of its own.
std::string torch_file_of(const std::vector<Tensor>& tensors) {
  std::vector<TestZipEntry> entries;
  std::string pickle = "\x80\2}(";
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i];
    std::string shape = "(";
    std::string strides = "(";
    for (std::size_t axis = 0; axis < tensor.shape.size(); ++axis) {
      shape += pickled(tensor.shape[axis]);
      strides += pickled(count_of(std::span(tensor.shape).subspan(axis + 1)));
    }
    const std::string key = std::to_string(i);
    pickle += pickled(tensor.name) + "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled("storage") +
              "ctorch\nFloatStorage\n" + pickled(key) + pickled("cpu") +
              pickled(count_of(tensor.shape)) + "tQ" + pickled(0) + shape + "t" + strides +
              "t\x89}tR";
    entries.push_back({"w/data/" + key,
                       {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()}});
  }
  entries.push_back({"w/data.pkl", pickle + "u."});
  return zip_of(entries);
}

TEST_F(ImageModel, BothKindsOfFilesGiveTheSameVectors) {
  const std::vector<float> expected = embed(ImageEncoder(weights_.tensors, ImageRecipe()));
  write_safetensors(path_, weights_.tensors);
  EXPECT_TRUE(are_of_images(Safetensors::open(path_)));
  EXPECT_EQ(embed(*load_image_encoder(path_, ImageRecipe())), expected);
  std::ofstream(path_, std::ios::binary) << torch_file_of(weights_.tensors);
  EXPECT_EQ(embed(*load_image_encoder(path_, ImageRecipe())), expected);
}

TEST_F(ImageModel, ADirectoryOfWeightsIsAnEmbedderOfImages) {
  const SeededPicture picture(20, 30);
  const std::vector<float> expected = embed(ImageEncoder(weights_.tensors, ImageRecipe()));
  std::vector<float> row(ImageEncoder::kDim);
  std::filesystem::create_directory(path_);
  const auto expect_same = [&](const Embedder& embedder) {
    EXPECT_EQ(embedder.dim(), ImageEncoder::kDim);
    EXPECT_EQ(std::get<ImageRecipe>(embedder.recipe()), ImageRecipe());
    EXPECT_EQ(embedder.recipe_digest().size(), 64u);
    embedder.embed_image(picture.view(), row);
    EXPECT_EQ(row, expected);
    EXPECT_THROW(embedder.embed("a text", row), EmbedError);
  };
  EXPECT_THROW(Embedder::from_pretrained(path_.string()), ModelNotFound);
  write_safetensors(path_ / "model.safetensors", weights_.tensors);
  expect_same(Embedder::from_pretrained(path_.string()));
  EXPECT_THROW(Embedder::from_pretrained(path_.string(), {.precision = Precision::int8}),
               std::invalid_argument);
  std::filesystem::remove(path_ / "model.safetensors");
  std::ofstream(path_ / "mobilenet_v3_small-047dcff4.pth", std::ios::binary)
      << torch_file_of(weights_.tensors);
  expect_same(Embedder::from_pretrained(path_.string()));
}

TEST_F(ImageModel, OtherFilesAreEmbedErrors) {
  EXPECT_THROW(load_image_encoder(path_, ImageRecipe()), EmbedError) << "there is no file";
  std::ofstream(path_) << "neither";
  EXPECT_THROW(load_image_encoder(path_, ImageRecipe()), EmbedError);
  weights_.tensors.erase(weights_.tensors.begin());
  write_safetensors(path_, weights_.tensors);
  EXPECT_FALSE(are_of_images(Safetensors::open(path_)));
  EXPECT_THROW(load_image_encoder(path_, ImageRecipe()), EmbedError);
}

}  // namespace
}  // namespace ruvector::embed
