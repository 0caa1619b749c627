#include "embed/vocabulary.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "embed/utf8.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

// The hash of bytes is a polynomial in kBase, so that the hashes of a word's prefixes give that of
// any part of it.
constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15;

// Further than this from its place no piece of an honest vocabulary lies.
constexpr std::size_t kMaxProbes = 256;

constexpr auto kPowers = [] {
  std::array<std::uint64_t, kMaxWordBytes + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * kBase;
  return powers;
}();

std::uint64_t append(std::uint64_t hash, char byte) {
  return hash * kBase + static_cast<unsigned char>(byte) + 1;
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0;
  for (const char byte : text) hash = append(hash, byte);
  return hash;
}

// The polynomial's low bits know little of the first bytes, and nothing of the place.
std::uint64_t mix(std::uint64_t hash, bool continues) {
  hash += continues ? 0xD1B54A32D192ED03 : 0;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93;
  return hash ^ hash >> 32;
}

}  // namespace

Vocabulary::Vocabulary(std::string prefix) : prefix_(std::move(prefix)), slots_(64) {}

void Vocabulary::add(std::string_view piece, std::uint64_t id) {
  const auto name = [&] { return "piece " + in_quotes(piece); };
  if (id >= kMaxPieces) {
    throw EmbedError("tokenizer.json: the id of " + name() + " is " + std::to_string(id) +
                     ", ids are below " + std::to_string(kMaxPieces));
  }
  if (find(piece) != kMaxPieces) throw EmbedError("tokenizer.json: " + name() + " is there twice");
  if (id < used_.size() && used_[id]) {
    throw EmbedError("tokenizer.json: id " + std::to_string(id) + " of " + name() + " is taken");
  }
  if (texts_.size() + piece.size() > UINT32_MAX) {
    throw EmbedError("tokenizer.json: the pieces have more than 4 GiB");
  }
  if (id >= used_.size()) used_.resize(id + 1);
  used_[id] = true;
  ++count_;
  const auto offset = static_cast<std::uint32_t>(texts_.size());
  texts_ += piece;
  const auto length = static_cast<std::uint32_t>(piece.size());
  insert({offset, length, static_cast<std::uint32_t>(id), Place::begins});
  if (piece.size() > prefix_.size() && piece.starts_with(prefix_)) {
    const auto skipped = static_cast<std::uint32_t>(prefix_.size());
    insert({offset + skipped, length - skipped, static_cast<std::uint32_t>(id), Place::continues});
  }
}

std::size_t Vocabulary::find(std::string_view piece) const {
  const Entry* entry = find(hash_of(piece), piece, Place::begins);
  return entry == nullptr ? kMaxPieces : entry->id;
}

bool Vocabulary::split(std::string_view word, std::vector<std::uint32_t>& ids) const {
  std::array<std::uint64_t, kMaxWordBytes + 1> prefix_hashes;
  prefix_hashes[0] = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    prefix_hashes[i + 1] = append(prefix_hashes[i], word[i]);
  }
  const std::size_t before = ids.size();
  Place place = Place::begins;
  for (std::size_t begin = 0; begin < word.size(); place = Place::continues) {
    const auto first = static_cast<unsigned char>(word[begin]);
    const std::size_t longest = longest_[index_of(place)][first];
    const Entry* found = nullptr;
    for (std::size_t length = std::min(word.size() - begin, longest); length > 0; --length) {
      const std::uint64_t hash =
          prefix_hashes[begin + length] - prefix_hashes[begin] * kPowers[length];
      found = find(hash, word.substr(begin, length), place);
      if (found != nullptr) break;
    }
    if (found == nullptr) {
      ids.resize(before);
      return false;
    }
    ids.push_back(found->id);
    begin += found->length;
  }
  return true;
}

const Vocabulary::Entry* Vocabulary::find(std::uint64_t hash, std::string_view text,
                                          Place place) const {
  const std::uint64_t mixed = mix(hash, place == Place::continues);
  const auto tag = static_cast<std::uint32_t>(mixed >> 32);
  for (std::size_t i = mixed;; ++i) {
    const Slot& slot = slots_[i & (slots_.size() - 1)];
    if (slot.entry_plus_1 == 0) return nullptr;
    if (slot.tag != tag) continue;
    const Entry& entry = entries_[slot.entry_plus_1 - 1];
    if (entry.place == place && text_of(entry) == text) return &entry;
  }
}

void Vocabulary::insert(const Entry& entry) {
  if (entry.length > 0) {
    const auto first = static_cast<unsigned char>(texts_[entry.offset]);
    std::uint32_t& longest = longest_[index_of(entry.place)][first];
    longest = std::max(longest, entry.length);
  }
  entries_.push_back(entry);
  if (2 * entries_.size() <= slots_.size()) return put_into_slot(entries_.size() - 1);
  slots_.assign(2 * slots_.size(), {});
  for (std::size_t i = 0; i < entries_.size(); ++i) put_into_slot(i);
}

void Vocabulary::put_into_slot(std::size_t entry_index) {
  const Entry& entry = entries_[entry_index];
  const std::uint64_t mixed = mix(hash_of(text_of(entry)), entry.place == Place::continues);
  for (std::size_t probe = 0; probe < kMaxProbes; ++probe) {
    Slot& slot = slots_[(mixed + probe) & (slots_.size() - 1)];
    if (slot.entry_plus_1 != 0) continue;
    slot = {static_cast<std::uint32_t>(mixed >> 32), static_cast<std::uint32_t>(entry_index + 1)};
    return;
  }
  throw EmbedError("tokenizer.json: more than " + std::to_string(kMaxProbes) +
                   " pieces are made to collide in a hash table");
}

}  // namespace ruvector::embed
