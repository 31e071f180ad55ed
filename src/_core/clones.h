/* One copy of a loop per instruction set, chosen when the module is loaded.

   A function is cloned through a declaration that precedes its definition. Contraction of
   a * b + c is off for all copies, so that they give the same bits; fma(a, b, c), where it is
   written, is rounded once on every machine.

   Tests hold the copies against each other: built with RESIDUAL_AUCTION_LEVEL, such loops have
   the one copy for the architecture that it names, and none is written out by hand. */
#ifndef RESIDUAL_AUCTION_CLONES_H
#define RESIDUAL_AUCTION_CLONES_H

#include <stdint.h>

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) \
    && !defined(__clang__) && __GNUC__ >= 12
#ifdef RESIDUAL_AUCTION_LEVEL
#define RESIDUAL_AUCTION_HAS_CLONES 0
#define RESIDUAL_AUCTION_CLONES __attribute__((target("arch=" RESIDUAL_AUCTION_LEVEL)))
#else
#define RESIDUAL_AUCTION_HAS_CLONES 1
#define RESIDUAL_AUCTION_CLONES \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#endif
#else
#define RESIDUAL_AUCTION_HAS_CLONES 0
#define RESIDUAL_AUCTION_CLONES
#endif

/* Before a declaration: whatever the function calls is compiled into it, for its instruction set. */
#if defined(__GNUC__)
#define RESIDUAL_AUCTION_FLAT __attribute__((flatten))
#else
#define RESIDUAL_AUCTION_FLAT
#endif

/* Arguments of such loops: arrays that do not overlap. */
typedef const double *restrict residual_auction_in;
typedef double *restrict residual_auction_out;

#endif
