"""Elementary functions whose bits do not depend on the machine.

`log_positive` and `exp_scalar` are for kernels that need a few values amid other work: they are
inline and take nothing but sums, products and quotients. The others are for arrays. They are
built on fma, which is one instruction since x86-64-v3 and everywhere rounds once: where it is
not an instruction, libm gives the same bits slowly. Loops over them are in `vmath.pyx`, and once
more by hand for AVX2 and AVX-512 in `lanes.h`.
"""

from libc.math cimport fabs, fma, sqrt, INFINITY, NAN
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

cdef extern from "tables.h":
    const uint64_t* EXP_SCALE "RESIDUAL_AUCTION_EXP_SCALE"
    const double* EXP_POLY "RESIDUAL_AUCTION_EXP_POLY"
    const double* EXP_WIDE_POLY "RESIDUAL_AUCTION_EXP_WIDE_POLY"
    const double* LOG_INVERSE "RESIDUAL_AUCTION_LOG_INVERSE"
    const double* LOG_OFFSET "RESIDUAL_AUCTION_LOG_OFFSET"
    const double* LOG_POLY "RESIDUAL_AUCTION_LOG_POLY"
    const double* TAIL_NUM "RESIDUAL_AUCTION_TAIL_NUM"
    const double* TAIL_NUM_REST "RESIDUAL_AUCTION_TAIL_NUM_REST"
    const double* TAIL_DEN "RESIDUAL_AUCTION_TAIL_DEN"
    const double* TAIL_DEN_REST "RESIDUAL_AUCTION_TAIL_DEN_REST"
    const double* FAR_NUM "RESIDUAL_AUCTION_FAR_NUM"
    const double* FAR_DEN "RESIDUAL_AUCTION_FAR_DEN"
    const double* PPF_NUM "RESIDUAL_AUCTION_PPF_NUM"
    const double* PPF_DEN "RESIDUAL_AUCTION_PPF_DEN"
    const double* PPF_NEAR_NUM "RESIDUAL_AUCTION_PPF_NEAR_NUM"
    const double* PPF_NEAR_DEN "RESIDUAL_AUCTION_PPF_NEAR_DEN"
    const double* PPF_FAR_NUM "RESIDUAL_AUCTION_PPF_FAR_NUM"
    const double* PPF_FAR_DEN "RESIDUAL_AUCTION_PPF_FAR_DEN"


cdef inline double from_bits(uint64_t bits) noexcept nogil:
    cdef double x
    memcpy(&x, &bits, 8)
    return x


cdef inline uint64_t to_bits(double x) noexcept nogil:
    cdef uint64_t bits
    memcpy(&bits, &x, 8)
    return bits


cdef inline double log_positive(double x) noexcept nogil:
    """ln x of a normal, positive, finite double (the fdlibm reduction)."""
    # m in [sqrt(1/2), sqrt(2)): the offset moves the cut of the exponent there.
    cdef uint64_t bits = to_bits(x) + <uint64_t>0x00095f6200000000
    # The exponent is turned into a double through its bits, since no instruction before
    # AVX-512 converts 64-bit integers in a vector.
    cdef double k = from_bits((bits >> 52) | <uint64_t>0x4330000000000000) - 4503599627371519.0
    cdef double m = from_bits(
        (bits & <uint64_t>0x000fffffffffffff) + <uint64_t>0x3fe6a09e00000000
    )
    cdef double f = m - 1.0
    cdef double s = f / (2.0 + f)
    cdef double z = s * s
    cdef double r = z * (6.666666666666735130e-01 + z * (3.999999999940941908e-01 + z * (
        2.857142874366239149e-01 + z * (2.222219843214978396e-01 + z * (
            1.818357216161805012e-01 + z * (
                1.531383769920937332e-01 + z * 1.479819860511658591e-01))))))
    cdef double h = 0.5 * f * f
    return k * 6.93147180369123816490e-01 - (
        (h - (s * (h + r) + k * 1.90821492927058770002e-10)) - f)


cdef inline double exp_scalar(double x) noexcept nogil:
    """e**x for every double, subnormal results included (the fdlibm reduction)."""
    cdef double y = x
    if y > 709.8:
        y = 709.8
    if y < -746.0:
        y = -746.0
    # Adding 1.5 * 2**52 rounds to the nearest integer and leaves it in the low bits.
    cdef double shifted = y * 1.44269504088896338700 + 6755399441055744.0
    cdef double k = shifted - 6755399441055744.0
    cdef double hi = y - k * 6.93147180369123816490e-01
    cdef double lo = k * 1.90821492927058770002e-10
    cdef double r = hi - lo
    cdef double t = r * r
    cdef double c = r - t * (1.66666666666666019037e-01 + t * (
        -2.77777777770155933842e-03 + t * (6.61375632143793436117e-05 + t * (
            -1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))))
    cdef double e = 1.0 - ((lo - (r * c) / (2.0 - c)) - hi)
    # Two factors of about 2**(k/2), since 2**k alone may not be a normal number.
    cdef double half = (0.5 * k + 6755399441055744.0) - 6755399441055744.0
    cdef double first = from_bits((to_bits(half + 4503599627371519.0) & 0xfff) << 52)
    cdef double second = from_bits((to_bits(k - half + 4503599627371519.0) & 0xfff) << 52)
    e = e * first * second
    return x + x if x != x else e


cdef inline double exp_main(double x) noexcept nogil:
    """e**x for abs(x) <= 708: 2**(k / 16) from a table times e**r."""
    cdef double shifted = fma(x, 23.083120654223414, 6755399441055744.0)
    cdef double k = shifted - 6755399441055744.0
    cdef double r = fma(-k, 1.4494042586539372e-18, fma(-k, 0.04332169878499658, x))
    cdef double square = r * r
    cdef double low = fma(r, EXP_POLY[1], EXP_POLY[0])
    cdef double high = fma(square, EXP_POLY[4], fma(r, EXP_POLY[3], EXP_POLY[2]))
    cdef double q = fma(square, fma(square, high, low), r)
    cdef uint64_t bits = to_bits(shifted)
    cdef double scale = from_bits(EXP_SCALE[bits & 15] + (bits << 48))
    return fma(scale, q, scale)


cdef inline double log_main(double x) noexcept nogil:
    """ln x of a normal, positive, finite double."""
    # m in [45/64, 45/32), in sixteenths, of which one has 1 in its midst
    cdef uint64_t bits = to_bits(x) + <uint64_t>0x0009800000000000
    cdef uint64_t place = (bits >> 48) & 15
    cdef double k = from_bits((bits >> 52) | <uint64_t>0x4330000000000000) - 4503599627371519.0
    cdef double m = from_bits(
        (bits & <uint64_t>0x000fffffffffffff) + <uint64_t>0x3fe6800000000000
    )
    cdef double r = fma(m, LOG_INVERSE[place], -1.0)
    # exact, as the table and this part of ln 2 are multiples of 2**-42
    cdef double coarse = fma(k, 0.6931471805598903, LOG_OFFSET[place])
    cdef double high = coarse + r
    cdef double low = fma(k, 5.497923018708371e-14, (coarse - high) + r)
    cdef double square = r * r
    cdef double first = fma(r, LOG_POLY[1], LOG_POLY[0])
    cdef double last = fma(r, LOG_POLY[5], LOG_POLY[4])
    first = fma(square, fma(r, LOG_POLY[3], LOG_POLY[2]), first)
    last = fma(square, fma(r, LOG_POLY[7], LOG_POLY[6]), last)
    return high + fma(square, fma(square * square, last, first), low)


cdef inline double log_rare(double x) noexcept nogil:
    """ln x of what `log_main` does not take."""
    if x > 0.0:
        # A subnormal number is raised by 2**54 first.
        return x if x == INFINITY else log_main(x * 1.8014398509481984e16) - 37.429947750237048
    return -INFINITY if x == 0.0 else NAN


cdef struct Pair:
    double value
    double rest             # what the rounding of value left over


cdef inline Pair horner_step(Pair sum, double x, double next, double rest) noexcept nogil:
    """Sum times x plus a coefficient, with what rounding leaves (Graillat, Langlois 2005)."""
    cdef double product = sum.value * x
    cdef double product_rest = fma(sum.value, x, -product)
    cdef double total = product + next
    cdef double part = total - product
    cdef double total_rest = (product - (total - part)) + (next - part)
    sum.rest = fma(sum.rest, x, (product_rest + total_rest) + rest)
    sum.value = total
    return sum


# Written out, since loops within a loop would keep the compiler from making vectors of it.
cdef inline Pair tail_num(double y) noexcept nogil:
    cdef Pair sum
    sum.value = TAIL_NUM[9]
    sum.rest = TAIL_NUM_REST[9]
    sum = horner_step(sum, y, TAIL_NUM[8], TAIL_NUM_REST[8])
    sum = horner_step(sum, y, TAIL_NUM[7], TAIL_NUM_REST[7])
    sum = horner_step(sum, y, TAIL_NUM[6], TAIL_NUM_REST[6])
    sum = horner_step(sum, y, TAIL_NUM[5], TAIL_NUM_REST[5])
    sum = horner_step(sum, y, TAIL_NUM[4], TAIL_NUM_REST[4])
    sum = horner_step(sum, y, TAIL_NUM[3], TAIL_NUM_REST[3])
    sum = horner_step(sum, y, TAIL_NUM[2], TAIL_NUM_REST[2])
    sum = horner_step(sum, y, TAIL_NUM[1], TAIL_NUM_REST[1])
    sum = horner_step(sum, y, TAIL_NUM[0], TAIL_NUM_REST[0])
    return sum


cdef inline Pair tail_den(double y) noexcept nogil:
    cdef Pair sum
    sum.value = TAIL_DEN[10]
    sum.rest = TAIL_DEN_REST[10]
    sum = horner_step(sum, y, TAIL_DEN[9], TAIL_DEN_REST[9])
    sum = horner_step(sum, y, TAIL_DEN[8], TAIL_DEN_REST[8])
    sum = horner_step(sum, y, TAIL_DEN[7], TAIL_DEN_REST[7])
    sum = horner_step(sum, y, TAIL_DEN[6], TAIL_DEN_REST[6])
    sum = horner_step(sum, y, TAIL_DEN[5], TAIL_DEN_REST[5])
    sum = horner_step(sum, y, TAIL_DEN[4], TAIL_DEN_REST[4])
    sum = horner_step(sum, y, TAIL_DEN[3], TAIL_DEN_REST[3])
    sum = horner_step(sum, y, TAIL_DEN[2], TAIL_DEN_REST[2])
    sum = horner_step(sum, y, TAIL_DEN[1], TAIL_DEN_REST[1])
    sum = horner_step(sum, y, TAIL_DEN[0], TAIL_DEN_REST[0])
    return sum


cdef inline double horner(const double* poly, int degree, double x) noexcept nogil:
    cdef double sum = poly[degree]
    cdef int i
    for i in range(degree):
        sum = fma(sum, x, poly[degree - 1 - i])
    return sum


cdef inline Pair quotient(Pair num, Pair den) noexcept nogil:
    cdef Pair out
    out.value = num.value / den.value
    out.rest = (fma(-out.value, den.value, num.value)
                + fma(-out.value, den.rest, num.rest)) / den.value
    return out


cdef inline double density_times(double y, Pair factor, double* k) noexcept nogil:
    """exp(-y*y/2) times a factor, less 2**k that is left to the caller, rounded once."""
    cdef double square = y * y
    cdef double square_rest = fma(y, y, -square)
    cdef double x = -0.5 * square
    k[0] = fma(x, 1.4426950408889634, 6755399441055744.0) - 6755399441055744.0
    # exact, as this part of ln 2 has 32 bits
    cdef double exact = fma(-k[0], 6.93147180369123816490e-01, x)
    cdef double rest = fma(-k[0], 1.90821492927058770002e-10, -0.5 * square_rest)
    cdef double r = exact + rest
    cdef double more = r * r * horner(EXP_WIDE_POLY, 9, r)
    cdef double q = r + more
    rest = (((exact - r) + rest) + ((r - q) + more))
    cdef double e = 1.0 + q
    rest = ((1.0 - e) + q) + rest
    return fma(e, factor.value, fma(e, factor.rest, rest * factor.value))


cdef inline double two_to(double k) noexcept nogil:
    """2**k for a whole k from -1022 to 1023."""
    return from_bits((to_bits(k + 4503599627371519.0) & 0xfff) << 52)


cdef inline double tail_near(double y) noexcept nogil:
    """Upper tail probability at y in [0, sqrt(32)]."""
    cdef double k = 0.0
    cdef double tail = density_times(y, quotient(tail_num(y), tail_den(y)), &k)
    return tail * two_to(k)


cdef inline double tail_far(double y) noexcept nogil:
    """Upper tail probability at y from sqrt(32); nothing is left beyond 38.6."""
    cdef double k = 0.0, half, z, less, above, tail
    cdef Pair num, den
    if y > 38.6:
        return 0.0
    z = 1.0 / (y * y)
    less = -z * (horner(FAR_NUM, 5, z) / horner(FAR_DEN, 5, z))
    above = 0.3989422804014327 + less
    num.value = above
    num.rest = ((0.3989422804014327 - above) + less) - 2.49232720227773e-17
    den.value = y
    den.rest = 0.0
    tail = density_times(y, quotient(num, den), &k)
    # Two factors of about 2**(k/2), since 2**k alone may not be a normal number.
    half = (0.5 * k + 6755399441055744.0) - 6755399441055744.0
    return tail * two_to(half) * two_to(k - half)


cdef inline double norm_cdf_scalar(double x) noexcept nogil:
    """Standard normal distribution function; NaN gives NaN."""
    cdef double y = fabs(x), tail
    if x != x:
        return x
    tail = tail_near(y) if y <= 5.656854249492380195 else tail_far(y)
    return 1.0 - tail if x > 0.0 else tail


cdef inline double both_tails(double p) noexcept nogil:
    """4 p (1 - p): 1 in the middle, and small where a tail is."""
    return p * (1.0 - p) * 4.0


cdef inline double ppf_main(double p) noexcept nogil:
    """Quantile where both_tails(p) is at least exp(-5.5), for p in [0.00103, 0.99897]."""
    cdef double w = 0.0 - log_main(both_tails(p))
    return (p - 0.5) * (horner(PPF_NUM, 9, w) / horner(PPF_DEN, 8, w))


cdef inline Pair sharp_horner(const double* poly, int degree, double x) noexcept nogil:
    cdef Pair sum
    cdef int i
    sum.value = poly[degree]
    sum.rest = 0.0
    for i in range(degree):
        sum = horner_step(sum, x, poly[degree - 1 - i], 0.0)
    return sum


cdef inline double ppf_tail(double tail) noexcept nogil:
    """Minus the quantile at a tail probability below 0.075, subnormal ones included."""
    cdef double low = log_main(tail) if tail >= 2.2250738585072014e-308 else log_rare(tail)
    cdef double r = sqrt(-low)
    cdef Pair x
    if r <= 5.0:
        x = quotient(sharp_horner(PPF_NEAR_NUM, 7, r - 1.6), sharp_horner(PPF_NEAR_DEN, 7, r - 1.6))
    else:
        x = quotient(sharp_horner(PPF_FAR_NUM, 7, r - 5.0), sharp_horner(PPF_FAR_DEN, 7, r - 5.0))
    return x.value + x.rest


cdef inline double norm_ppf_scalar(double p) noexcept nogil:
    """Standard normal quantile: NaN outside [0, 1], infinite at its ends."""
    cdef double q = p - 0.5, tail
    if both_tails(p) >= 0.004086771438464067:
        return ppf_main(p)
    tail = p if q < 0.0 else 1.0 - p
    if not tail > 0.0:
        if tail == 0.0:
            return -INFINITY if q < 0.0 else INFINITY
        return NAN
    return -ppf_tail(tail) if q < 0.0 else ppf_tail(tail)


# The same bits as the scalar functions, many at a time; `out` may not overlap the input.
cdef void exp_many(const double* x, double* out, Py_ssize_t count) noexcept nogil

cdef void log_many(const double* x, double* out, Py_ssize_t count) noexcept nogil

cdef void norm_cdf_many(const double* x, double* out, Py_ssize_t count) noexcept nogil

cdef void norm_ppf_many(const double* p, double* out, Py_ssize_t count) noexcept nogil
