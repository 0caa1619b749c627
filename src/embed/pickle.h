// Reads Python's pickle format without doing anything that it says: what would be called or
// imported is only noted down. Enough opcodes for what torch writes; the rest is refused.
//
// Thread-safe: nothing changes after it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector::embed {

inline constexpr std::size_t kMaxPickleBytes = std::size_t{1} << 20;

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,     // number
    integer,     // number
    real,        // its value is not kept
    text,        // text
    tuple,       // items
    list,        // items
    dict,        // items: key, value, key, value, ...
    global,      // text: "module name"
    call,        // items: global, tuple of arguments
    persistent,  // items: the id that the file's writer gave
  };

  Kind kind = Kind::none;
  std::int64_t number = 0;
  std::string_view text = {};
  std::vector<std::uint32_t> items = {};  // places in Pickle::values()
};

class Pickle {
 public:
  // Reads the pickle that `bytes` begin with; they must outlive this. Only the globals in
  // `allowed`, each "module name", may be mentioned; "collections OrderedDict" is, when called, a
  // dict, and attributes that are set on a dict are dropped. Throws EmbedError, which begins with
  // `file`, for everything else, and for more than kMaxPickleBytes.
  Pickle(std::span<const std::byte> bytes, std::span<const std::string_view> allowed,
         const std::string& file);

  const PickleValue& root() const { return values_[root_]; }
  const PickleValue& value(std::uint32_t place) const { return values_[place]; }
  std::size_t size_bytes() const noexcept { return size_; }  // up to its end

 private:
  friend class PickleMachine;
  std::vector<PickleValue> values_;  // may refer to each other in circles
  std::uint32_t root_ = 0;
  std::size_t size_ = 0;
};

}  // namespace ruvector::embed
