/* One copy of a loop per instruction set, chosen when the module is loaded.

   A function is cloned through a declaration that precedes its definition. Contraction of
   a * b + c is off for all copies, so that they give the same bits. */
#ifndef RESIDUAL_AUCTION_CLONES_H
#define RESIDUAL_AUCTION_CLONES_H

#include <stdint.h>

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) \
    && !defined(__clang__) && __GNUC__ >= 12
#define RESIDUAL_AUCTION_HAS_CLONES 1
#define RESIDUAL_AUCTION_CLONES \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define RESIDUAL_AUCTION_HAS_CLONES 0
#define RESIDUAL_AUCTION_CLONES
#endif

/* Arguments of such loops: arrays that do not overlap. */
typedef const double *restrict residual_auction_in;
typedef double *restrict residual_auction_out;

#endif
