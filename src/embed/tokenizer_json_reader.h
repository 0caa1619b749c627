// Parses a tokenizer.json: all of it to a tree but for the vocabulary, which is too large for one.
// Thread-safe.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ruvector::embed {

// Calls `on_piece` for each entry of `model.vocab`, and gives the rest of the text, in which
// `model.vocab` is an empty object. Throws EmbedError for text that is no JSON, nests too deep or
// has a key twice.
using OnPiece = std::function<void(std::string_view piece, std::uint64_t id)>;
nlohmann::json read_without_vocabulary(std::string_view text, const OnPiece& on_piece);

}  // namespace ruvector::embed
