#include "index/list_layout.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "ruvector/base/errors.h"

namespace ruvector::index {
namespace {

constexpr std::size_t kLanes = 64;  // of a superblock
constexpr std::size_t kGrowth = 4;  // a full list gets a part of its size more, one in so many

std::size_t blocks_of(std::size_t vectors) { return (vectors + kLanes - 1) / kLanes; }

}  // namespace

ListLayout::ListLayout(std::size_t lists) : lists_(lists) { arrays_.sizes.resize(lists); }

ListLayout::ListLayout(std::size_t lists, std::span<const std::uint32_t> list_of_slot)
    : ListLayout(lists) {
  std::uint32_t* sizes = arrays_.sizes.mutable_data();
  for (const std::uint32_t list : list_of_slot) ++sizes[list];
  std::vector<std::uint32_t> next(lists);
  for (std::size_t list = 0; list < lists; ++list) {
    next[list] = static_cast<std::uint32_t>(block_count() * kLanes);
    if (sizes[list] != 0) own(list, block_count(), blocks_of(sizes[list]));
  }
  arrays_.lanes.resize(list_of_slot.size());
  std::uint32_t* slots = arrays_.slots.mutable_data();
  std::uint32_t* lanes = arrays_.lanes.mutable_data();
  for (std::size_t slot = 0; slot < list_of_slot.size(); ++slot) {
    const std::uint32_t lane = next[list_of_slot[slot]]++;
    slots[lane] = static_cast<std::uint32_t>(slot);
    lanes[slot] = lane;
  }
}

ListLayout::ListLayout(Arrays arrays)
    : lists_(arrays.sizes.size()), checked_(false), arrays_(std::move(arrays)) {
  for (std::size_t block = 0; block < block_count(); ++block) {
    const std::uint32_t list = arrays_.owners[block];
    if (list >= list_count()) {
      throw std::invalid_argument("superblock " + std::to_string(block) + " belongs to list " +
                                  std::to_string(list) + " of " + std::to_string(list_count()));
    }
    List& owner = lists_[list];
    const auto number = static_cast<std::uint32_t>(block);
    if (!owner.runs.empty() && owner.runs.back().first + owner.runs.back().count == number) {
      ++owner.runs.back().count;
    } else {
      owner.runs.push_back({number, 1});
    }
    ++owner.blocks;
  }
  std::size_t total = 0;
  for (std::size_t list = 0; list < list_count(); ++list) {
    total += size(list);
    if (size(list) <= lists_[list].blocks * kLanes) continue;
    throw std::invalid_argument("list " + std::to_string(list) + " has " +
                                std::to_string(size(list)) + " vectors in " +
                                std::to_string(lists_[list].blocks) + " superblocks");
  }
  if (total != slot_count()) {
    throw std::invalid_argument("lists have " + std::to_string(total) + " vectors of " +
                                std::to_string(slot_count()));
  }
}

void ListLayout::check() const {
  std::size_t filled = 0;
  for (std::size_t list = 0; list < list_count(); ++list) {
    for (std::size_t position = 0; position < size(list); ++position, ++filled) {
      const std::uint32_t lane = lane_at(list, position);
      const std::uint32_t slot = arrays_.slots[lane];
      if (slot < slot_count() && arrays_.lanes[slot] == lane) continue;
      throw std::invalid_argument("lane " + std::to_string(lane) + " of list " +
                                  std::to_string(list) + " says slot " + std::to_string(slot) +
                                  ", which says otherwise");
    }
  }
  const auto empty =
      static_cast<std::size_t>(std::count(arrays_.slots.begin(), arrays_.slots.end(), kNoSlot));
  if (filled + empty != arrays_.slots.size()) {
    throw std::invalid_argument(std::to_string(arrays_.slots.size()) + " lanes, of which " +
                                std::to_string(filled) + " are filled and " +
                                std::to_string(empty) + " empty");
  }
}

void ListLayout::check_saved() {
  if (checked_) return;
  try {
    check();
  } catch (const std::invalid_argument& error) {
    throw IndexError(std::string("lists of the index: the file it was loaded from is damaged: ") +
                     error.what());
  }
  checked_ = true;
}

// New superblocks, empty.
void ListLayout::own(std::size_t list, std::size_t first, std::size_t count) {
  std::uint32_t* owners = arrays_.owners.append(count);
  std::fill_n(owners, count, static_cast<std::uint32_t>(list));
  std::uint32_t* slots = arrays_.slots.append(count * kLanes);
  std::fill_n(slots, count * kLanes, kNoSlot);
  List& owner = lists_[list];
  if (!owner.runs.empty() && owner.runs.back().first + owner.runs.back().count == first) {
    owner.runs.back().count += static_cast<std::uint32_t>(count);
  } else {
    owner.runs.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)});
  }
  owner.blocks += count;
}

// The lane of a list's vector number `position`.
std::uint32_t ListLayout::lane_at(std::size_t list, std::size_t position) const {
  std::size_t block = position / kLanes;
  for (const Run& run : lists_[list].runs) {
    if (block < run.count) {
      return static_cast<std::uint32_t>((run.first + block) * kLanes + position % kLanes);
    }
    block -= run.count;
  }
  throw std::logic_error("list " + std::to_string(list) + " has no position " +
                         std::to_string(position));
}

std::uint32_t ListLayout::append(std::size_t list) {
  check_saved();
  const std::size_t position = size(list);
  if (position == lists_[list].blocks * kLanes) {
    own(list, block_count(), std::max<std::size_t>(1, lists_[list].blocks / kGrowth));
  }
  const std::uint32_t lane = lane_at(list, position);
  const auto slot = static_cast<std::uint32_t>(slot_count());
  arrays_.lanes.push_back(lane);
  arrays_.slots.mutable_data()[lane] = slot;
  ++arrays_.sizes.mutable_data()[list];
  return lane;
}

void ListLayout::truncate(std::size_t count) {
  while (slot_count() > count) remove(slot_count() - 1);
}

ListLayout::Removal ListLayout::remove(std::size_t slot) {
  check_saved();
  const std::uint32_t to = lane(slot);
  const std::size_t list = list_of_lane(to);
  std::uint32_t* sizes = arrays_.sizes.mutable_data();
  std::uint32_t* slots = arrays_.slots.mutable_data();
  std::uint32_t* lanes = arrays_.lanes.mutable_data();
  const std::uint32_t from = lane_at(list, --sizes[list]);
  slots[to] = slots[from];
  lanes[slots[to]] = to;
  slots[from] = kNoSlot;
  const std::size_t last = slot_count() - 1;
  if (slot != last) {
    lanes[slot] = lanes[last];
    slots[lanes[slot]] = static_cast<std::uint32_t>(slot);
  }
  arrays_.lanes.resize(last);
  return {from, to};
}

void ListLayout::shrink_to_fit() {
  arrays_.owners.shrink_to_fit();
  arrays_.slots.shrink_to_fit();
  arrays_.lanes.shrink_to_fit();
}

}  // namespace ruvector::index
