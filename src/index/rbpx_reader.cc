#include "index/rbpx_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/float16.h"
#include "index/validate.h"

namespace ruvector::index {
namespace {

// Units lie in 2^-60..2^60 when trained, and a little above after growth.
constexpr float kMinUnit = 0x1p-62F;
constexpr float kMaxUnit = 0x1p+62F;

constexpr std::uint16_t kHalfInfinity = 0x7c00;

void check_kind(const Image& image, Kind kind) {
  const std::uint32_t found = image.kind();
  if (found == static_cast<std::uint32_t>(kind)) return;
  if (found < static_cast<std::uint32_t>(Kind::flat_f32) ||
      found > static_cast<std::uint32_t>(Kind::rabitq_asym)) {
    refuse_file(image.path(), "holds an index of kind ", found,
                ", which this program does not know");
  }
  const char* name = kind_name(static_cast<Kind>(found));
  refuse_file(image.path(), "holds a ", name, ", load it as ", name, " and not as ",
              kind_name(kind));
}

template <class T>
void check_range(const Image& image, const char* name, T value, T low, T high) {
  if (value >= low && value <= high) return;
  refuse_file(image.path(), "parameter ", name, " is ", value, ", not in ", low, "..", high);
}

bool is_power_of_two(float value) {
  int exponent = 0;
  return std::frexp(value, &exponent) == 0.5F;
}

void check_code_parameters(const Image& image, const Parameters& p) {
  check_range(image, "bits", p.bits, 1U, 8U);
  check_range(image, "scan_bits", p.scan_bits, 1U, 2U);
  if (p.refine_bits != 0) check_range(image, "refine_bits", p.refine_bits, 2U, 8U);
  const bool dense = padded_dim(p.dim) <= kDenseRotationMaxDim;
  const auto rotation =
      static_cast<std::uint32_t>(dense ? RotationKind::dense : RotationKind::fht_kac);
  if (p.rotation != rotation) {
    refuse_file(image.path(), "has a rotation of kind ", p.rotation, ", dim ", p.dim, " takes ",
                rotation);
  }
  if (!(p.unit >= kMinUnit && p.unit <= kMaxUnit) || !is_power_of_two(p.unit)) {
    refuse_file(image.path(), "parameter unit is ", p.unit, ", no power of two in ", kMinUnit, "..",
                kMaxUnit);
  }
}

void check_parameters(const Image& image, const Parameters& p, Kind kind) {
  check_range(image, "dim", p.dim, 1U, static_cast<std::uint32_t>(kMaxDim));
  check_range<std::uint64_t>(image, "count", p.count, 0, kMaxVectors);
  check_range<std::uint64_t>(image, "trained_on", p.trained_on, 0, kMaxVectors);
  check_range(image, "metric", p.metric, 0U, static_cast<std::uint32_t>(Metric::cosine));
  check_range(image, "flags", p.flags, 0U, kKeepsRows | kIdentityIds | kDivided);
  const bool divided = (p.flags & kDivided) != 0;
  if (divided && kind == Kind::flat_f32) {
    refuse_file(image.path(), "is a FlatF32Index with lists, which cannot be");
  }
  if (divided) {
    check_range(image, "lists_wanted", p.lists_wanted, 1U,
                static_cast<std::uint32_t>(kMaxPartitions));
  }
  const bool keeps_rows = (p.flags & kKeepsRows) != 0;
  if (kind != Kind::rabitq_asym && keeps_rows != (kind != Kind::rabitq)) {
    refuse_file(image.path(), "is a ", kind_name(kind), keeps_rows ? " with" : " without",
                " rows, which cannot be");
  }
  const bool may_rerank = keeps_rows && kind != Kind::flat_f32;
  check_range(image, "rerank_factor", p.rerank_factor, 0U, may_rerank ? kMaxRerankFactor : 0U);
  if (kind != Kind::flat_f32) check_code_parameters(image, p);
}

// The section of `type`, which must hold `count` elements of `element_bytes`; null for none.
const SectionEntry* section_of(const Image& image, SectionType type, std::uint64_t count,
                               std::uint64_t element_bytes) {
  const SectionEntry* section = image.find(type);
  const std::uint64_t bytes = count * element_bytes;  // at most 10^8 * 2^16
  const std::uint64_t found = section == nullptr ? 0 : section->bytes;
  if (found != bytes || (section != nullptr && section->element_bytes != element_bytes)) {
    refuse_file(image.path(), "section ", section_name(static_cast<std::uint32_t>(type)), " has ",
                found, " bytes in elements of ", section == nullptr ? 0 : section->element_bytes,
                ", expected ", bytes, " in elements of ", element_bytes);
  }
  return section;
}

Parameters read_parameters(const Image& image, Kind kind) {
  const SectionEntry* section = image.find(SectionType::parameters);
  // Later minor versions may append fields.
  if (section == nullptr || section->bytes < sizeof(Parameters)) {
    refuse_file(image.path(), "section parameters has ", section == nullptr ? 0 : section->bytes,
                " bytes, expected at least ", sizeof(Parameters));
  }
  image.verify(*section);
  Parameters p;
  std::memcpy(&p, image.bytes(*section).data(), sizeof(p));
  check_parameters(image, p, kind);
  return p;
}

// A small section, copied, its checksum verified.
template <class T>
std::vector<T> read_small(const Image& image, SectionType type, std::size_t count) {
  const SectionEntry* section = section_of(image, type, count, sizeof(T));
  image.verify(*section);
  std::vector<T> values(count);
  std::memcpy(values.data(), image.bytes(*section).data(), count * sizeof(T));
  return values;
}

template <class T>
base::Array<T> read_array(const Image& image, SectionType type, std::uint64_t count,
                          std::uint64_t element_bytes, const std::shared_ptr<const void>& owner) {
  const SectionEntry* section = section_of(image, type, count, element_bytes);
  if (section == nullptr) return {};
  const auto bytes = image.bytes(*section);
  const std::size_t size = bytes.size() / sizeof(T);
  if (owner != nullptr) {
    return base::Array<T>::from_mapped(owner, reinterpret_cast<const T*>(bytes.data()), size);
  }
  base::Array<T> array;
  array.reserve(size);
  array.resize(size);
  std::memcpy(array.mutable_data(), bytes.data(), bytes.size());
  return array;
}

Rotation read_rotation(const Image& image, std::size_t dims) {
  if (dims > kDenseRotationMaxDim) {
    return {dims,
            read_small<std::uint64_t>(image, SectionType::rotation, kRotationRounds * dims / 64)};
  }
  const auto matrix = read_small<float>(image, SectionType::rotation, dims * dims);
  for (const float value : matrix) {
    if (!(std::fabs(value) <= 1.0F)) {
      refuse_file(image.path(), "has a rotation with an entry of ", value, ", not in -1..1");
    }
  }
  return {dims, std::span<const float>(matrix)};
}

std::vector<float> read_centre(const Image& image, std::size_t dim) {
  std::vector<float> centre = read_small<float>(image, SectionType::centre, dim);
  double squares = 0;
  for (const float value : centre) {
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  if (!(squares <= 2.0 * static_cast<double>(kMaxSquaredNorm))) {
    refuse_file(image.path(), "has a centre with squared norm ", squares, ", above the limit of ",
                kMaxSquaredNorm);
  }
  return centre;
}

// Lanes after the last vector must never survive a scan: a slot that they named would lie beyond
// every array.
void check_padding_lanes(const Image& image, const CodeStore& codes) {
  const kernels::ScanCodes scan = codes.scan_codes();
  for (std::size_t slot = codes.size(); slot < codes.block_count() * 64; ++slot) {
    std::uint16_t add = 0;
    std::memcpy(&add, scan.blocks + slot / 64 * scan.block_bytes + scan.words * 256 + slot % 64 * 2,
                sizeof(add));
    if (add != kHalfInfinity) {
      refuse_file(image.path(), "is damaged: lane ", slot, " after the last of ", codes.size(),
                  " vectors is not empty");
    }
  }
}

// `count` codes: by slot, or by lane where there are lists.
CodeStore read_codes(const Image& image, const Parameters& p, std::size_t count,
                     const std::shared_ptr<const void>& owner) {
  const CodeShape shape{padded_dim(p.dim), p.scan_bits, p.refine_bits};
  CodeStore codes(
      shape, count,
      read_array<std::uint8_t>(image, SectionType::scan_blocks, (count + 63) / 64,
                               shape.block_bytes(), owner),
      read_array<std::uint8_t>(image, SectionType::refine_records,
                               shape.refine_bits == 0 ? 0 : count, shape.record_stride(), owner),
      read_array<float>(image, SectionType::norms, count, sizeof(float), owner));
  check_padding_lanes(image, codes);
  return codes;
}

std::size_t block_count(const Image& image) {
  const SectionEntry* section = image.find(SectionType::partition_blocks);
  return section == nullptr ? 0 : section->bytes / sizeof(std::uint32_t);
}

StoppingRule read_stopping(const Image& image) {
  if (image.find(SectionType::partition_margins) == nullptr) return {};
  // Before kRbpxMinorOfWeights the k-th distance decided alone, and nothing was learned about the
  // most neighbours.
  const bool has_weights = image.find(SectionType::partition_weights) != nullptr;
  StoppingRule::Margins margins;
  const std::size_t rows = has_weights ? margins.size() : margins.size() - 1;
  const auto values =
      read_small<float>(image, SectionType::partition_margins, rows * StoppingRule::kMisses);
  std::memcpy(&margins, values.data(), values.size() * sizeof(float));
  if (!has_weights) {
    margins.back() = margins[rows - 1];
    return {StoppingRule::Weights{}, margins};
  }
  const auto weights = read_small<float>(image, SectionType::partition_weights, 2);
  check_range(image, "weight of the k-th distance", weights[0], 0.0F, 1.0F);
  check_range(image, "weight of a doubling", weights[1], 0.0F, std::numeric_limits<float>::max());
  return {StoppingRule::Weights{weights[0], weights[1]}, margins};
}

// The lists, where there are any; `centre` is the index's.
Partition read_partition(const Image& image, const Parameters& p, std::span<const float> centre,
                         const std::shared_ptr<const void>& owner) {
  Partition partition;
  partition.lists_wanted = p.lists_wanted;
  const SectionEntry* lists = image.find(SectionType::partition_lists);
  if (lists == nullptr) {
    if (p.count != 0) refuse_file(image.path(), "has ", p.count, " vectors in no list");
    return partition;
  }
  const std::uint64_t count = lists->bytes / sizeof(std::uint32_t);
  check_range<std::uint64_t>(image, "lists", count, 1, kMaxPartitions);
  const std::size_t blocks = block_count(image);
  const auto numbers = [&](SectionType type, std::uint64_t size) {
    return read_array<std::uint32_t>(image, type, size, sizeof(std::uint32_t), owner);
  };
  partition.centroids = read_array<float>(image, SectionType::partition_centroids, count * p.dim,
                                          sizeof(float), owner);
  try {
    partition.layout = ListLayout({numbers(SectionType::partition_lists, count),
                                   numbers(SectionType::partition_blocks, blocks),
                                   numbers(SectionType::partition_slots, blocks * 64),
                                   numbers(SectionType::partition_lanes, p.count)});
  } catch (const std::invalid_argument& error) {
    refuse_file(image.path(), "is damaged: ", error.what());
  }
  partition.coarse = CoarseTable(partition.centroids.span(), centre);
  if (const SectionEntry* queries = image.find(SectionType::partition_queries)) {
    const std::uint64_t kept = queries->bytes / sizeof(float) / p.dim;
    check_range<std::uint64_t>(image, "queries kept", kept, 1, kMostQueriesKept);
    partition.queries = read_array<float>(image, SectionType::partition_queries, kept * p.dim,
                                          sizeof(float), owner);
  }
  partition.stopping = read_stopping(image);
  return partition;
}

}  // namespace

State read_state(const Image& image, Kind kind, const std::shared_ptr<const void>& owner) {
  check_kind(image, kind);
  const Parameters p = read_parameters(image, kind);
  State state;
  state.kind = kind;
  state.dim = p.dim;
  state.metric = static_cast<Metric>(p.metric);
  state.seed = p.seed;
  if (p.rerank_factor != 0) state.rerank_factor = p.rerank_factor;
  state.keeps_rows = (p.flags & kKeepsRows) != 0;
  state.trained_on = p.trained_on;
  state.ids = read_array<Id>(image, SectionType::ids, p.count, sizeof(Id), owner);
  state.id_map = IdMap((p.flags & kIdentityIds) != 0);
  const std::uint64_t row_count = state.keeps_rows ? p.count : 0;
  state.rows = read_array<float>(image, SectionType::rows, row_count * p.dim, sizeof(float), owner);
  state.inverse_norms =
      read_array<float>(image, SectionType::inverse_norms,
                        state.metric == Metric::cosine ? row_count : 0, sizeof(float), owner);
  if (kind == Kind::flat_f32) return state;
  state.bits = p.bits;
  const std::size_t dims = padded_dim(p.dim);
  const bool divided = (p.flags & kDivided) != 0;
  state.codes = read_codes(image, p, divided ? 64 * block_count(image) : p.count, owner);
  state.encoder.emplace(p.dim, p.seed, state.metric, state.codes.shape(),
                        read_rotation(image, dims), read_centre(image, p.dim), p.unit);
  if (divided) {
    state.encoder->expect_lists();
    state.partition = read_partition(image, p, state.encoder->centre(), owner);
  }
  return state;
}

}  // namespace ruvector::index
