"""Counter-based draws (Philox4x32-10), to be cimported by kernels that draw in place.

The draw of a (unit, step, scenario) under a 64-bit key stands at the 128-bit counter

    word 0  scenario // 2         word 2  low half of the unit
    word 1  step                  word 3  high half of the unit

of which words 0 and 1 of the output make the even scenario, words 2 and 3 the odd one.
"""

from libc.stdint cimport uint32_t, uint64_t

from _core.vmath cimport from_bits, norm_ppf_scalar


cdef struct Words:
    uint32_t w0
    uint32_t w1
    uint32_t w2
    uint32_t w3


cdef inline Words philox_scalar(
    uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0, uint32_t k1
) noexcept nogil:
    """Ten rounds of Philox4x32 (Salmon, Moraes, Dror and Shaw 2011)."""
    cdef uint64_t p0, p1
    cdef Words out
    cdef int _round
    for _round in range(10):
        p0 = <uint64_t>c0 * <uint64_t>0xD2511F53
        p1 = <uint64_t>c2 * <uint64_t>0xCD9E8D57
        c0 = <uint32_t>(p1 >> 32) ^ c1 ^ k0
        c1 = <uint32_t>p1
        c2 = <uint32_t>(p0 >> 32) ^ c3 ^ k1
        c3 = <uint32_t>p0
        k0 = k0 + <uint32_t>0x9E3779B9
        k1 = k1 + <uint32_t>0xBB67AE85
    out.w0, out.w1, out.w2, out.w3 = c0, c1, c2, c3
    return out


cdef inline double open_uniform(uint32_t low, uint32_t high) noexcept nogil:
    """An odd multiple of 2**-53 in (0, 1), from the upper 52 of 64 random bits.

    Neither end is ever reached, and u and 1 - u are equally likely and both exact.
    """
    cdef uint64_t bits = (<uint64_t>high << 32) | low
    return from_bits((bits >> 12) | <uint64_t>0x3ff0000000000000) - 0.99999999999999988898


cdef inline double uniform_scalar(
    uint64_t key, uint64_t unit, uint32_t step, uint64_t scenario
) noexcept nogil:
    """One uniform draw; the same bits as `fill_uniforms` gives."""
    cdef Words words = philox_scalar(
        <uint32_t>(scenario >> 1), step, <uint32_t>unit, <uint32_t>(unit >> 32),
        <uint32_t>key, <uint32_t>(key >> 32),
    )
    if scenario & 1:
        return open_uniform(words.w2, words.w3)
    return open_uniform(words.w0, words.w1)


cdef inline double normal_scalar(
    uint64_t key, uint64_t unit, uint32_t step, uint64_t scenario
) noexcept nogil:
    """One standard normal draw; the same bits as `fill_normals` gives."""
    return norm_ppf_scalar(uniform_scalar(key, unit, step, scenario))


# Draws of scenarios first .. first + count - 1, where first is even.
cdef void fill_uniforms(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t first, Py_ssize_t count, double* out
) noexcept nogil

cdef void fill_normals(
    uint64_t key, uint64_t unit, uint32_t step, Py_ssize_t first, Py_ssize_t count, double* out
) noexcept nogil
