"""What every vehicle would choose at given prices, in one pass over its options."""

import numpy as np

from cython.parallel cimport prange, threadid
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint8_t

from _core.interrupts cimport Watch, over, stop, watching

cdef Py_ssize_t CHUNK = 1024
cdef Py_ssize_t PARTS = 64
cdef Py_ssize_t LOOK = 16      # vehicles or columns between two looks for signals


def parts(Py_ssize_t vehicles):
    count = max(1, min(PARTS, vehicles // CHUNK))
    return np.arange(count + 1, dtype=np.int64) * vehicles // count


cdef struct Table:
    const int64_t* start
    const int64_t* option
    const double* coefficient
    const int64_t* group
    const int32_t* pointer
    const int32_t* row
    const double* amount
    const int64_t* offer
    Py_ssize_t vehicles
    Py_ssize_t terms


cdef struct Price:
    const double* moments
    const double* price
    const double* toll


cdef inline double worth_of(const Table* table, const Price* at, Py_ssize_t c) noexcept nogil:
    cdef Py_ssize_t option = table.option[c], terms = table.terms, r
    cdef const double* own = table.coefficient + option * terms
    cdef const double* worth = at.moments + table.group[option] * terms
    cdef double total = 0.0
    for r in range(terms):
        total = total + own[r] * worth[r]
    for r in range(table.pointer[c], table.pointer[c + 1]):
        total = total - table.amount[r] * at.price[table.row[r]]
    if table.offer[c] >= 0:
        total = total - at.toll[table.offer[c]]
    return total


cdef inline Py_ssize_t best_of(
    const Table* table, const Price* at, Py_ssize_t v, double* told, double* top, double* second
) noexcept nogil:
    """The best column of a vehicle or -1, what it and the next best are worth; all, if `told`."""
    cdef Py_ssize_t c, chosen = -1
    cdef double worth, first = -INFINITY, other = -INFINITY
    for c in range(table.start[v], table.start[v + 1]):
        worth = worth_of(table, at, c)
        if told is not NULL:
            told[c - table.start[v]] = worth
        if worth > first or chosen < 0:
            other = first
            first = worth
            chosen = c
        elif worth > other:
            other = worth
    top[0] = first
    second[0] = other
    return chosen


cdef int best_loop(
    const Table* table, const Price* at, const int64_t[::1] vehicle, int64_t[::1] best,
    double[::1] top, double[::1] second, int threads
) except -1 nogil:
    cdef Py_ssize_t chunk, v, i
    cdef Py_ssize_t vehicles = best.shape[0]
    cdef Watch watch = watching()
    for chunk in prange((vehicles + CHUNK - 1) // CHUNK, schedule="dynamic", num_threads=threads):
        for i in range(chunk * CHUNK, min(vehicles, (chunk + 1) * CHUNK)):
            if i % LOOK == 0 and stop(&watch):
                break
            v = vehicle[i] if vehicle.shape[0] else i
            best[i] = best_of(table, at, v, NULL, &top[i], &second[i])
    return over(&watch)


cdef int worth_loop(
    const Table* table, const Price* at, const int64_t[::1] column, double[::1] out, int threads
) except -1 nogil:
    cdef Py_ssize_t chunk, i
    cdef Watch watch = watching()
    cdef Py_ssize_t count = column.shape[0]
    for chunk in prange((count + CHUNK - 1) // CHUNK, schedule="static", num_threads=threads):
        if not stop(&watch):
            for i in range(chunk * CHUNK, min(count, (chunk + 1) * CHUNK)):
                out[i] = worth_of(table, at, column[i])
    return over(&watch)


cdef int above_loop(
    const Table* table, const Price* at, const int64_t[::1] vehicle, const double[::1] floor,
    int64_t[::1] count, const int64_t[::1] region, int64_t[::1] found, int64_t[::1] filled,
    int threads
) except -1 nogil:
    """Write the columns at or above the floors, a chunk's from its region's begin on."""
    cdef Py_ssize_t chunk, i, c, place
    cdef Py_ssize_t vehicles = vehicle.shape[0]
    cdef Watch watch = watching()
    for chunk in prange(filled.shape[0], schedule="dynamic", num_threads=threads):
        place = region[chunk]
        for i in range(chunk * CHUNK, min(vehicles, (chunk + 1) * CHUNK)):
            if i % LOOK == 0 and stop(&watch):
                break
            count[i] = -place
            for c in range(table.start[vehicle[i]], table.start[vehicle[i] + 1]):
                if worth_of(table, at, c) >= floor[i]:
                    found[place] = c
                    place = place + 1
            count[i] = count[i] + place
        filled[chunk] = place
    return over(&watch)


cdef int nearest_loop(
    const Table* table, const Price* at, const int64_t[::1] vehicle, double width,
    int64_t[::1] best, uint8_t[::1] free, int64_t[::1] count, const int64_t[::1] region,
    int64_t[::1] found, int64_t[::1] filled, double[:, ::1] worths, int threads
) except -1 nogil:
    """Best columns, and those near the best of vehicles with a choice, worths told once."""
    cdef Py_ssize_t chunk, i, c, v, place, begin, size, own
    cdef Py_ssize_t vehicles = best.shape[0]
    cdef double floor
    cdef Watch watch = watching()
    for chunk in prange(filled.shape[0], schedule="dynamic", num_threads=threads):
        place = region[chunk]
        own = threadid()
        for i in range(chunk * CHUNK, min(vehicles, (chunk + 1) * CHUNK)):
            if i % LOOK == 0 and stop(&watch):
                break
            v = vehicle[i] if vehicle.shape[0] else i
            begin = table.start[v]
            size = table.start[v + 1] - begin
            # before the worths of a thread's vehicle stand those of its best and next best
            best[i] = best_of(
                table, at, v, &worths[own, 2], &worths[own, 0], &worths[own, 1])
            floor = worths[own, 0] - width
            free[i] = worths[own, 1] >= floor
            if not free[i]:
                continue
            count[i] = -place
            for c in range(size):
                if worths[own, 2 + c] >= floor:
                    found[place] = begin + c
                    place = place + 1
            count[i] = count[i] + place
        filled[chunk] = place
    return over(&watch)


cdef int sum_loop(
    const Table* table, const int64_t[::1] column, const double[::1] share,
    const int64_t[::1] edge, double[:, ::1] used, double[:, :, ::1] summed, int threads
) except -1 nogil:
    """Add up use part by part, and coefficients too unless `summed` has no terms."""
    cdef Py_ssize_t part, i, r, c, option
    cdef Py_ssize_t terms = summed.shape[2]
    cdef Watch watch = watching()
    for part in prange(used.shape[0], schedule="dynamic", num_threads=threads):
        for i in range(edge[part], edge[part + 1]):
            if i % LOOK == 0 and stop(&watch):
                break
            c = column[i]
            option = table.option[c]
            for r in range(terms):
                summed[part, table.group[option], r] += (
                    share[i] * table.coefficient[option * terms + r])
            for r in range(table.pointer[c], table.pointer[c + 1]):
                used[part, table.row[r]] += share[i] * table.amount[r]
    return over(&watch)


cdef inline bint fits(
    const Table* table, Py_ssize_t c, const double[::1] room, const double[::1] offered
) noexcept nogil:
    cdef Py_ssize_t k
    if table.offer[c] >= 0 and offered[table.offer[c]] < 1.0:
        return False
    for k in range(table.pointer[c], table.pointer[c + 1]):
        if room[table.row[k]] < table.amount[k]:
            return False
    return True


cdef inline void take(
    const Table* table, Py_ssize_t c, double[::1] room, double[::1] offered
) noexcept nogil:
    cdef Py_ssize_t k
    if table.offer[c] >= 0:
        offered[table.offer[c]] -= 1.0
    for k in range(table.pointer[c], table.pointer[c + 1]):
        room[table.row[k]] -= table.amount[k]


cdef int take_loop(
    const Table* table, const int64_t[::1] order, const int64_t[::1] vehicle,
    double[::1] room, double[::1] offered, int64_t[::1] chosen
) except -1 nogil:
    cdef Py_ssize_t i, c
    cdef Watch watch = watching()
    for i in range(order.shape[0]):
        if i % LOOK == 0 and stop(&watch):
            break
        c = order[i]
        if chosen[vehicle[i]] < 0 and fits(table, c, room, offered):
            take(table, c, room, offered)
            chosen[vehicle[i]] = c
    return over(&watch)


cdef int serve_loop(
    const Table* table, const Price* at, const int64_t[::1] order,
    double[::1] room, double[::1] offered, int64_t[::1] chosen
) except -1 nogil:
    cdef Py_ssize_t i, c, best
    cdef double worth, top
    cdef Watch watch = watching()
    for i in range(order.shape[0]):
        if i % LOOK == 0 and stop(&watch):
            break
        best = -1
        top = -INFINITY
        for c in range(table.start[order[i]], table.start[order[i] + 1]):
            worth = worth_of(table, at, c)
            if (best < 0 or worth > top) and fits(table, c, room, offered):
                best = c
                top = worth
        if best >= 0:
            take(table, best, room, offered)
        chosen[order[i]] = best
    return over(&watch)


cdef int dearest_loop(
    const Table* table, const double[::1] price, Py_ssize_t begin, int64_t[::1] row,
    double[::1] cost, double[::1] most, double[::1] units, int threads
) except -1 nogil:
    cdef Py_ssize_t chunk, i, k
    cdef double part
    cdef Watch watch = watching()
    cdef Py_ssize_t count = row.shape[0]
    for chunk in prange((count + CHUNK - 1) // CHUNK, schedule="static", num_threads=threads):
        if not stop(&watch):
            for i in range(chunk * CHUNK, min(count, (chunk + 1) * CHUNK)):
                for k in range(table.pointer[begin + i], table.pointer[begin + i + 1]):
                    part = table.amount[k] * price[table.row[k]]
                    cost[i] += part
                    if part > most[i]:
                        most[i] = part
                        units[i] = table.amount[k]
                        row[i] = table.row[k]
    return over(&watch)


cdef written(found, region, filled):
    """Return what chunks have found, one after the other."""
    parts = [found[a:b] for a, b in zip(region.tolist(), filled.tolist()) if a < b]
    return np.concatenate(parts) if parts else found[:0].copy()


cdef class Choices:
    """The columns of a fleet, held so that a pass over them copies nothing."""

    cdef const int64_t[::1] start, option, group, offer
    cdef const double[:, ::1] coefficient
    cdef const int32_t[::1] pointer, row
    cdef const double[::1] amount
    cdef const int64_t[::1] edge
    cdef Py_ssize_t groups, rows

    def __init__(
        self, start, option, coefficient, group, pointer, row, amount, offer,
        Py_ssize_t groups, Py_ssize_t rows, part=None
    ):
        self.start = np.ascontiguousarray(start, dtype=np.int64)
        self.option = np.ascontiguousarray(option, dtype=np.int64)
        self.coefficient = np.ascontiguousarray(coefficient, dtype=np.float64)
        self.group = np.ascontiguousarray(group, dtype=np.int64)
        self.pointer = np.ascontiguousarray(pointer, dtype=np.int32)
        self.row = np.ascontiguousarray(row, dtype=np.int32)
        self.amount = np.ascontiguousarray(amount, dtype=np.float64)
        self.offer = np.ascontiguousarray(offer, dtype=np.int64)
        self.groups, self.rows = groups, rows
        part = parts(len(start) - 1) if part is None else part
        self.edge = np.asarray(self.start)[part]

    cdef Table table(self) noexcept:
        cdef Table result
        result.start = &self.start[0]
        result.option = NULL
        result.coefficient = NULL
        result.group = NULL
        result.row = NULL
        result.amount = NULL
        result.offer = NULL
        if self.option.shape[0]:
            result.option = &self.option[0]
            result.offer = &self.offer[0]
        if self.coefficient.size:
            result.coefficient = &self.coefficient[0, 0]
            result.group = &self.group[0]
        if self.row.shape[0]:
            result.row = &self.row[0]
            result.amount = &self.amount[0]
        result.pointer = &self.pointer[0]
        result.vehicles = self.start.shape[0] - 1
        result.terms = self.coefficient.shape[1]
        return result

    cdef tuple prices(self, moments, price, toll, Price* at):
        """Point to the prices, and return the arrays so that they stay alive."""
        cdef const double[:, ::1] worth = np.ascontiguousarray(moments, dtype=np.float64)
        cdef const double[::1] each = np.append(np.asarray(price, dtype=np.float64), 0.0)
        cdef const double[::1] tolls = np.append(np.asarray(toll, dtype=np.float64), 0.0)
        if worth.shape[0] != self.groups or worth.shape[1] != self.coefficient.shape[1]:
            raise ValueError("moments must have a row a group and a column a term")
        if each.shape[0] != self.rows + 1:
            raise ValueError("there must be a price for every row")
        at.moments = &worth[0, 0] if worth.size else NULL
        at.price = &each[0]
        at.toll = &tolls[0]
        return worth, each, tolls

    def best(self, moments, price, toll, int threads=1, vehicle=None):
        cdef Table table = self.table()
        cdef const int64_t[::1] listed = np.empty(0, dtype=np.int64) if vehicle is None else vehicle
        cdef Price at
        _kept = self.prices(moments, price, toll, &at)
        count = table.vehicles if vehicle is None else listed.shape[0]
        best = np.empty(count, dtype=np.int64)
        top, second = np.empty(count), np.empty(count)
        best_loop(&table, &at, listed, best, top, second, threads)
        return best, top, second

    def worths(self, const int64_t[::1] column, moments, price, toll, int threads=1):
        cdef Table table = self.table()
        cdef Price at
        _kept = self.prices(moments, price, toll, &at)
        out = np.empty(column.shape[0])
        worth_loop(&table, &at, column, out, threads)
        return out

    cdef tuple regions(self, vehicle):
        """Where each chunk may begin to write what it finds; all columns, and the most of one."""
        start = np.asarray(self.start)
        edge = np.append(np.arange(0, len(vehicle), CHUNK), len(vehicle))
        size = start[vehicle + 1] - start[vehicle]
        return np.append(0, np.cumsum(size))[edge], int(size.sum()), int(size.max(initial=0))

    def above(
        self, const int64_t[::1] vehicle, const double[::1] floor, moments, price, toll,
        int threads=1
    ):
        cdef Table table = self.table()
        cdef Price at
        _kept = self.prices(moments, price, toll, &at)
        region, size, _ = self.regions(np.asarray(vehicle))
        count = np.zeros(vehicle.shape[0], dtype=np.int64)
        # of the memory only what is written is ever there
        found, filled = np.empty(size, dtype=np.int64), region[:len(region) - 1].copy()
        above_loop(&table, &at, vehicle, floor, count, region, found, filled, threads)
        return np.append(0, np.cumsum(count)), written(found, region, filled)

    def nearest(self, double width, moments, price, toll, int threads=1, vehicle=None):
        cdef Table table = self.table()
        cdef const int64_t[::1] listed = np.empty(0, dtype=np.int64) if vehicle is None else vehicle
        cdef Price at
        _kept = self.prices(moments, price, toll, &at)
        asked = np.arange(table.vehicles) if vehicle is None else vehicle
        region, size, widest = self.regions(asked)
        best, count = np.empty(len(asked), dtype=np.int64), np.zeros(len(asked), dtype=np.int64)
        free, worths = np.zeros(len(asked), dtype=np.uint8), np.empty((threads, 2 + widest))
        found, filled = np.empty(size, dtype=np.int64), region[:len(region) - 1].copy()
        nearest_loop(
            &table, &at, listed, width, best, free, count, region, found, filled, worths, threads
        )
        some = free.astype(np.bool_)
        begin = np.append(0, np.cumsum(count[some]))
        return best, some, begin, written(found, region, filled)

    cdef tuple added(self, const int64_t[::1] column, const double[::1] share,
                     Py_ssize_t terms, int threads):
        cdef Table table = self.table()
        if share.shape[0] != column.shape[0]:
            raise ValueError("there must be a share for every column")
        if (np.diff(column) < 0).any():
            raise ValueError("columns to add up must ascend")
        edge = np.searchsorted(column, self.edge).astype(np.int64)
        used = np.zeros((len(edge) - 1, self.rows))
        summed = np.zeros((len(edge) - 1, self.groups, terms))
        sum_loop(&table, column, share, edge, used, summed, threads)
        return used, summed

    def partial_sums(self, column, share, int threads=1):
        return self.added(column, share, self.coefficient.shape[1], threads)

    def sums(self, column, share, int threads=1):
        used, summed = self.partial_sums(column, share, threads)
        return used.sum(axis=0), summed.sum(axis=0)

    def used(self, column, int threads=1):
        return self.added(column, np.ones(len(column)), 0, threads)[0].sum(axis=0)

    def dearest(self, Py_ssize_t begin, Py_ssize_t end, price, int threads=1):
        cdef Table table = self.table()
        count = end - begin
        row = np.full(count, -1, dtype=np.int64)
        cost, most, units = np.zeros(count), np.zeros(count), np.zeros(count)
        dearest_loop(&table, np.append(price, 0.0), begin, row, cost, most, units, threads)
        return row, cost, most, units

    def take(self, const int64_t[::1] order, const int64_t[::1] vehicle, room, offered):
        cdef Table table = self.table()
        chosen = np.full(table.vehicles, -1, dtype=np.int64)
        take_loop(&table, order, vehicle, np.array(room), np.array(offered), chosen)
        return chosen

    def serve(self, chosen, const int64_t[::1] order, room, offered, moments, price, toll):
        cdef Table table = self.table()
        cdef Price at
        _kept = self.prices(moments, price, toll, &at)
        served = np.array(chosen, dtype=np.int64)
        serve_loop(&table, &at, order, np.array(room), np.array(offered), served)
        return served
