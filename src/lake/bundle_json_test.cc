#include "lake/bundle_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace ruvector::lake {
namespace {

using Json = nlohmann::ordered_json;

std::string golden(const std::string& name) {
  std::ifstream file(std::string(RUVECTOR_GOLDEN_DIR) + "/lake/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

RuLakeBundle some_bundle() { return RuLakeBundle::make("gs://b/x", 128, 42, 20, 7); }

// A valid bundle's object, to be damaged.
Json some_object() { return Json::parse(some_bundle().to_json()); }

std::string complaint(const std::string& text) {
  try {
    RuLakeBundle::from_json(text);
  } catch (const BundleError& error) {
    return error.what();
  }
  return "accepted";
}

std::string complaint_with(const std::string& key, const Json& value) {
  Json object = some_object();
  object[key] = value;
  return complaint(object.dump());
}

std::string print_complaint(const RuLakeBundle& bundle) {
  try {
    bundle.to_json();
  } catch (const BundleError& error) {
    return error.what();
  }
  return "written";
}

TEST(BundleJson, FilesOfTheOriginalAreReadAndWrittenByteForByte) {
  for (const char* name : {"table.rulake.json", "bundle_full/table.rulake.json",
                           "snapshot_sparse_ids/table.rulake.json"}) {
    const std::string text = golden(name);
    const RuLakeBundle bundle = RuLakeBundle::from_json(text);
    EXPECT_EQ(bundle.to_json(), text);
    EXPECT_TRUE(bundle.verify_witness());
  }
  const RuLakeBundle full = RuLakeBundle::from_json(golden("bundle_full/table.rulake.json"));
  EXPECT_EQ(full.format_version, 2u);
  EXPECT_EQ(full.data_ref, "gs://bucket/x.parquet");
  EXPECT_EQ(full.dim, 8u);
  EXPECT_EQ(full.rotation_seed, 42u);
  EXPECT_EQ(full.rerank_factor, 20u);
  EXPECT_EQ(full.generation, Generation("snap-1"));
  EXPECT_EQ(full.pii_policy, "pii://p1");
  EXPECT_EQ(full.lineage_id, "ol://job/1");
  EXPECT_EQ(full.memory_class, "episodic");
}

TEST(BundleJson, TextsOfTheOriginalWithExtremeValuesAreReadAndWrittenByteForByte) {
  const Json cases = Json::parse(golden("witness.json"));
  ASSERT_EQ(cases.size(), 4u);
  for (const Json& item : cases) {
    const Json& token = item.at("generation");
    const RuLakeBundle bundle = RuLakeBundle::make(
        item.at("data_ref"), item.at("dim"), item.at("rotation_seed"), item.at("rerank_factor"),
        token.is_string() ? Generation(token.get<std::string>())
                          : Generation(token.get<std::uint64_t>()));
    EXPECT_EQ(bundle.rvf_witness, item.at("rvf_witness").get<std::string>());
    const auto text = item.at("bundle_json").get<std::string>();
    EXPECT_EQ(bundle.to_json(), text);
    EXPECT_EQ(RuLakeBundle::from_json(text), bundle);
  }
}

TEST(BundleJson, OwnKeysFollowThoseOfTheOriginal) {
  RuLakeBundle bundle = some_bundle();
  bundle.signature = "s";
  bundle.public_key = "p";
  bundle.index_digest = "d";
  bundle.index_file = "f";
  bundle.encoder = "e";
  bundle.memory_class = "m";
  const std::string text = bundle.to_json();
  EXPECT_THAT(text, testing::EndsWith("  \"lineage_id\": null,\n"
                                      "  \"memory_class\": \"m\",\n"
                                      "  \"encoder\": \"e\",\n"
                                      "  \"index_file\": \"f\",\n"
                                      "  \"index_digest\": \"d\",\n"
                                      "  \"public_key\": \"p\",\n"
                                      "  \"signature\": \"s\"\n}"));
  EXPECT_EQ(RuLakeBundle::from_json(text), bundle);
}

TEST(BundleJson, ControlCharactersAreEscapedAndNothingElseIs) {
  RuLakeBundle bundle = some_bundle();
  bundle.data_ref = std::string("\0\1\b\t\n\v\f\r\x1f\x7f\"\\/", 13) + "ключ \U0001f600";
  const std::string text = bundle.to_json();
  EXPECT_THAT(text, testing::HasSubstr("\"data_ref\": \"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f"
                                       "\x7f\\\"\\\\/ключ \U0001f600\","));
  EXPECT_EQ(RuLakeBundle::from_json(text), bundle);
}

// Any text of Unicode characters; often those that are special.
std::string random_text(std::mt19937& random) {
  constexpr char32_t kSpecial[] = {0,     0x1f,   0x20,   '"',    '\\',    0x7f,     0x80,  0x7ff,
                                   0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff, u'\n', 'a'};
  std::u32string characters(random() % 20, U'\0');
  for (char32_t& c : characters) {
    c = random() % 2 == 0 ? kSpecial[random() % std::size(kSpecial)]
                          : static_cast<char32_t>(random() % 0xd800);
  }
  std::string text;
  for (const char32_t c : characters) {
    const auto continuation = [&](int shift) {
      text += static_cast<char>(0x80 | (c >> shift & 0x3f));
    };
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += static_cast<char>(0xc0 | c >> 6);
      continuation(0);
    } else if (c < 0x10000) {
      text += static_cast<char>(0xe0 | c >> 12);
      continuation(6);
      continuation(0);
    } else {
      text += static_cast<char>(0xf0 | c >> 18);
      continuation(12);
      continuation(6);
      continuation(0);
    }
  }
  return text;
}

RuLakeBundle random_bundle(std::mt19937& random) {
  std::uniform_int_distribution<std::uint64_t> number;
  const auto maybe_text = [&] {
    return random() % 2 == 0 ? std::nullopt : std::optional(random_text(random));
  };
  Generation generation =
      random() % 2 == 0 ? Generation(number(random)) : Generation(random_text(random));
  RuLakeBundle bundle = RuLakeBundle::make(random_text(random), number(random), number(random),
                                           number(random), std::move(generation));
  bundle.pii_policy = maybe_text();
  bundle.lineage_id = maybe_text();
  bundle.memory_class = maybe_text();
  bundle.encoder = maybe_text();
  bundle.index_file = maybe_text();
  bundle.index_digest = maybe_text();
  bundle.public_key = maybe_text();
  bundle.signature = maybe_text();
  return bundle;
}

TEST(BundleJson, WhatIsWrittenIsReadBackAndIsPrettyJsonByAnotherWriter) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const RuLakeBundle bundle = random_bundle(random);
    const std::string text = bundle.to_json();
    ASSERT_EQ(RuLakeBundle::from_json(text), bundle) << text;
    ASSERT_EQ(Json::parse(text).dump(2), text);
  }
}

TEST(BundleJson, UnknownKeysAreIgnoredHoweverDeepTheyAre) {
  Json object = some_object();
  object["x"] = {{"dim", -1}, {"generation", nullptr}, {"list", {1.5, true, nullptr, "t"}}};
  object["y"] = -7;
  EXPECT_EQ(RuLakeBundle::from_json(object.dump()), some_bundle());
  std::string nested = some_object().dump();
  nested.pop_back();
  nested += ",\"deep\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}";
  EXPECT_EQ(RuLakeBundle::from_json(nested), some_bundle());
}

TEST(BundleJson, OptionalKeysMayBeMissingOrNullAndOthersMayNot) {
  const Json good = some_object();
  for (const auto& [key, value] : good.items()) {
    Json object = some_object();
    object.erase(key);
    const bool optional = key == "pii_policy" || key == "lineage_id";
    EXPECT_EQ(complaint(object.dump()), optional ? "accepted" : "bundle: " + key + " is missing");
    object[key] = nullptr;
    EXPECT_EQ(complaint(object.dump()), optional ? "accepted" : "bundle: " + key + " is null");
  }
  for (const char* key :
       {"memory_class", "encoder", "index_file", "index_digest", "public_key", "signature"}) {
    EXPECT_EQ(complaint_with(key, nullptr), "accepted") << key;
  }
}

TEST(BundleJson, AValueOfAnotherTypeIsRefusedByName) {
  const Json good = some_object();
  for (const auto& [key, value] : good.items()) {
    EXPECT_EQ(complaint_with(key, true), "bundle: " + key + " is a boolean");
    EXPECT_EQ(complaint_with(key, Json::array()), "bundle: " + key + " is an array");
    EXPECT_EQ(complaint_with(key, Json::object()), "bundle: " + key + " is an object");
    EXPECT_EQ(complaint_with(key, -1), "bundle: " + key + " is a negative number");
    EXPECT_EQ(complaint_with(key, 1.0),
              "bundle: " + key + " is a number that is no unsigned 64-bit integer");
  }
  for (const char* key : {"format_version", "dim", "rotation_seed", "rerank_factor"}) {
    EXPECT_EQ(complaint_with(key, "1"), "bundle: " + std::string(key) + " is a text");
  }
  for (const char* key : {"data_ref", "rvf_witness", "pii_policy", "index_file", "signature"}) {
    EXPECT_EQ(complaint_with(key, 1), "bundle: " + std::string(key) + " is a number");
  }
}

TEST(BundleJson, NumbersReachTo64BitsAndNotBeyond) {
  const std::string text = R"({"format_version":2,"data_ref":"","dim":NUMBER,"rotation_seed":1,)"
                           R"("rerank_factor":1,"generation":NUMBER,"rvf_witness":""})";
  const auto with = [&](const std::string& number) {
    std::string changed = text;
    for (auto at = changed.find("NUMBER"); at != std::string::npos; at = changed.find("NUMBER")) {
      changed.replace(at, 6, number);
    }
    return changed;
  };
  const RuLakeBundle bundle = RuLakeBundle::from_json(with("18446744073709551615"));
  EXPECT_EQ(bundle.dim, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(bundle.generation, Generation(std::numeric_limits<std::uint64_t>::max()));
  for (const char* number : {"18446744073709551616", "-1", "-0", "1.0", "1e2", "1E400", "01", "0x1",
                             "NaN", "+1", "", "null"}) {
    EXPECT_THROW(RuLakeBundle::from_json(with(number)), BundleError) << number;
  }
}

TEST(BundleJson, ADoubledKeyIsRefused) {
  const std::string text = some_bundle().to_json();
  const std::string rest = text.substr(1);
  const Json good = some_object();
  for (const auto& [key, value] : good.items()) {
    EXPECT_EQ(complaint("{\"" + key + "\": " + value.dump() + "," + rest),
              "bundle: " + key + " is there twice");
  }
  EXPECT_EQ(complaint(R"({"x": 1, "x": 1,)" + rest), "bundle: a key is there twice");
  EXPECT_EQ(complaint(R"({"\u0064im": 1,)" + rest), "bundle: dim is there twice");
}

TEST(BundleJson, WhateverIsNotOneJsonObjectIsRefused) {
  const std::string text = some_bundle().to_json();
  EXPECT_EQ(complaint(text + " \r\n\t"), "accepted");
  for (const std::string& wrong :
       {std::string(), std::string(" "), text + "x", text + "{}", text + ",", text + '\0',
        text + '\0' + "x", "\xef\xbb\xbf" + text, "/* */" + text, "[" + text + "]", "'" + text,
        text.substr(0, text.size() - 1) + ",}"}) {
    EXPECT_THAT(complaint(wrong), testing::StartsWith("bundle: ")) << wrong;
  }
  for (const char* value : {"null", "true", "1", "-1", "1.5", "\"x\"", "[]", "{}"}) {
    EXPECT_THAT(complaint(value), testing::StartsWith("bundle: ")) << value;
  }
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_NE(complaint(text.substr(0, length)), "accepted") << length;
  }
}

constexpr std::string_view kNotUtf8[] = {"\x80",
                                         "\xc3",
                                         "\xc0\x80",
                                         "\xc1\xbf",
                                         "\xe0\x9f\xbf",
                                         "\xe2\x82",
                                         "\xed\xa0\x80",
                                         "\xed\xbf\xbf",
                                         "\xf0\x8f\xbf\xbf",
                                         "\xf4\x90\x80\x80",
                                         "\xf5\x80\x80",
                                         "\xf8\x88\x80\x80",
                                         "\xff",
                                         "\xe2\x28\xa1",
                                         "\xf0\x9f\x98"};

TEST(BundleJson, WhatIsNoUtf8IsNeitherReadNorWritten) {
  for (const std::string_view wrong : kNotUtf8) {
    RuLakeBundle bundle = some_bundle();
    bundle.data_ref = "DATA_REF";
    std::string text = bundle.to_json();
    text.replace(text.find("DATA_REF"), 8, wrong);
    EXPECT_THAT(complaint(text), testing::StartsWith("bundle: not JSON at byte"));
    bundle.data_ref = wrong;
    EXPECT_EQ(print_complaint(bundle), "bundle: data_ref is not UTF-8");
  }
  EXPECT_THROW(RuLakeBundle::from_json(R"({"\ud800": 1})"), BundleError);
}

// A message goes to Python and to logs, where bytes that are no UTF-8 are an error of their own.
TEST(BundleJson, ComplaintsQuoteNothingThatIsNotUtf8) {
  for (const std::string_view wrong : kNotUtf8) {
    const std::string message = complaint("{\"x\": " + std::string(wrong));
    for (const char c : message) EXPECT_LT(static_cast<unsigned char>(c), 0x80u) << message;
  }
}

TEST(BundleJson, TheLimitsHoldForReadingAndWriting) {
  struct Limit {
    std::string key;
    std::size_t limit;
    std::optional<std::string> RuLakeBundle::* field;
  };
  const Limit limits[] = {{"pii_policy", 4096, &RuLakeBundle::pii_policy},
                          {"lineage_id", 4096, &RuLakeBundle::lineage_id},
                          {"memory_class", 4096, &RuLakeBundle::memory_class},
                          {"encoder", 256, &RuLakeBundle::encoder},
                          {"index_file", 255, &RuLakeBundle::index_file},
                          {"index_digest", 256, &RuLakeBundle::index_digest},
                          {"public_key", 256, &RuLakeBundle::public_key},
                          {"signature", 256, &RuLakeBundle::signature}};
  for (const auto& [key, limit, field] : limits) {
    RuLakeBundle bundle = some_bundle();
    bundle.*field = std::string(limit, 'x');
    EXPECT_EQ(RuLakeBundle::from_json(bundle.to_json()), bundle);
    (bundle.*field)->push_back('x');
    const std::string expected = "bundle: " + key + " has " + std::to_string(limit + 1) +
                                 " bytes, the limit is " + std::to_string(limit);
    EXPECT_EQ(print_complaint(bundle), expected);
    EXPECT_EQ(complaint_with(key, *(bundle.*field)), expected);
  }
  for (const auto& [key, limit] : {std::pair("data_ref", 4096), std::pair("generation", 4096),
                                   std::pair("rvf_witness", 128)}) {
    const auto size = static_cast<std::size_t>(limit);
    EXPECT_EQ(complaint_with(key, std::string(size, 'x')), "accepted");
    EXPECT_THAT(complaint_with(key, std::string(size + 1, 'x')),
                testing::HasSubstr("the limit is"));
  }
}

TEST(BundleJson, TheTextIsAtMost65536BytesLong) {
  std::string text = some_bundle().to_json();
  text += std::string(65'536 - text.size(), ' ');
  EXPECT_EQ(complaint(text), "accepted");
  EXPECT_EQ(complaint(text + " "), "bundle: its text has 65537 bytes, the limit is 65536");
  RuLakeBundle bundle = some_bundle();
  bundle.data_ref = bundle.pii_policy.emplace(4096, '\1');
  bundle.lineage_id = bundle.memory_class = bundle.pii_policy;
  EXPECT_THAT(print_complaint(bundle), testing::HasSubstr("bytes, the limit is 65536"));
}

TEST(BundleJson, NewerFormatsAreRefusedAndOlderOnesFailTheirWitness) {
  EXPECT_EQ(complaint_with("format_version", 3),
            "bundle: format_version 3 is newer than 2, the newest that this program reads");
  EXPECT_THAT(complaint_with("format_version", std::uint64_t{1} << 32 | 2),
              testing::HasSubstr("is newer than 2"));
  EXPECT_EQ(complaint_with("format_version", 0), "accepted");
  EXPECT_EQ(complaint_with("format_version", 1), "accepted");
  RuLakeBundle bundle = some_bundle();
  bundle.format_version = 3;
  EXPECT_THAT(print_complaint(bundle), testing::HasSubstr("is newer than 2"));
}

// Whatever is done to the text, it is refused with a BundleError or read to something that can be
// written again.
TEST(BundleJson, ADamagedTextIsRefusedOrReadAndNothingElseHappens) {
  std::mt19937 random(2);
  const std::string good = golden("bundle_full/table.rulake.json");
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, good, random() % good.size(), random() % 20);
      }
    }
    try {
      const RuLakeBundle bundle = RuLakeBundle::from_json(text);
      ++accepted;
      ASSERT_EQ(RuLakeBundle::from_json(bundle.to_json()), bundle) << text;
    } catch (const BundleError&) {
    }
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace ruvector::lake
