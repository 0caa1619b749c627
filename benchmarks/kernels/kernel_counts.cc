// Runs a kernel of the active table on a fixed problem: kernel_counts <case> <repeats>.
// Without arguments prints each case with the number of units of work that one repeat does.
// The instruction count of one unit is the difference of two runs divided by their units.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

namespace {

namespace kernels = ruvector::kernels;

struct Case {
  std::string name;
  std::size_t units;  // vectors, rows, or values of one repeat
  std::function<void()> run;
};

constexpr std::size_t kDim = 128;
constexpr std::size_t kBlocks = 16;
constexpr std::size_t kVectors = kBlocks * kernels::kBlockVectors;

std::vector<float> random_floats(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

std::vector<std::uint8_t> random_bytes(std::size_t count) {
  std::mt19937 random(2);
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() & 0x7F);
  return bytes;
}

// A type whose vector is aligned as the codes must be.
struct alignas(64) Line {
  std::uint8_t bytes[64];
};

struct alignas(64) FloatLine {
  float values[16];
};

// One-bit codes of kDim dimensions, scanned for `queries` queries; almost nothing survives.
Case scan_case(std::size_t queries) {
  const std::size_t words = kDim / 32;
  const std::size_t block_bytes = words * 256 + 384;
  std::vector<Line> blocks(kBlocks * block_bytes / sizeof(Line));
  const auto bytes = random_bytes(kBlocks * block_bytes);
  std::memcpy(blocks.data(), bytes.data(), bytes.size());
  const auto tables = random_bytes(queries * words * 128);
  return {"scan_" + std::to_string(queries), kVectors * queries, [=] {
            std::vector<std::uint32_t> slots(queries * (kVectors + 16));
            std::vector<float> bounds(slots.size());
            std::vector<kernels::ScanQuery> asked(queries);
            for (std::size_t i = 0; i < queries; ++i) {
              asked[i] = {.table = tables.data() + i * words * 128,
                          .step = 0.01F,
                          .offset = -1.0F,
                          .error_scale = 1.0F,
                          .threshold = -std::numeric_limits<float>::infinity(),
                          .slots = slots.data() + i * (kVectors + 16),
                          .bounds = bounds.data() + i * (kVectors + 16),
                          .count = 0};
            }
            const kernels::ScanCodes codes{blocks.data()->bytes, words, block_bytes};
            kernels::active().scan(codes, 0, kBlocks, nullptr, asked.data(), queries);
          }};
}

Case refine_case(std::uint32_t bits) {
  const std::size_t stride = kDim * bits / 8 + 3 * sizeof(float);
  const auto records = random_bytes(kVectors * stride);
  const auto bytes = random_bytes(2 * kDim);
  return {"refine_" + std::to_string(bits), kVectors, [=] {
            std::vector<std::int8_t> query(bytes.begin(), bytes.end());
            std::vector<std::uint32_t> slots(kVectors);
            for (std::uint32_t i = 0; i < kVectors; ++i) slots[i] = i;
            std::vector<float> bounds(kVectors);
            kernels::active().refine({records.data(), stride, kDim, bits},
                                     {.high = query.data(),
                                      .low = query.data() + kDim,
                                      .center = 0,
                                      .step = 0.01F,
                                      .error_scale = 1.0F},
                                     slots.data(), kVectors, nullptr, bounds.data());
          }};
}

Case rows_case(bool l2) {
  const auto values = random_floats((kVectors + 1) * kDim);
  return {l2 ? "l2_rows" : "dot_rows", kVectors, [=] {
            std::vector<float> out(kVectors);
            const auto& table = kernels::active();
            (l2 ? table.l2_rows : table.dot_rows)(values.data(), values.data() + kDim, kDim,
                                                  nullptr, kVectors, out.data());
          }};
}

Case walsh_hadamard_case() {
  constexpr std::size_t kLength = 1024;
  const auto values = random_floats(kLength);
  return {"walsh_hadamard", kLength, [=] {
            auto x = values;
            kernels::active().walsh_hadamard(x.data(), x.size());
          }};
}

Case gemm_case() {
  constexpr std::size_t kRows = 64;
  constexpr std::size_t kColumns = 2 * kernels::kPanelColumns;
  const auto a = random_floats(kRows * kDim);
  const auto b = random_floats(kDim * kColumns);
  return {"gemm", kRows * kColumns * kDim, [=] {
            std::vector<float> c(kRows * kColumns);
            kernels::active().gemm(a.data(), kDim, kRows, b.data(), kColumns, kDim, c.data(),
                                   kColumns);
          }};
}

Case quantize_case(std::uint32_t bits) {
  constexpr std::size_t kLength = 1024;
  const auto values = random_floats(kLength);
  return {"quantize_" + std::to_string(bits), kLength, [=] {
            std::vector<std::uint8_t> codes(kLength);
            const float scale = static_cast<float>(1U << bits) / 8.0F;
            kernels::active().quantize(values.data(), kLength, scale, bits, codes.data());
          }};
}

// Memory that a case writes is made once, or clearing it would count.

// One head of a text of kDim tokens; a unit is a score.
Case attention_case() {
  constexpr std::size_t kHead = 32;
  const auto rows = random_floats(kDim * 3 * kHead);
  std::vector<FloatLine> scratch(kernels::kAttentionScratch / 16);
  std::vector<float> out(kDim * kHead);
  return {"attention", kDim * kDim, [=]() mutable {
            kernels::active().encoder.attention({.queries = rows.data(),
                                                 .keys = rows.data() + kHead,
                                                 .values = rows.data() + 2 * kHead,
                                                 .stride = 3 * kHead,
                                                 .tokens = kDim,
                                                 .head_dim = kHead,
                                                 .scratch = scratch.data()->values,
                                                 .out = out.data(),
                                                 .out_stride = kHead});
          }};
}

Case gelu_case() {
  constexpr std::size_t kColumns = 1536;
  constexpr std::size_t kRows = 8;
  const auto values = random_floats(kRows * kColumns);
  auto x = values;
  return {"gelu", values.size(), [=]() mutable {
            kernels::active().encoder.activate(x.data(), kColumns, kRows, kColumns, values.data(),
                                               kernels::Activation::gelu);
          }};
}

Case layer_norm_case() {
  constexpr std::size_t kColumns = 384;
  constexpr std::size_t kRows = 8;
  const auto values = random_floats(kRows * kColumns);
  std::vector<float> out(values.size());
  return {"layer_norm", values.size(), [=]() mutable {
            kernels::active().encoder.layer_norm(values.data(), values.data(), values.data(), kRows,
                                                 kColumns, values.data(), values.data(), 1e-12F,
                                                 out.data());
          }};
}

// A unit is a tap of an output value.
Case depthwise_case() {
  constexpr std::size_t kSide = 14;
  constexpr std::size_t kChannels = 48;
  constexpr std::size_t kKernel = 5;
  const auto input = random_floats(kSide * kSide * kChannels);
  std::vector<float> output(input.size());
  return {"depthwise", input.size() * kKernel * kKernel, [=]() mutable {
            kernels::active().encoder.depthwise({.input = input.data(),
                                                 .height = kSide,
                                                 .width = kSide,
                                                 .channels = kChannels,
                                                 .weights = input.data(),
                                                 .kernel = kKernel,
                                                 .step = 1,
                                                 .bias = input.data(),
                                                 .activation = kernels::Activation::hard_swish,
                                                 .output = output.data()});
          }};
}

std::vector<Case> all_cases() {
  return {scan_case(1),      scan_case(4),     refine_case(4),        refine_case(7),
          rows_case(true),   rows_case(false), walsh_hadamard_case(), gemm_case(),
          quantize_case(1),  quantize_case(7), attention_case(),      gelu_case(),
          layer_norm_case(), depthwise_case()};
}

}  // namespace

int main(int argc, char** argv) {
  for (const Case& test : all_cases()) {
    if (argc == 1) std::printf("%s %zu\n", test.name.c_str(), test.units);
    if (argc != 3 || test.name != argv[1]) continue;
    const long repeats = std::strtol(argv[2], nullptr, 10);
    for (long i = 0; i < repeats; ++i) test.run();
  }
  return 0;
}
