<?php
$out = `git log $n`;
exec("convert a.png b.jpg", $lines);
echo shell_exec('jq . ' . escapeshellarg($file) . ' | sort');
system(sprintf('tar -cJf %s .', $name));
$p = proc_open(['ffmpeg', '-i', $in], $spec, $pipes);
$cmd = "pandoc -o $to $from";
passthru($cmd);
popen($_GET['x'], 'r');
pcntl_exec('/usr/bin/gzip', ['-9']);
$db->exec('DELETE FROM t');
