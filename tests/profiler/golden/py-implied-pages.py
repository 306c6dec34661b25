import bs4
from bs4 import BeautifulSoup as Soup
import markdown
import lxml.html

PARSER = "html5lib"
Soup("<p>", "html.parser")
Soup("<p>", features="lxml-xml")
bs4.BeautifulSoup("<p>", PARSER)
markdown.markdown("x", extensions=["extra", "codehilite", "pymdownx.superfences"])
lxml.html.fromstring("<p>").cssselect("p")
