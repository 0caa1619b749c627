#include "index/rbpx.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/mapped_file.h"
#include "base/unnamed_file.h"
#include "index/rbpx_file_sink.h"
#include "index/rbpx_image.h"
#include "index/rbpx_layout.h"
#include "index/rbpx_reader.h"
#include "index/rbpx_v1.h"
#include "index/rbpx_verify.h"
#include "index/rbpx_writer.h"
#include "index/read_pattern.h"

namespace ruvector::index {
namespace {

class UnnamedSink final : public ByteSink {
 public:
  explicit UnnamedSink(const std::filesystem::path& directory) : file_(directory) {}
  void reserve(std::uint64_t /*total*/) override {}
  void append(const void* data, std::size_t size) override { file_.append(data, size); }
  void patch(std::uint64_t offset, const void* data, std::size_t size) override {
    file_.patch(offset, data, size);
  }
  std::shared_ptr<const base::MappedFile> map() const { return file_.map(); }

 private:
  base::UnnamedFile file_;
};

class MemorySink final : public ByteSink {
 public:
  void reserve(std::uint64_t total) override { bytes_.reserve(total); }
  void append(const void* data, std::size_t size) override {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }
  void patch(std::uint64_t offset, const void* data, std::size_t size) override {
    std::memcpy(bytes_.data() + offset, data, size);
  }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

bool begins_with(std::span<const std::byte> bytes, const std::array<char, 8>& magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

// What a file without the magic of version 2 or 1 is.
[[noreturn]] void refuse_stranger(const std::filesystem::path& path,
                                  std::span<const std::byte> bytes) {
  if (bytes.empty()) refuse_file(path, "is empty");
  if (bytes.size() >= 4 && std::memcmp(bytes.data(), kRbpxMagic.data(), 4) == 0) {
    refuse_file(path, "is an .rbpx file of a version that this program does not read (1 and 2)");
  }
  refuse_file(path, "is no .rbpx file: it does not begin with rbpx0002 or rbpx0001");
}

State read_any(const std::filesystem::path& path, std::span<const std::byte> bytes, Kind kind,
               const std::shared_ptr<const void>& owner, bool verify) {
  if (begins_with(bytes, kRbpxMagicV1)) {
    if (kind == Kind::rabitq_plus) return read_state_v1(path, bytes);
    refuse_file(path, "has format version 1, which holds a RabitqPlusIndex: load it as that and ",
                "not as ", kind_name(kind));
  }
  if (!begins_with(bytes, kRbpxMagic)) refuse_stranger(path, bytes);
  const Image image(path, bytes);
  if (verify) image.verify_all();
  State state = read_state(image, kind, owner);
  if (verify) verify_state(state, path);
  expect_searches(state);
  return state;
}

}  // namespace

void save_rbpx(const State& state, const std::filesystem::path& path) {
  FileSink sink(path);
  write_image(state, sink);
  sink.commit();
}

State spilled(const State& state, const std::filesystem::path& directory) {
  UnnamedSink sink(directory);
  write_image(state, sink);
  const auto file = sink.map();
  State mapped = read_state(Image(directory, file->bytes()), state.kind, file);
  expect_searches(mapped);
  return mapped;
}

std::vector<std::byte> serialize_rbpx(const State& state) {
  MemorySink sink;
  write_image(state, sink);
  return sink.take();
}

State load_rbpx(const std::filesystem::path& path, Kind kind, const LoadParams& params) {
  const auto file = base::MappedFile::open(path);
  return read_any(path, file->bytes(), kind, file, params.verify);
}

State deserialize_rbpx(std::span<const std::byte> bytes, Kind kind) {
  return read_any("serialized index", bytes, kind, nullptr, true);
}

}  // namespace ruvector::index
