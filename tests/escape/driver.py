#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
driver.py [--user] attempts POSTURE	every attempt in a sandbox of that posture must be refused
driver.py [--user] zygote POSTURE	many of them in tasks that are forked from a zygote
driver.py [--user] served POSTURE	many of them in sandboxes that a server made ahead
driver.py [--user] hijacked POSTURE	those in forks that a hostile module of the zygote took over
driver.py [--user] bites		without its protection every attempt gets out (attempts.h)
driver.py [--user] works POSTURE	what ordinary programs do must work (works.py)
driver.py manual			docs/security.md names what the list names

With NAME... behind it: these alone. --user: as an ordinary user, whom root delegates cgroups before.
"""

import concurrent.futures
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bites  # noqa: E402
import host  # noqa: E402
import manual  # noqa: E402
import run  # noqa: E402
import served  # noqa: E402
import works  # noqa: E402
import zygote  # noqa: E402
from scratch import end_in_order  # noqa: E402

POSTURES = ("low", "medium", "high", "paranoid")


def attempts(names, posture):
	with host.Host() as h:
		jobs = [(a, posture, h) for a in run.chosen(h.attempts, names)]
		return report(jobs, run.attempt)


def forked(names, posture):
	with host.Host() as h:
		h.server = zygote.Server(h)
		jobs = [(a, posture, h) for a in zygote.chosen(h.attempts, names)]
		return report(jobs, zygote.attempt)


def hijacked(names, posture):
	with host.Host() as h:
		h.server = zygote.Server(h, "sbx_hostile", zygote.HIJACKED)
		jobs = [(a, posture, h) for a in zygote.chosen(h.attempts, names)]
		return report(jobs, zygote.attempt)


def serve(names, posture):
	with host.Host() as h:
		h.server = zygote.Server(h, modules=None)
		jobs = [(a, posture, h) for a in served.chosen(h.attempts, names)]
		failed = report(jobs, served.attempt)
		if served.is_made_ahead(h.server):
			return failed
		print("FAILED: nothing waits for the next request: these were not made ahead")
		return 1


def bite(names):
	with host.Host() as h:
		jobs = [(a, h) for a in run.chosen(h.attempts, names)]
		return report(jobs, bites.bite)


def work(names, posture):
	with host.Host() as h:
		h.system = works.system(h)
		jobs = [(w, posture, h) for w in run.chosen(works.WORKS, names)]
		return report(jobs, works.check)


def report(jobs, function):
	"""Three at a time, since some wait; a line for each: ok or FAILED, name, what was seen."""
	failed, times = 0, []

	def timed(job):
		started = time.monotonic()
		result = function(*job)
		times.append((time.monotonic() - started, job[0].name))
		return result
	with concurrent.futures.ThreadPoolExecutor(3) as pool:
		for (thing, *_), (good, text) in zip(jobs, pool.map(timed, jobs)):
			failed += not good
			print(f"{'ok' if good else 'FAILED':6} {thing.name}: {text}", flush=True)
	slowest = ", ".join(f"{name} {seconds:.1f} s" for seconds, name in sorted(times)[:-9:-1])
	print(f"{len(jobs)} tried, {failed} failed; slowest: {slowest}; "
	      f"all of them {sum(s for s, _ in times):.1f} s")
	return 1 if failed or not jobs else 0


def main():
	end_in_order()
	words = sys.argv[1:]
	if words[:1] == ["manual"]:
		sys.exit(manual.check())
	host.enter_network()
	if words[:1] == ["--user"]:
		words = words[1:]
		host.become_user()
	else:
		host.become_member()
	os.umask(0o022)
	what, *rest = words
	if what == "bites":
		sys.exit(bite(rest))
	if rest[0] not in POSTURES:
		sys.exit(f"{rest[0]}: no such posture")
	part = {"attempts": attempts, "works": work, "zygote": forked, "hijacked": hijacked,
		"served": serve}[what]
	sys.exit(part(rest[1:], rest[0]))


if __name__ == "__main__":
	main()
