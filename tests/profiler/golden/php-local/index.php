<?php
namespace Shop;
use Shop\Model\Cart;
use Other\Thing;
require __DIR__ . '/lib/cart.php';
include 'lib/thing.php';
$cart = new Cart();
