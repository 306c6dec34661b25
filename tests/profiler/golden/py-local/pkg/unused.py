import never_seen
