#include "embed/text_encoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/parallel.h"
#include "embed/pooling.h"
#include "kernels/dispatch.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {

// One call of embed().
class TextEncoder::Batch {
 public:
  Batch(const TextEncoder& encoder, std::span<const std::string_view> texts, const TextCall& call,
        std::span<float> out)
      : encoder_(encoder), texts_(texts), call_(call), out_(out) {}

  void run() {
    const Tokenizer tokenize = encoder_.tokenizer(call_.is_query);
    SeenTexts seen;
    for (std::size_t begin = 0; begin < texts_.size(); begin += kWindowTexts) {
      const std::size_t count = std::min(kWindowTexts, texts_.size() - begin);
      const TokenWindow window(texts_, begin, count, seen, tokenize, call_.threads, reporter(),
                               [this] { require_wanted(); });
      done_ += window.copies_of_earlier();
      encode(window);
      for (const TokenWindow::Copy& copy : window.copies()) {
        std::ranges::copy(row(copy.first), row(copy.number).begin());
      }
    }
    if (call_.progress) call_.progress(texts_.size(), texts_.size());
  }

 private:
  void encode(const TokenWindow& window) {
    const std::vector<std::size_t> ends = window.groups(call_.threads);
    if (ends.size() < call_.threads) return encode_together(window, ends);
    const auto report = reporter();
    base::parallel_for(
        ends.size(), call_.threads,
        [&](std::size_t group, std::size_t) {
          Crew alone;
          encode_group(window.texts().subspan(begin_of(ends, group), size_of(ends, group)), alone);
        },
        report ? [&](std::size_t, std::size_t) { report(); }
               : std::function<void(std::size_t, std::size_t)>{});
  }

  // Fewer groups than threads: all threads at one group after the other.
  void encode_together(const TokenWindow& window, const std::vector<std::size_t>& ends) {
    const auto report = reporter();
    for (std::size_t group = 0; group < ends.size(); ++group) {
      Crew::run(call_.threads, [&](Crew& crew) {
        encode_group(window.texts().subspan(begin_of(ends, group), size_of(ends, group)), crew);
      });
      if (report) report();
    }
  }

  void encode_group(std::span<const TokenWindow::Text> group, Crew& crew) {
    require_wanted();
    std::vector<std::uint32_t> ids;
    std::vector<std::uint32_t> lengths;
    for (const TokenWindow::Text& text : group) {
      ids.insert(ids.end(), text.ids, text.ids + text.length);
      lengths.push_back(text.length);
    }
    const kernels::KernelTable& kernels = kernels::active();
    const ScratchPool<BertScratch>::Loan scratch(encoder_.scratch_);
    std::span<const float> states =
        encoder_.encoder_.encode(kernels, {ids, lengths}, crew, *scratch);
    for (const TokenWindow::Text& text : group) {
      const std::size_t size = text.length * encoder_.dim();
      if (!pool(kernels, states.first(size), encoder_.recipe_.pooling, row(text.number))) {
        throw EmbedError("text " + std::to_string(text.number) +
                         ": the model gives a vector that is not finite");
      }
      states = states.subspan(size);
      done_ += text.copies;
    }
  }

  static std::size_t begin_of(const std::vector<std::size_t>& ends, std::size_t group) {
    return group == 0 ? 0 : ends[group - 1];
  }
  static std::size_t size_of(const std::vector<std::size_t>& ends, std::size_t group) {
    return ends[group] - begin_of(ends, group);
  }

  std::span<float> row(std::size_t number) const {
    return out_.subspan(number * encoder_.dim(), encoder_.dim());
  }

  std::function<void()> reporter() const {
    if (!call_.progress) return {};
    return [this] {
      // The last report is made once, when the copies are in their rows too.
      const std::size_t done = done_.load();
      if (done < texts_.size()) call_.progress(done, texts_.size());
    };
  }

  void require_wanted() const {
    if (call_.cancelled != nullptr && call_.cancelled->load()) {
      throw Cancelled("the embedding was cancelled");
    }
  }

  const TextEncoder& encoder_;
  const std::span<const std::string_view> texts_;
  const TextCall& call_;
  const std::span<float> out_;
  std::atomic<std::size_t> done_{0};  // texts
};

TextEncoder::TextEncoder(WordPieces pieces, BertEncoder encoder, TextRecipe recipe)
    : pieces_(std::move(pieces)),
      encoder_(std::move(encoder)),
      recipe_(std::move(recipe)),
      max_tokens_(std::min(recipe_.max_tokens, encoder_.max_tokens())) {
  if (pieces_.size() > encoder_.config().vocabulary) {
    throw EmbedError("the tokenizer has " + std::to_string(pieces_.size()) +
                     " word pieces, the model " + std::to_string(encoder_.config().vocabulary));
  }
  if (max_tokens_ < 2) {
    throw EmbedError("texts of " + std::to_string(max_tokens_) +
                     " tokens at most, there must be room for [CLS] and [SEP]");
  }
}

void TextEncoder::embed(std::span<const std::string_view> texts, const TextCall& call,
                        std::span<float> out) const {
  Batch(*this, texts, call, out).run();
}

std::vector<std::uint32_t> TextEncoder::tokenize(std::string_view text, bool is_query) const {
  std::vector<std::uint32_t> ids;
  tokenizer(is_query)(text, ids);
  return ids;
}

Tokenizer TextEncoder::tokenizer(bool is_query) const {
  if (!is_query || recipe_.query_prefix.empty()) {
    return [this](std::string_view text, std::vector<std::uint32_t>& ids) {
      pieces_.encode(text, max_tokens_, ids);
    };
  }
  return [this](std::string_view text, std::vector<std::uint32_t>& ids) {
    pieces_.encode(recipe_.query_prefix + std::string(text), max_tokens_, ids);
  };
}

}  // namespace ruvector::embed
