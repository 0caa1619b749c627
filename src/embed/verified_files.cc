#include "embed/verified_files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <span>
#include <system_error>
#include <vector>

#include "base/atomic_file.h"
#include "base/descriptor.h"
#include "base/digest.h"
#include "base/file_status.h"
#include "base/open_file.h"
#include "base/path_text.h"
#include "base/positioned_io.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
// How many files of the same bytes a note remembers.
constexpr std::size_t kMostLines = 16;
// Within this time of a change another one may leave the same times behind.
constexpr std::int64_t kSettledNanoseconds = 2'000'000'000;

[[noreturn]] void fail(const Path& path, int error) {
  throw EmbedError(base::path_text(path) + ": " + std::generic_category().message(error));
}

// A regular file that is open for reading.
class OpenFile {
 public:
  explicit OpenFile(const Path& path) : path_(path), file_(base::open_for_reading(path)) {
    if (!file_) fail(path, errno);
  }

  base::FileStatus status() const {
    const auto status = base::status_of(file_.get());
    if (!status) fail(path_, errno);
    return *status;
  }

  std::string sha256() const {
    base::Hasher hasher(base::Hasher::Algorithm::sha256);
    std::vector<std::byte> piece(kPieceBytes);
    for (std::uint64_t offset = 0;;) {
      const std::ptrdiff_t count = base::read_at(file_.get(), piece.data(), piece.size(), offset);
      if (count < 0) fail(path_, errno);
      if (count == 0) return base::to_hex(hasher.finish());
      hasher.update(std::span<const std::byte>(piece).first(static_cast<std::size_t>(count)));
      offset += static_cast<std::uint64_t>(count);
    }
  }

 private:
  Path path_;
  base::Descriptor file_;
};

// The change time tells of a writer who sets the modification time back.
std::string line_of(const base::FileStatus& status) {
  return std::to_string(status.size) + " " + std::to_string(status.inode) + " " +
         std::to_string(status.modified_ns) + " " + std::to_string(status.changed_ns);
}

bool is_settled(const base::FileStatus& status) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  return std::max(status.modified_ns, status.changed_ns) < now - kSettledNanoseconds;
}

Path note_of(const ModelFile& file) {
  return cache_directory() / "models" / ".verified" / file.sha256;
}

std::vector<std::string> lines_of(const Path& note) {
  std::vector<std::string> lines;
  std::ifstream stream(note);
  for (std::string line; lines.size() < kMostLines && std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

bool is_remembered(const ModelFile& file, const std::string& line) {
  const std::vector<std::string> lines = lines_of(note_of(file));
  return std::ranges::find(lines, line) != lines.end();
}

// A cache that cannot be written is no reason to fail: the file is hashed again next time.
void remember(const ModelFile& file, const std::string& line) try {
  const Path note = note_of(file);
  std::vector<std::string> lines = lines_of(note);
  if (lines.size() == kMostLines) lines.erase(lines.begin());
  lines.push_back(line);
  std::string text;
  for (const std::string& one : lines) text += one + "\n";
  std::filesystem::create_directories(note.parent_path());
  base::AtomicFile written(note);
  written.append(text.data(), text.size());
  written.commit();
} catch (const PersistError&) {
  return;
} catch (const std::filesystem::filesystem_error&) {
  return;
}

}  // namespace

std::string sha256_of_file(const Path& path) { return OpenFile(path).sha256(); }

bool has_pinned_bytes(const Path& path, const ModelFile& file, Verification verification) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  const OpenFile open(path);
  const base::FileStatus status = open.status();
  if (status.size != file.size) return false;
  const std::string line = line_of(status);
  if (verification == Verification::remembered && is_remembered(file, line)) return true;
  // Asked before the bytes are read: a change while they are read must not look settled.
  const bool settled = is_settled(status);
  if (open.sha256() != file.sha256) return false;
  if (settled && !is_remembered(file, line)) remember(file, line);
  return true;
}

}  // namespace ruvector::embed
