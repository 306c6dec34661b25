mod stock;
use my_shop::price;
use stock::open;
fn main() { open(); }
