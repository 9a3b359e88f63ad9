#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the functions and variables of weft's public headers against the symbols that the shared library exports:
exports.py LIBRARY INCLUDE_FOLDER... Fails with the list of those that a user could not link."""
import json
import pathlib
import subprocess
import sys


def declarations(folders, headers):
    """The declarations of namespace weft, as trees."""
    includes = [f"-I{folder}" for folder in folders]
    command = ["clang++", "-std=c++20", *includes, "-fsyntax-only", "-Xclang", "-ast-dump=json", "-Xclang",
               "-ast-dump-filter=weft", "-x", "c++", "-"]
    text = subprocess.run(command, input="".join(f"#include <{h}>\n" for h in headers), capture_output=True, text=True,
                          check=True).stdout
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        tree, end = decoder.raw_decode(text, at)
        yield tree
        at = text.find("{", end)


def needs_symbol(node):
    """True for what is declared here and defined in the library."""
    if node.get("isImplicit") or node.get("explicitlyDeleted") or node.get("explicitlyDefaulted") or node.get("pure"):
        return False
    inner = [child.get("kind") for child in node.get("inner", [])]
    if node["kind"] == "VarDecl":
        return node.get("storageClass") == "extern" or (node.get("storageClass") == "static" and not node.get("init"))
    return "CompoundStmt" not in inner and "CXXTryStmt" not in inner


def symbols(node, scope=""):
    """(name, symbol) of every entity that needs one, templates left out."""
    kind, name = node.get("kind", ""), node.get("name", "")
    if kind in ("FunctionTemplateDecl", "ClassTemplateDecl", "ClassTemplatePartialSpecializationDecl", "VarTemplateDecl",
                "ClassTemplateSpecializationDecl"):
        return
    if kind in ("FunctionDecl", "CXXMethodDecl", "CXXConstructorDecl", "CXXDestructorDecl", "VarDecl"):
        if "mangledName" in node and needs_symbol(node):
            yield f"{scope}{name}", node["mangledName"]
        return
    inner = f"{scope}{name}::" if kind in ("NamespaceDecl", "CXXRecordDecl") and name else scope
    for child in node.get("inner", []):
        yield from symbols(child, inner)


def main():
    library, folders = sys.argv[1], sys.argv[2:]
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1] for line in listed.splitlines()}
    wanted = {}
    headers = [str(path.relative_to(folder)) for folder in folders for path in pathlib.Path(folder).glob("weft/**/*.h")]
    # The two headers for kernels include the CUDA toolkit's.
    headers = sorted(header for header in headers if not header.startswith("weft/cuda"))
    for tree in declarations(folders, headers):
        wanted.update((symbol, name) for name, symbol in symbols(tree))
    missing = sorted(name for symbol, name in wanted.items() if symbol not in exported
                     # Constructors and destructors have a symbol for whole objects and one for base objects.
                     and symbol.replace("C1E", "C2E").replace("D1E", "D2E") not in exported)
    if len(wanted) < 400:
        sys.exit(f"exports.py: only {len(wanted)} entities found; the headers hold more")
    if missing:
        sys.exit("exports.py: the shared library hides\n  " + "\n  ".join(missing))
    print(f"exports.py: {len(wanted)} functions and variables of the public headers can be linked")


if __name__ == "__main__":
    main()
