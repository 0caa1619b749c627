#include "ruvector/embed/embedder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "embed/test_model.h"
#include "ruvector/base/errors.h"
#include "ruvector/embed/model.h"

namespace ruvector {
namespace {

namespace fs = std::filesystem;
using embed::kTestFirst;
using embed::kTestInnerA;
using embed::kTestLast;
using embed::kTestLetterA;
using testing::ElementsAre;
using testing::HasSubstr;

class EmbedderTest : public testing::Test {
 protected:
  void SetUp() override { embed::write_test_model(directory_); }

  Embedder open(Precision precision = Precision::float32) const {
    return Embedder::from_pretrained(directory_.string(), {.precision = precision});
  }

  static std::vector<float> embed_all(const Embedder& embedder,
                                      const std::vector<std::string>& texts,
                                      const EmbedParams& params = {}) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    std::vector<float> rows(texts.size() * embedder.dim());
    embedder.embed_batch(views, rows, params);
    return rows;
  }

  static std::vector<float> embed_one(const Embedder& embedder, const std::string& text,
                                      const EmbedParams& params = {}) {
    std::vector<float> row(embedder.dim());
    embedder.embed(text, row, params);
    return row;
  }

  // Texts of random words, of 0 to 30 letters.
  static std::vector<std::string> random_texts(std::size_t count) {
    std::mt19937 random(5);
    std::vector<std::string> texts(count);
    for (std::string& text : texts) {
      for (auto letters = random() % 31; letters > 0; --letters) {
        text += random() % 5 == 0 ? ' ' : static_cast<char>('a' + random() % 26);
      }
    }
    return texts;
  }

  std::vector<fs::path> packed_files() const {
    std::vector<fs::path> files;
    if (!fs::exists(caches_.path() / ".cache")) return files;
    for (const auto& entry : fs::recursive_directory_iterator(caches_.path() / ".cache")) {
      if (entry.path().extension() == ".weights") files.push_back(entry.path());
    }
    return files;
  }

  embed::ScopedCaches caches_;
  const fs::path directory_ = caches_.path() / "model";
};

TEST_F(EmbedderTest, TellsWhatItIs) {
  const Embedder embedder = open();
  EXPECT_EQ(embedder.name(), directory_.string());
  EXPECT_EQ(embedder.dim(), 64u);
  EXPECT_EQ(embedder.precision(), Precision::float32);
  EXPECT_EQ(std::get<TextRecipe>(embedder.recipe()).pooling, Pooling::mean);
}

TEST_F(EmbedderTest, AVectorIsTheMeanOfAPlainForwardPassWithLengthOne) {
  const embed::RandomBert bert;
  const Embedder embedder = open();
  const std::vector<std::uint32_t> ids = embedder.tokenize("ab c");
  EXPECT_THAT(ids,
              ElementsAre(kTestFirst, kTestLetterA, kTestInnerA + 1, kTestLetterA + 2, kTestLast));
  std::vector<double> mean(64, 0.0);
  for (const std::vector<double>& row : embed::PlainBert(bert)(ids)) {
    for (std::size_t i = 0; i < 64; ++i) mean[i] += row[i];
  }
  double squares = 0;
  for (const double value : mean) squares += value * value;
  const std::vector<float> vector = embed_one(embedder, "ab c");
  for (std::size_t i = 0; i < 64; ++i) {
    EXPECT_NEAR(double{vector[i]}, mean[i] / std::sqrt(squares), 5e-6);
  }
}

TEST_F(EmbedderTest, AVectorDoesNotDependOnBatchOrderOrThreads) {
  for (const Precision precision : {Precision::float32, Precision::int16, Precision::int8}) {
    const Embedder embedder = open(precision);
    std::vector<std::string> texts = random_texts(200);
    const std::vector<float> rows = embed_all(embedder, texts, {.threads = 1});
    for (const std::size_t threads : {2u, 3u, 8u}) {
      EXPECT_EQ(embed_all(embedder, texts, {.threads = threads}), rows);
    }
    for (std::size_t i = 0; i < texts.size(); i += 9) {
      const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(i * 64);
      const std::vector<float> row(begin, begin + 64);
      EXPECT_EQ(embed_one(embedder, texts[i], {.threads = 1}), row) << texts[i];
      EXPECT_EQ(embed_one(embedder, texts[i], {.threads = 4}), row) << texts[i];
    }
    std::ranges::reverse(texts);
    const std::vector<float> reversed = embed_all(embedder, texts, {.threads = 2});
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_TRUE(std::equal(reversed.end() - static_cast<std::ptrdiff_t>((i + 1) * 64),
                             reversed.end() - static_cast<std::ptrdiff_t>(i * 64),
                             rows.begin() + static_cast<std::ptrdiff_t>(i * 64)))
          << i;
    }
  }
}

TEST_F(EmbedderTest, IdenticalTextsGetTheSameVectorAcrossWindows) {
  const Embedder embedder = open();
  std::vector<std::string> texts(20'000, "same");
  texts[3] = texts[17'000] = texts[19'999] = "other";
  const std::vector<float> rows = embed_all(embedder, texts);
  const std::vector<float> same = embed_one(embedder, "same");
  const std::vector<float> other = embed_one(embedder, "other");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float>& expected = texts[i] == "same" ? same : other;
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(),
                           rows.begin() + static_cast<std::ptrdiff_t>(i * 64)))
        << i;
  }
}

TEST_F(EmbedderTest, NoTextsAreNoRows) { EXPECT_TRUE(embed_all(open(), {}).empty()); }

TEST_F(EmbedderTest, AnEmptyTextHasAVector) {
  const Embedder embedder = open();
  EXPECT_THAT(embedder.tokenize(""), ElementsAre(kTestFirst, kTestLast));
  const std::vector<float> vector = embed_one(embedder, "");
  double squares = 0;
  for (const float value : vector) squares += double{value} * double{value};
  EXPECT_NEAR(squares, 1.0, 1e-5);
}

TEST_F(EmbedderTest, LongTextsAreCutOffBeforeTheirLastToken) {
  embed::write_file(directory_ / "sentence_bert_config.json", R"({"max_seq_length": 6})");
  const Embedder embedder = open();
  const std::vector<std::uint32_t> ids = embedder.tokenize("a b c d e f g h");
  EXPECT_THAT(ids, ElementsAre(kTestFirst, kTestLetterA, kTestLetterA + 1, kTestLetterA + 2,
                               kTestLetterA + 3, kTestLast));
  EXPECT_EQ(embed_one(embedder, "a b c d e f g h"), embed_one(embedder, "a b c d x y z"));
}

TEST_F(EmbedderTest, TextsAreCutOffWhereThePositionsEnd) {
  EXPECT_EQ(open().tokenize(std::string(100, 'a')).size(), 40u);
}

TEST_F(EmbedderTest, A512TokenTextIsEmbedded) {
  embed::BertConfig config = embed::kSmallBert;
  config.positions = 600;
  embed::write_test_model(directory_, embed::RandomBert(config));
  const Embedder embedder = open();
  std::string text;
  for (int i = 0; i < 600; ++i) text += "a ";
  EXPECT_EQ(embedder.tokenize(text).size(), 512u);
  EXPECT_EQ(embed_one(embedder, text, {.threads = 1}), embed_one(embedder, text, {.threads = 3}));
}

TEST_F(EmbedderTest, ThePoolingOfADirectoryIsRead) {
  const std::vector<float> mean = embed_one(open(), "abc");
  embed::write_file(directory_ / "1_Pooling" / "config.json",
                    R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})");
  const Embedder cls = open();
  EXPECT_EQ(std::get<TextRecipe>(cls.recipe()).pooling, Pooling::cls);
  EXPECT_NE(embed_one(cls, "abc"), mean);
}

TEST_F(EmbedderTest, AQueryGetsThePrefix) {
  embed::write_file(directory_ / "config_sentence_transformers.json",
                    R"({"prompts": {"query": "find ", "passage": ""}})");
  const Embedder embedder = open();
  EXPECT_EQ(embed_one(embedder, "it", {.prompt = Prompt::query}), embed_one(embedder, "find it"));
  EXPECT_EQ(embedder.tokenize("it", {.prompt = Prompt::query}), embedder.tokenize("find it"));
  EXPECT_NE(embed_one(embedder, "it"), embed_one(embedder, "find it"));
}

TEST_F(EmbedderTest, PackedWeightsAreKeptAndGiveTheSameVectors) {
  for (const Precision precision : {Precision::float32, Precision::int16, Precision::int8}) {
    const Embedder unkept = Embedder::from_pretrained(
        directory_.string(), {.precision = precision, .cache_packed_weights = false});
    EXPECT_GT(unkept.memory_bytes(), 0u);
    const std::size_t files = packed_files().size();
    const Embedder first = open(precision);
    EXPECT_EQ(packed_files().size(), files + 1);
    const Embedder second = open(precision);
    EXPECT_EQ(packed_files().size(), files + 1);
    EXPECT_EQ(second.memory_bytes(), 0u) << "the weights are mapped";
    EXPECT_EQ(embed_one(first, "abc"), embed_one(unkept, "abc"));
    EXPECT_EQ(embed_one(second, "abc"), embed_one(unkept, "abc"));
  }
}

TEST_F(EmbedderTest, ADamagedPackedFileIsMadeAnew) {
  const std::vector<float> vector = embed_one(open(), "abc");
  const std::vector<fs::path> files = packed_files();
  ASSERT_EQ(files.size(), 1u);
  const auto size = fs::file_size(files[0]);
  fs::resize_file(files[0], size / 2);
  EXPECT_EQ(embed_one(open(), "abc"), vector);
  EXPECT_EQ(fs::file_size(files[0]), size);
}

TEST_F(EmbedderTest, OtherWeightsInTheSameDirectoryArePackedAnew) {
  const std::vector<float> before = embed_one(open(), "abc");
  embed::write_test_model(directory_, embed::RandomBert(embed::kSmallBert, 8));
  EXPECT_NE(embed_one(open(), "abc"), before);
}

TEST_F(EmbedderTest, ACacheThatCannotBeWrittenIsNoError) {
  embed::write_file(caches_.path() / "file", "");
  const embed::ScopedVariable cache("RUVECTOR_CACHE", (caches_.path() / "file").string());
  const Embedder embedder = open();
  EXPECT_GT(embedder.memory_bytes(), 0u);
  EXPECT_EQ(embed_one(embedder, "abc").size(), 64u);
}

TEST_F(EmbedderTest, ProgressGoesUpToAllTexts) {
  const std::vector<std::string> texts = random_texts(500);
  std::size_t last = 0;
  std::size_t calls = 0;
  embed_all(open(), texts, {.progress = [&](std::size_t done, std::size_t total) {
              EXPECT_EQ(total, 500u);
              EXPECT_GE(done, last);
              last = done;
              ++calls;
            }});
  EXPECT_EQ(last, 500u);
  EXPECT_GE(calls, 1u);
}

TEST_F(EmbedderTest, ThrowingFromProgressCancels) {
  EXPECT_THROW(
      embed_all(open(), random_texts(50),
                {.progress = [](std::size_t, std::size_t) { throw std::runtime_error("no"); }}),
      std::runtime_error);
}

TEST_F(EmbedderTest, WrongArgumentsAreRefused) {
  const Embedder embedder = open();
  std::vector<float> rows(63);
  EXPECT_THROW(embedder.embed("a", rows), std::invalid_argument);
  rows.resize(128);
  EXPECT_THROW(embedder.embed("a", rows), std::invalid_argument);
  EXPECT_THROW(embed_one(embedder, "a", {.threads = 0}), std::invalid_argument);
  EXPECT_THROW(embed_one(embedder, "a", {.threads = 257}), std::invalid_argument);
  EXPECT_THROW(embedder.embed_images({}, {}), EmbedError);
}

TEST_F(EmbedderTest, BytesThatAreNoTextAreNamed) {
  try {
    embed_all(open(), {"good", "\xff\xfe"});
    FAIL();
  } catch (const EmbedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("text 1: "));
  }
}

TEST_F(EmbedderTest, WeightsThatAreNotFiniteAreFoundByTheirVectors) {
  embed::RandomBert bert;
  bert.weights()["encoder.layer.1.output.LayerNorm.bias"].values[5] = NAN;
  embed::write_test_model(directory_, bert);
  EXPECT_THROW(embed_one(open(), "a"), EmbedError);
}

TEST_F(EmbedderTest, DirectoriesThatAreNoModelsAreRefused) {
  EXPECT_THROW(Embedder::from_pretrained("no-such-model"), ModelNotFound);
  EXPECT_THROW(Embedder::from_pretrained(""), ModelNotFound);
  fs::remove(directory_ / "tokenizer.json");
  EXPECT_THROW(open(), ModelNotFound);
  embed::write_file(directory_ / "tokenizer.json", "{}");
  EXPECT_THROW(open(), EmbedError);
  embed::write_test_model(directory_);
  fs::resize_file(directory_ / "model.safetensors", 1000);
  EXPECT_THROW(open(), EmbedError);
}

TEST_F(EmbedderTest, ATokenizerWithMoreWordsThanTheModelIsRefused) {
  embed::BertConfig config = embed::kSmallBert;
  config.vocabulary = 55;
  embed::write_test_model(directory_, embed::RandomBert(config));
  EXPECT_THROW(open(), EmbedError);
}

TEST_F(EmbedderTest, AKnownModelThatIsNotThereNamesItsFiles) {
  try {
    Embedder::from_pretrained("all-MiniLM-L6-v2");
    FAIL();
  } catch (const ModelNotFound& error) {
    EXPECT_THAT(error.what(), HasSubstr("model.safetensors"));
  }
}

TEST_F(EmbedderTest, TheDigestOfADirectoryIsThatOfItsRecipeAndBytes) {
  const Embedder first = open();
  const std::string digest = first.recipe_digest();
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(first.recipe_digest(), digest);
  EXPECT_EQ(open(Precision::int8).recipe_digest(), digest);
  embed::write_file(directory_ / "sentence_bert_config.json", R"({"max_seq_length": 6})");
  EXPECT_NE(open().recipe_digest(), digest);
  fs::remove(directory_ / "sentence_bert_config.json");
  embed::write_test_model(directory_, embed::RandomBert(embed::kSmallBert, 8));
  EXPECT_NE(open().recipe_digest(), digest);
}

// Embeds without waiting and answers rows or the exception's message.
std::pair<std::vector<float>, std::string> later(const Embedder& embedder,
                                                 std::vector<std::string> texts, bool cancel) {
  std::promise<std::pair<std::vector<float>, std::string>> promise;
  PendingEmbedding pending = embedder.embed_batch_async(
      std::move(texts), {}, [&](std::vector<float> rows, std::exception_ptr error) {
        std::string message;
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& reason) {
          message = reason.what();
        }
        promise.set_value({std::move(rows), message});
      });
  if (cancel) pending.cancel();
  return promise.get_future().get();
}

TEST_F(EmbedderTest, AsynchronousCallsGiveTheSameRows) {
  const Embedder embedder = open();
  const std::vector<std::string> texts = random_texts(30);
  const auto [rows, message] = later(embedder, texts, false);
  EXPECT_EQ(message, "");
  EXPECT_EQ(rows, embed_all(embedder, texts));
}

TEST_F(EmbedderTest, ErrorsOfAsynchronousCallsReachTheCallback) {
  const auto [rows, message] = later(open(), {"\xff"}, false);
  EXPECT_TRUE(rows.empty());
  EXPECT_THAT(message, HasSubstr("text 0: "));
}

TEST_F(EmbedderTest, AsynchronousCallsAreCancelled) {
  const auto [rows, message] = later(open(), random_texts(20'000), true);
  EXPECT_TRUE(rows.empty());
  EXPECT_THAT(message, HasSubstr("cancelled"));
}

}  // namespace
}  // namespace ruvector
