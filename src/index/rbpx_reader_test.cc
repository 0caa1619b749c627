#include "index/rbpx_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "base/test_folder.h"
#include "index/rbpx_samples.h"

namespace ruvector::index {
namespace {

using ::testing::HasSubstr;

class RbpxReader : public ::testing::Test {
 protected:
  // The refusal, by a load without verify, of an image whose checksums are right after the change.
  std::string after(const Sample& sample, const std::function<void(EditableImage&)>& change) {
    EditableImage image(serialize_rbpx(sample_state(sample)));
    change(image);
    return refusal(folder_, image.seal(), sample.kind, false);
  }
  template <class T>
  std::string with_parameter(const Sample& sample, std::size_t offset, T value) {
    return after(sample, [&](EditableImage& i) { i.set(SectionType::parameters, offset, value); });
  }

  const base::TestFolder folder_;
};

TEST_F(RbpxReader, ParametersOutsideOfTheirRangesAreRefused) {
  const auto u32 = [&](std::size_t offset, std::uint32_t value) {
    return with_parameter(Sample{}, offset, value);
  };
  EXPECT_THAT(u32(offsetof(Parameters, dim), 0), HasSubstr("dim is 0, not in 1..8192"));
  EXPECT_THAT(u32(offsetof(Parameters, dim), 8193), HasSubstr("dim is 8193"));
  EXPECT_THAT(u32(offsetof(Parameters, metric), 3), HasSubstr("metric is 3"));
  EXPECT_THAT(u32(offsetof(Parameters, bits), 9), HasSubstr("bits is 9"));
  EXPECT_THAT(u32(offsetof(Parameters, scan_bits), 3), HasSubstr("scan_bits is 3"));
  EXPECT_THAT(u32(offsetof(Parameters, scan_bits), 0), HasSubstr("scan_bits is 0"));
  EXPECT_THAT(u32(offsetof(Parameters, refine_bits), 1), HasSubstr("refine_bits is 1"));
  EXPECT_THAT(u32(offsetof(Parameters, refine_bits), 9), HasSubstr("refine_bits is 9"));
  EXPECT_THAT(u32(offsetof(Parameters, rerank_factor), 1025), HasSubstr("rerank_factor is 1025"));
  EXPECT_THAT(u32(offsetof(Parameters, rotation), 2), HasSubstr("rotation of kind 2"));
  EXPECT_THAT(u32(offsetof(Parameters, flags), 9), HasSubstr("flags is 9"));
  EXPECT_THAT(u32(offsetof(Parameters, flags), 0), HasSubstr("without rows"));
  const Sample divided{.partitions = 3};
  EXPECT_THAT(with_parameter(divided, offsetof(Parameters, lists_wanted), 0U),
              HasSubstr("lists_wanted is 0"));
  for (const std::uint64_t count : {std::uint64_t{100'000'001}, ~std::uint64_t{0}}) {
    EXPECT_THAT(with_parameter(Sample{}, offsetof(Parameters, count), count),
                HasSubstr("count is " + std::to_string(count)));
  }
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float unit : {0.0F, -1.0F, 3.0F, 0x1p-63F, 0x1p+63F, kInfinity, -kInfinity,
                           std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THAT(with_parameter(Sample{}, offsetof(Parameters, unit), unit),
                HasSubstr("parameter unit"));
  }
}

TEST_F(RbpxReader, CountsThatDoNotFitTheSectionsAreRefused) {
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus}) {
    for (const std::uint64_t count : {0U, 1U, 149U, 151U, 100'000'000U}) {
      EXPECT_THAT(with_parameter(Sample{.kind = kind}, offsetof(Parameters, count), count),
                  HasSubstr("section ids has 1200 bytes"));
    }
    for (const std::uint32_t dim : {19U, 21U, 8192U}) {
      EXPECT_NE(with_parameter(Sample{.kind = kind}, offsetof(Parameters, dim), dim), "");
    }
  }
  EXPECT_THAT(with_parameter(Sample{}, offsetof(Parameters, scan_bits), 2U),
              HasSubstr("section scan_blocks"));
  EXPECT_THAT(with_parameter(Sample{}, offsetof(Parameters, refine_bits), 8U),
              HasSubstr("section refine_records"));
  EXPECT_THAT(with_parameter(Sample{.kind = Kind::flat_f32}, offsetof(Parameters, metric), 2U),
              HasSubstr("section inverse_norms has 0 bytes"));
}

TEST_F(RbpxReader, AMissingSectionIsRefusedByName) {
  for (std::uint32_t type = 1; type <= 9; ++type) {
    const auto section = static_cast<SectionType>(type);
    const Sample sample{.metric = Metric::cosine};
    EXPECT_THAT(after(sample,
                      [&](EditableImage& i) {
                        i.section(section).flags = 0;
                        i.section(section).type = 1000;
                      }),
                HasSubstr(std::string("section ") + section_name(type) + " has 0 bytes"));
  }
}

TEST_F(RbpxReader, AnotherElementSizeIsRefused) {
  EXPECT_THAT(after({}, [](EditableImage& i) { i.section(SectionType::rows).element_bytes = 2; }),
              HasSubstr("section rows has 12000 bytes in elements of 2"));
}

TEST_F(RbpxReader, DamageInSmallSectionsIsFoundWithoutVerify) {
  for (const auto type : {SectionType::parameters, SectionType::rotation, SectionType::centre}) {
    Bytes bytes = serialize_rbpx(sample_state({}));
    EditableImage image(bytes);
    const SectionEntry& section = image.section(type);
    for (std::size_t i = 0; i < section.bytes; i += 1 + section.bytes / 97) {
      bytes[section.offset + i] ^= std::byte{16};
      EXPECT_THAT(refusal(folder_, bytes, Kind::rabitq_plus, false), HasSubstr("is damaged"));
      bytes[section.offset + i] ^= std::byte{16};
    }
  }
}

TEST_F(RbpxReader, ACentreOrARotationThatIsNotFiniteIsRefused) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), 1e30F}) {
    EXPECT_THAT(after({}, [&](EditableImage& i) { i.set(SectionType::centre, 4, value); }),
                HasSubstr("centre with squared norm"));
    EXPECT_THAT(after({}, [&](EditableImage& i) { i.set(SectionType::rotation, 4, value); }),
                HasSubstr("rotation with an entry"));
  }
}

TEST_F(RbpxReader, ALaneAfterTheLastVectorThatCouldSurviveAScanIsRefused) {
  const State state = sample_state({});
  const std::size_t block = 2 * state.codes.shape().block_bytes();
  const std::size_t adds = block + state.codes.shape().words() * 256;
  for (const std::size_t lane : {22U, 63U}) {  // 150 = 2 * 64 + 22
    EXPECT_THAT(after({},
                      [&](EditableImage& i) {
                        i.set(SectionType::scan_blocks, adds + lane * 2, std::uint16_t{0});
                      }),
                HasSubstr("lane " + std::to_string(128 + lane)));
  }
}

TEST_F(RbpxReader, AnUnknownKindIsRefused) {
  EXPECT_THAT(after({}, [](EditableImage& i) { i.header.kind = 9; }), HasSubstr("kind 9"));
  EXPECT_THAT(after({}, [](EditableImage& i) { i.header.kind = 0; }), HasSubstr("kind 0"));
  EXPECT_THAT(after({}, [](EditableImage& i) { i.header.kind = 1; }),
              HasSubstr("load it as FlatF32Index"));
}

TEST_F(RbpxReader, UnverifiedGarbageGivesWrongAnswersAndNoMemoryError) {
  base::Random random(8);
  for (const Kind kind : {Kind::flat_f32, Kind::rabitq, Kind::rabitq_plus, Kind::rabitq_asym}) {
    for (int round = 0; round < 20; ++round) {
      Bytes bytes = serialize_rbpx(sample_state({.kind = kind, .count = 128}));
      EditableImage image(bytes);
      for (const SectionEntry& section : image.table) {
        if (section.type < static_cast<std::uint32_t>(SectionType::ids)) continue;
        for (std::size_t i = 0; i < section.bytes; ++i) {
          if (random.next_u64() % 4 == 0) bytes[section.offset + i] = std::byte(random.next_u64());
        }
      }
      write_bytes(folder_.path() / "garbage.rbpx", bytes);
      State state = load_rbpx(folder_.path() / "garbage.rbpx", kind, {});
      EXPECT_LE(sample_hits(state).size(), 4U * 10U * 3U);
      remove(state, std::vector<Id>{state.ids[5]});
      EXPECT_EQ(state.size(), 127U);
      EXPECT_THROW(load_rbpx(folder_.path() / "garbage.rbpx", kind, {.verify = true}),
                   PersistError);
      std::filesystem::remove(folder_.path() / "garbage.rbpx");
    }
  }
}

TEST_F(RbpxReader, QueriesOfAnotherNumberOrSizeAreRefused) {
  State state = sample_state({.count = 300, .partitions = 8});
  const std::vector<float> queries = sample_rows(20, state.dim, 5);
  calibrate(state, {queries.data(), 20, state.dim}, 1);
  const auto with = [&](std::uint64_t bytes, std::uint32_t element_bytes) {
    EditableImage image(serialize_rbpx(state));
    image.section(SectionType::partition_queries).bytes = bytes;
    image.section(SectionType::partition_queries).element_bytes = element_bytes;
    return refusal(folder_, image.seal(), state.kind, false);
  };
  EXPECT_EQ(with(20 * 20 * 4, 4), "");
  EXPECT_THAT(with(20 * 20 * 4, 8), HasSubstr("section partition_queries has 1600 bytes"));
  EXPECT_THAT(with(19 * 4, 4), HasSubstr("queries kept is 0, not in 1..512"));
}

TEST_F(RbpxReader, WeightsOfTheStoppingRuleOutsideOfTheirRangesAreRefused) {
  const Sample sample{.count = 300, .partitions = 8};
  const auto with = [&](std::size_t offset, float value) {
    return after(sample,
                 [&](EditableImage& i) { i.set(SectionType::partition_weights, offset, value); });
  };
  EXPECT_EQ(with(0, 0.0F), "");
  EXPECT_EQ(with(4, 0.0F), "");
  for (const float bad : {-0.5F, 1.5F, std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THAT(with(0, bad), HasSubstr("parameter weight of the k-th distance is"));
  }
  for (const float bad :
       {-1.0F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THAT(with(4, bad), HasSubstr("parameter weight of a doubling is"));
  }
}

TEST_F(RbpxReader, UnverifiedListsGiveWrongAnswersOrAnErrorAndNoMemoryError) {
  base::Random random(9);
  const Sample sample{.count = 500, .partitions = 12};
  State saved = sample_state(sample);
  const std::vector<float> queries = sample_rows(20, sample.dim, 5);
  calibrate(saved, {queries.data(), 20, sample.dim}, 1);
  const std::vector<float> more = sample_rows(700, sample.dim, 6);
  std::vector<Id> others(700);
  std::iota(others.begin(), others.end(), Id{1} << 60U);
  const Bytes whole = serialize_rbpx(saved);
  const EditableImage image(whole);
  int loaded = 0;
  int balanced = 0;
  for (const SectionEntry& section : image.table) {
    if (section.type < static_cast<std::uint32_t>(SectionType::partition_lists)) continue;
    for (int round = 0; round < 30; ++round) {
      Bytes bytes = whole;
      const std::size_t first = random.uniform_below(section.bytes / 4) * 4;
      const std::uint32_t value = round % 3 == 0 ? static_cast<std::uint32_t>(random.next_u64())
                                                 : static_cast<std::uint32_t>(round);
      std::memcpy(&bytes[section.offset + first], &value, sizeof(value));
      write_bytes(folder_.path() / "lists.rbpx", bytes);
      try {
        State state = load_rbpx(folder_.path() / "lists.rbpx", sample.kind, {});
        ++loaded;
        EXPECT_LE(sample_hits(state).size(), 4U * 10U * 3U);
        if (round % 2 == 0) calibrate(state, {queries.data(), 20, sample.dim}, 1);
        const Id id = state.ids[5];
        try {
          remove(state, std::vector<Id>{id});
        } catch (const IndexError&) {
          EXPECT_EQ(state.ids[5], id);  // and nothing was changed
          EXPECT_EQ(state.id_map.find(id, state.ids.data(), state.size()), 5U);
        }
        append(state, others, {more.data(), 700, sample.dim}, 1, {});
        balanced += state.partition->layout.list_count() > 15 ? 1 : 0;
        compact(state);
      } catch (const PersistError&) {
      } catch (const IndexError&) {
      }
      std::filesystem::remove(folder_.path() / "lists.rbpx");
      if (bytes == whole) continue;
      write_bytes(folder_.path() / "lists.rbpx", bytes);
      EXPECT_THROW(load_rbpx(folder_.path() / "lists.rbpx", sample.kind, {.verify = true}),
                   PersistError);
      std::filesystem::remove(folder_.path() / "lists.rbpx");
    }
  }
  EXPECT_GT(loaded, 50);
  EXPECT_GT(balanced, 30);
}

TEST_F(RbpxReader, AFilterFindsNothingInALaneThatThereIsNot) {
  const Sample sample{.count = 500, .partitions = 12};
  EditableImage image(serialize_rbpx(sample_state(sample)));
  for (const std::uint32_t slot : {3U, 4U, 5U}) {
    image.set(SectionType::partition_lanes, 4 * slot, slot == 3 ? 1U << 20U : ~(slot - 4));
  }
  write_bytes(folder_.path() / "a.rbpx", image.seal());
  const State state = load_rbpx(folder_.path() / "a.rbpx", sample.kind, {});
  const std::vector<Id> allowed = {state.ids[3], state.ids[4], state.ids[5], state.ids[6]};
  SearchParams params;
  params.filter = Ids{allowed};
  const std::vector<Hit> hits = search(state, sample_rows(1, sample.dim, 2), 10, params, nullptr);
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].id, state.ids[6]);
}

TEST_F(RbpxReader, AnIndexWithUnverifiedRowsThatAreNotFiniteRefusesToLearnFromThem) {
  for (const auto& [value, lists] : {std::pair{std::numeric_limits<float>::quiet_NaN(), 0},
                                     std::pair{1e30F, 0}, std::pair{1e30F, 2}}) {
    Sample sample{.count = 10};
    if (lists != 0) sample.partitions = lists;
    EditableImage image(serialize_rbpx(sample_state(sample)));
    image.set(SectionType::rows, 40, value);
    write_bytes(folder_.path() / "a.rbpx", image.seal());
    State state = load_rbpx(folder_.path() / "a.rbpx", sample.kind, {});
    const std::vector<float> rows = sample_rows(30, sample.dim, 4);
    std::vector<Id> ids(30);
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = 900 + i;
    try {
      append(state, ids, {rows.data(), 30, sample.dim}, 1, {});  // learns the centre anew
      FAIL() << "no exception";
    } catch (const IndexError& error) {
      EXPECT_THAT(error.what(), HasSubstr("is damaged"));
    }
    EXPECT_EQ(state.size(), 10U);
  }
}

}  // namespace
}  // namespace ruvector::index
