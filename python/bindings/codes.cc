// Views of what an index keeps beside its rows.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "arrays.h"
#include "rooms.h"
#include "ruvector/index/binary_codes.h"

namespace ruvector::bindings {
namespace {

void bind_codes(nb::module_& m) {
  nb::class_<BinaryCodes>(m, "BinaryCodes", nb::is_final(),
                          nb::sig("@final\nclass BinaryCodes(object)"),
                          R"(The codes of an index, by slot: read-only arrays on the index's memory.

They stay as they are when the index changes later. There is no public constructor; see
``RabitqIndex.codes``.)")
      .def_ro("bits", &BinaryCodes::bits, nb::sig("def bits(self) -> int"),
              "Bits of a code for each dimension.")
      .def_ro("padded_dim", &BinaryCodes::padded_dim, nb::sig("def padded_dim(self) -> int"),
              "Dimensions of a code, a multiple of 64.")
      .def_prop_ro(
          "ids", [](const BinaryCodes& self) { return to_numpy(self.ids, 1); },
          nb::sig("def ids(self) -> NDArray[numpy.uint64]"), "The ids, (n).")
      .def_prop_ro(
          "norms", [](const BinaryCodes& self) { return to_numpy(self.norms, 1); },
          nb::sig("def norms(self) -> NDArray[numpy.float32]"),
          "The distance of each vector to the index's centre, (n).")
      .def_prop_ro(
          "packed", [](const BinaryCodes& self) { return to_numpy(self.packed, 2); },
          nb::sig("def packed(self) -> NDArray[numpy.uint8]"),
          "The codes in blocks of 64 vectors, (blocks, bytes); see docs/formats/rbpx.md.")
      .def(
          "__len__", [](const BinaryCodes& self) { return self.ids.rows; },
          nb::sig("def __len__(self) -> int"))
      .def(
          "__repr__",
          [](const BinaryCodes& self) {
            return "BinaryCodes(n=" + std::to_string(self.ids.rows) +
                   ", bits=" + std::to_string(self.bits) +
                   ", padded_dim=" + std::to_string(self.padded_dim) + ")";
          },
          nb::sig("def __repr__(self) -> str"));
}

void bind_rotation(nb::module_& m) {
  nb::class_<RotationInfo>(
      m, "Rotation", nb::is_final(), nb::sig("@final\nclass Rotation(object)"),
      "The random rotation of an index, an opaque handle. No public constructor.")
      .def_ro("kind", &RotationInfo::kind, nb::sig("def kind(self) -> Literal['dense', 'fht_kac']"),
              "``'dense'`` or ``'fht_kac'``.")
      .def_ro("dim", &RotationInfo::dim, nb::sig("def dim(self) -> int"),
              "Dimensions that it turns.")
      .def_ro("nbytes", &RotationInfo::nbytes, nb::sig("def nbytes(self) -> int"),
              "Bytes that it takes.")
      .def(
          "__repr__",
          [](const RotationInfo& self) {
            return "Rotation(kind='" + self.kind + "', dim=" + std::to_string(self.dim) +
                   ", nbytes=" + std::to_string(self.nbytes) + ")";
          },
          nb::sig("def __repr__(self) -> str"));
}

}  // namespace

void init_codes(nb::module_& m) {
  bind_codes(m);
  bind_rotation(m);
}

}  // namespace ruvector::bindings
