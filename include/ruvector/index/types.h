// Values that go into and come out of every index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "ruvector/base/progress.h"

namespace ruvector {

using Id = std::uint64_t;

inline constexpr std::size_t kMaxDim = 8192;
inline constexpr std::size_t kMaxVectors = 100'000'000;
inline constexpr std::uint32_t kMaxRerankFactor = 1024;
inline constexpr std::size_t kMaxPartitions = 1'000'000;
inline constexpr std::size_t kAutoPartitions = 0;            // as many as suit the data, or none
inline constexpr Id kNoId = std::numeric_limits<Id>::max();  // pads short rows of search_batch

// How near two vectors are. A score is a distance under every metric: smaller is nearer.
enum class Metric : std::uint32_t {
  l2 = 0,      // squared Euclidean distance
  ip = 1,      // minus the inner product
  cosine = 2,  // one minus the cosine of the angle; a zero vector is refused
};

struct Hit {
  Id id;
  float score;
  friend bool operator==(const Hit&, const Hit&) = default;
};

struct BuildParams {
  std::span<const Id> ids = {};  // one per row; empty: 0, 1, 2, ...
  std::uint64_t seed = 42;       // of the random rotation
  Metric metric = Metric::l2;
  // Exact distances per wanted hit at search time; absent: the error bound decides.
  std::optional<std::uint32_t> rerank_factor = {};
  // Bits per dimension of the codes, 1..8. Absent: 1, or on RabitqPlusIndex what a self-test of the
  // data finds faster (1 or 2).
  std::optional<std::uint32_t> bits = {};
  // Lists that the vectors are divided into by k-means, up to kMaxPartitions; a search then visits
  // but the most promising ones (SearchParams). kAutoPartitions: about 2 sqrt(n), or none below
  // 100,000 vectors. Absent: a search compares all codes. The number is for the vectors of the
  // build: where rows are kept lists divide and merge later, by the root of the size.
  std::optional<std::size_t> partitions = {};
  std::optional<std::size_t> threads = {};
  Progress progress = {};
};

// Which vectors a search may return. `Mask` has one byte per slot (0 or 1), `Bitmap` one bit per
// slot (bit i%8 of byte i/8); slots are in the order of ids(). `Ids` are allowed ids; an id that
// the index does not hold is ignored.
struct Mask {
  std::span<const std::uint8_t> allowed;
};
struct Bitmap {
  std::span<const std::uint8_t> bits;
};
struct Ids {
  std::span<const Id> allowed;
};
using Filter = std::variant<std::monostate, Mask, Bitmap, Ids>;

struct SearchParams {
  Filter filter = {};
  // Probability that a true neighbour is not lost to the error bound, in (0, 1].
  std::optional<float> confidence = {};             // absent: 0.999
  std::optional<std::uint32_t> rerank_factor = {};  // absent: the index's own
  std::optional<float> radius = {};                 // only hits with score <= radius
  // How far a search of a divided index goes. `recall`, in (0, 1]: as far as so many of the true
  // neighbours need, by what was learned from neighbours of known queries, with a filter, too;
  // 1: through all lists. `nprobe`: through so many lists, and more while fewer than k vectors are
  // found. Absent: recall 0.99. Neither has a meaning where there are no lists.
  std::optional<float> recall = {};
  std::optional<std::size_t> nprobe = {};
  std::optional<std::size_t> threads = {};  // absent: num_threads()
};

// What a search read, summed over the queries of a batch.
struct SearchStats {
  std::size_t codes_scanned = 0;  // first-stage codes
  std::size_t codes_refined = 0;  // second-stage codes
  std::size_t rows_read = 0;      // exact float32 rows
  std::size_t lists_visited = 0;  // of a divided index
  std::size_t queries = 0;
  // Sum over the queries of the share of their nearest vectors that is to be expected, at least, in
  // the lists that were visited; multiples of 2^-20, so that sums do not depend on their order.
  double expected_recalls = 0;

  // The mean of these shares: 1 where everything was looked at, 0 where less than a half is to be
  // expected or the index has learned nothing of searches.
  double expected_recall() const noexcept {
    return queries == 0 ? 1.0 : expected_recalls / static_cast<double>(queries);
  }

  SearchStats& operator+=(const SearchStats& other) noexcept {
    codes_scanned += other.codes_scanned;
    codes_refined += other.codes_refined;
    rows_read += other.rows_read;
    lists_visited += other.lists_visited;
    queries += other.queries;
    expected_recalls += other.expected_recalls;
    return *this;
  }
};

// Bytes by region, in the order of the file format; "spare" is capacity held for growth.
using MemoryUsage = std::vector<std::pair<std::string, std::size_t>>;

}  // namespace ruvector
