"""One machine or many: arrays spread over all devices that JAX sees, and gathered."""

from __future__ import annotations

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec


class Devices:
    """All devices of all processes, side by side.

    Parameters
    ----------
    devices : list of jax.Device, optional
        By default all that JAX sees.
    """

    def __init__(self, devices=None):
        self.all = list(jax.devices() if devices is None else devices)
        self.mesh = Mesh(np.array(self.all), ("part",))

    def __len__(self) -> int:
        return len(self.all)

    def spread(self, array):
        """Put an array on the devices, the first axis cut into equal parts.

        An axis that cannot be cut is put on each of them whole.
        """
        array = np.asarray(array)
        cut = array.ndim and len(array) % len(self) == 0
        spec = PartitionSpec("part") if cut else PartitionSpec()
        sharding = NamedSharding(self.mesh, spec)
        if sharding.is_fully_addressable:
            return jax.device_put(array, sharding)
        # each process has all of it, and device_put would compare all of them
        return jax.make_array_from_callback(
            array.shape, sharding, lambda part: np.asarray(array[part])
        )

    def __repr__(self) -> str:
        kinds = sorted({device.device_kind for device in self.all})
        return f"{len(self)} × {', '.join(kinds)}"


def gather(array) -> np.ndarray:
    """Return an array as NumPy has it, wherever its parts are."""
    if not isinstance(array, jax.Array) or array.is_fully_addressable:
        return np.asarray(array)
    if array.is_fully_replicated:
        return np.asarray(array.addressable_data(0))
    return np.asarray(multihost_utils.process_allgather(array, tiled=True))
