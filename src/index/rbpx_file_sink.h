// An image on its way into a file that appears when it is whole.
// Not thread-safe: one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "index/rbpx_writer.h"

namespace ruvector::index {

class FileSink final : public ByteSink {
 public:
  explicit FileSink(const std::filesystem::path& path) : file_(path) {}
  void reserve(std::uint64_t /*total*/) override {}
  void append(const void* data, std::size_t size) override { file_.append(data, size); }
  void patch(std::uint64_t offset, const void* data, std::size_t size) override {
    file_.patch(offset, data, size);
  }
  std::shared_ptr<const base::MappedFile> map() const { return file_.map(); }
  void commit() { file_.commit(); }

 private:
  base::AtomicFile file_;
};

}  // namespace ruvector::index
