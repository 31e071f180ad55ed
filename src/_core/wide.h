/* Eight doubles at a time where AVX-512 is there, four where AVX2 is: what lanes.h makes its
   formulas of. With tables looked up in registers, or four entries loaded one by one rather than
   gathered, and Philox without a spare instruction, no compiler makes these of the plain loops. */
#ifndef RESIDUAL_AUCTION_WIDE_H
#define RESIDUAL_AUCTION_WIDE_H

#include "clones.h"
#include "tables.h"

#include <string.h>

/* Works out the results at so many places one by one. */
typedef void (*residual_auction_rare)(const double *, double *, const int *, int);

#if RESIDUAL_AUCTION_HAS_CLONES
#include <immintrin.h>

enum { ABREAST = 4, WIDE_PLACES = 256 };

/* Tests build with RESIDUAL_AUCTION_LANES to have the narrower vectors on a wide machine. */
#ifndef RESIDUAL_AUCTION_LANES
#define RESIDUAL_AUCTION_LANES 8
#endif

static inline int residual_auction_lanes(void) {
    if (RESIDUAL_AUCTION_LANES >= 8 && __builtin_cpu_supports("x86-64-v4"))
        return 8;
    return __builtin_cpu_supports("x86-64-v3") ? 4 : 0;
}

/* AVX-512 */
#define TARGET __attribute__((target("arch=x86-64-v4")))
#define INLINE TARGET __attribute__((always_inline)) static inline
#define NAMED(NAME) wide8_##NAME
#define LANES 8
#define V __m512d
#define I __m512i
#define SET _mm512_set1_pd
#define SET_BITS _mm512_set1_epi64
#define FMA _mm512_fmadd_pd
#define FMS _mm512_fmsub_pd
#define FNMA _mm512_fnmadd_pd
#define LOAD _mm512_loadu_pd
#define STORE _mm512_storeu_pd
#define MULTIPLY_LOW _mm512_mul_epu32
#define SHIFT_RIGHT _mm512_srli_epi64
#define XOR(A, B, C) _mm512_ternarylogic_epi64(A, B, C, 0x96)
#define LANE_NUMBERS _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0)

INLINE V wide8_look_up(const double *table, I index) {
    return _mm512_permutex2var_pd(_mm512_loadu_pd(table), index, _mm512_loadu_pd(table + 8));
}

INLINE V wide8_exp_scale(V shifted) {
    I bits = _mm512_castpd_si512(shifted);
    I part = _mm512_castpd_si512(wide8_look_up((const double *)RESIDUAL_AUCTION_EXP_SCALE, bits));
    return _mm512_castsi512_pd(_mm512_add_epi64(part, _mm512_slli_epi64(bits, 48)));
}

INLINE void wide8_log_split(V x, V *k, V *m, V *inverse, V *offset) {
    I bits = _mm512_sub_epi64(_mm512_castpd_si512(x), SET_BITS(0x3fe6800000000000));
    I place = _mm512_srli_epi64(bits, 48);
    I mantissa = _mm512_and_si512(bits, SET_BITS(0x000fffffffffffff));
    *k = _mm512_cvtepi64_pd(_mm512_srai_epi64(bits, 52));
    *m = _mm512_castsi512_pd(_mm512_add_epi64(mantissa, SET_BITS(0x3fe6800000000000)));
    *inverse = wide8_look_up(RESIDUAL_AUCTION_LOG_INVERSE, place);
    *offset = wide8_look_up(RESIDUAL_AUCTION_LOG_OFFSET, place);
}

INLINE V wide8_both_tails(V p) { return p * (SET(1.0) - p) * SET(4.0); }

INLINE unsigned wide8_exp_odd(V x) {
    return _mm512_cmp_pd_mask(_mm512_abs_pd(x), SET(708.0), _CMP_NLE_UQ);
}

/* NaN, infinities, zeros, subnormal and negative numbers */
INLINE unsigned wide8_log_odd(V x) { return _mm512_fpclass_pd_mask(x, 0xff); }

INLINE unsigned wide8_ppf_odd(V p) {
    return _mm512_cmp_pd_mask(wide8_both_tails(p), SET(0x1.0bd4a5aca7728p-8), _CMP_NGE_UQ);
}

/* The low half of one word beside another, as an odd multiple of 2**-53. */
INLINE V wide8_open_uniform(I low, I high) {
    I word = _mm512_ternarylogic_epi64(
        _mm512_slli_epi64(high, 32), low, SET_BITS(0xffffffff), 0xf8);
    I bits = _mm512_or_si512(_mm512_srli_epi64(word, 12), SET_BITS(0x3ff0000000000000));
    return _mm512_castsi512_pd(bits) - SET(0.99999999999999988898);
}

INLINE void wide8_put(V even, V odd, double *out) {
    STORE(out, _mm512_permutex2var_pd(even, _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), odd));
    STORE(out + 8, _mm512_permutex2var_pd(
        even, _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4), odd));
}

#include "lanes.h"

/* AVX2 */
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define INLINE TARGET __attribute__((always_inline)) static inline
#define NAMED(NAME) wide4_##NAME
#define LANES 4
#define V __m256d
#define I __m256i
#define SET _mm256_set1_pd
#define SET_BITS _mm256_set1_epi64x
#define FMA _mm256_fmadd_pd
#define FMS _mm256_fmsub_pd
#define FNMA _mm256_fnmadd_pd
#define LOAD _mm256_loadu_pd
#define STORE _mm256_storeu_pd
#define MULTIPLY_LOW _mm256_mul_epu32
#define SHIFT_RIGHT _mm256_srli_epi64
/* What is there early is combined first. */
#define XOR(A, B, C) _mm256_xor_si256(A, _mm256_xor_si256(B, C))
#define LANE_NUMBERS _mm256_set_epi64x(3, 2, 1, 0)

INLINE V wide4_exp_scale(V shifted) {
    const double *table = (const double *)RESIDUAL_AUCTION_EXP_SCALE;
    I bits = _mm256_castpd_si256(shifted), place = _mm256_and_si256(bits, SET_BITS(15));
    I part = _mm256_castpd_si256(_mm256_set_pd(
        table[_mm256_extract_epi64(place, 3)], table[_mm256_extract_epi64(place, 2)],
        table[_mm256_extract_epi64(place, 1)], table[_mm256_extract_epi64(place, 0)]));
    return _mm256_castsi256_pd(_mm256_add_epi64(part, _mm256_slli_epi64(bits, 48)));
}

/* Both entries of a lane lie side by side and are loaded at once. */
INLINE void wide4_log_split(V x, V *k, V *m, V *inverse, V *offset) {
    const double *table = RESIDUAL_AUCTION_LOG_BOTH;
    I bits = _mm256_add_epi64(_mm256_castpd_si256(x), SET_BITS(0x0009800000000000));
    I place = _mm256_and_si256(_mm256_srli_epi64(bits, 47), SET_BITS(30));
    I mantissa = _mm256_and_si256(bits, SET_BITS(0x000fffffffffffff));
    V even = _mm256_set_m128d(_mm_loadu_pd(table + _mm256_extract_epi64(place, 2)),
                              _mm_loadu_pd(table + _mm256_extract_epi64(place, 0)));
    V odd = _mm256_set_m128d(_mm_loadu_pd(table + _mm256_extract_epi64(place, 3)),
                             _mm_loadu_pd(table + _mm256_extract_epi64(place, 1)));
    *k = _mm256_castsi256_pd(_mm256_or_si256(
        _mm256_srli_epi64(bits, 52), SET_BITS(0x4330000000000000))) - SET(4503599627371519.0);
    *m = _mm256_castsi256_pd(_mm256_add_epi64(mantissa, SET_BITS(0x3fe6800000000000)));
    *inverse = _mm256_unpacklo_pd(even, odd);
    *offset = _mm256_unpackhi_pd(even, odd);
}

INLINE V wide4_both_tails(V p) { return p * (SET(1.0) - p) * SET(4.0); }

INLINE unsigned wide4_exp_odd(V x) {
    V size = _mm256_andnot_pd(SET(-0.0), x);
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(size, SET(708.0), _CMP_NLE_UQ));
}

/* NaN, infinities, zeros, subnormal and negative numbers */
INLINE unsigned wide4_log_odd(V x) {
    V low = _mm256_cmp_pd(x, SET(0x1p-1022), _CMP_NGE_UQ);
    V high = _mm256_cmp_pd(x, SET(0x1.fffffffffffffp+1023), _CMP_NLE_UQ);
    return (unsigned)_mm256_movemask_pd(_mm256_or_pd(low, high));
}

INLINE unsigned wide4_ppf_odd(V p) {
    return (unsigned)_mm256_movemask_pd(
        _mm256_cmp_pd(wide4_both_tails(p), SET(0x1.0bd4a5aca7728p-8), _CMP_NGE_UQ));
}

/* The low half of one word beside another, as an odd multiple of 2**-53. */
INLINE V wide4_open_uniform(I low, I high) {
    I word = _mm256_blend_epi32(low, _mm256_slli_epi64(high, 32), 0xaa);
    I bits = _mm256_or_si256(_mm256_srli_epi64(word, 12), SET_BITS(0x3ff0000000000000));
    return _mm256_castsi256_pd(bits) - SET(0.99999999999999988898);
}

INLINE void wide4_put(V even, V odd, double *out) {
    V low = _mm256_unpacklo_pd(even, odd), high = _mm256_unpackhi_pd(even, odd);
    STORE(out, _mm256_permute2f128_pd(low, high, 0x20));
    STORE(out + 4, _mm256_permute2f128_pd(low, high, 0x31));
}

#include "lanes.h"

/* For machines of which residual_auction_lanes is not 0. */
#define WIDE_CHOICE(FORMULA)                                                                \
    static inline void wide_##FORMULA##_many(                                               \
        const double *from, double *to, Py_ssize_t count, residual_auction_rare rare        \
    ) {                                                                                     \
        if (residual_auction_lanes() == 8)                                                  \
            wide8_##FORMULA##_many(from, to, count, rare);                                  \
        else                                                                                \
            wide4_##FORMULA##_many(from, to, count, rare);                                  \
    }

WIDE_CHOICE(exp)
WIDE_CHOICE(log)
WIDE_CHOICE(ppf)

static inline void wide_uniforms(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t pair, Py_ssize_t pairs, double *out
) {
    if (residual_auction_lanes() == 8)
        wide8_uniforms(key, unit, step, pair, pairs, out);
    else
        wide4_uniforms(key, unit, step, pair, pairs, out);
}

#else

static inline int residual_auction_lanes(void) { return 0; }

/* Never called. */
static inline void wide_exp_many(
    const double *from, double *to, Py_ssize_t count, residual_auction_rare rare
) { (void)from; (void)to; (void)count; (void)rare; }
#define wide_log_many wide_exp_many
#define wide_ppf_many wide_exp_many
static inline void wide_uniforms(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t pair, Py_ssize_t pairs, double *out
) { (void)key; (void)unit; (void)step; (void)pair; (void)pairs; (void)out; }

#endif

#endif
