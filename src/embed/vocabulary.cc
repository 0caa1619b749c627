#include "embed/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "embed/utf8.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

// The hash of bytes is a polynomial in kBase, so that the hashes of a word's prefixes give that of
// any part of it.
constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15;

// Further than this from its place no piece of an honest vocabulary lies.
constexpr std::size_t kMaxProbes = 512;

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

// The low bits of the polynomial hardly depend on the first bytes.
std::uint64_t mix(std::uint64_t hash, bool continues) {
  hash += continues ? 0xD1B54A32D192ED03 : 0;
  hash ^= hash >> 32;
  hash *= 0xD6E8FEB86659FD93;
  return hash ^ hash >> 32;
}

std::uint32_t tag_of(std::uint64_t mixed) { return static_cast<std::uint32_t>(mixed >> 32); }

[[noreturn]] void refuse(const std::string& why) { throw EmbedError("tokenizer.json: " + why); }

}  // namespace

Vocabulary::Vocabulary(std::string prefix, std::size_t expected)
    : prefix_(std::move(prefix)), slots_(std::bit_ceil(2 * expected + 64)) {
  records_.reserve(2 * sizeof(Record) * expected);
  used_.reserve(expected);
}

void Vocabulary::add(std::string_view piece, std::uint64_t id) {
  if (id >= kMaxPieces) {
    refuse("the id of " + in_quotes(piece) + " is " + std::to_string(id) + ", the limit is " +
           std::to_string(kMaxPieces - 1));
  }
  if (piece.size() > kMaxPieceBytes) {
    refuse("piece " + in_quotes(piece) + " has " + std::to_string(piece.size()) +
           " bytes, the limit is " + std::to_string(kMaxPieceBytes));
  }
  if (find(piece)) refuse("piece " + in_quotes(piece) + " is there twice");
  if (id >= used_.size()) used_.resize(id + 1);
  if (used_[id]) refuse("id " + std::to_string(id) + " of " + in_quotes(piece) + " is there twice");
  used_[id] = true;
  insert(piece, static_cast<std::uint32_t>(id), Place::begins);
  if (piece.size() > prefix_.size() && piece.starts_with(prefix_)) {
    insert(piece.substr(prefix_.size()), static_cast<std::uint32_t>(id), Place::continues);
  }
}

std::optional<std::uint32_t> Vocabulary::find(std::string_view piece) const {
  const std::optional<std::size_t> at = find(hash_of(piece), piece, Place::begins);
  if (!at) return std::nullopt;
  return record_at(*at).id;
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
    const Lengths& lengths = lengths_[index_of(place)][static_cast<unsigned char>(word[begin])];
    std::size_t length = std::min(word.size() - begin, lengths.longest);
    std::optional<std::size_t> found;
    for (; length > 0; --length) {
      if (!lengths.has(length)) continue;
      const std::uint64_t hash =
          prefix_hashes[begin + length] - prefix_hashes[begin] * kPowers[length];
      found = find(hash, word.substr(begin, length), place);
      if (found) break;
    }
    if (!found) {
      ids.resize(before);
      return false;
    }
    ids.push_back(record_at(*found).id);
    begin += length;
  }
  return true;
}

std::optional<std::size_t> Vocabulary::find(std::uint64_t hash, std::string_view text,
                                            Place place) const {
  const std::uint64_t mixed = mix(hash, place == Place::continues);
  for (std::size_t i = mixed;; ++i) {
    const Slot& slot = slots_[i & (slots_.size() - 1)];
    if (slot.record_plus_1 == 0) return std::nullopt;
    const std::size_t at = slot.record_plus_1 - 1;
    if (slot.tag == tag_of(mixed) && record_at(at).place == place && text_at(at) == text) return at;
  }
}

void Vocabulary::insert(std::string_view text, std::uint32_t id, Place place) {
  const std::size_t at = records_.size();
  if (at + sizeof(Record) + text.size() > UINT32_MAX) refuse("the pieces have more than 4 GiB");
  const Record record{id, static_cast<std::uint16_t>(text.size()), place};
  records_.resize(at + sizeof record + text.size());
  std::memcpy(records_.data() + at, &record, sizeof record);
  std::ranges::copy(text, records_.data() + at + sizeof record);
  if (!text.empty()) {
    lengths_[index_of(place)][static_cast<unsigned char>(text[0])].add(text.size());
  }
  if (3 * (taken_ + 1) > 2 * slots_.size()) return grow();
  put_into_slot(at);
}

void Vocabulary::put_into_slot(std::size_t at) {
  const bool continues = record_at(at).place == Place::continues;
  const std::uint64_t mixed = mix(hash_of(text_at(at)), continues);
  for (std::size_t probe = 0; probe < kMaxProbes; ++probe) {
    Slot& slot = slots_[(mixed + probe) & (slots_.size() - 1)];
    if (slot.record_plus_1 != 0) continue;
    slot = {tag_of(mixed), static_cast<std::uint32_t>(at + 1)};
    ++taken_;
    return;
  }
  refuse("more than " + std::to_string(kMaxProbes) + " pieces collide in a hash table");
}

void Vocabulary::grow() {
  slots_.assign(2 * slots_.size(), {});
  taken_ = 0;
  for (std::size_t at = 0; at < records_.size();) {
    put_into_slot(at);
    at += sizeof(Record) + record_at(at).length;
  }
}

}  // namespace ruvector::embed
