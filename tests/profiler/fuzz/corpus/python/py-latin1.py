# -*- coding: latin-1 -*-
# naïve café
name = "été"
import latin
