// Sessions: one coherence check for many searches.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "gc.h"
#include "gil.h"
#include "lake_docs.h"
#include "lake_handle.h"
#include "lake_rooms.h"
#include "lake_search.h"
#include "lake_values.h"
#include "numbers.h"

namespace ruvector::bindings {
namespace {

using namespace nb::literals;

class SessionHandle {
 public:
  explicit SessionHandle(nb::object lake)
      : lake_(std::move(lake)), session_(nb::cast<const LakeHandle&>(lake_).lake().session()) {}
  SessionHandle(const SessionHandle&) = delete;
  SessionHandle& operator=(const SessionHandle&) = delete;
  ~SessionHandle() { clear(); }

  // A copy, which a search keeps although another thread may end the session.
  LakeSession session() const {
    if (!session_) throw std::runtime_error("LakeSession: the session has ended");
    return *session_;
  }
  LakeKey key(nb::handle collection, nb::handle backend) const {
    std::string name = to_name(collection, "collection");
    if (!backend.is_none()) return {to_name(backend, "backend"), std::move(name)};
    if (!lake_.is_valid()) session();
    const RuLake& lake = nb::cast<const LakeHandle&>(lake_).lake();
    const ReleasedGil unlocked;
    return lake.resolve(name);
  }

  int traverse(visitproc visit, void* arg) {
    Py_VISIT(lake_.ptr());
    return 0;
  }
  void clear() noexcept {
    {
      auto session = std::exchange(session_, std::nullopt);
      const ReleasedGil unlocked;
      session.reset();
    }
    lake_.reset();
  }

 private:
  nb::object lake_;
  std::optional<LakeSession> session_;
};

nb::object search_one(const SessionHandle& self, nb::handle collection, nb::handle query,
                      nb::handle k, nb::handle backend, nb::handle rerank_factor,
                      nb::handle confidence, nb::handle recall, nb::handle radius,
                      nb::handle allowed_ids, nb::handle encoder) {
  const VectorInput vector(query, "query");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const LakeKey key = self.key(collection, backend);
  LakeSession session = self.session();
  std::vector<LakeHit> hits;
  {
    const ReleasedGil unlocked;
    hits = session.search_one(key, vector.values(), options.k(), options.params());
  }
  return to_python(hits);
}

nb::object search_batch(const SessionHandle& self, nb::handle collection, nb::handle queries,
                        nb::handle k, nb::handle backend, nb::handle rerank_factor,
                        nb::handle confidence, nb::handle recall, nb::handle radius,
                        nb::handle allowed_ids, nb::handle encoder) {
  const MatrixInput matrix(queries, "queries");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const LakeKey key = self.key(collection, backend);
  LakeSession session = self.session();
  std::vector<std::vector<LakeHit>> rows;
  {
    const ReleasedGil unlocked;
    rows = session.search_batch(key, matrix.view(), options.k(), options.params());
  }
  return to_python(rows);
}

nb::object search_federated(const SessionHandle& self, nb::handle targets, nb::handle query,
                            nb::handle k, nb::handle deadline_ms, const std::string& partial,
                            nb::handle rerank_factor, nb::handle confidence, nb::handle recall,
                            nb::handle radius, nb::handle allowed_ids, nb::handle encoder) {
  const std::vector<LakeKey> keys = to_keys(targets, "targets");
  const VectorInput vector(query, "query");
  const SearchOptions options(k, rerank_factor, confidence, recall, radius, allowed_ids, encoder);
  const FederatedParams params = options.federated(partial, deadline_ms);
  LakeSession session = self.session();
  FederatedHits hits;
  {
    const ReleasedGil unlocked;
    hits = session.search_federated(keys, vector.values(), options.k(), params);
  }
  return to_python(hits);
}

template <class Function>
void def_search(nb::class_<SessionHandle>& c, const char* name, const char* queries,
                Function function, const char* signature, const char* doc) {
  c.def(name, function, "collection"_a.none(), nb::arg(queries).none(), "k"_a.none(), nb::kw_only(),
        "backend"_a = nb::none(), "rerank_factor"_a = nb::none(), "confidence"_a = nb::none(),
        "recall"_a = nb::none(), "radius"_a = nb::none(), "allowed_ids"_a = nb::none(),
        "encoder"_a = nb::none(), nb::sig(signature), doc);
}

}  // namespace

void bind_lake_session(nb::module_& m, nb::class_<LakeHandle>& lake) {
  nb::class_<SessionHandle> c(m, "LakeSession", nb::is_final(),
                              nb::type_slots(gc_slots<SessionHandle>),
                              nb::sig("@final\nclass LakeSession(object)"), docs::kSession);
  def_search(c, "search_one", "query", &search_one, docs::kSearchOneSignature,
             "As ``RuLake.search_one``.");
  def_search(c, "search_batch", "queries", &search_batch, docs::kLakeSearchBatchSignature,
             "As ``RuLake.search_batch``.");
  c.def("search_federated", &search_federated, "targets"_a.none(), "query"_a.none(), "k"_a.none(),
        nb::kw_only(), "deadline_ms"_a = nb::none(), "partial"_a = "error",
        "rerank_factor"_a = nb::none(), "confidence"_a = nb::none(), "recall"_a = nb::none(),
        "radius"_a = nb::none(), "allowed_ids"_a = nb::none(), "encoder"_a = nb::none(),
        nb::sig(docs::kSessionFederatedSignature),
        "As ``RuLake.search_federated``, for named backends.");
  c.def(
      "__enter__", [](nb::handle self) { return nb::borrow(self); },
      nb::sig("def __enter__(self) -> LakeSession"));
  c.def(
      "__exit__", [](SessionHandle& self, nb::args) { self.clear(); },
      nb::sig("def __exit__(self, *error: object) -> None"));
  lake.def(
      "session",
      [](nb::handle self) { return nb::cast(std::make_unique<SessionHandle>(nb::borrow(self))); },
      nb::sig("def session(self) -> LakeSession"), docs::kLakeSession);
}

}  // namespace ruvector::bindings
