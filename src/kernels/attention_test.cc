// attention on every level.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/level_test.h"

namespace ruvector::kernels {
namespace {

// Queries, keys and values lie side by side in each row, as one product makes them.
class AttentionTest : public LevelTest {
 protected:
  void draw(std::size_t tokens, std::size_t head_dim, float spread) {
    tokens_ = tokens;
    head_dim_ = head_dim;
    stride_ = 3 * head_dim + 7;
    rows_ = random_floats((tokens - 1) * stride_ + 3 * head_dim);
    for (float& value : rows_) value *= spread;
  }

  float& value(std::size_t token, std::size_t d) {
    return rows_[token * stride_ + 2 * head_dim_ + d];
  }
  float& query(std::size_t token, std::size_t d) { return rows_[token * stride_ + d]; }
  float& key(std::size_t token, std::size_t d) { return rows_[token * stride_ + head_dim_ + d]; }

  std::vector<float> attended(const KernelTable& level) const {
    Guarded<float> rows(rows_.size());
    rows.fill(rows_);
    Guarded<float> scratch(kAttentionScratch, 0);
    Guarded<float> out(tokens_ * out_stride());
    out.fill(std::vector<float>(out.size(), kUntouched));
    level.encoder.attention({rows.data(), rows.data() + head_dim_, rows.data() + 2 * head_dim_,
                             stride_, tokens_, head_dim_, scratch.data(), out.data(),
                             out_stride()});
    EXPECT_TRUE(scratch.intact());
    EXPECT_TRUE(out.intact());
    EXPECT_EQ(bits_of(rows.values()), bits_of(rows_));
    return out.values();
  }

  std::vector<double> exact(std::size_t token) {
    std::vector<double> scores(tokens_);
    for (std::size_t j = 0; j < tokens_; ++j) {
      for (std::size_t d = 0; d < head_dim_; ++d) scores[j] += double{query(token, d)} * key(j, d);
    }
    const double most = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - most);
    std::vector<double> out(head_dim_);
    for (std::size_t j = 0; j < tokens_; ++j) {
      for (std::size_t d = 0; d < head_dim_; ++d) out[d] += scores[j] / sum * value(j, d);
    }
    return out;
  }

  // Scores of a spread of 1 are below 40, where float rounds to 2e-6, and exp makes that relative.
  void expect_exact(double tolerance) {
    const std::vector<float> found = attended(table());
    ASSERT_EQ(bits_of(found), bits_of(attended(kScalarTable)))
        << tokens_ << " tokens, head of " << head_dim_;
    for (std::size_t token = 0; token < tokens_; ++token) {
      const std::vector<double> expected = exact(token);
      for (std::size_t d = 0; d < out_stride(); ++d) {
        const float out = found[token * out_stride() + d];
        if (d < head_dim_) {
          ASSERT_NEAR(out, expected[d], tolerance) << tokens_ << " tokens, token " << token;
        } else {
          ASSERT_EQ(out, kUntouched) << "the gap after a row was written";
        }
      }
    }
  }

  std::size_t tokens() const { return tokens_; }
  std::size_t out_stride() const { return head_dim_ + 5; }

 private:
  static constexpr float kUntouched = -123.25f;

  std::size_t tokens_ = 0;
  std::size_t head_dim_ = 0;
  std::size_t stride_ = 0;
  std::vector<float> rows_;
};

TEST_P(AttentionTest, EveryNumberOfTokensIsExactAndHasTheBitsOfTheScalarLevel) {
  for (std::size_t tokens = 1; tokens <= 100; ++tokens) {
    draw(tokens, 32, 0.7f);
    expect_exact(1e-5);
  }
}

TEST_P(AttentionTest, EveryHeadIsExactAndHasTheBitsOfTheScalarLevel) {
  for (const std::size_t head_dim : {16U, 32U, 48U, 64U}) {
    for (const std::size_t tokens : {1U, 7U, 48U, 97U}) {
      draw(tokens, head_dim, 0.7f);
      expect_exact(1e-5);
    }
  }
}

TEST_P(AttentionTest, LongTextsAreExactAndHaveTheBitsOfTheScalarLevel) {
  draw(256, 32, 0.7f);
  expect_exact(1e-5);
  draw(497, 32, 0.7f);
  expect_exact(1e-5);
  draw(kAttentionTokens, kAttentionDim, 0.5f);
  expect_exact(1e-5);
}

TEST_P(AttentionTest, ScoresFarBelowTheGreatestCountAsNothing) {
  draw(40, 32, 5.0f);  // scores of hundreds
  for (std::size_t token = 0; token < tokens(); ++token) {
    for (std::size_t d = 0; d < 32; ++d) value(token, d) /= 5.0f;
  }
  expect_exact(2e-4);  // float rounds a score of 600 to 3e-5
}

TEST_P(AttentionTest, TheExponentialIsWithinItsBound) {
  // Two tokens with the scores 0 and x and the values 0 and 1 give exp(x) / (1 + exp(x)).
  draw(2, 16, 0.0f);
  query(0, 0) = 1.0f;
  value(1, 0) = 1.0f;
  for (int step = 0; step <= 6000; ++step) {
    const float x = -0.01f * static_cast<float>(step);
    key(1, 0) = x;
    const double p = std::exp(double{x});
    const double expected = p / (1 + p);
    // 3e-7 and three roundings: of the sum, of its inverse and of the product.
    ASSERT_NEAR(attended(table())[0], expected, (3e-7 + 1.8e-7) * expected) << "x " << x;
  }
}

TEST_P(AttentionTest, OneTokenGivesItsValue) {
  draw(1, 32, 1.0f);
  const std::vector<float> found = attended(table());
  for (std::size_t d = 0; d < 32; ++d) EXPECT_EQ(found[d], value(0, d));
}

TEST_P(AttentionTest, EqualScoresGiveTheMean) {
  draw(64, 32, 1.0f);
  for (std::size_t d = 0; d < 32; ++d) query(5, d) = 0.0f;
  const std::vector<float> found = attended(table());
  for (std::size_t d = 0; d < 32; ++d) {
    double mean = 0;
    for (std::size_t token = 0; token < 64; ++token) mean += double{value(token, d)} / 64;
    EXPECT_NEAR(found[5 * out_stride() + d], mean, 1e-6);
  }
}

TEST_P(AttentionTest, NanAndInfinityInScoresGiveNanOnEveryLevel) {
  for (const float odd :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    draw(50, 32, 0.7f);
    key(49, 3) = odd;
    query(2, 3) = 1.0f;
    const std::vector<float> found = attended(table());
    EXPECT_TRUE(std::isnan(found[2 * out_stride()]));
    EXPECT_EQ(bits_of(found), bits_of(attended(kScalarTable)));
  }
}

RUVECTOR_TEST_LEVELS(AttentionTest);

}  // namespace
}  // namespace ruvector::kernels
