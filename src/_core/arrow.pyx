"""Normal equations of rows whose columns part into groups that never meet, and a common rest."""

import numpy as np

from libc.math cimport sqrt
from libc.string cimport memset
from scipy.linalg.cython_blas cimport dgemm, dsyrk, dtrsm
from scipy.linalg.cython_lapack cimport dpotrf

from _core.interrupts cimport Watch, over, stop, watching

cdef extern from "clones.h":
    pass

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_add_scaled(
        double, const double *, double *, Py_ssize_t);
    """

cdef enum:
    ROWS = 128
    LOOK = 4096             # rows between two looks for signals


cdef void add_scaled "residual_auction_add_scaled"(
    double weight, const double *row, double *out, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(count):
        out[i] += weight * row[i]


cdef void add_squares(
    const double *rows, const double *target, const double *weight, int count, int q,
    double *packed, double *out, int stride,
) noexcept nogil:
    """Add the weighted products among the dense columns and the target."""
    cdef int both = q + 1, taken = 0
    cdef Py_ssize_t i, j
    cdef double root, one = 1.0
    for i in range(count):
        if weight[i] == 0.0:
            continue
        root = sqrt(weight[i])
        for j in range(q):
            packed[taken * both + j] = root * rows[i * q + j]
        packed[taken * both + q] = root * target[i]
        taken += 1
    dsyrk("L", "N", &both, &taken, &one, packed, &both, &one, out, &stride)


def arrange(
    const long long[::1] row_ptr, const long long[::1] column, const double[::1] value,
    const long long[::1] group, const long long[::1] place, const long long[::1] group_ptr,
    long long common,
):
    """Sort rows by the group whose columns they meet, and entries within rows."""
    cdef Py_ssize_t n = row_ptr.shape[0] - 1
    cdef Py_ssize_t groups = group_ptr.shape[0] - 1
    cdef Py_ssize_t entries = column.shape[0]
    cdef Py_ssize_t g, i, row, e, at, first, count
    row_group_a = np.full(n, groups, dtype=np.int64)
    group_rows_a = np.zeros(groups + 2, dtype=np.int64)
    rows_a = np.empty(n, dtype=np.int64)
    new_ptr_a = np.zeros(n + 1, dtype=np.int64)
    own_a = np.zeros(n, dtype=np.int64)
    local_a = np.zeros(entries, dtype=np.int64)
    spot_a = np.zeros(entries, dtype=np.int64)
    moved_a = np.empty(entries)
    seen_a = np.full(common, -1, dtype=np.int64)
    slot_a = np.zeros(common, dtype=np.int64)
    touched_ptr_a = np.zeros(groups + 1, dtype=np.int64)
    touched_a = np.empty(min(entries, groups * common), dtype=np.int64)
    cdef long long[::1] row_group = row_group_a
    cdef long long[::1] group_rows = group_rows_a
    cdef long long[::1] rows = rows_a
    cdef long long[::1] new_ptr = new_ptr_a
    cdef long long[::1] own = own_a
    cdef long long[::1] local = local_a
    cdef long long[::1] spot = spot_a
    cdef double[::1] moved = moved_a
    cdef long long[::1] seen = seen_a
    cdef long long[::1] slot = slot_a
    cdef long long[::1] touched_ptr = touched_ptr_a
    cdef long long[::1] touched = touched_a
    cdef Watch watch = watching()
    with nogil:
        for row in range(n):
            if row % LOOK == 0 and stop(&watch):
                break
            for e in range(row_ptr[row], row_ptr[row + 1]):
                if group[column[e]] >= 0:
                    row_group[row] = group[column[e]]
            group_rows[row_group[row] + 1] += 1
        # what follows takes this to be complete
        over(&watch)
        for g in range(groups + 1):
            group_rows[g + 1] += group_rows[g]
        # each group's rows in their old order; the pointers move on and are moved back
        for row in range(n):
            if row % LOOK == 0 and stop(&watch):
                break
            g = row_group[row]
            rows[group_rows[g]] = row
            group_rows[g] += 1
        over(&watch)
        for g in range(groups + 1, 0, -1):
            group_rows[g] = group_rows[g - 1]
        group_rows[0] = 0
        count = 0
        for g in range(groups):
            if stop(&watch):
                break
            for i in range(group_rows[g], group_rows[g + 1]):
                if i % LOOK == 0 and stop(&watch):
                    break
                for e in range(row_ptr[rows[i]], row_ptr[rows[i] + 1]):
                    if group[column[e]] < 0:
                        seen[place[column[e]] - group_ptr[groups]] = g
            for i in range(common):
                if seen[i] == g:
                    touched[count] = i
                    count += 1
            touched_ptr[g + 1] = count
        over(&watch)
        for g in range(groups + 1):
            if g < groups:
                first = touched_ptr[g]
                for i in range(first, touched_ptr[g + 1]):
                    slot[touched[i]] = i - first
            for i in range(group_rows[g], group_rows[g + 1]):
                if i % LOOK == 0 and stop(&watch):
                    break
                row = rows[i]
                at = new_ptr[i]
                for e in range(row_ptr[row], row_ptr[row + 1]):
                    if group[column[e]] >= 0:
                        local[at] = place[column[e]] - group_ptr[g]
                        moved[at] = value[e]
                        at += 1
                own[i] = at - new_ptr[i]
                for e in range(row_ptr[row], row_ptr[row + 1]):
                    if group[column[e]] < 0:
                        spot[at] = place[column[e]] - group_ptr[groups]
                        if g < groups:
                            local[at] = slot[spot[at]]
                        moved[at] = value[e]
                        at += 1
                new_ptr[i + 1] = at
        over(&watch)
    return (
        rows_a, new_ptr_a, own_a, local_a, spot_a, moved_a, group_rows_a, touched_ptr_a,
        touched_a[:count].copy(),
    )


def eliminate(
    const long long[::1] row_ptr, const long long[::1] own, const long long[::1] local,
    const long long[::1] spot, const double[::1] value, const double[:, ::1] dense,
    const double[::1] target, const double[::1] weight, const long long[::1] group_rows,
    const long long[::1] group_ptr, const long long[::1] touched_ptr,
    const long long[::1] touched, const double[::1] prior, double[:, ::1] common,
    double[::1] right,
):
    """Add up weighted rows, eliminate each group, and keep what brings it back."""
    cdef Py_ssize_t groups = group_ptr.shape[0] - 1
    cdef int q = <int>dense.shape[1]
    cdef Py_ssize_t c = common.shape[0] - q
    cdef Py_ssize_t g, row, i, j, a, first, split, last
    cdef int k, t, width, info, count, one_failed = -1
    cdef double w, wv, one = 1.0, less = -1.0
    sizes = np.diff(group_ptr)
    widths = np.diff(touched_ptr) + q + 1
    lower_ptr_a = np.concatenate([[0], np.cumsum(sizes * sizes)]).astype(np.int64)
    scaled_ptr_a = np.concatenate([[0], np.cumsum(sizes * widths)]).astype(np.int64)
    lower_a = np.zeros(int(lower_ptr_a[groups]))
    scaled_a = np.zeros(int(scaled_ptr_a[groups]))
    widest = max(int(widths.max()) if groups else 1, q + 1)
    product_a = np.empty(widest * widest)
    packed_a = np.empty(ROWS * (q + 1))
    cdef const long long[::1] lower_ptr = lower_ptr_a
    cdef const long long[::1] scaled_ptr = scaled_ptr_a
    cdef double[::1] lower = lower_a
    cdef double[::1] scaled = scaled_a
    cdef double[::1] product = product_a
    cdef double[::1] packed = packed_a
    cdef const double *M = &dense[0, 0] if q and dense.shape[0] else NULL
    cdef double *A
    cdef double *B
    cdef double *P = &product[0]
    cdef double *part
    cdef Watch watch = watching()
    with nogil:
        for g in range(groups + 1):
            if stop(&watch):
                break
            k, t = 0, 0
            A, B = NULL, NULL
            if g < groups:
                k = <int>(group_ptr[g + 1] - group_ptr[g])
                t = <int>(touched_ptr[g + 1] - touched_ptr[g])
                if k:
                    A = &lower[lower_ptr[g]]
                    B = &scaled[scaled_ptr[g]]
            # what the group's rows add to the common columns is first put together in a table of
            # its own, which the caches hold
            width = t + q + 1
            memset(P, 0, <size_t>width * width * sizeof(double))
            row = group_rows[g]
            while row < group_rows[g + 1] and not stop(&watch):
                count = <int>min(<long long>ROWS, group_rows[g + 1] - row)
                add_squares(
                    M + row * q, &target[row], &weight[row], count, q, &packed[0],
                    P + t * width + t, width,
                )
                row += count
            for row in range(group_rows[g], group_rows[g + 1]):
                if row % ROWS == 0 and stop(&watch):
                    break
                w = weight[row]
                if w == 0.0:
                    continue
                first, last = row_ptr[row], row_ptr[row + 1]
                split = first + own[row]
                for i in range(first, split):
                    wv = w * value[i]
                    a = local[i]
                    for j in range(first, split):
                        A[a * k + local[j]] += wv * value[j]
                    part = B + a * width
                    for j in range(split, last):
                        part[local[j]] += wv * value[j]
                    add_scaled(wv, M + row * q, part + t, q)
                    part[t + q] += wv * target[row]
                if g < groups:
                    for i in range(split, last):
                        wv = w * value[i]
                        part = P + local[i] * width
                        for j in range(i, last):
                            part[local[j]] += wv * value[j]
                        add_scaled(wv, M + row * q, part + t, q)
                        part[t + q] += wv * target[row]
                    continue
                for i in range(split, last):
                    wv = w * value[i]
                    a = spot[i]
                    for j in range(i, last):
                        common[a, spot[j]] += wv * value[j]
                    for j in range(q):
                        common[a, c + j] += wv * dense[row, j]
                    right[a] += wv * target[row]
            if k:
                for i in range(k):
                    A[i * k + i] += prior[group_ptr[g] + i]
                # by columns, what lies here by rows is the transpose: "L" is our upper half
                dpotrf("L", &k, A, &k, &info)
                if info != 0:
                    one_failed = <int>g
                    break
                dtrsm("R", "L", "T", "N", &width, &k, &one, A, &k, B, &width)
                dsyrk("L", "N", &width, &k, &less, B, &width, &one, P, &width)
            for i in range(t + q):
                a = touched[touched_ptr[g] + i] if i < t else c + i - t
                for j in range(i, t):
                    common[a, touched[touched_ptr[g] + j]] += P[i * width + j]
                for j in range(max(i, t), t + q):
                    common[a, c + j - t] += P[i * width + j]
                right[a] += P[i * width + t + q]
        over(&watch)
    if one_failed >= 0:
        message = f"the equations of group {one_failed} are not positive definite"
        raise np.linalg.LinAlgError(message)
    return lower_a, lower_ptr_a, scaled_a, scaled_ptr_a


def back_substitute(
    const double[::1] known, long long q, const long long[::1] group_ptr,
    const long long[::1] touched_ptr, const long long[::1] touched, double[::1] lower,
    const long long[::1] lower_ptr, const double[::1] scaled, const long long[::1] scaled_ptr,
):
    """Coefficients of the groups, those of the common columns being known."""
    cdef Py_ssize_t groups = group_ptr.shape[0] - 1
    cdef Py_ssize_t c = known.shape[0] - q
    cdef Py_ssize_t g, i, j, t
    cdef int k, width, single = 1
    cdef double total, one = 1.0
    out_a = np.empty(int(group_ptr[groups]) if groups else 0)
    cdef double[::1] out = out_a
    cdef Watch watch = watching()
    with nogil:
        for g in range(groups):
            if stop(&watch):
                break
            k = <int>(group_ptr[g + 1] - group_ptr[g])
            t = touched_ptr[g + 1] - touched_ptr[g]
            width = <int>(t + q + 1)
            if k == 0:
                continue
            for i in range(k):
                total = scaled[scaled_ptr[g] + i * width + t + q]
                for j in range(t):
                    total -= (
                        scaled[scaled_ptr[g] + i * width + j]
                        * known[touched[touched_ptr[g] + j]]
                    )
                for j in range(q):
                    total -= scaled[scaled_ptr[g] + i * width + t + j] * known[c + j]
                out[group_ptr[g] + i] = total
            dtrsm(
                "L", "L", "T", "N", &k, &single, &one, &lower[lower_ptr[g]], &k,
                &out[group_ptr[g]], &k,
            )
        over(&watch)
    return out_a


def group_variances(
    const double[:, ::1] inverse, long long q, const long long[::1] group_ptr,
    const long long[::1] touched_ptr, const long long[::1] touched, double[::1] lower,
    const long long[::1] lower_ptr, const double[::1] scaled, const long long[::1] scaled_ptr,
):
    """Diagonal of the whole inverse at the groups' columns."""
    cdef Py_ssize_t groups = group_ptr.shape[0] - 1
    cdef Py_ssize_t c = inverse.shape[0] - q
    cdef Py_ssize_t g, i, j, a, b, t
    cdef int k, width, both
    cdef double total, one = 1.0, nought = 0.0
    out_a = np.empty(int(group_ptr[groups]) if groups else 0)
    sizes = np.diff(group_ptr)
    widths = np.diff(touched_ptr) + q
    most = int(sizes.max()) if groups else 1
    widest = int(widths.max()) if groups else 1
    shared_a = np.empty(widest * widest)
    moved_a = np.empty(most * (widest + most))
    turned_a = np.empty(most * widest)
    cdef double[::1] out = out_a
    cdef double[::1] shared = shared_a
    cdef double[::1] moved = moved_a
    cdef double[::1] turned = turned_a
    cdef Watch watch = watching()
    with nogil:
        for g in range(groups):
            if stop(&watch):
                break
            k = <int>(group_ptr[g + 1] - group_ptr[g])
            t = touched_ptr[g + 1] - touched_ptr[g]
            width = <int>(t + q)
            both = width + k
            if k == 0:
                continue
            for i in range(k):
                for j in range(width):
                    moved[i * both + j] = scaled[scaled_ptr[g] + i * (width + 1) + j]
                for j in range(k):
                    moved[i * both + width + j] = 1.0 if i == j else 0.0
            dtrsm("R", "L", "N", "N", &both, &k, &one, &lower[lower_ptr[g]], &k, &moved[0], &both)
            for i in range(width):
                a = touched[touched_ptr[g] + i] if i < t else c + i - t
                for j in range(width):
                    b = touched[touched_ptr[g] + j] if j < t else c + j - t
                    shared[i * width + j] = inverse[a, b]
            dgemm(
                "N", "N", &width, &k, &width, &one, &shared[0], &width, &moved[0], &both, &nought,
                &turned[0], &width,
            )
            for i in range(k):
                total = 0.0
                for j in range(width):
                    total += turned[i * width + j] * moved[i * both + j]
                for j in range(width, both):
                    total += moved[i * both + j] * moved[i * both + j]
                out[group_ptr[g] + i] = total
        over(&watch)
    return out_a


def carry(
    const double[::1] asked, double[::1] left, long long q, const long long[::1] group_ptr,
    const long long[::1] touched_ptr, const long long[::1] touched, double[::1] lower,
    const long long[::1] lower_ptr, const double[::1] scaled, const long long[::1] scaled_ptr,
):
    """Carry a combination of the groups' columns over to the common ones."""
    cdef Py_ssize_t groups = group_ptr.shape[0] - 1
    cdef Py_ssize_t c = left.shape[0] - q
    cdef Py_ssize_t g, i, j, t
    cdef int k, width, single = 1
    cdef double total = 0.0, one = 1.0
    sizes = np.diff(group_ptr)
    own_a = np.empty(int(sizes.max()) if groups else 1)
    cdef double[::1] own = own_a
    cdef const double *row
    cdef Watch watch = watching()
    with nogil:
        for g in range(groups):
            if stop(&watch):
                break
            k = <int>(group_ptr[g + 1] - group_ptr[g])
            t = touched_ptr[g + 1] - touched_ptr[g]
            width = <int>(t + q + 1)
            if k == 0:
                continue
            for i in range(k):
                own[i] = asked[group_ptr[g] + i]
            dtrsm(
                "L", "L", "N", "N", &k, &single, &one, &lower[lower_ptr[g]], &k, &own[0], &k,
            )
            for i in range(k):
                total += own[i] * own[i]
                row = &scaled[scaled_ptr[g] + i * width]
                for j in range(t):
                    left[touched[touched_ptr[g] + j]] -= own[i] * row[j]
                for j in range(q):
                    left[c + j] -= own[i] * row[t + j]
        over(&watch)
    return total


def mirror(double[:, ::1] matrix, const double[::1] size):
    """Divide the upper half by the sizes of both its ends, and make the lower half its image."""
    cdef Py_ssize_t n = matrix.shape[0]
    cdef Py_ssize_t i, j, up, along
    cdef Watch watch = watching()
    with nogil:
        for i in range(n):
            if stop(&watch):
                break
            for j in range(i, n):
                matrix[i, j] = matrix[i, j] / (size[i] * size[j])
        # in tiles, so that neither half is walked through against the grain
        for up in range(0, n, 32):
            if stop(&watch):
                break
            for along in range(up, n, 32):
                for i in range(up, min(up + 32, n)):
                    for j in range(max(along, i + 1), min(along + 32, n)):
                        matrix[j, i] = matrix[i, j]
        over(&watch)
