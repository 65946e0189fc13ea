# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes hytnas/_prototypes.py: what the public headers declare, for ctypes.
usage: generate.py [--check]   (with --check nothing is written: 1 if the module is stale)"""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = os.path.join(HERE, "..", "..", "include", "hytnas")
MODULE = os.path.join(HERE, "hytnas", "_prototypes.py")

SCALARS = {
    "int": "c_int", "unsigned": "c_uint", "float": "c_float", "double": "c_double", "size_t": "c_size_t",
    "int32_t": "c_int32", "uint8_t": "c_uint8", "uint32_t": "c_uint32", "int64_t": "c_int64", "uint64_t": "c_uint64",
}
HEAD = '''# SPDX-License-Identifier: GPL-3.0-or-later
# Written by generate.py from include/hytnas/*.h; do not edit.
"""What the public headers declare: constants, option keys, opaque handles, callbacks, functions."""
from ctypes import (CFUNCTYPE, POINTER, Structure, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t,
                    c_uint8, c_uint32, c_uint64, c_void_p)
from enum import IntEnum
from typing import Any, Dict, List, Tuple
'''


class Headers:
    """The declarations of all headers, in order."""

    def __init__(self, texts):
        self.numbers, self.keys, self.scalars = {}, {}, dict(SCALARS)
        self.opaque, self.structs, self.enums, self.callbacks, self.functions = [], {}, {}, {}, {}
        for text in texts:
            self.read(text)

    def read(self, text):
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        for name, value in re.findall(r'^#define (HYT_\w+) +("[^"]*"|\d+|UINT64_MAX)\s*$', text, flags=re.M):
            if value.startswith('"'):
                self.keys[name] = value[1:-1]
            else:
                self.numbers[name] = 2**64 - 1 if value == "UINT64_MAX" else int(value)
        text = re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M).replace('extern "C" {', "")
        for declaration in re.findall(r"(?:[^;{]|\{[^}]*\})+;", text):
            self.declare(" ".join(declaration.strip(" \n;").split()))

    def declare(self, text):
        if not text or text == "}":
            return
        enum = re.fullmatch(r"(?:typedef )?enum(?: (\w+))? \{(.*)\}(?: \w+)?", text)
        struct = re.fullmatch(r"typedef struct (\w+) \{(.*)\} \w+", text)
        opaque = re.fullmatch(r"typedef struct (\w+) \w+", text)
        callback = re.fullmatch(r"typedef (.+?) ?\(\*(\w+)\)\((.*)\)", text)
        alias = re.fullmatch(r"typedef (\w+) (\w+)", text)
        function = re.fullmatch(r"HYT_API (.+?) ?\b(hyt_\w+)\((.*)\)", text)
        if enum:
            values = self.enum_values(enum.group(2))
            self.numbers.update(values)
            if enum.group(1):
                self.enums[enum.group(1)] = values
                self.scalars[enum.group(1)] = "c_int"
        elif struct:
            self.structs[struct.group(1)] = [self.field(field) for field in struct.group(2).split(";") if field.strip()]
        elif opaque:
            self.opaque.append(opaque.group(1))
        elif callback:
            self.callbacks[callback.group(2)] = (self.type(callback.group(1)), self.arguments(callback.group(3)))
        elif alias:
            self.scalars[alias.group(2)] = self.scalars[alias.group(1)]
        elif function:
            self.functions[function.group(2)] = (self.type(function.group(1)), self.arguments(function.group(3)))
        else:
            raise SystemExit(f"not understood: {text}")

    def enum_values(self, text):
        values, following = {}, 0
        for item in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = (part.strip() for part in item.partition("="))
            following = int(value, 0) if value else following
            values[name] = following
            following += 1
        return values

    def field(self, text):
        callback = re.fullmatch(r"\s*(.+?) ?\(\*(\w+)\)\((.*)\)\s*", text)
        if callback:
            signature = self.type(callback.group(1)), self.arguments(callback.group(3))
            return callback.group(2), self.function_type(*signature)
        declaration, name, size = re.fullmatch(r"\s*(.+?[ *])(\w+)(?:\[(\w+)\])?\s*", text).groups()
        kind = self.type(declaration)
        return name, f"{kind} * {self.numbers.get(size, size)}" if size else kind

    def arguments(self, text):
        if text.strip() in ("", "void"):
            return []
        return [self.argument(argument.strip()) for argument in text.split(",")]

    def argument(self, text):
        declaration, array = re.fullmatch(r"(.+?[ *])\w+(\[\w*\])?", text).groups()
        return self.type(declaration + ("*" if array else ""))

    def type(self, text):
        """A C type as a ctypes expression. Text is bytes; an array of anything is a pointer to it."""
        text = re.sub(r"\bconst\b", "", text)
        base, stars = text.replace("*", "").strip(), text.count("*")
        if base == "void":
            kind, stars = ("c_void_p", stars - 1) if stars else ("None", 0)
        elif base == "char":
            kind, stars = "c_char_p", stars - 1
        else:
            kind = self.scalars.get(base, base)
            if kind == base and base not in self.callbacks and base not in self.opaque and base not in self.structs:
                raise SystemExit(f"unknown type: {base}")
        for _ in range(stars):
            kind = f"POINTER({kind})"
        return kind

    @staticmethod
    def function_type(result, arguments):
        return f"CFUNCTYPE({', '.join([result] + arguments)})"


def enum_class(name, values):
    prefix = os.path.commonprefix(list(values))
    prefix = prefix[:prefix.rindex("_") + 1]
    title = "".join(word.title() for word in name.split("_")[1:])
    return [f"\n\nclass {title}(IntEnum):"] + [f"    {key[len(prefix):]} = {value}" for key, value in values.items()]


def entry(name, result, arguments):
    """One line of the table, folded at 120 columns."""
    line, lines = f'    "{name}": ({result}, [', []
    for index, argument in enumerate(arguments):
        piece = argument + (", " if index + 1 < len(arguments) else "")
        if len(line) + len(piece) > 116:
            lines.append(line.rstrip())
            line = " " * 8
        line += piece
    return lines + [line + "]),"]


def module(headers):
    lines = [HEAD.rstrip(), "", "# Numbers."]
    lines += [f"{name} = {value}" for name, value in headers.numbers.items()]
    lines += ["", "# Keys of options, and other words."]
    lines += [f'{name} = "{value}"' for name, value in headers.keys.items()]
    for name, values in headers.enums.items():
        lines += enum_class(name, values)
    for name in headers.opaque + list(headers.structs):
        lines += [f"\n\nclass {name}(Structure):", "    pass"]
    lines += ["", "", "# Callbacks."]
    lines += [f"{name} = {headers.function_type(*signature)}" for name, signature in headers.callbacks.items()]
    lines += ["", "# The structs whose fields are frozen."]
    for name, fields in headers.structs.items():
        lines += [f"{name}._fields_ = ["] + [f'    ("{field}", {kind}),' for field, kind in fields] + ["]"]
    lines += ["", "# Result and arguments of each function.", "FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {"]
    for name, signature in headers.functions.items():
        lines += entry(name, *signature)
    return "\n".join(lines + ["}", ""])


def in_order(folder):
    """The headers' texts, each after those it includes."""
    texts, placed = [], []

    def place(name):
        if name in placed:
            return
        placed.append(name)
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            text = file.read()
        for other in re.findall(r"#include <hytnas/(\w+\.h)>", text):
            place(other)
        texts.append(text)

    for path in sorted(glob.glob(os.path.join(folder, "*.h"))):
        place(os.path.basename(path))
    return texts


def main(arguments):
    text = module(Headers(in_order(HEADERS)))
    if arguments == ["--check"]:
        with open(MODULE, encoding="utf-8") as file:
            stale = file.read() != text
        print("stale: run bindings/python/generate.py" if stale else "as the headers declare")
        return stale
    with open(MODULE, "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
