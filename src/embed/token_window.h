// The tokens of some texts of a call, identical texts once, and the groups that they are encoded
// in. A call goes through its texts window by window, so that its memory is bounded.
// Thread-safe for reading once it is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ruvector::embed {

inline constexpr std::size_t kWindowTexts = 16'384;
inline constexpr std::size_t kGroupTokens = 256;  // so many keep the weights busy and fit the cache

// Fills the ids of a text, at least one. Called on several threads at once.
using Tokenizer = std::function<void(std::string_view text, std::vector<std::uint32_t>& ids)>;

// Which texts of a call are the first of their kind, up to a limit of memory.
class SeenTexts {
 public:
  // The number of the first text that is equal; `number` when there is none that is remembered.
  std::size_t first_of(std::string_view text, std::size_t number);

 private:
  std::unordered_map<std::string_view, std::size_t> numbers_;
};

class TokenWindow {
 public:
  // Texts [begin, begin + count) of a call, tokenised on at most `threads` threads. `progress` is
  // called on this thread from time to time, `require_wanted` before each part; both may throw.
  // Throws EmbedError, naming the text, for one that cannot be tokenised.
  TokenWindow(std::span<const std::string_view> texts, std::size_t begin, std::size_t count,
              SeenTexts& seen, const Tokenizer& tokenize, std::size_t threads,
              const std::function<void()>& progress, const std::function<void()>& require_wanted);

  TokenWindow(const TokenWindow&) = delete;
  TokenWindow& operator=(const TokenWindow&) = delete;

  struct Text {
    std::size_t number;    // in the call
    std::uint32_t copies;  // of it in this window, itself included
    std::uint32_t length;  // tokens
    const std::uint32_t* ids;
  };
  // A text whose vector is that of an earlier one.
  struct Copy {
    std::size_t number;
    std::size_t first;
  };

  // Texts to encode, longest first.
  std::span<const Text> texts() const noexcept { return texts_; }
  std::span<const Copy> copies() const noexcept { return copies_; }
  // Of texts before this window.
  std::size_t copies_of_earlier() const noexcept { return copies_of_earlier_; }

  // Cuts texts() into groups of about kGroupTokens tokens, or fewer when that gives each thread
  // one: the index behind the last text of each.
  std::vector<std::size_t> groups(std::size_t threads) const;

 private:
  void find_copies(std::span<const std::string_view> texts, std::size_t begin, std::size_t count,
                   SeenTexts& seen);

  std::vector<Text> texts_;
  std::vector<Copy> copies_;
  std::size_t copies_of_earlier_ = 0;
  std::vector<std::vector<std::uint32_t>> ids_;  // of the parts that were tokenised together
};

}  // namespace ruvector::embed
