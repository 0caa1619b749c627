// The fixed structures of an .rbpx file of version 2, as docs/formats/rbpx.md describes them.
// Plain data, little-endian, without padding.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ruvector::index {

static_assert(std::endian::native == std::endian::little,
              ".rbpx files are memory images of little-endian machines");

inline constexpr std::array<char, 8> kRbpxMagic = {'r', 'b', 'p', 'x', '0', '0', '0', '2'};
inline constexpr std::array<char, 8> kRbpxMagicV1 = {'r', 'b', 'p', 'x', '0', '0', '0', '1'};
inline constexpr std::uint32_t kByteOrderMark = 0x01020304;  // bytes 04 03 02 01
inline constexpr std::uint16_t kRbpxMajor = 2;
inline constexpr std::uint16_t kRbpxMinor = 0;
inline constexpr std::uint16_t kRbpxMinorOfLists = 1;    // the first that has lists
inline constexpr std::uint16_t kRbpxMinorOfQueries = 2;  // and the queries of calibrate()
inline constexpr std::uint16_t kRbpxMinorOfWeights = 3;  // and weights of the stopping rule
inline constexpr std::size_t kSectionAlignment = 4096;
inline constexpr std::size_t kMaxSections = 64;

struct FileHeader {
  std::array<char, 8> magic;
  std::uint32_t byte_order;
  std::uint16_t major;
  std::uint16_t minor;
  std::uint32_t kind;  // index::Kind
  std::uint32_t section_count;
  std::uint32_t table_offset;
  std::uint32_t entry_bytes;
  std::uint64_t file_bytes;
  std::uint64_t flags;
  std::uint64_t reserved;
  std::uint64_t checksum;  // of the bytes before it, then the section table
};
static_assert(sizeof(FileHeader) == 64 && offsetof(FileHeader, checksum) == 56);

enum class SectionType : std::uint32_t {
  parameters = 1,
  rotation = 2,
  centre = 3,
  ids = 4,
  rows = 5,
  inverse_norms = 6,
  scan_blocks = 7,
  refine_records = 8,
  norms = 9,
  partition_lists = 16,  // and what follows: of an index that is divided into lists
  partition_centroids = 17,
  partition_blocks = 18,
  partition_slots = 19,
  partition_lanes = 20,
  partition_margins = 21,
  partition_queries = 22,
  partition_weights = 23,
};

inline constexpr std::uint32_t kSectionRequired = 1;  // a reader that does not know it must refuse

struct SectionEntry {
  std::uint32_t type;
  std::uint32_t flags;
  std::uint64_t offset;  // from the start of the file, a multiple of kSectionAlignment
  std::uint64_t bytes;   // above 0
  std::uint32_t element_bytes;
  std::uint32_t reserved;
  std::uint64_t checksum;  // of the section's bytes
  std::uint64_t reserved2;
};
static_assert(sizeof(SectionEntry) == 48);
static_assert(sizeof(FileHeader) + kMaxSections * sizeof(SectionEntry) <= kSectionAlignment);

enum class RotationKind : std::uint32_t { none = 0, dense = 1, fht_kac = 2 };

inline constexpr std::uint32_t kKeepsRows = 1;
inline constexpr std::uint32_t kIdentityIds = 2;  // the id of each slot is the slot
inline constexpr std::uint32_t kDivided = 4;      // into lists

struct Parameters {
  std::uint64_t count;
  std::uint64_t seed;
  std::uint64_t trained_on;
  std::uint32_t dim;
  std::uint32_t metric;
  std::uint32_t bits;
  std::uint32_t scan_bits;
  std::uint32_t refine_bits;
  std::uint32_t rerank_factor;  // 0: none
  std::uint32_t rotation;       // RotationKind
  float unit;
  std::uint32_t flags;
  std::uint32_t lists_wanted;  // 0: not divided
};
static_assert(sizeof(Parameters) == 64);

}  // namespace ruvector::index
