<?php
$config = __DIR__ . "/config.php";
require $config;
include_once $argv[1];
foreach (glob("parts/*.php") as $part) include $part;
