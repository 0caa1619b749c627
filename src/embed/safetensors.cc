#include "embed/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/mapped_file.h"
#include "base/path_text.h"
#include "embed/safetensors_header.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

constexpr std::size_t kLengthBytes = 8;

[[noreturn]] void refuse(const std::string& file, const std::string& reason) {
  throw EmbedError(file + ": " + reason);
}

std::uint64_t length_at_start(std::span<const std::byte> bytes) noexcept {
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) {
    length = length << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  }
  return length;
}

std::string_view header_of(std::span<const std::byte> bytes, const std::string& file) {
  if (bytes.size() < kLengthBytes) {
    refuse(file, std::to_string(bytes.size()) + " bytes, a safetensors file has at least 8");
  }
  const std::uint64_t length = length_at_start(bytes);
  const std::uint64_t limit = std::min(bytes.size() - kLengthBytes, kMaxHeaderBytes);
  if (length > limit) {
    refuse(file, "header of " + std::to_string(length) + " bytes is above the limit of " +
                     std::to_string(limit));
  }
  return {reinterpret_cast<const char*>(bytes.data()) + kLengthBytes,
          static_cast<std::size_t>(length)};
}

// The entries in the order of their bytes must follow each other from the first byte to the last.
void require_tiling(std::vector<TensorEntry>& entries, std::uint64_t size,
                    const std::string& file) {
  std::ranges::sort(entries, [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t covered = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.end > size) {
      refuse(file, "tensor " + entry.name + ": bytes " + std::to_string(entry.begin) + ".." +
                       std::to_string(entry.end) + " are not within 0.." + std::to_string(size));
    }
    if (entry.begin != covered) {
      refuse(file, "tensor " + entry.name + ": begins at byte " + std::to_string(entry.begin) +
                       ", the one before it ends at " + std::to_string(covered));
    }
    covered = entry.end;
  }
  if (covered != size) {
    refuse(file,
           "the tensors end at byte " + std::to_string(covered) + " of " + std::to_string(size));
  }
}

std::shared_ptr<const base::MappedFile> map(const std::filesystem::path& path) {
  try {
    return base::MappedFile::open(path);
  } catch (const PersistError& error) {
    throw EmbedError(error.what());
  }
}

}  // namespace

Safetensors::Safetensors(std::string name, std::shared_ptr<const void> owner,
                         std::vector<Tensor> tensors)
    : name_(std::move(name)), owner_(std::move(owner)), tensors_(std::move(tensors)) {}

Safetensors Safetensors::open(const std::filesystem::path& path) {
  std::shared_ptr<const base::MappedFile> file = map(path);
  const std::span<const std::byte> bytes = file->bytes();
  return parse(bytes, std::move(file), base::path_text(path));
}

Safetensors Safetensors::parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               std::string name) {
  const std::string_view header = header_of(bytes, name);
  const std::span<const std::byte> body = bytes.subspan(kLengthBytes + header.size());
  std::vector<TensorEntry> entries = parse_safetensors_header(header, name);
  require_tiling(entries, body.size(), name);
  std::vector<Tensor> tensors;
  tensors.reserve(entries.size());
  for (TensorEntry& entry : entries) {
    tensors.push_back({std::move(entry.name), entry.type, std::move(entry.shape),
                       body.subspan(entry.begin, entry.end - entry.begin)});
  }
  std::ranges::sort(tensors, {}, &Tensor::name);
  const auto twin = std::ranges::adjacent_find(tensors, {}, &Tensor::name);
  if (twin != tensors.end()) refuse(name, "tensor " + twin->name + " is there twice");
  return {std::move(name), std::move(owner), std::move(tensors)};
}

const Tensor* Safetensors::find(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(tensors_, name, {}, &Tensor::name);
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

const Tensor& Safetensors::floats(std::string_view name, std::span<const std::size_t> shape) const {
  const Tensor* tensor = find(name);
  if (tensor == nullptr) refuse(name_, "tensor " + std::string(name) + " is missing");
  if (tensor->type == ElementType::int64 || !std::ranges::equal(tensor->shape, shape)) {
    refuse(name_, "tensor " + tensor->name + " is " + name_of(tensor->type) + " " +
                      describe(tensor->shape) + ", must be F32, F16 or BF16 " + describe(shape));
  }
  return *tensor;
}

}  // namespace ruvector::embed
