#include "index/rbpx_v1.h"

#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "base/atomic_file.h"
#include "index/growth.h"
#include "index/rbpx.h"
#include "index/rbpx_image.h"

namespace ruvector::index {
namespace {

constexpr std::uint32_t kVersion1 = 1;
constexpr std::uint32_t kUsualRerankFactor = 20;  // what older programs write by default
constexpr std::size_t kWriteBuffer = std::size_t{1} << 20;

struct HeaderV1 {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t dim;
  std::uint64_t seed;
  std::uint32_t rerank_factor;
  std::uint32_t count;
};
static_assert(sizeof(HeaderV1) == 32);

HeaderV1 read_header(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(HeaderV1)) {
    refuse_file(path, "is ", bytes.size(), " bytes long, shorter than the version 1 header of ",
                sizeof(HeaderV1));
  }
  HeaderV1 header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.version != kVersion1) {
    refuse_file(path, "has version ", header.version, " under the magic of version 1");
  }
  if (header.dim < 1 || header.dim > kMaxDim) {
    refuse_file(path, "dim is ", header.dim, ", not in 1..", kMaxDim);
  }
  if (header.rerank_factor > kMaxRerankFactor) {
    refuse_file(path, "rerank_factor is ", header.rerank_factor, ", above the limit of ",
                kMaxRerankFactor);
  }
  if (header.count > kMaxVectors) {
    refuse_file(path, "n is ", header.count, ", above the limit of ", kMaxVectors);
  }
  const std::uint64_t record = sizeof(std::uint32_t) * (1 + std::uint64_t{header.dim});
  const std::uint64_t expected = sizeof(HeaderV1) + header.count * record;
  if (bytes.size() != expected) {
    refuse_file(path, "is ", bytes.size(), " bytes long, expected ", expected, " for ",
                header.count, " vectors of dim ", header.dim);
  }
  return header;
}

}  // namespace

State read_state_v1(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const HeaderV1 header = read_header(path, bytes);
  std::vector<Id> ids(header.count);
  std::vector<float> rows(std::size_t{header.count} * header.dim);
  const std::byte* at = bytes.data() + sizeof(HeaderV1);
  for (std::size_t i = 0; i < header.count; ++i) {
    std::uint32_t id = 0;
    std::memcpy(&id, at, sizeof(id));
    ids[i] = id;
    at += sizeof(id);
    std::memcpy(rows.data() + i * header.dim, at, header.dim * sizeof(float));
    at += header.dim * sizeof(float);
  }
  BuildParams params;
  params.ids = ids;
  params.seed = header.seed;
  if (header.rerank_factor != 0) params.rerank_factor = header.rerank_factor;
  try {
    return build_state(Kind::rabitq_plus, {rows.data(), header.count, header.dim}, params);
  } catch (const std::invalid_argument& error) {
    throw PersistError(path, error.what());
  } catch (const DuplicateId& error) {
    throw PersistError(path, error.what());
  }
}

void save_rbpx_v1(const State& state, const std::filesystem::path& path) {
  if (state.metric != Metric::l2) {
    refuse_file(path, "format version 1 knows the l2 metric only, the index has metric ",
                metric_name(state.metric));
  }
  for (const Id id : state.ids) {
    if (id <= 0xffffffffU) continue;
    refuse_file(path, "id ", id, " is above the limit of format version 1, ", 0xffffffffU);
  }
  const HeaderV1 header = {kRbpxMagicV1,
                           kVersion1,
                           static_cast<std::uint32_t>(state.dim),
                           state.seed,
                           state.rerank_factor.value_or(kUsualRerankFactor),
                           static_cast<std::uint32_t>(state.size())};
  base::AtomicFile file(path);
  file.append(&header, sizeof(header));
  std::vector<std::byte> buffer;
  const std::size_t row_bytes = state.dim * sizeof(float);
  for (std::size_t i = 0; i < state.size(); ++i) {
    const auto id = static_cast<std::uint32_t>(state.ids[i]);
    const std::size_t end = buffer.size();
    buffer.resize(end + sizeof(id) + row_bytes);
    std::memcpy(buffer.data() + end, &id, sizeof(id));
    std::memcpy(buffer.data() + end + sizeof(id), state.rows.data() + i * state.dim, row_bytes);
    if (buffer.size() < kWriteBuffer && i + 1 < state.size()) continue;
    file.append(buffer.data(), buffer.size());
    buffer.clear();
  }
  file.commit();
}

}  // namespace ruvector::index
