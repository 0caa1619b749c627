// BERT's normaliser, one code point after another, so that a text need not be read to its end.
//
// Not thread-safe: a normaliser holds the marks that wait for their order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "embed/unicode_classes.h"
#include "embed/unicode_mapping.h"

namespace ruvector::embed {

struct NormalizerOptions {
  bool clean_text = true;            // drop control characters, make all white space " "
  bool handle_chinese_chars = true;  // " " around ideographs
  bool strip_accents = true;         // decompose, drop nonspacing marks
  bool lowercase = true;
};

// Sink has put(char32_t, CharClass), which is called with what comes out.
template <class Sink>
class Normalizer {
 public:
  // Of so many combining characters in a row the first count. They all belong to one word.
  static constexpr std::size_t kMaxWaiting = 257;

  Normalizer(const NormalizerOptions& options, Sink& sink) : options_(options), sink_(sink) {}

  void push(char32_t c) {
    const CharClass kind = classes_[c];
    if (options_.clean_text) {
      if ((kind & kDropped) != 0) return;
      if ((kind & kWhiteSpace) != 0) c = U' ';
    }
    const bool apart = options_.handle_chinese_chars && (kind & kIdeograph) != 0;
    if (apart) put(U' ');
    strip(c, kind);
    if (apart) put(U' ');
  }

  // To be called at the end of the text, and before anything goes to the sink by another way.
  void flush() {
    for (std::size_t i = 0; i < waiting_count_; ++i) lower(waiting_[i].c);
    waiting_count_ = 0;
  }

 private:
  struct Waiting {
    char32_t c;
    std::uint8_t combining_class;
  };

  void strip(char32_t c, CharClass kind) {
    if (!options_.strip_accents) return lower(c);
    if ((kind & (kFolds | kMark | kCombining)) == 0) return put(c);
    std::array<char32_t, kMaxDecomposition> parts;
    const std::size_t count = decompose(c, parts);
    for (std::size_t i = 0; i < count; ++i) order(parts[i]);
  }

  // Canonical order: combining characters in a row are sorted by their class, equals stay as they
  // are. Marks are dropped afterwards; all but those of class 0 may as well be dropped before.
  void order(char32_t c) {
    const CharClass kind = classes_[c];
    if ((kind & kMark) != 0) {
      if (waiting_count_ > 0 && is_starter(c)) flush();
    } else if ((kind & kCombining) != 0) {
      wait({c, combining_class(c)});
    } else {
      put(c);
    }
  }

  void wait(Waiting next) {
    if (waiting_count_ == kMaxWaiting) return;
    std::size_t place = waiting_count_++;
    for (; place > 0 && waiting_[place - 1].combining_class > next.combining_class; --place) {
      waiting_[place] = waiting_[place - 1];
    }
    waiting_[place] = next;
  }

  void put(char32_t c) {
    if (waiting_count_ > 0) flush();
    lower(c);
  }

  void lower(char32_t c) {
    CharClass kind = classes_[c];
    if (options_.lowercase && (kind & kFolds) != 0) {
      if (c == U'\u0130') {
        sink_.put(U'i', classes_[U'i']);
        c = U'\u0307';
      } else {
        c = lower_case(c);
      }
      kind = classes_[c];
    }
    sink_.put(c, kind);
  }

  NormalizerOptions options_;
  Sink& sink_;
  std::span<const CharClass, kCodePoints> classes_ = unicode_classes();
  std::array<Waiting, kMaxWaiting> waiting_;
  std::size_t waiting_count_ = 0;
};

}  // namespace ruvector::embed
