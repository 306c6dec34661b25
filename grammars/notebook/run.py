# SPDX-License-Identifier: Apache-2.0
# Runs the code cells of the notebook in sys.argv[1] as plain Python, without lines that begin
# with % or !, and without cells that %%name gives to another language.
def run_notebook():
    import __future__, json, linecache, re, sys
    sys.argv = sys.argv[1:]
    namespace = vars(sys.modules["__main__"])
    del namespace["run_notebook"]
    namespace["display"] = lambda *things, **options: print(*things)
    with open(sys.argv[0], encoding="utf-8-sig") as file:
        notebook = json.load(file)
    metadata = notebook.get("metadata", {})
    kernel = metadata.get("kernelspec", {}).get("language") or \
        metadata.get("language_info", {}).get("name") or "python"
    if not kernel.lower().startswith(("python", "ipython")):
        sys.exit("%s: its kernel runs %s; only notebooks in Python can be run" % (sys.argv[0], kernel))
    cells = notebook.get("cells")
    if cells is None:
        cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
    python_below = re.compile(r"\s*%%(time|timeit|capture|prun|debug|memit|mprun|lprun)\b")
    magic = re.compile(r"(\s*)([%!].*|\?[\w.]+|[\w.]+\?{1,2}\s*$)")
    assigned = re.compile(r"(\s*[A-Za-z_][\w,. \t]*=[ \t]*)[!%]")
    futures = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]
    flags, loop = 0, None

    # As the interpreter's own report, but with the cells' lines and without these frames.
    def report(kind, failure, trace):
        import traceback
        while trace and trace.tb_frame.f_code.co_filename == "<string>":
            trace = trace.tb_next
        traceback.print_exception(kind, failure, trace)

    sys.excepthook = report

    def plain(text):
        lines, goes_on = [], False
        for line in text.split("\n"):
            found = None if goes_on else magic.match(line)
            value = None if goes_on or found else assigned.match(line)
            taken = goes_on or found or value
            goes_on = bool(taken) and line.endswith("\\")
            if found:
                line = found.group(1) + "pass" if found.group(1) else ""
            elif value:
                line = value.group(1) + "None"
            elif taken:
                line = ""
            lines.append(line)
        return "\n".join(lines)

    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") != "code":
            continue
        text = cell.get("source", cell.get("input", ""))
        text = text if isinstance(text, str) else "".join(text)
        if text.lstrip().startswith("%%") and not python_below.match(text):
            continue
        name = "<cell %d of %s>" % (number, sys.argv[0])
        # 0x2000: `await` may stand outside of functions, as in a notebook.
        try:
            code = compile(text, name, "exec", flags | 0x2000, True)
        except SyntaxError:
            text = plain(text)
            code = compile(text, name, "exec", flags | 0x2000, True)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        for future in futures:
            flags |= code.co_flags & future
        waiting = eval(code, namespace)
        if code.co_flags & 0x80 and waiting is not None:
            if loop is None:
                import asyncio
                loop = asyncio.new_event_loop()
                asyncio.set_event_loop(loop)
            loop.run_until_complete(waiting)


run_notebook()
