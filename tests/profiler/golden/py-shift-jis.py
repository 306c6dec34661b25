# -*- coding: shift_jis -*-
name = "表"
import yaml
other = "ソ"; import requests
import lxml
