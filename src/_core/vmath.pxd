"""Scalar functions whose bits do not depend on the machine: no libm, no contraction.

They are inline, so that a kernel which cimports them stays one loop.
"""

from libc.math cimport fabs, sqrt, INFINITY, NAN
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy


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


cdef inline double exp_minus_half_square(double y) noexcept nogil:
    """exp(-y*y/2) for moderate y, with the rounding of y*y made good (Dekker 1971)."""
    cdef double c = 134217729.0 * y
    cdef double head = c - (c - y)
    cdef double rest = y - head
    cdef double square = y * y
    cdef double error = ((head * head - square) + 2.0 * head * rest) + rest * rest
    cdef double e = exp_scalar(-0.5 * square)
    return e - 0.5 * error * e


cdef inline double cdf_central(double x) noexcept nogil:
    """Distribution function at abs(x) <= 0.67448975 (Cody 1969, as in R's pnorm)."""
    cdef double q = x * x
    cdef double num = (((0.065682337918207449113 * q + 2.2352520354606839287) * q
                        + 161.02823106855587881) * q + 1067.6894854603709582) * q \
        + 18154.981253343561249
    cdef double den = (((q + 47.20258190468824187) * q + 976.09855173777669322) * q
                       + 10260.932208618978205) * q + 45507.789335026729956
    return 0.5 + x * num / den


cdef inline double cdf_near_tail(double y) noexcept nogil:
    """Upper tail probability at y up to sqrt(32)."""
    cdef double num = (((((((1.0765576773720192317e-8 * y + 0.39894151208813466764) * y
                            + 8.8831497943883759412) * y + 93.506656132177855979) * y
                          + 597.27027639480026226) * y + 2494.5375852903726711) * y
                        + 6848.1904505362823326) * y + 11602.651437647350124) * y \
        + 9842.7148383839780218
    cdef double den = (((((((y + 22.266688044328115691) * y + 235.38790178262499861) * y
                           + 1519.377599407554805) * y + 6485.558298266760755) * y
                         + 18615.571640885098091) * y + 34900.952721145977266) * y
                       + 38912.003286093271411) * y + 19685.429676859990727
    return exp_minus_half_square(y) * num / den


cdef inline double cdf_far_tail(double y) noexcept nogil:
    """Upper tail probability at y from sqrt(32); nothing is left beyond 38.6."""
    cdef double q = 1.0 / (y * y)
    cdef double num = ((((0.02307344176494017303 * q + 0.21589853405795699) * q
                         + 0.1274011611602473639) * q + 0.022235277870649807) * q
                       + 0.001421619193227893466) * q + 2.9112874951168792e-5
    cdef double den = ((((q + 1.28426009614491121) * q + 0.468238212480865118) * q
                        + 0.0659881378689285515) * q + 0.00378239633202758244) * q \
        + 7.29751555083966205e-5
    if y > 38.6:
        return 0.0
    return exp_minus_half_square(y) * (0.398942280401432677939946 - q * num / den) / y


cdef inline double norm_cdf_scalar(double x) noexcept nogil:
    """Standard normal distribution function; NaN gives NaN."""
    cdef double y = fabs(x)
    cdef double tail
    if x != x:
        return x
    if y <= 0.67448975:
        return cdf_central(x)
    tail = cdf_near_tail(y) if y <= 5.656854249492380195 else cdf_far_tail(y)
    return 1.0 - tail if x > 0.0 else tail


cdef inline double ppf_central(double q) noexcept nogil:
    """Quantile at 0.5 + q for abs(q) <= 0.425 (Wichura 1988, AS 241)."""
    cdef double r = 0.180625 - q * q
    cdef double num = ((((((2509.0809287301226727 * r + 33430.575583588128105) * r
                           + 67265.770927008700853) * r + 45921.953931549871457) * r
                         + 13731.693765509461125) * r + 1971.5909503065514427) * r
                       + 133.14166789178437745) * r + 3.387132872796366608
    cdef double den = ((((((5226.495278852545925 * r + 28729.085735721942674) * r
                           + 39307.89580009271061) * r + 21213.794301586595867) * r
                         + 5394.1960214247511077) * r + 687.1870074920579083) * r
                       + 42.313330701600911252) * r + 1.0
    return q * num / den


cdef inline double ppf_near_tail(double tail) noexcept nogil:
    """Minus the quantile at a tail probability in [exp(-25), 0.075]."""
    cdef double r = sqrt(-log_positive(tail)) - 1.6
    cdef double num = ((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
                           + 0.24178072517745061177) * r + 1.27045825245236838258) * r
                         + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                       + 4.6303378461565452959) * r + 1.42343711074968357734
    cdef double den = ((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                           + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                         + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                       + 2.05319162663775882187) * r + 1.0
    return num / den


cdef inline double ppf_far_tail(double tail) noexcept nogil:
    """Minus the quantile at a tail probability below exp(-25), subnormal ones included."""
    cdef double log_tail = log_positive(tail * 1.8014398509481984e16) - 37.429947750237046899
    cdef double r = sqrt(-log_tail) - 5.0
    cdef double num = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                           + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                         + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                       + 5.4637849111641143699) * r + 6.6579046435011037772
    cdef double den = ((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                           + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                         + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                       + 0.59983220655588793769) * r + 1.0
    return num / den


cdef inline double norm_ppf_scalar(double p) noexcept nogil:
    """Standard normal quantile: NaN outside [0, 1], infinite at its ends."""
    cdef double q = p - 0.5
    cdef double tail, x
    if fabs(q) <= 0.425:
        return ppf_central(q)
    tail = p if q < 0.0 else 1.0 - p
    if not tail > 0.0:
        if tail == 0.0:
            return -INFINITY if q < 0.0 else INFINITY
        return NAN
    # exp(-25), where AS 241 changes its polynomial
    x = ppf_near_tail(tail) if tail >= 1.3887943864964021e-11 else ppf_far_tail(tail)
    return -x if q < 0.0 else x


# The same bits as the scalar functions, many at a time; `out` may not overlap the input.
cdef void norm_cdf_many(const double* x, double* out, Py_ssize_t count) noexcept nogil

cdef void norm_ppf_many(const double* p, double* out, Py_ssize_t count) noexcept nogil
