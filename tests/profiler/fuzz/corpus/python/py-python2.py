#!/usr/bin/python
import sys
import simplejson
try:
    import urllib2
except ImportError:
    import urllib.request as urllib2
if sys.version_info[0] < 3:
    import ConfigParser
else:
    import configparser
if sys.version_info >= (3, 0):
    import queue
else:
    import Queue
if sys.version_info.major == 2:
    import cPickle
print "hello", simplejson.dumps({})
print >>sys.stderr, "x"
try:
    exec "import not_seen"
except ValueError, e:
    raise SystemExit, 1
