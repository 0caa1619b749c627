// Model files in the safetensors format: a 64-bit length, a JSON header that gives each tensor its
// type, shape and byte range, then the bytes of all tensors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embed/tensor.h"

namespace ruvector::embed {

inline constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxTensors = 65'536;
inline constexpr std::size_t kMaxTensorRank = 8;
inline constexpr std::size_t kMaxTensorNameBytes = 1'024;

// A file that is read. Everything in its header is checked: ranges lie within the file, cover it
// without gap or overlap and have the size that type and shape say; names are unique.
// Thread-safe: nothing changes after it is made.
class Safetensors {
 public:
  // Maps the file, which must not change while this or a tensor lives. Throws EmbedError, also for
  // a file that cannot be opened.
  static Safetensors open(const std::filesystem::path& path);

  // The same of bytes that live as long as `owner`; `name` is for messages.
  static Safetensors parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                           std::string name);

  // Sorted by name. Their bytes live as long as this, or owner(), and are not aligned.
  std::span<const Tensor> tensors() const noexcept { return tensors_; }
  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

  // Null when there is none of that name.
  const Tensor* find(std::string_view name) const noexcept;

  // Throws EmbedError when there is none of that name, with `shape` and of a floating type.
  const Tensor& floats(std::string_view name, std::span<const std::size_t> shape) const;

  const std::string& name() const noexcept { return name_; }  // of the file

 private:
  Safetensors(std::string name, std::shared_ptr<const void> owner, std::vector<Tensor> tensors);

  std::string name_;
  std::shared_ptr<const void> owner_;
  std::vector<Tensor> tensors_;
};

// Writes `tensors` in the order given, each aligned to its type, so that `path` holds the old file
// or the whole new one. Throws std::invalid_argument for names, shapes or sizes that a reader would
// refuse, PersistError when the file cannot be written.
void write_safetensors(const std::filesystem::path& path, std::span<const Tensor> tensors);

}  // namespace ruvector::embed
