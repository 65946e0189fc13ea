# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be chosen: spaces of genes, and the candidates made of them."""
from __future__ import annotations

import ctypes
import os
from typing import Any, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import _prototypes as c
from ._handle import Array, Handle, array, pointer, taken, text
from ._library import lib
from ._prototypes import GeneKind
from .errors import NotFoundError, RangeError, check

Setting = Union[float, int, str]


class Gene(NamedTuple):
    """One gene of a space: `values` are its numbers or words in the order of its levels, of a real gene its ends."""

    name: str
    kind: GeneKind
    values: Tuple[Setting, ...]
    log: bool = False


class Space(Handle):
    """A search space, built gene by gene:

        space = Space("bridge").add_integer("span", 1, 40).add_categorical("wood", ["oak", "fir"])

    or from `Space.preset("hytnas")`, `Space.parse(json)`, `Space.load(path)`. Its first candidate closes it."""

    _type = c.hyt_space
    _destroy = lib.hyt_space_destroy

    def __init__(self, name: str = "space") -> None:
        self._adopt(self._make(lib.hyt_space_create, None, name.encode()))

    @classmethod
    def _from(cls, pointer: Any) -> Space:
        space = cls.__new__(cls)
        space._adopt(pointer)
        return space

    @classmethod
    def preset(cls, name: str) -> Space:
        """A space that the library knows: "hytnas", the 23 genes of HyT-NAS."""
        return cls._from(cls._make(lib.hyt_space_preset, None, name.encode()))

    @classmethod
    def parse(cls, json: str) -> Space:
        """From the JSON text that to_json() writes."""
        data = json.encode()
        return cls._from(cls._make(lib.hyt_space_parse_json, None, data, len(data)))

    @classmethod
    def load(cls, path: Union[str, os.PathLike[str]]) -> Space:
        """From a JSON file."""
        return cls._from(cls._make(lib.hyt_space_load_json, None, os.fsencode(path)))

    def to_json(self) -> str:
        """The space as JSON text."""
        result = ctypes.c_char_p()
        check(lib.hyt_space_to_json(self, result))
        return taken(result)

    def __reduce__(self) -> Tuple[Any, ...]:
        return Space.parse, (self.to_json(),)

    def add_integer(self, name: str, low: int, high: int, step: int = 1) -> Space:
        """low, low + step, ..., high."""
        check(lib.hyt_space_add_integer(self, name.encode(), low, high, step))
        return self

    def add_ordinal(self, name: str, values: npt.ArrayLike) -> Space:
        """Numbers in rising order."""
        numbers = array(values, None)
        check(lib.hyt_space_add_ordinal(self, name.encode(), pointer(numbers), len(numbers)))
        return self

    def add_real(self, name: str, low: float, high: float, log: bool = False) -> Space:
        """Any number between two, on a fine grid that is even in the value, or in its logarithm."""
        check(lib.hyt_space_add_real(self, name.encode(), low, high, log))
        return self

    def add_categorical(self, name: str, labels: Sequence[str]) -> Space:
        """Words without an order."""
        words = (ctypes.c_char_p * len(labels))(*(label.encode() for label in labels))
        check(lib.hyt_space_add_categorical(self, name.encode(), words, len(labels)))
        return self

    def add_condition(self, gene: str, parent: str, values: Sequence[Setting]) -> Space:
        """`gene` counts only where `parent` has one of `values`."""
        index = self.find(parent)
        levels = (ctypes.c_size_t * len(values))(*(self._level(index, value) for value in values))
        check(lib.hyt_space_add_condition(self, gene.encode(), parent.encode(), levels, len(values)))
        return self

    def find(self, name: str) -> int:
        """The place of a gene."""
        index = ctypes.c_size_t()
        check(lib.hyt_space_find_gene(self, name.encode(), index))
        return index.value

    def _level(self, gene: int, value: Setting) -> int:
        if isinstance(value, str):
            words = self._values(gene)
            if value in words:
                return words.index(value)
        elif self._kind(gene) != GeneKind.CATEGORICAL:
            level = ctypes.c_size_t()
            check(lib.hyt_space_find_level(self, gene, value, level))
            return level.value
        raise RangeError(f"gene {text(lib.hyt_space_gene_name(self, gene))} has no value {value!r}")

    def _kind(self, gene: int) -> GeneKind:
        return GeneKind(lib.hyt_space_gene_kind(self, gene))

    def _value(self, gene: int, level: int) -> Setting:
        label = lib.hyt_space_gene_label(self, gene, level)
        if label is not None:
            return text(label)
        value = float(lib.hyt_space_gene_value(self, gene, level))
        return int(value) if value.is_integer() and self._kind(gene) != GeneKind.REAL else value

    def _values(self, gene: int) -> Tuple[Setting, ...]:
        count = lib.hyt_space_gene_levels(self, gene)
        levels = (0, count - 1) if self._kind(gene) == GeneKind.REAL else range(count)
        return tuple(self._value(gene, level) for level in levels)

    @property
    def name(self) -> str:
        return text(lib.hyt_space_name(self))

    @property
    def genes(self) -> List[Gene]:
        """All genes, in order."""
        return [Gene(text(lib.hyt_space_gene_name(self, gene)), self._kind(gene), self._values(gene),
                     bool(lib.hyt_space_gene_is_log(self, gene))) for gene in range(len(self))]

    def __len__(self) -> int:
        return int(lib.hyt_space_genes(self))

    @property
    def count(self) -> int:
        """Number of distinct candidates."""
        return self._wide(lib.hyt_space_count)

    @property
    def genotypes(self) -> int:
        """Number of genotypes, before canonical form."""
        return self._wide(lib.hyt_space_genotypes)

    def _wide(self, function: Any) -> int:
        high, low = ctypes.c_uint64(), ctypes.c_uint64()
        check(function(self, high, low))
        return high.value << 64 | low.value

    def candidate(self, values: Union[Mapping[str, Setting], str]) -> Candidate:
        """From values by gene (those left out are at their first), or from a genome."""
        if isinstance(values, str):
            return Candidate(self._make_candidate(lib.hyt_candidate_parse, values.encode()), self)
        levels = [0] * len(self)
        for name, value in values.items():
            gene = self.find(name)
            levels[gene] = self._level(gene, value)
        return self.at_levels(levels)

    def at_levels(self, levels: Sequence[int]) -> Candidate:
        """From one level a gene."""
        places = (ctypes.c_size_t * len(levels))(*levels)
        return Candidate(self._make_candidate(lib.hyt_candidate_create, places, len(levels)), self)

    def at_numbers(self, numbers: npt.ArrayLike) -> Candidate:
        """From one number a gene, as Candidate.numbers gives them: the value, for a category its place."""
        values = array(numbers, None)
        return Candidate(self._make_candidate(lib.hyt_candidate_from_values, pointer(values), len(values)), self)

    def sample(self, seed: int, index: int = 0) -> Candidate:
        """Draw `index` of `seed`, uniform over the distinct candidates."""
        return Candidate(self._make_candidate(lib.hyt_candidate_sample, seed, index), self)

    def __getitem__(self, index: int) -> Candidate:
        """The candidate at a place in the order of the space."""
        if not 0 <= index < 1 << 128:
            raise IndexError(index)
        try:
            return Candidate(self._make_candidate(lib.hyt_candidate_at, index >> 64, index & (1 << 64) - 1), self)
        except RangeError as error:
            raise IndexError(str(error)) from None

    def _make_candidate(self, create: Any, *arguments: Any) -> Any:
        return Candidate._make(create, self, *arguments)

    def __repr__(self) -> str:
        return f"Space({self.name!r}, {len(self)} genes)"


class Candidate(Handle, Mapping[str, Optional[Setting]]):
    """One point of a space, as a mapping from gene to value; None where a gene is not active.

    Candidates never change, compare and hash by what they are, and can be pickled."""

    _type = c.hyt_candidate
    _destroy = lib.hyt_candidate_destroy

    def __init__(self, pointer: Any, space: Space) -> None:
        self._adopt(pointer)
        self.space = space

    @classmethod
    def _lent(cls, pointer: Any, space: Space) -> Candidate:
        """A candidate of one's own from one that is lent."""
        return cls(cls._make(lib.hyt_candidate_copy, pointer), space)

    def __reduce__(self) -> Tuple[Any, ...]:
        return Space.candidate, (self.space, self.genome)

    def __getitem__(self, name: str) -> Optional[Setting]:
        try:
            return self._setting(self.space.find(name))
        except NotFoundError as error:
            raise KeyError(str(error)) from None

    def _setting(self, gene: int) -> Optional[Setting]:
        if not lib.hyt_candidate_active(self, gene):
            return None
        return self.space._value(gene, lib.hyt_candidate_level(self, gene))

    def __iter__(self) -> Iterator[str]:
        return (text(lib.hyt_space_gene_name(self.space, gene)) for gene in range(len(self)))

    def __len__(self) -> int:
        return len(self.space)

    @property
    def genome(self) -> str:
        """Values joined by ':', "-" for genes that are not active."""
        length, room = ctypes.c_size_t(), 256
        while True:
            buffer = ctypes.create_string_buffer(room)
            status = lib.hyt_candidate_genome(self, buffer, room, length)
            if status != c.HYT_ERR_RANGE or length.value < room:
                check(status)
                return buffer.value.decode()
            room = length.value + 1

    @property
    def levels(self) -> npt.NDArray[np.intp]:
        """One level a gene."""
        return np.array([lib.hyt_candidate_level(self, gene) for gene in range(len(self))], dtype=np.intp)

    @property
    def numbers(self) -> Array:
        """One number a gene: its value, for a category its place."""
        return np.array([lib.hyt_candidate_value(self, gene) for gene in range(len(self))], dtype=np.float64)

    @property
    def index(self) -> int:
        """Its place in the order of the space."""
        high, low = ctypes.c_uint64(), ctypes.c_uint64()
        check(lib.hyt_candidate_index(self, high, low))
        return high.value << 64 | low.value

    def neighbours(self) -> List[Candidate]:
        """The candidates that differ in one active gene."""
        return [Candidate(self._make(lib.hyt_candidate_neighbour, self, place), self.space)
                for place in range(lib.hyt_candidate_neighbours(self))]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Candidate):
            return NotImplemented
        return bool(lib.hyt_candidate_equal(self, other)) or (
            self.space is not other.space and self.genome == other.genome
            and self.space.to_json() == other.space.to_json())

    def __hash__(self) -> int:
        return hash(self.genome)

    def __repr__(self) -> str:
        return f"Candidate({self.genome})"
