<?php
use Doctrine\DBAL\DriverManager;
$db = new PDO("pgsql:host=$host");
$source = 'sqlite::memory:';
$two = new \PDO($source);
$three = DriverManager::getConnection(['driver' => 'pdo_mysql', 'host' => 'db']);
$page = file_get_contents('https://example.org/x.html');
$file = file_get_contents('/etc/hosts');
file_put_contents("/tmp/report-$n.txt", $page);
$log = fopen('/tmp/log', 'a');
$socket = fsockopen('mail.example.org', 25);
stream_socket_server('tcp://0.0.0.0:8000');
$packed = fopen('compress.bzip2:///tmp/x.bz2', 'r');
unlink('/tmp/log');
posix_setuid(33);
echo "new PDO('mysql:host=x')";
