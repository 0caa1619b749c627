#include "index/rbpx_image.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/checksum.h"

namespace ruvector::index {
namespace {

constexpr std::uint32_t kSwappedMark = 0x04030201;

bool is_known(std::uint32_t type) {
  const auto within = [type](SectionType first, SectionType last) {
    return type >= static_cast<std::uint32_t>(first) && type <= static_cast<std::uint32_t>(last);
  };
  return within(SectionType::parameters, SectionType::norms) ||
         within(SectionType::partition_lists, SectionType::partition_weights);
}

std::uint64_t header_checksum(const FileHeader& header, std::span<const std::byte> table) {
  base::Checksum checksum;
  checksum.update(&header, offsetof(FileHeader, checksum));
  checksum.update(table.data(), table.size());
  return checksum.digest();
}

}  // namespace

const char* section_name(std::uint32_t type) {
  switch (static_cast<SectionType>(type)) {
    case SectionType::parameters:
      return "parameters";
    case SectionType::rotation:
      return "rotation";
    case SectionType::centre:
      return "centre";
    case SectionType::ids:
      return "ids";
    case SectionType::rows:
      return "rows";
    case SectionType::inverse_norms:
      return "inverse_norms";
    case SectionType::scan_blocks:
      return "scan_blocks";
    case SectionType::refine_records:
      return "refine_records";
    case SectionType::norms:
      return "norms";
    case SectionType::partition_lists:
      return "partition_lists";
    case SectionType::partition_centroids:
      return "partition_centroids";
    case SectionType::partition_blocks:
      return "partition_blocks";
    case SectionType::partition_slots:
      return "partition_slots";
    case SectionType::partition_lanes:
      return "partition_lanes";
    case SectionType::partition_margins:
      return "partition_margins";
    case SectionType::partition_queries:
      return "partition_queries";
    case SectionType::partition_weights:
      return "partition_weights";
  }
  return "unknown";
}

Image::Image(std::filesystem::path path, std::span<const std::byte> bytes)
    : path_(std::move(path)), bytes_(bytes) {
  read_header();
  read_table();
}

void Image::read_header() {
  if (bytes_.size() < sizeof(FileHeader)) {
    refuse_file(path_, "is ", bytes_.size(), " bytes long, shorter than the header of ",
                sizeof(FileHeader));
  }
  std::memcpy(&header_, bytes_.data(), sizeof(FileHeader));
  if (header_.magic != kRbpxMagic) refuse_file(path_, "is no .rbpx file of version 2");
  if (header_.byte_order == kSwappedMark) {
    refuse_file(path_, "was written by a big-endian machine, this one is little-endian");
  }
  if (header_.byte_order != kByteOrderMark) {
    refuse_file(path_, "has byte order mark ", header_.byte_order, ", expected ", kByteOrderMark);
  }
  if (header_.major != kRbpxMajor) {
    refuse_file(path_, "has format version ", header_.major, ".", header_.minor,
                ", this program reads ", kRbpxMajor, ".x and version 1");
  }
  if (header_.section_count < 1 || header_.section_count > kMaxSections) {
    refuse_file(path_, "lists ", header_.section_count, " sections, not in 1..", kMaxSections);
  }
  if (header_.table_offset != sizeof(FileHeader) || header_.entry_bytes != sizeof(SectionEntry)) {
    refuse_file(path_, "has its section table at ", header_.table_offset, " with entries of ",
                header_.entry_bytes, " bytes, expected ", sizeof(FileHeader), " and ",
                sizeof(SectionEntry));
  }
}

void Image::read_table() {
  const std::size_t table_bytes = header_.section_count * sizeof(SectionEntry);
  if (bytes_.size() - sizeof(FileHeader) < table_bytes) {
    refuse_file(path_, "is ", bytes_.size(), " bytes long and ends within its section table");
  }
  const auto table = bytes_.subspan(sizeof(FileHeader), table_bytes);
  if (header_checksum(header_, table) != header_.checksum) {
    refuse_file(path_, "is damaged: the header's checksum does not match");
  }
  if (header_.file_bytes != bytes_.size()) {
    refuse_file(path_, "is ", bytes_.size(), " bytes long, its header says ", header_.file_bytes);
  }
  if (header_.flags != 0) {
    refuse_file(path_, "has header flags ", header_.flags, " that this program does not know");
  }
  sections_.resize(header_.section_count);
  std::memcpy(sections_.data(), table.data(), table_bytes);
  std::uint64_t free_from = sizeof(FileHeader) + table_bytes;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    check_section(sections_[i], i, free_from);
    free_from = sections_[i].offset + sections_[i].bytes;
  }
  if (free_from != header_.file_bytes) {
    refuse_file(path_, "has ", header_.file_bytes - free_from, " bytes after its last section");
  }
}

void Image::check_section(const SectionEntry& section, std::size_t index,
                          std::uint64_t free_from) const {
  const std::string name = std::string("section ") + section_name(section.type) + " (type " +
                           std::to_string(section.type) + ")";
  if (section.offset % kSectionAlignment != 0) {
    refuse_file(path_, name, " begins at ", section.offset, ", not a multiple of ",
                kSectionAlignment);
  }
  if (section.offset < free_from) {
    refuse_file(path_, name, " begins at ", section.offset, ", before the end at ", free_from,
                " of what precedes it");
  }
  if (section.bytes == 0 || section.offset > bytes_.size() ||
      section.bytes > bytes_.size() - section.offset) {
    refuse_file(path_, name, " covers ", section.bytes, " bytes from ", section.offset,
                ", not within the file of ", bytes_.size());
  }
  if ((section.flags & kSectionRequired) != 0 && !is_known(section.type)) {
    refuse_file(path_, name, " is required, and this program does not know it");
  }
  for (std::size_t i = 0; i < index; ++i) {
    if (is_known(section.type) && sections_[i].type == section.type) {
      refuse_file(path_, name, " is there twice");
    }
  }
}

const SectionEntry* Image::find(SectionType type) const noexcept {
  for (const SectionEntry& section : sections_) {
    if (section.type == static_cast<std::uint32_t>(type)) return &section;
  }
  return nullptr;
}

std::span<const std::byte> Image::bytes(const SectionEntry& section) const noexcept {
  return bytes_.subspan(section.offset, section.bytes);
}

void Image::verify(const SectionEntry& section) const {
  const auto data = bytes(section);
  if (base::checksum64(data.data(), data.size()) != section.checksum) {
    refuse_file(path_, "is damaged: the checksum of section ", section_name(section.type),
                " (type ", section.type, ") does not match");
  }
}

void Image::verify_all() const {
  std::size_t end = sizeof(FileHeader) + sections_.size() * sizeof(SectionEntry);
  for (const SectionEntry& section : sections_) {
    const auto gap = bytes_.subspan(end, section.offset - end);
    if (std::any_of(gap.begin(), gap.end(), [](std::byte b) { return b != std::byte{0}; })) {
      refuse_file(path_, "is damaged: the bytes from ", end, " to ", section.offset,
                  " between sections are not zero");
    }
    verify(section);
    end = section.offset + section.bytes;
  }
}

}  // namespace ruvector::index
