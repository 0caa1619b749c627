#include "row_chunks.h"

#include <stdexcept>
#include <string>

#include "gil.h"
#include "held_object.h"
#include "numbers.h"
#include "python_call.h"

namespace ruvector::bindings {
namespace {

nb::object iterator_of(nb::handle source) {
  PyObject* iterator = nb::isinstance<nb::str>(source) ? nullptr : PyObject_GetIter(source.ptr());
  if (iterator != nullptr) return nb::steal(iterator);
  // What an __iter__ of the user's raises is not about the type.
  if (PyErr_Occurred() != nullptr && PyErr_ExceptionMatches(PyExc_TypeError) == 0) {
    nb::raise_python_error();
  }
  PyErr_Clear();
  throw nb::type_error(("chunks: expected a float32 array (n, dim) or an iterable of such arrays, "
                        "got " +
                        class_name(source))
                           .c_str());
}

}  // namespace

bool is_array(nb::handle source) {
  return PyObject_CheckBuffer(source.ptr()) != 0 || nb::hasattr(source, "__dlpack__");
}

ChunkReader::ChunkReader(nb::handle source) : iterator_(iterator_of(source)) {}

std::optional<MatrixView> ChunkReader::next() {
  const HeldGil locked;
  chunk_.reset();  // before the next one comes
  const nb::object item = next_of(iterator_);
  if (!item.is_valid()) return std::nullopt;
  chunk_.emplace(item, "chunks");
  return chunk_->view();
}

SharedArray<float> shared_in_place(nb::handle source, const MatrixInput& rows) {
  if (PyObject_CheckBuffer(source.ptr()) == 0) {
    throw nb::type_error(("chunks: rows='mapped' uses a NumPy array where it lies, got " +
                          class_name(source) + "; call np.from_dlpack(x)")
                             .c_str());
  }
  PyObject* view_of_it = PyMemoryView_FromObject(source.ptr());  // it cannot be resized meanwhile
  if (view_of_it == nullptr) nb::raise_python_error();
  const nb::object memory = nb::steal(view_of_it);
  if (!nb::cast<bool>(memory.attr("readonly"))) {
    throw std::invalid_argument(
        "chunks: the array can be written to, and rows='mapped' uses it where it lies for as long "
        "as the index lives; call np.load(path, mmap_mode='r'), or x.setflags(write=False)");
  }
  const MatrixView view = rows.view();
  return {std::make_shared<HeldObject>(memory), view.data, view.rows, view.cols, view.cols};
}

}  // namespace ruvector::bindings
