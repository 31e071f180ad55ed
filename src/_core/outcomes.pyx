# cython: language_level=3
"""Auctions held one by one: what lots bring that follow their reserves to the end.

In every scenario a unit has its market and its own shock, and each run its two highest bidders,
drawn from the unit Poisson process of the mean number of bidders above a value; what a run does
not sell goes on. Scenarios of a lot are held some hundreds at a time, so that all that is made of
them stays in the nearest cache, and those where the unit is sold drop out.
"""

import numpy as np

from _core.bids import check_positive
from _core.fees import check_schedules
from _core.policy_checks import check_codes
from _core.streams import stream_key

from cython.parallel cimport prange, threadid
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from _core.bids cimport SPAN
from _core.fees cimport Schedule, count_tiers
from _core.interrupts cimport Watch, over, stop, watching
from _core.rng cimport fill_uniforms
from _core.vmath cimport (
    exp_many, exp_scalar, log_many, log_positive, norm_cdf_scalar, norm_ppf_many,
)

cdef extern from "clones.h":
    ctypedef const double* source "residual_auction_in"
    ctypedef double* target "residual_auction_out"

cdef extern from *:
    """
    RESIDUAL_AUCTION_CLONES static void residual_auction_case_values(
        residual_auction_in, residual_auction_in, const int32_t *, double, residual_auction_out,
        Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_shares(
        residual_auction_in, residual_auction_in, double, residual_auction_out,
        residual_auction_out, residual_auction_out, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_offers(
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        residual_auction_in, double, double, residual_auction_out, residual_auction_out,
        Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_hammers(
        residual_auction_in, residual_auction_in, double, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_odds(
        residual_auction_in, residual_auction_in, double, double, double, residual_auction_out,
        Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_agreed(
        residual_auction_in, residual_auction_in, residual_auction_in, residual_auction_in,
        residual_auction_in, residual_auction_in, double, double, residual_auction_out,
        Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_charge(
        residual_auction_in, double, double, double, residual_auction_out, Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_gains(
        residual_auction_in, residual_auction_in, double, double, residual_auction_out,
        Py_ssize_t);
    RESIDUAL_AUCTION_CLONES static void residual_auction_kept(
        residual_auction_in, residual_auction_in, residual_auction_in, double, double, double,
        double, double, double, residual_auction_out, Py_ssize_t);
    """

cdef enum:
    CHUNK = 256

# Nobody haggles about a reserve that stands so many spreads or more above the value.
HOPELESS = 6.5
cdef double FAR_ABOVE = HOPELESS

# ln of what no bidder offers, against the value: as good as nothing beside any reserve.
cdef double NOTHING = -100.0


# One lot on offer. Arrays over the runs, or over all scenarios.
cdef struct Lot:
    double log_value
    double scale
    double step
    double arrival
    double spread
    double level
    double slope
    double untaxed
    double return_rate
    double return_fixed
    double return_share
    double floor
    double most
    double worth
    double spent
    uint64_t unit
    const double* reserve
    const double* unsold
    const Schedule* sale
    const double* rivals        # NULL: an open auction
    const double* shock
    const double* factor        # dates x scenarios
    const int64_t* place
    const unsigned char* gone   # NULL: nowhere
    const int64_t* slot


# What holds for all lots of a call.
cdef struct Frame:
    uint64_t key
    Py_ssize_t runs
    Py_ssize_t n
    Py_ssize_t points           # of the tables of rivals
    double discount
    double wait
    double fallback


# A thread's room.
cdef struct Room:
    double[CHUNK] base          # of each scenario: ln of the value, what the lot brought so far
    double[CHUNK] money
    int32_t[CHUNK] at           # scenarios in which the unit is still there; by case from here
    double[CHUNK] value
    double[CHUNK] first
    double[CHUNK] second
    double[CHUNK] highest
    double[CHUNK] next
    double[CHUNK] one
    double[CHUNK] other
    double[CHUNK] reached
    double[CHUNK] offer
    double[CHUNK] mind
    double[CHUNK] price
    double[CHUNK] luck          # of each scenario again
    double[CHUNK] undone


cdef void values_loop "residual_auction_case_values"(
    source base, source moved, const int32_t* at, double step, target value, Py_ssize_t count
) noexcept nogil:
    """ln of what a unit is worth in the cases that are left."""
    cdef Py_ssize_t i
    for i in range(count):
        value[i] = base[at[i]] + (step + moved[at[i]])


cdef void shares_loop "residual_auction_shares"(
    source one, source other, double arrival, target first, target second, target highest,
    target next, Py_ssize_t count
) noexcept nogil:
    """Shares of all bidders above the two highest, from logs of draws; beyond 1 nobody came."""
    cdef Py_ssize_t i
    cdef double above, below
    for i in range(count):
        above = -one[i]
        below = above - other[i]
        first[i] = above / arrival
        second[i] = below / arrival
        highest[i] = first[i] if first[i] < 1.0 else 0.5
        next[i] = second[i] if second[i] < 1.0 else 0.5


cdef void offers_loop "residual_auction_offers"(
    source highest, source next, source first, source second, source value, double spread,
    double log_reserve, target reached, target offer, Py_ssize_t count
) noexcept nogil:
    """Whether the highest reaches the reserve, and ln of what the second highest would give."""
    cdef Py_ssize_t i
    cdef double top
    for i in range(count):
        top = value[i] - spread * highest[i]
        reached[i] = 1.0 if (first[i] < 1.0) & (top >= log_reserve) else 0.0
        offer[i] = value[i] + (-spread * next[i] if second[i] < 1.0 else NOTHING)


cdef void hammers_loop "residual_auction_hammers"(
    source reached, source offered, double reserve, target price, Py_ssize_t count
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double most
    for i in range(count):
        most = offered[i] if offered[i] > reserve else reserve
        price[i] = most if reached[i] > 0.0 else 0.0


cdef void odds_loop "residual_auction_odds"(
    source offer, source second, double log_reserve, double level, double slope, target odds,
    Py_ssize_t count
) noexcept nogil:
    """Minus the log odds that the seller takes an offer."""
    cdef Py_ssize_t i
    cdef double short
    for i in range(count):
        short = offer[i] - log_reserve if second[i] < 1.0 else 0.0
        odds[i] = -(level + slope * short)


cdef void agreed_loop "residual_auction_agreed"(
    source reached, source second, source value, source mind, source against, source offered,
    double hopeless, double log_reserve, target price, Py_ssize_t count
) noexcept nogil:
    """Prices of what is sold below its reserve."""
    cdef Py_ssize_t i
    cdef bint taken
    for i in range(count):
        taken = (reached[i] == 0.0) & (second[i] < 1.0)
        taken = taken & (log_reserve - value[i] < hopeless)
        taken = taken & (mind[i] * (1.0 + against[i]) < 1.0)
        price[i] = offered[i] if taken else price[i]


cdef void charge_loop "residual_auction_charge"(
    source price, double above, double fixed, double rate, target fee, Py_ssize_t count
) noexcept nogil:
    """Fees of the prices above a threshold."""
    cdef Py_ssize_t i
    for i in range(count):
        fee[i] = rate * price[i] + fixed if price[i] > above else fee[i]


cdef void gains_loop "residual_auction_gains"(
    source price, source kept, double now, double charged, target gain, Py_ssize_t count
) noexcept nogil:
    """What a run adds to what a lot brings."""
    cdef Py_ssize_t i
    for i in range(count):
        gain[i] = now * kept[i] if price[i] > 0.0 else charged


cdef void kept_loop "residual_auction_kept"(
    source price, source fee, source undone, double untaxed, double return_fixed,
    double return_share, double floor, double most, double return_rate, target kept,
    Py_ssize_t count
) noexcept nogil:
    """What the seller keeps of prices, with what a guarantor adds."""
    cdef Py_ssize_t i
    cdef double short, lost
    for i in range(count):
        short = floor - price[i] if floor > price[i] else 0.0
        short = short if short < most else most
        lost = return_share * price[i] + return_fixed if undone[i] < return_rate else 0.0
        kept[i] = price[i] * untaxed - fee[i] - lost + short


cdef inline void gather(double* values, const int32_t* at, Py_ssize_t count) noexcept nogil:
    """Keep some values, in their order."""
    cdef Py_ssize_t i
    for i in range(count):
        values[i] = values[at[i]]


cdef inline double rivals_at(const double* table, Py_ssize_t points, double t) noexcept nogil:
    """Sum of the chance that no rival lies above, up to t spreads, between tabled points."""
    cdef double place = (t + SPAN) * ((points - 1) / (2.0 * SPAN))
    cdef Py_ssize_t cell = min(max(<Py_ssize_t>place, 0), points - 2)
    return table[cell] + (place - cell) * (table[cell + 1] - table[cell])


cdef double sealed_price(
    const Lot* lot, Py_ssize_t points, double value, double highest, double log_reserve
) noexcept nogil:
    """What the highest of sealed bids is, which knows the reserve but not how many others bid."""
    cdef double relative = -lot.spread * highest
    cdef double reserve = log_reserve - value
    cdef double own = min(max(relative / lot.spread, -SPAN), SPAN)
    cdef double least = min(reserve / lot.spread, own)
    cdef double worth = exp_scalar(relative), gap, bid
    # Below the table everybody lies above, so that the integrand is that of a bare price.
    gap = exp_scalar(-lot.arrival) * (
        exp_scalar(-SPAN * lot.spread) - exp_scalar(lot.spread * min(least, -SPAN)))
    gap += rivals_at(lot.rivals, points, own)
    gap -= rivals_at(lot.rivals, points, max(least, -SPAN))
    bid = worth - gap * exp_scalar(lot.arrival * norm_cdf_scalar(-own))
    return exp_scalar(value) * min(max(bid, exp_scalar(min(reserve, relative))), worth)


cdef void prices_of_run(
    const Lot* lot, const Frame* frame, Room* room, Py_ssize_t run, Py_ssize_t first,
    Py_ssize_t size, Py_ssize_t count
) noexcept nogil:
    """Put what the cases that are left sell for into `price`, 0 for nothing."""
    cdef Py_ssize_t i
    cdef double log_reserve = log_positive(lot.reserve[run])
    cdef const double* moved = lot.factor + lot.place[run] * frame.n + first
    fill_uniforms(frame.key, lot.unit, <uint32_t>(2 * run), first, size, room.one)
    fill_uniforms(frame.key, lot.unit, <uint32_t>(2 * run + 1), first, size, room.other)
    if count < size:
        gather(room.one, room.at, count)
        gather(room.other, room.at, count)
    log_many(room.one, room.highest, count)
    log_many(room.other, room.next, count)
    shares_loop(
        room.highest, room.next, lot.arrival, room.first, room.second, room.one, room.other, count)
    norm_ppf_many(room.one, room.highest, count)
    norm_ppf_many(room.other, room.next, count)
    values_loop(room.base, moved, room.at, run * lot.step, room.value, count)
    offers_loop(
        room.highest, room.next, room.first, room.second, room.value, lot.spread, log_reserve,
        room.reached, room.offer, count)
    exp_many(room.offer, room.one, count)
    hammers_loop(room.reached, room.one, lot.reserve[run], room.price, count)
    if lot.level > -INFINITY:
        fill_uniforms(
            frame.key, lot.unit, <uint32_t>(2 * frame.runs + run), first, size, room.mind)
        if count < size:
            gather(room.mind, room.at, count)
        odds_loop(
            room.offer, room.second, log_reserve, lot.level, lot.slope, room.next, count)
        exp_many(room.next, room.other, count)
        agreed_loop(
            room.reached, room.second, room.value, room.mind, room.other, room.one,
            FAR_ABOVE * lot.spread, log_reserve, room.price, count)
    if lot.rivals != NULL:
        for i in range(count):
            if room.reached[i] > 0.0:
                room.price[i] = sealed_price(
                    lot, frame.points, room.value[i], room.highest[i], log_reserve)


cdef void keep(const Lot* lot, Room* room, Py_ssize_t count) noexcept nogil:
    """Put what is kept of the prices into `one`."""
    cdef Py_ssize_t i
    for i in range(lot.sale.tiers):
        # below the first threshold all prices belong to the first tier
        charge_loop(
            room.price, lot.sale.above[i] if i else -INFINITY, lot.sale.fixed[i],
            lot.sale.rate[i], room.other, count)
    if lot.return_rate > 0.0:
        for i in range(count):
            room.undone[i] = room.luck[room.at[i]]
    kept_loop(
        room.price, room.other, room.undone, lot.untaxed, lot.return_fixed, lot.return_share,
        lot.floor, lot.most, lot.return_rate, room.one, count)


cdef Py_ssize_t settle(
    const Lot* lot, Room* room, Py_ssize_t run, double now, double later, Py_ssize_t count
) noexcept nogil:
    """Add what is kept, charge what is not sold, and return in how many cases that is so."""
    cdef Py_ssize_t i, left = 0
    cdef int32_t at
    # without a branch: which way it goes is anybody's guess
    gains_loop(room.price, room.one, now, -now * lot.unsold[run] - later, room.other, count)
    for i in range(count):
        at = room.at[i]
        room.money[at] += room.other[i]
        room.at[left] = at
        left += room.price[i] <= 0.0
    return left


cdef void leave(
    const Lot* lot, const Frame* frame, Room* room, double now, Py_ssize_t first, Py_ssize_t count
) noexcept nogil:
    """Let the trade take what no run sold."""
    cdef Py_ssize_t i
    cdef double worth, short
    cdef const double* moved = lot.factor + lot.place[frame.runs] * frame.n + first
    values_loop(room.base, moved, room.at, frame.runs * lot.step, room.value, count)
    exp_many(room.value, room.one, count)
    for i in range(count):
        worth = frame.fallback * room.one[i]
        short = min(max(lot.floor - worth, 0.0), lot.most)
        room.money[room.at[i]] += now * (worth + short)


cdef void hold(
    const Lot* lot, const Frame* frame, Room* room, Py_ssize_t first, Py_ssize_t size,
    int32_t* offered, double* net, double* sold
) noexcept nogil:
    """Hold the auctions of a lot in some scenarios."""
    cdef Py_ssize_t i, run, left, count = 0
    cdef int32_t* here
    cdef double now = 1.0, later
    for i in range(size):
        room.base[i] = lot.log_value + lot.scale * lot.shock[first + i]
        room.money[i] = 0.0
        if lot.gone == NULL or not lot.gone[first + i]:
            room.at[count] = <int32_t>i
            count += 1
    if lot.return_rate > 0.0:
        fill_uniforms(
            frame.key, lot.unit, <uint32_t>(3 * frame.runs), first, size, room.luck)
    for run in range(frame.runs):
        if count == 0:
            break
        here = offered + lot.slot[run] * frame.n + first
        for i in range(count):
            here[room.at[i]] += 1
        prices_of_run(lot, frame, room, run, first, size, count)
        keep(lot, room, count)
        later = now * frame.discount
        left = settle(lot, room, run, now, later * frame.wait, count)
        sold[run] += count - left
        count = left
        now = later
    leave(lot, frame, room, now, first, count)
    for i in range(size):
        net[first + i] = lot.worth * room.money[i] - lot.spent


cdef int hold_all(
    const Lot* lots, const Frame* frame, Room* rooms, int32_t[:, :, ::1] offered,
    double[:, ::1] net, double[:, ::1] sold, int threads
) except -1 nogil:
    cdef Watch watch = watching()
    cdef Py_ssize_t lot, chunk
    for lot in prange(net.shape[0], schedule="dynamic", chunksize=16, num_threads=threads):
        if stop(&watch):
            continue
        for chunk in range((frame.n + CHUNK - 1) // CHUNK):
            hold(
                &lots[lot], frame, &rooms[threadid()], chunk * CHUNK,
                min(<Py_ssize_t>CHUNK, frame.n - chunk * CHUNK), &offered[threadid(), 0, 0],
                &net[lot, 0], &sold[lot, 0],
            )
    return over(&watch)


def auction_outcomes(
    seed, stream, keys, log_value, unit_scale, step_log_value, arrival, spread, accept_level,
    accept_slope, sealed, rivals, reserve, unsold_fee, fees, sale_above, sale_fixed, sale_rate,
    tax_rate, return_rate, return_fixed, return_share, floor_price, largest_payout, worth, spent,
    double step_discount, double step_cost, double fallback, shock, factor, group, place, slot,
    Py_ssize_t slots, gone=None, int threads=1,
):
    """What lots bring in every scenario; see the stub for the documentation."""
    cdef uint64_t key = stream_key(seed, stream)
    cdef Py_ssize_t i, b, n
    cdef const uint64_t[::1] units = np.ascontiguousarray(keys, dtype=np.uint64)
    by_row = {
        "log_value": log_value, "unit_scale": unit_scale, "step_log_value": step_log_value,
        "arrival": arrival, "spread": spread, "accept_level": accept_level,
        "accept_slope": accept_slope, "tax_rate": tax_rate, "return_rate": return_rate,
        "return_fixed": return_fixed, "return_share": return_share, "floor_price": floor_price,
        "largest_payout": largest_payout, "worth": worth, "spent": spent,
    }
    rows = {name: np.ascontiguousarray(one, dtype=np.float64) for name, one in by_row.items()}
    b = units.shape[0]
    for name, one in rows.items():
        if one.shape != (b,):
            raise ValueError(f"{name} must have one entry for each of {b} keys, not {one.shape}")
        if name not in ("accept_level", "largest_payout") and not np.isfinite(one).all():
            at = int(np.flatnonzero(~np.isfinite(one))[0])
            raise ValueError(f"{name} of row {at} is {one[at]}, not a finite number")
    for name in ("accept_level", "largest_payout"):
        if np.isnan(rows[name]).any():
            raise ValueError(f"{name} of row {int(np.isnan(rows[name]).argmax())} is not a number")
    check_positive("arrival", rows["arrival"])
    check_positive("spread", rows["spread"])
    asked, charged = (
        np.ascontiguousarray(one, dtype=np.float64) for one in (reserve, unsold_fee)
    )
    if asked.ndim != 2 or asked.shape[0] != b or asked.shape[1] < 1 or charged.shape != asked.shape:
        raise ValueError("reserve and unsold_fee must have a row for each key and a run or more")
    if not (np.isfinite(asked) & (asked > 0.0)).all() or not np.isfinite(charged).all():
        raise ValueError("reserve must be positive and finite, unsold_fee finite")
    runs = asked.shape[1]
    drawn, moved = (np.ascontiguousarray(one, dtype=np.float64) for one in (shock, factor))
    if moved.ndim != 3 or moved.shape[2] < 1:
        raise ValueError("factor must hold dates and scenarios of each group")
    n = moved.shape[2]
    if drawn.shape != (b, n):
        raise ValueError(f"shock must be {b} x {n}, not {drawn.shape}")
    tables = np.ascontiguousarray(rivals, dtype=np.float64)
    if tables.ndim != 2 or (len(tables) and tables.shape[1] < 2):
        raise ValueError("rivals must be tables of two points or more")
    schedules = tuple(
        np.ascontiguousarray(one, dtype=np.float64) for one in (sale_above, sale_fixed, sale_rate)
    )
    check_schedules("sale", *schedules)
    markets, venue, sealing = (
        np.ascontiguousarray(one, dtype=np.int64) for one in (group, fees, sealed)
    )
    check_codes(
        {
            "group": (markets, moved.shape[0]),
            "fees": (venue, len(schedules[0])),
            "sealed": (np.where(sealing == -1, 0, sealing), max(len(tables), 1)),
        },
        b,
    )
    if not len(tables) and (sealing >= 0).any():
        raise ValueError("sealed lots need tables of rivals")
    dates, counted = (np.ascontiguousarray(one, dtype=np.int64) for one in (place, slot))
    if dates.shape != (b, runs + 1) or counted.shape != (b, runs):
        raise ValueError("place must have a date for each run and the fallback, slot one a run")
    if ((dates < 0) | (dates >= moved.shape[1])).any():
        raise ValueError(f"place must lie in [0, {moved.shape[1]})")
    if ((counted < 0) | (counted >= slots)).any():
        raise ValueError(f"slot must lie in [0, {slots})")
    away = None if gone is None else np.ascontiguousarray(gone, dtype=np.bool_).view(np.uint8)
    if away is not None and away.shape != (b, n):
        raise ValueError(f"gone must be {b} x {n}, not {away.shape}")
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")

    net, sold = np.empty((b, n)), np.zeros((b, runs))
    if b == 0:
        return net, sold, np.zeros((slots, n))
    cdef const double[:, ::1] above = schedules[0], fixed = schedules[1], rate = schedules[2]
    cdef const double[:, ::1] asked_view = asked, charged_view = charged, drawn_view = drawn
    cdef const double[:, ::1] table_view = tables
    cdef const double[:, :, ::1] moved_view = moved
    cdef const int64_t[:, ::1] dates_view = dates, counted_view = counted
    cdef const int64_t[::1] venue_view = venue, sealing_view = sealing, markets_view = markets
    cdef const unsigned char[:, ::1] away_view = away
    memory = np.zeros((above.shape[0], sizeof(Schedule)), dtype=np.uint8)
    cdef unsigned char[:, ::1] memory_view = memory
    cdef Schedule* sale = <Schedule*> &memory_view[0, 0]
    for i in range(above.shape[0]):
        sale[i].tiers = count_tiers(&above[i, 0], above.shape[1])
        sale[i].above = &above[i, 0]
        sale[i].fixed = &fixed[i, 0]
        sale[i].rate = &rate[i, 0]
    cdef Frame frame
    frame.key = key
    frame.runs = runs
    frame.n = n
    frame.points = tables.shape[1]
    frame.discount = step_discount
    frame.wait = step_cost
    frame.fallback = fallback
    held = np.zeros((b, sizeof(Lot)), dtype=np.uint8)
    cdef unsigned char[:, ::1] held_view = held
    cdef Lot* lots = <Lot*> &held_view[0, 0]
    cdef const double[:, ::1] columns = np.stack([*rows.values()], axis=1)
    for i in range(b):
        lots[i].log_value = columns[i, 0]
        lots[i].scale = columns[i, 1]
        lots[i].step = columns[i, 2]
        lots[i].arrival = columns[i, 3]
        lots[i].spread = columns[i, 4]
        lots[i].level = columns[i, 5]
        lots[i].slope = columns[i, 6]
        lots[i].untaxed = 1.0 - columns[i, 7]
        lots[i].return_rate = columns[i, 8]
        lots[i].return_fixed = columns[i, 9]
        lots[i].return_share = columns[i, 10]
        lots[i].floor = columns[i, 11]
        lots[i].most = columns[i, 12]
        lots[i].worth = columns[i, 13]
        lots[i].spent = columns[i, 14]
        lots[i].unit = units[i]
        lots[i].reserve = &asked_view[i, 0]
        lots[i].unsold = &charged_view[i, 0]
        lots[i].sale = &sale[venue_view[i]]
        lots[i].rivals = &table_view[sealing_view[i], 0] if sealing_view[i] >= 0 else NULL
        lots[i].shock = &drawn_view[i, 0]
        lots[i].factor = &moved_view[markets_view[i], 0, 0]
        lots[i].place = &dates_view[i, 0]
        lots[i].gone = &away_view[i, 0] if away is not None else NULL
        lots[i].slot = &counted_view[i, 0]
    rooms = np.zeros((threads, sizeof(Room)), dtype=np.uint8)
    cdef unsigned char[:, ::1] rooms_view = rooms
    offered = np.zeros((threads, slots, n), dtype=np.int32)
    hold_all(lots, &frame, <Room*> &rooms_view[0, 0], offered, net, sold, threads)
    return net, sold / n, offered.sum(axis=0, dtype=np.float64)
