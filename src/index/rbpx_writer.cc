#include "index/rbpx_writer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/checksum.h"
#include "index/rbpx_layout.h"
#include "index/read_pattern.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;  // checksummed, then written from the cache

struct Piece {
  SectionType type;
  const void* data;
  std::size_t bytes;
  std::size_t element_bytes;
};

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kSectionAlignment - 1) / kSectionAlignment * kSectionAlignment;
}

Parameters parameters_of(const State& state) {
  Parameters p{};
  p.count = state.size();
  p.seed = state.seed;
  p.trained_on = state.trained_on;
  p.dim = static_cast<std::uint32_t>(state.dim);
  p.metric = static_cast<std::uint32_t>(state.metric);
  p.bits = state.bits;
  p.rerank_factor = state.rerank_factor.value_or(0);
  if (state.keeps_rows) p.flags |= kKeepsRows;
  if (state.id_map.identity()) p.flags |= kIdentityIds;
  if (state.partition) {
    p.flags |= kDivided;
    p.lists_wanted = static_cast<std::uint32_t>(state.partition->lists_wanted);
  }
  if (!state.encoder) return p;
  p.scan_bits = state.encoder->shape().scan_bits;
  p.refine_bits = state.encoder->shape().refine_bits;
  p.rotation = static_cast<std::uint32_t>(
      state.encoder->rotation().dense() ? RotationKind::dense : RotationKind::fht_kac);
  p.unit = state.encoder->unit();
  return p;
}

// An index's arrays in the order of the file. Owns what the state holds in another form.
class Pieces {
 public:
  explicit Pieces(const State& state) : parameters_(parameters_of(state)) {
    add(SectionType::parameters, &parameters_, sizeof(Parameters), sizeof(Parameters));
    if (state.encoder) {
      matrix_ = state.encoder->rotation().matrix();
      signs_ = state.encoder->rotation().signs();
      add_array(SectionType::rotation, matrix_);
      add_array(SectionType::rotation, signs_);
      add_array(SectionType::centre, state.encoder->centre());
    }
    add_array(SectionType::ids, state.ids);
    add_array(SectionType::rows, state.rows);
    add_array(SectionType::inverse_norms, state.inverse_norms);
    const CodeStore& codes = state.codes;
    add(SectionType::scan_blocks, codes.blocks().data(), codes.blocks().size(),
        codes.shape().block_bytes());
    add(SectionType::refine_records, codes.records().data(), codes.records().size(),
        codes.shape().record_stride());
    add_array(SectionType::norms, codes.norms());
    if (state.partition && state.partition->trained()) add_partition(*state.partition);
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  const std::vector<Piece>& all() const { return all_; }

  std::uint64_t file_bytes() const {
    std::uint64_t end = sizeof(FileHeader) + all_.size() * sizeof(SectionEntry);
    for (const Piece& piece : all_) end = aligned(end) + piece.bytes;
    return end;
  }

 private:
  void add_partition(const Partition& partition) {
    const ListLayout::Arrays& arrays = partition.layout.arrays();
    add_array(SectionType::partition_lists, arrays.sizes);
    add_array(SectionType::partition_centroids, partition.centroids);
    add_array(SectionType::partition_blocks, arrays.owners);
    add_array(SectionType::partition_slots, arrays.slots);
    add_array(SectionType::partition_lanes, arrays.lanes);
    add_array(SectionType::partition_queries, partition.queries);
    if (!partition.stopping.learned()) return;
    const StoppingRule::Margins& margins = partition.stopping.margins();
    const StoppingRule::Weights& weights = partition.stopping.weights();
    // As it was loaded from an earlier version.
    const bool is_old = weights == StoppingRule::Weights{};
    const std::size_t rows = is_old ? margins.size() - 1 : margins.size();
    add(SectionType::partition_margins, &margins, rows * sizeof(margins[0]), sizeof(float));
    if (!is_old) add(SectionType::partition_weights, &weights, sizeof(weights), sizeof(float));
  }

  void add(SectionType type, const void* data, std::size_t bytes, std::size_t element_bytes) {
    if (bytes != 0) all_.push_back({type, data, bytes, element_bytes});
  }
  template <class Values>
  void add_array(SectionType type, const Values& values) {
    add(type, values.data(), values.size() * sizeof(*values.data()), sizeof(*values.data()));
  }

  Parameters parameters_;
  std::vector<float> matrix_;
  std::vector<std::uint64_t> signs_;
  std::vector<Piece> all_;
};

SectionEntry entry_of(const Piece& piece, std::uint64_t offset, std::uint64_t checksum) {
  SectionEntry entry{};
  entry.type = static_cast<std::uint32_t>(piece.type);
  const bool optional = piece.type == SectionType::partition_queries;
  entry.flags = optional ? 0 : kSectionRequired;
  entry.offset = offset;
  entry.bytes = piece.bytes;
  entry.element_bytes = static_cast<std::uint32_t>(piece.element_bytes);
  entry.checksum = checksum;
  return entry;
}

// Appends in pieces that are still in the cache when they are written.
void append(const void* values, std::size_t bytes, base::Checksum& checksum, ByteSink& sink) {
  const auto* data = static_cast<const std::byte*>(values);
  for (std::size_t done = 0; done < bytes; done += kChunk) {
    const std::size_t size = std::min(kChunk, bytes - done);
    checksum.update(data + done, size);
    sink.append(data + done, size);
  }
}

std::uint16_t minor_version(const State& state) {
  if (!state.partition) return kRbpxMinor;
  const Partition& partition = *state.partition;
  if (partition.stopping.weights() != StoppingRule::Weights{}) return kRbpxMinorOfWeights;
  return partition.queries.empty() ? kRbpxMinorOfLists : kRbpxMinorOfQueries;
}

FileHeader header_of(const State& state, const std::vector<SectionEntry>& table,
                     std::uint64_t file_bytes) {
  FileHeader header{};
  header.magic = kRbpxMagic;
  header.byte_order = kByteOrderMark;
  header.major = kRbpxMajor;
  header.minor = minor_version(state);
  header.kind = static_cast<std::uint32_t>(state.kind);
  header.section_count = static_cast<std::uint32_t>(table.size());
  header.table_offset = sizeof(FileHeader);
  header.entry_bytes = sizeof(SectionEntry);
  header.file_bytes = file_bytes;
  base::Checksum checksum;
  checksum.update(&header, offsetof(FileHeader, checksum));
  checksum.update(table.data(), table.size() * sizeof(SectionEntry));
  header.checksum = checksum.digest();
  return header;
}

// Appends `pieces` from offset `end` on, and writes header and table over the first bytes.
void append_rest(const State& state, const std::vector<Piece>& pieces, std::uint64_t end,
                 std::vector<SectionEntry> table, ByteSink& sink) {
  static constexpr std::array<std::byte, kSectionAlignment> kZeros{};
  for (const Piece& piece : pieces) {
    const std::uint64_t offset = aligned(end);
    sink.append(kZeros.data(), offset - end);
    base::Checksum checksum;
    append(piece.data, piece.bytes, checksum, sink);
    table.push_back(entry_of(piece, offset, checksum.digest()));
    end = offset + piece.bytes;
  }
  const FileHeader header = header_of(state, table, end);
  sink.patch(0, &header, sizeof(header));
  sink.patch(sizeof(header), table.data(), table.size() * sizeof(SectionEntry));
}

}  // namespace

void write_image(const State& state, ByteSink& sink) {
  const Pieces pieces(state);
  const std::uint64_t end = sizeof(FileHeader) + pieces.all().size() * sizeof(SectionEntry);
  sink.reserve(pieces.file_bytes());
  const std::vector<std::byte> room(end);
  sink.append(room.data(), end);
  expect_whole_reads(state);
  append_rest(state, pieces.all(), end, {}, sink);
  expect_searches(state);
}

RowsFirstImage::RowsFirstImage(ByteSink& sink) : sink_(sink) {
  static_assert(sizeof(FileHeader) + kMaxSections * sizeof(SectionEntry) <= kSectionAlignment);
  const std::vector<std::byte> room(kSectionAlignment);
  sink.append(room.data(), room.size());
}

void RowsFirstImage::append(const float* values, std::size_t count) {
  index::append(values, count * sizeof(float), checksum_, sink_);
  count_ += count;
}

void RowsFirstImage::finish(const State& state) {
  const Pieces all(state);
  std::vector<Piece> rest;
  std::vector<SectionEntry> table;
  for (const Piece& piece : all.all()) {
    if (piece.type == SectionType::rows) {
      table.push_back(entry_of(piece, kSectionAlignment, checksum_.digest()));
    } else {
      rest.push_back(piece);
    }
  }
  append_rest(state, rest, kSectionAlignment + count_ * sizeof(float), std::move(table), sink_);
}

}  // namespace ruvector::index
