"""Ctrl-C within a long loop: how it works stands in interrupts.h.

A loop that may take longer than a moment is an ``int`` function, ``except -1``. It begins with
``watching()``, asks ``stop`` before each piece of work of at most some milliseconds, and returns
``over(&watch)``, which hands on what the handler of a signal raised.
"""

cdef extern from "interrupts.h":
    ctypedef struct Watch "residual_auction_watch":
        pass
    Watch watching "residual_auction_watching"() noexcept nogil
    bint stop "residual_auction_stop"(Watch*) noexcept nogil
    int over "residual_auction_over"(const Watch*) except -1 nogil
