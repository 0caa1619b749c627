// Weights as torch.save() writes a state dict: a pickle that names the tensors, and their values.
// Both forms are read: a zip archive (torch 1.6 and later) and pickles one after the other (before
// that). Nothing in the file is executed: see pickle.h.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "embed/tensor.h"

namespace ruvector::embed {

// Thread-safe: nothing changes after it is made.
class TorchArchive {
 public:
  // Whether the bytes begin as a file of torch.save() does.
  static bool is_one(std::span<const std::byte> bytes) noexcept;

  // Maps the file, which must not change while this or a tensor lives. Throws EmbedError, also for
  // a file that cannot be opened.
  static TorchArchive open(const std::filesystem::path& path);

  // The same of bytes that live as long as `owner`; `name` is for messages. Every tensor lies
  // within its storage and every storage within the file; names are unique. Throws EmbedError for
  // anything but a dict of tensors of float32, float16, bfloat16 or int64.
  static TorchArchive parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                            const std::string& name);

  // Sorted by name. Their bytes live as long as this and are not aligned.
  std::span<const Tensor> tensors() const noexcept { return tensors_; }

 private:
  friend class TorchReader;

  std::shared_ptr<const void> owner_;
  // Tensors that lie in their storage with gaps or in another order, copied together.
  std::vector<std::unique_ptr<std::byte[]>> copies_;
  std::vector<Tensor> tensors_;
};

// Writes the tensors of a torch file to a safetensors file. `to` holds the old file or the whole
// new one. Throws EmbedError for a file that cannot be read, PersistError for one that cannot be
// written.
void convert_torch_archive(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace ruvector::embed
