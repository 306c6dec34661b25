package Shop::Price;
use Math::BigInt;
1;
