// Where the vectors of lists lie among the codes: a list owns whole superblocks and fills their
// lanes from the front. Vectors are numbered by slot everywhere else.
// Not thread-safe by itself: const methods may run at once; changes need exclusive access.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/array.h"

namespace ruvector::index {

class ListLayout {
 public:
  static constexpr std::uint32_t kNoSlot = 0xffffffffU;

  // Superblocks [first, first + count).
  struct Run {
    std::uint32_t first;
    std::uint32_t count;
  };
  // As saved (docs/formats/rbpx.md).
  struct Arrays {
    base::Array<std::uint32_t> sizes;   // vectors in each list
    base::Array<std::uint32_t> owners;  // the list of each superblock
    base::Array<std::uint32_t> slots;   // the slot of each lane, kNoSlot where there is none
    base::Array<std::uint32_t> lanes;   // the lane of each slot
  };

  ListLayout() = default;
  explicit ListLayout(std::size_t lists);
  // `lists` lists over all slots at once, each in one run; list_of_slot[i] < lists.
  ListLayout(std::size_t lists, std::span<const std::uint32_t> list_of_slot);
  // Takes over saved arrays. Throws std::invalid_argument when sizes and owners cannot be of one
  // layout; slots and lanes are believed only as far as they lie within the other.
  explicit ListLayout(Arrays arrays);

  std::size_t list_count() const noexcept { return lists_.size(); }
  std::size_t block_count() const noexcept { return arrays_.owners.size(); }
  std::size_t slot_count() const noexcept { return arrays_.lanes.size(); }
  const Arrays& arrays() const noexcept { return arrays_; }
  const std::uint32_t* slots() const noexcept { return arrays_.slots.data(); }

  std::size_t size(std::size_t list) const noexcept { return arrays_.sizes[list]; }
  // The superblocks that hold the list's vectors, and what it owns beyond them.
  std::span<const Run> runs(std::size_t list) const noexcept { return lists_[list].runs; }
  std::size_t list_of_lane(std::size_t lane) const noexcept { return arrays_.owners[lane / 64]; }
  std::uint32_t lane(std::size_t slot) const noexcept { return arrays_.lanes[slot]; }

  // A lane in `list` for the slot slot_count(), which is thereby there.
  std::uint32_t append(std::size_t list);
  // Forgets the last slots, down to `count`: the opposite of append().
  void truncate(std::size_t count);

  // What has to move when a slot is removed: the code in lane `from`, the last of its list, to lane
  // `to`; lane `from` is then empty. They may be the same.
  struct Removal {
    std::uint32_t from;
    std::uint32_t to;
  };
  // Removes a slot; the last slot takes its number.
  Removal remove(std::size_t slot);

  void shrink_to_fit();

  // Throws std::invalid_argument unless slots and lanes name each other and lists are filled from
  // the front.
  void check() const;
  // The same, once, of saved arrays, before they are changed or lanes are looked up in them; a
  // search does without. Throws IndexError.
  void check_saved();

 private:
  struct List {
    std::vector<Run> runs;
    std::size_t blocks = 0;
  };
  void own(std::size_t list, std::size_t first, std::size_t count);
  std::uint32_t lane_at(std::size_t list, std::size_t position) const;

  std::vector<List> lists_;
  bool checked_ = true;
  Arrays arrays_;
};

}  // namespace ruvector::index
