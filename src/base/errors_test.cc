#include "ruvector/base/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ruvector {
namespace {

TEST(Errors, DimensionMismatchNamesTheThingAndBothDimensions) {
  const DimensionMismatch error("query", 384, 128);
  EXPECT_STREQ(error.what(), "query has dimension 128, expected 384");
  EXPECT_EQ(error.expected(), 384u);
  EXPECT_EQ(error.actual(), 128u);
}

TEST(Errors, PersistErrorNamesThePathAndTheReason) {
  const PersistError error("some/index.rbpx", "is 12 bytes long");
  EXPECT_STREQ(error.what(), "some/index.rbpx: is 12 bytes long");
  EXPECT_EQ(error.path(), "some/index.rbpx");
}

TEST(Errors, IdErrorsNameTheId) {
  EXPECT_THAT(DuplicateId(18446744073709551615u).what(),
              testing::HasSubstr("18446744073709551615"));
  EXPECT_EQ(DuplicateId(7).id(), 7u);
  EXPECT_THAT(IdNotFound(41).what(), testing::HasSubstr("id 41 "));
  EXPECT_EQ(IdNotFound(41).id(), 41u);
}

TEST(Errors, EveryClassIsCaughtAsIndexErrorAndAsRuVectorError) {
  EXPECT_THROW(throw DimensionMismatch("query", 1, 2), IndexError);
  EXPECT_THROW(throw EmptyIndex("empty"), IndexError);
  EXPECT_THROW(throw PersistError("p", "r"), IndexError);
  EXPECT_THROW(throw DuplicateId(1), IndexError);
  EXPECT_THROW(throw IdNotFound(1), IndexError);
  EXPECT_THROW(throw RowsNotKept("none"), IndexError);
  EXPECT_THROW(throw IndexError("index"), RuVectorError);
}

}  // namespace
}  // namespace ruvector
