# SPDX-License-Identifier: Apache-2.0
"""What pipreqs-like tools do, at its barest: parse a script with `ast` and print its imports."""
import ast
import sys

names = set()
for node in ast.walk(ast.parse(open(sys.argv[1], encoding="utf-8").read())):
    if isinstance(node, ast.Import):
        names.update(alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        names.add(node.module.split(".")[0])
print("\n".join(sorted(names - set(sys.stdlib_module_names))))
