#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include "lake/arrow_abi.h"
#include "lake/arrow_column.h"
#include "ruvector/base/errors.h"
#include "ruvector/lake/arrow.h"

namespace ruvector {
namespace {

using lake::ArrowIdColumn;
using lake::ArrowOwner;
using lake::ArrowRows;
using lake::ArrowVectorColumn;

// Names that a message lists.
constexpr std::int64_t kNamesShown = 20;

std::string names_of(const ArrowSchema& schema) {
  std::string names;
  for (std::int64_t i = 0; i < schema.n_children && i < kNamesShown; ++i) {
    const ArrowSchema* child = schema.children[i];
    const bool is_named = child != nullptr && child->name != nullptr;
    names += (i == 0 ? "" : ", ") + std::string("'") + (is_named ? child->name : "") + "'";
  }
  return schema.n_children > kNamesShown ? names + ", ..." : names;
}

// Place of the only column of that name.
std::size_t find_column(const ArrowSchema& schema, const std::string& name) {
  std::optional<std::size_t> found;
  for (std::int64_t i = 0; i < schema.n_children; ++i) {
    const ArrowSchema* child = schema.children[i];
    if (child == nullptr || child->name == nullptr || name != child->name) continue;
    if (found) throw std::invalid_argument("column '" + name + "' is there twice");
    found = static_cast<std::size_t>(i);
  }
  if (!found) {
    throw std::invalid_argument("column '" + name + "' is not among " + names_of(schema));
  }
  return *found;
}

void require_table(const ArrowSchema& schema) {
  const bool is_struct = schema.format != nullptr && std::strcmp(schema.format, "+s") == 0;
  if (is_struct && schema.n_children >= 0 &&
      (schema.children != nullptr || schema.n_children == 0)) {
    return;
  }
  throw std::invalid_argument("the stream is of the Arrow type '" +
                              std::string(schema.format == nullptr ? "" : schema.format) +
                              "', not of tables");
}

// What is read of each record batch.
struct Columns {
  Columns(const ArrowSchema& schema, const ArrowParams& params)
      : count((require_table(schema), schema.n_children)),
        id_place(find_column(schema, params.id_column)),
        vector_place(find_column(schema, params.vector_column)),
        ids(*schema.children[id_place], params.id_column),
        vectors(*schema.children[vector_place], params.vector_column) {}

  std::int64_t count;
  std::size_t id_place;
  std::size_t vector_place;
  ArrowIdColumn ids;
  ArrowVectorColumn vectors;
};

class ArrowChunks final : public PulledChunks {
 public:
  ArrowChunks(std::string backend, ArrowArrayStream* stream, const ArrowParams& params)
      : backend_(std::move(backend)),
        stream_(stream),
        generation_(params.generation),
        rows_before_(params.rows_before),
        rows_(params.rows_before) {
    run([&] { columns_.emplace(read_schema(), params); });
  }

  std::optional<PulledBatch> next() override {
    if (failure_) throw BackendError(backend_, *failure_);
    std::optional<PulledBatch> batch;
    run([&] { batch = read_next(); });
    return batch;
  }

 private:
  // Whatever goes wrong is the backend's error, and ends the stream.
  template <class Step>
  void run(Step step) {
    try {
      step();
    } catch (const std::invalid_argument& error) {
      failure_ = error.what();
      stream_.reset();
      throw BackendError(backend_, *failure_);
    } catch (...) {
      // Going on behind the rows that are lost would look like a smaller table.
      failure_ = "the stream was given up after an error";
      stream_.reset();
      throw;
    }
  }

  void require_success(int code, const char* what) {
    if (code == 0) return;
    const char* message =
        stream_->get_last_error == nullptr ? nullptr : stream_->get_last_error(stream_.get());
    throw std::invalid_argument(std::string(what) + ": " +
                                (message == nullptr ? std::strerror(code) : message));
  }

  // Owns the schema for the length of the full expression only: nothing of it is kept.
  struct Schema {
    ArrowOwner<ArrowSchema> owner;
    operator const ArrowSchema&() const { return *owner; }
  };

  Schema read_schema() {
    if (stream_.is_released()) throw std::invalid_argument("the stream was read before");
    Schema schema;
    require_success(stream_->get_schema(stream_.get(), schema.owner.get()), "reading the schema");
    if (schema.owner.is_released()) throw std::invalid_argument("the stream has no schema");
    return schema;
  }

  std::optional<PulledBatch> read_next() {
    while (!stream_.is_released()) {
      auto array = std::make_shared<ArrowOwner<ArrowArray>>();
      require_success(stream_->get_next(stream_.get(), array->get()), "reading the stream");
      if (array->is_released()) {
        stream_.reset();
        if (rows_ == rows_before_) return nothing();
        break;
      }
      if ((*array)->length == 0) continue;
      return read(array);
    }
    return std::nullopt;
  }

  // A table without rows is one batch without rows: no batch at all could be anything.
  PulledBatch nothing() const {
    PulledBatch batch;
    batch.vectors.cols = columns_->vectors.fixed_dim();
    batch.generation = generation_;
    return batch;
  }

  PulledBatch read(const std::shared_ptr<ArrowOwner<ArrowArray>>& owner) {
    const ArrowArray& table = **owner;
    if (table.length < 0 || static_cast<std::uint64_t>(table.length) > kMaxVectors) {
      throw std::invalid_argument("a record batch has " + std::to_string(table.length) +
                                  " rows, above the limit of " + std::to_string(kMaxVectors));
    }
    const auto count = static_cast<std::size_t>(table.length);
    lake::require_no_nulls(table, {0, count, rows_}, "record batch");
    const ArrowRows rows{static_cast<std::size_t>(table.offset), count, rows_};
    PulledBatch batch;
    batch.ids = columns_->ids.read(child(table, columns_->id_place), rows, owner);
    batch.vectors = columns_->vectors.read(child(table, columns_->vector_place), rows, dim_, owner);
    batch.generation = generation_;
    dim_ = batch.vectors.cols;
    rows_ += count;
    return batch;
  }

  const ArrowArray& child(const ArrowArray& table, std::size_t place) const {
    if (table.n_children != columns_->count || table.children == nullptr ||
        table.children[place] == nullptr) {
      throw std::invalid_argument("a record batch has " + std::to_string(table.n_children) +
                                  " columns, the schema " + std::to_string(columns_->count));
    }
    return *table.children[place];
  }

  std::string backend_;
  ArrowOwner<ArrowArrayStream> stream_;
  Generation generation_;
  std::size_t rows_before_;
  std::size_t rows_;  // before the next batch
  std::size_t dim_ = 0;
  std::optional<Columns> columns_;
  std::optional<std::string> failure_;
};

}  // namespace

std::unique_ptr<PulledChunks> import_arrow_stream(std::string backend, ArrowArrayStream* stream,
                                                  const ArrowParams& params) {
  return std::make_unique<ArrowChunks>(std::move(backend), stream, params);
}

}  // namespace ruvector
