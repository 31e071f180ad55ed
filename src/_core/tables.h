/* Tables and coefficients of the elementary functions; python -m benchmarks.coefficients prints
   them anew. */
#ifndef RESIDUAL_AUCTION_TABLES_H
#define RESIDUAL_AUCTION_TABLES_H

#include <stdint.h>

/* 2**(j / 16) as bits, less j << 48. */
static const uint64_t RESIDUAL_AUCTION_EXP_SCALE[16] = {
    0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
    0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429,
    0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
    0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da
};

/* (e**r - 1 - r) / r**2 for abs(r) <= ln(2) / 32. */
static const double RESIDUAL_AUCTION_EXP_POLY[5] = {
    0x1.0000000000005p-1, 0x1.555555548f86ap-3, 0x1.555555545ee06p-5, 0x1.11123aafe228dp-7,
    0x1.6c185dc95c6a0p-10
};

/* (e**r - 1 - r) / r**2 for abs(r) <= ln(2) / 2. */
static const double RESIDUAL_AUCTION_EXP_WIDE_POLY[10] = {
    0x1.000000000000bp-1, 0x1.5555555555561p-3, 0x1.5555555550041p-5, 0x1.111111110d648p-7,
    0x1.6c16c185a370bp-10, 0x1.a01a01badd4cep-13, 0x1.a019969ea1389p-16, 0x1.71dddfd766b4bp-19,
    0x1.28b03ebaafe95p-22, 0x1.af8574d9e8741p-26
};

/* About 1 / m in the middle of each sixteenth, and its -ln, a multiple of 2**-42 to 2**-65. */
static const double RESIDUAL_AUCTION_LOG_INVERSE[16] = {
    0x1.642c82f5d2035p+0, 0x1.5555528cbcc53p+0, 0x1.47ae13609c498p+0, 0x1.3b13b05c8371dp+0,
    0x1.2f684da0c2fd5p+0, 0x1.249248b7a9acbp+0, 0x1.1a7b986cdfb16p+0, 0x1.111112b854903p+0,
    0x1.08421203bab49p+0, 0x1.0000000000000p+0, 0x1.e1e1e44ad49aap-1, 0x1.c71c6df0fc5eap-1,
    0x1.af28693734e67p-1, 0x1.99999a45ed209p-1, 0x1.861861649b92ap-1, 0x1.745d19c335123p-1
};
static const double RESIDUAL_AUCTION_LOG_OFFSET[16] = {
    -0x1.522ad8f646000p-2, -0x1.269618b984000p-2, -0x1.f991bfe70c000p-3, -0x1.a93ece2204000p-3,
    -0x1.5bf412b268000p-3, -0x1.1178e52822000p-3, -0x1.9336080040000p-4, -0x1.0859a426d8000p-4,
    -0x1.0416071210000p-5, 0x0.0p+0, 0x1.f0a2e308f8000p-5, 0x1.e2709969d0000p-4,
    0x1.5ff313443e000p-3, 0x1.c8ff791c08000p-3, 0x1.1675cb12a2000p-2, 0x1.4618b548f4000p-2
};

/* The same two side by side. */
static const double RESIDUAL_AUCTION_LOG_BOTH[32] = {
    0x1.642c82f5d2035p+0, -0x1.522ad8f646000p-2, 0x1.5555528cbcc53p+0, -0x1.269618b984000p-2,
    0x1.47ae13609c498p+0, -0x1.f991bfe70c000p-3, 0x1.3b13b05c8371dp+0, -0x1.a93ece2204000p-3,
    0x1.2f684da0c2fd5p+0, -0x1.5bf412b268000p-3, 0x1.249248b7a9acbp+0, -0x1.1178e52822000p-3,
    0x1.1a7b986cdfb16p+0, -0x1.9336080040000p-4, 0x1.111112b854903p+0, -0x1.0859a426d8000p-4,
    0x1.08421203bab49p+0, -0x1.0416071210000p-5, 0x1.0000000000000p+0, 0x0.0p+0,
    0x1.e1e1e44ad49aap-1, 0x1.f0a2e308f8000p-5, 0x1.c71c6df0fc5eap-1, 0x1.e2709969d0000p-4,
    0x1.af28693734e67p-1, 0x1.5ff313443e000p-3, 0x1.99999a45ed209p-1, 0x1.c8ff791c08000p-3,
    0x1.861861649b92ap-1, 0x1.1675cb12a2000p-2, 0x1.745d19c335123p-1, 0x1.4618b548f4000p-2
};

/* (ln(1 + r) - r) / r**2 for abs(r) <= 1 / 32. */
static const double RESIDUAL_AUCTION_LOG_POLY[8] = {
    -0x1p-1, 0x1.55555555554d9p-2, -0x1.0000000066c85p-2, 0x1.9999999bf59f3p-3,
    -0x1.555544960c4e4p-3, 0x1.24922e175a2f4p-3, -0x1.006915b666947p-3, 0x1.c80e50a954a5ep-4
};

/* Upper tail times exp(y * y / 2) for y in [0, sqrt(32)]: numerator, denominator, their rests. */
static const double RESIDUAL_AUCTION_TAIL_NUM[10] = {
    0x1.0000000000000p-1, 0x1.6c4db612cfc86p-1, 0x1.0334f069849adp-1, 0x1.d4f667783584ep-3,
    0x1.255c24fbb6901p-4, 0x1.05878497391f7p-6, 0x1.4b8c1f27c5884p-9, 0x1.206e18c3598e0p-12,
    0x1.39b530353cc1fp-16, 0x1.47867ed43a5edp-21
};
static const double RESIDUAL_AUCTION_TAIL_NUM_REST[10] = {
    -0x1.a38034cd885f4p-60, -0x1.ce6a28336cb70p-56, -0x1.945b638ee8a20p-55,
    0x1.b3439f1cbab65p-59, -0x1.56c0eb820a08fp-58, -0x1.c98ae235f6d57p-60,
    -0x1.19a9cbc541279p-63, 0x1.9d022edde9733p-66, 0x1.125a98050ee3bp-71,
    -0x1.bc724068bfa52p-76
};
static const double RESIDUAL_AUCTION_TAIL_DEN[11] = {
    0x1.0000000000000p+0, 0x1.1c47efd8b8bd6p+1, 0x1.246d4418f8c4ap+1, 0x1.6fb103d931331p+0,
    0x1.39ab1333cacefp-1, 0x1.7c770f141b2b3p-3, 0x1.4d66e06efa81cp-5, 0x1.a29ac77ee694fp-8,
    0x1.6a4b94878151bp-11, 0x1.892ca3c6b0573p-15, 0x1.9a7dffa106707p-20
};
static const double RESIDUAL_AUCTION_TAIL_DEN_REST[11] = {
    0x0.0p+0, 0x1.adc98ecf2a08cp-55, -0x1.1a10c00db824cp-54, -0x1.c4fdd6c82a2d5p-55,
    -0x1.f41ba5ad0e732p-55, -0x1.5225706380f95p-59, -0x1.f0f2b28e7edc6p-66,
    -0x1.9532590df6972p-63, 0x1.fc83d2d1e7c72p-65, -0x1.829308e7fb7ccp-69,
    -0x1.ed7a8d914bf5ep-74
};

/* (1 / sqrt(2 pi) - y tail(y) exp(y * y / 2)) * y * y over 1 / y**2, for y in [sqrt(32), 39]. */
static const double RESIDUAL_AUCTION_FAR_NUM[6] = {
    0x1.9884533d43638p-2, 0x1.37c7b7d090119p+4, 0x1.30d9127bb9162p+8, 0x1.b4bc7bd35fb11p+10,
    0x1.7212da6a795b7p+11, 0x1.3c59b1f575bf8p+8
};
static const double RESIDUAL_AUCTION_FAR_DEN[6] = {
    0x1.0000000000000p+0, 0x1.9ec22af3c5980p+5, 0x1.c45662b2c1300p+9, 0x1.9144b5e38d11fp+12,
    0x1.132a3f9fac6c5p+14, 0x1.ac8502005f63ap+13
};

/* x / (p - 1 / 2) over w = -ln(4 p (1 - p)) in [0, 5.5]. */
static const double RESIDUAL_AUCTION_PPF_NUM[10] = {
    0x1.40d931ff62706p+1, 0x1.ca0cea389e46dp-1, 0x1.dafaaab8338d9p-3, 0x1.5e8a0700e61dep-5,
    0x1.7fc721635dee1p-8, 0x1.3f9df02bdd803p-11, 0x1.88cbe040fdd4dp-15, 0x1.46d7bf3fe4bb2p-19,
    0x1.2c5c5b33196c3p-24, 0x1.00f456dcfd900p-31
};
static const double RESIDUAL_AUCTION_PPF_DEN[9] = {
    0x1.0000000000000p+0, 0x1.858e23ba413dfp-4, 0x1.bf3a5e29d8528p-5, 0x1.118a139058dc0p-8,
    0x1.e61088b3e5851p-11, 0x1.ac90d2fe28f74p-15, 0x1.43f5c03398122p-18, 0x1.313cae9ec326bp-23,
    0x1.ad69f92e04140p-29
};

/* Minus the quantile over sqrt(-ln tail) less 1.6, and less 5 beyond exp(-25): AS 241 of
   Wichura (1988). */
static const double RESIDUAL_AUCTION_PPF_NEAR_NUM[8] = {
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055,
    3.64784832476320460504, 1.27045825245236838258, 0.24178072517745061177,
    0.0227238449892691845833, 7.7454501427834140764e-4
};
static const double RESIDUAL_AUCTION_PPF_NEAR_DEN[8] = {
    1.0, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
    0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4,
    1.05075007164441684324e-9
};
static const double RESIDUAL_AUCTION_PPF_FAR_NUM[8] = {
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5,
    2.01033439929228813265e-7
};
static const double RESIDUAL_AUCTION_PPF_FAR_DEN[8] = {
    1.0, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
    7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7,
    2.04426310338993978564e-15
};

#endif
