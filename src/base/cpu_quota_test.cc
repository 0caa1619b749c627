#include "base/cpu_quota.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/cpu_affinity.h"
#include "base/test_folder.h"

namespace ruvector::base {
namespace {

TEST(CpuQuota, RoundsTheQuotaUpToWholeCpus) {
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2u);
  EXPECT_EQ(parse_cpu_max("250000 100000\n"), 3u);
  EXPECT_EQ(parse_cpu_max("1000 100000"), 1u);
  EXPECT_EQ(parse_cpu_max("0 100000"), 1u);
  EXPECT_EQ(parse_cpu_max("18446744073709551615 1"), 18446744073709551615u);
}

TEST(CpuQuota, NoLimitAndNonsenseAreNone) {
  for (const char* text : {"max 100000", "", " ", "100000", "100000 ", "100000 0", "-1 100000",
                           "100000 x", "100000 100000 1", "99999999999999999999 1"}) {
    EXPECT_EQ(parse_cpu_max(text), std::nullopt) << text;
  }
}

class CgroupTree : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(root_ / "fs/outer/inner"); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / name) << text;
  }
  std::optional<std::size_t> cpus() const { return cgroup_cpus(root_ / "cgroup", root_ / "fs"); }

  const TestFolder folder_;
  const std::filesystem::path root_ = folder_.path();
};

TEST_F(CgroupTree, TheLeastQuotaOfTheGroupAndItsAncestorsCounts) {
  write("cgroup", "1:name=systemd:/x\n0::/outer/inner\n");
  EXPECT_EQ(cpus(), std::nullopt);
  write("fs/outer/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(cpus(), std::nullopt);
  write("fs/outer/cpu.max", "300000 100000\n");
  EXPECT_EQ(cpus(), 3u);
  write("fs/outer/inner/cpu.max", "150000 100000\n");
  EXPECT_EQ(cpus(), 2u);
  write("fs/cpu.max", "50000 100000\n");
  EXPECT_EQ(cpus(), 1u);
}

TEST_F(CgroupTree, ARootGroupOrNoUnifiedHierarchyHasTheQuotaOfTheMountOrNone) {
  EXPECT_EQ(cpus(), std::nullopt);
  write("cgroup", "5:cpu:/outer\n");
  EXPECT_EQ(cpus(), std::nullopt);
  write("cgroup", "0::/\n");
  write("fs/cpu.max", "400000 100000\n");
  EXPECT_EQ(cpus(), 4u);
}

TEST(CpuQuota, OneCpuAtLeastIsThereAndNoMoreThanTheMaskAllows) {
  EXPECT_GE(available_cpus(), 1u);
  EXPECT_LE(available_cpus(), affinity_cpus());
}

}  // namespace
}  // namespace ruvector::base
