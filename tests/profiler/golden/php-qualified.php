<?php
use PhpAmqpLib\Wire;
use Predis\Collection\Iterator as It;
$t = new Wire\AMQPTable([]);
foreach (new It\Keyspace($client) as $key) { }
$u = new \Ramsey\Uuid\UuidFactory();
