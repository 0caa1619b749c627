#include "index/slot_filter.h"

#include <bit>
#include <stdexcept>
#include <string>

#include "kernels/dispatch.h"

namespace ruvector::index {
namespace {

[[noreturn]] void refuse(const char* what, std::size_t has, std::size_t wanted) {
  throw std::invalid_argument(std::string("filter: a ") + what + " of " + std::to_string(has) +
                              " entries, the index needs " + std::to_string(wanted));
}

}  // namespace

SlotFilter::SlotFilter(const Filter& filter, const IdMap& map, const Id* ids, std::size_t count)
    : allowed_(count) {
  if (std::holds_alternative<std::monostate>(filter)) return;
  words_.resize((count + 63) / 64 + 1);  // never empty, so that an empty filter is no "everything"
  if (const auto* mask = std::get_if<Mask>(&filter)) {
    if (mask->allowed.size() != count) refuse("mask", mask->allowed.size(), count);
    allowed_ = kernels::active().pack_mask(mask->allowed.data(), count, words_.data());
    return;
  }
  if (const auto* bitmap = std::get_if<Bitmap>(&filter)) {
    const std::size_t bytes = (count + 7) / 8;
    if (bitmap->bits.size() != bytes) refuse("bitmap in bytes", bitmap->bits.size(), bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
      words_[i / 8] |= std::uint64_t{bitmap->bits[i]} << (i % 8 * 8);
    }
    if (count % 64 != 0) words_[count / 64] &= (std::uint64_t{1} << (count % 64)) - 1;
  } else {
    for (const Id id : std::get<Ids>(filter).allowed) {
      if (const auto slot = map.find(id, ids, count)) set(*slot);
    }
  }
  allowed_ = 0;
  for (const std::uint64_t word : words_) allowed_ += static_cast<std::size_t>(std::popcount(word));
}

std::vector<std::uint32_t> SlotFilter::slots(std::size_t first_word, std::size_t last_word) const {
  std::vector<std::uint32_t> result;
  for (std::size_t w = first_word; w < last_word; ++w) {
    for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
      result.push_back(
          static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(word))));
    }
  }
  return result;
}

}  // namespace ruvector::index
