// Files of torch.save() against the safetensors file of the same weights, and hostile ones.
#include "embed/torch_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "embed/safetensors.h"
#include "embed/test_zip.h"
#include "ruvector/base/errors.h"

namespace ruvector::embed {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

const std::filesystem::path kGolden = RUVECTOR_GOLDEN_DIR "/torch_archive";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TorchArchive parse(const std::string& bytes) {
  const auto owner = std::make_shared<const std::string>(bytes);
  return TorchArchive::parse(as_bytes(*owner), owner, "weights.pth");
}

void expect_refused(const std::string& bytes, const std::string& reason) {
  try {
    static_cast<void>(parse(bytes));
    FAIL() << "a file was taken that " << reason;
  } catch (const EmbedError& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith("weights.pth: "));
    EXPECT_THAT(error.what(), HasSubstr(reason));
  }
}

void expect_equal(std::span<const Tensor> found, std::span<const Tensor> expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].name, expected[i].name);
    EXPECT_EQ(found[i].type, expected[i].type) << found[i].name;
    EXPECT_EQ(found[i].shape, expected[i].shape) << found[i].name;
    EXPECT_TRUE(std::ranges::equal(found[i].bytes, expected[i].bytes)) << found[i].name;
  }
}

TEST(TorchArchive, BothFormsHoldWhatTorchSaved) {
  const Safetensors expected = Safetensors::open(kGolden / "expected.safetensors");
  ASSERT_EQ(expected.tensors().size(), 11u);
  expect_equal(TorchArchive::open(kGolden / "zip.pth").tensors(), expected.tensors());
  expect_equal(TorchArchive::open(kGolden / "old.pth").tensors(), expected.tensors());
}

TEST(TorchArchive, ItIsKeptAsSafetensors) {
  const std::filesystem::path to =
      std::filesystem::temp_directory_path() / ("torch_archive_test_" + std::to_string(::getpid()));
  for (const char* form : {"zip.pth", "old.pth"}) {
    convert_torch_archive(kGolden / form, to);
    expect_equal(Safetensors::open(to).tensors(),
                 Safetensors::open(kGolden / "expected.safetensors").tensors());
    std::filesystem::remove(to);
  }
}

TEST(TorchArchive, AFileThatIsNotThereIsAnEmbedError) {
  EXPECT_THROW(TorchArchive::open(kGolden / "nothing.pth"), EmbedError);
}

TEST(TorchArchive, EveryTruncationIsRefused) {
  for (const char* form : {"zip.pth", "old.pth"}) {
    const std::string bytes = read_file(kGolden / form);
    ASSERT_GT(bytes.size(), 2000u);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_THROW(parse(bytes.substr(0, size)), EmbedError) << form << ", " << size << " bytes";
    }
  }
}

TEST(TorchArchive, DamagedFilesAreRefusedOrReadWithinTheirBounds) {
  for (const char* form : {"zip.pth", "old.pth"}) {
    const std::string bytes = read_file(kGolden / form);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const char mask : {'\x01', '\x80', '\xff'}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ mask);
        try {
          const TorchArchive archive = parse(damaged);
          for (const Tensor& tensor : archive.tensors()) {
            ASSERT_EQ(tensor.bytes.size(), count_of(tensor.shape) * size_of(tensor.type));
          }
        } catch (const EmbedError&) {
          // Refused, which is right as well.
        }
      }
    }
  }
}

// --- files made by hand

std::string text(const std::string& value) { return "X" + zip_dword(value.size()) + value; }
std::string number(std::size_t value) { return "J" + zip_dword(value); }
std::string tuple(const std::string& items) { return "(" + items + "t"; }

struct Storage {
  std::string kind = "storage";
  std::string type = "ctorch\nFloatStorage\n";
  std::string key = "0";
  std::string count = number(4);
  std::string pickled() const {
    return tuple(text(kind) + type + text(key) + text("cpu") + count) + "Q";
  }
};

struct TestTensor {
  Storage storage = {};
  std::string offset = number(0);
  std::string shape = tuple(number(2) + number(2));
  std::string strides = tuple(number(2) + number(1));
  std::string function = "ctorch._utils\n_rebuild_tensor_v2\n";
  std::string pickled() const {
    return function + tuple(storage.pickled() + offset + shape + strides + "\x89}") + "R";
  }
};

std::string archive_of(const std::string& pickled_tensors, const std::string& values) {
  return zip_of({{"w/data.pkl", "\x80\2}(" + pickled_tensors + "u."}, {"w/data/0", values}});
}
std::string archive_of(const TestTensor& tensor) {
  return archive_of(text("t") + tensor.pickled(), "0123456789abcdef");
}

TEST(TorchArchive, ATensorMadeByHandIsRead) {
  const TorchArchive archive = parse(archive_of({}));
  ASSERT_EQ(archive.tensors().size(), 1u);
  EXPECT_EQ(archive.tensors()[0].name, "t");
  EXPECT_EQ(archive.tensors()[0].shape, (std::vector<std::size_t>{2, 2}));
  EXPECT_TRUE(std::ranges::equal(archive.tensors()[0].bytes, as_bytes("0123456789abcdef")));
}

TEST(TorchArchive, NothingThatWouldRunIsTaken) {
  expect_refused(archive_of({.function = "cos\nsystem\n"}), "mentions 'os.system'");
  expect_refused(archive_of({.function = "cbuiltins\nexec\n"}), "mentions 'builtins.exec'");
  expect_refused(archive_of({.function = "ctorch\nload\n"}), "mentions 'torch.load'");
  expect_refused(archive_of("cos\nsystem\n" + tuple(text("true")) + "R" + text("x"), ""),
                 "mentions 'os.system'");
  expect_refused(archive_of({.function = "ctorch\nFloatStorage\n"}), "where a tensor should be");
  expect_refused("\x80\2cos\nsystem\n)R."s, "is no file of torch.save()");
}

TEST(TorchArchive, TensorsBeyondTheirStorageAreRefused) {
  const std::string all = number(0xffffffff);
  const auto refused = [](const TestTensor& tensor) {
    expect_refused(archive_of(tensor), "reaches beyond its storage of 4 elements");
  };
  refused({.offset = number(1)});
  refused({.shape = tuple(number(3) + number(2))});
  refused({.strides = tuple(number(3) + number(1))});
  refused({.shape = tuple(number(0x7fffffff) + number(0x7fffffff)),
           .strides = tuple(number(0) + number(0))});
  refused({.offset = number(4), .shape = tuple(""), .strides = tuple("")});
  for (const std::string& negative : {all, number(0x80000000)}) {
    expect_refused(archive_of({.offset = negative}), "where a size below 2^32 should be");
    expect_refused(archive_of({.shape = tuple(negative + number(2))}), "a size below 2^32");
    expect_refused(archive_of({.strides = tuple(negative + number(2))}), "a size below 2^32");
  }
  const std::string huge = "\x8a\x08\0\0\0\0\0\0\0\x40"s;  // 2^62
  expect_refused(archive_of({.shape = tuple(huge + huge)}), "a size below 2^32");
  expect_refused(archive_of({.strides = tuple(number(1))}), "has 2 axes and 1 strides");
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += number(1);
  expect_refused(archive_of({.shape = tuple(nine), .strides = tuple(nine)}), "has 9 axes");
}

TEST(TorchArchive, StoragesMustBeThereAndOfAKnownType) {
  expect_refused(archive_of({.storage = {.key = "1"}}), "has no storage '1'");
  expect_refused(archive_of({.storage = {.count = number(5)}}),
                 "has 16 bytes for the 5 elements of storage '0'");
  expect_refused(archive_of({.storage = {.kind = "module"}}), "where a storage should be");
  expect_refused(archive_of({.storage = {.type = "ctorch\nDoubleStorage\n"}}),
                 "mentions 'torch.DoubleStorage'");
  expect_refused(archive_of({.storage = {.type = "N"}}), "has a storage of no known type");
  const TestTensor other{.storage = {.count = number(3)}};
  expect_refused(archive_of(text("a") + TestTensor().pickled() + text("b") + other.pickled(),
                            std::string(16, 'x')),
                 "one storage by one key");
}

TEST(TorchArchive, OnlyADictOfNamedTensorsIsTaken) {
  expect_refused(archive_of(text("epoch") + number(3), ""), "where a tensor should be");
  expect_refused(archive_of(number(1) + TestTensor().pickled(), std::string(16, 'x')),
                 "where a name should be");
  expect_refused(archive_of(text("") + TestTensor().pickled(), std::string(16, 'x')), "a name");
  expect_refused(archive_of(text("a\nb") + TestTensor().pickled(), std::string(16, 'x')), "a name");
  const std::string twice = text("t") + TestTensor().pickled();
  expect_refused(archive_of(twice + twice, std::string(16, 'x')), "has two tensors 't'");
  expect_refused(zip_of({{"w/data.pkl", "N."}}), "where a dict of tensors should be");
  expect_refused(zip_of({{"w/other", "N."}}), "has no data.pkl");
  expect_refused(zip_of({{"w/data.pkl", "}."}, {"w/byteorder", "big"}}), "is not little-endian");
  expect_refused("", "is no file of torch.save()");
  expect_refused("GIF89a", "is no file of torch.save()");
}

}  // namespace
}  // namespace ruvector::embed
