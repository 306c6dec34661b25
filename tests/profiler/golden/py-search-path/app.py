import os
import sys
sys.path.insert(0, "lib")
sys.path.append(os.path.join(os.path.dirname(__file__), "more"))
import inlib
import inmore
import notlocal
