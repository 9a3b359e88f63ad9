// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "bench/roof.h"
#include "weft/device.h"

// Each tile multiplies a (rows x depth) by a (depth x columns) panel; both are packed so that the loop reads them in
// order, and the sums stay in registers.
namespace weft::bench {
namespace {

constexpr int kDepth = 128;

// The operands of one thread: tiles of any kind find what they need in them.
struct Panels {
  alignas(64) float a[kDepth * 64]{};
  alignas(64) float b[kDepth * 64]{};
  alignas(64) float c[32 * 64]{};
};

void tile_plain(Panels& panels) {
  for (int k = 0; k < kDepth; ++k)
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 16; ++j) panels.c[i * 16 + j] += panels.a[k * 4 + i] * panels.b[k * 16 + j];
}

struct Tile {
  void (*run)(Panels&);
  double flops;
};

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) void tile_avx2(Panels& panels) {
  __m256 sum[4][3] = {};
  for (int k = 0; k < kDepth; ++k) {
    __m256 b[3];
    for (int j = 0; j < 3; ++j) b[j] = _mm256_load_ps(panels.b + k * 24 + j * 8);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const __m256 a = _mm256_broadcast_ss(panels.a + k * 4 + i);
      for (int j = 0; j < 3; ++j) sum[i][j] = _mm256_fmadd_ps(a, b[j], sum[i][j]);
    }
  }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 3; ++j) _mm256_store_ps(panels.c + (i * 3 + j) * 8, sum[i][j]);
}

__attribute__((target("avx512f"))) void tile_avx512(Panels& panels) {
  __m512 sum[8][3];
  for (auto& row : sum)
    for (__m512& vector : row) vector = _mm512_setzero_ps();
  for (int k = 0; k < kDepth; ++k) {
    __m512 b[3];
    for (int j = 0; j < 3; ++j) b[j] = _mm512_load_ps(panels.b + k * 48 + j * 16);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const __m512 a = _mm512_set1_ps(panels.a[k * 8 + i]);
      for (int j = 0; j < 3; ++j) sum[i][j] = _mm512_fmadd_ps(a, b[j], sum[i][j]);
    }
  }
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 3; ++j) _mm512_store_ps(panels.c + (i * 3 + j) * 16, sum[i][j]);
}

__attribute__((target("avx512f,avx512bf16"))) void tile_avx512_bf16(Panels& panels) {
  __m512 sum[8][3];
  for (auto& row : sum)
    for (__m512& vector : row) vector = _mm512_setzero_ps();
  for (int k = 0; k < kDepth; ++k) {  // pairs: the depth is twice kDepth
    __m512bh b[3];
    for (int j = 0; j < 3; ++j) b[j] = reinterpret_cast<__m512bh>(_mm512_load_ps(panels.b + k * 48 + j * 16));
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const auto a = reinterpret_cast<__m512bh>(_mm512_set1_ps(panels.a[k * 8 + i]));
      for (int j = 0; j < 3; ++j) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], a, b[j]);
    }
  }
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 3; ++j) _mm512_store_ps(panels.c + (i * 3 + j) * 16, sum[i][j]);
}

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14]{};
  std::uint16_t bytes_per_row[16]{};
  std::uint8_t rows[16]{};
};

// Tiles 0 to 3 are the sums, 4 and 5 the rows, 6 and 7 the columns; 32 bf16 deep at a time.
__attribute__((target("amx-tile,amx-bf16"))) void tile_amx(Panels& panels) {
  TileConfig config;
  for (int tile = 0; tile < 8; ++tile) {
    config.rows[tile] = 16;
    config.bytes_per_row[tile] = 64;
  }
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  constexpr int kTile = 16 * 16;  // floats of one tile
  for (int k = 0; k < 12; ++k) {
    _tile_loadd(4, panels.a + 2 * k * kTile, 64);
    _tile_loadd(6, panels.b + 2 * k * kTile, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panels.b + (2 * k + 1) * kTile, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, panels.a + (2 * k + 1) * kTile, 64);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, panels.c, 64);
  _tile_stored(1, panels.c + kTile, 64);
  _tile_stored(2, panels.c + 2 * kTile, 64);
  _tile_stored(3, panels.c + 3 * kTile, 64);
  _tile_release();
}

// Linux lends the AMX registers to processes that ask.
bool may_use_amx() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

bool has_amx_bf16() {
  unsigned a = 7, b = 0, c = 0, d = 0;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  constexpr unsigned kBf16 = 1U << 22, kTile = 1U << 24;
  return __builtin_cpu_supports("avx512f") && (d & kBf16) && (d & kTile) && may_use_amx();
}

Tile tile_f32() {
  if (__builtin_cpu_supports("avx512f")) return {tile_avx512, 2.0 * 8 * 48 * kDepth};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {tile_avx2, 2.0 * 4 * 24 * kDepth};
  return {tile_plain, 2.0 * 4 * 16 * kDepth};
}

std::optional<Tile> tile_bf16() {
  if (has_amx_bf16()) return Tile{tile_amx, 2.0 * 32 * 32 * 12 * 32};
  if (__builtin_cpu_supports("avx512bf16")) return Tile{tile_avx512_bf16, 2.0 * 8 * 48 * 2 * kDepth};
  return std::nullopt;
}

#else

Tile tile_f32() { return {tile_plain, 2.0 * 4 * 16 * kDepth}; }
std::optional<Tile> tile_bf16() { return std::nullopt; }

#endif

double rate(const Tile& tile) {
  std::vector<Panels> panels(static_cast<std::size_t>(num_threads()));
  constexpr int kTiles = 64;  // per call, so that the call itself does not count
  return best_rate(kTiles * tile.flops * static_cast<double>(panels.size()), [&](std::size_t thread) {
    for (int i = 0; i < kTiles; ++i) tile.run(panels[thread]);
  });
}

}  // namespace

double product_roof_f32() { return rate(tile_f32()); }

std::optional<double> product_roof_bf16() {
  const std::optional<Tile> tile = tile_bf16();
  if (!tile) return std::nullopt;
  return rate(*tile);
}

}  // namespace weft::bench
