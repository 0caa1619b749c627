// Pickles written out opcode by opcode, as Lib/pickletools.py names them.
#include "embed/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "embed/test_zip.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using Kind = PickleValue::Kind;

constexpr std::array<std::string_view, 2> kAllowed = {"collections OrderedDict", "shop make"};

// Bytes that live on, and what they say.
struct Parsed {
  explicit Parsed(std::string text)
      : bytes(std::move(text)), pickle(as_bytes(bytes), kAllowed, "x.pkl") {}
  const PickleValue& root() const { return pickle.root(); }
  const PickleValue& item(std::size_t i) const { return pickle.value(root().items[i]); }

  std::string bytes;
  Pickle pickle;
};

void expect_refused(const std::string& bytes, const std::string& reason) {
  try {
    const Pickle pickle(as_bytes(bytes), kAllowed, "x.pkl");
    FAIL() << "a pickle was taken that " << reason;
  } catch (const EmbedError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("x.pkl: pickle "));
    EXPECT_THAT(error.what(), HasSubstr(reason));
  }
}

TEST(Pickle, ConstantsAreRead) {
  const Parsed parsed(
      "\x80\x02(N\x88\x89K\xffM\xff\xffJ\xfe\xff\xff\xffX\3\0\0\0abcU\1zG12345678t."s);
  ASSERT_EQ(parsed.root().kind, Kind::tuple);
  ASSERT_EQ(parsed.root().items.size(), 9u);
  EXPECT_EQ(parsed.item(0).kind, Kind::none);
  EXPECT_EQ(parsed.item(1).number, 1);
  EXPECT_EQ(parsed.item(2).number, 0);
  EXPECT_EQ(parsed.item(2).kind, Kind::boolean);
  EXPECT_EQ(parsed.item(3).number, 255);
  EXPECT_EQ(parsed.item(4).number, 65'535);
  EXPECT_EQ(parsed.item(5).number, -2);
  EXPECT_EQ(parsed.item(6).text, "abc");
  EXPECT_EQ(parsed.item(7).text, "z");
  EXPECT_EQ(parsed.item(8).kind, Kind::real);
  EXPECT_EQ(parsed.pickle.size_bytes(), parsed.bytes.size());
}

TEST(Pickle, LongIntegersAreTwosComplement) {
  EXPECT_EQ(Parsed("\x8a\0."s).root().number, 0);
  EXPECT_EQ(Parsed("\x8a\1\x80."s).root().number, -128);
  EXPECT_EQ(Parsed("\x8a\2\xff\0."s).root().number, 255);
  EXPECT_EQ(Parsed("\x8a\5\0\0\0\0\1."s).root().number, std::int64_t{1} << 32);
  EXPECT_EQ(Parsed("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\xff."s).root().number, -1);
}

TEST(Pickle, ContainersAreBuilt) {
  const Parsed parsed("}(K\1](K\2K\3eK\4)u."s);
  ASSERT_EQ(parsed.root().kind, Kind::dict);
  ASSERT_EQ(parsed.root().items.size(), 4u);
  EXPECT_EQ(parsed.item(1).kind, Kind::list);
  EXPECT_EQ(parsed.item(1).items.size(), 2u);
  EXPECT_EQ(parsed.item(3).kind, Kind::tuple);
  EXPECT_TRUE(parsed.item(3).items.empty());
  EXPECT_EQ(Parsed("K\1K\2\x86."s).root().items.size(), 2u);
  EXPECT_EQ(Parsed("K\1K\2K\3\x87."s).root().items.size(), 3u);
  EXPECT_EQ(Parsed("]K\1a."s).root().items.size(), 1u);
  EXPECT_EQ(Parsed("}K\1K\2s."s).root().items.size(), 2u);
}

TEST(Pickle, TheMemoGivesValuesBack) {
  const Parsed parsed("(X\1\0\0\0aq\5X\1\0\0\0b\x94h\5j\5\0\0\0h\1t."s);
  ASSERT_EQ(parsed.root().items.size(), 5u);
  EXPECT_EQ(parsed.item(2).text, "a");
  EXPECT_EQ(parsed.item(3).text, "a");
  EXPECT_EQ(parsed.item(4).text, "b");
}

TEST(Pickle, AListMayHoldItself) {
  const Parsed parsed("]q\0h\0a."s);
  ASSERT_EQ(parsed.root().items.size(), 1u);
  EXPECT_EQ(&parsed.item(0), &parsed.root());
}

TEST(Pickle, CallsAreNotedDownOnly) {
  const Parsed parsed("cshop\nmake\nK\7\x85R."s);
  ASSERT_EQ(parsed.root().kind, Kind::call);
  EXPECT_EQ(parsed.item(0).text, "shop make");
  EXPECT_EQ(parsed.pickle.value(parsed.item(1).items[0]).number, 7);
  const Parsed stacked("X\4\0\0\0shopX\4\0\0\0make\x93)R."s);
  EXPECT_EQ(stacked.item(0).text, "shop make");
  const Parsed persistent("K\7Q."s);
  EXPECT_EQ(persistent.root().kind, Kind::persistent);
  EXPECT_EQ(persistent.item(0).number, 7);
}

TEST(Pickle, AnOrderedDictIsADictWithoutItsAttributes) {
  const Parsed parsed("ccollections\nOrderedDict\n)R(K\1K\2u}K\3K\4sb."s);
  ASSERT_EQ(parsed.root().kind, Kind::dict);
  EXPECT_EQ(parsed.root().items.size(), 2u);
}

TEST(Pickle, OtherGlobalsAreRefused) {
  expect_refused("cos\nsystem\nX\4\0\0\0true\x85R."s, "mentions 'os.system'");
  expect_refused("cposix\nsystem\n."s, "which is not allowed");
  expect_refused("cbuiltins\neval\n."s, "which is not allowed");
  expect_refused("X\2\0\0\0osX\6\0\0\0system\x93."s, "mentions 'os.system'");
  expect_refused("cshop make\n\n."s, "which is not allowed");
  expect_refused("cshop\nmake it\n."s, "which is not allowed");
  expect_refused("c\n\n."s, "which is not allowed");
}

TEST(Pickle, OtherOpcodesAreRefused) {
  // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1, PERSID, EVAL-like text opcodes, and a byte that is none.
  for (const char opcode :
       {'i', 'o', '\x81', '\x92', '\x82', 'P', 'I', 'L', 'S', 'V', '\x8b', '\7'}) {
    expect_refused(std::string("K\1K\1") + opcode + "K\1.", "which is not read");
  }
  expect_refused("\x80\6K\1."s, "is of an unknown protocol");
}

TEST(Pickle, ValuesAtWrongPlacesAreRefused) {
  expect_refused("."s, "takes from an empty stack");
  expect_refused("(."s, "takes from an empty stack");
  expect_refused("K\1(\x85."s, "takes from an empty stack");
  expect_refused("K\1t."s, "a mark that is not there");
  expect_refused("K\1K\2a."s, "where they do not belong");
  expect_refused("]K\1K\2s."s, "where they do not belong");
  expect_refused("}(K\1u."s, "where they do not belong");
  expect_refused("h\0."s, "refers to a value that is not there");
  expect_refused("K\1)R."s, "calls something that is no function");
  expect_refused("cshop\nmake\nK\1R."s, "calls something that is no function");
  expect_refused("ccollections\nOrderedDict\nK\1\x85R."s, "in a way that is not read");
  expect_refused("cshop\nmake\n)R}b."s, "sets attributes of something other than a dict");
  expect_refused("K\1K\2\x93."s, "where a name should be");
}

TEST(Pickle, EveryTruncationIsRefused) {
  const std::string bytes =
      "\x80\x02}(X\1\0\0\0acshop\nmake\nM\1\2\x8a\2\1\1\x86Rq\1J\1\0\0\0h\1u."s;
  ASSERT_EQ(Parsed(bytes).root().kind, Kind::dict);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(Pickle(as_bytes(bytes.substr(0, size)), kAllowed, "x"), EmbedError) << size;
  }
}

TEST(Pickle, LengthsBeyondTheEndAreRefused) {
  expect_refused("X\xff\xff\xff\xffzz."s, "has no end within");
  expect_refused("U\xff."s, "has no end within");
  expect_refused("\x8a\xff."s, "has no end within");
  expect_refused("cshop", "has no end within");
}

TEST(Pickle, MoreThanTheLimitIsNotRead) {
  const std::string bytes = std::string(kMaxPickleBytes, 'N') + ".";
  expect_refused(bytes, "has no end within 1048576 bytes");
  EXPECT_EQ(Parsed(bytes.substr(1)).root().kind, Kind::none);
}

}  // namespace
}  // namespace ruvector::embed
