/* Values of a unit at a date in all scenarios, reduced as they are made.

   Eight lanes are summed side by side and added up in one order at the end, whatever the
   instruction set makes of eight doubles, so that all copies give the same bits. */
#ifndef RESIDUAL_AUCTION_VALUE_ROWS_H
#define RESIDUAL_AUCTION_VALUE_ROWS_H

#include <Python.h>
#include "clones.h"

enum { VALUE_LANES = 8, VALUE_BINS = 256 };

typedef double residual_auction_eight
    __attribute__((vector_size(8 * VALUE_LANES), aligned(8), may_alias));
typedef long long residual_auction_masks __attribute__((vector_size(8 * VALUE_LANES)));

/* What is known of a row: its first value, the sums of differences from that and of their squares,
   how many lie below the bar, and the ends. */
typedef struct {
    double first, sum, square, below, least, most;
} residual_auction_row;

#define AT(array, i) (*(const residual_auction_eight *)((array) + (i)))
#define PICK(mask, x) ((residual_auction_eight)((residual_auction_masks)(x) & (mask)))

/* Sums of a row; `under` and `lost` are added to where they are not NULL, `made` is filled. */
RESIDUAL_AUCTION_CLONES static void residual_auction_value_row(
    const double *market, const double *own, double bar, double worth, Py_ssize_t n,
    double *made, double *under, double *lost, residual_auction_row *row
) {
    const double first = market[0] * own[0];
    residual_auction_eight zero = {0.0}, one = zero + 1.0;
    residual_auction_eight sum = zero, square = zero, below = zero;
    residual_auction_eight least = zero + first, most = least;
    Py_ssize_t i = 0;
    for (; i + VALUE_LANES <= n; i += VALUE_LANES) {
        residual_auction_eight p = AT(market, i) * AT(own, i), apart = p - first;
        residual_auction_masks low = p < bar, less = p < least, more = p > most;
        sum += apart;
        square += apart * apart;
        below += PICK(low, one);
        least = PICK(less, p) + PICK(~less, least);
        most = PICK(more, p) + PICK(~more, most);
        if (made)
            *(residual_auction_eight *)(made + i) = p;
        if (under) {
            *(residual_auction_eight *)(under + i) = AT(under, i) + PICK(low, one);
            *(residual_auction_eight *)(lost + i) = AT(lost, i) + PICK(low, (bar - p) * worth);
        }
    }
    for (int lane = 0; i < n; i++, lane++) {
        double p = market[i] * own[i], apart = p - first;
        sum[lane] += apart;
        square[lane] += apart * apart;
        below[lane] += p < bar ? 1.0 : 0.0;
        least[lane] = p < least[lane] ? p : least[lane];
        most[lane] = p > most[lane] ? p : most[lane];
        if (made)
            made[i] = p;
        if (under) {
            under[i] += p < bar ? 1.0 : 0.0;
            lost[i] += p < bar ? (bar - p) * worth : 0.0;
        }
    }
    row->first = first;
    row->sum = row->square = row->below = 0.0;
    row->least = row->most = first;
    for (int lane = 0; lane < VALUE_LANES; lane++) {
        row->sum += sum[lane];
        row->square += square[lane];
        row->below += below[lane];
        row->least = least[lane] < row->least ? least[lane] : row->least;
        row->most = most[lane] > row->most ? most[lane] : row->most;
    }
}

/* Bin of each value among so many of equal width between the ends. */
RESIDUAL_AUCTION_CLONES static void residual_auction_value_bins(
    const double *made, double least, double per, Py_ssize_t n, int *bin
) {
    for (Py_ssize_t i = 0; i < n; i++) {
        int place = (int)((made[i] - least) * per);
        bin[i] = place < VALUE_BINS - 1 ? place : VALUE_BINS - 1;
    }
}

#undef AT
#undef PICK
#endif
