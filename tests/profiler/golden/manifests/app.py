import yaml
import helper
