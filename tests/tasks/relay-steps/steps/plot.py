import numpy
import matplotlib
