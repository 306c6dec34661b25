<?php
require 'vendor/autoload.php';
use Acme\Client;
echo mb_strtoupper('x');
