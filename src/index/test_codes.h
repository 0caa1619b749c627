// Encoded data for the tests of this room, and what the kernels make of it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "index/encoder.h"
#include "index/query.h"
#include "index/test_vectors.h"

namespace ruvector::index {

inline constexpr Metric kMetrics[] = {Metric::l2, Metric::ip, Metric::cosine};
inline constexpr float kNoThreshold = std::numeric_limits<float>::max();

inline std::vector<float> norms_for(const TestVectors& data, Metric metric) {
  std::vector<float> norms;
  for (std::size_t i = 0; metric == Metric::cosine && i < data.rows; ++i) {
    double squares = 0;
    for (const float value : data.row(i)) squares += static_cast<double>(value) * value;
    norms.push_back(static_cast<float>(1.0 / std::sqrt(squares)));
  }
  return norms;
}

// Made once for each seed: a dense rotation takes longer than the codes of a few hundred rows.
inline const Rotation& rotation_for(std::size_t dims, std::uint64_t seed) {
  static std::map<std::pair<std::size_t, std::uint64_t>, Rotation> made;
  return made.try_emplace({dims, seed}, dims, seed).first->second;
}

// Data with its codes.
struct Encoded {
  Encoded(const TestVectors& vectors, Metric metric, std::uint32_t scan_bits,
          std::uint32_t refine_bits, std::uint64_t seed)
      : data(vectors),
        norms(norms_for(data, metric)),
        encoder(data.cols, seed, metric, {padded_dim(data.cols), scan_bits, refine_bits},
                rotation_for(padded_dim(data.cols), seed), std::vector<float>(data.cols), 1.0F),
        codes(encoder.shape()) {
    encoder.train(source(), 1);
    codes.resize(data.rows);
    encoder.encode(source(), 0, data.rows, 0, codes.writer());
  }
  RowSource source() const {
    return {data.values.data(), norms.empty() ? nullptr : norms.data(), data.rows};
  }

  const TestVectors& data;
  std::vector<float> norms;
  Encoder encoder;
  CodeStore codes;
};

// The estimates (width 0) or lower bounds of all slots by the kernels, as scores.
inline std::vector<float> kernel_scores(const Encoded& index, const PreparedQuery& query,
                                        bool refined) {
  const std::size_t count = index.data.rows;
  std::vector<std::uint32_t> slots(index.codes.block_count() * 64 + 16);
  std::vector<float> bounds(slots.size());
  if (refined) {
    std::iota(slots.begin(), slots.end(), 0U);
    kernels::active().refine(index.codes.refine_codes(), query.refine_query(query.frame()),
                             slots.data(), count, nullptr, bounds.data());
  } else {
    kernels::ScanQuery scan = query.scan_query(query.frame());
    scan.threshold = kNoThreshold;
    scan.slots = slots.data();
    scan.bounds = bounds.data();
    kernels::active().scan(index.codes.scan_codes(), 0, index.codes.block_count(), nullptr, &scan,
                           1);
    EXPECT_EQ(scan.count, count);
  }
  bounds.resize(count);
  return bounds;
}

}  // namespace ruvector::index
