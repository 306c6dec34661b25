<?php
require_once 'Symfony/Component/Yaml/autoload.php';
require '/usr/share/php/Twig/autoload.php';
include 'PEAR.php';
require_once __DIR__ . '/vendor/autoload.php';
use Symfony\Component\Yaml\Yaml;
use Monolog\{Logger, Handler\StreamHandler as Stream};
use function Amp\delay;
$loader = new \Twig\Loader\ArrayLoader([]);
echo Yaml::dump([1]);
require "$dir/plugin.php";
