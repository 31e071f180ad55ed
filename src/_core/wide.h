/* Eight doubles at a time where AVX-512 is there: the formulas of vmath.pxd and rng.pxd, step by
   step the same roundings, with tables looked up in registers and Philox without a spare
   instruction. No compiler makes these of the plain loops. */
#ifndef RESIDUAL_AUCTION_WIDE_H
#define RESIDUAL_AUCTION_WIDE_H

#include "clones.h"
#include "tables.h"

#include <string.h>

typedef double (*residual_auction_rare)(double);

#if RESIDUAL_AUCTION_HAS_CLONES
#include <immintrin.h>

#define WIDE_TARGET __attribute__((target("arch=x86-64-v4")))
#define WIDE_INLINE WIDE_TARGET __attribute__((always_inline)) static inline

static inline int residual_auction_is_wide(void) {
    return __builtin_cpu_supports("x86-64-v4");
}

WIDE_INLINE __m512d wide_look_up(const double *table, __m512i index) {
    return _mm512_permutex2var_pd(_mm512_loadu_pd(table), index, _mm512_loadu_pd(table + 8));
}

/* Coefficients first .. last of a polynomial by Horner's rule. */
WIDE_INLINE __m512d wide_horner(const double *poly, int last, __m512d x) {
    __m512d sum = _mm512_set1_pd(poly[last]);
    for (int i = last - 1; i >= 0; i--)
        sum = _mm512_fmadd_pd(sum, x, _mm512_set1_pd(poly[i]));
    return sum;
}

WIDE_INLINE __m512d wide_exp(__m512d x, __mmask8 *odd) {
    *odd = _mm512_cmp_pd_mask(_mm512_abs_pd(x), _mm512_set1_pd(708.0), _CMP_NLE_UQ);
    const double *c = RESIDUAL_AUCTION_EXP_POLY;
    const __m512d magic = _mm512_set1_pd(6755399441055744.0);
    __m512d shifted = _mm512_fmadd_pd(x, _mm512_set1_pd(0x1.71547652b82fep+4), magic);
    __m512d k = _mm512_sub_pd(shifted, magic);
    __m512d r = _mm512_fnmadd_pd(k, _mm512_set1_pd(0x1.62e42fefa39efp-5), x);
    r = _mm512_fnmadd_pd(k, _mm512_set1_pd(0x1.abc9e3b39803fp-60), r);
    __m512d square = _mm512_mul_pd(r, r);
    __m512d low = _mm512_fmadd_pd(r, _mm512_set1_pd(c[1]), _mm512_set1_pd(c[0]));
    __m512d high = _mm512_fmadd_pd(r, _mm512_set1_pd(c[3]), _mm512_set1_pd(c[2]));
    high = _mm512_fmadd_pd(square, _mm512_set1_pd(c[4]), high);
    __m512d q = _mm512_fmadd_pd(square, _mm512_fmadd_pd(square, high, low), r);
    __m512i bits = _mm512_castpd_si512(shifted);
    __m512i part = _mm512_castpd_si512(
        wide_look_up((const double *)RESIDUAL_AUCTION_EXP_SCALE, bits));
    __m512d scale = _mm512_castsi512_pd(_mm512_add_epi64(part, _mm512_slli_epi64(bits, 48)));
    return _mm512_fmadd_pd(scale, q, scale);
}

WIDE_INLINE __m512d wide_log(__m512d x, __mmask8 *odd) {
    const double *c = RESIDUAL_AUCTION_LOG_POLY;
    __m512i bits = _mm512_sub_epi64(_mm512_castpd_si512(x), _mm512_set1_epi64(0x3fe6800000000000));
    __m512i place = _mm512_srli_epi64(bits, 48);
    __m512d k = _mm512_cvtepi64_pd(_mm512_srai_epi64(bits, 52));
    __m512i mantissa = _mm512_and_si512(bits, _mm512_set1_epi64(0x000fffffffffffff));
    /* NaN, infinities, zeros, subnormal and negative numbers */
    *odd = _mm512_fpclass_pd_mask(x, 0xff);
    __m512d m = _mm512_castsi512_pd(
        _mm512_add_epi64(mantissa, _mm512_set1_epi64(0x3fe6800000000000)));
    __m512d r = _mm512_fmsub_pd(
        m, wide_look_up(RESIDUAL_AUCTION_LOG_INVERSE, place), _mm512_set1_pd(1.0));
    __m512d coarse = _mm512_fmadd_pd(
        k, _mm512_set1_pd(0x1.62e42fefa3800p-1), wide_look_up(RESIDUAL_AUCTION_LOG_OFFSET, place));
    __m512d high = _mm512_add_pd(coarse, r);
    __m512d low = _mm512_add_pd(_mm512_sub_pd(coarse, high), r);
    low = _mm512_fmadd_pd(k, _mm512_set1_pd(0x1.ef35793c76730p-45), low);
    __m512d square = _mm512_mul_pd(r, r);
    __m512d fourth = _mm512_mul_pd(square, square);
    __m512d first = _mm512_fmadd_pd(r, _mm512_set1_pd(c[1]), _mm512_set1_pd(c[0]));
    __m512d second = _mm512_fmadd_pd(r, _mm512_set1_pd(c[3]), _mm512_set1_pd(c[2]));
    __m512d third = _mm512_fmadd_pd(r, _mm512_set1_pd(c[5]), _mm512_set1_pd(c[4]));
    __m512d last = _mm512_fmadd_pd(r, _mm512_set1_pd(c[7]), _mm512_set1_pd(c[6]));
    first = _mm512_fmadd_pd(square, second, first);
    third = _mm512_fmadd_pd(square, last, third);
    first = _mm512_fmadd_pd(fourth, third, first);
    return _mm512_add_pd(high, _mm512_fmadd_pd(square, first, low));
}

WIDE_INLINE __m512d wide_ppf(__m512d p, __mmask8 *odd) {
    __mmask8 other;
    __m512d product = _mm512_mul_pd(p, _mm512_sub_pd(_mm512_set1_pd(1.0), p));
    __m512d both = _mm512_mul_pd(product, _mm512_set1_pd(4.0));
    *odd = _mm512_cmp_pd_mask(both, _mm512_set1_pd(0x1.0bd4a5aca7728p-8), _CMP_NGE_UQ);
    __m512d w = _mm512_sub_pd(_mm512_setzero_pd(), wide_log(both, &other));
    __m512d num = wide_horner(RESIDUAL_AUCTION_PPF_NUM, 9, w);
    __m512d den = wide_horner(RESIDUAL_AUCTION_PPF_DEN, 8, w);
    return _mm512_mul_pd(_mm512_sub_pd(p, _mm512_set1_pd(0.5)), _mm512_div_pd(num, den));
}

/* What the formula does not reach is worked out one by one, from the input. */
static inline void wide_mend(
    const double *x, double *out, unsigned odd, residual_auction_rare rare
) {
    while (odd) {
        int lane = __builtin_ctz(odd);
        out[lane] = rare(x[lane]);
        odd &= odd - 1;
    }
}

#define WIDE_MANY(NAME, FORMULA)                                                            \
    WIDE_TARGET static inline void NAME(                                                    \
        const double *from, double *to, Py_ssize_t count, residual_auction_rare rare        \
    ) {                                                                                     \
        Py_ssize_t i = 0;                                                                   \
        double kept[8] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};                          \
        __mmask8 odd;                                                                       \
        for (; i + 8 <= count; i += 8) {                                                    \
            __m512d x = _mm512_loadu_pd(from + i);                                          \
            _mm512_storeu_pd(to + i, FORMULA(x, &odd));                                     \
            if (__builtin_expect(odd != 0, 0)) {                                            \
                _mm512_storeu_pd(kept, x);                                                  \
                wide_mend(kept, to + i, odd, rare);                                         \
            }                                                                               \
        }                                                                                   \
        if (i < count) {                                                                    \
            double last[8];                                                                 \
            memcpy(kept, from + i, (size_t)(count - i) * sizeof(double));                   \
            _mm512_storeu_pd(last, FORMULA(_mm512_loadu_pd(kept), &odd));                   \
            wide_mend(kept, last, odd & ((1u << (count - i)) - 1u), rare);                  \
            memcpy(to + i, last, (size_t)(count - i) * sizeof(double));                     \
        }                                                                                   \
    }

WIDE_MANY(wide_exp_many, wide_exp)
WIDE_MANY(wide_log_many, wide_log)
WIDE_MANY(wide_ppf_many, wide_ppf)

/* The low half of one word beside another, as an odd multiple of 2**-53. */
WIDE_INLINE __m512d wide_open_uniform(__m512i low, __m512i high) {
    __m512i word = _mm512_ternarylogic_epi64(
        _mm512_slli_epi64(high, 32), low, _mm512_set1_epi64(0xffffffff), 0xf8);
    __m512i bits = _mm512_or_si512(
        _mm512_srli_epi64(word, 12), _mm512_set1_epi64(0x3ff0000000000000));
    return _mm512_sub_pd(_mm512_castsi512_pd(bits), _mm512_set1_pd(0.99999999999999988898));
}

/* Sixteen draws, of the pairs from one on. */
WIDE_INLINE void wide_sixteen(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t pair, double *out
) {
    const __m512i mul0 = _mm512_set1_epi64(0xD2511F53), mul1 = _mm512_set1_epi64(0xCD9E8D57);
    /* Products read low halves only, so that high ones may hold anything. */
    __m512i c0 = _mm512_add_epi64(
        _mm512_set1_epi64((long long)pair), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
    __m512i c1 = _mm512_set1_epi64(step), c2 = _mm512_set1_epi64((uint32_t)unit);
    __m512i c3 = _mm512_set1_epi64((long long)(unit >> 32));
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        __m512i p0 = _mm512_mul_epu32(c0, mul0), p1 = _mm512_mul_epu32(c2, mul1);
        c0 = _mm512_ternarylogic_epi64(
            _mm512_srli_epi64(p1, 32), c1, _mm512_set1_epi64(k0), 0x96);
        c2 = _mm512_ternarylogic_epi64(
            _mm512_srli_epi64(p0, 32), c3, _mm512_set1_epi64(k1), 0x96);
        c1 = p1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    __m512d even = wide_open_uniform(c0, c1), odd = wide_open_uniform(c2, c3);
    _mm512_storeu_pd(out, _mm512_permutex2var_pd(
        even, _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), odd));
    _mm512_storeu_pd(out + 8, _mm512_permutex2var_pd(
        even, _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4), odd));
}

WIDE_TARGET static inline void wide_uniforms(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t pair, Py_ssize_t pairs, double *out
) {
    Py_ssize_t i = 0;
    for (; i + 8 <= pairs; i += 8)
        wide_sixteen(key, unit, step, pair + i, out + 2 * i);
    if (i < pairs) {
        double last[16];
        wide_sixteen(key, unit, step, pair + i, last);
        memcpy(out + 2 * i, last, (size_t)(2 * (pairs - i)) * sizeof(double));
    }
}

#else

static inline int residual_auction_is_wide(void) { return 0; }

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
