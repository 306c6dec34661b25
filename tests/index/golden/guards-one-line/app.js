let x, c, n;
try { x = require("underscore") } catch (e) { x = require("lodash") }
try { c = require("chalk") } catch {} ; try { n = require("nowhere") } catch {}
