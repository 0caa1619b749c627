// The pieces of a WordPiece vocabulary, and how a word is cut into them.
// Thread-safe once it is filled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector::embed {

// Words have at most so many code points and bytes.
inline constexpr std::size_t kMaxWordChars = 256;
inline constexpr std::size_t kMaxWordBytes = 4 * kMaxWordChars;

inline constexpr std::size_t kMaxPieces = std::size_t{1} << 20;  // and their ids are below it
inline constexpr std::size_t kMaxPieceBytes = 0xFFFF;

class Vocabulary {
 public:
  // `prefix` is what pieces begin with that continue a word, such as "##". The tables are made for
  // some `expected` pieces; more are slower to add.
  Vocabulary(std::string prefix, std::size_t expected);

  // Throws EmbedError for a piece or an id that is there already or above its limit.
  void add(std::string_view piece, std::uint64_t id);

  // The id of a piece.
  std::optional<std::uint32_t> find(std::string_view piece) const;

  // Appends the ids of the longest pieces, from the front of `word` to its end, and returns true;
  // or appends none and returns false when there is a rest that no piece begins. `word` is UTF-8 of
  // 1 to kMaxWordBytes bytes.
  bool split(std::string_view word, std::vector<std::uint32_t>& ids) const;

  // Ids are below this.
  std::size_t id_bound() const { return used_.size(); }

 private:
  // A piece stands under its text when it begins a word, and under the text behind the prefix when
  // it continues one.
  enum class Place : std::uint16_t { begins, continues };
  // What lies in `records_` before each text.
  struct Record {
    std::uint32_t id;
    std::uint16_t length;
    Place place;
  };
  // How many bytes pieces have.
  struct Lengths {
    std::uint64_t below_64 = 0;  // bit i: there is one of i bytes
    std::size_t longest = 0;

    void add(std::size_t length) {
      if (length < 64) below_64 |= std::uint64_t{1} << length;
      longest = longest < length ? length : longest;
    }
    bool has(std::size_t length) const { return length >= 64 || (below_64 >> length & 1) != 0; }
  };
  struct Slot {
    std::uint32_t tag = 0;  // of the hash
    std::uint32_t record_plus_1 = 0;
  };

  static std::size_t index_of(Place place) { return place == Place::begins ? 0 : 1; }
  std::optional<std::size_t> find(std::uint64_t hash, std::string_view text, Place place) const;
  void insert(std::string_view text, std::uint32_t id, Place place);
  void put_into_slot(std::size_t record_at);
  void grow();
  Record record_at(std::size_t at) const {
    Record record;
    std::memcpy(&record, records_.data() + at, sizeof record);
    return record;
  }
  std::string_view text_at(std::size_t at) const {
    return {records_.data() + at + sizeof(Record), record_at(at).length};
  }

  std::string prefix_;
  std::vector<char> records_;
  std::vector<Slot> slots_;  // a power of two, at most two thirds of them taken
  std::size_t taken_ = 0;
  std::vector<bool> used_;                             // by id
  std::array<std::array<Lengths, 256>, 2> lengths_{};  // by place and first byte
};

}  // namespace ruvector::embed
