#include "index/confidence.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ruvector::index {
namespace {

struct Quantile {
  double confidence;
  double z;
};

// NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.1, and the usual tables.
constexpr Quantile kPublished[] = {{0.5, 0.0},      {0.75, 0.6745},  {0.9, 1.2816},
                                   {0.95, 1.6449},  {0.975, 1.9600}, {0.99, 2.3263},
                                   {0.995, 2.5758}, {0.999, 3.0902}, {0.9999, 3.7190}};

TEST(NormalQuantile, AgreesWithPublishedTables) {
  for (const Quantile& entry : kPublished) {
    EXPECT_NEAR(static_cast<double>(normal_quantile(entry.confidence)), entry.z, 6e-5)
        << "confidence " << entry.confidence;
  }
}

TEST(NormalQuantile, IsTheInverseOfTheNormalTail) {
  for (double confidence = 0.001; confidence < 1.0; confidence += 0.001) {
    const double z = normal_quantile(confidence);
    EXPECT_NEAR(0.5 * std::erfc(z / std::sqrt(2.0)), 1.0 - confidence, 1e-6);
  }
}

TEST(NormalQuantile, IsSymmetricAndRising) {
  double before = -10;
  for (double confidence = 0.01; confidence < 1.0; confidence += 0.01) {
    const double z = normal_quantile(confidence);
    EXPECT_GT(z, before);
    EXPECT_NEAR(z, -static_cast<double>(normal_quantile(1.0 - confidence)), 1e-5);
    before = z;
  }
}

TEST(NormalQuantile, IsFiniteAtCertaintyAndWiderThanAnyOther) {
  const float certain = normal_quantile(1.0);
  EXPECT_TRUE(std::isfinite(certain));
  EXPECT_GT(certain, 1000.0F * normal_quantile(std::nextafter(1.0, 0.0)));
  EXPECT_EQ(0.0F * certain, 0.0F);
}

}  // namespace
}  // namespace ruvector::index
