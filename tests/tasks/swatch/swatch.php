#!/usr/bin/env php
<?php
// SPDX-License-Identifier: Apache-2.0
declare(strict_types=1);
$image = imagecreatetruecolor(8, 4);
imagefilledrectangle($image, 0, 0, 7, 3, imagecolorallocate($image, 200, 30, 30));
ob_start();
imagepng($image);
$size = getimagesizefromstring((string) ob_get_clean());
$rgb = imagecolorsforindex($image, imagecolorat($image, 2, 2));
echo "{$size[0]}x{$size[1]} {$size['mime']} ", implode(',', array_slice($rgb, 0, 3)), "\n";
