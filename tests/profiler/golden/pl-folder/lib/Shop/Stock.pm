package Shop::Stock;
use Moose;
use Shop::Price;
1;
