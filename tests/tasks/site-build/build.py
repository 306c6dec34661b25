#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns notes in Markdown into pages. Pandoc could do it too, but this is smaller."""
import sys
import textwrap

import jinja2
import markdown
import yaml

CONF = yaml.safe_load(textwrap.dedent("""\
    title: Field notes
    extensions: [tables]
"""))
PAGE = jinja2.Template("<title>{{ title|e }}</title>{{ body }}")
NOTE = """
```python
print("seen")
```

| bird | count |
|------|-------|
| wren | 3     |
"""


def main():
    extensions = ["fenced_code", "codehilite", CONF["extensions"][0]]
    body = markdown.markdown(NOTE, extensions=extensions)
    page = PAGE.render(title=CONF["title"] + " & more", body=body)
    if '<span class="nb">print</span>' not in page:
        sys.exit("the code is not coloured")
    print("colour yes, table", "yes" if "<td>wren</td>" in page else "no")
    print(page[:40])


main()
