#include "lake/local_collection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/parallel.h"
#include "index/validate.h"
#include "ruvector/base/errors.h"
#include "ruvector/base/runtime.h"

namespace ruvector::lake {
namespace {

using base::Checksum128;

constexpr std::size_t kRowsPerTask = 1024;

// Modulo 2^128.
Checksum128 operator+(Checksum128 a, Checksum128 b) {
  const std::uint64_t low = a.low + b.low;
  return {low, a.high + b.high + (low < a.low ? 1U : 0U)};
}
Checksum128 operator-(Checksum128 a, Checksum128 b) {
  return {a.low - b.low, a.high - b.high - (a.low < b.low ? 1U : 0U)};
}

Checksum128 hash_of(Id id, std::span<const float> row) {
  const Checksum128 of_row = base::checksum128(row.data(), row.size_bytes());
  const std::array<std::uint64_t, 3> with_id = {id, of_row.low, of_row.high};
  return base::checksum128(with_id.data(), sizeof(with_id));
}

std::string hex_of(Checksum128 sum) {
  std::array<std::byte, 16> bytes;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::byte>(sum.high >> (56 - 8 * i) & 0xffU);
    bytes[i + 8] = static_cast<std::byte>(sum.low >> (56 - 8 * i) & 0xffU);
  }
  return base::to_hex(bytes);
}

// f(begin, end) for pieces of 0..rows-1, on all threads.
template <class F>
void for_rows(std::size_t rows, F&& f) {
  base::parallel_for((rows + kRowsPerTask - 1) / kRowsPerTask, num_threads(),
                     [&](std::size_t task, std::size_t) {
                       f(task * kRowsPerTask, std::min(rows, (task + 1) * kRowsPerTask));
                     });
}

Checksum128 sum_of_hashes(std::span<const Id> ids, MatrixView vectors) {
  std::vector<Checksum128> parts((vectors.rows + kRowsPerTask - 1) / kRowsPerTask);
  for_rows(vectors.rows, [&](std::size_t begin, std::size_t end) {
    Checksum128 part;
    for (std::size_t i = begin; i < end; ++i) part = part + hash_of(ids[i], vectors.row(i));
    parts[begin / kRowsPerTask] = part;
  });
  Checksum128 sum;
  for (const Checksum128 part : parts) sum = sum + part;
  return sum;
}

void require_unique(std::span<const Id> ids) {
  index::IdMap seen;
  Id duplicate = 0;
  if (!seen.append(ids.data(), 0, ids.size(), &duplicate)) throw DuplicateId(duplicate);
}

void require_fitting(std::span<const Id> ids, MatrixView vectors, std::size_t dim) {
  if (ids.size() != vectors.rows) {
    throw std::invalid_argument("ids: " + std::to_string(ids.size()) + " ids for " +
                                std::to_string(vectors.rows) + " vectors");
  }
  if (vectors.cols != dim) throw DimensionMismatch("vectors", dim, vectors.cols);
  if (vectors.rows > kMaxVectors) {
    throw std::invalid_argument("vectors: " + std::to_string(vectors.rows) +
                                " are above the limit of " + std::to_string(kMaxVectors));
  }
}

}  // namespace

// Which rows of `vectors` go where, checked.
struct LocalCollection::Upsert {
  struct Replacement {
    std::size_t slot;
    std::size_t row;
  };
  std::span<const Id> ids;
  MatrixView vectors;
  std::vector<Replacement> replaced;
  std::vector<std::size_t> added;  // rows
  Checksum128 sum;                 // of the whole collection afterwards
  std::string generation;
};

LocalCollection::LocalCollection(std::size_t dim) : dim_(dim) {
  if (dim < 1 || dim > kMaxDim) {
    throw std::invalid_argument("vectors: dim is " + std::to_string(dim) + ", not in 1.." +
                                std::to_string(kMaxDim));
  }
  content_.generation = generation_of(0, {});
}

std::string LocalCollection::generation_of(std::size_t rows, Checksum128 sum) const {
  return "content:" + std::to_string(rows) + "-" + std::to_string(dim_) + "-" + hex_of(sum);
}

void LocalCollection::upsert(std::span<const Id> ids, MatrixView vectors) {
  require_fitting(ids, vectors, dim_);
  index::check_rows("vectors", vectors, Metric::l2, num_threads());
  require_unique(ids);
  const std::lock_guard writing(writers_);
  const Upsert upsert = plan(ids, vectors);
  change([&](Content& content) { apply(upsert, content); });
}

LocalCollection::Upsert LocalCollection::plan(std::span<const Id> ids, MatrixView vectors) const {
  Upsert upsert{ids, vectors, {}, {}, content_.sum + sum_of_hashes(ids, vectors), {}};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto slot = slots_.find(ids[i], content_.ids.data(), content_.ids.size());
    if (!slot) {
      upsert.added.push_back(i);
      continue;
    }
    upsert.replaced.push_back({*slot, i});
    upsert.sum = upsert.sum - hash_of(ids[i], {content_.rows.data() + *slot * dim_, dim_});
  }
  const std::size_t before = content_.ids.size();
  if (upsert.added.size() > kMaxVectors - before) {
    throw std::invalid_argument("vectors: " + std::to_string(before) + " held and " +
                                std::to_string(upsert.added.size()) +
                                " added, above the limit of " + std::to_string(kMaxVectors));
  }
  upsert.generation = generation_of(before + upsert.added.size(), upsert.sum);
  return upsert;
}

// In place when nobody else holds the rows; otherwise on a copy, while others read on.
template <class F>
void LocalCollection::change(F&& f) {
  if (!content_.ids.is_shared() && !content_.rows.is_shared()) {
    const std::unique_lock lock(mutex_);
    f(content_);
    return;
  }
  Content next = content_;
  f(next);
  const std::unique_lock lock(mutex_);
  std::swap(content_, next);
}

void LocalCollection::apply(const Upsert& upsert, Content& content) {
  append(upsert, content);
  // Nothing fails from here on.
  float* rows = upsert.replaced.empty() ? nullptr : content.rows.mutable_data();
  for (const auto& [slot, row] : upsert.replaced) {
    std::copy_n(upsert.vectors.row(row).data(), dim_, rows + slot * dim_);
  }
  content.sum = upsert.sum;
  content.generation = upsert.generation;
}

// Adds the new rows, and gets the old ones ready for writing.
void LocalCollection::append(const Upsert& upsert, Content& content) {
  const std::size_t before = content.ids.size();
  const std::size_t added = upsert.added.size();
  content.generation.reserve(upsert.generation.size());
  try {
    Id* ids = content.ids.append(added);
    float* rows = content.rows.append(added * dim_);
    for_rows(added, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        ids[i] = upsert.ids[upsert.added[i]];
        std::copy_n(upsert.vectors.row(upsert.added[i]).data(), dim_, rows + i * dim_);
      }
    });
    if (!upsert.replaced.empty()) content.rows.mutable_data();
    Id duplicate = 0;  // there is none: require_unique, and plan() has looked for the others
    slots_.append(content.ids.data(), before, added, &duplicate);
  } catch (...) {
    content.ids.resize(before);
    content.rows.resize(before * dim_);
    throw;
  }
}

void LocalCollection::remove(std::span<const Id> ids) {
  require_unique(ids);
  const std::lock_guard writing(writers_);
  for (const Id id : ids) {
    if (!slots_.find(id, content_.ids.data(), content_.ids.size())) throw IdNotFound(id);
  }
  if (ids.empty()) return;
  change([&](Content& content) { take_out(ids, content); });
}

// The last rows move into the freed slots.
void LocalCollection::take_out(std::span<const Id> ids, Content& content) {
  Checksum128 sum = content.sum;
  for (const Id id : ids) {
    const std::size_t slot = *slots_.find(id, content.ids.data(), content.ids.size());
    sum = sum - hash_of(id, {content.rows.data() + slot * dim_, dim_});
  }
  std::size_t size = content.ids.size();
  std::string generation = generation_of(size - ids.size(), sum);
  Id* all = content.ids.mutable_data();
  float* rows = content.rows.mutable_data();
  // Of what follows only the first call of remove_swap can fail, before anything has changed.
  for (const Id id : ids) {
    const std::uint32_t slot = *slots_.find(id, all, size);
    const auto last = static_cast<std::uint32_t>(--size);
    slots_.remove_swap(slot, last, all);
    if (slot == last) continue;
    all[slot] = all[last];
    std::copy_n(rows + last * dim_, dim_, rows + slot * dim_);
  }
  content.ids.resize(size);
  content.rows.resize(size * dim_);
  content.sum = sum;
  content.generation = std::move(generation);
}

std::size_t LocalCollection::size() const {
  const std::shared_lock lock(mutex_);
  return content_.ids.size();
}

PulledBatch LocalCollection::pull() const {
  const std::shared_lock lock(mutex_);
  const std::size_t rows = content_.ids.size();
  return {{content_.ids.share(), content_.ids.data(), rows, 1, 1},
          {content_.rows.share(), content_.rows.data(), rows, dim_, dim_},
          content_.generation};
}

Generation LocalCollection::generation() const {
  const std::shared_lock lock(mutex_);
  return content_.generation;
}

}  // namespace ruvector::lake
