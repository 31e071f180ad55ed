/* The formulas of vmath.pxd and rng.pxd for vectors of LANES doubles, step by step the same
   roundings. wide.h includes this once for each width, with the instructions it is made of.

   A step is taken for n vectors before the next one is, as the chain of steps is longer than a
   processor looks ahead: n is a constant wherever such a function is called, at most ABREAST. */

enum { NAMED(EXP_ABREAST) = 1, NAMED(LOG_ABREAST) = 1, NAMED(PPF_ABREAST) = 4 };

#define EACH for (int j = 0; j < n; j++)

INLINE void NAMED(exp)(const V *x, V *out, int n) {
    const double *c = RESIDUAL_AUCTION_EXP_POLY;
    const V magic = SET(6755399441055744.0);
    V shifted[ABREAST], k[ABREAST], r[ABREAST], square[ABREAST], low[ABREAST], high[ABREAST];
    EACH shifted[j] = FMA(x[j], SET(0x1.71547652b82fep+4), magic);
    EACH k[j] = shifted[j] - magic;
    EACH r[j] = FNMA(k[j], SET(0x1.62e42fefa39efp-5), x[j]);
    EACH r[j] = FNMA(k[j], SET(0x1.abc9e3b39803fp-60), r[j]);
    EACH square[j] = r[j] * r[j];
    EACH low[j] = FMA(r[j], SET(c[1]), SET(c[0]));
    EACH high[j] = FMA(r[j], SET(c[3]), SET(c[2]));
    EACH high[j] = FMA(square[j], SET(c[4]), high[j]);
    EACH high[j] = FMA(square[j], high[j], low[j]);
    EACH r[j] = FMA(square[j], high[j], r[j]);
    EACH {
        V scale = NAMED(exp_scale)(shifted[j]);
        out[j] = FMA(scale, r[j], scale);
    }
}

INLINE void NAMED(log)(const V *x, V *out, int n) {
    const double *c = RESIDUAL_AUCTION_LOG_POLY;
    V r[ABREAST], high[ABREAST], low[ABREAST], square[ABREAST], fourth[ABREAST];
    V first[ABREAST], second[ABREAST], third[ABREAST], last[ABREAST];
    EACH {
        V k, m, inverse, offset;
        NAMED(log_split)(x[j], &k, &m, &inverse, &offset);
        r[j] = FMS(m, inverse, SET(1.0));
        V coarse = FMA(k, SET(0x1.62e42fefa3800p-1), offset);
        high[j] = coarse + r[j];
        low[j] = FMA(k, SET(0x1.ef35793c76730p-45), (coarse - high[j]) + r[j]);
    }
    EACH square[j] = r[j] * r[j];
    EACH first[j] = FMA(r[j], SET(c[1]), SET(c[0]));
    EACH second[j] = FMA(r[j], SET(c[3]), SET(c[2]));
    EACH third[j] = FMA(r[j], SET(c[5]), SET(c[4]));
    EACH last[j] = FMA(r[j], SET(c[7]), SET(c[6]));
    EACH fourth[j] = square[j] * square[j];
    EACH first[j] = FMA(square[j], second[j], first[j]);
    EACH third[j] = FMA(square[j], last[j], third[j]);
    EACH first[j] = FMA(fourth[j], third[j], first[j]);
    EACH out[j] = high[j] + FMA(square[j], first[j], low[j]);
}

/* Numerator and denominator side by side: each waits for its own last step alone. */
INLINE void NAMED(ppf)(const V *p, V *out, int n) {
    const double *top = RESIDUAL_AUCTION_PPF_NUM, *bottom = RESIDUAL_AUCTION_PPF_DEN;
    V w[ABREAST], num[ABREAST], den[ABREAST];
    EACH w[j] = NAMED(both_tails)(p[j]);
    NAMED(log)(w, num, n);
    EACH w[j] = SET(0.0) - num[j];
    EACH num[j] = FMA(w[j], SET(top[9]), SET(top[8]));
    EACH den[j] = SET(bottom[8]);
    for (int i = 7; i >= 0; i--) {
        EACH num[j] = FMA(num[j], w[j], SET(top[i]));
        EACH den[j] = FMA(den[j], w[j], SET(bottom[i]));
    }
    EACH out[j] = (p[j] - SET(0.5)) * (num[j] / den[j]);
}

/* Arguments that the formula does not reach are noted, and worked out together afterwards. */
#define WIDE_MANY(FORMULA, N)                                                               \
    TARGET static void NAMED(FORMULA##_many)(                                               \
        const double *from, double *to, Py_ssize_t count, residual_auction_rare rare        \
    ) {                                                                                     \
        enum { SIZE = LANES * NAMED(N) };                                                   \
        const int n = NAMED(N);                                                             \
        int places[WIDE_PLACES], found = 0;                                                 \
        for (Py_ssize_t i = 0; i < count; i += SIZE) {                                      \
            Py_ssize_t left = count - i;                                                    \
            double kept[SIZE];                                                              \
            const double *x = from + i;                                                     \
            double *out = to + i;                                                           \
            V in[ABREAST], made[ABREAST];                                                   \
            unsigned odd = 0;                                                               \
            if (__builtin_expect(left < SIZE, 0)) {                                         \
                for (int j = 0; j < SIZE; j++)                                              \
                    kept[j] = j < left ? x[j] : 0.5;                                        \
                x = out = kept;                                                             \
            }                                                                               \
            EACH in[j] = LOAD(x + j * LANES);                                               \
            EACH odd |= NAMED(FORMULA##_odd)(in[j]) << (j * LANES);                         \
            NAMED(FORMULA)(in, made, n);                                                    \
            EACH STORE(out + j * LANES, made[j]);                                           \
            if (__builtin_expect(left < SIZE, 0))                                           \
                memcpy(to + i, kept, (size_t)left * sizeof(double));                        \
            if (__builtin_expect(odd != 0, 0)) {                                            \
                if (found > WIDE_PLACES - SIZE) {                                           \
                    rare(from, to, places, found);                                          \
                    found = 0;                                                              \
                }                                                                           \
                for (; odd; odd &= odd - 1)                                                 \
                    places[found++] = (int)i + __builtin_ctz(odd);                          \
            }                                                                               \
        }                                                                                   \
        if (found)                                                                          \
            rare(from, to, places, found);                                                  \
    }

WIDE_MANY(exp, EXP_ABREAST)
WIDE_MANY(log, LOG_ABREAST)
WIDE_MANY(ppf, PPF_ABREAST)
#undef WIDE_MANY

/* Two draws for each of the pairs from first on, for ABREAST vectors of them. */
INLINE void NAMED(pairs)(const I *keys, I first, uint32_t step, uint64_t unit, double *out) {
    const I mul0 = SET_BITS(0xD2511F53), mul1 = SET_BITS(0xCD9E8D57);
    const int n = ABREAST;
    I c0[ABREAST], c1[ABREAST], c2[ABREAST], c3[ABREAST], p0[ABREAST], p1[ABREAST];
    /* Products read low halves only, so that high ones may hold anything. */
    EACH c0[j] = first + SET_BITS(j * LANES);
    EACH c1[j] = SET_BITS(step);
    EACH c2[j] = SET_BITS((uint32_t)unit);
    EACH c3[j] = SET_BITS((long long)(unit >> 32));
    for (int round = 0; round < 10; round++) {
        EACH p0[j] = MULTIPLY_LOW(c0[j], mul0);
        EACH p1[j] = MULTIPLY_LOW(c2[j], mul1);
        EACH c0[j] = XOR(SHIFT_RIGHT(p1[j], 32), c1[j], keys[2 * round]);
        EACH c2[j] = XOR(SHIFT_RIGHT(p0[j], 32), c3[j], keys[2 * round + 1]);
        EACH c1[j] = p1[j];
        EACH c3[j] = p0[j];
    }
    EACH NAMED(put)(
        NAMED(open_uniform)(c0[j], c1[j]), NAMED(open_uniform)(c2[j], c3[j]), out + 2 * LANES * j);
}

TARGET static void NAMED(uniforms)(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t pair, Py_ssize_t pairs, double *out
) {
    enum { SIZE = LANES * ABREAST };
    I keys[20], first = SET_BITS((long long)pair) + LANE_NUMBERS;
    Py_ssize_t i = 0;
    for (uint32_t round = 0; round < 10; round++) {
        keys[2 * round] = SET_BITS((uint32_t)key + round * 0x9E3779B9u);
        keys[2 * round + 1] = SET_BITS((uint32_t)(key >> 32) + round * 0xBB67AE85u);
    }
    for (; i + SIZE <= pairs; i += SIZE) {
        NAMED(pairs)(keys, first, step, unit, out + 2 * i);
        first = first + SET_BITS(SIZE);
    }
    if (i < pairs) {
        double last[2 * SIZE];
        NAMED(pairs)(keys, first, step, unit, last);
        memcpy(out + 2 * i, last, (size_t)(2 * (pairs - i)) * sizeof(double));
    }
}

#undef EACH
#undef TARGET
#undef INLINE
#undef NAMED
#undef LANES
#undef V
#undef I
#undef SET
#undef SET_BITS
#undef FMA
#undef FMS
#undef FNMA
#undef LOAD
#undef STORE
#undef MULTIPLY_LOW
#undef SHIFT_RIGHT
#undef XOR
#undef LANE_NUMBERS
