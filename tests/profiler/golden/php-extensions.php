#!/usr/bin/php
<?php
namespace App;
use DateTime;
use Ds\Map;
$n = mb_strlen($text);
$doc = new \DOMDocument();
class Client extends \SoapClient {}
echo \NumberFormatter::create('de', \NumberFormatter::DECIMAL)->format(1);
$upper = array_map('mb_strtoupper', $names);
$db = new \PDO("sqlite:$file");
imagepng(imagecreatetruecolor(1, 1));
$kind = image_type_to_mime_type(IMAGETYPE_PNG);
$name = \ZipArchive::class;
function f(\Imagick $x): ?\Redis { return null; }
catch_nothing(function () { try { g(); } catch (\mysqli_sql_exception $e) { } });
// curl_init();
echo "yaml_parse(x)";
$map = new Map();
