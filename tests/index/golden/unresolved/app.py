import yaml
import nowhere_shipped.part
from google import cloud
from gi.repository import Nope
