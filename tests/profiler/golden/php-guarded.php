<?php
$width = function_exists('mb_strwidth') ? mb_strwidth($x) : strlen($x);
$has = extension_loaded('gd');
if ($has) { imagecreate(1, 1); }
if (!extension_loaded('yaml')) { fwrite(STDERR, "no yaml\n"); exit(1); }
yaml_parse($x);
if (class_exists('Imagick')) { $i = new Imagick(); }
if (!class_exists(ZipArchive::class)) { }
if (!function_exists('curl_init')) throw new Exception('curl is needed');
try { $r = new Redis(); } catch (\Error $e) { $r = null; }
try { $t = new tidy(); } catch (Error $e) { exit(2); }
