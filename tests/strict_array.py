"""A stand-in for CuPy on a machine without a GPU: an array that refuses every NumPy function, as CuPy's arrays do.

NumPy computes behind it, but any stray `np.` call on it, and any host array that slips into its arithmetic, raises
TypeError. It shows that the code asks its input for its module; it is no proof that CuPy computes the same.
"""

import operator
import types

import numpy as np
from scipy import special

MISSING = {"errstate", "memmap", "nditer", "einsum_path", "longdouble"}   # NumPy has them, CuPy does not


class DeviceArray:
    """Holds a NumPy array and lets nobody see it, except through `get()`, as on a GPU."""

    def __init__(self, array):
        self._array = array

    def _refuse(self, *args, **kwargs):
        raise TypeError("a NumPy function met a device array; ask array_module(x) for the right one")

    __array__ = __array_ufunc__ = __array_function__ = _refuse
    __hash__ = None

    def get(self):
        return self._array.copy()

    def __getattr__(self, name):
        if name.startswith("__"):            # __array_interface__ and its like would let NumPy in by the back door
            raise AttributeError(name)
        value = getattr(self._array, name)   # a method such as sum or reshape
        return lambda *args, **kwargs: wrap(value(*unwrap(args), **unwrap(kwargs))) if callable(value) else value

    shape, dtype, ndim, size, nbytes = (property(operator.attrgetter(f"_array.{n}")) for n in
                                        ("shape", "dtype", "ndim", "size", "nbytes"))
    T = property(lambda self: wrap(self._array.T))

    def __len__(self):
        return len(self._array)

    def __getitem__(self, index):
        return wrap(self._array[unwrap(index)])

    def __setitem__(self, index, value):
        self._array[unwrap(index)] = unwrap(value)

    def __float__(self):
        return float(self._array)

    def __int__(self):
        return int(self._array)

    def __bool__(self):
        return bool(self._array)


def arithmetic(name):
    def method(self, *others):
        result = getattr(self._array, name)(*unwrap(others))
        return self if name.startswith("__i") and name != "__invert__" else wrap(result)
    return method


for base in "add sub mul truediv floordiv pow mod matmul and or".split():
    for prefix in ("", "r", "i"):
        setattr(DeviceArray, f"__{prefix}{base}__", arithmetic(f"__{prefix}{base}__"))
for base in "lt le gt ge eq ne neg abs invert".split():
    setattr(DeviceArray, f"__{base}__", arithmetic(f"__{base}__"))


def unwrap(value):
    """Device arrays opened up, at any depth; a host array among them is an error, as it is with CuPy."""
    if isinstance(value, DeviceArray):
        return value._array
    if isinstance(value, np.ndarray):
        raise TypeError("a host array met a device array; move it with xp.asarray first")
    if isinstance(value, (tuple, list)):
        return type(value)(unwrap(item) for item in value)
    if isinstance(value, dict):
        return {name: unwrap(item) for name, item in value.items()}
    return value


def wrap(value):
    if isinstance(value, (np.ndarray, np.generic)):
        return DeviceArray(np.asarray(value))
    return type(value)(wrap(item) for item in value) if isinstance(value, (tuple, list)) else value


class Namespace(types.ModuleType):
    """Stands where `import cupy` would: NumPy's functions, minus what CuPy lacks, on device arrays only."""

    ndarray = DeviceArray

    def __getattr__(self, name):
        if name in MISSING:
            raise AttributeError(f"module 'cupy' has no attribute {name!r}")
        function = getattr(np, name)
        if isinstance(function, type) or not callable(function):
            return function

        def call(*args, **kwargs):
            return wrap(function(*unwrap(args), **unwrap(kwargs)))
        if isinstance(function, np.ufunc):
            call.at = lambda *args: function.at(*unwrap(args))
        return call

    def asarray(self, array, dtype=None):
        """The one way onto the device."""
        return DeviceArray(np.array(array._array if isinstance(array, DeviceArray) else array, dtype=dtype))


class Special(types.ModuleType):
    """Stands where `import cupyx.scipy.special` would."""

    @staticmethod
    def erf(x):
        return wrap(special.erf(unwrap(x)))
