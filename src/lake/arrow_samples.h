// Arrow tables built by hand for tests, which count how often each part is released.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lake/arrow_abi.h"

namespace ruvector::lake {

using ByteVector = std::vector<std::byte>;

// The bytes of `values`, in a buffer that is aligned as Arrow's are.
template <class T>
ByteVector bytes_of(const std::vector<T>& values) {
  const auto* begin = reinterpret_cast<const std::byte*>(values.data());
  return {begin, begin + values.size() * sizeof(T)};
}

// One array of a tree; tests change the public fields before it is exported.
struct SampleArray {
  std::string format;
  std::string name;
  std::int64_t length = 0;
  std::int64_t offset = 0;
  std::int64_t null_count = 0;
  std::vector<std::pair<bool, ByteVector>> buffers;  // false: the pointer is null
  std::vector<SampleArray> children;

  static SampleArray of_values(std::string format, std::string name, std::int64_t length,
                               ByteVector values) {
    return {std::move(format),
            std::move(name),
            length,
            0,
            0,
            {{false, {}}, {true, std::move(values)}},
            {}};
  }
  static SampleArray of_fixed_lists(std::string name, std::int64_t length, std::int64_t dim,
                                    SampleArray elements) {
    return {"+w:" + std::to_string(dim), std::move(name), length, 0, 0, {{false, {}}},
            {std::move(elements)}};
  }
  template <class Offset>
  static SampleArray of_lists(std::string name, const std::vector<Offset>& offsets,
                              SampleArray elements) {
    return {sizeof(Offset) == 4 ? "+l" : "+L",
            std::move(name),
            static_cast<std::int64_t>(offsets.size()) - 1,
            0,
            0,
            {{false, {}}, {true, bytes_of(offsets)}},
            {std::move(elements)}};
  }
  static SampleArray of_table(std::int64_t length, std::vector<SampleArray> columns) {
    return {"+s", "", length, 0, 0, {{false, {}}}, std::move(columns)};
  }
  void set_bitmap(std::vector<std::uint8_t> bits, std::int64_t nulls) {
    buffers[0] = {true, bytes_of(bits)};
    null_count = nulls;
  }
};

// How often things were made and released; equal at the end of each test.
struct ReleaseCounts {
  int schemas_made = 0;
  int schemas_released = 0;
  int arrays_made = 0;
  int arrays_released = 0;
  int streams_made = 0;
  int streams_released = 0;

  bool all_released_once() const {
    return schemas_made == schemas_released && arrays_made == arrays_released &&
           streams_made == streams_released;
  }
};

// Exports SampleArrays. Children are released by their parent, as the specification has it.
class SampleExport {
 public:
  static void schema(const SampleArray& source, ReleaseCounts* counts, ArrowSchema* out) {
    auto* held = new HeldSchema{source.format, source.name, {}, {}, counts};
    for (const SampleArray& child : source.children) {
      held->children.push_back(std::make_unique<ArrowSchema>());
      schema(child, counts, held->children.back().get());
      held->pointers.push_back(held->children.back().get());
    }
    ++counts->schemas_made;
    *out = ArrowSchema{held->format.c_str(),
                       held->name.c_str(),
                       nullptr,
                       2,
                       static_cast<std::int64_t>(held->pointers.size()),
                       held->pointers.data(),
                       nullptr,
                       release_schema,
                       held};
  }

  static void array(const SampleArray& source, ReleaseCounts* counts, ArrowArray* out) {
    auto* held = new HeldArray{source, {}, {}, {}, counts};
    for (const auto& [is_there, bytes] : held->source.buffers) {
      held->buffers.push_back(is_there ? bytes.data() : nullptr);
    }
    for (const SampleArray& child : held->source.children) {
      held->children.push_back(std::make_unique<ArrowArray>());
      array(child, counts, held->children.back().get());
      held->pointers.push_back(held->children.back().get());
    }
    ++counts->arrays_made;
    *out = ArrowArray{source.length,
                      source.null_count,
                      source.offset,
                      static_cast<std::int64_t>(held->buffers.size()),
                      static_cast<std::int64_t>(held->pointers.size()),
                      held->buffers.data(),
                      held->pointers.data(),
                      nullptr,
                      release_array,
                      held};
  }

 private:
  struct HeldSchema {
    std::string format;
    std::string name;
    std::vector<std::unique_ptr<ArrowSchema>> children;
    std::vector<ArrowSchema*> pointers;
    ReleaseCounts* counts;
  };
  struct HeldArray {
    SampleArray source;
    std::vector<const void*> buffers;
    std::vector<std::unique_ptr<ArrowArray>> children;
    std::vector<ArrowArray*> pointers;
    ReleaseCounts* counts;
  };

  static void release_schema(ArrowSchema* schema) {
    const std::unique_ptr<HeldSchema> held(static_cast<HeldSchema*>(schema->private_data));
    for (const auto& child : held->children) {
      if (child->release != nullptr) child->release(child.get());
    }
    ++held->counts->schemas_released;
    schema->release = nullptr;
  }

  static void release_array(ArrowArray* array) {
    const std::unique_ptr<HeldArray> held(static_cast<HeldArray*>(array->private_data));
    for (const auto& child : held->children) {
      if (child->release != nullptr) child->release(child.get());
    }
    ++held->counts->arrays_released;
    array->release = nullptr;
  }
};

// A stream of tables that may fail where a test wants it to.
struct SampleStream {
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);

  SampleArray schema;  // its buffers are not used
  std::vector<SampleArray> tables;
  std::size_t fails_at = kNever;  // before that table
  bool schema_fails = false;
  bool has_message = true;
  ReleaseCounts* counts = nullptr;
  std::size_t next = 0;

  static SampleStream of(std::vector<SampleArray> tables, ReleaseCounts* counts) {
    SampleStream stream;
    stream.schema = tables.front();
    stream.tables = std::move(tables);
    stream.counts = counts;
    return stream;
  }

  ArrowArrayStream exported() && {
    ++counts->streams_made;
    return {get_schema, get_next, last_error, release, new SampleStream(std::move(*this))};
  }

 private:
  static SampleStream& self(ArrowArrayStream* stream) {
    return *static_cast<SampleStream*>(stream->private_data);
  }
  static int get_schema(ArrowArrayStream* stream, ArrowSchema* out) {
    if (self(stream).schema_fails) return 5;
    SampleExport::schema(self(stream).schema, self(stream).counts, out);
    return 0;
  }
  static int get_next(ArrowArrayStream* stream, ArrowArray* out) {
    SampleStream& sample = self(stream);
    if (sample.next == sample.fails_at) return 5;
    *out = ArrowArray{};
    if (sample.next == sample.tables.size()) return 0;
    SampleExport::array(sample.tables[sample.next++], sample.counts, out);
    return 0;
  }
  static const char* last_error(ArrowArrayStream* stream) {
    return self(stream).has_message ? "the disk is on fire" : nullptr;
  }
  static void release(ArrowArrayStream* stream) {
    const std::unique_ptr<SampleStream> held(&self(stream));
    ++held->counts->streams_released;
    stream->release = nullptr;
  }
};

}  // namespace ruvector::lake
