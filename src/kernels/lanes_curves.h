// exp and the activations of 16 values at once; curves.h and encoder_kernels.h define them. `Lanes`
// is of lanes.h.
#pragma once

#include <cstddef>

#include "kernels/curves.h"
#include "kernels/encoder_kernels.h"
#include "kernels/lanes.h"

namespace ruvector::kernels {

// exp(x) for x <= 0.
template <class Lanes>
inline Lanes exponential(Lanes x) {
  x = greater(Lanes::broadcast(kExpFloor), x);
  const Lanes t = fma(x, Lanes::broadcast(kLog2E), Lanes::broadcast(kExpRound));
  const Lanes n = t - Lanes::broadcast(kExpRound);
  const Lanes rough = fma(n, Lanes::broadcast(-kLn2High), x);
  const Lanes r = fma(n, Lanes::broadcast(-kLn2Low), rough);
  Lanes p = Lanes::broadcast(kExp[3]);
  for (std::size_t i = 3; i-- > 0;) p = fma(p, r, Lanes::broadcast(kExp[i]));
  return (fma(r * r, p, r) + Lanes::broadcast(1.0f)) * power_of_two(t);
}

template <class Lanes>
struct Identity {
  static Lanes of(Lanes x) { return x; }
};

template <class Lanes>
struct Relu {
  static Lanes of(Lanes x) { return greater(Lanes::zero(), x); }
};

// min(max(x + 3, 0), 6) / 6 without the division.
template <class Lanes>
inline Lanes hard_ramp(Lanes x) {
  const Lanes positive = greater(Lanes::zero(), x + Lanes::broadcast(3.0f));
  return lesser(Lanes::broadcast(6.0f), positive);
}

template <class Lanes>
struct HardSwish {
  static Lanes of(Lanes x) { return x * hard_ramp(x) * Lanes::broadcast(1.0f / 6.0f); }
};

template <class Lanes>
struct HardSigmoid {
  static Lanes of(Lanes x) { return hard_ramp(x) * Lanes::broadcast(1.0f / 6.0f); }
};

template <class Lanes>
struct Gelu {
  static Lanes of(Lanes x) {
    const Lanes z = greater(Lanes::broadcast(kGeluEnd), negative_magnitude(x));
    Lanes q = Lanes::broadcast(kGelu[kGeluDegree]);
    for (std::size_t i = kGeluDegree; i-- > 0;) q = fma(q, z, Lanes::broadcast(kGelu[i]));
    q = q * q;
    q = q * q;
    q = q * q;
    return fma(z, q, greater(x, Lanes::zero()));
  }
};

// x[i] = activation(x[i] + bias[i]) for `columns` values. `bias` may be null.
template <class Lanes, class Curve>
inline void activate_row(float* x, std::size_t columns, const float* bias) {
  const auto step = [bias](float* place, std::size_t i, auto part) {
    Lanes value = Lanes::load(place, part);
    if (bias != nullptr) value = value + Lanes::load(bias + i, part);
    Curve::of(value).store(place, part);
  };
  std::size_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) step(x + i, i, Whole());
  if (i < columns) step(x + i, i, Lanes::first(columns - i));
}

template <class Lanes, class Curve>
inline void activate_rows(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                          const float* bias) {
  for (std::size_t row = 0; row < rows; ++row) {
    activate_row<Lanes, Curve>(x + row * stride, columns, bias);
  }
}

template <class Lanes>
inline void activate_all(float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                         const float* bias, Activation activation) {
  switch (activation) {
    case Activation::none:
      return activate_rows<Lanes, Identity<Lanes>>(x, stride, rows, columns, bias);
    case Activation::relu:
      return activate_rows<Lanes, Relu<Lanes>>(x, stride, rows, columns, bias);
    case Activation::hard_swish:
      return activate_rows<Lanes, HardSwish<Lanes>>(x, stride, rows, columns, bias);
    case Activation::hard_sigmoid:
      return activate_rows<Lanes, HardSigmoid<Lanes>>(x, stride, rows, columns, bias);
    case Activation::gelu:
      return activate_rows<Lanes, Gelu<Lanes>>(x, stride, rows, columns, bias);
  }
}

}  // namespace ruvector::kernels
