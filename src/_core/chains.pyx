"""Chains of moves: one vehicle moves up, others make room for it and for one another."""

import numpy as np

from libc.stdint cimport int64_t, uint8_t

from _core.interrupts cimport Watch, over, stop, watching

cdef enum:
    LONGEST = 8
    # moves tried between two looks for signals
    LOOK = 64


cdef struct Search:
    const int64_t* vehicle
    const int64_t* pointer
    const int64_t* row
    const double* change
    const double* weight
    const int64_t* first
    const int64_t* helper
    const int64_t* whose
    const double* bring
    const double* most
    double* room
    double* saved
    uint8_t* moved
    Watch* watch
    Py_ssize_t widest
    Py_ssize_t depth
    Py_ssize_t breadth
    Py_ssize_t visits
    Py_ssize_t length
    Py_ssize_t found
    double best
    int64_t chain[LONGEST]
    int64_t kept[LONGEST]


cdef void enter(Search* of, Py_ssize_t move) noexcept nogil:
    cdef Py_ssize_t e, place = of.length * of.widest
    for e in range(of.pointer[move], of.pointer[move + 1]):
        of.saved[place] = of.room[of.row[e]]
        of.room[of.row[e]] = of.room[of.row[e]] - of.change[e]
        place = place + 1
    of.moved[of.vehicle[move]] = 1
    of.chain[of.length] = move
    of.length = of.length + 1


cdef void leave(Search* of) noexcept nogil:
    cdef Py_ssize_t e, move, place
    of.length = of.length - 1
    move = of.chain[of.length]
    place = of.length * of.widest
    # what was saved, not what adding gives: the room keeps its bits
    for e in range(of.pointer[move], of.pointer[move + 1]):
        of.room[of.row[e]] = of.saved[place]
        place = place + 1
    of.moved[of.vehicle[move]] = 0


cdef Py_ssize_t shortest(const Search* of) noexcept nogil:
    """Row that a chain leaves shortest of room, by weight; -1 where all fits."""
    cdef Py_ssize_t i, e, row, worst = -1
    cdef double short_of, most = 0.0
    for i in range(of.length):
        for e in range(of.pointer[of.chain[i]], of.pointer[of.chain[i] + 1]):
            row = of.row[e]
            if of.room[row] < 0.0:
                short_of = -of.room[row] * of.weight[row]
                if short_of > most:
                    most = short_of
                    worst = row
    return worst


cdef inline bint lacks(const Search* of, Py_ssize_t row, double room) noexcept nogil:
    return room < 0.0 and -room * of.weight[row] > 0.0


cdef Py_ssize_t lacking(const Search* of) noexcept nogil:
    """Rows, each counted once, of which a chain leaves too little."""
    cdef Py_ssize_t i, j, e, d, row, count = 0
    cdef bint before
    for i in range(of.length):
        for e in range(of.pointer[of.chain[i]], of.pointer[of.chain[i] + 1]):
            row = of.row[e]
            if not lacks(of, row, of.room[row]):
                continue
            before = False
            for j in range(i):
                for d in range(of.pointer[of.chain[j]], of.pointer[of.chain[j] + 1]):
                    before = before or of.row[d] == row
            count = count + (not before)
    return count


cdef bint mends(const Search* of, Py_ssize_t move, Py_ssize_t lack) noexcept nogil:
    """Whether a chain that leaves too little of so many rows fits with a move more."""
    cdef Py_ssize_t e, row
    for e in range(of.pointer[move], of.pointer[move + 1]):
        row = of.row[e]
        if lacks(of, row, of.room[row] - of.change[e]):
            return False
        lack = lack - lacks(of, row, of.room[row])
    return lack == 0


cdef void extend(Search* of, double gain) noexcept nogil:
    cdef Py_ssize_t k, i, move, tried = 0, lack = 0
    cdef bint last = of.length + 1 == of.depth
    cdef Py_ssize_t row = shortest(of)
    if row < 0:
        if gain > of.best:
            of.best = gain
            of.found = of.length
            for i in range(of.length):
                of.kept[i] = of.chain[i]
        return
    if of.length == of.depth:
        return
    if last:
        lack = lacking(of)
    for k in range(of.first[row], of.first[row + 1]):
        if gain + of.bring[k] <= of.best:
            # perhaps no helper from here on brings as much as what is found already
            if gain + of.most[k] <= of.best:
                return
            continue
        if of.moved[of.whose[k]]:
            continue
        if tried == of.breadth or of.visits == 0 or of.visits % LOOK == 0 and stop(of.watch):
            return
        move = of.helper[k]
        tried = tried + 1
        of.visits = of.visits - 1
        # most of the last moves fail: that is told without making them
        if last and not mends(of, move, lack):
            continue
        enter(of, move)
        extend(of, gain + of.bring[k])
        leave(of)


def link_moves(
    const int64_t[::1] vehicle, const double[::1] gain, const int64_t[::1] pointer,
    const int64_t[::1] row, const double[::1] change, const double[::1] weight, room,
    const int64_t[::1] begin, double least, Py_ssize_t depth, Py_ssize_t breadth,
    Py_ssize_t visits, Py_ssize_t budget,
):
    if not 1 <= depth <= LONGEST:
        raise ValueError(f"depth must lie in [1, {LONGEST}], not {depth}")
    rows = np.asarray(row)
    counts = np.diff(pointer)
    owner = np.repeat(np.arange(counts.size), counts)
    freeing = np.flatnonzero(np.asarray(change) < 0.0)
    order = freeing[np.argsort(rows[freeing], kind="stable")]
    places = np.searchsorted(rows[order], np.arange(weight.shape[0] + 1)).astype(np.int64)
    helpers = np.append(owner[order], 0).astype(np.int64)
    cdef const int64_t[::1] first = places, helper = helpers
    cdef const int64_t[::1] whose = np.asarray(vehicle)[helpers] if len(vehicle) else helpers
    brought = np.append(np.asarray(gain)[helpers[:len(helpers) - 1]], 0.0)
    cdef double[::1] bring = brought, most = brought.copy()
    cdef double[::1] left = np.append(np.array(room, dtype=np.float64), 0.0)
    cdef Py_ssize_t widest = max(int(counts.max(initial=0)), 1)
    cdef double[::1] saved = np.zeros(LONGEST * widest)
    cdef uint8_t[::1] moved = np.zeros(int(np.max(vehicle, initial=-1)) + 2, dtype=np.uint8)
    made, ends = [], []
    cdef Search of
    cdef Watch watch = watching()
    cdef Py_ssize_t i, k, move, moves = vehicle.shape[0]
    if not moves or not begin.shape[0]:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    of.vehicle, of.pointer = &vehicle[0], &pointer[0]
    of.row = &row[0] if row.shape[0] else NULL
    of.change = &change[0] if change.shape[0] else NULL
    of.weight = &weight[0] if weight.shape[0] else NULL
    for i in range(first.shape[0] - 1):
        for k in range(first[i + 1] - 2, first[i] - 1, -1):
            most[k] = max(most[k], most[k + 1])
    of.first, of.helper, of.room = &first[0], &helper[0], &left[0]
    of.whose = &whose[0]
    of.bring, of.most = &bring[0], &most[0]
    of.saved, of.moved, of.widest = &saved[0], &moved[0], widest
    of.depth, of.breadth, of.length, of.watch = depth, breadth, 0, &watch
    for i in range(begin.shape[0]):
        move = begin[i]
        stop(&watch)
        over(&watch)
        if i == 0 or vehicle[move] != vehicle[begin[i - 1]]:
            if budget <= 0:
                break
            of.visits, of.found, of.best = min(visits, budget), 0, least
            budget = budget - of.visits - 1
        if not moved[vehicle[move]] and gain[move] > of.best:
            with nogil:
                enter(&of, move)
                extend(&of, gain[move])
                leave(&of)
                over(&watch)
        if i + 1 == begin.shape[0] or vehicle[begin[i + 1]] != vehicle[move]:
            budget = budget + of.visits
            for k in range(of.found):
                enter(&of, of.kept[k])
                of.length = 0
                made.append(of.kept[k])
            if of.found:
                ends.append(len(made))
    return np.array(made, dtype=np.int64), np.array(ends, dtype=np.int64)
