"""A docstring:

import in_docstring
from also import here
"""
# import in_comment
text = "import in_string"
more = '''
import in_triple
'''
f"import {text}"
print("subprocess.run(['nothing'])")
import real
