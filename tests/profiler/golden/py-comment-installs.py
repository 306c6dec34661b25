# apt-get install -y graphviz jq
# Needs numpy: `pip install numpy`.
# You could install pandas, or pip install polars by hand
# pip install lxml (for XML)
# $ sudo apt install poppler-utils
import os  # pip install six
text = "pip install never"
