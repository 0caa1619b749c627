// The searches of RuLake.
#include "lake_search.h"

#include <nanobind/stl/string.h>

#include "asyncio_bridge.h"
#include "errors.h"
#include "gil.h"
#include "lake_docs.h"
#include "lake_handle.h"
#include "lake_rooms.h"
#include "lake_values.h"
#include "numbers.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

template <class Function>
auto unlocked(Function&& function) {
  const ReleasedGil released;
  return function();
}

nb::object to_ids(nb::handle allowed_ids) {
  return allowed_ids.is_none() ? nb::object(nb::tuple()) : nb::borrow(allowed_ids);
}

nb::object search_one(const LakeHandle& self, nb::handle collection, nb::handle query, nb::handle k,
                      nb::handle backend, nb::handle rerank_factor, nb::handle confidence,
                      nb::handle recall, nb::handle radius, nb::handle allowed_ids,
                      nb::handle encoder) {
  const std::string name = to_name(collection, "collection");
  const VectorInput vector(query, "query");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const std::string owner = backend.is_none() ? "" : to_name(backend, "backend");
  const RuLake& lake = self.lake();
  return to_python(unlocked([&] {
    const LakeKey key = backend.is_none() ? lake.resolve(name) : LakeKey{owner, name};
    return lake.search_one(key, vector.values(), options.k(), options.params());
  }));
}

nb::object search_batch(const LakeHandle& self, nb::handle collection, nb::handle queries,
                        nb::handle k, nb::handle backend, nb::handle rerank_factor,
                        nb::handle confidence, nb::handle recall, nb::handle radius,
                        nb::handle allowed_ids, nb::handle encoder) {
  const std::string name = to_name(collection, "collection");
  const MatrixInput matrix(queries, "queries");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const std::string owner = backend.is_none() ? "" : to_name(backend, "backend");
  const RuLake& lake = self.lake();
  return to_python(unlocked([&] {
    const LakeKey key = backend.is_none() ? lake.resolve(name) : LakeKey{owner, name};
    return lake.search_batch(key, matrix.view(), options.k(), options.params());
  }));
}

nb::object search_federated(const LakeHandle& self, nb::handle targets, nb::handle query,
                            nb::handle k, nb::handle deadline_ms, const std::string& partial,
                            nb::handle rerank_factor, nb::handle confidence, nb::handle recall,
                            nb::handle radius, nb::handle allowed_ids, nb::handle encoder) {
  const Targets wanted = to_targets(targets);
  const VectorInput vector(query, "query");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const FederatedParams params = options.federated(partial, deadline_ms);
  const RuLake& lake = self.lake();
  return to_python(unlocked([&] {
    return std::visit(
        [&](const auto& these) {
          return lake.search_federated(these, vector.values(), options.k(), params);
        },
        wanted);
  }));
}

// --- without waiting

std::function<void()> canceller(PendingSearch pending) {
  return [pending]() mutable { pending.cancel(); };
}

template <class T>
nb::object convert(const T& result) {
  return to_python(result);
}

nb::object search_one_async(nb::handle self, nb::handle collection, nb::handle query, nb::handle k,
                            nb::handle backend, nb::handle rerank_factor, nb::handle confidence,
                            nb::handle recall, nb::handle radius, nb::handle allowed_ids,
                            nb::handle encoder) {
  const std::string name = to_name(collection, "collection");
  const VectorInput vector(query, "query");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const std::string owner = backend.is_none() ? "" : to_name(backend, "backend");
  const RuLake& lake = nb::cast<const LakeHandle&>(self).lake();
  std::vector<float> copy(vector.values().begin(), vector.values().end());
  return start_async({"search_one_async", "search_one"}, self, [&](const Reply& reply) {
    auto done = reply_with<std::vector<LakeHit>>(reply, &convert<std::vector<LakeHit>>);
    return canceller(unlocked([&] {
      return backend.is_none()
                 ? lake.search_one_async(name, std::move(copy), options.k(), options.params(), done)
                 : lake.search_one_async({owner, name}, std::move(copy), options.k(),
                                         options.params(), done);
    }));
  });
}

nb::object search_batch_async(nb::handle self, nb::handle collection, nb::handle queries,
                              nb::handle k, nb::handle backend, nb::handle rerank_factor,
                              nb::handle confidence, nb::handle recall, nb::handle radius,
                              nb::handle allowed_ids, nb::handle encoder) {
  using Rows = std::vector<std::vector<LakeHit>>;
  const std::string name = to_name(collection, "collection");
  const MatrixInput matrix(queries, "queries");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const std::string owner = backend.is_none() ? "" : to_name(backend, "backend");
  const RuLake& lake = nb::cast<const LakeHandle&>(self).lake();
  const MatrixView view = matrix.view();
  return start_async({"search_batch_async", "search_batch"}, self, [&](const Reply& reply) {
    auto done = reply_with<Rows>(reply, &convert<Rows>);
    return canceller(unlocked([&] {
      std::vector<float> copy(view.data, view.data + view.rows * view.cols);
      return backend.is_none() ? lake.search_batch_async(name, std::move(copy), view.rows,
                                                         options.k(), options.params(), done)
                               : lake.search_batch_async({owner, name}, std::move(copy), view.rows,
                                                         options.k(), options.params(), done);
    }));
  });
}

nb::object search_federated_async(nb::handle self, nb::handle targets, nb::handle query,
                                  nb::handle k, nb::handle deadline_ms, const std::string& partial,
                                  nb::handle rerank_factor, nb::handle confidence,
                                  nb::handle recall, nb::handle radius, nb::handle allowed_ids,
                                  nb::handle encoder) {
  const Targets wanted = to_targets(targets);
  const VectorInput vector(query, "query");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const FederatedParams params = options.federated(partial, deadline_ms);
  const RuLake& lake = nb::cast<const LakeHandle&>(self).lake();
  std::vector<float> copy(vector.values().begin(), vector.values().end());
  return start_async({"search_federated_async", "search_federated"}, self, [&](const Reply& reply) {
    auto done = reply_with<FederatedHits>(reply, &convert<FederatedHits>);
    return canceller(unlocked([&] {
      return std::visit(
          [&](const auto& these) {
            return lake.search_federated_async(these, std::move(copy), options.k(), params, done);
          },
          wanted);
    }));
  });
}

template <class Function>
void def_search(nb::class_<LakeHandle>& c, const char* name, const char* queries, Function function,
                const char* signature, const char* doc) {
  c.def(name, function, "collection"_a.none(), nb::arg(queries).none(), "k"_a.none(), nb::kw_only(),
        "backend"_a = nb::none(), "rerank_factor"_a = nb::none(), "confidence"_a = nb::none(),
        "recall"_a = nb::none(), "radius"_a = nb::none(), "allowed_ids"_a = nb::none(),
        "encoder"_a = nb::none(), nb::sig(signature), doc);
}

template <class Function>
void def_federated(nb::class_<LakeHandle>& c, const char* name, Function function,
                   const char* signature, const char* doc) {
  c.def(name, function, "targets"_a.none(), "query"_a.none(), "k"_a.none(), nb::kw_only(),
        "deadline_ms"_a = nb::none(), "partial"_a = "error", "rerank_factor"_a = nb::none(),
        "confidence"_a = nb::none(), "recall"_a = nb::none(), "radius"_a = nb::none(),
        "allowed_ids"_a = nb::none(), "encoder"_a = nb::none(), nb::sig(signature), doc);
}

}  // namespace

// In C++ no ids mean all; an empty array of ids means none.
SearchOptions::SearchOptions(nb::handle k, nb::handle rerank_factor, nb::handle confidence,
                             nb::handle recall, nb::handle radius, nb::handle allowed_ids,
                             nb::handle encoder)
    : ids_(to_ids(allowed_ids), "allowed_ids"), k_(to_unsigned<std::size_t>(k, "k")) {
  params_.rerank_factor = to_optional<std::uint32_t>(rerank_factor, "rerank_factor");
  params_.confidence = to_optional_float(confidence, "confidence");
  params_.recall = to_optional_float(recall, "recall");
  params_.radius = to_optional_float(radius, "radius");
  params_.allowed_ids = ids_.values();
  params_.encoder = to_encoder(encoder, "encoder");
  params_.progress = [](std::size_t, std::size_t) { check_signals(); };
  if (!allowed_ids.is_none() && ids_.values().empty()) k_ = 0;
}

FederatedParams SearchOptions::federated(const std::string& partial, nb::handle deadline_ms) const {
  FederatedParams params{params_};
  params.partial = to_partial(partial);
  params.deadline = to_optional_milliseconds(deadline_ms, "deadline_ms");
  return params;
}

Targets to_targets(nb::handle value) {
  if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  return to_keys(value, "targets");
}

void bind_lake_search(nb::class_<LakeHandle>& c) {
  def_search(c, "search_one", "query", &search_one, docs::kSearchOneSignature, docs::kSearchOne);
  def_search(c, "search_one_async", "query", &search_one_async, docs::kSearchOneAsyncSignature,
             docs::kSearchOneAsync);
  def_search(c, "search_batch", "queries", &search_batch, docs::kLakeSearchBatchSignature,
             docs::kLakeSearchBatch);
  def_search(c, "search_batch_async", "queries", &search_batch_async,
             docs::kSearchBatchAsyncSignature, docs::kSearchBatchAsync);
  def_federated(c, "search_federated", &search_federated, docs::kSearchFederatedSignature,
                docs::kSearchFederated);
  def_federated(c, "search_federated_async", &search_federated_async,
                docs::kSearchFederatedAsyncSignature, docs::kSearchFederatedAsync);
}

}  // namespace ruvector::bindings
