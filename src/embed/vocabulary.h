// The pieces of a WordPiece vocabulary, and how a word is cut into them.
// Thread-safe once it is filled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector::embed {

// Words have at most so many code points and bytes.
inline constexpr std::size_t kMaxWordChars = 256;
inline constexpr std::size_t kMaxWordBytes = 4 * kMaxWordChars;

inline constexpr std::size_t kMaxPieces = std::size_t{1} << 20;

class Vocabulary {
 public:
  // `prefix` is what pieces begin with that continue a word, such as "##".
  explicit Vocabulary(std::string prefix);

  // Throws EmbedError for an id of kMaxPieces or more, a piece or an id that is there already.
  void add(std::string_view piece, std::uint64_t id);

  // The id of a piece; kMaxPieces when it is not there.
  std::size_t find(std::string_view piece) const;

  // Appends the ids of the longest pieces, from the front of `word` to its end, and returns true;
  // or appends none and returns false when there is a rest that no piece begins. `word` is UTF-8 of
  // 1 to kMaxWordBytes bytes.
  bool split(std::string_view word, std::vector<std::uint32_t>& ids) const;

  std::size_t count() const { return count_; }
  std::size_t max_id_plus_1() const { return used_.size(); }

 private:
  // A piece stands under its text when it begins a word, and under the text behind the prefix when
  // it continues one.
  enum class Place : std::uint32_t { begins, continues };
  struct Slot {
    std::uint32_t tag = 0;  // of the hash
    std::uint32_t entry_plus_1 = 0;
  };
  struct Entry {
    std::uint32_t offset;
    std::uint32_t length;
    std::uint32_t id;
    Place place;
  };

  static std::size_t index_of(Place place) { return place == Place::begins ? 0 : 1; }
  const Entry* find(std::uint64_t hash, std::string_view text, Place place) const;
  void insert(const Entry& entry);
  void put_into_slot(std::size_t entry_index);
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(texts_).substr(entry.offset, entry.length);
  }

  std::string prefix_;
  std::string texts_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::vector<bool> used_;   // ids
  std::size_t count_ = 0;
  // Bytes of the longest piece with that first byte, for each place.
  std::array<std::array<std::uint32_t, 256>, 2> longest_{};
};

}  // namespace ruvector::embed
