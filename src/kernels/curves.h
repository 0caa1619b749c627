// The constants of exp and GELU, which every level computes by the same operations.
// Thread-safe: constants. Without `inline`, so that no per-level object defines a shared symbol.
//
// The polynomials are minimax fits of our own: least squares on 4,000 Chebyshev nodes, weights
// raised where the error is largest (Lawson's iteration) until it is level, then rounded to float.
#pragma once

#include <cstddef>

namespace ruvector::kernels {

// exp(x) for x <= 0, relative error at most 3e-7; x below kExpFloor counts as kExpFloor (1.6e-28,
// far below what a sum with 1 in it can show, and far above subnormal numbers).
//   t = fma(x, kLog2E, kExpRound)            the nearest whole number n, in the low bits of t
//   n = t - kExpRound
//   r = fma(n, -kLn2Low, fma(n, -kLn2High, x))       |r| <= ln(2) / 2
//   p = fma(... fma(kExp[3], r, kExp[2]) ..., kExp[0])    (exp(r) - 1 - r) / r^2
//   exp = fma(r * r, p, r) + 1, times 2^n, which is exact
// The fit alone is off by at most 1.1e-7. A NaN gives NaN.
constexpr float kExpFloor = -64.0f;
constexpr float kLog2E = 0x1.715476p+0f;
constexpr float kExpRound = 0x1.8p+23f;
constexpr float kLn2High = 0x1.62e430p-1f;
constexpr float kLn2Low = -0x1.05c610p-29f;
constexpr float kExp[4] = {0x1.fffdfcp-2f, 0x1.5557aep-3f, 0x1.5729f0p-5f, 0x1.106284p-7f};

// gelu(x) = x * P(X <= x) for a normal X, absolute error at most 3e-7 for |x| <= 10. The tail
// P(X < z) is the eighth power of a polynomial: its eighth root is so even that 8 degrees do.
//   z    = max(-|x|, kGeluEnd), which keeps a NaN
//   q    = fma(... fma(kGelu[8], z, kGelu[7]) ..., kGelu[0]), squared three times    P(X < z)
//   gelu = fma(z, q, max(x, 0)), max(NaN, 0) = 0
// The fit alone is off by at most 8e-9 down to kGeluEnd and 1.1e-7 (all of the tail) beyond.
constexpr float kGeluEnd = -5.5f;
constexpr std::size_t kGeluDegree = 8;
constexpr float kGelu[kGeluDegree + 1] = {0x1.d5818ep-1f,   0x1.769c42p-4f,   -0x1.058da0p-5f,
                                          0x1.6009f8p-11f,  0x1.8a0ae8p-10f,  -0x1.2867e6p-15f,
                                          -0x1.fd1e20p-15f, -0x1.fbdac6p-18f, -0x1.4522fep-22f};

}  // namespace ruvector::kernels
