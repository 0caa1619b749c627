#include "ruvector/index/recommend.h"

#include <sstream>
#include <stdexcept>

#include "index/code_store.h"
#include "index/state.h"

namespace ruvector {
namespace {

using index::Kind;

// Below, all rows fit a core's cache and an exact search takes about as long as any other.
constexpr std::size_t kFlatUpTo = 2000;
// Above, rows must be kept: codes alone depend on the data too much.
constexpr float kCodesAloneUpTo = 0.9F;
constexpr float kNearlyCertain = 0.99999F;
// From so many on, comparing all codes takes longer than choosing lists on most data; but nearly
// all lists are visited for more than such a recall where clusters run into each other.
constexpr std::size_t kDividedFrom = 200'000;
constexpr float kDividedUpTo = 0.99F;

// What codes alone reached, recall at 10, on the hardest of three kinds of data (clusters and pure
// noise of 128 dimensions, embeddings of 768; 50,000 to 100,000 vectors).
struct CodesAlone {
  float recall;
  std::uint32_t bits;
};
constexpr CodesAlone kCodesAlone[] = {{0.13F, 1}, {0.65F, 4}, {kCodesAloneUpTo, 7}};

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

std::size_t bytes_per_vector(Kind kind, std::size_t dim, std::uint32_t bits) {
  std::size_t bytes = sizeof(Id);
  if (kind != Kind::rabitq) bytes += dim * sizeof(float);
  if (kind == Kind::flat_f32) return bytes;
  const index::CodeShape shape = index::code_shape(kind, dim, bits);
  return bytes + shape.block_bytes() / 64 + shape.record_stride() + sizeof(float);  // its norm
}

Recommendation flat(std::size_t n, std::size_t dim) {
  Recommendation result;
  result.index = kind_name(Kind::flat_f32);
  result.bytes_per_vector = bytes_per_vector(Kind::flat_f32, dim, 0);
  result.reason = text("With ", n, " vectors an exact search takes microseconds, so codes would ",
                       "save nothing; every answer is exact.");
  return result;
}

Recommendation divided(std::size_t n, std::size_t dim, float recall_target) {
  Recommendation result;
  result.index = kind_name(Kind::rabitq_plus);
  result.partitions = kAutoPartitions;
  result.recall = recall_target;
  // Where a code lies, and whose it is.
  result.bytes_per_vector = bytes_per_vector(Kind::rabitq_plus, dim, 1) + 2 * sizeof(std::uint32_t);
  result.reason = text("Comparing ", n, " codes takes longer than choosing among lists of them: a ",
                       "search visits as many lists as a recall of ", recall_target, " needs. On ",
                       "data without clusters that is most of them, and partitions=None is as ",
                       "fast; calibrate(queries) learns from queries unlike the rows.");
  return result;
}

Recommendation plus(std::size_t dim, float recall_target) {
  Recommendation result;
  result.index = kind_name(Kind::rabitq_plus);
  result.bytes_per_vector = bytes_per_vector(Kind::rabitq_plus, dim, 1);
  if (recall_target < 1.0F) {
    result.confidence = recall_target;
    result.reason = text("The error bound of the codes decides which rows are read; at confidence ",
                         recall_target, " each true neighbour is found with at least that ",
                         "probability, and scores are exact.");
  } else {
    result.confidence = kNearlyCertain;
    result.reason = text("At confidence ", kNearlyCertain, " about one true neighbour in 100,000 ",
                         "may be missed, at a fraction of the cost of an exact search; only ",
                         "FlatF32Index promises that none is.");
  }
  return result;
}

Recommendation codes_alone(std::size_t dim, float recall_target) {
  std::uint32_t bits = 0;
  for (const CodesAlone& row : kCodesAlone) {
    bits = row.bits;
    if (recall_target <= row.recall) break;
  }
  Recommendation result;
  result.index = kind_name(Kind::rabitq);
  result.bits = bits;
  result.bytes_per_vector = bytes_per_vector(Kind::rabitq, dim, bits);
  result.reason =
      text("Codes of ", bits, bits == 1 ? " bit" : " bits", " per dimension reach a recall of ",
           recall_target, " without the rows, which saves ", dim * sizeof(float),
           " bytes per vector; scores are estimates. Measure it on your own data.");
  return result;
}

}  // namespace

Recommendation recommend(std::size_t n, std::size_t dim, float recall_target) {
  if (n < 1 || n > kMaxVectors) {
    throw std::invalid_argument(text("n is ", n, ", not in 1..", kMaxVectors));
  }
  if (dim < 1 || dim > kMaxDim) {
    throw std::invalid_argument(text("dim is ", dim, ", not in 1..", kMaxDim));
  }
  if (!(recall_target > 0.0F && recall_target <= 1.0F)) {
    throw std::invalid_argument(text("recall_target is ", recall_target, ", not in (0, 1]"));
  }
  if (n < kFlatUpTo) return flat(n, dim);
  const bool keeps_rows = recall_target > kCodesAloneUpTo;
  if (keeps_rows && n >= kDividedFrom && recall_target <= kDividedUpTo) {
    return divided(n, dim, recall_target);
  }
  if (keeps_rows) return plus(dim, recall_target);
  return codes_alone(dim, recall_target);
}

}  // namespace ruvector
