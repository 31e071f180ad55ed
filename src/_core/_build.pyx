"""What the compiler knew when the kernels were built."""

cdef extern from "clones.h":
    bint HAS_CLONES "RESIDUAL_AUCTION_HAS_CLONES"

cdef extern from *:
    """
    #ifdef _OPENMP
    #define RESIDUAL_AUCTION_OPENMP _OPENMP
    #else
    #define RESIDUAL_AUCTION_OPENMP 0
    #endif

    #ifdef __clang__
    #define RESIDUAL_AUCTION_COMPILER "clang " __clang_version__
    #elif defined(__GNUC__)
    #define RESIDUAL_AUCTION_COMPILER "gcc " __VERSION__
    #else
    #define RESIDUAL_AUCTION_COMPILER "unknown"
    #endif

    #if RESIDUAL_AUCTION_HAS_CLONES
    static const char *residual_auction_instructions(void) {
        __builtin_cpu_init();
        if (__builtin_cpu_supports("x86-64-v4")) return "x86-64-v4";
        if (__builtin_cpu_supports("x86-64-v3")) return "x86-64-v3";
        return "baseline";
    }
    #else
    static const char *residual_auction_instructions(void) { return "baseline"; }
    #endif
    """
    const char* COMPILER "RESIDUAL_AUCTION_COMPILER"
    const char* FLAGS "RESIDUAL_AUCTION_FLAGS"
    unsigned int CYTHON "CYTHON_HEX_VERSION"
    int OPENMP "RESIDUAL_AUCTION_OPENMP"
    bint DEBUG "RESIDUAL_AUCTION_DEBUG"
    const char* residual_auction_instructions() nogil

compiler = COMPILER.decode()
flags = FLAGS.decode()
cython = f"{CYTHON >> 24}.{CYTHON >> 16 & 255}.{CYTHON >> 8 & 255}"
openmp = OPENMP
debug = bool(DEBUG)
clones = bool(HAS_CLONES)
instruction_set = residual_auction_instructions().decode()
