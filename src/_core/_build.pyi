compiler: str
flags: str
cython: str
openmp: int
debug: bool
clones: bool
instruction_set: str
