# Sellers who haggle over bids below their reserve: see haggling.pyx.

from _core.bids cimport Lot

cdef void haggle(Lot* lot, double level, double slope) noexcept nogil
