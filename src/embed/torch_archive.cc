#include "embed/torch_archive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/mapped_file.h"
#include "base/path_text.h"
#include "embed/pickle.h"
#include "embed/safetensors.h"
#include "embed/zip_archive.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";

struct StorageType {
  std::string_view name;
  ElementType type;
};
constexpr std::array<StorageType, 4> kStorageTypes = {{
    {"torch FloatStorage", ElementType::float32},
    {"torch HalfStorage", ElementType::float16},
    {"torch BFloat16Storage", ElementType::bfloat16},
    {"torch LongStorage", ElementType::int64},
}};

constexpr std::array<std::string_view, 7> kAllowed = {
    "collections OrderedDict", kRebuildTensor,        kRebuildParameter,    kStorageTypes[0].name,
    kStorageTypes[1].name,     kStorageTypes[2].name, kStorageTypes[3].name};

// The long integer that the older form begins with, and the version behind it, as pickles.
constexpr std::string_view kOldMagic{"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
                                     15};
constexpr std::int64_t kOldProtocol = 1001;

bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

// Where a tensor lies in its storage, in elements.
struct Layout {
  std::size_t offset;
  std::vector<std::size_t> shape;
  std::vector<std::size_t> strides;
};

// Whether elements follow one another in the order of their indices. Strides along axes of one
// element mean nothing.
bool is_contiguous(const Layout& layout) {
  std::size_t expected = 1;
  for (std::size_t axis = layout.shape.size(); axis-- > 0;) {
    if (layout.shape[axis] == 1) continue;
    if (layout.strides[axis] != expected) return false;
    expected *= layout.shape[axis];
  }
  return true;
}

}  // namespace

class TorchReader {
 public:
  TorchReader(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
              const std::string& file)
      : bytes_(bytes), file_(file) {
    archive_.owner_ = std::move(owner);
  }

  TorchArchive read() {
    if (ZipArchive::is_one(bytes_)) {
      read_zip();
    } else if (begins_with(bytes_, kOldMagic)) {
      read_old();
    } else {
      fail("is no file of torch.save()");
    }
    std::ranges::sort(archive_.tensors_, {}, &Tensor::name);
    const auto twice = std::ranges::adjacent_find(archive_.tensors_, {}, &Tensor::name);
    if (twice != archive_.tensors_.end()) fail("has two tensors '" + twice->name + "'");
    return std::move(archive_);
  }

 private:
  struct Storage {
    ElementType type;
    std::size_t count;  // elements
    std::span<const std::byte> bytes;
  };

  [[noreturn]] void fail(const std::string& reason) const {
    throw EmbedError(file_ + ": " + reason);
  }

  // --- the two forms

  void read_zip() {
    const ZipArchive zip(bytes_, file_);
    const auto main = std::ranges::find_if(zip.entries(), [](const ZipEntry& entry) {
      return entry.name == "data.pkl" || entry.name.ends_with("/data.pkl");
    });
    if (main == zip.entries().end()) fail("has no data.pkl");
    const std::string folder(main->name.substr(0, main->name.size() - std::strlen("data.pkl")));
    const ZipEntry* order = zip.find(folder + "byteorder");
    if (order != nullptr && !begins_with(order->bytes, "little")) fail("is not little-endian");

    const Pickle pickle(main->bytes, kAllowed, file_);
    find_storages(pickle);
    for (auto& [key, storage] : storages_) {
      const ZipEntry* entry = zip.find(folder + "data/" + std::string(key));
      if (entry == nullptr) fail("has no storage '" + std::string(key) + "'");
      set_bytes(storage, key, entry->bytes);
    }
    read_tensors(pickle);
  }

  void read_old() {
    std::size_t at = 0;
    const auto next = [&] {
      const Pickle pickle(bytes_.subspan(at), kAllowed, file_);
      at += pickle.size_bytes();
      return pickle;
    };
    next();  // the magic number
    if (next().root().number != kOldProtocol) fail("is of an unknown version of torch.save()");
    const Pickle system = next();
    const PickleValue* little = find(system, system.root(), "little_endian");
    if (little == nullptr || little->number != 1) fail("is not little-endian");
    const Pickle main = next();
    const Pickle keys = next();
    find_storages(main);
    for (const std::uint32_t place : keys.root().items) {
      at = read_old_storage(keys.value(place).text, at);
    }
    for (const auto& [key, storage] : storages_) {
      if (storage.bytes.size() != storage.count * size_of(storage.type)) {
        fail("has no storage '" + std::string(key) + "'");
      }
    }
    read_tensors(main);
  }

  // The number of elements, then the elements. Returns the offset behind them.
  std::size_t read_old_storage(std::string_view key, std::size_t at) {
    const auto found = storages_.find(key);
    if (found == storages_.end()) fail("has a storage '" + std::string(key) + "' of no tensor");
    std::uint64_t count = 0;
    if (bytes_.size() - at < sizeof(count)) fail("ends before storage '" + std::string(key) + "'");
    std::memcpy(&count, bytes_.data() + at, sizeof(count));
    at += sizeof(count);
    Storage& storage = found->second;
    if (count != storage.count) fail("has two sizes of storage '" + std::string(key) + "'");
    set_bytes(storage, key, bytes_.subspan(at));
    return at + storage.bytes.size();
  }

  // --- storages

  void find_storages(const Pickle& pickle) {
    require(pickle.root().kind == Kind::dict, "a dict of tensors");
    for (std::size_t i = 1; i < pickle.root().items.size(); i += 2) {
      const PickleValue& call = tensor_call(pickle, pickle.root().items[i]);
      const PickleValue& id = argument(pickle, call, 0, Kind::persistent);
      const PickleValue& parts = pickle.value(id.items[0]);
      require(parts.kind == Kind::tuple && parts.items.size() >= 5, "a storage");
      require(text_of(pickle, parts.items[0]) == "storage", "a storage");
      for (std::size_t extra = 5; extra < parts.items.size(); ++extra) {
        require(pickle.value(parts.items[extra]).kind == Kind::none, "a storage of its own");
      }
      const Storage storage{
          type_of(pickle.value(parts.items[1])), extent_of(pickle, parts.items[4]), {}};
      const auto [known, is_new] = storages_.emplace(text_of(pickle, parts.items[2]), storage);
      require(known->second.type == storage.type && known->second.count == storage.count,
              "one storage by one key");
    }
  }

  ElementType type_of(const PickleValue& global) const {
    for (const StorageType& known : kStorageTypes) {
      if (global.kind == Kind::global && global.text == known.name) return known.type;
    }
    fail("has a storage of no known type");
  }

  // `bytes` may go on behind the storage.
  void set_bytes(Storage& storage, std::string_view key, std::span<const std::byte> bytes) {
    if (storage.count > bytes.size() / size_of(storage.type)) {
      fail("has " + std::to_string(bytes.size()) + " bytes for the " +
           std::to_string(storage.count) + " elements of storage '" + std::string(key) + "'");
    }
    storage.bytes = bytes.first(storage.count * size_of(storage.type));
  }

  // --- tensors

  void read_tensors(const Pickle& pickle) {
    const std::vector<std::uint32_t>& items = pickle.root().items;
    if (items.size() / 2 > kMaxTensors)
      fail("has more than " + std::to_string(kMaxTensors) + " tensors");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const std::string_view name = text_of(pickle, items[i]);
      const bool printable = std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
      require(!name.empty() && name.size() <= kMaxTensorNameBytes && printable, "a name");
      add_tensor(pickle, std::string(name), tensor_call(pickle, items[i + 1]));
    }
  }

  void add_tensor(const Pickle& pickle, std::string name, const PickleValue& call) {
    const PickleValue& id = argument(pickle, call, 0, Kind::persistent);
    const Storage& storage = storages_.at(text_of(pickle, pickle.value(id.items[0]).items[2]));
    const PickleValue& arguments = pickle.value(call.items[1]);
    const Layout layout{extent_of(pickle, arguments.items[1]),
                        extents_of(pickle, argument(pickle, call, 2, Kind::tuple)),
                        extents_of(pickle, argument(pickle, call, 3, Kind::tuple))};
    const std::size_t count = checked_count(layout, storage, name);
    const std::size_t element = size_of(storage.type);
    std::span<const std::byte> bytes;
    if (count == 0 || is_contiguous(layout)) {
      bytes = storage.bytes.subspan(count == 0 ? 0 : layout.offset * element, count * element);
    } else {
      bytes = copy_together(layout, storage.bytes, count, element);
    }
    archive_.tensors_.push_back({std::move(name), storage.type, layout.shape, bytes});
  }

  // The number of elements, all of which lie in the storage, and not more than it has.
  std::size_t checked_count(const Layout& layout, const Storage& storage, const std::string& name) {
    if (layout.shape.size() > kMaxTensorRank || layout.strides.size() != layout.shape.size()) {
      fail("tensor " + name + " has " + std::to_string(layout.shape.size()) + " axes and " +
           std::to_string(layout.strides.size()) + " strides, must have at most " +
           std::to_string(kMaxTensorRank) + " of both");
    }
    if (std::ranges::count(layout.shape, std::size_t{0}) != 0) return 0;
    std::size_t count = 1;
    std::size_t last = layout.offset;
    for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
      // Extents, strides and the storage are below 2^32, see extent_of().
      count *= layout.shape[axis];
      last += (layout.shape[axis] - 1) * layout.strides[axis];
      if (count > storage.count || last >= storage.count) break;
    }
    if (count > storage.count || last >= storage.count) {
      fail("tensor " + name + " of shape " + describe(layout.shape) +
           " reaches beyond its storage of " + std::to_string(storage.count) + " elements");
    }
    return count;
  }

  std::span<const std::byte> copy_together(const Layout& layout, std::span<const std::byte> from,
                                           std::size_t count, std::size_t element) {
    auto copy = std::make_unique<std::byte[]>(count * element);
    std::vector<std::size_t> index(layout.shape.size());
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t place = layout.offset;
      for (std::size_t axis = 0; axis < index.size(); ++axis) {
        place += index[axis] * layout.strides[axis];
      }
      std::memcpy(copy.get() + i * element, from.data() + place * element, element);
      for (std::size_t axis = index.size(); axis-- > 0;) {
        if (++index[axis] < layout.shape[axis]) break;
        index[axis] = 0;
      }
    }
    const std::span<const std::byte> bytes(copy.get(), count * element);
    archive_.copies_.push_back(std::move(copy));
    return bytes;
  }

  // --- what the pickle says

  void require(bool condition, const char* what) const {
    if (!condition) fail(std::string("has something else where ") + what + " should be");
  }

  std::string_view text_of(const Pickle& pickle, std::uint32_t place) const {
    const PickleValue& value = pickle.value(place);
    require(value.kind == Kind::text, "a name");
    return value.text;
  }

  // A size, offset or stride.
  std::size_t extent_of(const Pickle& pickle, std::uint32_t place) const {
    const PickleValue& value = pickle.value(place);
    require(value.kind == Kind::integer && value.number >= 0 && value.number <= 0xffff'ffff,
            "a size below 2^32");
    return static_cast<std::size_t>(value.number);
  }

  std::vector<std::size_t> extents_of(const Pickle& pickle, const PickleValue& tuple) const {
    std::vector<std::size_t> extents;
    extents.reserve(tuple.items.size());
    for (const std::uint32_t place : tuple.items) extents.push_back(extent_of(pickle, place));
    return extents;
  }

  // The call that makes a tensor; a parameter is a tensor in a wrapper.
  const PickleValue& tensor_call(const Pickle& pickle, std::uint32_t place) const {
    const PickleValue* call = &pickle.value(place);
    require(call->kind == Kind::call, "a tensor");
    if (pickle.value(call->items[0]).text == kRebuildParameter) {
      call = &argument(pickle, *call, 0, Kind::call);
    }
    require(pickle.value(call->items[0]).text == kRebuildTensor, "a tensor");
    require(pickle.value(call->items[1]).items.size() >= 4, "a tensor");
    return *call;
  }

  const PickleValue& argument(const Pickle& pickle, const PickleValue& call, std::size_t number,
                              Kind kind) const {
    const std::vector<std::uint32_t>& arguments = pickle.value(call.items[1]).items;
    require(number < arguments.size() && pickle.value(arguments[number]).kind == kind, "a tensor");
    return pickle.value(arguments[number]);
  }

  static const PickleValue* find(const Pickle& pickle, const PickleValue& dict,
                                 std::string_view key) {
    if (dict.kind != Kind::dict) return nullptr;
    for (std::size_t i = 0; i < dict.items.size(); i += 2) {
      if (pickle.value(dict.items[i]).text == key) return &pickle.value(dict.items[i + 1]);
    }
    return nullptr;
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
  std::map<std::string_view, Storage> storages_;  // by key; keys lie in bytes_
  TorchArchive archive_;
};

bool TorchArchive::is_one(std::span<const std::byte> bytes) noexcept {
  return ZipArchive::is_one(bytes) || begins_with(bytes, kOldMagic);
}

TorchArchive TorchArchive::open(const std::filesystem::path& path) {
  std::shared_ptr<const base::MappedFile> file;
  try {
    file = base::MappedFile::open(path);
  } catch (const PersistError& error) {
    throw EmbedError(error.what());
  }
  return parse(file->bytes(), file, base::path_text(path));
}

TorchArchive TorchArchive::parse(std::span<const std::byte> bytes,
                                 std::shared_ptr<const void> owner, const std::string& name) {
  return TorchReader(bytes, std::move(owner), name).read();
}

void convert_torch_archive(const std::filesystem::path& from, const std::filesystem::path& to) {
  const TorchArchive archive = TorchArchive::open(from);
  try {
    write_safetensors(to, archive.tensors());
  } catch (const std::invalid_argument& error) {
    throw EmbedError(base::path_text(from) + ": " + error.what());
  }
}

}  // namespace ruvector::embed
