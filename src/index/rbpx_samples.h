// Small indexes, files and damaged copies of them for the tests of the file format.
// Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/checksum.h"
#include "base/random.h"
#include "base/test_folder.h"
#include "index/growth.h"
#include "index/rbpx.h"
#include "index/rbpx_layout.h"
#include "index/search.h"
#include "index/state.h"

namespace ruvector::index {

using Bytes = std::vector<std::byte>;

struct Sample {
  Kind kind = Kind::rabitq_plus;
  std::size_t count = 150;
  std::size_t dim = 20;
  Metric metric = Metric::l2;
  std::optional<std::uint32_t> bits = {};
  std::optional<std::uint32_t> rerank_factor = {};
  bool counted_ids = false;  // else scattered
  std::optional<std::size_t> partitions = {};
  bool calibrated = false;  // keeps queries
};

inline std::vector<float> sample_rows(std::size_t count, std::size_t dim, std::uint64_t seed) {
  base::Random random(seed);
  std::vector<float> rows(count * dim);
  for (float& value : rows) value = static_cast<float>(random.gaussian_like()) + 0.25F;
  return rows;
}

inline std::vector<Id> sample_ids(const Sample& sample) {
  std::vector<Id> ids(sample.count);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids[i] = sample.counted_ids ? i : (i * 7919 + 3) * 0x100000001ULL;
  }
  return ids;
}

inline State sample_state(const Sample& sample) {
  const std::vector<Id> ids = sample_ids(sample);
  const std::vector<float> rows = sample_rows(sample.count, sample.dim, 1);
  BuildParams params;
  params.ids = ids;
  params.metric = sample.metric;
  params.bits = sample.bits;
  params.rerank_factor = sample.rerank_factor;
  params.partitions = sample.partitions;
  State state = build_state(sample.kind, {rows.data(), sample.count, sample.dim}, params);
  if (sample.calibrated) {
    const std::vector<float> queries = sample_rows(2, sample.dim, 3);
    calibrate(state, {queries.data(), 2, sample.dim}, 1);
  }
  return state;
}

// The hits of a few queries, one query after the other, by all the ways to search `state`.
inline std::vector<Hit> sample_hits(const State& state) {
  std::vector<Hit> all;
  const std::vector<float> queries = sample_rows(4, state.dim, 2);
  std::vector<SearchParams> ways(1);
  if (state.keeps_rows) {
    ways.push_back({.confidence = 0.9F});
    ways.push_back({.rerank_factor = 2});
  }
  for (const SearchParams& way : ways) {
    for (std::size_t q = 0; q < 4; ++q) {
      const std::span<const float> query(&queries[q * state.dim], state.dim);
      const std::vector<Hit> hits = search(state, query, 10, way, nullptr);
      all.insert(all.end(), hits.begin(), hits.end());
    }
  }
  return all;
}

inline bool same_bits(const std::vector<Hit>& a, const std::vector<Hit>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Hit& x, const Hit& y) {
    return x.id == y.id &&
           std::bit_cast<std::uint32_t>(x.score) == std::bit_cast<std::uint32_t>(y.score);
  });
}

inline Bytes read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

inline void write_bytes(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// An image in pieces that can be changed; `seal` makes the checksums right again.
class EditableImage {
 public:
  explicit EditableImage(Bytes bytes) : bytes_(std::move(bytes)) {
    std::memcpy(&header, bytes_.data(), sizeof(header));
    table.resize(header.section_count);
    std::memcpy(table.data(), bytes_.data() + sizeof(header), table.size() * sizeof(SectionEntry));
  }

  SectionEntry& section(SectionType type) {
    return *std::find_if(table.begin(), table.end(), [&](const SectionEntry& entry) {
      return entry.type == static_cast<std::uint32_t>(type);
    });
  }

  template <class T>
  void set(SectionType type, std::size_t byte, T value) {
    std::memcpy(bytes_.data() + section(type).offset + byte, &value, sizeof(value));
  }

  Parameters parameters() {
    Parameters p;
    std::memcpy(&p, bytes_.data() + section(SectionType::parameters).offset, sizeof(p));
    return p;
  }

  Bytes seal() {
    for (SectionEntry& entry : table) {
      if (entry.offset > bytes_.size() || entry.bytes > bytes_.size() - entry.offset) continue;
      entry.checksum = base::checksum64(bytes_.data() + entry.offset, entry.bytes);
    }
    return seal_header();
  }

  Bytes seal_header() {
    base::Checksum checksum;
    checksum.update(&header, offsetof(FileHeader, checksum));
    checksum.update(table.data(), table.size() * sizeof(SectionEntry));
    header.checksum = checksum.digest();
    std::memcpy(bytes_.data(), &header, sizeof(header));
    std::memcpy(bytes_.data() + sizeof(header), table.data(), table.size() * sizeof(SectionEntry));
    return bytes_;
  }

  FileHeader header;
  std::vector<SectionEntry> table;

 private:
  Bytes bytes_;
};

// Why the bytes are refused as a mapped file, with or without verify; empty when they load.
inline std::string refusal(const base::TestFolder& folder, std::span<const std::byte> bytes,
                           Kind kind, bool verify) {
  const std::filesystem::path path = folder.path() / "refused.rbpx";
  std::filesystem::remove(path);
  write_bytes(path, bytes);
  try {
    load_rbpx(path, kind, {.verify = verify});
    return {};
  } catch (const PersistError& error) {
    return error.what();
  }
}

}  // namespace ruvector::index
