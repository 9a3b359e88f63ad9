// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/bf16_units.h"

#if defined(__x86_64__)
// GCC 12's own header uses what it calls undefined values (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "core/device/cpu/machine.h"

// Nothing of the standard library is used inside functions that are built for one instruction set: the linker might
// keep such a copy of an inline function for everybody.
#define WEFT_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define WEFT_AMX __attribute__((target("avx512f,amx-tile,amx-bf16")))

namespace weft::kernels::bf16_units {

namespace {

constexpr std::int64_t kTile = 16 * kDepth;  // elements

Kind probe() {
  constexpr long kAskForPermission = 0x1023, kTileData = 18;  // arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)
  const bool avx512 = cpu::usable_isas().back() == cpu::Isa::kAvx512 && __builtin_cpu_supports("avx512bf16");
  if (!avx512) return Kind::kNone;
  unsigned a = 7, b = 0, c = 0, d = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  const bool has_amx = (d >> 22 & 1) && (d >> 24 & 1);  // AMX-BF16 and AMX-TILE
  return has_amx && syscall(SYS_arch_prctl, kAskForPermission, kTileData) == 0 ? Kind::kAmx : Kind::kAvx512;
}

// Palette 1 with eight tiles of 16 rows of 64 bytes. It lies in memory for good: compilers take ldtilecfg to read but
// its first bytes and drop stores to the others.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
const TileConfig config;

WEFT_AMX void begin_tiles() { _tile_loadconfig(&config); }
WEFT_AMX void end_tiles() { _tile_release(); }

WEFT_AMX void multiply_amx(const bf16* left, const bf16* right, std::int64_t blocks, float* c, std::int64_t step) {
  constexpr int kStride = 64;  // bytes
  const auto bytes = static_cast<int>(step * 4);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::int64_t i = 0; i < blocks; ++i, left += kBlock, right += kBlock) {
    _tile_loadd(6, right, kStride);
    _tile_loadd(4, left, kStride);
    _tile_loadd(7, right + kTile, kStride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, left + kTile, kStride);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, bytes);
  _tile_stored(1, c + 16, bytes);
  _tile_stored(2, c + 16 * step, bytes);
  _tile_stored(3, c + 16 * step + 16, bytes);
}

// One half of the columns of a row of sums each.
struct Sums {
  __m512 low, high;
};

__attribute__((always_inline)) WEFT_BF16 inline void add_products(Sums& s, const bf16* pair, __m512bh low,
                                                                  __m512bh high) {
  int both;
  __builtin_memcpy(&both, pair, sizeof both);
  const auto a = (__m512bh)_mm512_set1_epi32(both);
  s.low = _mm512_dpbf16_ps(s.low, a, low);
  s.high = _mm512_dpbf16_ps(s.high, a, high);
}

__attribute__((always_inline)) WEFT_BF16 inline void store(const Sums& s, float* c) {
  _mm512_storeu_ps(c, s.low);
  _mm512_storeu_ps(c + 16, s.high);
}

// Eight rows at a time: as many sums as registers, and each element of B is loaded once for them.
WEFT_BF16 void multiply_avx512(const bf16* left, const bf16* right, std::int64_t blocks, float* c, std::int64_t step) {
  const Sums none{_mm512_setzero_ps(), _mm512_setzero_ps()};
  Sums s0 = none, s1 = none, s2 = none, s3 = none, s4 = none, s5 = none, s6 = none, s7 = none;
  for (std::int64_t i = 0; i < blocks; ++i, left += kBlock, right += kBlock) {
    for (std::int64_t p = 0; p < kDepth / 2; ++p) {
      const auto low = (__m512bh)_mm512_loadu_si512(right + p * 32);
      const auto high = (__m512bh)_mm512_loadu_si512(right + kTile + p * 32);
      const bf16* a = left + p * 2;
      add_products(s0, a, low, high);
      add_products(s1, a + kDepth, low, high);
      add_products(s2, a + 2 * kDepth, low, high);
      add_products(s3, a + 3 * kDepth, low, high);
      add_products(s4, a + 4 * kDepth, low, high);
      add_products(s5, a + 5 * kDepth, low, high);
      add_products(s6, a + 6 * kDepth, low, high);
      add_products(s7, a + 7 * kDepth, low, high);
    }
  }
  store(s0, c);
  store(s1, c + step);
  store(s2, c + 2 * step);
  store(s3, c + 3 * step);
  store(s4, c + 4 * step);
  store(s5, c + 5 * step);
  store(s6, c + 6 * step);
  store(s7, c + 7 * step);
}

// Sixteen registers of 64 bytes.
struct Rows {
  __m512i r[16];
};

// Up to 16 rows of up to 32 elements, from (row, col) on; what lies outside the matrix is zero.
WEFT_BF16 void load_rows(const Stored& m, std::int64_t row, std::int64_t col, Rows& out) {
  const std::int64_t rows = m.rows - row, cols = m.cols - col;
  const __mmask32 mask = cols >= 32 ? ~0u : (1u << cols) - 1;
  const bf16* from = m.data + row * m.step + col;
  for (int i = 0; i < 16; ++i)
    out.r[i] = i < rows ? _mm512_maskz_loadu_epi16(mask, from + i * m.step) : _mm512_setzero_si512();
}

// Indices that interleave two registers: `low` their lower halves, `high` their upper ones.
struct alignas(64) Interleave {
  std::uint16_t low[32], high[32];
};
constexpr Interleave kInterleave = [] {
  Interleave x{};
  for (unsigned i = 0; i < 32; ++i) {
    x.low[i] = static_cast<std::uint16_t>(i / 2 + i % 2 * 32);
    x.high[i] = static_cast<std::uint16_t>(x.low[i] + 16);
  }
  return x;
}();

// Up to 32 rows of up to 32 elements, two rows interleaved each: the first 16 columns, and the others.
WEFT_BF16 void load_pairs(const Stored& m, std::int64_t row, std::int64_t col, Rows& first, Rows& second) {
  const std::int64_t rows = m.rows - row, cols = m.cols - col;
  const __mmask32 mask = cols >= 32 ? ~0u : (1u << cols) - 1;
  const bf16* from = m.data + row * m.step + col;
  const __m512i low = _mm512_load_si512(kInterleave.low), high = _mm512_load_si512(kInterleave.high);
  for (int i = 0; i < 16; ++i) {
    const __m512i none = _mm512_setzero_si512();
    const __m512i even = 2 * i < rows ? _mm512_maskz_loadu_epi16(mask, from + 2 * i * m.step) : none;
    const __m512i odd = 2 * i + 1 < rows ? _mm512_maskz_loadu_epi16(mask, from + (2 * i + 1) * m.step) : none;
    first.r[i] = _mm512_permutex2var_epi16(even, low, odd);
    second.r[i] = _mm512_permutex2var_epi16(even, high, odd);
  }
}

// The 16 by 16 transpose of 32-bit elements.
WEFT_BF16 void transpose(Rows& x) {
  Rows t;
  for (int i = 0; i < 16; i += 2) {
    t.r[i] = _mm512_unpacklo_epi32(x.r[i], x.r[i + 1]);
    t.r[i + 1] = _mm512_unpackhi_epi32(x.r[i], x.r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    x.r[i] = _mm512_unpacklo_epi64(t.r[i], t.r[i + 2]);
    x.r[i + 1] = _mm512_unpackhi_epi64(t.r[i], t.r[i + 2]);
    x.r[i + 2] = _mm512_unpacklo_epi64(t.r[i + 1], t.r[i + 3]);
    x.r[i + 3] = _mm512_unpackhi_epi64(t.r[i + 1], t.r[i + 3]);
  }
  for (int i = 0; i < 16; i += 8) {
    for (int j = i; j < i + 4; ++j) {
      t.r[j] = _mm512_shuffle_i32x4(x.r[j], x.r[j + 4], 0x88);
      t.r[j + 4] = _mm512_shuffle_i32x4(x.r[j], x.r[j + 4], 0xdd);
    }
  }
  for (int i = 0; i < 8; ++i) {
    x.r[i] = _mm512_shuffle_i32x4(t.r[i], t.r[i + 8], 0x88);
    x.r[i + 8] = _mm512_shuffle_i32x4(t.r[i], t.r[i + 8], 0xdd);
  }
}

WEFT_BF16 void store_tile(const Rows& x, bf16* to) {
  for (int i = 0; i < 16; ++i) _mm512_storeu_si512(to + i * kDepth, x.r[i]);
}

WEFT_BF16 void round_avx512(const float* from, std::int64_t count, bf16* to) {
  for (std::int64_t i = 0; i < count; i += 16) {
    const auto rounded = (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), rounded);
  }
}

}  // namespace

Kind best() {
  static const Kind kind = probe();
  return kind;
}

Scope::Scope(Kind kind) : kind_(kind) {
  if (kind_ == Kind::kAmx) begin_tiles();
}
Scope::~Scope() {
  if (kind_ == Kind::kAmx) end_tiles();
}

void multiply(Kind kind, const bf16* left, const bf16* right, std::int64_t blocks, std::int64_t rows, float* c,
              std::int64_t step) {
  if (kind == Kind::kAmx) return multiply_amx(left, right, blocks, c, step);
  for (std::int64_t i = 0; i < std::min(rows, kSide); i += 8)
    multiply_avx512(left + i * kDepth, right, blocks, c + i * step, step);
}

void pack_left(const Stored& a, bool transposed, std::int64_t i, std::int64_t k, bf16* block) {
  Rows first, second;
  if (transposed) {
    load_pairs(a, k, i, first, second);
    transpose(first);
    transpose(second);
  } else {
    load_rows(a, i, k, first);
    load_rows(a, i + 16, k, second);
  }
  store_tile(first, block);
  store_tile(second, block + kTile);
}

void pack_right(const Stored& b, bool transposed, std::int64_t k, std::int64_t j, bf16* block) {
  Rows first, second;
  if (transposed) {
    load_rows(b, j, k, first);
    load_rows(b, j + 16, k, second);
    transpose(first);
    transpose(second);
  } else {
    load_pairs(b, k, j, first, second);
  }
  store_tile(first, block);
  store_tile(second, block + kTile);
}

void round(const float* from, std::int64_t count, bf16* to) { round_avx512(from, count, to); }

}  // namespace weft::kernels::bf16_units

#else

namespace weft::kernels::bf16_units {

Kind best() { return Kind::kNone; }
Scope::Scope(Kind kind) : kind_(kind) {}
Scope::~Scope() = default;
void multiply(Kind, const bf16*, const bf16*, std::int64_t, std::int64_t, float*, std::int64_t) {}
void pack_left(const Stored&, bool, std::int64_t, std::int64_t, bf16*) {}
void pack_right(const Stored&, bool, std::int64_t, std::int64_t, bf16*) {}
void round(const float*, std::int64_t, bf16*) {}

}  // namespace weft::kernels::bf16_units

#endif
