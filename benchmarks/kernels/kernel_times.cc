// Times of the hot kernels on every level that this processor has (informational; the gate is
// kernel_counts). Use --benchmark_filter=scan/avx512 and the like.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/dispatch.h"
#include "kernels/kernels.h"

namespace {

namespace kernels = ruvector::kernels;
using kernels::KernelTable;

// A type whose vector is aligned as codes and tables should be.
struct alignas(64) Line {
  std::uint8_t bytes[64];
};

struct alignas(64) FloatLine {
  float values[16];
};

std::vector<Line> random_lines(std::size_t bytes) {
  std::mt19937 random(1);
  std::vector<Line> lines(bytes / sizeof(Line) + 1);
  for (Line& line : lines) {
    for (std::uint8_t& byte : line.bytes) byte = static_cast<std::uint8_t>(random() & 0x3F);
  }
  return lines;
}

std::vector<float> random_floats(std::size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// One pass over n one-bit codes for `queries` queries, of which each keeps about one code in 100.
void scan(benchmark::State& state, const KernelTable& table, std::size_t n, std::size_t words,
          std::size_t queries) {
  const std::size_t blocks = (n + kernels::kBlockVectors - 1) / kernels::kBlockVectors;
  const std::size_t room = blocks * kernels::kBlockVectors + 16;
  const std::vector<Line> lines = random_lines(blocks * (words * 256 + 384));
  const std::vector<Line> tables = random_lines(queries * words * 128);
  const kernels::ScanCodes codes{lines.front().bytes, words, words * 256 + 384};
  std::vector<std::uint32_t> slots(queries * room);
  std::vector<float> bounds(queries * room);
  std::vector<kernels::ScanQuery> asked;
  for (std::size_t q = 0; q < queries; ++q) {
    asked.push_back({tables.front().bytes + q * words * 128, 0.01f, -1.0f, 1.9f, 1e30f,
                     slots.data() + q * room, bounds.data() + q * room, 0});
  }
  table.scan(codes, 0, blocks, nullptr, asked.data(), queries);
  for (kernels::ScanQuery& query : asked) {
    float* kept = query.bounds + query.count / 100;
    std::nth_element(query.bounds, kept, query.bounds + query.count);
    query.threshold = *kept;
  }
  for (auto _ : state) table.scan(codes, 0, blocks, nullptr, asked.data(), queries);
  state.counters["a_query"] =
      benchmark::Counter(static_cast<double>(state.iterations() * queries),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// 1000 records of 100,000 in random places.
void refine(benchmark::State& state, const KernelTable& table, std::size_t dims,
            std::uint32_t bits) {
  constexpr std::uint32_t kRecords = 100'000;
  const std::size_t stride = dims * bits / 8 + 12;
  const std::vector<Line> lines = random_lines(kRecords * stride);
  const std::vector<std::int8_t> query(dims, 17);
  std::mt19937 random(2);
  std::vector<std::uint32_t> slots(1000);
  for (std::uint32_t& slot : slots) slot = static_cast<std::uint32_t>(random() % kRecords);
  std::vector<float> bounds(slots.size());
  for (auto _ : state) {
    table.refine({lines.front().bytes, stride, dims, bits},
                 {query.data(), query.data(), 100, 0.1f, 1.9f}, slots.data(), slots.size(), nullptr,
                 bounds.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(slots.size()));
}

void l2_rows(benchmark::State& state, const KernelTable& table, std::size_t n, std::size_t dim) {
  const std::vector<float> rows = random_floats(n * dim);
  std::vector<float> out(n);
  for (auto _ : state) table.l2_rows(rows.data(), rows.data(), dim, nullptr, n, out.data());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(n * dim * sizeof(float)));
}

void gemm(benchmark::State& state, const KernelTable& table, std::size_t m, std::size_t n,
          std::size_t k) {
  const std::size_t panels = (n + kernels::kPanelColumns - 1) / kernels::kPanelColumns;
  const std::vector<float> a = random_floats(m * k);
  const std::vector<float> b = random_floats(panels * kernels::kPanelColumns * k);
  std::vector<float> c(m * n);
  for (auto _ : state) table.gemm(a.data(), k, m, b.data(), n, k, c.data(), n);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(m * n * k));
}

// The 12 heads of one layer of MiniLM over one text; items are multiply-adds.
void attention(benchmark::State& state, const KernelTable& table, std::size_t tokens) {
  constexpr std::size_t kDim = 384;
  constexpr std::size_t kHead = 32;
  const std::vector<float> rows = random_floats(tokens * 3 * kDim);
  std::vector<FloatLine> scratch(kernels::kAttentionScratch / 16);
  std::vector<float> out(tokens * kDim);
  for (auto _ : state) {
    for (std::size_t head = 0; head < kDim; head += kHead) {
      table.encoder.attention({rows.data() + head, rows.data() + kDim + head,
                               rows.data() + 2 * kDim + head, 3 * kDim, tokens, kHead,
                               scratch.data()->values, out.data() + head, kDim});
    }
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(2 * tokens * tokens * kDim));
}

void gelu(benchmark::State& state, const KernelTable& table, std::size_t rows) {
  constexpr std::size_t kColumns = 1536;
  const std::vector<float> bias = random_floats(kColumns);
  const std::vector<float> values = random_floats(rows * kColumns);
  std::vector<float> x = values;
  for (auto _ : state) {
    // Without new values they would all end at 0, which some processors multiply faster.
    std::copy(values.begin(), values.end(), x.begin());
    table.encoder.activate(x.data(), kColumns, rows, kColumns, bias.data(),
                           kernels::Activation::gelu);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
}

void layer_norm(benchmark::State& state, const KernelTable& table, std::size_t rows) {
  constexpr std::size_t kColumns = 384;
  const std::vector<float> x = random_floats(rows * kColumns);
  std::vector<float> out(x.size());
  for (auto _ : state) {
    table.encoder.layer_norm(x.data(), x.data(), x.data(), rows, kColumns, x.data(), x.data(),
                             1e-12f, out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
}

// A layer of MobileNetV3; items are multiply-adds.
void depthwise(benchmark::State& state, const KernelTable& table, std::size_t side,
               std::size_t channels, std::size_t kernel) {
  const std::vector<float> input = random_floats(side * side * channels);
  const std::vector<float> weights = random_floats(kernel * kernel * channels);
  std::vector<float> output(input.size());
  for (auto _ : state) {
    table.encoder.depthwise({input.data(), side, side, channels, weights.data(), kernel, 1,
                             weights.data(), kernels::Activation::hard_swish, output.data()});
  }
  state.SetItemsProcessed(state.iterations() *
                          static_cast<std::int64_t>(input.size() * kernel * kernel));
}

void register_index_kernels(const KernelTable& table) {
  const std::string level = table.name;
  const auto add = [&](const std::string& name, const auto& run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMicrosecond);
  };
  for (const std::size_t queries : {1, 4}) {
    const std::string suffix = "/queries:" + std::to_string(queries);
    add("scan/" + level + "/100k_x_128" + suffix,
        [&table, queries](benchmark::State& state) { scan(state, table, 100'000, 4, queries); });
    add("scan/" + level + "/117k_x_384" + suffix,
        [&table, queries](benchmark::State& state) { scan(state, table, 117'000, 12, queries); });
  }
  for (const std::uint32_t bits : {4u, 8u}) {
    add("refine/" + level + "/128_dims/bits:" + std::to_string(bits),
        [&table, bits](benchmark::State& state) { refine(state, table, 128, bits); });
  }
  add("l2_rows/" + level + "/100k_x_128",
      [&table](benchmark::State& state) { l2_rows(state, table, 100'000, 128); });
  add("gemm/" + level + "/1000_x_48_x_384",
      [&table](benchmark::State& state) { gemm(state, table, 1000, 48, 384); });
}

void register_encoder_kernels(const KernelTable& table) {
  const std::string level = table.name;
  const auto add = [&](const std::string& name, const auto& run) {
    benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMicrosecond);
  };
  for (const std::size_t m : {10U, 128U}) {
    const std::string rows = "/" + std::to_string(m);
    add("gemm/" + level + rows + "_x_1536_x_384",
        [&table, m](benchmark::State& state) { gemm(state, table, m, 1536, 384); });
    add("gemm/" + level + rows + "_x_384_x_1536",
        [&table, m](benchmark::State& state) { gemm(state, table, m, 384, 1536); });
    add("gelu/" + level + rows + "_x_1536",
        [&table, m](benchmark::State& state) { gelu(state, table, m); });
    add("layer_norm/" + level + rows + "_x_384",
        [&table, m](benchmark::State& state) { layer_norm(state, table, m); });
  }
  for (const std::size_t tokens : {10U, 32U, 128U, 256U, 512U}) {
    add("attention/" + level + "/tokens:" + std::to_string(tokens),
        [&table, tokens](benchmark::State& state) { attention(state, table, tokens); });
  }
  add("depthwise/" + level + "/28_x_28_x_88/kernel:3",
      [&table](benchmark::State& state) { depthwise(state, table, 28, 88, 3); });
  add("depthwise/" + level + "/14_x_14_x_240/kernel:5",
      [&table](benchmark::State& state) { depthwise(state, table, 14, 240, 5); });
}

}  // namespace

int main(int argc, char** argv) {
  for (const KernelTable* table : kernels::supported()) {
    register_index_kernels(*table);
    register_encoder_kernels(*table);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
