#include "embed/token_window.h"

#include <algorithm>
#include <string>

#include "base/parallel.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

constexpr std::size_t kRememberedTexts = std::size_t{1} << 20;  // about 60 MB
constexpr std::size_t kTextsTogether = 64;                      // tokenised in one task
// A group of fewer tokens costs more than what a free thread gains.
constexpr std::size_t kLeastGroupTokens = 128;

// The text's number is in the error, because a caller may have a million.
void tokenize_one(const Tokenizer& tokenize, std::string_view text, std::size_t number,
                  std::vector<std::uint32_t>& ids) {
  try {
    tokenize(text, ids);
  } catch (const EmbedError& error) {
    throw EmbedError("text " + std::to_string(number) + ": " + error.what());
  }
}

}  // namespace

std::size_t SeenTexts::first_of(std::string_view text, std::size_t number) {
  if (numbers_.size() < kRememberedTexts) return numbers_.try_emplace(text, number).first->second;
  const auto found = numbers_.find(text);
  return found == numbers_.end() ? number : found->second;
}

TokenWindow::TokenWindow(std::span<const std::string_view> texts, std::size_t begin,
                         std::size_t count, SeenTexts& seen, const Tokenizer& tokenize,
                         std::size_t threads, const std::function<void()>& progress,
                         const std::function<void()>& require_wanted) {
  find_copies(texts, begin, count, seen);
  const std::size_t parts = (texts_.size() + kTextsTogether - 1) / kTextsTogether;
  ids_.resize(parts);
  base::parallel_for(
      parts, threads,
      [&](std::size_t part, std::size_t) {
        require_wanted();
        std::vector<std::uint32_t> ids;
        const std::size_t first = part * kTextsTogether;
        const std::size_t last = std::min(texts_.size(), first + kTextsTogether);
        for (std::size_t i = first; i < last; ++i) {
          tokenize_one(tokenize, texts[texts_[i].number], texts_[i].number, ids);
          texts_[i].length = static_cast<std::uint32_t>(ids.size());
          ids_[part].insert(ids_[part].end(), ids.begin(), ids.end());
        }
        const std::uint32_t* next = ids_[part].data();
        for (std::size_t i = first; i < last; ++i) {
          texts_[i].ids = next;
          next += texts_[i].length;
        }
      },
      progress ? [&](std::size_t, std::size_t) { progress(); }
               : std::function<void(std::size_t, std::size_t)>{});
  std::ranges::sort(texts_, [](const Text& a, const Text& b) {
    return a.length != b.length ? a.length > b.length : a.number < b.number;
  });
}

void TokenWindow::find_copies(std::span<const std::string_view> texts, std::size_t begin,
                              std::size_t count, SeenTexts& seen) {
  texts_.reserve(count);
  std::vector<std::size_t> index(count);  // in texts_
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = begin + i;
    const std::size_t first =
        count > 1 || begin > 0 ? seen.first_of(texts[number], number) : number;
    if (first == number) {
      index[i] = texts_.size();
      texts_.push_back({number, 1, 0, nullptr});
      continue;
    }
    copies_.push_back({number, first});
    if (first < begin) {
      ++copies_of_earlier_;
    } else {
      ++texts_[index[first - begin]].copies;
    }
  }
}

std::vector<std::size_t> TokenWindow::groups(std::size_t threads) const {
  std::size_t tokens = 0;
  for (const Text& text : texts_) tokens += text.length;
  const std::size_t share = (tokens + threads - 1) / threads;
  const std::size_t most = std::clamp(share, kLeastGroupTokens, kGroupTokens);
  std::vector<std::size_t> ends;
  std::size_t in_group = 0;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (in_group > 0 && in_group + texts_[i].length > most) {
      ends.push_back(i);
      in_group = 0;
    }
    in_group += texts_[i].length;
  }
  if (in_group > 0) ends.push_back(texts_.size());
  return ends;
}

}  // namespace ruvector::embed
